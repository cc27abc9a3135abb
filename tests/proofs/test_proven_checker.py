"""The checker that Coq proves right says what ours says, of the answers that it judges."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from answer_cases import RANGES, draw_files, judge_by_ours, make_answer
from browsers import miss
from proven_checker import (
    OUT_OF_SCOPE,
    SOURCES,
    ProvenChecker,
    build_proven_checker,
    find_missing,
    judge_by_proven,
)
from refused_answers import ACCEPTED, REFUSED

pytestmark = pytest.mark.xdist_group("proven checker")

#: So many changed certificates of every kind are drawn.
CASES = 20
PAGE = SOURCES.parents[1] / "docs" / "certificates.md"


@pytest.fixture(scope="module")
def proven(tmp_path_factory: pytest.TempPathFactory) -> ProvenChecker:
    """The checker, built."""
    if (missing := find_missing()) is not None:
        miss(missing)
    return build_proven_checker(tmp_path_factory.mktemp("proven"))


def test_the_theorem_rests_on_no_axiom(proven: ProvenChecker) -> None:
    assert proven.printed.count("Closed under the global context") == 1
    assert "Print Assumptions judge_right." in (SOURCES / "Theorems.v").read_text()
    for path in SOURCES.glob("*.v"):
        assert not re.search(r"\b(Admitted|Axiom|Parameter|Conjecture)\b", path.read_text()), path


@pytest.mark.parametrize("kind", RANGES)
def test_it_says_what_ours_says(kind: str, proven: ProvenChecker, tmp_path: Path) -> None:
    case, rng = make_answer(kind), np.random.default_rng(3)
    cases = [("honest", case.files), *(draw_files(case, rng) for _ in range(CASES))]
    codes = []
    for change, files in cases:
        ours = judge_by_ours(*files)
        code, said = judge_by_proven(proven, files, tmp_path)
        # A change may make another question of it, or no answer, which ours refuses.
        assert (code == 0, said if code == 0 else "") == (ours[0] == 0, ours[1]), (change, said)
        codes.append(code)

    assert codes[0] == 0
    assert 1 in codes


def list_ranges(makers: dict[str, Any]) -> dict[str, Any]:
    """The files of those that are about a range."""
    made = {name: (item[0] if isinstance(item, tuple) else item)() for name, item in makers.items()}
    return {name: files for name, files in made.items() if files[0]["question"] == "range"}


def test_it_refuses_what_proves_less_than_it_seems_to(
    proven: ProvenChecker, tmp_path: Path
) -> None:
    refused, accepted = list_ranges(REFUSED), list_ranges(ACCEPTED)
    assert refused
    assert accepted
    for name, files in refused.items():
        assert judge_by_proven(proven, files, tmp_path)[0] == 1, name
    for name, files in accepted.items():
        assert judge_by_proven(proven, files, tmp_path)[0] == 0, name


def read_page_example() -> tuple[Any, Any]:
    """Certificate and rules of the page's example of a range."""
    blocks = re.findall(r"```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    values = [json.loads(block) for block in blocks]
    return next(value for value in values if value.get("question") == "range"), values[1]


def test_the_example_of_the_page_holds(proven: ProvenChecker, tmp_path: Path) -> None:
    found, rules = read_page_example()
    assert judge_by_proven(proven, (found, rules), tmp_path) == judge_by_ours(found, rules)

    # A row is below the split that it isn't on the side `then` of, but no further: x = 1.999.
    found["high"] = 0.9999
    found["highest"] = None
    code, said = judge_by_proven(proven, (found, rules), tmp_path)
    assert code == 1
    assert said.startswith("refused: ")


def test_rules_without_conditions_have_those_of_their_way(
    proven: ProvenChecker, tmp_path: Path
) -> None:
    found, rules = read_page_example()
    for rule in rules["rules"]:
        del rule["conditions"]
    assert judge_by_proven(proven, (found, rules), tmp_path)[0] == 0

    rules["splits"][0]["otherwise"] = {"rule": 1}
    code, said = judge_by_proven(proven, (found, rules), tmp_path)
    assert code == 1
    assert "not just one way" in said


def test_what_it_does_not_judge_is_named(proven: ProvenChecker, tmp_path: Path) -> None:
    found, rules = read_page_example()
    code, said = judge_by_proven(proven, (found | {"question": "monotone"}, rules), tmp_path)
    assert code == OUT_OF_SCOPE
    assert "`relurules ask ... range`" in said

    code, said = judge_by_proven(proven, (found | {"format": "x"}, rules), tmp_path)
    assert code == OUT_OF_SCOPE

    for text in (
        '{"a": 1, "a": 2}',
        '{"a": NaN}',
        "[]",
        f'{{"n": {"9" * 301}}}',
        '{"a": 1e999}',
        '{"a": "\t"}',
    ):
        code, said = judge_by_proven(proven, (text, rules), tmp_path)
        assert code == 2
        assert said.startswith("error: ")
