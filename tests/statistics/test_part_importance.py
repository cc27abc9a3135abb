"""What parts move: deviations, shares, sizes, and what of a pair is interaction."""

import numpy as np
import pytest
from additive_models import make_additive

from relurules.statistics.part_importance import evaluate_part, measure_movement


@pytest.mark.parametrize("hidden", [(16,), (6, 4)])
def test_a_part_alone_is_that_of_all(hidden: tuple[int, ...]) -> None:
    rules, frame = make_additive("softmax", hidden=hidden)
    X = rules.domain.rows(frame)
    together = rules.evaluate_parts(X)
    for i, part in enumerate(rules.parts):
        assert np.allclose(evaluate_part(rules, part, X), together[:, i], atol=1e-12)


def test_figures_are_those_of_contributions() -> None:
    rules, frame = make_additive("two", hidden=(24,))
    own = rules.contributions(frame).iloc[:, 1:]
    moved = measure_movement(rules, rules.domain.rows(frame), np.ones(1))
    assert np.allclose(moved.deviations, own.std(ddof=0))
    assert np.allclose(moved.sizes, own.abs().mean())
    assert np.allclose(moved.shares, own.var(ddof=0) / own.var(ddof=0).sum())

    table = rules.summary(frame).set_index("part")
    assert np.allclose(table["deviation"], moved.deviations)
    assert np.allclose(table["mean size"], moved.sizes)
    assert np.array_equal(table["interaction"], moved.interactions, equal_nan=True)
    kept = rules.summary().set_index("part")
    assert np.allclose(kept["share"], table["share"])
    assert list(kept.columns) == ["lines", "groups", "deviation", "share"]


def test_interaction_is_what_no_column_does_alone() -> None:
    rules, frame = make_additive("two", hidden=(24,))
    X = rules.domain.rows(frame)
    moved = measure_movement(rules, X, np.ones(1))
    for i, part in enumerate(rules.parts):
        if len(part.columns) == 1:
            assert np.isnan(moved.interactions[i])
            continue

        # a two-way table of all pairs of values, its means by row and by column taken off
        a = list(rules.domain.places[part.columns[0]])
        left = np.empty((len(X), len(X)))
        for k in range(len(X)):
            mixed = X.copy()
            mixed[:, a] = X[k, a]
            left[k] = evaluate_part(rules, part, mixed)[:, 0]
        by_a, by_b = left.mean(axis=1), left.mean(axis=0)
        own = np.diag(left)
        rest = own - by_a - by_b + own.mean()
        assert moved.interactions[i] == pytest.approx(rest.std())
        assert moved.interactions[i] <= 2 * moved.deviations[i] + 1e-12
    assert np.nanmax(moved.interactions) > 0.01


def test_a_sum_of_columns_does_not_interact() -> None:
    from dataclasses import replace

    rules, frame = make_additive("two", hidden=(24,))
    low = [
        replace(
            line,
            condition=line.condition._replace(
                half_space=line.condition.half_space._replace(bound=-1e6)
            ),
        )
        for line in rules.lines
    ]
    moved = measure_movement(replace(rules, lines=tuple(low)), rules.domain.rows(frame), np.ones(1))
    pairs = ~np.isnan(moved.interactions)
    assert (moved.interactions[pairs] < 1e-6).all()
    assert moved.deviations[pairs].max() > 0.1
