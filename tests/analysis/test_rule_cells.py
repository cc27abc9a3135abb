"""Rules as polytopes of a space: every row is in the cells of its rule, sums hold in exact
rationals.
"""

from fractions import Fraction

import numpy as np
import pytest
from brute_force import list_rows, restrict
from documents.stand_ins import people
from handmade import network, random_network, rows_in, rules_of
from hypothesis import given, settings
from hypothesis import strategies as st

import relurules as rr
from relurules.analysis.restricted import make_space, measure_column_units, round_up_to_powers
from relurules.analysis.rule_cells import cut_by_path, split_polytope
from relurules.errors import OutOfTimeError
from relurules.ir.limits import Deadline
from relurules.lp import Polytope

BOX = rr.Domain.box([-1, -1], [2, 2], ["a", "b"])


@pytest.mark.parametrize("seed", range(6))
def test_every_row_is_in_a_cell_of_its_rule_and_inside_no_other(seed: int) -> None:
    ground = restrict(rules_of(random_network(seed, 2, 5, 1), BOX))
    space = ground.space
    cells = list(ground.cells(space))
    assert len(cells) == ground.branches
    X = rows_in(BOX, 200, seed)
    V = np.linalg.solve(space.spread, (X - space.base).T).T
    inside = np.array([(c.polytope.h[:, None] >= c.polytope.G @ V.T).all(axis=0) for c in cells])
    leaf = np.array([cell.leaf for cell in cells])
    assert (inside.sum(axis=0) == 1).all()
    assert leaf[inside.argmax(axis=0)].tolist() == (ground.rules.apply(X) - 1).tolist()


def test_cells_of_categories_hold_their_rows() -> None:
    ground = restrict(people())
    space = ground.space
    cells = list(ground.cells(space))
    for x in list_rows(ground.domain, 4)[::9]:
        v, *_ = np.linalg.lstsq(space.spread, x - space.base, rcond=None)
        number = int(ground.rules.apply(x[None])[0])
        own = [c for c in cells if (c.polytope.G @ v <= c.polytope.h + 1e-9).all()]
        assert number - 1 in {cell.leaf for cell in own}


def test_forms_and_rows_of_a_space() -> None:
    ground = restrict(people())
    rng = np.random.default_rng(0)
    weights, constants = rng.normal(size=(4, 5)), rng.normal(size=4)
    forms = ground.space.forms(weights, constants)
    for _ in range(20):
        v = rng.uniform(-1, 1, ground.space.spread.shape[1])
        direct = weights @ ground.space.rows(v) + constants
        assert forms[:, :-1] @ v + forms[:, -1] == pytest.approx(direct, rel=1e-12, abs=1e-10)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(-200, 200), st.integers(-30, 30))
def test_what_a_form_is_in_the_box_holds_in_exact_rationals(
    seed: int, power: int, size: int
) -> None:
    rng = np.random.default_rng(seed)
    ends = np.sort(rng.normal(size=(2, 3)) * 10.0**size, axis=0)
    rules = rules_of(network(np.zeros((1, 3)), [1.0], [[0.0]]), rr.Domain.box(*ends))
    ground = restrict(rules)
    weights = rng.normal(size=(1, 3)) * 10.0**power * rng.integers(0, 2, 3)
    constants = rng.normal(size=1) * 10.0 ** (power + size)
    exact = Fraction(float(constants[0])) + sum(
        max(Fraction(float(w)) * Fraction(float(end)) for end in ends[:, j])
        for j, w in enumerate(weights[0])
    )
    found = float(ground.in_box(weights, constants)[0])
    assert exact <= Fraction(found)
    scale = np.abs(weights) @ np.abs(ends).max(axis=0) + np.abs(constants)
    assert Fraction(found) - exact <= Fraction(1, 10**13) * Fraction(float(scale[0]))

    x = rng.uniform(*ends)
    true = Fraction(float(constants[0])) + sum(
        Fraction(float(w)) * Fraction(float(v)) for w, v in zip(weights[0], x, strict=True)
    )
    off = abs(true - Fraction(float(weights[0] @ x + constants[0])))
    assert off <= Fraction(float(ground.rounding(weights, constants)[0]))


def test_an_open_box_bounds_what_does_not_read_it() -> None:
    half = rr.Domain.box([-np.inf, 0], [np.inf, 2], ["a", "b"])
    ground = restrict(rules_of(network([[1.0, 0.0]], [0.0], [[1.0]]), half))
    found = ground.in_box(np.array([[0.0, 3.0], [1.0, 3.0]]), np.array([1.0, 1.0]))
    assert found[0] == pytest.approx(7.0)
    assert found[1] == np.inf
    assert ground.reach.tolist() == [0.0, 2.0]


@given(st.floats(5e-324, 8e307))
def test_powers_of_two_are_no_less_and_at_most_twice_as_much(value: float) -> None:
    power = float(round_up_to_powers(np.array([value]))[0])
    assert np.frexp(power)[0] == 0.5
    assert Fraction(value) <= Fraction(power) < 2 * Fraction(value)
    assert round_up_to_powers(np.array([power]))[0] == power


def test_units_of_columns_are_where_the_steepest_condition_changes_by_one() -> None:
    rules = rules_of(network([[4.0, 0.0], [-8.0, 0.5]], [0.1, 0.2], [[1.0, 1.0]]), BOX)
    steepest = np.abs(rules.tree.normals).max(axis=0)
    assert measure_column_units(rules.tree.normals).tolist() == (1.0 / steepest).tolist()
    nothing = rules_of(network(np.zeros((1, 2)), [1.0], [[1.0]]), BOX)
    assert measure_column_units(nothing.tree.normals).tolist() == [1.0, 1.0]


@pytest.mark.parametrize("seed", range(4))
def test_both_sides_of_a_split_hold_their_points(seed: int) -> None:
    ground = restrict(rules_of(random_network(seed, 2, 4, 1), BOX))
    space, splits = ground.space, ground.splits(ground.space)
    V = np.random.default_rng(seed).uniform(-1, 1, (300, 2))
    V = V[(space.walls.h >= V @ space.walls.G.T).all(axis=1)]
    tree = ground.rules.tree
    for at in range(len(tree.neurons)):
        exact = np.array([space.rows(v) for v in V]) @ tree.normals[at] + tree.offsets[at]
        parts = split_polytope(space.walls, splits, at)
        for side, part in enumerate(parts):
            own = V[exact >= 0] if side else V[exact < 0]
            assert part is not None or not len(own)
            if part is not None:
                assert (own @ part.G.T <= part.h + 1e-12).all()
        other = parts[1]
        if other is not None and len(other.h) > len(space.walls.h):
            far = V[exact < -1e-6 * np.abs(exact).max()]
            assert not (far @ other.G.T <= other.h).all(axis=1).any()


def test_a_fixed_column_rules_branches_out() -> None:
    """y = relu(a): with a held at -0.5, the side where a >= 0 has no cell."""
    ground = restrict(rules_of(network([[1.0, 0.0]], [0.0], [[1.0]]), BOX))
    base = np.array([-0.5, 0.5])
    space = make_space(ground.domain, base, np.array([[0.0], [1.5]]))
    (cell,) = ground.cells(space)
    assert ground.rules.apply(np.array([[-0.5, 0.0]]))[0] == cell.leaf + 1
    splits = ground.splits(space)
    assert not splits.moving[0]
    kept = split_polytope(space.walls, splits, 0)
    assert [part is None for part in kept] == [False, True]


def test_what_is_never_in_the_domain_is_empty() -> None:
    ground = restrict(rules_of(network([[1.0, 0.0]], [0.0], [[1.0]]), BOX))
    space = make_space(ground.domain, np.array([5.0, 0.0]), np.array([[0.0], [1.0]]))
    assert space.walls.is_marked_empty
    assert not list(ground.cells(space))
    assert cut_by_path(Polytope.make_empty(1), ground.splits(space), []) is None
    assert not Polytope(np.zeros((1, 1)), np.array([1.0])).is_marked_empty


def test_there_are_no_cells_after_the_deadline() -> None:
    rules = rules_of(random_network(1, 2, 5, 1), BOX)
    late = type(restrict(rules))(rules, rules.domain, Deadline.after(0.0))
    assert list(late.cells(late.space, strict=False)) == []
    with pytest.raises(OutOfTimeError, match=f"part 1 of the {late.branches}"):
        list(late.cells(late.space))
