"""Witnesses by changes of categories, one column at a time."""

import numpy as np
import pytest
from test_admissible import domain_of, two_layers

from relurules.partitioning import state_layout
from relurules.partitioning.category_climb import climb_categories
from relurules.partitioning.category_rows import enter_row, evaluate_choice, reach_side
from relurules.partitioning.search import make_problem
from relurules.partitioning.search_run import RegionOutputs, begin_search
from relurules.partitioning.state import SearchState


def make_cell() -> SearchState:
    """A number and columns of 3, 2 and 3 categories, the number plus the first column's weights
    being at least -0.5.
    """
    domain = domain_of((3, 2, 3), 1)
    problem = make_problem(two_layers(len(domain), 0, whole=False), domain, RegionOutputs())
    state = begin_search(problem)
    node, depth = state.node, state.node.at[state_layout.DEPTH]
    node.cuts[depth] = [1.0, 0.2, -0.8, 0.0, 0.0, 0.0, 0.5]
    node.at[state_layout.DEPTH] += 1
    return state


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize(("constant", "reached"), [(-1.6, True), (-1.8, False)])
def test_categories_are_changed_until_a_side_is_reached(
    sign: int, constant: float, reached: bool
) -> None:
    """0.1 of the number, and at most 0.3, 0.5 and 0.8 of the columns: together 1.7."""
    state = make_cell()
    net, node = state.net, state.node
    node.rows[0] = sign * np.array([0.1, -0.2, 0.3, 0.5, 0.1, 0.8, constant])
    node.picked[:] = -1
    assert enter_row(net, node, state.row)
    assert not reach_side(net, node, state.row, 0, sign)
    assert climb_categories(net, node, state.row, state.trial, 0, sign) == reached
    if reached:
        u = node.witnesses[(sign + 1) // 2]
        assert u[1:].tolist() == [0.0, 1.0, 1.0, 0.0, 1.0]
        assert sign * evaluate_choice(net, node.picked, node.rows[0], u) > 0.05
        assert node.cuts[node.at[state_layout.DEPTH] - 1] @ np.append(u, 1.0) >= 0.0


def test_a_change_that_leaves_the_cell_is_none() -> None:
    """The category that weighs most would leave nothing of the cell."""
    state = make_cell()
    net, node = state.net, state.node
    node.cuts[node.at[state_layout.DEPTH] - 1, 2] = -2.0
    node.rows[0] = [0.1, 0.2, 0.9, 0.0, 0.0, 0.0, -0.25]
    node.picked[:] = -1
    assert enter_row(net, node, state.row)
    assert not reach_side(net, node, state.row, 0, 1)
    assert climb_categories(net, node, state.row, state.trial, 0, 1)
    assert node.witnesses[1, 1:3].tolist() == [1.0, 0.0]
