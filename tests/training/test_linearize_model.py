"""`linearize` on what users have: modules, pipelines, categories; budgets kept as extracted rules
count them.
"""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas
import pytest
import torch
from handmade import graph, network
from sklearn.compose import make_column_transformer
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from torch import nn

import relurules as rr
from relurules.errors import DataError, UnsupportedError
from relurules.ir import Head, RuleSet

Array = np.ndarray
X = np.random.default_rng(0).normal(size=(160, 4)) * [1.0, 2.0, 0.5, 1.0] + [0.0, 1.0, 0.0, -2.0]
RAW = np.maximum(X[:, 0] - 0.5 * X[:, 1], 0.0) * 2 + np.abs(X[:, 2]) + 0.3 * X[:, 3]
CLASS = (np.median(RAW) < RAW).astype(int)
THREE = np.searchsorted(np.quantile(RAW, [0.3, 0.7]), RAW)


def layers(*hidden: nn.Module, outputs: int = 1, end: nn.Module | None = None) -> nn.Sequential:
    """4 inputs and 6 units before each of these activations."""
    torch.manual_seed(3)
    parts: list[nn.Module] = []
    for i, activation in enumerate(hidden):
        parts += [nn.Linear(6 if i else 4, 6), activation]
    parts.append(nn.Linear(6, outputs))
    return nn.Sequential(*parts, *([] if end is None else [end])).double()


def output(model: nn.Module, rows: Array) -> Array:
    with torch.no_grad():
        return model(torch.tensor(rows)).numpy()


def terms(rules: RuleSet) -> tuple[int, int]:
    """Inputs of any condition, and of any formula of a rule, at most."""
    conditions = [np.count_nonzero(c.half_space.normal) for rule in rules for c in rule.conditions]
    return max(conditions, default=0), max(
        np.count_nonzero(rule.map.weights.any(axis=0)) for rule in rules
    )


MODELS: dict[str, tuple[Any, Array, str]] = {
    "relu": (lambda: layers(nn.ReLU(), nn.ReLU()), RAW, "regression"),
    "leaky relu": (lambda: layers(nn.LeakyReLU(0.1)), RAW, "regression"),
    "prelu": (lambda: layers(nn.PReLU(6)), RAW, "regression"),
    "hardtanh": (lambda: layers(nn.Hardtanh()), RAW, "regression"),
    "logits": (lambda: layers(nn.ReLU()), CLASS, "binary"),
    "sigmoid": (lambda: layers(nn.ReLU(), end=nn.Sigmoid()), CLASS, "binary"),
    "softmax": (lambda: layers(nn.ReLU(), outputs=3, end=nn.Softmax(dim=1)), THREE, "multiclass"),
    "two outputs": (
        lambda: layers(nn.ReLU(), outputs=2),
        np.column_stack([RAW, -RAW]),
        "regression",
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_module_of_few_rules(name: str) -> None:
    make, y, task = MODELS[name]
    result = rr.linearize(make(), X, y, max_rules=6)
    assert result.task == task
    assert result.measure == {"regression": "R2", "binary": "AUC", "multiclass": "accuracy"}[task]
    assert isinstance(result.model, nn.Module)
    np.testing.assert_allclose(result.graph.evaluate(X), output(result.model, X), atol=1e-12)
    rules = rr.extract(result.model, data=X)
    assert len(rules) <= 6
    assert len(rules) == result.front["rules"][result.chosen]
    np.testing.assert_allclose(rules.predict(X), result.graph.evaluate(X), atol=1e-9)
    rows = torch.export.Dim("rows")
    exported = torch.export.export(
        result.model, (torch.from_numpy(X),), dynamic_shapes=({0: rows},)
    )
    np.testing.assert_allclose(rr.trace(exported).evaluate(X), result.graph.evaluate(X), atol=1e-12)
    assert result.front["validation"][result.chosen] > 0.6
    assert (result.front["validation"] <= 1.0).all()


@pytest.mark.parametrize(
    "budget",
    [
        {"max_rules": 1},
        {"max_rules": 3},
        {"max_neurons": 0},
        {"max_neurons": 2},
        {"max_rules": 8, "max_terms": 2},
        {"max_rules": 8, "max_condition_terms": 1},
        {"max_rules": 6, "max_neurons": 3, "max_terms": 3, "max_condition_terms": 2},
    ],
)
def test_budgets_are_kept_by_the_rules(budget: dict[str, int]) -> None:
    result = rr.linearize(layers(nn.ReLU(), nn.ReLU()), X, RAW, **budget)
    box = rr.Domain.box(X.min(axis=0), X.max(axis=0))
    rules = rr.extract(result.graph, domain=box)
    conditions, formulas = terms(rules)
    most = result.front.iloc[result.chosen]
    assert len(rules) == most["rules"] <= budget.get("max_rules", 1000)
    assert len(result.graph.network) == most["neurons"] <= budget.get("max_neurons", 1000)
    assert (
        conditions
        <= most["condition_terms"]
        <= budget.get("max_condition_terms", budget.get("max_terms", 4))
    )
    assert formulas <= most["formula_terms"] <= budget.get("max_terms", 4)
    neurons = result.front["neurons"].to_numpy()
    for sparse in (False, True):
        assert (np.diff(neurons[result.front["sparse"] == sparse]) < 0).all()


def test_inputs_that_the_model_ignores_are_not_brought_back() -> None:
    """A limit of 2 terms on a model that reads 2 inputs, small enough to keep all its neurons."""
    model = layers(nn.ReLU())
    with torch.no_grad():
        model[0].weight[:, 2:] = 0.0
    result = rr.linearize(model, X, RAW, max_rules=500, max_terms=2)
    assert result.front["sparse"].any()
    assert result.front["formula_terms"][result.chosen] <= 2
    assert len(result.graph.network) > 0


def test_test_rows_are_only_scored() -> None:
    model, other = layers(nn.ReLU()), X[::-1] * 0.5
    one = rr.linearize(model, X, RAW, max_rules=4, test=(X[:40], RAW[:40]))
    two = rr.linearize(model, X, RAW, max_rules=4, test=(other, RAW))
    none = rr.linearize(model, X, RAW, max_rules=4)
    for name in ("A", "L", "b", "C", "U", "c"):
        arrays = [getattr(result.graph.network, name) for result in (one, two, none)]
        np.testing.assert_array_equal(arrays[0], arrays[1])
        np.testing.assert_array_equal(arrays[0], arrays[2])
    pandas.testing.assert_frame_equal(one.front.drop(columns="test"), none.front)
    assert (one.front["test"] != two.front["test"]).any()


def test_the_best_validation_score_is_chosen() -> None:
    """Of the points on the front that fit; the one chosen is trained on at the end."""
    front = rr.linearize(layers(nn.ReLU()), X, RAW, max_rules=8).front
    result = rr.linearize(layers(nn.ReLU()), X, RAW, max_rules=8)
    fitting = front.drop(index=result.chosen).query("rules <= 8")
    assert (fitting["validation"] <= front["validation"][result.chosen] + 0.05).all()
    pandas.testing.assert_frame_equal(front, result.front)


def test_a_seed_makes_the_split() -> None:
    one, other = (
        rr.linearize(layers(nn.ReLU()), X, RAW, max_rules=4, random_state=seed) for seed in (0, 1)
    )
    assert (one.front["validation"].iloc[-1]) != (other.front["validation"].iloc[-1])


def test_progress_tells_the_neurons_left() -> None:
    told = list[str]()
    rr.linearize(layers(nn.ReLU()), X, RAW, max_rules=4, progress=told.append)
    assert told[0] == "6 neurons"
    assert told[-1] == "0 neurons"


def frame() -> pandas.DataFrame:
    return pandas.DataFrame(X * [1, 100, 1, 10], columns=["age", "income", "c", "d"])


def fitted(model: Any, table: Any, y: Any) -> Any:
    with pytest.warns(match="Maximum iterations"):
        return model.fit(table, y)


def test_a_pipeline_is_linearised_in_raw_columns() -> None:
    table = frame()
    model = fitted(
        make_pipeline(
            StandardScaler(), MLPRegressor(hidden_layer_sizes=(8,), max_iter=30, random_state=0)
        ),
        table,
        RAW,
    )
    result = rr.linearize(model, table, RAW, max_rules=4, max_terms=3)
    assert result.graph.features == ("age", "income", "c", "d")
    rules = rr.extract(result.graph, data=table)
    assert len(rules) <= 4
    np.testing.assert_allclose(
        rules.predict(table), result.graph.evaluate(table.to_numpy()), rtol=1e-9, atol=1e-9
    )
    np.testing.assert_allclose(
        output(result.model, table.to_numpy()), result.graph.evaluate(table.to_numpy())
    )
    left = RAW - rules.predict(table)[:, 0]
    assert 1 - left.var() / RAW.var() > 0.6


def test_a_classifier_keeps_both_its_outputs() -> None:
    model = fitted(MLPClassifier(hidden_layer_sizes=(8,), max_iter=200, random_state=0), X, CLASS)
    result = rr.linearize(model, X, CLASS, max_rules=4)
    P = output(result.model, X)
    np.testing.assert_allclose(P.sum(axis=1), 1.0)
    np.testing.assert_allclose(P, result.graph.evaluate(X), atol=1e-12)
    assert ((P[:, 1] > 0.5) == CLASS).mean() > 0.7


def test_categories_stay_columns() -> None:
    table = frame().assign(city=np.array(["a", "b", "c"])[np.arange(160) % 3])
    y = RAW + (np.arange(160) % 3 == 1)
    columns = make_column_transformer(
        (OneHotEncoder(), ["city"]), (StandardScaler(), ["age", "income", "c", "d"])
    )
    model = fitted(
        make_pipeline(columns, MLPRegressor(hidden_layer_sizes=(8,), max_iter=30, random_state=0)),
        table,
        y,
    )
    result = rr.linearize(model, table, y, max_rules=6)
    assert result.model is result.graph
    assert {column.name for column in result.graph.columns} == {"city", "age", "income", "c", "d"}
    rules = rr.extract(result.graph, data=table)
    assert len(rules) <= 6
    assert 1 - (y - rules.predict(table)[:, 0]).var() / y.var() > 0.6


def test_files(tmp_path: Path) -> None:
    result = rr.linearize(layers(nn.ReLU()), X, RAW, max_rules=4, max_terms=2)
    first = [path.read_bytes() for path in result.save(tmp_path / "one")]
    again = rr.linearize(layers(nn.ReLU()), X, RAW, max_rules=4, max_terms=2)
    assert [path.read_bytes() for path in again.save(tmp_path / "two")] == first
    assert ElementTree.fromstring(first[1].decode()).tag == "{http://www.w3.org/2000/svg}svg"


@pytest.mark.parametrize("method", ["force", "freeze"])
def test_the_force_removes_neurons(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from relurules.training import force_training

    monkeypatch.setattr(force_training, "_READ", 200)
    model = layers(nn.PReLU(6, init=0.8))
    y = output(model, X)[:, 0]
    result = rr.linearize(model, X, y, max_neurons=4, method=method, steps=1000)
    front = result.front
    assert front["neurons"].iloc[0] == 6
    assert (np.diff(front["neurons"]) < 0).all()
    assert front["neurons"].iloc[-1] == front["neurons"].min() <= 4
    assert len(result.graph.network) == front["neurons"][result.chosen] <= 4
    assert not front["sparse"].any()
    assert len(rr.extract(result.graph, data=X)) == front["rules"][result.chosen]
    assert front["validation"][result.chosen] > 0.9
    with pytest.raises(DataError, match=r"the least found of each: .* neurons"):
        rr.linearize(model, X, y, max_neurons=3, method=method, steps=0)


def spoilt(row: int, column: int, value: float) -> Array:
    rows = X.copy()
    rows[row, column] = value
    return rows


WRONG: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "no budget": ({"max_rules": None}, DataError, "a budget is needed: max_rules or max_neurons"),
    "no rules": ({"max_rules": 0}, DataError, "max_rules is 0; expected at least 1"),
    "fewer than no neurons": (
        {"max_neurons": -1},
        DataError,
        "max_neurons is -1; expected at least 0",
    ),
    "no terms": ({"max_terms": 0}, DataError, "max_terms is 0"),
    "no terms in a condition": ({"max_condition_terms": 0}, DataError, "max_condition_terms is 0"),
    "method": (
        {"method": "magic"},
        UnsupportedError,
        "method 'magic'; supported: saliency, parallel, force, freeze",
    ),
    "task": (
        {"task": "ranking"},
        UnsupportedError,
        "task 'ranking'; supported: regression, binary, multiclass",
    ),
    "missing": ({"X": spoilt(7, 2, np.nan)}, DataError, "X, row 7: a value is missing"),
    "columns": ({"X": X[:, :3]}, DataError, "X has 3 columns, the model reads 4"),
    "rows": ({"y": RAW[:-1]}, DataError, "X has 160 rows, y has 159"),
    "target": (
        {"y": np.where(np.arange(160) == 9, np.nan, RAW)},
        DataError,
        "y, row 9: not finite",
    ),
    "weights": ({"sample_weight": np.zeros(160)}, DataError, "weights must be 160 finite numbers"),
    "share": ({"validation_fraction": 1.5}, DataError, "validation_fraction is 1.5"),
    "test columns": ({"test": (X[:, :3], RAW)}, DataError, "4"),
    "test rows": ({"test": (X, RAW[:-1])}, DataError, "test rows: X has 160 rows, y has 159"),
    "test missing": (
        {"test": (spoilt(3, 1, np.nan), RAW)},
        DataError,
        "test rows: X, row 3: a value is missing",
    ),
    "penalty": ({"l1": -1.0}, DataError, "l1 is -1.0; expected at least 0"),
    "penalty missing": ({"l1": float("nan")}, DataError, "l1 is nan; expected at least 0"),
    "steps": ({"steps": -1, "method": "force"}, DataError, "steps is -1; expected at least 0"),
    "large": ({"X": X * [1, 1e200, 1, 1]}, DataError, "X, column 1: numbers too large to train on"),
    "large targets": ({"y": RAW * 1e200}, DataError, "y, column 0: numbers too large to train on"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_does_not_fit_is_named(case: str) -> None:
    changed, error, words = WRONG[case]
    given = {"X": X, "y": RAW, "max_rules": 4} | changed
    with pytest.raises(error, match=words):
        rr.linearize(layers(nn.ReLU()), given.pop("X"), given.pop("y"), **given)


def test_weights_count() -> None:
    """Rows of weight 0 are as good as not there, but for the range that rules are counted over."""
    weights = np.where(np.arange(160) < 100, 1.0, 0.0)
    one = rr.linearize(layers(nn.ReLU()), X, RAW, max_neurons=2, sample_weight=weights)
    other = rr.linearize(layers(nn.ReLU()), X[:100], RAW[:100], max_neurons=2)
    np.testing.assert_array_equal(one.front["validation"], other.front["validation"])


def test_a_linear_model_is_one_rule() -> None:
    model = graph(network(np.zeros((0, 4)), np.zeros(0), np.zeros((1, 0)), C=[[1.0, 1.0, 0, 0]]))
    result = rr.linearize(model, X, X @ [1.0, 2.0, 0.0, 0.0] + 3.0, max_rules=1)
    assert len(result.front) == 1
    np.testing.assert_allclose(result.graph.network.C, [[1, 2, 0, 0]], atol=0.01)
    assert result.front["validation"][0] > 0.999


@pytest.mark.parametrize("y", [np.full(160, 2.5), np.zeros(160, int)])
def test_nothing_to_tell_takes_no_neurons(y: Array) -> None:
    result = rr.linearize(layers(nn.ReLU()), X, y, max_rules=4)
    assert result.front["neurons"][result.chosen] == 0


def test_a_target_of_an_exponential_model() -> None:
    y = np.expm1(RAW - RAW.min())
    net = rr.trace(layers(nn.ReLU())).network
    result = rr.linearize(graph(net, heads=(Head("expm1", (0,)),)), X, y, max_rules=4)
    predicted = result.graph.evaluate(X)[:, 0]
    assert np.corrcoef(np.log1p(y), np.log1p(np.maximum(predicted, -0.9)))[0, 1] > 0.9


def test_a_column_that_the_model_does_not_read_stays_unread() -> None:
    random = np.random.default_rng(0)
    X = random.normal(size=(300, 3))
    y = np.abs(X[:, 0]) + 2 * X[:, 1] + X[:, 2]  # the second column would help
    model = nn.Sequential(nn.Linear(3, 6), nn.ReLU(), nn.Linear(6, 1)).double().eval()
    model[0].weight.data[:, 1] = 0.0
    for limits in ({}, {"max_terms": 2}):
        found = rr.linearize(model, X, y, max_rules=8, **limits)
        assert not found.graph.network.A[:, 1].any()
        assert not found.graph.network.C[:, 1].any()
