"""Texts that were written to run otherwise than the checker reads them."""

import json
import sqlite3
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from executed_targets import require_program
from handmade import network
from line_models import make_lines
from test_executions import bound, make_categories, make_numbers, read_rules

import relurules as rr
from relurules import checker
from relurules.checker import RefusedError
from relurules.domain.columns import Category, Column
from relurules.ir import AdditiveRules, Artifact, Head


def change(code: Artifact, *changes: tuple[str, str]) -> Artifact:
    text = str(code)
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return replace(code, files={**code.files, [*code.files][-1]: text})


def refuse(code: Artifact, rules: AdditiveRules, folder: Path, why: str, *changes: Any) -> Artifact:
    """The changed artefact, which is refused, and wasn't before."""
    said = read_rules(rules, folder)
    bound(code, said)
    changed = change(code, *changes)
    with pytest.raises(RefusedError, match=why):
        bound(changed, said)
    return changed


def query(code: Artifact, columns: str, *rows: tuple[Any, ...]) -> list[Any]:
    with sqlite3.connect(":memory:") as connection:
        connection.execute(f"CREATE TABLE input_data ({columns})")
        marks = ", ".join("?" * len(rows[0]))
        connection.executemany(f"INSERT INTO input_data VALUES ({marks})", rows)
        return connection.execute(str(code)).fetchall()


def test_a_comment_that_ends_behind_a_backslash_and_a_space(tmp_path: Path) -> None:
    """GCC joins such lines, so that the comment ends, and a macro or a statement stands there."""
    rules = make_numbers()[1]
    hidden = ("    return 1;", "    /* *\\ \n/ y[0] = 7.0; /* */\n    return 1;")
    changed = refuse(rr.emit(rules, "c"), rules, tmp_path, "may hide code", hidden)

    require_program("cc")
    changed.write(tmp_path)
    main = '#include <stdio.h>\n#include "score.h"\nint main(void) { double y[1]; '
    main += 'const double x[5] = {0, 0, 20, 0, 0}; score_row(x, y); printf("%g", y[0]); return 0; }'
    (tmp_path / "main.c").write_text(main)
    subprocess.run(["cc", "-w", "main.c", "score.c", "-o", "main", "-lm"], cwd=tmp_path, check=True)
    assert subprocess.check_output([tmp_path / "main"]) == b"7"


def test_rows_without_a_category_have_no_score(tmp_path: Path) -> None:
    rules = make_categories()[1]
    member = ("""= 'say "b"' THEN 1E0 ELSE 0E0 END""", "= 'a' THEN 0E0 ELSE 1E0 END")
    code = rr.emit(rules, "sql")
    changed = refuse(code, rules, tmp_path, "0 of values without a category", member)
    columns, row = "income REAL, purpose TEXT, kind TEXT", (1.0, "car", "no kind")
    assert query(code, columns, row) == [(None, None)]
    assert query(changed, columns, row) != [(None, None)]


def test_words_of_sql_are_no_names(tmp_path: Path) -> None:
    rules = make_categories()[1]
    code = rr.emit(rules, "sql")
    name = [('"income"', "current_time"), ("rr_table.current_time", 'rr_table."income"')]
    changed = refuse(code, rules, tmp_path, "a name in quotes", *name)
    columns, row = "income REAL, purpose TEXT, kind TEXT", (99.0, "car", "a")
    assert query(code, columns, row) != query(changed, columns, row)


def test_bounds_are_compared_as_numbers(tmp_path: Path) -> None:
    """Without the cast SQLite compares a column of texts as texts."""
    rules = make_categories()[1]
    code = rr.emit(rules, "sql")
    casts = [("CAST(-10E0 AS DOUBLE)", "-10E0"), ("CAST(100E0 AS DOUBLE)", "100E0")]
    for cast in casts:
        changed = refuse(code, rules, tmp_path, "CAST", cast)
    changed = refuse(code, rules, tmp_path, "CAST", *casts)
    columns, row = "income TEXT, purpose TEXT, kind TEXT", ("-5000", "car", "a")
    assert query(code, columns, row) == [(None, None)]
    assert query(changed, columns, ("-11", "car", "a")) != [(None, None)]


def test_no_other_column_has_the_name_of_an_output(tmp_path: Path) -> None:
    rules = make_numbers()[1]
    key = [("SELECT\n    CASE", 'SELECT\n    rr_table."x4" AS "x5", CASE'),
           ("SELECT\n  CASE", 'SELECT "x5" AS "Y0",\n  CASE')]  # fmt: skip
    refuse(rr.emit(rules, "sql"), rules, tmp_path, "no output has", *key)


@pytest.mark.parametrize(("target", "given"), [("python", {}), ("sql", {"dialect": "sqlite"})])
def test_digits_beyond_those_of_a_float64(target: str, given: Any, tmp_path: Path) -> None:
    """SQLite reads 3.26180277360117201137152E-8 as the float64 below the nearest one."""
    rules = make_numbers()[1]
    longer = ("0.45383283680532027", "0.45383283680532027000001")
    refuse(rr.emit(rules, target, **given), rules, tmp_path, "digits", longer)


def make_named(*names: str, **said: Any) -> AdditiveRules:
    A, C = [[1.0, 0.0], [1.0, 0.5]], [[0.5, 3.0]]
    domain = rr.Domain.box([0, 0], [10, 10], names)
    heads = said.pop("heads", (Head("identity", (0,)),))
    return make_lines(network(A, [-2, -3], [[1, 2]], C=C, c=[0.1]), domain, heads, **said)


@pytest.mark.parametrize("target", ["python", "javascript"])
@pytest.mark.parametrize("names", [("S", "y"), ("S", "s"), ("RATE", "NAME"), ("cI", "KNOWN_I"),
                                   ("x[I]", "SAID"), ("R-1, -1E", "RATE")])  # fmt: skip
def test_columns_named_as_words_of_a_frame(
    target: str, names: tuple[str, str], tmp_path: Path
) -> None:
    rules = make_named(*names)
    code = rr.emit(rules, target)
    reads = [f"row[{quote}{name}{quote}]" for name in names for quote in "'\""]
    one, other = (own for own in reads if own in str(code))
    refuse(code, rules, tmp_path, "is due", (one, "row[0]"), (other, one), ("row[0]", other))
    refuse(code, rules, tmp_path, "is due", (one, other))


_POWER = "exp(-abs(rr_s0)) AS rr_s0_power"


@pytest.mark.parametrize(
    "changes",
    [
        [(_POWER, "0E0 AS rr_s0_power")],
        [("TRY_CAST(rr_table.\"a\"", "0E0 AS rr_s0, TRY_CAST(rr_table.\"a\""),
         (_POWER, "rr_s0_power"), ("END AS rr_s0", f"END AS rr_s0, {_POWER}")],
    ],
)  # fmt: skip
def test_a_link_reads_what_is_of_its_score(changes: Any, tmp_path: Path) -> None:
    heads = (Head("complement", (0,)), Head("sigmoid", (0,)))
    rules = make_named("a", "b", heads=heads, outputs=("no", "yes"))
    code = rr.emit(rules, "sql", dialect="duckdb")
    refuse(code, rules, tmp_path, "whose parts were read", *changes)


def test_a_score_is_no_decimal_number(tmp_path: Path) -> None:
    """PostgreSQL's 0.3E0 is 0.3, which no float64 is."""
    net = network([[1.0]], [-2], [[1], [0]], C=[[0], [0]], c=[0, 0.3])
    heads = (Head("identity", (0,)), Head("identity", (1,)))
    rules = make_lines(net, rr.Domain.box([0], [10], ("a",)), heads)
    code = change(
        rr.emit(rules, "sql", dialect="postgres"),
        ("CAST(0.3E0 AS DOUBLE PRECISION)", "0.3E0"),
    )
    with pytest.raises(RefusedError, match="decimal number"):
        bound(code, read_rules(rules, tmp_path))


def test_bounds_next_to_zero_are_told_exactly(tmp_path: Path) -> None:
    """PostgreSQL's query takes numbers below 1e-100 for 0, and 0 isn't in this domain."""
    net = network([[1.0]], [-1e-99], [[1]], C=[[2]], c=[0.3])
    domain = rr.Domain.box([1e-101], [1], ("a",))
    code_rules = make_lines(net, domain, (Head("identity", (0,)),))
    code = rr.emit(code_rules, "sql", dialect="postgres")
    with pytest.raises(RefusedError, match="nothing was added to"):
        bound(code, read_rules(code_rules, tmp_path))


def test_names_that_are_cut_to_the_same_are_refused(tmp_path: Path) -> None:
    rules = make_named("n" * 63 + "1", "n" * 63 + "2")
    said = read_rules(rules, tmp_path)
    with pytest.raises(RefusedError, match="doesn't tell apart"):
        bound(replace(rr.emit(rules, "sql"), dialect="postgres"), said)


def test_two_claims_of_one_artefact_are_refused(tmp_path: Path) -> None:
    model, rules = make_numbers()
    said, code = read_rules(rules, tmp_path), rr.emit(rules, "python")
    proof = rr.prove(rules, model, artifacts=[code])
    found = {name: value for name, value in proof.found.items() if name != "digest"}
    found["artefacts"] = [{**found["artefacts"][0], "bounds": ["0"]}, *found["artefacts"]]
    found["digest"] = checker.hash_json(found)
    texts = [checker.ArtefactText("score.py", str(code))]
    assert "two things" in checker.check(found, said, proof.model, texts).why


def test_a_value_in_two_categories_is_refused(tmp_path: Path) -> None:
    rules = make_categories()[1]
    code, said = rr.emit(rules, "c"), read_rules(rules, tmp_path)
    for changed in ({"values": ["car"]}, {"values": ["loan"], "other": True}):
        copy = json.loads(json.dumps(said))
        copy["columns"][1]["categories"][1] = changed
        with pytest.raises(RefusedError, match="in two categories"):
            bound(code, copy)


def test_a_large_claim_is_told(tmp_path: Path) -> None:
    model, rules = make_numbers()
    said, code = read_rules(rules, tmp_path), rr.emit(rules, "python")
    proof = rr.prove(rules, model, artifacts=[code])
    found = {name: value for name, value in proof.found.items() if name != "digest"}
    found["artefacts"] = [{**found["artefacts"][0], "bounds": ["1e999"]}]
    found["digest"] = checker.hash_json(found)
    texts = [checker.ArtefactText("score.py", str(code))]
    told = checker.describe_verdict(checker.check(found, said, proof.model, texts))
    assert "and 1.01e+999 of the model's" in told


def make_known(kind: tuple[Category, ...]) -> AdditiveRules:
    """A column of categories that only adds points, beside a number."""
    free = rr.Domain.over((Column("x"), Column("kind", kind)))
    lower, upper = free.lower.copy(), free.upper.copy()
    lower[0], upper[0] = 0.0, 9.0
    net = network(
        [[1.0, *[0.0] * len(kind)]], [-2], [[1]], C=[[0.3, 0.5, *[0.25] * (len(kind) - 1)]], c=[0.1]
    )
    domain = replace(free, lower=lower, upper=upper)
    return make_lines(net, domain, (Head("identity", (0,)),))


_WORDS = (Category(("a",)), Category(('say "b"', "it's")))
_MISSING = (Category(("a",)), Category(("b",), missing=True))
_OTHER = (Category(("a",)), Category(other=True))


@pytest.mark.parametrize(
    ("kind", "old", "new", "value"),
    [
        (_WORDS, "IN ('a', 'say \"b\"', 'it''s')", "IN ('a', 'say \"b\"', 'b')", "b"),
        (_WORDS, "\"kind\" IN ('a', 'say \"b\"', 'it''s') AND ", "", "b"),
        (_MISSING, '"kind" IS NULL) AND', '"kind" IS NOT NULL) AND', "b"),
        (_OTHER, '"kind" IS NOT NULL AND ', "", None),
    ],
)
def test_rows_whose_text_has_no_category_have_no_score(
    kind: Any, old: str, new: str, value: str | None, tmp_path: Path
) -> None:
    rules = make_known(kind)
    code, said = rr.emit(rules, "sql"), read_rules(rules, tmp_path)
    changed = change(code, (old, new))
    columns, rows = "x REAL, kind TEXT", [(1.0, value), (1.0, "c")]
    assert query(code, columns, *rows) != query(changed, columns, *rows)
    for dialect in ("sqlite", "duckdb", "postgres"):
        bound(rr.emit(rules, "sql", dialect=dialect), said)
    with pytest.raises(RefusedError):
        bound(changed, said)
