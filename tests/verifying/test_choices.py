"""Which class outputs tell, whatever the model ends in."""

import numpy as np
import pytest

from relurules.ir import Head
from relurules.verifying.choices import read_class_choices, read_label_class

NAN = np.nan


@pytest.mark.parametrize(
    ("heads", "outputs", "scores", "classes"),
    [
        ([Head("argmax", (2, 0))], [[1], [0], [NAN]], (2, 0), [1, 0, NAN]),
        ([Head("step", (1,))], [[1], [0]], (1,), [1, 0]),
        ([Head("sigmoid", (0,))], [[0.6], [0.5], [0.4], [NAN]], (0,), [1, 0, 0, NAN]),
        ([Head("complement", (0,))], [[0.6], [0.4]], (0,), [0, 1]),
        (
            [Head("softmax", (0, 1), 1), Head("softmax", (0, 1), 0)],
            [[0.9, 0.1], [0.2, 0.8]],
            (0, 1),
            [1, 0],
        ),
        (
            [Head("log_softmax", (0, 1), i) for i in range(2)],
            [[-0.1, -3], [-3, -0.1]],
            (0, 1),
            [0, 1],
        ),
        ([Head("softmax", (3, 1), 1)], [[0.9], [0.2]], (3, 1), [1, 0]),
        ([Head("log_softmax", (0, 1))], [[-0.1], [-3.0]], (0, 1), [0, 1]),
    ],
)
def test_one_choice(
    heads: list[Head], outputs: list[list[float]], scores: tuple[int, ...], classes: list[float]
) -> None:
    (choice,) = read_class_choices(heads, np.array(outputs))
    assert choice.scores == scores
    np.testing.assert_array_equal(choice.classes, classes)


def test_several_choices_and_none() -> None:
    heads = [
        Head("sigmoid", (0,)),
        Head("identity", (1,)),
        Head("sigmoid", (2,)),
        Head("exp", (0,)),
    ]
    told = read_class_choices(heads, np.array([[0.9, 7, 0.1, 2]]))
    assert [(choice.scores, choice.classes.tolist()) for choice in told] == [
        ((0,), [1]),
        ((2,), [0]),
    ]
    assert read_class_choices([Head("softmax", (0, 1, 2))], np.array([[0.9]])) == []
    assert (
        read_class_choices([Head("identity", (0,)), Head("identity", (1,))], np.array([[1.0, 2.0]]))
        == []
    )


def test_the_class_that_sql_tells() -> None:
    scores = np.array([[1.0, 2.0, 0.5], [3.0, 2.0, 0.5]])
    plain = [Head("identity", (i,)) for i in range(3)]
    assert read_label_class(plain, scores, scores).classes.tolist() == [1, 0]  # type: ignore[union-attr]
    one = read_label_class([Head("softmax", (0, 1, 2), 2)], scores[:, :1], scores)
    assert one is not None
    assert one.classes.tolist() == [1, 0]
    alone = read_label_class(
        [Head("complement", (0,))], np.array([[0.2], [0.8]]), np.array([[1.4], [-1.4]])
    )
    assert alone is not None
    assert alone.classes.tolist() == [0, 1]
    assert read_label_class([Head("identity", (0,))], np.array([[0.2]]), np.array([[0.2]])) is None
