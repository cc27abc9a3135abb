"""Texts of SQL that were written to run otherwise than the checker reads them: columns of links
under other names, conditions that leave rows out, numbers that engines read otherwise.
"""

import math
import sqlite3
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from executed_cases import make_gap_shares
from handmade import network
from line_models import make_lines
from test_executed_attacks import change, make_known, query, refuse
from test_executed_links import make_shares
from test_executions import bound, make_categories, read_rules

import relurules as rr
from relurules.checker import RefusedError
from relurules.checker.artefact_values import is_misread
from relurules.domain.columns import Category
from relurules.ir import AdditiveRules, Artifact, Head

_DIALECTS = ("sqlite", "duckdb", "postgres")
_POWERS = [f"rr_softmax_1_power{i}" for i in range(3)]


def run(code: Artifact, row: tuple[float, float]) -> Any:
    """What a row of two numbers is given, by SQLite or DuckDB."""
    if code.dialect == "sqlite":
        return query(code, "a REAL, b REAL", row)
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE input_data (a DOUBLE, b DOUBLE)")
        connection.execute("INSERT INTO input_data VALUES (?, ?)", row)
        return connection.execute(str(code)).fetchall()


@pytest.mark.parametrize("dialect", _DIALECTS)
@pytest.mark.parametrize("given", [(1, 0, 2), (0, 0, 2)])
def test_columns_of_links_keep_their_names(
    dialect: str, given: tuple[int, ...], tmp_path: Path
) -> None:
    """Shares of another score than their own."""
    rules = make_shares(3)
    code = rr.emit(rules, "sql", dialect=dialect)
    said = ", ".join(
        _POWERS[own] if own == i else f"{_POWERS[own]} AS {_POWERS[i]}"
        for i, own in enumerate(given)
    )
    change = (f"SELECT {', '.join(_POWERS)},", f"SELECT {said},")
    changed = refuse(code, rules, tmp_path, "is due", change)
    if dialect != "postgres":
        assert run(code, (3.0, 2.0)) != run(changed, (3.0, 2.0))


@pytest.mark.parametrize("dialect", _DIALECTS)
def test_a_score_is_no_column_of_a_link(dialect: str, tmp_path: Path) -> None:
    rules = make_shares(3)
    code = rr.emit(rules, "sql", dialect=dialect)
    link = "rr_link2 AS ( -- from scores to outputs\n  SELECT"
    changes = [(link, f"{link} rr_s0,"), (f"SELECT {_POWERS[0]}", f"SELECT rr_s0 AS {_POWERS[0]}")]
    changed = refuse(code, rules, tmp_path, "is due", *changes)
    if dialect != "postgres":
        assert run(code, (3.0, 2.0)) != run(changed, (3.0, 2.0))


_BOTH = (Category(("a",)), Category(missing=True, other=True))
_EACH = (Category(("a",)), Category(missing=True), Category(other=True))


@pytest.mark.parametrize("kind", [_BOTH, _EACH])
@pytest.mark.parametrize("dialect", _DIALECTS)
def test_rows_without_a_text_keep_their_score(kind: Any, dialect: str, tmp_path: Path) -> None:
    """Where missing and other values have categories, every row has one."""
    rules = make_known(kind)
    code = rr.emit(rules, "sql", dialect=dialect)
    gate = next(
        text for text in ('WHEN "x" BETWEEN', "WHEN rr_numbers = 1", "WHEN rr_inside = 1")
        if text in str(code)
    )  # fmt: skip
    known = (gate, gate.replace("WHEN", 'WHEN "kind" IS NOT NULL AND'))
    changed = refuse(code, rules, tmp_path, "is due|stands where", known)
    if dialect == "sqlite":
        columns, row = "x REAL, kind TEXT", (1.0, None)
        assert query(code, columns, row) != [(None,)] == query(changed, columns, row)


def test_exponents_without_end(tmp_path: Path) -> None:
    """SQLite takes exponents beyond 10000 for 10000, and so this number for an infinity."""
    rules = make_categories()[1]
    longer = ("-9.5E0", f"-95{'0' * 100050}.0E-100051")
    changed = refuse(rr.emit(rules, "sql"), rules, tmp_path, "digits that SQLite", longer)
    (row,) = query(changed, "income REAL, purpose TEXT, kind TEXT", (1.0, "car", "a"))
    assert row[0] == -np.inf


@pytest.mark.parametrize(("low", "high"), [(-300, -250), (-90, -20), (-12, 8), (20, 290)])
def test_sqlite_reads_what_is_accepted(low: int, high: int) -> None:
    rng, refused, count = np.random.default_rng(high + 300), 0, 3000
    with sqlite3.connect(":memory:") as connection:
        for digits in rng.integers(10**14, 10**17, size=count):
            exponent = int(rng.integers(low, high)) - 16
            if is_misread(int(digits), exponent):
                refused += 1
                continue
            text = f"{digits}E{exponent}"
            (found,) = connection.execute(f"SELECT {text}").fetchone()
            assert found == float(text), text
    assert refused <= (count if low < -250 else count // 10 if high != 8 else 10)


@pytest.mark.parametrize(
    ("digits", "exponent", "is_refused"),
    [(0, 0, False), (1, 22, False), (15, -1, False), (9007199254740993, 0, False),
     (1 << 54 | 3, 0, False), (5400430990, -312, True), (1, 291, True)],
)  # fmt: skip
def test_which_numbers_sqlite_may_misread(digits: int, exponent: int, is_refused: bool) -> None:
    assert is_misread(digits, exponent) == is_refused


def test_numbers_are_rounded_twice_where_that_is_seen() -> None:
    """Between two floats, and nearer to the one above by less than the last of 64 bits."""
    middle = Fraction((1 << 53) + 1, 1 << 53)  # between 1 and the float above it
    for ten in range(17, 28):
        digits = math.floor(middle * 10**ten) + 1
        off = Fraction(digits, 10**ten) - middle
        assert is_misread(digits, -ten) == (off < Fraction(1, 1 << 64))


def test_guards_ask_what_scores_ask(tmp_path: Path) -> None:
    """Of a row between two limits greatest(0E0, NULL) is 0, which scores would be made of."""
    rules = make_gap_shares()
    code = rr.emit(rules, "sql", dialect="postgres")
    limit, flag = "<= 71.70000000022681E0", " AS rr_inside\n"
    start = str(code).index('CASE WHEN "income" BETWEEN')
    gate = str(code)[start : str(code).index(flag)]
    assert limit in gate
    other = f"{flag[:-1]},\n    {gate.replace(limit, '<= 71.7000000001E0')} AS rr_other\n"
    added, used = (flag, other), ("rr_inside = 1 THEN rr_checked", "rr_other = 1 THEN rr_checked")
    bound(change(code, added), read_rules(rules, tmp_path))
    refuse(code, rules, tmp_path, "takes numbers from rows", added, used)


def make_one(low: float) -> AdditiveRules:
    net = network([[1.0]], [-2], [[1]], C=[[2]], c=[0.3])
    return make_lines(net, rr.Domain.box([low], [10], ("a",)), (Head("identity", (0,)),))


def test_postgres_compares_decimals(tmp_path: Path) -> None:
    """0.10000000000000001E0 is 0.1 as a float64, and more than 0.1E0 as a decimal number."""
    rules = make_one(0.1)
    code = rr.emit(rules, "sql", dialect="postgres")
    longer = ("BETWEEN 0.1E0", "BETWEEN 0.10000000000000001E0")
    refuse(code, rules, tmp_path, "shortest digits", longer)


@pytest.mark.parametrize("name", ["rr_y", '"RR_Y"'])
def test_no_other_column_has_the_name_of_an_output_in_other_letters(
    name: str, tmp_path: Path
) -> None:
    rules = replace(make_one(0.0), outputs=("rr_y",))
    said = read_rules(rules, tmp_path)
    text = str(rr.emit(rules, "sql")).replace("rrr_", "rr_")
    code = rr.emit(rules, "sql")
    plain = replace(code, files={**code.files, [*code.files][-1]: text})
    bound(plain, said)
    start = text.index("CASE WHEN rr_table")
    keyed = f'{text[:start]}rr_table."a" AS "k", {text[start:]}'
    at = keyed.rindex("SELECT") + len("SELECT")
    for key in (name, '"other"'):
        text = f'{keyed[:at]} "k" AS {key}, {keyed[at:]}'
        changed = replace(code, files={**code.files, [*code.files][-1]: text})
        if key == name:
            with pytest.raises(RefusedError, match="no output has"):
                bound(changed, said)
        else:
            bound(changed, said)
