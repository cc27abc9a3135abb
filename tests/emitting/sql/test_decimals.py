"""Numbers in SQL are read as the float64 that is meant, also where SQLite rounds them twice."""

import sqlite3

import numpy as np
import pytest

import relurules as rr
from relurules.checker.artefact_values import is_misread
from relurules.emitting.sql.decimals import respell_decimals
from relurules.emitting.sql.dialects import DIALECTS

#: A number whose shortest decimal SQLite 3.40 takes for the float64 beside it.
MISREAD = 1.311163697112116


def _read_token(token: str) -> tuple[int, int]:
    number, _, power = token.partition("E")
    before, _, behind = number.partition(".")
    return int(before + behind), int(power) - len(behind)


def test_shortest_decimal_of_a_misread_number_is_replaced():
    shortest = f"{MISREAD}E0"
    found = respell_decimals(shortest, DIALECTS["sqlite"])
    assert found != shortest
    assert float(found) == MISREAD
    assert is_misread(*_read_token(shortest))
    assert not is_misread(*_read_token(found))
    assert sqlite3.connect(":memory:").execute(f"SELECT {found}").fetchone()[0] == MISREAD


def test_every_drawn_number_is_read_right_by_sqlite():
    random = np.random.default_rng(5)
    sizes = 10.0 ** random.uniform(-12, 12, 60_000)
    values = [float(x) for x in np.abs(random.normal(size=len(sizes)) * sizes)]
    texts = [text if "E" in (text := repr(x).upper()) else f"{text}E0" for x in values]

    spelt = respell_decimals(" ".join(texts), DIALECTS["sqlite"]).split(" ")

    changed = [i for i in range(len(values)) if spelt[i] != texts[i]]
    assert changed
    assert not [i for i in changed if is_misread(*_read_token(spelt[i]))]
    assert [float(text) for text in spelt] == values
    open_memory = sqlite3.connect(":memory:")
    for start in range(0, len(values), 1000):
        row = open_memory.execute(f"SELECT {', '.join(spelt[start : start + 1000])}").fetchone()
        assert list(row) == values[start : start + 1000]


@pytest.mark.parametrize("around", ["'{}'", '"{}"', "-- {}", "a{}", '"it\'s" \'a""{}\''])
def test_texts_names_and_comments_keep_their_digits(around: str):
    text = around.format(f"{MISREAD}E0")
    assert respell_decimals(text, DIALECTS["sqlite"]) == text


@pytest.mark.parametrize("dialect", sorted(set(DIALECTS) - {"sqlite"}))
def test_other_dialects_keep_the_shortest_digits(dialect: str):
    assert respell_decimals(f"{MISREAD}E0", DIALECTS[dialect]) == f"{MISREAD}E0"


@pytest.mark.parametrize("form", ["partition", "additive"])
def test_emitted_score_has_the_digits_that_are_read_right(form: str):
    import torch

    module = torch.nn.Sequential(torch.nn.Linear(1, 1), torch.nn.ReLU(), torch.nn.Linear(1, 1))
    module = module.double()
    with torch.no_grad():
        for part, value in zip(module.parameters(), (1.0, 0.0, MISREAD, 0.0), strict=True):
            part.fill_(value)
    rules = rr.extract(module, domain=rr.Domain.box([-1.0], [1.0]), form=form)

    text = str(rr.emit(rules, "sql", dialect="sqlite", table="t", key=["id"]))

    assert f"{MISREAD:.16E}" in text
    assert f"{MISREAD}E0" not in text
