"""Choices by a comparison: one PReLU each where they are continuous, refused where they jump."""

import numpy as np
import pytest

from relurules.errors import ModelError
from relurules.tracing.affine import AffineTensor, Basis, make_constant_tensor
from relurules.tracing.switches import compare_values, select_by_switch

X = AffineTensor(np.zeros(2), np.eye(2))


def times(factor: float, constant: float = 0.0) -> AffineTensor:
    return AffineTensor(X.constant + constant, factor * X.columns)


def choice(yes: AffineTensor | float, no: AffineTensor | float, *, closed: bool = False) -> Basis:
    """Choose by x > 1."""
    basis = Basis(2)
    select_by_switch(basis, compare_values(X, 1.0, 1.0, closed), yes, no, ModelError, "layer")
    return basis


@pytest.mark.parametrize(
    ("yes", "no"),
    [
        (X, 1.0),
        (1.0, X),
        (times(3.0, -3.0), 0.0),
        (times(0.3, 0.7), X),
        (X, X),
        (times(0.1 + 0.2), times(0.3)),
    ],
)
def test_continuous_choices_are_one_neuron_each(
    yes: AffineTensor | float, no: AffineTensor | float
) -> None:
    assert len(choice(yes, no).neurons) == 2


@pytest.mark.parametrize(
    ("yes", "no"), [(X, 0.0), (times(1.0, 1e-6), 1.0), (2.0, 1.0), (times(2.0), X)]
)
def test_choices_that_jump_are_refused(yes: AffineTensor | float, no: AffineTensor | float) -> None:
    with pytest.raises(ModelError, match="isn't equal where its condition turns, so it jumps"):
        choice(yes, no)


@pytest.mark.parametrize(("closed", "expected"), [(True, [5.0, 1.0]), (False, [0.0, 1.0])])
def test_a_condition_that_never_turns_takes_its_side(closed: bool, expected: list[float]) -> None:
    first_fixed = np.array([[0.0, 0.0], [0.0, 1.0]])
    lead = AffineTensor(np.zeros(2), first_fixed)
    basis = Basis(2)
    yes, no = np.array([5.0, 1.0]), np.array([0.0, 1.0])
    found = select_by_switch(
        basis, compare_values(lead, 0.0, 1.0, closed), yes, no, ModelError, "layer"
    )
    assert found.constant.tolist() == expected
    assert not found.columns.any()


def test_the_negative_of_a_comparison() -> None:
    switch = compare_values(X, 1.0, -1.0, closed=True)
    assert not switch.negated().closed
    assert np.array_equal(switch.negated().lead.columns, X.columns)
    assert switch.negated().lead.constant.tolist() == [-1.0, -1.0]


def test_choices_between_constants_have_no_neurons() -> None:
    """Whichever the condition, which is known: of tensors without columns."""
    basis = Basis(2)
    lead = make_constant_tensor(np.array([1.0, -1.0]))
    switch = compare_values(lead, 0.0, 1.0, closed=False)
    yes, no = np.full(2, 3.0), np.full(2, 4.0)
    found = select_by_switch(basis, switch, yes, no, ModelError, "layer")
    assert np.array_equal(found.constant, [3.0, 4.0])
    assert not found.columns.any()
    assert not basis.neurons
