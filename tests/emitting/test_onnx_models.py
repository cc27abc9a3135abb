"""score.onnx in onnxruntime, beside the rules: strange columns, every link, and rows that fight
back.
"""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
from handmade import Array, graph, lines, random_network, rules_of
from hostile_additive import HEADS, make_hostile, make_rows
from sklearn.neural_network import MLPClassifier
from test_raw_columns import NAME, VALUES, make_text_rules

import relurules as rr
from relurules.domain.columns import Category, Column
from relurules.emitting.onnx.links import PRINTERS
from relurules.emitting.onnx.scores import find_paths
from relurules.errors import InputError, UnsupportedError
from relurules.ir import AdditiveRules, Artifact, Graph, Head, RuleSet
from relurules.links.table import LINKS
from relurules.verifying.onnx_runtime import make_tensor


def run(artifact: Artifact, frame: pd.DataFrame) -> dict[str, Any]:
    """All that the model gives, by name."""
    rows: dict[str, list[Any]] = {
        column.name: [None if pd.isna(v) else v for v in frame[column.name].tolist()]
        for column in artifact.domain.columns
    }
    sent = {
        column.name: make_tensor(rows[column.name], column) for column in artifact.domain.columns
    }
    session = onnxruntime.InferenceSession(
        artifact.files["score.onnx"], providers=["CPUExecutionProvider"]
    )
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, sent), strict=True))


def make_rules() -> RuleSet:
    """A network over an age, a column of strange texts, and one of codes."""
    return make_text_rules([value for value in VALUES if value], 6)


def make_table() -> pd.DataFrame:
    values = [*(value for value in VALUES if value), None, "unknown", "TRUE", "A "]
    ranks = [1.0, 2.0, 3.5, 9.0, None]
    rows = [
        (age, value, rank)
        for value in values
        for age in (30.0, None, 99.0, 17.0, np.inf, 1e300)
        for rank in ranks
    ]
    return pd.DataFrame(rows, columns=["age", NAME, "rank"]).astype({NAME: object})


@pytest.mark.parametrize("outside", ["null", "clamp"])
@pytest.mark.parametrize("form", ["tree", "network"])
def test_texts_codes_and_missing_values_in_both_forms(form: str, outside: str) -> None:
    rules, rows = make_rules(), make_table()
    artifact = rr.emit(rules, "onnx", form=form, outside=outside)
    report = rr.verify(artifact, rules, rows)
    assert report
    if outside == "null":
        assert report.outside == int((rules.apply(rows) == 0).sum()) > 0


def test_the_network_goes_on_outside_the_domain() -> None:
    rules, rows = make_rules(), make_table()
    report = rr.verify(rr.emit(rules, "onnx"), rules, rows)
    assert report
    assert 0 < report.outside < int((rules.apply(rows) == 0).sum())


def test_the_number_of_the_rule() -> None:
    rules, rows = make_rules(), make_table()
    found = run(rr.emit(rules, "onnx", form="tree", columns=("outputs", "rule")), rows)
    assert found["rule"].dtype == np.int64
    assert found["rule"].ravel().tolist() == rules.apply(rows).tolist()


@pytest.mark.parametrize("groups", [(), (2, 3)])
@pytest.mark.parametrize("link", list(HEADS))
def test_hostile_lines(link: str, groups: tuple[int, ...]) -> None:
    rules = make_hostile(link, seed=3, groups=groups)
    rows = make_rows(rules)
    given = ("outputs", "class") if link in ("two", "pair") else ("outputs",)
    for outside in ("null", "clamp", "exact"):
        assert rr.verify(rr.emit(rules, "onnx", outside=outside, columns=given), rules, rows)


def test_contributions_are_those_of_the_rules() -> None:
    rules = make_hostile("two", seed=5, groups=(2,))
    rows = make_rows(rules)
    found = run(rr.emit(rules, "onnx", columns=("outputs", "score", "contributions")), rows)
    expected = rules.contributions(rows)
    parts = [name for name in found if name.startswith("contribution_")]
    assert len(parts) == len(rules.parts)

    names = [part.name for part in rules.parts]
    total = np.zeros(len(rows))
    for name in names:
        got, due = found[f"contribution_{name}"].ravel(), expected[name].to_numpy()
        assert np.array_equal(np.isnan(got), np.isnan(due))
        inside = ~np.isnan(due)
        assert np.allclose(got[inside], due[inside], rtol=1e-9, atol=1e-9)
        total += got
    reference = expected["reference"].to_numpy()
    score = found[rules.scores[0]].ravel()
    inside = ~np.isnan(score)
    assert inside.any()
    assert np.allclose((total + reference)[inside], score[inside], rtol=1e-9, atol=1e-7)


def test_which_lines_apply() -> None:
    rules = make_hostile("score", seed=7)
    rows = make_rows(rules)
    found = run(rr.emit(rules, "onnx", columns=("outputs", "lines")), rows)
    X = rules.domain.rows(rows)
    known = ~np.isnan(found[rules.outputs[0]].ravel())
    assert found["lines"].shape == (len(rows), len(rules))
    assert not found["lines"][~known].any()
    beyond = X[known] @ rules.normals.T - rules.bounds
    clear = abs(beyond) > 1e-9 * (abs(X[known]) @ abs(rules.normals.T) + abs(rules.bounds))
    numbers = np.argsort([line.number for line in rules.lines])
    assert (found["lines"][known] == (beyond > 0)[:, numbers])[clear[:, numbers]].all()


@pytest.mark.parametrize("labels", [("no", "yes"), (1, 2), (False, True)])
def test_classes_by_the_labels_of_the_model(labels: tuple[Any, ...]) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3))
    y = np.array([labels[int(v > 0)] for v in X[:, 0] + abs(X[:, 1])])
    model = MLPClassifier((3,), solver="lbfgs", max_iter=2000, random_state=0).fit(X, y)
    for form in ("partition", "additive"):
        rules = rr.extract(model, data=X, form=form)
        artifact = rr.emit(rules, "onnx", columns=("outputs", "class"))
        assert rr.verify(artifact, model, X)
        found = run(artifact, pd.DataFrame(X, columns=rules.domain.names))["class"].ravel()
        assert [type(labels[0])(value) for value in found] == model.predict(X).tolist()


def test_a_row_outside_has_no_class() -> None:
    rules = make_hostile("two", seed=3)
    row = make_rows(rules).iloc[[0]].assign(big=1e300)
    found = run(rr.emit(rules, "onnx", columns=("outputs", "class")), row)
    assert found["class"].tolist() == [[""]]
    assert np.isnan(found["o0"]).all()


def test_the_file_says_what_it_is(tmp_path: Path) -> None:
    rules = make_rules()
    artifact = rr.emit(rules, "onnx")
    (path,) = artifact.write(tmp_path)
    again = Artifact.read(path)
    assert again.files == artifact.files
    assert (again.target, again.form, again.outputs) == ("onnx", "network", rules.outputs)
    assert rr.verify(again, rules, make_table())
    assert "bytes" in str(artifact)

    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    assert [entry.name for entry in model.graph.input] == ["age", NAME, "rank"]
    assert "an empty text is a missing value" in model.graph.input[1].doc_string
    assert model.opset_import[0].version == 15


def test_the_same_rules_give_the_same_bytes() -> None:
    assert rr.emit(make_rules(), "onnx").files == rr.emit(make_rules(), "onnx").files


def test_rules_that_are_one_or_that_are_many() -> None:
    one = rr.extract(additive_graph(np.zeros((1, 2))), domain=rr.Domain.box([0, 0], [1, 1]))
    X = np.array([[0.5, 0.25], [2.0, 0.0], [np.nan, 0.0]])
    for form in ("tree", "network"):
        artifact = rr.emit(one, "onnx", form=form, columns=("outputs", "rule"), outside="null")
        found = run(artifact, pd.DataFrame(X, columns=one.domain.names))
        assert found["rule"].ravel().tolist() == [1, 0, 0]
        assert np.allclose(found[one.outputs[0]].ravel(), one.predict(X).ravel(), equal_nan=True)


def additive_graph(weights: Array) -> Graph:
    """A network without a neuron that bends in the unit square."""
    return graph(lines(weights, [5.0]))


def test_incomplete_rules_leave_rows_without_outputs() -> None:
    rng = np.random.default_rng(1)
    net = random_network(8, d=2, K=8)
    domain = rr.Domain.box([-3, -3], [3, 3])
    rules = rr.extract(graph(net), domain=domain, max_regions=3)
    if rules.complete:
        pytest.skip("three regions were all")
    X = rng.uniform(-3, 3, (300, 2))
    artifact = rr.emit(rules, "onnx", form="tree", outside="null")
    found = run(artifact, pd.DataFrame(X, columns=rules.domain.names))
    expected = rules.predict(X)
    assert np.isnan(expected).any()
    assert np.allclose(found[rules.outputs[0]].ravel(), expected[:, 0], equal_nan=True)


def test_every_leaf_has_a_path() -> None:
    rules = make_rules()
    paths = find_paths(rules)
    assert sorted(paths.rules.tolist()) == list(range(1, len(rules) + 1))


def test_every_link_is_printed() -> None:
    assert set(PRINTERS) == set(LINKS)


def test_what_a_tensor_cannot_hold() -> None:
    columns = (Column("c", (Category(("",)), Category(("a",)), Category(missing=True))),)
    domain = rr.Domain.over(columns)
    rules = rules_of(random_network(1, d=3, K=2), domain)
    with pytest.raises(UnsupportedError, match="empty text as a category"):
        rr.emit(rules, "onnx")
    with pytest.raises(UnsupportedError, match="no column 'reasons' in 'onnx'"):
        rr.emit(make_rules(), "onnx", columns=("outputs", "reasons"))


def test_two_tensors_of_one_name() -> None:
    domain = rr.Domain.box([0, 0], [1, 1], ["class", "b"])
    net = random_network(1, d=2, K=2)
    model = graph(net, ("p",), (Head("sigmoid", (0,)),))
    rules: AdditiveRules = rr.extract(model, domain=domain, form="additive")
    with pytest.raises(InputError, match="would be the name of two tensors"):
        rr.emit(rules, "onnx", columns=("outputs", "class"))
