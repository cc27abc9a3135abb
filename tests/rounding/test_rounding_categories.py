"""Columns of categories: 0 and 1 in products of matrices, and rules between which no row lies."""

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import onnx
import pandas as pd
import pytest
from rounding_search import RowSearch, run_by
from sklearn.compose import make_column_transformer
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import relurules as rr
from relurules.ir import Artifact
from relurules.rounding import bound_rounding


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng, count = np.random.default_rng(1), 300
    rows = pd.DataFrame(
        {
            "a": rng.normal(size=count),
            "kind": rng.choice(["u", "v", "w", "z"], count),
            "b": 1000 * rng.random(count),
            "paid": rng.choice(["no", "yes"], count),
        }
    )
    rows["y"] = rows["a"] ** 2 + (rows["kind"] == "u") * rows["b"] / 300 + (rows["paid"] == "no")
    return rows


@pytest.fixture(scope="module")
def rules(table: pd.DataFrame) -> Any:
    """Of a network: a region between categories, where no row is, may be far from its rule."""
    columns = make_column_transformer(
        (OneHotEncoder(), ["kind", "paid"]), (StandardScaler(), ["a", "b"])
    )
    network = MLPRegressor(hidden_layer_sizes=(3, 3), max_iter=60, random_state=1)
    X = table.drop(columns="y")
    model = make_pipeline(columns, network)
    with warnings.catch_warnings(category=ConvergenceWarning, action="ignore"):
        model.fit(X, table["y"])
    return rr.extract(model, data=X)


@pytest.fixture(scope="module")
def lines(table: pd.DataFrame) -> Any:
    """b may be missing."""
    holes = table.assign(b=table["b"].mask(np.arange(len(table)) % 41 == 0))
    return rr.fit(holes, "y", form="additive", max_rules=6, seed=0).rules


def require_near(artifact: Artifact, rules: Any) -> None:
    """The bound is above all errors that are found, and not far above them."""
    bound = bound_rounding(artifact, rules)
    assert bound.is_stated, bound.refusal
    search = RowSearch(rules.network, rules.domain)
    found = search.climb(run_by(artifact), np.random.default_rng(0), 800, 4)
    assert 0 < found <= bound.largest <= 40 * found


@pytest.mark.parametrize("target", ["numpy", "onnx"])
def test_lines_have_a_bound(target: str, lines: Any) -> None:
    assert any(column.categories for column in lines.domain.columns)
    assert any(column.fill is not None for column in lines.domain.columns)
    require_near(rr.emit(lines, target), lines)


@pytest.mark.parametrize(
    ("target", "form"),
    [("c", "tree"), ("numpy", "network"), ("numpy", "tree"), ("onnx", "network")],
)
def test_rules_of_a_network_have_a_bound(target: str, form: str, rules: Any) -> None:
    require_near(rr.emit(rules, target, form=form), rules)


@pytest.mark.parametrize("form", ["rules", "tree"])
def test_sql_that_cuts_small_numbers_has_a_bound(form: str, table: pd.DataFrame) -> None:
    """Rules of a tree jump at tests, none of which a number that counts as 0 turns."""
    given = table.drop(columns="paid")
    rules = rr.fit(given, "y", form="partition", max_rules=4, seed=0).rules
    bounds = [
        bound_rounding(rr.emit(rules, "sql", dialect=dialect, form=form), rules)
        for dialect in ("postgres", "sqlite")
    ]
    assert all(bound.is_stated for bound in bounds), bounds
    assert bounds[0].largest == pytest.approx(bounds[1].largest)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{'u': 0, 'v': 1", "{'u': 1, 'v': 0"),
        ("{'no': 0", "{'No': 0"),
        ("columns[1], FEATURES[1], _KNOWN_1", "columns[1], FEATURES[1], _KNOWN_3"),
        ("known.get(v, other)", "known.get(v, missing)"),
        ("[:, None] == np.arange(width)", "[:, None] <= np.arange(width)"),
        ("nan=", "nan=1.0 + "),
    ],
)
def test_numpy_that_reads_columns_another_way_has_no_bound(old: str, new: str, lines: Any) -> None:
    artifact = rr.emit(lines, "numpy")
    assert old in str(artifact)
    assert bound_rounding(artifact, lines).is_stated
    files = {name: text.replace(old, new) for name, text in artifact.files.items()}
    assert not bound_rounding(replace(artifact, files=files), lines).is_stated


def _swap_codes(model: Any) -> None:
    codes = _find(model, "LabelEncoder", "values_int64s").ints
    codes[0], codes[1] = codes[1], codes[0]


def _rename_text(model: Any) -> None:
    _find(model, "LabelEncoder", "keys_strings").strings[0] = b"other"


def _count_unknown_as_known(model: Any) -> None:
    _find(model, "LabelEncoder", "default_int64").i = 0


def _fill_otherwise(model: Any) -> None:
    node = next(one for one in model.graph.node if one.op_type == "IsNaN")
    where = next(one for one in model.graph.node if node.output[0] in one.input)
    constant = next(one for one in model.graph.initializer if one.name == where.input[1])
    constant.CopyFrom(onnx.numpy_helper.from_array(np.array([123.0]), constant.name))


def _cast_the_code(model: Any) -> None:
    cast = next(one for one in model.graph.node if one.op_type == "Cast")
    equal = next(one for one in model.graph.node if cast.input[0] in one.output)
    cast.input[0] = equal.input[0]


def _find(model: Any, kind: str, attribute: str) -> Any:
    node = next(one for one in model.graph.node if one.op_type == kind)
    return next(one for one in node.attribute if one.name == attribute)


@pytest.mark.parametrize(
    "change",
    [_swap_codes, _rename_text, _count_unknown_as_known, _fill_otherwise, _cast_the_code],
)
def test_onnx_that_reads_columns_another_way_has_no_bound(
    change: Callable[[Any], None], lines: Any
) -> None:
    artifact = rr.emit(lines, "onnx")
    assert bound_rounding(artifact, lines).is_stated
    content = next(each for each in artifact.files.values() if isinstance(each, bytes))
    model = onnx.load_from_string(content)
    change(model)
    files = dict.fromkeys(artifact.files, model.SerializeToString())
    assert not bound_rounding(replace(artifact, files=files), lines).is_stated
