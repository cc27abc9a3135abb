"""The points of a scorecard in code: what `rr.scorecard` itself gives, in every engine."""

import ctypes
import json
import math
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from additive_models import make_additive
from executed_targets import needs_program
from hostile_additive import make_hostile, make_rows
from sqls import EXECUTED, NOT_EXECUTED, need

import relurules as rr
from relurules.cli.main import run
from relurules.emitting import point_plan
from relurules.emitting.point_plan import list_ranges
from relurules.errors import DataError, InputError, UnsupportedError
from relurules.ir import AdditiveRules
from relurules.scorecards import Scorecard
from relurules.scorecards.card import PointCurve
from relurules.verifying import nodejs
from relurules.verifying.databases import OPEN
from relurules.verifying.engines import COMPILER

NODE = needs_program("node")
TARGETS = ["python", "numpy", "c", pytest.param("javascript", marks=NODE)]
SCALE: dict[str, Any] = {"pdo": 30, "base": 500, "odds": 20}


def open_sides(rules: AdditiveRules) -> AdditiveRules:
    """The same rules where columns of numbers have no bounds."""
    own = [i for group in rules.domain.groups for i in group]
    lower, upper = np.full(len(rules.domain), -np.inf), np.full(len(rules.domain), np.inf)
    lower[own], upper[own] = 0.0, 1.0
    return replace(rules, domain=replace(rules.domain, lower=lower, upper=upper))


def make_cases() -> dict[str, tuple[AdditiveRules, Scorecard, pd.DataFrame]]:
    """Rules, a card, rows: at breakpoints and on either side, at bounds, outside, missing."""
    found = {}
    rules, frame = make_additive("two", hidden=(14,))
    hostile = make_hostile("two")
    for name, own, table, options in (
        ("whole", rules, frame, {}),
        ("lower", rules, frame, {"direction": "lower", **SCALE}),
        ("decimals", rules, frame, {"whole": False, "pdo": 3}),
        ("open", open_sides(rules), frame, SCALE),
        ("hostile", hostile, make_rows(hostile), {**SCALE, "whole": False}),
        ("pair", make_hostile("pair"), make_rows(make_hostile("pair")), SCALE),
    ):
        card = rr.scorecard(own, **options)
        found[name] = (own, card, add_edges(own, card, table.head(80)))

    return found


def add_edges(rules: AdditiveRules, card: Scorecard, table: pd.DataFrame) -> pd.DataFrame:
    middle, rows = table.iloc[0].to_dict(), list[dict[str, Any]]()
    for part in card.parts:
        if isinstance(part, PointCurve):
            for knot in part.breakpoints.tolist():
                near = (knot, np.nextafter(knot, -np.inf), np.nextafter(knot, np.inf))
                rows += [{**middle, part.name: float(value)} for value in near]
            rows += [{**middle, part.name: value} for value in (None, math.inf, -1e12, 3e12)]

    for column in rules.domain.columns:
        known = [value for category in column.categories for value in category.values]
        rows += [{**middle, column.name: value} for value in [*known, None, "unknown"] if known]
    columns = [column.name for column in rules.domain.columns]
    return pd.concat([table, pd.DataFrame(rows)], ignore_index=True)[columns].astype(object)


@pytest.fixture(scope="module")
def made() -> dict[str, tuple[AdditiveRules, Scorecard, pd.DataFrame]]:
    return make_cases()


def check(card: Scorecard, table: pd.DataFrame, given: list[Any], what: Any) -> None:
    expected = card.predict(table)
    found = np.array([math.nan if value is None else float(value) for value in given])
    assert np.array_equal(np.isnan(found), np.isnan(expected)), what
    if card.scaling.whole:
        assert np.array_equal(found, expected, equal_nan=True), what
    else:
        terms = np.nansum(np.abs(card.predict_parts(table).to_numpy()), axis=1)
        off = np.abs(np.where(np.isnan(found), 0.0, found - expected))
        assert (off <= 1e-12 * (1.0 + terms)).all(), what


@pytest.mark.parametrize("engine", EXECUTED)
def test_engines_give_the_points_of_the_card(made: Any, engine: str) -> None:
    need(engine)
    for name, (rules, card, table) in made.items():
        columns = ["class", "points"] if name in ("open", "pair") else ["points"]
        sql = str(
            rr.emit(rules, "sql", dialect=engine, key=["id"], columns=columns, scorecard=card)
        )
        check(card, table, score_table(rules, engine, sql, table), (engine, name))


def score_table(
    rules: AdditiveRules, engine: str, sql: str, table: pd.DataFrame
) -> list[float | None]:
    with OPEN[engine]() as database:
        typed = [
            (database.quoted(column.name), any(isinstance(v, str) for v in column.lookup))
            for column in rules.domain.columns
        ]
        plain = table.where(table.notna(), None).to_numpy().tolist()
        rows = [(*row, float(i)) for i, row in enumerate(plain)]
        database.load(database.quoted("input_data"), [*typed, (database.quoted("id"), False)], rows)
        found = sorted(database.execute(sql), key=lambda row: row[0])
        at = database.names().index("points")
        return [row[at] for row in found]


@pytest.mark.parametrize("target", TARGETS)
def test_languages_give_the_points_of_the_card(made: Any, target: str, tmp_path: Path) -> None:
    for name, (rules, card, table) in made.items():
        columns = ["outputs", "points"]
        columns += {"lower": ["lines"], "open": ["reasons"], "pair": ["lines", "reasons"]}.get(
            name, []
        )
        artifact = rr.emit(rules, target, columns=columns, scorecard=card)
        assert artifact.returned == tuple(columns)
        assert rr.verify(artifact, rules, table)
        folder = tmp_path / name
        artifact.write(folder)
        check(card, table, RUNNERS[target](artifact, table, folder), (target, name))


@pytest.mark.parametrize("target", TARGETS)
def test_long_curves_are_nested_in_groups(
    made: Any, target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(point_plan, "_CHAIN", 2)
    rules, card, table = made["decimals"]
    artifact = rr.emit(rules, target, columns=["outputs", "points"], scorecard=card)
    artifact.write(tmp_path)
    check(card, table, RUNNERS[target](artifact, table, tmp_path), target)


def test_floats_have_points_too(made: Any, tmp_path: Path) -> None:
    rules, card, table = made["open"]
    table = table.copy()
    for name in ("income", "age", "debt"):  # of rows that are the same in float
        table[name] = np.array(table[name], dtype=np.float32).astype(np.float64).astype(object)
    artifact = rr.emit(rules, "c", columns=["outputs", "points"], number="float", scorecard=card)
    artifact.write(tmp_path)
    check(card, table, run_c(artifact, table, tmp_path), "float")


def run_python(artifact: Any, table: pd.DataFrame, _: Path) -> list[Any]:
    module: dict[str, Any] = {"__name__": "score"}
    exec(compile(str(artifact), "score.py", "exec"), module)
    return [module["score"](row)["points"] for row in as_rows(table)]


def as_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return table.where(table.notna(), None).to_dict("records")


def run_numpy(artifact: Any, table: pd.DataFrame, _: Path) -> list[Any]:
    module: dict[str, Any] = {"__name__": "score_numpy"}
    exec(compile(str(artifact), "score_numpy.py", "exec"), module)
    return list(module["points_batch"](table.where(table.notna(), None)).tolist())


def run_node(_: Any, table: pd.DataFrame, folder: Path) -> list[Any]:
    rows = [
        {
            k: str(v).replace("inf", "Infinity") if isinstance(v, float) else v
            for k, v in row.items()
        }
        for row in as_rows(table)
    ]
    numbers = [[k for k, v in row.items() if isinstance(v, float)] for row in as_rows(table)]
    (folder / "rows.json").write_text(json.dumps([rows, numbers]))
    (folder / "run.mjs").write_text("""\
import { readFileSync } from "node:fs";
import { score } from "./score.mjs";
const [rows, numbers] = JSON.parse(readFileSync("rows.json", "utf-8"));
rows.forEach((row, i) => numbers[i].forEach((name) => { row[name] = Number(row[name]); }));
process.stdout.write(JSON.stringify(rows.map((row) => score(row).points)));
""")
    ran = nodejs.run_program(["node", "run.mjs"], str(folder), "")
    assert ran.returncode == 0, ran.stderr
    return list(json.loads(ran.stdout))


def run_c(artifact: Any, table: pd.DataFrame, folder: Path) -> list[Any]:
    library, source = folder / "score.so", str(folder / "score.c")
    subprocess.run(
        ["cc", *COMPILER, "-shared", "-fPIC", "-o", str(library), source, "-lm"], check=True
    )
    loaded, found = ctypes.CDLL(str(library)), list[Any]()
    real = ctypes.c_float if artifact.number == "float" else ctypes.c_double
    points = ctypes.c_double()
    for row in as_rows(table):
        coded = [
            math.nan
            if row[column.name] is None
            else float(
                column.lookup.get(row[column.name], -1) if column.categories else row[column.name]
            )
            for column in artifact.domain.columns
        ]
        given = loaded.score_points((real * len(coded))(*coded), ctypes.byref(points))
        assert given == (not math.isnan(points.value))
        found.append(points.value)

    return found


RUNNERS: dict[str, Callable[[Any, pd.DataFrame, Path], list[Any]]] = {
    "python": run_python,
    "numpy": run_numpy,
    "javascript": run_node,
    "c": run_c,
}


def test_clamped_rows_have_the_points_of_the_nearest_row(made: Any) -> None:
    rules, card, table = made["whole"]
    X, own = rules.domain.rows(table), [i for group in rules.domain.groups for i in group]
    inner = np.clip(X, rules.domain.lower, rules.domain.upper)
    inner[:, own] = X[:, own]
    inner[~np.isfinite(X)] = np.nan
    expected = card.predict(inner)
    assert np.isfinite(expected).sum() > np.isfinite(card.predict(table)).sum()
    artifact = rr.emit(rules, "python", columns=["outputs", "points"], outside="clamp")
    given = np.array(run_python(artifact, table, Path()))
    assert np.array_equal(given, rr.scorecard(rules).predict(inner), equal_nan=True)
    options = {"columns": ["points"], "outside": "clamp", "key": ["id"], "scorecard": card}
    found = score_table(rules, "sqlite", str(rr.emit(rules, "sql", **options)), table)
    assert np.array_equal(np.array(found, dtype=float), expected, equal_nan=True)


def test_a_breakpoint_has_the_points_that_are_printed(made: Any) -> None:
    _, card, _ = made["open"]
    for part in (part for part in card.parts if isinstance(part, PointCurve)):
        ranges = list_ranges(part)
        for knot, points in zip(part.breakpoints, part.points, strict=True):
            one = next(r for r in ranges if r.end is None or knot < r.end)
            assert one.points + one.per_unit * (knot - one.breakpoint) == pytest.approx(points)
        assert [r.end for r in ranges[:-1]] == sorted(r.end for r in ranges[:-1])


def test_the_head_says_what_points_mean(made: Any) -> None:
    rules, _, _ = made["whole"]
    for target in ("sql", "python", "numpy", "c", "javascript"):
        text = " ".join(str(rr.emit(rules, target, columns=["outputs", "points"])).split())
        plain = text.replace(" -- ", " ")
        assert "600 points are odds of 50 to 1 of 'no' against 'yes'" in plain
        assert "Rounding moves a row's points by at most" in plain


def test_the_card_is_that_of_the_rules(made: Any) -> None:
    rules, card, table = made["whole"]
    other, _ = make_additive("two", hidden=(14,), seed=1)
    with pytest.raises(InputError, match="these aren't the points of the rules that are emitted"):
        rr.emit(other, "sql", columns=["points"], scorecard=card)

    with pytest.raises(DataError, match="scorecard is whose points the column points gives"):
        rr.emit(rules, "sql", scorecard=card)

    with pytest.raises(InputError, match="scorecard has no option 'data' in code; supported: pdo"):
        rr.emit(rules, "sql", columns=["points"], scorecard={"data": table})

    with pytest.raises(UnsupportedError, match="no points for rows outside the domain"):
        rr.emit(rules, "python", columns=["outputs", "points"], outside="exact")

    with pytest.raises(UnsupportedError, match="a scorecard is of the odds of two classes"):
        rr.emit(make_additive("score")[0], "sql", columns=["points"])

    with pytest.raises(UnsupportedError, match="column 'points' is for shapes select, view and db"):
        rr.emit(rules, "sql", shape="expression", columns=["points"])

    for target in ("sql", "python"):
        with pytest.raises(UnsupportedError, match="no column 'points' in"):
            rr.emit(make_partition(), target, columns=["outputs", "points"])

    turned = rr.scorecard(rules, positive="no", data=table)
    same = rr.emit(rules, "sql", columns=["points"], scorecard=turned)
    options = {"positive": "no", "direction": "higher"}
    assert str(same) == str(rr.emit(rules, "sql", columns=["points"], scorecard=options))


def make_partition() -> rr.RuleSet:
    return make_additive("two", hidden=(3,))[0].to_partition()


def test_the_command_line(made: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules, _, _ = made["whole"]
    rules.save(tmp_path / "lines.json")
    told = ["emit", str(tmp_path / "lines.json"), "--to", "sql", "--columns", "outputs,points"]
    assert run([*told, "--pdo", "30", "--base", "500", "--odds", "20", "--decimals"]) == 0
    options = {**SCALE, "whole": False}
    own = rr.emit(rules, "sql", columns=["outputs", "points"], scorecard=options)
    assert capsys.readouterr().out == str(own)
    assert run([*told[:-1], "outputs", "--decimals"]) == 2
    assert run([*told, "--scorecard"]) == 2
    assert "code of additive rules has its points as the column points" in " ".join(
        capsys.readouterr().err.split()
    )


@pytest.mark.parametrize("dialect", NOT_EXECUTED)
def test_other_dialects_are_read_by_a_parser(made: Any, dialect: str) -> None:
    import sqlglot

    for name in ("whole", "open"):
        rules, card, _ = made[name]
        text = str(rr.emit(rules, "sql", dialect=dialect, columns=["points"], scorecard=card))
        assert len(sqlglot.parse(text, read=dialect)) == 1
