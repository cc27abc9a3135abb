"""Contributions and reasons: every engine gives what `explain` gives, for every row."""

import ctypes
import json
import math
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from executed_targets import TARGETS, needs_program, require_program, require_target
from handmade import graph, network, random_network, rules_of
from sqls import EXECUTED, need, scored

import relurules as rr
from relurules.domain.columns import Column, make_missing_column
from relurules.errors import DataError, InputError, UnsupportedError
from relurules.ir import Artifact, Head, RuleSet
from relurules.verifying import nodejs
from relurules.verifying.engines import COMPILER

NODE = needs_program("node")
COLUMNS = ("outputs", "contributions", "reasons", "rule")
TEXTS = {
    "a": {"low": "a below {threshold}", "high": "a above {threshold}"},
    "b": {"text": 'the "b"? \\ it\'s ü'},
    "c": {"low": "little c"},
}
ROWS = 10_000


def make_frame(rows: int) -> pd.DataFrame:
    """a and b take the same whole numbers, so that they often contribute the same."""
    random = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "a": random.integers(0, 6, rows),
            "unread": random.normal(size=rows),
            "kind": random.choice(["u", "v", "w"], rows),
            "b": random.integers(0, 6, rows),
            "c": random.uniform(-1, 1, rows).round(3),
        }
    )


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return make_frame(ROWS)


@pytest.fixture(scope="module")
def rules(frame: pd.DataFrame) -> RuleSet:
    """The rules read the coordinates a, kind = u, v, w, b, c; the model has `unread` after a."""
    net = network(
        [[1, 0, 0, 0, 0, 0, 0], [0, 0, 2, 0, 0, 0.1, 1], [0, 0, 0, 0, 0, 0, 1.0]],
        [-2.5, -0.75, 0.1],
        [[-0.6, 0.9, -0.4]],
        C=[[0.3, 0, 0.1, -0.2, 0.35, 0.3, 0.7]],
        c=[-0.2],
    )
    model = graph(net, ["no", "yes"], [Head("complement", (0,)), Head("sigmoid", (0,))])
    columns = rr.Domain.from_data(frame)
    # So that the reference of a is that of b, and their contributions tie.
    reference = {"a": 2.4, "unread": 0.0, "kind": "v", "b": 2.4, "c": 0.013}
    return rr.extract(model, domain=columns, data=frame, reference=reference)


def keep_thirty_bits(value: float) -> float:
    mantissa, exponent = math.frexp(value)
    return math.ldexp(round(mantissa * 2**30), exponent - 30)


def name_reasons(terms: Sequence[float], sign: float, count: int) -> list[int | None]:
    """By the definition: largest first, ties in the order of columns, none that is rounding."""
    keys = [sign * keep_thirty_bits(term) for term in terms]
    least = max(0.0, *keys) / 2**30
    order = sorted((i for i in range(len(keys)) if keys[i] > least), key=lambda i: (-keys[i], i))
    return [*order[:count], *[None] * (count - len(order))][:count]


#: By the sign and the rows.
_EXPECTED: dict[tuple[float, bytes], list[list[Any]]] = {}


def find_expected(rules: RuleSet, frame: pd.DataFrame, sign: float) -> list[list[Any]]:
    """Four contributions and four reasons of every row, worked out once for all languages."""
    key = sign, pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes()
    if key not in _EXPECTED:
        _EXPECTED[key] = work_out_reasons(rules, frame, sign)
    return _EXPECTED[key]


def work_out_reasons(rules: RuleSet, frame: pd.DataFrame, sign: float) -> list[list[Any]]:
    X, numbers = rules.domain.rows(frame), rules.apply(frame)
    reference = rules.reference.values.tolist()
    places = [[0], [1, 2, 3], [4], [5]]
    found = []
    for x, number in zip(X.tolist(), numbers.tolist(), strict=True):
        weights = rules.rules[number - 1].map.weights[0].tolist()
        terms = []
        for at in places:
            if len(at) == 1:
                terms.append(weights[at[0]] * (x[at[0]] - reference[at[0]]))
                continue
            gaps = [weights[i] - weights[at[0]] for i in at]
            mean = math.fsum(g * reference[i] for g, i in zip(gaps, at, strict=True))
            terms.append(gaps[[x[i] for i in at].index(1.0)] - mean)

        words = [
            f"a {'below' if x[0] < reference[0] else 'above'} "
            f"{find_threshold(rules, number, x[0] < reference[0])}",
            "kind",
            TEXTS["b"]["text"],
            "little c" if x[5] < reference[5] else "c",
        ]
        chosen = name_reasons(terms, sign, 4)
        found.append([*terms, *(None if i is None else words[i] for i in chosen)])

    return found


def find_threshold(rules: RuleSet, number: int, low: bool) -> str:
    """The only condition on a alone is a >= 2.5, or not."""
    own = [
        condition
        for condition in rules.rules[number - 1].conditions
        if np.flatnonzero(condition.half_space.normal).tolist() == [0]
    ]
    assert all(c.half_space.bound / c.half_space.normal[0] == 2.5 for c in own)
    sided = [c for c in own if c.holds != low]
    return "2.5" if sided else "2.4"


def emit_all(rules: RuleSet, target: str, **options: Any) -> Artifact:
    return rr.emit(rules, target, columns=COLUMNS, reasons=TEXTS, **options)


def differ(found: list[list[Any]], expected: list[list[Any]], exact: bool = True) -> int:
    """In how many rows a reason, or a bit of a contribution, is another one."""
    assert len(found) == len(expected)
    count = len(expected[0]) // 2
    terms = [np.array([row[:count] for row in rows], dtype=float) for rows in (found, expected)]
    assert terms[0] == pytest.approx(terms[1], rel=1e-14, abs=1e-16)
    same = (terms[0] == terms[1]).all(axis=1) if exact else np.ones(len(found), dtype=bool)
    return sum(
        list(one[count:]) != list(other[count:]) or not equal
        for one, other, equal in zip(found, expected, same, strict=True)
    )


def run_python(artifact: Artifact, frame: pd.DataFrame) -> list[list[Any]]:
    module: dict[str, Any] = {"__name__": "score"}
    exec(compile(str(artifact), "score.py", "exec"), module)
    return [list(module["explain"](row).values()) for row in frame.to_dict("records")]


def run_numpy(artifact: Artifact, frame: pd.DataFrame) -> list[list[Any]]:
    module: dict[str, Any] = {"__name__": "score_numpy"}
    exec(compile(str(artifact), "score_numpy.py", "exec"), module)
    found = module["explain_batch"](frame)
    return [list(row) for row in zip(*(part.tolist() for part in found.values()), strict=True)]


def run_node(artifact: Artifact, frame: pd.DataFrame, folder: Path) -> list[list[Any]]:
    artifact.write(folder)
    (folder / "rows.json").write_text(json.dumps(frame.to_dict("records")))
    (folder / "run.mjs").write_text(
        'import { readFileSync } from "node:fs";\n'
        'import { explain } from "./score.mjs";\n'
        'const rows = JSON.parse(readFileSync("rows.json", "utf-8"));\n'
        "process.stdout.write(JSON.stringify(rows.map((row) => Object.values(explain(row)))));\n"
    )
    ran = nodejs.run_program(["node", "run.mjs"], str(folder), "")
    assert ran.returncode == 0, ran.stderr
    return list(json.loads(ran.stdout))


def run_c(
    artifact: Artifact, X: np.ndarray, folder: Path, flags: Sequence[str] = (), count: int = 4
) -> list[list[Any]]:
    """X: (N, columns), a category by its number."""
    artifact.write(folder)
    library = folder / "score.so"
    source = str(folder / "score.c")
    subprocess.run(
        ["cc", *COMPILER, *flags, "-shared", "-fPIC", "-o", str(library), source, "-lm"], check=True
    )
    function = ctypes.CDLL(str(library)).score_explain
    real = ctypes.c_float if artifact.number == "float" else ctypes.c_double
    terms, reasons = (ctypes.c_double * count)(), (ctypes.c_char_p * 4)()
    found = []
    for row in X.tolist():
        function((real * len(row))(*row), terms, reasons)
        found.append([*terms, *(text and text.decode() for text in reasons)])

    return found


def code_kinds(frame: pd.DataFrame) -> np.ndarray:
    coded = frame.assign(kind=frame["kind"].map({"u": 0, "v": 1, "w": 2}))
    return np.asarray(coded.drop(columns="unread"), dtype=float)


@pytest.mark.parametrize("direction", ["higher", "lower"])
def test_explain_follows_the_definition(
    direction: str, rules: RuleSet, frame: pd.DataFrame
) -> None:
    some = frame.iloc[:150]
    expected = find_expected(rules, some, 1.0 if direction == "higher" else -1.0)
    for i, row in enumerate(expected):
        found = rr.explain(rules, some.iloc[[i]], direction=direction, reasons=TEXTS)
        terms = {part.column: part.contribution for part in found.contributions}
        assert [terms.get(name, 0.0) for name in ("a", "kind", "b", "c")] == row[:4]
        assert [reason.text for reason in found.reasons] == [text for text in row[4:] if text]
        assert found.base + sum(terms.values()) == pytest.approx(found.score, abs=1e-12)


@pytest.mark.parametrize("form", ["rules", "tree", "network"])
def test_python_in_every_row(form: str, rules: RuleSet, frame: pd.DataFrame) -> None:
    table = frame if form == "rules" else frame.iloc[:1000]
    expected = find_expected(rules, table, 1.0)
    assert differ(run_python(emit_all(rules, "python", form=form), table), expected) == 0


@pytest.mark.parametrize("form", ["tree", "network"])
def test_numpy_in_every_row(form: str, rules: RuleSet, frame: pd.DataFrame) -> None:
    expected = find_expected(rules, frame, -1.0)
    artifact = emit_all(rules, "numpy", form=form, direction="lower")
    assert differ(run_numpy(artifact, frame), expected) == 0


@NODE
@pytest.mark.parametrize("form", ["rules", "network"])
def test_javascript_in_every_row(
    form: str, rules: RuleSet, frame: pd.DataFrame, tmp_path: Path
) -> None:
    expected = find_expected(rules, frame, 1.0)
    artifact = emit_all(rules, "javascript", form=form)
    assert differ(run_node(artifact, frame, tmp_path), expected) == 0


@pytest.mark.parametrize("form", ["rules", "tree", "network"])
def test_c_in_every_row(form: str, rules: RuleSet, frame: pd.DataFrame, tmp_path: Path) -> None:
    """Fused products, where the machine has them, change no order."""
    expected, X = find_expected(rules, frame, 1.0), code_kinds(frame)
    flags = ["-std=gnu99", "-O3", "-march=native", "-ffp-contract=fast"] if form == "tree" else []
    assert differ(run_c(emit_all(rules, "c", form=form), X, tmp_path, flags), expected) == 0


def test_float_compares_in_double(rules: RuleSet, frame: pd.DataFrame, tmp_path: Path) -> None:
    rounded = frame.iloc[:2000].assign(
        c=frame["c"].iloc[:2000].astype(np.float32).astype(float), unread=0.0
    )
    # Where a boundary is far enough to be on the same side of it in float.
    rules_near = [rules.apply(rounded.assign(c=rounded["c"] + step)) for step in (-1e-6, 0, 1e-6)]
    rounded = rounded[(np.array(rules_near) == rules_near[1]).all(axis=0) & (rules_near[1] > 0)]
    assert len(rounded) > 1900
    artifact = emit_all(rules, "c", number="float")
    expected = find_expected(rules, rounded, 1.0)
    assert differ(run_c(artifact, code_kinds(rounded), tmp_path), expected) == 0


@pytest.mark.parametrize("engine", EXECUTED)
@pytest.mark.parametrize("direction", ["higher", "lower"])
def test_sql_in_every_row(engine: str, direction: str, rules: RuleSet, frame: pd.DataFrame) -> None:
    need(engine)
    table = frame if engine in ("sqlite", "duckdb") else frame.iloc[:2000]
    form = "rules" if direction == "higher" else "tree"
    artifact = emit_all(rules, "sql", dialect=engine, form=form, key=["id"], direction=direction)
    types = [("id", False), *((name, name == "kind") for name in frame.columns)]
    cells = table.astype({"a": float, "b": float}).itertuples(index=False)
    rows = [(float(i), *row) for i, row in enumerate(cells)]
    ran = scored(engine, str(artifact), types, rows)
    found = [list(row[3:-1]) for row in sorted(ran, key=lambda row: float(str(row[0])))]
    expected = find_expected(rules, table, 1.0 if direction == "higher" else -1.0)
    assert differ(found, expected, exact=engine == "duckdb") == 0


def test_ties_and_zeros_are_there(rules: RuleSet, frame: pd.DataFrame) -> None:
    """What the tests above judge is a case at all."""
    expected = find_expected(rules, frame, 1.0)
    terms = np.array([row[:4] for row in expected], dtype=float)
    assert (terms[:, 0] == terms[:, 2]).sum() > 400
    assert (terms == 0).any()
    expected = [*expected, *find_expected(rules, frame, -1.0)]
    found = {text for row in expected for text in row[4:]}
    assert found == {
        "kind",
        "c",
        "little c",
        TEXTS["b"]["text"],
        "a below 2.5",
        "a above 2.5",
        None,
    }


def test_rows_without_a_rule_have_no_reasons(rules: RuleSet, tmp_path: Path) -> None:
    row = {"a": 99.0, "unread": 0.0, "kind": "u", "b": 1.0, "c": 0.0}
    nothing = [[None] * 8]
    assert run_python(emit_all(rules, "python"), pd.DataFrame([row])) == nothing
    table = pd.DataFrame([row])
    terms = run_numpy(emit_all(rules, "numpy"), table)[0]
    assert all(math.isnan(term) for term in terms[:4])
    assert terms[4:] == [None] * 4
    found = run_c(emit_all(rules, "c"), code_kinds(table), tmp_path)[0]
    assert all(math.isnan(term) for term in found[:4])
    assert found[4:] == [None] * 4


def test_clamped_rows_are_explained_where_they_count(rules: RuleSet, tmp_path: Path) -> None:
    row = {"a": 99.0, "unread": 0.0, "kind": "u", "b": -7.0, "c": 0.5}
    bounded = pd.DataFrame([row | {"a": 5.0, "b": 0.0}])
    expected = find_expected(rules, bounded, 1.0)
    table, how = pd.DataFrame([row]), {"outside": "clamp"}
    assert run_python(emit_all(rules, "python", **how), table) == expected
    assert run_numpy(emit_all(rules, "numpy", **how), table) == expected
    assert run_c(emit_all(rules, "c", **how), code_kinds(table), tmp_path) == expected
    require_program("node")
    assert run_node(emit_all(rules, "javascript", **how), table, tmp_path) == expected


def test_every_class_has_reasons_of_its_own() -> None:
    heads = [Head("softmax", (0, 1, 2), i) for i in range(3)]
    box = rr.Domain.box([-1, -1], [1, 1], ["a", "b"])
    rules = rules_of(random_network(3, K=3, m=3), box, ["p", "q", "r"], heads)
    artifact = rr.emit(rules, "python", columns=["outputs", "contributions", "reasons"])
    assert artifact.returned == ("outputs", "contributions", "reasons", "rule")
    module: dict[str, Any] = {"__name__": "score"}
    exec(compile(str(artifact), "score.py", "exec"), module)
    found = module["explain"]({"a": 0.3, "b": -0.6})
    for output in rules.outputs:
        explained = rr.explain(rules, [0.3, -0.6], output=output)
        parts = {p.column: p.contribution for p in explained.contributions}
        assert [found[f"contribution_{output}_{name}"] for name in "ab"] == [parts["a"], parts["b"]]
        said = [found[f"reason_{output}_{i}"] for i in (1, 2)]
        assert [text for text in said if text] == [r.text for r in explained.reasons]


def test_two_classes_have_one_list() -> None:
    heads = [Head("softmax", (0, 1), i) for i in range(2)]
    box = rr.Domain.box([-1, -1], [1, 1], ["a", "b"])
    rules = rules_of(random_network(3, K=3), box, ["no", "yes"], heads)
    text = str(rr.emit(rules, "sql", columns=["contributions", "reasons"]))
    assert 'AS "contribution_a"' in text
    assert "Contributions to log odds of yes" in text
    assert "the middle of the domain: a = 0.0, b = 0.0" in text
    assert "Reasons: at most 2 columns that make the score higher" in text


def test_unread_columns_take_no_part(rules: RuleSet) -> None:
    text = str(emit_all(rules, "sql"))
    assert "contribution_unread" not in text
    assert "reason_5" not in str(emit_all(rules, "sql", top=9))
    assert 'AS "reason_4"' in str(emit_all(rules, "sql", top=9))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"direction": "up"}, "direction='up': which scores are adverse; supported: higher, lower"),
        ({"reasons": {"z": {"low": "x"}}}, "no column 'z'; there are 'a', 'kind'"),
        ({"reasons": {"a": {"left": "x"}}}, r"\[a\]: unknown key 'left'; supported: low, high"),
        ({"reasons": {"a": {"low": " "}}}, "low must be a text that isn't empty"),
        ({"reasons": {"a": {"low": "{value}"}}}, "holds braces"),
        ({"reasons": {"a": "x"}}, "expected low, high, text"),
        ({"reasons": {"kind": {"low": "x"}}}, "column 'kind' holds categories"),
        ({"reference": "best"}, "chosen from rows"),
        ({"reference": "worst"}, "no such policy; supported: mean, population, neutral"),
        ({"reference": {"a": 1.0}}, "lacks 3 of 4 columns"),
    ],
)
def test_refused_options(options: dict[str, Any], said: str, rules: RuleSet) -> None:
    with pytest.raises((InputError, DataError), match=said):
        rr.emit(rules, "python", columns=COLUMNS, **options)


def test_decisions_and_constants_have_no_reasons() -> None:
    box = rr.Domain.box([-1, -1], [1, 1], ["a", "b"])
    constant = rules_of(network(np.empty((0, 2)), [], np.empty((1, 0)), c=[1.0]), box)
    with pytest.raises(UnsupportedError, match="no score depends on any column"):
        rr.emit(constant, "c", columns=COLUMNS)
    decided = rr.extract(graph(random_network(1, m=1), ["y"]), domain=box, decision=0.0)
    with pytest.raises(UnsupportedError, match=r"is the number of a class.*without decision="):
        rr.emit(decided, "c", columns=COLUMNS)


def test_texts_from_a_file(tmp_path: Path, rules: RuleSet) -> None:
    path = tmp_path / "texts.toml"
    path.write_text('[a]\nlow = "a unter {threshold}"\n[b]\ntext = "b"\n', encoding="utf-8")
    assert "a unter 2.4" in str(rr.emit(rules, "python", columns=COLUMNS, reasons=path))
    path.write_text("[a\n", encoding="utf-8")
    with pytest.raises(DataError, match="can't be read as TOML"):
        rr.emit(rules, "python", columns=COLUMNS, reasons=path)


@pytest.mark.parametrize(("target", "options"), TARGETS)
def test_what_a_missing_number_adds(target: str, options: dict[str, Any]) -> None:
    """Two columns of the rules are read of one of the table, before another one."""
    require_target(target)
    columns = (make_missing_column("a"), Column("a", fill=0.5), Column("b", fill=1.0))
    domain = rr.Domain.over(columns).bounded({"a": (-1.0, 1.0), "b": (-2.0, 2.0)})
    rules = rr.extract(graph(random_network(4, d=4, K=3, m=1)), domain=domain)
    random = np.random.default_rng(0)
    table = pd.DataFrame(random.uniform(-1, 1, (30, 2)), columns=["a", "b"])
    table = table.mask(random.random(table.shape) < 0.3)
    report = rr.verify(rr.emit(rules, target, columns=COLUMNS, **options), rules, table)
    assert report.passed, str(report)
    assert not report.remarks
