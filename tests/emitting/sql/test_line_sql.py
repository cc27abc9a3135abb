"""Additive rules as SQL: every engine gives what the rules give, in every shape and column."""

import math
import sqlite3
from typing import Any

import numpy as np
import pytest
from line_models import MODELS, rows_for
from sqls import EXECUTED, NOT_EXECUTED, QUICK, need

import relurules as rr
from relurules.emitting.sql.dialects import DIALECTS
from relurules.errors import UnsupportedError
from relurules.ir import AdditiveRules
from relurules.reasons.part_contributions import build_part_table
from relurules.reasons.ranking import choose_reasons
from relurules.reasons.score_choice import list_forms
from relurules.statistics.additive_statistics import describe_scores
from relurules.verifying.databases import OPEN

ALL = ("outputs", "score", "contributions", "reasons", "lines")


@pytest.fixture(scope="module")
def made() -> dict[str, AdditiveRules]:
    return {name: model() for name, model in MODELS.items()}


def run(rules: AdditiveRules, engine: str, **options: Any) -> tuple[list[str], list[list[Any]]]:
    """What a SELECT gives for `rows_for`: names, and rows in order."""
    frame = rows_for(rules)
    sql = str(rr.emit(rules, "sql", dialect=engine, key=["id"], **options))
    columns = rules.domain.columns
    with OPEN[engine]() as database:
        typed = [
            (database.quoted(column.name), any(isinstance(v, str) for v in column.lookup))
            for column in columns
        ]
        rows = [(*row, float(i)) for i, row in enumerate(frame.to_numpy().tolist())]
        database.load(database.quoted("input_data"), [*typed, (database.quoted("id"), False)], rows)
        found = sorted(map(list, database.execute(sql)), key=lambda row: row[0])
        return database.names(), found


@pytest.mark.parametrize("engine", EXECUTED)
@pytest.mark.parametrize("model", MODELS)
def test_engines_agree_with_the_rules(made: Any, model: str, engine: str) -> None:
    need(engine)
    rules = made[model]
    for outside in ("null", "clamp"):
        artifact = rr.emit(rules, "sql", dialect=engine, key=["id"], outside=outside)
        assert artifact.form == "lines"
        report = rr.verify(artifact, rules, rows_for(rules))
        assert report, f"{outside}: {report}"
        assert report.relative <= 1e-12


@pytest.mark.parametrize("engine", QUICK)
@pytest.mark.parametrize("model", ["plain", "chance", "mixed", "grouped"])
@pytest.mark.parametrize("shape", ["view", "dbt", "expression", "function"])
def test_every_shape(made: Any, model: str, shape: str, engine: str) -> None:
    need(engine)
    rules = made[model]
    if shape == "function" and not DIALECTS[engine].function:
        pytest.skip("the engine has no functions in SQL")
    output = rules.outputs[-1 if model != "mixed" else 0]
    chosen = output if shape in ("expression", "function") else None
    key = ["id"] if shape != "function" else []
    artifact = rr.emit(rules, "sql", dialect=engine, shape=shape, key=key, output=chosen)
    report = rr.verify(artifact, rules, rows_for(rules))
    assert report, report


@pytest.mark.parametrize("engine", EXECUTED)
@pytest.mark.parametrize("model", MODELS)
def test_columns_beside_the_outputs(made: Any, model: str, engine: str) -> None:
    """Contributions and reasons by part, scores, and the numbers of the lines that apply."""
    need(engine)
    rules = made[model]
    names, rows = run(rules, engine, columns=ALL, top=2)
    frame = rows_for(rules)
    X = rules.domain.rows(frame)
    inside = rules.domain.contains(X)
    table = build_part_table(rules, list_forms(describe_scores(rules)), rules.reference)
    own = np.full((len(X), len(table.labels), len(table.parts)), np.nan)
    own[inside] = table.evaluate(X[inside])
    scores, applies = rules.predict_scores(frame), rules.find_applying_lines(frame)
    terms = 1.0 + np.abs(np.where(inside[:, None], X, 0.0)).sum(axis=1)

    at = {name: i for i, name in enumerate(names)}
    listed = [",".join(str(k + 1) for k in np.flatnonzero(row)) for row in applies]
    for i, row in enumerate(rows):
        given = [value for name, value in zip(names, row, strict=True) if name != "id"]
        if not inside[i]:
            assert all(value is None or value != value for value in given), (i, given)
            continue

        if not (np.abs(X[i]) == 1e-320).any():  # which is 0 to PostgreSQL
            assert (row[at["lines"]] or "") == listed[i]
        for k, label in enumerate(table.labels):
            extra = "" if len(table.labels) == 1 else f"{label}_"
            for part in table.parts:
                value = row[at[f"contribution_{extra}{part.name}"]]
                assert math.isclose(
                    value, own[i, k, part.place], rel_tol=1e-12, abs_tol=1e-12 * terms[i]
                )
            chosen = choose_reasons(own[i, k], "higher", 2, float(table.floors[k]))
            told = [row[at[f"reason_{extra}{n + 1}"]] for n in range(len(chosen))]
            assert told == [table.parts[p].name if p >= 0 else None for p in chosen]
        for k, name in enumerate(rules.scores):
            value = row[at[name]]
            assert math.isclose(value, scores[i, k], rel_tol=1e-12, abs_tol=1e-12 * terms[i])


@pytest.mark.parametrize("dialect", NOT_EXECUTED)
@pytest.mark.parametrize("model", MODELS)
def test_other_dialects_are_read_by_a_parser(made: Any, model: str, dialect: str) -> None:
    import sqlglot

    text = str(rr.emit(made[model], "sql", dialect=dialect, key=["id"], columns=ALL))
    assert len(sqlglot.parse(text, read=dialect)) == 1


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_score_is_one_line_a_part(made: Any, dialect: str) -> None:
    rules = made["plain"]
    text = str(rr.emit(rules, "sql", dialect=dialect, key=["id"]))
    comments = [line.rpartition(" -- ")[2] for line in text.splitlines() if " -- " in line]
    assert [f"{part.name}" for part in rules.parts] == [
        comment.partition(":")[0] for comment in comments if not comment.startswith("what")
    ]
    assert text.count("SELECT") == 2, "one subquery, which reads the table"
    assert len(text.splitlines()) <= 34


def test_there_is_no_number_of_a_rule(made: Any) -> None:
    with pytest.raises(UnsupportedError, match=r"no column 'rule' in SQL of additive rules, as"):
        rr.emit(made["plain"], "sql", columns=["rule"])
    with pytest.raises(UnsupportedError, match=r"no form 'tree' of additive rules; supported: lin"):
        rr.emit(made["plain"], "sql", form="tree")
    with pytest.raises(UnsupportedError, match="one expression: only outside='null'"):
        rr.emit(made["plain"], "sql", shape="expression", outside="clamp")


def test_missing_values_end_the_query(made: Any) -> None:
    with pytest.raises(Exception, match="relurules: no value in"):
        run(made["plain"], "sqlite", missing="error")


@pytest.mark.parametrize("declared", ["TEXT", "DOUBLE", ""])
def test_sqlite_reads_texts_that_spell_numbers_and_no_others(made: Any, declared: str) -> None:
    """A column may hold any type, whatever was declared."""
    rules = made["chance"]
    values = [
        "31",
        "31.5",
        " 7 ",
        "1e1",
        "12 apples",
        "",
        b"12",
        None,
        2**60 + 1,
        -(2**53) - 1,
        "x",
    ]
    numbers = [31.0, 31.5, 7.0, 10.0, None, None, None, None, 2.0**60, -(2.0**53), None]
    for outside in ("null", "clamp"):
        sql = str(rr.emit(rules, "sql", key=["id"], columns=["score"], outside=outside))
        with sqlite3.connect(":memory:") as connection:
            connection.execute(f'CREATE TABLE input_data (age {declared}, debt, late, "id")')
            rows = [(value, 1.0, 2.0, i) for i, value in enumerate(values)]
            connection.executemany("INSERT INTO input_data VALUES (?, ?, ?, ?)", rows)
            found = [row[1] for row in connection.execute(sql)]
        for value, score in zip(numbers, found, strict=True):
            if value is None:
                assert score is None
            else:
                expected = rules.predict_scores(np.array([[value, 1.0, 2.0]]))[0, 0]
                assert math.isclose(score, expected, rel_tol=1e-12)
