"""Witnesses are rows of the domain, and what the rules themselves say of them."""

import numpy as np
import pytest
from brute_force import read_witness, restrict
from documents.stand_ins import people
from handmade import network, random_network, rows_in, rules_of

import relurules as rr
from relurules.analysis.rule_cells import Polytope
from relurules.analysis.targets import find_target
from relurules.analysis.witnesses import (
    find_admissible_rows,
    make_score_function,
    make_witness,
    round_row,
)

BOX = rr.Domain.box([-1, -1], [2, 2], ["a", "b"])


def test_rows_are_rounded_into_the_domain() -> None:
    domain = people().domain
    found = round_row(domain, np.array([29.9999999, 0.3, 0.6, 0.1, 10.0000001]))
    assert found.tolist() == [30.0, 0.0, 1.0, 0.0, 10.0]
    assert domain.contains(found[None])[0]
    assert round_row(domain, np.array([29.9, 1, 0, 0, -1e-9])).tolist() == [29.9, 1, 0, 0, 0.0]
    assert not np.signbit(round_row(domain, np.array([29.9, 1, 0, 0, -1e-9]))[4])


def test_what_does_not_move_stays_as_it_is() -> None:
    ground = restrict(people(), "age = 30.0000001")
    x = np.array([30.0000001, 1, 0, 0, 2.0])
    assert round_row(ground.domain, x, ground.space)[0] == 30.0000001


@pytest.mark.parametrize("seed", range(5))
def test_a_witness_is_the_row_that_it_shows(seed: int) -> None:
    rules = people(seed)
    ground = restrict(rules)
    target = find_target(ground, None)
    for x in (facts.typical for facts in rules.evidence.rules):  # type: ignore[union-attr]
        if x is None:
            continue
        witness = make_witness(ground, target, x, "here")
        assert witness.shows == "here"
        assert read_witness(rules, witness).tolist() == x.tolist()
        assert witness.score == pytest.approx(rules.predict_scores(x[None])[0, 0])
        assert make_witness(ground, None, x, "here").score is None


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("seed", range(5))
def test_the_best_of_the_rows_tried_is_taken(seed: int, sign: float) -> None:
    rules = rules_of(random_network(seed, 2, 4, 1), BOX)
    ground = restrict(rules)
    score = make_score_function(ground, find_target(ground, None), sign)
    for x in rows_in(BOX, 5, seed):
        assert float(score(x[None])) == sign * rules.predict(x[None])[0, 0]
    for cell in ground.cells(ground.space):
        v = np.zeros(2)
        found = find_admissible_rows(ground, [ground.space], cell.polytope, v, score)
        assert found is not None
        rows, value = found
        assert BOX.contains(rows).all()
        assert value == float(score(rows))
        assert value >= float(score(ground.space.rows(v)[None]))


def test_rows_outside_the_domain_or_without_a_value_are_none() -> None:
    rules = rules_of(network([[1.0, 0.0]], [0.0], [[1.0]]), BOX)
    ground = restrict(rules, "a + b <= 1")
    space, point = ground.space, np.array([1.0, 1.0])
    far = Polytope(np.vstack([np.eye(2), -np.eye(2)]), np.array([1.0, 1.0, -0.99, -0.99]))
    assert find_admissible_rows(ground, [space], far, point, lambda _: np.array(1.0)) is None
    inside = np.array([0.0, -0.5])
    assert (
        find_admissible_rows(ground, [space], space.walls, inside, lambda _: np.array(np.nan))
        is None
    )
    assert (
        find_admissible_rows(ground, [space], space.walls, inside, lambda _: np.array(1.0))
        is not None
    )


def test_a_point_on_the_wrong_side_of_rounding_is_moved_inside() -> None:
    """y = [a >= 1/3]: at the boundary as rounded the rule may be the lower one."""
    rules = rules_of(network([[3.0, 0.0]], [-1.0], [[1.0]]), BOX)
    ground = restrict(rules)
    upper = rules.apply(np.array([[1.0, 0.0]]))[0]
    (cell,) = (c for c in ground.cells(ground.space) if c.leaf + 1 == upper)
    just_below = np.linalg.solve(
        ground.space.spread, np.array([np.nextafter(1 / 3, 0), 0.0]) - ground.space.base
    )
    found = find_admissible_rows(
        ground,
        [ground.space],
        cell.polytope,
        just_below,
        lambda rows: np.where(rules.apply(rows) == upper, -rows[:, 0], np.nan)[0],
    )
    assert found is not None
    assert rules.apply(found[0])[0] == upper
    assert found[0][0, 0] == pytest.approx(1 / 3, abs=1e-8)
