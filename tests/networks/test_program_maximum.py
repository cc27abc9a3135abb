"""Largest values of programs: never below what exact rationals say, and reached by a row."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from handmade import network
from piecewise_cases import find_supremum, make_case

import relurules as rr
from relurules.ir import Network
from relurules.ir.limits import Deadline
from relurules.lp.highs import Proposal
from relurules.networks import maximum, relaxation
from relurules.networks.maximum import ProgramMaximum, maximise_program, search_maximum
from relurules.networks.programs import combine_outputs, make_program, split_program

OPEN = rr.Domain.unbounded(["a", "b"])


def maximise(net: Network, domain: rr.Domain, sign: float = 1.0, **options: Any) -> ProgramMaximum:
    return maximise_program(
        make_program(net, domain, combine_outputs(net, np.array([sign])), **options)
    )


@pytest.mark.parametrize("seed", range(150))
def test_bounds_hold_and_are_reached(seed: int) -> None:
    case = make_case(seed)
    found = maximise_program(
        make_program(case.net, case.domain, combine_outputs(case.net, case.weights))
    )
    exact = find_supremum(case)
    if exact is None:  # an inequality leaves nothing but a boundary
        assert found.point is None or case.domain.contains(found.point[None])[0]
        return
    assert Fraction(found.bound) >= exact
    assert float(Fraction(found.bound) - exact) <= 1e-8 * case.size
    assert found.point is not None
    assert case.domain.contains(found.point[None])[0]
    assert found.value <= float(exact) + 1e-10 * case.size  # a row at a wall may be just beyond it
    assert found.value >= float(exact) - 1e-8 * case.size
    assert found.complete


@pytest.mark.parametrize("seed", range(24))
def test_a_solver_that_lies_only_widens_bounds(seed: int, monkeypatch: Any) -> None:
    rng = np.random.default_rng(seed)
    honest = relaxation.propose_maximum

    def lie(*args: Any) -> Proposal | None:
        found = honest(*args)
        if found is None or rng.random() < 0.3:
            return None
        noise = rng.choice([0.0, 1e-3, 1.0, np.inf, np.nan]) * rng.normal(size=len(found[1]))
        return Proposal(found.point + rng.normal(size=len(found.point)), found.multipliers + noise)

    monkeypatch.setattr(relaxation, "propose_maximum", lie)
    case = make_case(1000 + seed)
    found = maximise_program(
        make_program(case.net, case.domain, combine_outputs(case.net, case.weights))
    )
    exact = find_supremum(case)
    assert exact is None or Fraction(found.bound) >= exact
    assert found.point is None or exact is None or found.value <= float(exact) + 1e-9 * case.size


def test_columns_apart_are_solved_apart() -> None:
    net = network([[1.0, 0, 0], [2.0, 0, 0], [0, 1.0, 1.0]], [0.0, -1.0, 0.5], [[1.0, -2.0, 3.0]])
    domain = rr.Domain.box([-1, -1, -1], [1, 1, 1])
    parts, constant = split_program(make_program(net, domain, combine_outputs(net, np.ones(1))))
    assert [part.columns.tolist() for part in parts] == [[0], [1, 2]]
    assert constant == 0
    tied = domain.where("x0 + x1 <= 1")
    parts, _ = split_program(make_program(net, tied, combine_outputs(net, np.ones(1))))
    assert [part.columns.tolist() for part in parts] == [[0, 1, 2]]


def test_open_domains_have_exact_bounds_or_none() -> None:
    tent = network([[1.0, 1.0], [1.0, 1.0]], [0.0, -1.0], [[1.0, -1.0]])  # from 0 to 1
    assert maximise(tent, OPEN)[:2] == (1.0, 1.0)
    assert maximise(tent, OPEN, -1.0).bound == 0.0
    bowl = network([[1.0, 1.0], [1.0, -1.0]], [0.0, 0.0], [[1.0, 1.0]])
    endless = maximise(bowl, OPEN)
    assert endless.bound == np.inf
    assert endless.complete  # a ray was found along which it rises
    assert maximise(bowl, OPEN, -1.0).bound == 0.0
    cut = maximise(network([[1.0, 1.0]], [0.0], [[1.0]]), OPEN.where("a + b <= 1"))
    assert 1.0 <= cut.bound <= 1.0 + 1e-9


def test_whole_numbers_and_categories() -> None:
    net = network([[2.0, 1.0]], [-1.0], [[-1.0]], C=[[1.9, 0.0]])
    box = rr.Domain.box([0, 0], [3, 1])
    whole = replace(box, integer=np.array([True, False]))
    plain, stepped = maximise(net, whole), maximise(net, whole, integers=True)
    assert plain.value == pytest.approx(0.95)
    assert stepped.bound == pytest.approx(0.9)
    assert stepped.point is not None
    assert stepped.point.tolist() == [1.0, 0.0]
    choice = replace(box, groups=((0, 1),))
    assert maximise(network([[1.0, -1.0]], [0.0], [[3.0]]), choice).bound == pytest.approx(3.0)


def test_the_end_of_time_gives_an_interval() -> None:
    rng = np.random.default_rng(0)
    net = network(rng.normal(size=(30, 8)), rng.normal(size=30), rng.normal(size=(1, 30)))
    domain = rr.Domain.box(-np.ones(8), np.ones(8))
    program = make_program(net, domain, combine_outputs(net, np.ones(1)))
    clock = iter(range(10**6))
    early = maximise_program(program, Deadline.after(6.0, lambda: float(next(clock))))
    assert not early.complete
    full = maximise_program(program)
    assert early.bound >= full.bound >= full.value >= early.value
    assert full.bound - full.value <= 1e-8 * full.bound


def test_contradictory_conditions_are_told() -> None:
    domain = rr.Domain.box([0, 0], [1, 1], ["a", "b"]).where("a + b >= 3")
    net = network([[1.0, 1.0]], [0.0], [[1.0]])
    assert maximise(net, domain).bound == -np.inf
    never = replace(domain, normals=np.zeros((1, 2)), bounds=np.array([-1.0]))
    assert maximise(net, never).bound == -np.inf


def test_a_group_whose_member_is_settled_keeps_it() -> None:
    """A region must not be lost where a bound has settled a category before the search does."""
    net = network([[1.0, 4.0, 0.0, 0.0]], [-4.5], [[1.0]])
    domain = replace(
        rr.Domain.box([0, 0, 0, 0], [1, 1, 1, 1], ["a", "x", "y", "z"]), groups=((1, 2, 3),)
    ).where("a + 2*y + 2*z <= 1")
    assert maximise(net, domain).bound == pytest.approx(0.5)


def test_rows_that_do_not_count_are_mended() -> None:
    net = network([[1.0, 1.0]], [0.0], [[1.0]])
    domain = rr.Domain.box([0, 0], [1, 1])
    program = make_program(net, domain, combine_outputs(net, np.ones(1)))

    def judge(x: Any) -> float:
        return float(x.sum()) if x[0] <= 0.5 else np.nan

    found = search_maximum(program, judge, repair=lambda x: iter([np.array([0.5, x[1]])]))
    assert found.value == 1.5
    assert found.bound >= 2.0
    assert maximum.snap_row(program, np.array([3.0, -1.0])).tolist() == [1.0, 0.0]
