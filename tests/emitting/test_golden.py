"""Everything that is emitted for one small rule set, character by character.

After a change that is meant: pytest --update-golden, and review the difference.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import networkx
import numpy as np
import pytest
from handmade import graph as made_graph
from handmade import layered, network, rows_in, rules_of

import relurules as rr
from relurules.domain.columns import Category, Column
from relurules.ir import AdditiveRules, Graph, Head, Provenance, RuleSet
from relurules.ir.class_labels import make_labels
from relurules.statistics.additive_statistics import add_additive_evidence

FOLDER = Path(__file__).resolve().parent.parent / "golden"
CODE = ("rules", "tree", "network")
CASES = [
    ("text", "rules", None),
    ("markdown", "rules", None),
    ("html", "rules", None),
    ("latex", "rules", None),
    *(("python", form, None) for form in CODE),
    *(("c", form, None) for form in CODE),
    *(("javascript", form, None) for form in CODE),
    *(("numpy", form, None) for form in CODE[1:]),
    *(("sql", form, dialect) for form in CODE for dialect in ("sqlite", "duckdb")),
]


LINKED = [
    ("text", "rules", None),
    ("markdown", "rules", None),
    *((target, form, None) for target in ("python", "c", "javascript") for form in CODE),
    *(("numpy", form, None) for form in CODE[1:]),
    ("sql", "network", "sqlite"),
]
#: Lines that add up, as people read them.
ADDITIVE = [("text", "lines"), ("markdown", "lines"), ("html", "lines"), ("latex", "lines")]
#: A dense network, in tables.
DENSE = [("c", "network", "double"), ("c", "network", "float")]
#: Contributions and reasons, with texts.
EXPLAINED = [
    ("python", "rules", None),
    ("numpy", "tree", None),
    ("c", "rules", None),
    ("javascript", "rules", None),
    ("sql", "rules", "sqlite"),
    ("sql", "rules", "duckdb"),
    ("sql", "rules", "postgres"),
]
#: Code of lines, alone and with all that is told beside them.
LINE_CODE = [
    (target, kind)
    for target in ("python", "numpy", "c", "javascript")
    for kind in ("lines", "told")
]
#: The points of a scorecard beside the outputs.
POINTS = [("python", None), ("numpy", None), ("c", None), ("javascript", None), ("sql", "sqlite")]
TEXTS = {"mean radius": {"low": "radius under {threshold}", "high": "radius over {threshold}"}}
HEADS = [
    Head("softmax", (0, 1)),
    Head("softmax", (0, 1), 1),
    Head("argmax", (0, 1)),
    Head("sigmoid", (1,)),
]


def small_rules(outputs: Sequence[str] = ("y*/", "class"), heads: Sequence[Head] = ()) -> RuleSet:
    """Two features, two neurons in two layers, an inequality, two scores, six rows of data."""
    net = network(
        A=[[0.5, 1], [0, -2]],
        b=[-1, 1],
        U=[[3, 1], [0, -0.25]],
        L=[[0, 0], [1, 0]],
        C=[[1, 0], [0, 0]],
        c=[0.125, 2],
        slope=[0, 0.25],
    )
    domain = rr.Domain.box([0, -1], [10, 1], ["mean radius", 'a"b|*/']).where(
        '`mean radius` + 4*`a"b|*/` <= 8'
    )
    rules = rules_of(net, domain, outputs, heads, data=rows_in(domain, 6))
    return replace(rules, provenance=Provenance("hand.onnx", "ab" * 32, "9.9.9"))


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return small_rules()


def compare(folder: Path, files: Mapping[str, str]) -> None:
    assert sorted(path.name for path in folder.glob("*")) == sorted(f"{name}.txt" for name in files)
    for name, text in files.items():
        assert text == (folder / f"{name}.txt").read_text(encoding="utf-8"), (
            f"{folder.name}/{name} isn't what is emitted now; if it should be: pytest "
            "--update-golden, and review"
        )


@pytest.mark.parametrize(("target", "form", "dialect"), CASES)
def test_golden(
    target: str, form: str, dialect: str | None, rules: RuleSet, request: pytest.FixtureRequest
) -> None:
    check(rules, target, form, dialect, "", request)


@pytest.mark.parametrize(("target", "form", "dialect"), LINKED)
def test_golden_with_links(
    target: str, form: str, dialect: str | None, request: pytest.FixtureRequest
) -> None:
    check(
        small_rules(["p0", "p1", "class", "risk"], HEADS), target, form, dialect, "linked", request
    )


@pytest.mark.parametrize(("target", "form", "dialect"), EXPLAINED)
def test_golden_with_reasons(
    target: str, form: str, dialect: str | None, request: pytest.FixtureRequest
) -> None:
    files = rr.emit(
        small_rules(["p0", "p1", "class", "risk"], HEADS),
        target,
        form=form,
        dialect=dialect,
        columns=["outputs", "contributions", "reasons", "rule"],
        direction="lower",
        top=2,
        reasons=TEXTS,
    ).files
    keep(FOLDER / "-".join(filter(None, ("reasons", target, form, dialect))), files, request)


@pytest.mark.parametrize(("target", "form", "number"), DENSE)
def test_golden_tables(target: str, form: str, number: str, request: pytest.FixtureRequest) -> None:
    made = rules_of(layered(1, 2, [6, 4], 2, 0.25), rr.Domain.box([-1, 0], [1, 10], ["a", "b"]))
    made = replace(
        made, provenance=Provenance("hand.onnx", "ab" * 32, "9.9.9", {"max_regions": 99})
    )
    files = rr.emit(made, target, form=form, number=number).files
    keep(FOLDER / f"dense-{target}-{form}-{number}", files, request)


@pytest.mark.parametrize(("target", "form"), ADDITIVE)
def test_golden_lines(target: str, form: str, request: pytest.FixtureRequest) -> None:
    files = rr.emit(small_lines(), target, form=form, script=False).files
    keep(FOLDER / f"additive-{target}-{form}", files, request)


def small_lines() -> AdditiveRules:
    """A whole number, a category and an amount; bends, a pair and a group; twelve rows of data."""
    job = Column("job*", (Category(("a",)), Category(("b", "c")), Category((), missing=True)))
    columns = (Column("age"), job, Column("owed"))
    domain = rr.Domain.over(columns).bounded({"age": (18.0, 80.0), "owed": (0.0, 90_000.0)})
    domain = replace(domain, integer=np.array([True, *domain.integer[1:]]))
    net = network(
        A=[
            [1, 0, 0, 0, 0], [0, 0, 0, 0, 1], [0.5, 0, 8, 0, 0], [500, 0, 0, 0, 1],
            [-1, 0, 0, 0, 0.001],
        ],
        b=[-40.5, -35_000, -30, -40_000, 3],
        U=[[0.03, 4e-5, -0.02, 1e-6, 0.5]],
        L=[[0] * 5, [0] * 5, [0] * 5, [0] * 5, [0, 0, 0, 0.25e-3, 0]],
        C=[[-0.01, 0.2, 0, 0.5, 1e-5]],
        c=[-1.25],
    )  # fmt: skip
    row = np.arange(12.0)
    X = np.column_stack([20 + 5 * row, row % 2, 1 - row % 2, 0 * row, 7000 * row])
    made = replace(made_graph(net, ["risk"], [Head("sigmoid", (0,))]), columns=columns)
    rules = rr.extract(replace(made, features=domain.names), domain=domain, form="additive")
    rules = add_additive_evidence(rules, X, (row > 6).astype(float))
    return replace(rules, provenance=Provenance("hand.onnx", "ab" * 32, "9.9.9"))


def small_additive_rules() -> AdditiveRules:
    """Lines of one column and of two, a group, a category, two scores."""
    columns = (
        Column("late"),
        Column('a"b|*/', fill=0.5),
        Column("kind", (Category(("u",)), Category(("v",), missing=True))),
    )
    net = network(
        A=[
            [1, 0, 0, 0],
            [-2, 0, 0, 0],
            [1, -0.5, 0, 0],
            [0, 4, 2, 0],
            [0, 1, 0, 0],
            [0, 0.5, 0, 0],
        ],
        b=[-1, 0.5, -0.25, -1, -0.5, 0.125],
        U=[[0.58, -0.25, 1, 0.5, 0, 2], [0, 1, -1, 0, 0, 0.5]],
        L=[[0, 0, 0, 0, 0, 0]] * 5 + [[0, 0, 0, 0, -1, 0]],
        C=[[0.125, 0, 0.75, 0], [0, -1, 0, 0]],
        c=[0.125, 2],
    )
    domain = rr.Domain.over(columns).bounded({"late": (0.0, 10.0), 'a"b|*/': (-1.0, 1.0)})
    heads = (Head("softmax", (0, 1)), Head("softmax", (0, 1), 1))
    model = Graph(
        domain.names,
        ("p0", "p1"),
        net,
        networkx.DiGraph(),
        columns=columns,
        heads=heads,
        labels=make_labels(("no", "yes")),
    )
    made = rr.extract(model, domain=domain, form="additive")
    assert isinstance(made, AdditiveRules)
    assert len(made.groups) == 1
    return replace(made, provenance=Provenance("hand.onnx", "ab" * 32, "9.9.9"))


@pytest.mark.parametrize(("target", "kind"), LINE_CODE)
def test_golden_line_code(target: str, kind: str, request: pytest.FixtureRequest) -> None:
    told = ["outputs", "class", "contributions", "reasons", "lines"]
    made = small_additive_rules()
    artifact = rr.emit(
        made,
        target,
        columns=["outputs"] if kind == "lines" else told,
        reasons={"late": {"low": "late under {threshold}"}, 'late & a"b|*/': {"text": "both"}},
    )
    keep(FOLDER / f"{kind}-{target}-lines", artifact.files, request)


@pytest.mark.parametrize(("target", "dialect"), POINTS)
def test_golden_points(target: str, dialect: str | None, request: pytest.FixtureRequest) -> None:
    """A curve that is open above, a closed one, a category and a pair."""
    columns = (Column("late"), Column("age"), Column("kind", (Category(("u",)), Category(("v",)))))
    net = network(
        A=[[1, 0, 0, 0], [0, -1, 0, 0], [1, 0.1, 0, 0]],
        b=[-2, 30, -12],
        U=[[0.58, 0.02, -0.1]],
        C=[[0.125, 0, 0.75, 0]],
        c=[-1],
    )
    domain = rr.Domain.over(columns).bounded({"late": (0.0, np.inf), "age": (18.0, 80.0)})
    graph = made_graph(net, ["p"], [Head("sigmoid", (0,))])
    graph = replace(graph, features=domain.names, columns=columns, labels=make_labels((0, 1)))
    made = rr.extract(graph, domain=domain, form="additive")
    made = replace(made, provenance=Provenance("hand.onnx", "ab" * 32, "9.9.9"))
    artifact = rr.emit(made, target, dialect=dialect, columns=["outputs", "points"])
    name = "-".join(filter(None, ("points", target, dialect)))
    keep(FOLDER / name, artifact.files, request)


def check(
    rules: RuleSet,
    target: str,
    form: str,
    dialect: str | None,
    prefix: str,
    request: pytest.FixtureRequest,
) -> None:
    key = ["id"] if target == "sql" else []
    artifact = rr.emit(rules, target, form=form, dialect=dialect, key=key, script=False)
    keep(FOLDER / "-".join(filter(None, (prefix, target, form, dialect))), artifact.files, request)


def keep(folder: Path, files: Mapping[str, str], request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-golden"):
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / f"{name}.txt").write_text(text, encoding="utf-8", newline="\n")
    compare(folder, files)


@pytest.mark.parametrize("files", [{"score.py": "new"}, {}, {"score.py": "old", "score.h": ""}])
def test_a_difference_is_told(files: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "score.py.txt").write_text("old")
    with pytest.raises(AssertionError) as raised:
        compare(tmp_path, files)
    assert files != {"score.py": "new"} or "pytest --update-golden" in str(raised.value)


def test_no_golden_file_is_left_over() -> None:
    expected = {
        "-".join(filter(None, case)) for case in (*CASES, *(("linked", *case) for case in LINKED))
    }
    expected |= {"-".join(filter(None, ("reasons", *case))) for case in EXPLAINED}
    expected |= {f"additive-{'-'.join(case)}" for case in ADDITIVE}
    expected |= {f"{kind}-{target}-lines" for target, kind in LINE_CODE}
    expected |= {f"dense-{'-'.join(case)}" for case in DENSE}
    expected |= {"-".join(filter(None, ("points", *case))) for case in POINTS}
    assert {path.name for path in FOLDER.iterdir()} == {*expected, "sql"}  # of test_golden_sql.py


def test_golden_rules_cover_every_shape(rules: RuleSet) -> None:
    assert len(rules) >= 3
    assert len(rules.network.levels) == 2
    assert {c.holds for rule in rules for c in rule.conditions} == {True, False}


@pytest.mark.parametrize(
    "engine", [("python", None), ("c", None), ("sql", "sqlite"), ("sql", "duckdb")]
)
@pytest.mark.parametrize("form", CODE)
def test_golden_code_is_right(engine: tuple[str, str | None], form: str, rules: RuleSet) -> None:
    artifact = rr.emit(
        rules, engine[0], dialect=engine[1], form=form, key=["id"] if engine[0] == "sql" else []
    )
    assert rr.verify(artifact, rules, rows_in(rules.domain, 200))
