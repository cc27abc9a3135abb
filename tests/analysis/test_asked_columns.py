"""Spaces in which a column is held, against rows of the domain and scipy's programs."""

import numpy as np
import pytest
from brute_force import list_rows, restrict
from documents.stand_ins import people
from handmade import random_network, rules_of
from scipy.optimize import linprog

import relurules as rr
from relurules.analysis.columns import (
    find_category_place,
    find_column,
    find_interior_point,
    find_roomiest_point,
    fix_category,
    fix_number,
    list_columns,
    make_free_pair,
    measure_least_room,
)
from relurules.analysis.restricted import QuestionSpace
from relurules.analysis.rule_cells import Polytope, RestrictedRules
from relurules.errors import DataError, DomainError
from relurules.ir.network import Array


@pytest.fixture(scope="module")
def ground() -> RestrictedRules:
    return restrict(people())


def find_coordinates_of(space: QuestionSpace, x: Array) -> Array:
    """v with base + spread v = x, which the space must have."""
    v, *_ = np.linalg.lstsq(space.spread, x - space.base, rcond=None)
    assert space.rows(v) == pytest.approx(x, abs=1e-9)
    return np.asarray(v)


def is_inside(polytope: Polytope, v: Array, room: float = 1e-9) -> bool:
    return bool((polytope.G @ v <= polytope.h + room).all())


def test_columns_by_their_names(ground: RestrictedRules) -> None:
    assert [(c.name, c.at, c.categories) for c in list_columns(ground)] == [
        ("age", (0,), {}),
        ("job", (1, 2, 3), {0: "clerk", 1: "cook or smith", 2: "missing"}),
        ("debt", (4,), {}),
    ]
    part = restrict(people(), "job = cook|missing")
    assert find_column(part, "job").categories == {1: "cook or smith", 2: "missing"}
    with pytest.raises(DataError, match="say which feature: one of 'age', 'job', 'debt'"):
        find_column(ground, None)
    with pytest.raises(DataError, match="no column 'wage'"):
        find_column(ground, "wage")


def test_categories_by_any_of_their_values(ground: RestrictedRules) -> None:
    job = find_column(ground, "job")
    named = {"clerk": 0, "cook": 1, "smith": 1, "cook or smith": 1, "missing": 2}
    assert {text: find_category_place(job, text) for text in named} == named
    with pytest.raises(DataError, match="no category 'baker' here; it has clerk, cook or smith"):
        find_category_place(job, "baker")


@pytest.mark.parametrize("value", [18.0, 44.0, 80.0])
def test_a_number_that_is_held_leaves_the_rows_that_have_it(
    ground: RestrictedRules, value: float
) -> None:
    space = fix_number(ground, find_column(ground, "age"), value)
    X = list_rows(ground.domain, 5)
    own = X[X[:, 0] == value]
    assert len(own) == 15
    for x in own:
        assert is_inside(space.walls, find_coordinates_of(space, x))
    v = np.random.default_rng(0).uniform(-1.5, 1.5, (200, space.spread.shape[1]))
    assert {space.rows(row)[0] for row in v} == {value}
    inside = [row for row in v if is_inside(space.walls, row, 0.0)]
    assert 0 < len(inside) < 200
    for row in inside:
        assert 0.0 <= space.rows(row)[4] <= 10.0


def test_numbers_outside_and_columns_that_are_pinned(ground: RestrictedRules) -> None:
    with pytest.raises(DomainError, match="'age' is 81 nowhere in the domain"):
        fix_number(ground, find_column(ground, "age"), 81.0)
    part = restrict(people(), "age = 30")
    space = fix_number(part, find_column(part, "age"), 30.0)
    assert space is part.space
    assert make_free_pair(part, find_column(part, "age"), rising=True) is None
    with pytest.raises(DomainError, match="goes from 30 to 30"):
        fix_number(part, find_column(part, "age"), 31.0)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_category_that_is_held_leaves_the_rows_that_have_it(
    ground: RestrictedRules, place: int
) -> None:
    space = fix_category(ground, find_column(ground, "job"), place)
    assert not space.spread[1:4].any()
    X = list_rows(ground.domain, 5)
    for x in X[::7]:
        if x[1 + place] == 1:
            assert is_inside(space.walls, find_coordinates_of(space, x))
    assert space.rows(np.zeros(space.spread.shape[1]))[1:4].tolist() == np.eye(3)[place].tolist()


@pytest.mark.parametrize("rising", [True, False])
def test_two_values_of_one_column_and_one_of_all_others(
    ground: RestrictedRules, rising: bool
) -> None:
    pair = make_free_pair(ground, find_column(ground, "debt"), rising=rising)
    assert pair is not None
    assert (pair.walls is not None) == rising
    rng, X = np.random.default_rng(1), list_rows(ground.domain, 5)
    ways = set()
    for x in X[rng.integers(len(X), size=60)]:
        other = x.copy()
        other[4] = rng.uniform(0, 10)
        v, *_ = np.linalg.lstsq(
            np.vstack([pair.before.spread, pair.after.spread]),
            np.concatenate([x - pair.before.base, other - pair.after.base]),
            rcond=None,
        )
        assert pair.before.rows(v) == pytest.approx(x, abs=1e-9)
        assert pair.after.rows(v) == pytest.approx(other, abs=1e-9)
        assert is_inside(pair.before.walls, v)
        assert is_inside(pair.after.walls, v)
        if pair.walls is not None:
            assert is_inside(pair.walls, v) == (other[4] >= x[4] - 1e-9)
        ways.add(other[4] > x[4])
    assert ways == {True, False}


@pytest.mark.parametrize("seed", range(8))
def test_the_roomiest_point_is_as_far_from_its_walls_as_scipy_s(seed: int) -> None:
    box = rr.Domain.box([-1] * 3, [1] * 3)
    ground = restrict(rules_of(random_network(seed, 3, 4, 1), box))
    for cell in ground.cells(ground.space):
        found = find_roomiest_point(ground, ground.space, cell.polytope)
        G, h = cell.polytope
        best = linprog(
            [0, 0, 0, -1],
            A_ub=np.column_stack([G, np.ones(len(G))]),
            b_ub=h,
            bounds=[(None, None)] * 3 + [(-1, 1)],
        )
        assert found.bound == pytest.approx(-best.fun, abs=1e-7)
        assert found.bound >= -best.fun - 1e-9
        if found.point is not None:
            assert found.reached == pytest.approx((h - G @ found.point).min(), abs=1e-12)
            assert found.reached == pytest.approx(found.bound, abs=1e-6)
            inner = find_interior_point(ground, ground.space, cell.polytope)
            assert inner is not None
            assert inner[0] == found.reached


def test_nothing_is_inside_what_is_empty() -> None:
    ground = restrict(rules_of(random_network(0, 2, 2, 1), rr.Domain.box([-1, -1], [1, 1])))
    never = Polytope(np.array([[1.0, 0.0], [-1.0, 0.0]]), np.array([0.2, -0.3]))
    found = find_roomiest_point(ground, ground.space, never)
    assert found.bound == pytest.approx(-0.05, abs=1e-9)
    assert found.point is None
    assert find_interior_point(ground, ground.space, never) is None


def test_one_category_at_a_time_has_room() -> None:
    """A point between two categories would be farther from the walls, and is no row."""
    ground = restrict(people())
    found = find_roomiest_point(ground, ground.space, ground.space.walls)
    assert found.point is not None
    x = ground.space.rows(found.point)
    assert sorted(x[1:4].round(6).tolist()) == [0.0, 0.0, 1.0]


def test_the_least_room_grows_with_what_inequalities_forgive() -> None:
    rules = rules_of(random_network(2, 2, 3, 1), rr.Domain.box([-1, -1], [1, 1], ["a", "b"]))
    free, cut = restrict(rules), restrict(rules, "a + b <= 1")
    forgiven = cut.domain.limits - cut.domain.bounds
    steepest = np.linalg.norm(cut.domain.normals @ cut.space.spread, axis=1)
    assert 0.0 <= measure_least_room(free, free.space) < 1e-12
    assert measure_least_room(cut, cut.space) == pytest.approx(
        measure_least_room(free, free.space) + 2.0 * float((forgiven / steepest).max()), rel=1e-6
    )
