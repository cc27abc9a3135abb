"""What is given to train with: each thing that doesn't fit is named; rows are split and scaled as
promised.
"""

from typing import Any

import numpy as np
import pandas
import pytest
from handmade import graph, network
from hypothesis import given, settings
from hypothesis import strategies as st

from relurules.errors import DataError, UnsupportedError
from relurules.ir import Graph, Head
from relurules.links.heads import make_identity_heads
from relurules.training.targets import (
    check_better_than_chance,
    fit_standardisation,
    guess_task,
    one_hot,
    read_targets,
    split_rows,
    weigh_rows,
)
from relurules.training.task import Rows

seeds = st.integers(0, 2**32 - 1)
BINARY = (Head("complement", (0,)), Head("sigmoid", (0,)))
SOFTMAX = tuple(Head("softmax", (0, 1, 2), i) for i in range(3))


def model(m: int, *heads: Head) -> Graph:
    return graph(network(np.ones((1, 2)), [0.0], np.ones((m, 1))), heads=heads)


def several(link: str, m: int) -> Graph:
    return model(m, *(Head(link, (i,)) for i in range(m)))


TASKS_TOLD: list[tuple[Graph, Any, str]] = [
    (model(1), [0.5, 1.0, 2.0], "regression"),
    (model(1), [0, 1, 1], "binary"),
    (model(1), [False, True, True], "binary"),
    (model(1), [0, 1, 2], "regression"),
    (model(3), [0, 1, 2], "multiclass"),
    (model(2), [[0, 1], [1, 0]], "regression"),
    (model(1, Head("sigmoid", (0,))), [0, 1, 1], "binary"),
    (model(1, *BINARY), [0, 1, 1], "binary"),
    (model(1, Head("exp", (0,))), [0.5, 1, 2], "regression"),
    (several("expm1", 1), [0, 1, 1], "regression"),
    (model(3, *SOFTMAX), [0, 2, 2], "multiclass"),
    (model(3, Head("argmax", (0, 1, 2))), [0, 2, 2], "multiclass"),
]


@pytest.mark.parametrize(("traced", "y", "task"), TASKS_TOLD)
def test_the_task_is_told_by_the_link_and_by_y(traced: Graph, y: Any, task: str) -> None:
    name, Y = read_targets(traced, y, None)
    assert name == task
    assert Y.shape == (len(y), len(traced.network.c))
    assert Y.dtype == np.float64


def test_a_task_given_comes_first() -> None:
    assert read_targets(model(1), [0, 1, 1], "regression")[0] == "regression"
    assert read_targets(model(2), [0, 1, 1], "multiclass")[1].tolist() == [[1, 0], [0, 1], [0, 1]]


@pytest.mark.parametrize(
    "shape", [np.asarray, pandas.Series, pandas.DataFrame, lambda y: np.array(y)[:, None]]
)
def test_one_column_is_as_good_as_none(shape: Any) -> None:
    assert read_targets(model(1), shape([0, 1, 1]), None)[0] == "binary"
    assert read_targets(model(1, *BINARY), shape([0, 1, 1]), None)[1].tolist() == [[0], [1], [1]]
    assert read_targets(model(1), shape([0.5, 1, 1]), None)[1].tolist() == [[0.5], [1], [1]]


def test_targets_become_scores() -> None:
    y = np.array([0.25, 1.0, 7.5])
    np.testing.assert_allclose(read_targets(several("exp", 1), y, None)[1], np.log(y)[:, None])
    np.testing.assert_allclose(read_targets(several("expm1", 1), y, None)[1], np.log1p(y)[:, None])
    Y = np.array([[1.0, 2.0], [3.0, 4.0]])
    np.testing.assert_allclose(read_targets(several("exp", 2), Y, None)[1], np.log(Y))
    np.testing.assert_array_equal(read_targets(model(2), Y, None)[1], Y)


WRONG: dict[str, tuple[Graph, Any, str | None, type[Exception], str]] = {
    "unknown task": (
        model(1),
        [0, 1],
        "ranking",
        UnsupportedError,
        ("task 'ranking'; supported: regression, binary, m"),
    ),
    "links of two tasks": (
        model(2, Head("sigmoid", (0,)), Head("exp", (1,))),
        [0, 1],
        None,
        UnsupportedError,
        "the links exp, sigmoid can't be trained for one task",
    ),
    "two links of numbers": (
        model(2, Head("identity", (0,)), Head("exp", (1,))),
        [[0, 1]],
        None,
        UnsupportedError,
        "exp, identity",
    ),
    "two sigmoids": (
        several("sigmoid", 2),
        [0, 1],
        None,
        UnsupportedError,
        ("with 2 scores; it needs one score"),
    ),
    "binary with two scores": (
        model(2),
        [0, 1],
        "binary",
        UnsupportedError,
        ("with 2 scores; it needs one score"),
    ),
    "classes with one score": (
        model(1),
        [0, 1],
        "multiclass",
        UnsupportedError,
        ("a score for each class"),
    ),
    "two softmaxes": (
        model(4, *(Head("softmax", pair, i) for pair in ((0, 1), (2, 3)) for i in range(2))),
        [0, 1],
        None,
        UnsupportedError,
        "several softmaxes",
    ),
    "regression of a sigmoid": (
        several("sigmoid", 1),
        [0.2, 0.8],
        "regression",
        UnsupportedError,
        ("ends in sigmoid; supported: binary"),
    ),
    "classes of an exp": (
        several("exp", 1),
        [0, 1],
        "binary",
        UnsupportedError,
        ("ends in exp; supported: regression"),
    ),
    "one value": (model(1), 3.0, None, DataError, "single value"),
    "nothing": (model(1), None, None, DataError, "single value"),
    "text": (model(1), ["a", "b"], None, DataError, "y holds values that aren't numbers"),
    "text for classes": (
        model(3, *SOFTMAX),
        ["a", "b"],
        None,
        DataError,
        ("y holds values that aren't numbers"),
    ),
    "too many columns": (
        model(1),
        [[1, 2], [3, 4]],
        None,
        DataError,
        ("y has 2 columns, the model has 1 scores"),
    ),
    "too few columns": (
        model(2),
        [0.5, 1.5],
        None,
        DataError,
        ("y has 1 columns, the model has 2 scores"),
    ),
    "no rows, too many columns": (model(1), np.empty((0, 2)), None, DataError, "y has 2 columns"),
    "missing": (model(1), [0.5, np.nan, 1], None, DataError, "y, row 1: not finite"),
    "infinite": (
        model(2),
        [[0.5, 1], [1, 2], [1, np.inf]],
        None,
        DataError,
        ("y, row 2: not finite"),
    ),
    "no logarithm": (
        several("exp", 1),
        [1.0, 0.0],
        None,
        DataError,
        ("y, row 1: .* outside what the model's link can"),
    ),
    "no log1p": (several("expm1", 1), [-2.0, 0.0], None, DataError, "y, row 0"),
    "classes from 1": (
        model(3, *SOFTMAX),
        [1, 2, 3],
        None,
        DataError,
        ("the numbers of 3 classes, 0 to 2, one per row"),
    ),
    "halves": (
        several("sigmoid", 1),
        [0.5, 1.0],
        None,
        DataError,
        ("the numbers of 2 classes, 0 to 1"),
    ),
    "a missing class": (
        several("sigmoid", 1),
        [np.nan, 1.0],
        None,
        DataError,
        ("the numbers of 2 classes"),
    ),
    "one-hot classes": (model(3, *SOFTMAX), np.eye(3), None, DataError, "one per row"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_does_not_fit_is_named(case: str) -> None:
    traced, y, task, error, words = WRONG[case]
    with pytest.raises(error, match=words):
        read_targets(traced, y, task)


def test_guesses() -> None:
    assert guess_task(np.array([0.0, 1.0]), 1) == "binary"
    assert guess_task(np.array([0.0, np.nan]), 1) == "regression"
    assert guess_task(np.array(["0", "1"]), 1) == "regression"
    assert guess_task(np.array([0, 3]), 3) == "regression"
    assert guess_task(np.array([0, 2]), 3) == "multiclass"


def test_classes_in_columns() -> None:
    assert one_hot(np.array([2, 0, 1.0]), 3).tolist() == [[0, 0, 1], [1, 0, 0], [0, 1, 0]]


@pytest.mark.parametrize(
    "weights",
    [[1, 2], [1, 2, -1], [0, 0, 0], [1, np.nan, 1], [1, np.inf, 1], [[1], [1], [1]], 1.0],
)
def test_weights_that_do_not_fit(weights: Any) -> None:
    with pytest.raises(
        DataError, match="weights must be 3 finite numbers of at least 0, not all of them 0"
    ):
        weigh_rows(np.ones((3, 2)), np.ones((3, 1)), weights)


def test_rows_that_do_not_fit() -> None:
    with pytest.raises(DataError, match="X has 3 rows, y has 2"):
        weigh_rows(np.ones((3, 2)), np.ones((2, 1)), None)
    with pytest.raises(DataError, match="weights holds values that aren't numbers"):
        weigh_rows(np.ones((3, 2)), np.ones((3, 1)), ["a", "b", "c"])
    for n in (0, 1):
        with pytest.raises(DataError, match=f"X has {n} rows"):
            weigh_rows(np.ones((n, 2)), np.ones((n, 1)), None)
    with pytest.raises(DataError, match="X has 1 rows with a weight above 0"):
        weigh_rows(np.ones((3, 2)), np.ones((3, 1)), [0, 1, 0])


def test_weights_have_mean_1_and_rows_of_weight_0_go() -> None:
    rows = weigh_rows(np.arange(8.0).reshape(4, 2), np.arange(4.0)[:, None], [2, 0, 4, 6])
    assert rows.weights.tolist() == [0.5, 1, 1.5]
    assert rows.Y[:, 0].tolist() == [0, 2, 3]
    assert rows.X[:, 0].tolist() == [0, 4, 6]
    assert weigh_rows(np.ones((3, 2)), np.ones((3, 1)), None).weights.tolist() == [1, 1, 1]


@settings(max_examples=50)
@given(seeds, st.integers(2, 60), st.floats(0.01, 0.99), st.booleans())
def test_every_row_is_on_one_side_of_the_split(
    seed: int, n: int, fraction: float, classes: bool
) -> None:
    Y = one_hot(np.random.default_rng(seed).integers(3, size=n), 3)
    rows = Rows(np.arange(float(n))[:, None], Y, np.ones(n))
    data = split_rows(rows, fraction, seed, classes=classes)
    both = np.concatenate([data.training.X[:, 0], data.validation.X[:, 0]])
    assert sorted(both.tolist()) == list(range(n))
    assert min(len(data.training.X), len(data.validation.X)) >= 1
    assert abs(len(data.validation.X) - fraction * n) <= 1.5
    for part in data:
        np.testing.assert_array_equal(part.Y, Y[part.X[:, 0].astype(int)])
    again = split_rows(rows, fraction, seed, classes=classes)
    np.testing.assert_array_equal(again.validation.X, data.validation.X)


@settings(max_examples=50)
@given(seeds, st.integers(1, 3), st.sampled_from([0.2, 0.3, 0.5]))
def test_classes_keep_their_shares(seed: int, m: int, fraction: float) -> None:
    random = np.random.default_rng(seed)
    label = random.permutation(np.repeat(np.arange(max(m, 2)), random.integers(10, 40, max(m, 2))))
    Y = one_hot(label, max(m, 2))[:, -m:]
    data = split_rows(Rows(np.zeros((len(Y), 1)), Y, np.ones(len(Y))), fraction, seed, classes=True)
    for value in range(max(m, 2)):
        is_value = [
            (part.Y @ np.arange(1, m + 1) == (value + 1 if m > 1 else value)).sum() for part in data
        ]
        assert min(is_value) >= 1
        assert abs(is_value[1] - fraction * sum(is_value)) <= 1.5


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.5, 2, float("nan")])
def test_a_share_is_between_0_and_1(fraction: float) -> None:
    with pytest.raises(
        DataError, match=r"validation_fraction is .*; expected a number between 0 and 1"
    ):
        split_rows(Rows(np.ones((5, 1)), np.ones((5, 1)), np.ones(5)), fraction, 0, classes=False)


def test_classes_are_not_scaled() -> None:
    rows = Rows(np.arange(6.0).reshape(3, 2), np.array([[0.0], [1], [1]]), np.ones(3))
    scale = fit_standardisation(rows, numbers=False)
    np.testing.assert_array_equal(scale.rows(rows).Y, rows.Y)
    assert make_identity_heads(1) == model(1).heads


def test_targets_are_the_models_own_labels() -> None:
    from relurules.tracing.class_names import name_classes

    graph = name_classes(model(1, *BINARY), ["bad", "good"])
    assert read_targets(graph, ["good", "bad"], None)[1].tolist() == [[1], [0]]
    turned = name_classes(graph, None, "bad")
    assert read_targets(turned, ["good", "bad"], None)[1].tolist() == [[0], [1]]
    with pytest.raises(DataError, match="model's classes are 1, 2; give these"):
        read_targets(name_classes(model(1, *BINARY), [1, 2]), [0, 1], None)


def test_targets_that_mean_other_classes_are_refused() -> None:
    graph = model(1, *BINARY)
    X = np.random.default_rng(0).normal(size=(80, len(graph.features)))
    y = (graph.network.evaluate(X)[:, 0] > 0).astype(float)
    y[:2] = [0, 1]
    check_better_than_chance(graph, weigh_rows(X, y[:, None], None), "binary")
    with pytest.raises(DataError, match=r"worse than chance: AUC 0\.[012].* turn it as 1 - y"):
        check_better_than_chance(graph, weigh_rows(X, 1 - y[:, None], None), "binary")
