"""Classes by the model's own labels, in every language and engine, beside the model's `predict`."""

import warnings
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from executed_targets import needs_program
from sqls import EXECUTED, need, scored

import relurules as rr
from relurules.emitting.sql.dialects import DIALECTS
from relurules.errors import CheckError, InputError, UnsupportedError
from relurules.ir import Artifact, RuleSet
from relurules.verifying.engines import run_artifact

sklearn = pytest.importorskip("sklearn")

ODD = 'it\'s "bad" \\ ??/ é'
KINDS: dict[str, list[Any]] = {
    "0, 1": [0, 1],
    "1, 2": [1, 2],
    "-1, 1": [-1, 1],
    "three": [10, 20, 30],
    "numbers with a point": [1.0, 2.0],
    "booleans": [False, True],
    "text": ["bad", "good"],
    "quotes": [ODD, "good -- /* ' */ {{x}}", "{% x %}"],
}


class Labelled(NamedTuple):
    model: Any
    X: pd.DataFrame
    rules: RuleSet
    decisions: RuleSet
    wanted: list[Any]


@cache
def labelled(kind: str) -> Labelled:
    """A classifier of rows of which the last lie where its two classes tie exactly."""
    from sklearn.neural_network import MLPClassifier

    labels, rng = KINDS[kind], np.random.default_rng(0)
    X = pd.DataFrame(
        np.vstack([rng.normal(size=(30, 2)), np.full((3, 2), 0.5)]), columns=["a", "b"]
    )
    number = np.digitize(X.a + X.b, [0.1] if len(labels) == 2 else [-0.7, 0.7])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = MLPClassifier((2,), max_iter=30, random_state=0).fit(X, np.array(labels)[number])
    if len(labels) == 2:  # relu(a) - relu(b)
        model.coefs_ = [np.eye(2), np.array([[1.0], [-1.0]])]
        model.intercepts_ = [np.zeros(2), np.zeros(1)]
    else:
        model.coefs_ = [np.eye(2), np.array([[1.0, 0.0, -1.0], [0.0, 1.0, -1.0]])]
        model.intercepts_ = [np.zeros(2), np.zeros(3)]

    rules = rr.extract(model, data=X)
    decisions = rr.extract(model, data=X, decision="argmax")
    return Labelled(model, X, rules, decisions, model.predict(X).tolist())


def of_rows(artifact: Artifact, X: pd.DataFrame) -> list[Any]:
    """The labels that an artefact gives, of numbers as an engine returns them."""
    _, ran = run_artifact(artifact, X)
    numbers = ran.outputs[:, 0] if artifact.labelled else ran.classes
    assert artifact.labels is not None
    assert numbers is not None
    return artifact.labels.decode(numbers).tolist()  # type: ignore[no-any-return]


@pytest.mark.parametrize("kind", KINDS)
def test_in_the_rules_and_in_files(kind: str, tmp_path: Any) -> None:
    found = labelled(kind)
    assert {False, True} >= {value == found.wanted[-1] for value in found.wanted}
    for rules in (found.rules, found.decisions):
        rules.save(tmp_path / "rules.json")
        read = RuleSet.load(tmp_path / "rules.json")
        assert read.labels == rules.labels
        given = read.classify(found.X).tolist()
        assert given == found.wanted
        assert {type(value) for value in given} == {type(KINDS[kind][0])}
        assert rr.verify(read, found.model, found.X)
    assert found.decisions.predict(found.X)[:, 0].tolist() == found.wanted


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("which", ["rules", "decisions"])
def test_in_python_and_numpy(kind: str, which: str) -> None:
    found = labelled(kind)
    rules = getattr(found, which)
    module: dict[str, Any] = {"__name__": "score"}
    columns = ("outputs", "class", "rule")
    exec(str(rr.emit(rules, "python", columns=columns)), module)  # it is the test
    rows = [module["score"](row) for row in found.X.to_dict("records")]
    assert [row["class"] for row in rows] == found.wanted
    assert {type(row["class"]) for row in rows} == {type(KINDS[kind][0])}
    assert module["score"]({"a": 1e9, "b": 0.0})["class"] is None

    batch: dict[str, Any] = {"__name__": "score_numpy"}
    exec(str(rr.emit(rules, "numpy", columns=columns)), batch)
    assert batch["class_batch"](found.X).tolist() == found.wanted
    if which == "decisions":
        assert batch["score_batch"](found.X)[:, 0].tolist() == found.wanted


@pytest.mark.parametrize("kind", KINDS)
@needs_program("cc")
def test_in_c(kind: str) -> None:
    found = labelled(kind)
    code = rr.emit(found.rules, "c", columns=("outputs", "class"))
    assert of_rows(code, found.X) == found.wanted


@pytest.mark.parametrize("kind", ["three", "text"])
@needs_program("cc")
def test_decisions_in_c(kind: str) -> None:
    found = labelled(kind)
    code = rr.emit(found.decisions, "c")
    assert of_rows(code, found.X) == found.wanted
    assert ("score_class" in str(code)) == (kind == "text")


@pytest.mark.parametrize("kind", KINDS)
@needs_program("node")
def test_in_javascript(kind: str) -> None:
    found = labelled(kind)
    for rules in (found.rules, found.decisions):
        code = rr.emit(rules, "javascript", columns=("outputs", "class"))
        assert of_rows(code, found.X) == found.wanted


@pytest.mark.parametrize("engine", EXECUTED)
def test_in_sql(engine: str) -> None:
    need(engine)
    for kind, values in KINDS.items():
        found = labelled(kind)
        rows = list(enumerate(found.X.itertuples(index=False)))
        table = [(x.a, x.b, float(i)) for i, x in rows]
        for rules, columns in (
            (found.rules, ("outputs", "class")),
            (found.rules, ("class", "rule")),
            (found.decisions, ("outputs",)),
        ):
            query = rr.emit(rules, "sql", dialect=engine, columns=columns, key=["id"])
            at = 1 + (len(rules.outputs) if len(columns) == 2 and columns[0] == "outputs" else 0)
            types = [("a", False), ("b", False), ("id", False)]
            given = sorted(scored(engine, str(query), types, table), key=lambda row: float(row[0]))
            assert [row[at] for row in given] == found.wanted, (kind, columns)
            assert isinstance(given[0][at], str) == isinstance(values[0], str)


@pytest.mark.parametrize("shape", ["expression", "view"])
def test_in_other_shapes_of_sql(shape: str) -> None:
    found = labelled("text")
    for dialect in ("sqlite", "duckdb"):
        code = rr.emit(found.decisions, "sql", dialect=dialect, shape=shape)
        report = rr.verify(code, found.model, found.X)
        assert report
        assert report.agreement == 1.0


@pytest.mark.parametrize("dialect", DIALECTS)
def test_booleans_are_those_of_the_dialect(dialect: str) -> None:
    code = str(rr.emit(labelled("booleans").rules, "sql", dialect=dialect, columns=("class",)))
    assert (" THEN TRUE" in code) == (DIALECTS[dialect].booleans[1] == "TRUE")


def test_what_an_engine_would_change_is_refused() -> None:
    found = labelled("text")
    model = rr.trace(found.model)
    for label, dialect in (("", "oracle"), ("a ${b}", "spark")):
        rules = rr.extract(_rename(model, label), data=found.X.to_numpy())
        with pytest.raises(InputError, match="name the class otherwise"):
            rr.emit(rules, "sql", dialect=dialect, columns=("class",))
        assert rr.emit(rules, "sql", dialect="duckdb", columns=("class",))


def _rename(graph: Any, label: str) -> Any:
    from dataclasses import replace

    return replace(graph, labels=replace(graph.labels, values=(label, "good")))


@pytest.mark.parametrize("kind", ["1, 2", "text"])
def test_the_class_alone_is_verified(kind: str) -> None:
    found = labelled(kind)
    for columns in (("class",), ("class", "rule")):
        code = rr.emit(found.rules, "sql", columns=columns)
        report = rr.verify(code, found.model, found.X)
        assert report
        assert report.agreement == 1.0
        assert "the class alone was compared" in str(report.remarks)

    first, second = (
        f"THEN {text}" for text in {"1, 2": ("1", "2"), "text": ("'bad'", "'good'")}[kind]
    )
    swapped = str(code).replace(first, "THEN @").replace(second, first).replace("THEN @", second)
    wrong = Artifact(**{**vars(code), "files": {"score.sql": swapped}})
    assert not rr.verify(wrong, found.model, found.X)


def test_numbers_where_the_model_has_labels_are_no_classes() -> None:
    from dataclasses import replace

    found = labelled("1, 2")
    old = replace(found.rules, labels=None)  # as files of earlier versions
    code = rr.emit(old, "sql", columns=("class",))
    with pytest.raises(CheckError, match=r"given as 0, 1, and the model's own labels are 1, 2"):
        rr.verify(code, found.model, found.X)


def test_the_head_says_the_classes_and_why() -> None:
    found = labelled("1, 2")
    for target in ("text", "python", "sql", "markdown"):
        text = str(rr.emit(found.rules, target))
        assert "the second of the model" in text
    turned = rr.extract(found.model, data=found.X, positive=1)
    assert "chosen by positive=" in str(rr.emit(turned, "python"))
    assert "THEN class = 2" in str(rr.emit(found.decisions, "text"))


def test_several_labels_at_once_are_no_class() -> None:
    from sklearn.neural_network import MLPClassifier

    X = labelled("0, 1").X
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = MLPClassifier((2,), max_iter=5).fit(X, np.c_[X.a > 0, X.b > 0].astype(int))
    rules = rr.extract(model, data=X)
    assert rules.labels is None
    for ask in (
        lambda: rr.emit(rules, "sql", columns=("class",)),
        lambda: rr.emit(rules, "python", columns=("outputs", "class")),
        lambda: rules.classify(X),
    ):
        with pytest.raises(UnsupportedError, match="compare each with a half"):
            ask()
