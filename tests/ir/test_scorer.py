"""What functions of rules say where somebody gives them the file of rules."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import relurules as rr
from relurules.errors import DataError

ROWS = np.zeros((2, 1))
FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "add_evidence": lambda rules: rr.add_evidence(rules, ROWS),
    "ask": lambda rules: rr.ask(rules, "range"),
    "document": lambda rules: rr.document(rules, "nowhere"),
    "emit": lambda rules: rr.emit(rules, "sql"),
    "explain": lambda rules: rr.explain(rules, ROWS[:1]),
    "monitor": lambda rules: rr.monitor(rules, ROWS, ROWS),
    "plot": lambda rules: rr.plot(rules, "profile", data=ROWS),
    "score": lambda rules: rr.score(ROWS, rules),
    "validate": lambda rules: rr.validate(rules, {"test": ROWS}),
    "verify": lambda rules: rr.verify(rules, rules, ROWS),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("kind", [str, Path])
def test_the_path_of_rules_is_no_rules(name: str, kind: type) -> None:
    with pytest.raises(DataError, match=r"the path 'rules.json'; .*relurules.load reads of a file"):
        FUNCTIONS[name](kind("rules.json"))
