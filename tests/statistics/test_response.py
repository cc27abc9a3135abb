"""Which task true values make of a model's outputs, and which class is which."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import relurules as rr
from relurules.errors import DataError
from relurules.ir import Head
from relurules.ir.class_labels import ClassLabels
from relurules.ir.local_models import LocalModels
from relurules.statistics.response import read_response

BINARY = (Head("complement", (0,)), Head("sigmoid", (0,)))


def models(outputs: Sequence[str], heads: Sequence[Head], scores: int) -> LocalModels:
    domain = rr.Domain.unbounded(["a"])
    return LocalModels(
        domain, tuple(outputs), tuple(heads), np.ones((1, scores, 1)), np.zeros((1, scores)), "rule"
    )


def softmax(classes: int) -> list[Head]:
    return [Head("softmax", tuple(range(classes)), i) for i in range(classes)]


@pytest.mark.parametrize(
    ("outputs", "heads", "scores", "y", "task", "values"),
    [
        (["p_no", "p_yes"], BINARY, 1, ["yes", "no", "yes"], "binary", [1, 0, 1]),
        (["p_yes", "p_no"], BINARY, 1, ["yes", "no", "yes"], "binary", [0, 1, 0]),
        (["p_1", "p_2"], BINARY, 1, [1, 2, 2], "binary", [0, 1, 1]),
        (["p_False", "p_True"], BINARY, 1, [True, False], "binary", [1, 0]),
        (["default"], BINARY[1:], 1, [0, 1, 1], "binary", [0, 1, 1]),
        (
            ["y", "other"],
            BINARY,
            1,
            [0, 1, 1],
            "binary",
            [1, 0, 0],
        ),  # 1 is what the output of that name is for
        (["other", "y"], BINARY, 1, [0, 1, 1], "binary", [0, 1, 1]),
        (["y", "other"], softmax(2), 2, [0, 1, 1], "binary", [1, 0, 0]),
        (["p_bad"], BINARY[1:], 1, ["good", "bad"], "binary", [0, 1]),
        (["p_bad"], BINARY[:1], 1, ["good", "bad"], "binary", [1, 0]),
        (["score_1", "score_2"], softmax(2), 2, [0, 1, 1], "binary", [0, 1, 1]),
        (["p_a", "p_b", "p_c"], softmax(3), 3, ["c", "a"], "multiclass", [2, 0]),
        (["p_K", "p_a_K"], BINARY, 1, ["K", "a_K"], "binary", [0, 1]),
        (["class"], [Head("argmax", (0, 1, 2))], 3, [2, 0, 1], "multiclass", [2, 0, 1]),
        (["y"], [Head("identity", (0,))], 1, [0.5, 2.0], "regression", [0.5, 2.0]),
        (["y"], [Head("identity", (0,))], 1, [0, 1], "binary", [0, 1]),
        (["y"], [Head("exp", (0,))], 1, [0, 1], "regression", [0, 1]),
        (
            ["a", "b"],
            [Head("identity", (0,)), Head("identity", (1,))],
            2,
            ["b", "a"],
            "binary",
            [1, 0],
        ),
    ],
)
def test_task_and_classes(
    outputs: Sequence[str],
    heads: Sequence[Head],
    scores: int,
    y: Any,
    task: str,
    values: Sequence[float],
) -> None:
    found = read_response(models(outputs, heads, scores), y, len(y))
    assert found.task == task
    assert found.values.tolist() == list(values)


@pytest.mark.parametrize(
    ("classes", "threshold", "scores", "y", "values"),
    [
        (("no", "yes"), None, 1, ["yes", "no"], [1, 0]),
        (("1", "2"), None, 1, [1, 2, 2], [0, 1, 1]),
        (("p_yes < 0.3", "p_yes >= 0.3"), 0.3, 1, ["no", "yes"], [0, 1]),
        (("cost < 5", "cost >= 5"), 5.0, 1, [4.9, 5.0, 7.0], [0, 1, 1]),
        (("a", "b", "c"), None, 3, ["c", "a"], [2, 0]),
    ],
)
def test_decisions_are_judged_by_their_classes(
    classes: tuple[str, ...], threshold: float | None, scores: int, y: Any, values: Sequence[float]
) -> None:
    head = Head("step", (0,)) if scores == 1 else Head("argmax", tuple(range(scores)))
    deciding = replace(models(["class"], [head], scores), classes=classes, threshold=threshold)
    found = read_response(deciding, y, len(y))
    assert found.values.tolist() == list(values)
    assert not found.ranked


def test_classes_are_parts_of_the_link_in_any_order() -> None:
    turned = [Head("softmax", (0, 1), 1), Head("softmax", (0, 1), 0)]
    found = read_response(models(["p_b", "p_a"], turned, 2), ["a", "b"], 2)
    assert (found.values.tolist(), found.forms.tolist()) == ([0.0, 1.0], [[-1.0, 1.0]])
    turned = [Head("identity", (1,)), Head("identity", (0,))]
    found = read_response(models(["b", "a"], turned, 2), ["a", "b"], 2)
    assert (found.values.tolist(), found.forms.tolist()) == ([1.0, 0.0], [[1.0, -1.0]])


def test_what_counts_as_one_is_told() -> None:
    assert read_response(models(["p_no", "p_yes"], BINARY, 1), ["yes", "no"], 2).positive == "yes"
    assert read_response(models(["p_1", "p_2"], BINARY, 1), [1, 2], 2).positive == "2"
    assert read_response(models(["p"], BINARY[1:], 1), [0, 1], 2).positive is None
    cut = replace(
        models(["class"], [Head("step", (0,))], 1), classes=("c < 5", "c >= 5"), threshold=5.0
    )
    assert read_response(cut, [4.0, 5.0, 9.0], 3).positive == "5 or more"
    with pytest.raises(DataError, match="'y' is 0 and 1 for one of 3 classes"):
        read_response(models(["x", "y", "z"], softmax(3), 3), [0, 1], 2)


def test_two_scores_are_judged_by_their_difference() -> None:
    found = read_response(models(["p_0", "p_1"], softmax(2), 2), [0, 1], 2)
    assert found.forms.tolist() == [[-1.0, 1.0]]
    assert found.certain


def test_one_of_several_outputs_by_its_name() -> None:
    several = models(["cost", "time"], [Head("exp", (0,)), Head("identity", (1,))], 2)
    found = read_response(several, pd.Series([3.0, 5.0], name="time"), 2)
    assert (found.task, found.forms.tolist()) == ("regression", [[0.0, 1.0]])
    with pytest.raises(DataError, match="'cost', 'time' are of several kinds"):
        read_response(several, [3.0, 5.0], 2)


@pytest.mark.parametrize(
    ("outputs", "heads", "y", "message"),
    [
        (
            ["y"],
            BINARY[1:],
            ["good", "bad"],
            "holds 'bad', 'good'; expected the numbers of 2 classes",
        ),
        (["y"], BINARY[1:], [1, 2], "holds 1, 2; expected the numbers"),
        (["y"], BINARY[1:], [1, 0, 1], "3 values for 2 rows"),
        (["y"], BINARY[1:], [1, None], "row 1: no value"),
        (["y"], [Head("exp", (0,))], ["a", "b"], "holds text"),
    ],
)
def test_what_is_refused(
    outputs: Sequence[str], heads: Sequence[Head], y: Any, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        read_response(models(outputs, heads, 1), y, 2)


@pytest.mark.parametrize(
    ("labels", "y", "stray"),
    [
        (("no", "yes"), ["yes", "other"], "'other'"),
        (("low", "very_high"), ["high", "low"], "'high'"),
        (("no", "yes"), ["YES", "no"], "'YES'"),
        ((0, 1), ["1", "none"], "'none'"),
        (("1", "2"), [0, 1], "0.0"),
    ],
)
def test_another_class_is_none_of_the_model_s(labels: Any, y: Any, stray: str) -> None:
    named = replace(
        models([f"p_{label}" for label in labels], BINARY, 1),
        labels=ClassLabels(values=labels, positive=1, origin="chosen"),
    )
    with pytest.raises(DataError, match=f"holds {stray}, and the model's classes are"):
        read_response(named, pd.Series(y, name="answer"), len(y))


def test_numbers_are_labels_that_are_their_texts() -> None:
    named = replace(
        models(["p_2"], BINARY[1:], 1),
        labels=ClassLabels(values=("1", "2"), positive=1, origin="chosen"),
    )
    assert read_response(named, [1, 1], 2).values.tolist() == [0, 0]
    assert read_response(named, [2, 1], 2).values.tolist() == [1, 0]
    assert read_response(named, ["2", "1"], 2).values.tolist() == [1, 0]


def test_whole_numbers_that_are_one_float_are_told_apart_as_texts_alone() -> None:
    """As numbers, every row was of the first class."""
    large = (2**53, 2**53 + 1)
    named = replace(
        models([f"p_{label}" for label in large], BINARY, 1),
        labels=ClassLabels(values=large, positive=1, origin="chosen"),
    )
    with pytest.raises(DataError, match="holds 9007199254740992: whole numbers"):
        read_response(named, np.array(large), 2)
    assert read_response(named, [str(label) for label in large], 2).values.tolist() == [0, 1]


def test_numbers_of_classes_are_told_beside_labels_of_text() -> None:
    named = replace(
        models(["p_no", "p_yes"], BINARY, 1),
        labels=ClassLabels(values=("no", "yes"), positive=1, origin="chosen"),
    )
    assert read_response(named, [0, 1], 2).values.tolist() == [0, 1]


def test_infinite_numbers_have_no_figures() -> None:
    number = models(["y"], [Head("identity", (0,))], 1)
    with pytest.raises(DataError, match="'y', row 2: inf; supported: finite numbers"):
        read_response(number, [0.5, 1.0, np.inf], 3)
