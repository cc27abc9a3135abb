"""Additive rules in C, Python, numpy and JavaScript, with rows that fight back."""

import csv
import io
import math
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from compiling import find_complaints
from executed_targets import needs_program
from handmade import graph, layered, network, rules_of
from hostile_additive import HEADS, make_hostile, make_rows, run_explained

import relurules as rr
from relurules.emitting import line_plan, plan
from relurules.errors import InputError, UnsupportedError
from relurules.ir import AdditiveRules
from relurules.reasons.ranking import choose_reasons
from relurules.verifying.engines import COMPILER
from relurules.verifying.exact_network import ExactNetwork

NODE = needs_program("node")
TARGETS = ["python", "numpy", "c", pytest.param("javascript", marks=NODE)]
EVERYTHING = ("outputs", "contributions", "reasons", "lines")
#: link, groups, bounded.
KINDS = [
    ("score", (), True),
    ("two", (), True),
    ("two", (2,), True),
    ("pair", (3, 2), True),
    ("many", (2,), True),
    ("class", (), True),
    ("score", (), False),
    ("many", (), False),
]


@pytest.fixture(scope="module")
def made() -> dict[Any, Any]:
    return {kind: make_hostile(kind[0], groups=kind[1], bounded=kind[2]) for kind in KINDS}


def write_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines and groups in tables, whatever their number."""
    monkeypatch.setattr(line_plan, "_WRITTEN", 2)
    monkeypatch.setattr(plan, "_WRITTEN", 2)


@pytest.mark.parametrize("tables", [False, True])
@pytest.mark.parametrize("target", TARGETS)
def test_hostile_rows(
    target: str, tables: bool, made: dict[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Languages that have to be compiled or started take a part of the ways."""
    if tables:
        write_tables(monkeypatch)
    ways = product(KINDS, ("null", "clamp", "exact"), (("outputs",), ("outputs", "class")))
    cases = [
        (kind, outside, columns)
        for kind, outside, columns in ways
        if not (columns[1:] and kind[0] in ("score", "many"))
    ]
    for kind, outside, columns in cases if target in ("python", "numpy") else cases[tables::3]:
        rules = made[kind]
        artifact = rr.emit(rules, target, outside=outside, columns=columns)
        assert (artifact.form, artifact.outside) == ("lines", outside)
        report = rr.verify(artifact, rules, make_rows(rules))
        assert report, (kind, outside, columns, report)
        assert report.relative < 1e-12, (kind, outside, columns, report)


def test_default_columns_are_the_outputs(made: dict[Any, Any]) -> None:
    artifact = rr.emit(made[KINDS[1]], "python")
    assert artifact.returned == ("outputs",)
    assert artifact.outside == "null"


@pytest.mark.parametrize("tables", [False, True])
@pytest.mark.parametrize("target", TARGETS)
def test_explanations_follow_the_definition(
    target: str,
    tables: bool,
    made: dict[Any, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if tables:
        write_tables(monkeypatch)
    for kind in [kind for kind in KINDS if kind[0] != "class"][tables :: 1 + tables]:
        rules = made[kind]
        columns = [*EVERYTHING]
        folder = tmp_path / f"{kind}"
        folder.mkdir()
        frame = make_rows(rules)
        told, lines = run_explained(
            rr.emit(rules, target, columns=columns, direction="lower", top=3), frame, folder
        )
        check_explanations(rules, frame, told, "lower", 3)
        assert lines == list_applying(rules, frame)


def list_applying(rules: AdditiveRules, frame: pd.DataFrame) -> list[str | None]:
    X = rules.domain.rows(frame)
    known = rules.domain.contains(X)
    return [
        ",".join(str(k + 1) for k in np.flatnonzero(row)) if inside else None
        for row, inside in zip(rules.find_applying_lines(X), known, strict=True)
    ]


def check_explanations(
    rules: AdditiveRules, frame: pd.DataFrame, told: list[list[Any]], direction: str, top: int
) -> None:
    """Contributions within rounding of the parts; the reasons that these have; sums are scores."""
    X = rules.domain.rows(frame)
    known, names = rules.domain.contains(X), [part.name for part in rules.parts]
    forms = {
        "score": [[1.0]],
        "two": [[1.0]],
        "pair": [[-1.0, 1.0]],
    }.get(next(key for key, heads in HEADS.items() if heads == rules.heads))
    views, count = len(forms or ()), min(top, len(names))
    for i, (row, values) in enumerate(zip(X, told, strict=True)):
        if not known[i]:
            assert all(v is None or v != v for v in values)
            continue
        if forms is None or np.abs(row).max() > 1e100:  # sums overflow
            continue
        own = rules.evaluate_parts(row[None])[0]
        expected = (own - rules.reference_parts) @ np.array(forms).T
        terms = np.array(values[: views * len(names)], dtype=float).reshape(views, -1)
        size = max(1.0, float(np.abs(own).sum()), float(np.abs(rules.reference_parts).sum()))
        assert np.abs(terms - expected.T).max() <= 1e-12 * size
        exact = ExactNetwork(rules.network)
        scores, at_reference = exact.scores(row), exact.scores(rules.reference.values)
        for form, contributions in zip(forms, terms, strict=True):
            gap = sum(
                Fraction(weight) * (one - other)
                for weight, one, other in zip(form, scores, at_reference, strict=True)
            )
            assert abs(float(gap) - math.fsum(contributions)) <= 1e-11 * size
        chosen = choose_reasons(terms, direction, count)
        reasons = values[views * len(names) :]
        wanted = [None if k < 0 else names[k] for k in chosen.ravel().tolist()]
        floor = 2.0**-38 * size
        for reason, name, k in zip(reasons, wanted, chosen.ravel().tolist(), strict=True):
            assert reason == name or (reason is None and abs(terms.ravel()[k]) <= floor)


@pytest.mark.parametrize("number", ["double", "float"])
def test_c_explains_in_double(number: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.integers(0, 9, 80), "b": rng.integers(0, 9, 80)}).astype(float)
    domain = rr.Domain.box([0, 0], [8, 8])  # whole numbers, which float holds
    frame.columns = pd.Index(domain.names)
    rules = rr.extract(graph(layered(0, 2, [5], 1)), domain=domain, form="additive")
    assert isinstance(rules, AdditiveRules)
    told, lines = run_explained(
        rr.emit(rules, "c", columns=EVERYTHING, number=number), frame, tmp_path
    )
    expected = rules.evaluate_parts(np.asarray(frame))[:, :, 0] - rules.reference_parts[:, 0]
    found = np.array([row[: expected.shape[1]] for row in told], dtype=float)
    assert np.abs(found - expected).max() <= 1e-14 * np.abs(expected).max()
    assert lines == list_applying(rules, frame)


def compilers() -> list[Any]:
    return [pytest.param(name, marks=needs_program(name)) for name in ("gcc", "clang")]


@pytest.mark.parametrize("tables", [False, True])
@pytest.mark.parametrize("compiler", compilers())
def test_c_compiles_without_a_warning(
    compiler: str,
    tables: bool,
    made: dict[Any, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if tables:
        write_tables(monkeypatch)
    ways = product(KINDS, ("double", "float"), (("outputs",), EVERYTHING))
    sources = []
    for i, (kind, number, columns) in enumerate(list(ways)[:: 2 if tables else 1]):
        told = ("outputs", "lines") if kind[0] == "class" and columns[1:] else columns
        folder = tmp_path / str(i)
        rr.emit(made[kind], "c", number=number, columns=told, outside="clamp").write(folder)
        sources.append(folder / "score.c")

    assert find_complaints(compiler, COMPILER, sources, tmp_path) == ""


@pytest.mark.parametrize("target", TARGETS)
def test_two_thousand_lines_are_tables(target: str, tmp_path: Path) -> None:
    d = 30
    domain = rr.Domain.box([-1.0] * d, [1.0] * d)
    model = graph(layered(0, d, [2000], 1))
    rules = rr.extract(model, domain=domain, form="additive")
    assert isinstance(rules, AdditiveRules)
    X = np.random.default_rng(0).uniform(-1, 1, (20, d))
    artifact = rr.emit(rules, target, columns=["outputs", "lines", "contributions"])
    assert rr.verify(artifact, model, X)
    assert max(map(len, str(artifact).splitlines())) < 60_000
    statements = [line for line in str(artifact).splitlines() if " line_" in line]
    assert not statements


def test_code_reads_aloud(made: dict[Any, Any]) -> None:
    """One statement for every part, in the order of the rules, with a comment in words."""
    rules = made[KINDS[0]]
    text = str(rr.emit(rules, "python"))
    comments = [line for line in text.splitlines() if line.startswith("    # ")]
    assert [c[6:].split(":")[0] for c in comments] == [part.name for part in rules.parts]
    assert sum(" = " in line and "    from_" in line for line in text.splitlines()) >= len(comments)


def test_csv_in_csv_out(made: dict[Any, Any], tmp_path: Path) -> None:
    rules = made[KINDS[1]]
    frame = make_rows(rules, 8)[[column.name for column in rules.domain.columns]].head(8)
    rr.emit(rules, "python", columns=["outputs", "class", "lines"]).write(tmp_path)
    ran = subprocess.run(
        [sys.executable, str(tmp_path / "score.py")],
        input=frame.to_csv(index=False),
        capture_output=True,
        text=True,
        check=True,
    )
    rows = list(csv.DictReader(io.StringIO(ran.stdout)))
    assert list(rows[0]) == ["o0", "class", "lines"]
    expected = rules.predict_numbers(frame)[:, 0]
    assert [float(row["o0"]) for row in rows] == pytest.approx(expected.tolist(), rel=1e-12)
    assert [row["class"] for row in rows] == rules.classify(frame).tolist()
    assert [row["lines"] for row in rows] == list_applying(rules, frame)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"form": "rules"}, "no form 'rules' of additive rules; supported: lines"),
        ({"columns": ["outputs", "class", "rule"]}, "none is the rule that applies; supported: ou"),
        ({"columns": ["lines"]}, "always returns the outputs"),
        ({"outside": "exact", "columns": ["outputs", "lines"]}, "outside='null' or 'clamp'"),
        ({"missing": "error"}, "supported: propagate"),
    ],
)
def test_refused_options(options: dict[str, Any], said: str, made: dict[Any, Any]) -> None:
    with pytest.raises(UnsupportedError, match=said):
        rr.emit(made[KINDS[1]], "python", **options)


def test_lines_are_of_additive_rules_alone() -> None:
    rules = rules_of(layered(0, 2, [3], 1), rr.Domain.box([0, 0], [1, 1]))
    with pytest.raises(UnsupportedError, match="no form 'lines'"):
        rr.emit(rules, "python", form="lines")
    with pytest.raises(UnsupportedError, match="as these are rules of which one applies"):
        rr.emit(rules, "python", columns=["outputs", "lines"])


def test_exact_needs_the_network_as_traced(made: dict[Any, Any]) -> None:
    bare = replace(made[KINDS[1]], traced=None)
    with pytest.raises(UnsupportedError, match="which these rules don't keep"):
        rr.emit(bare, "numpy", outside="exact")


def test_open_domains_are_exact_as_they_stand(made: dict[Any, Any]) -> None:
    rules = made[("score", (), False)]
    artifact = rr.emit(rules, "python", outside="exact", columns=["outputs", "lines"])
    assert artifact.outside == "exact"
    assert str(artifact).count("line_12 = ") == str(rr.emit(rules, "python")).count("line_12 = ")


def test_hidden_names_are_refused(made: dict[Any, Any]) -> None:
    rules = replace(made[KINDS[1]], outputs=("lines",))
    with pytest.raises(InputError, match="would hide the lines that apply"):
        rr.emit(rules, "python", columns=["outputs", "lines"])


def test_rules_without_lines(tmp_path: Path) -> None:
    """A linear model: the base alone, and nothing that a compiler would call unused."""
    net = network(np.empty((0, 2)), [], np.empty((2, 0)), C=[[1, 0], [0, -2]], c=[0.5, 0])
    domain = rr.Domain.box([0, 0], [1, 1])
    rules = rr.extract(graph(net), domain=domain, form="additive")
    X = np.random.default_rng(0).uniform(0, 1, (9, 2))
    for target in ("python", "numpy", "c"):
        for columns in (("outputs",), EVERYTHING):
            assert rr.verify(rr.emit(rules, target, columns=columns), graph(net), X)


def test_links_of_every_kind_are_tried() -> None:
    assert {head.link for heads in HEADS.values() for head in heads} >= {
        "identity", "sigmoid", "complement", "softmax", "log_softmax", "exp", "expm1", "argmax",
        "step",
    }  # fmt: skip


def test_numpy_scores_many_rows_as_few(made: dict[Any, Any]) -> None:
    """Rows are scored in blocks, in some of which none lies in the domain."""
    rules = made["two", (2,), True]
    module: dict[str, Any] = {"__name__": "score_numpy"}
    exec(str(rr.emit(rules, "numpy")), module)
    rows = make_rows(rules)
    known = ~np.isnan(module["score_batch"](rows)).all(axis=1)
    many = pd.concat([rows] * 150 + [rows[~known]] * 300, ignore_index=True)
    found, few = module["score_batch"](many), module["score_batch"](rows)
    assert len(many) > 2 * 8192
    due = np.vstack([few] * 150 + [few[~known]] * 300)
    assert np.allclose(found, due, rtol=1e-12, atol=1e-12, equal_nan=True)
    assert len(module["score_batch"](rows[:0])) == 0
