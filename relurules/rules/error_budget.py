"""From errors of the scores to errors of the outputs, and back."""

from collections.abc import Mapping, Sequence

import numpy as np

from relurules.ir import Head
from relurules.links.table import LINKS
from relurules.rules.pieces import PiecewiseFunction

#: Bisections of a budget: to the last digit of a float64.
_HALVINGS = 80
#: By so much smaller budgets are tried first, where outputs are measured in tiny units.
_STRIDE = 2.0**-20


def bound_output_error(ground: PiecewiseFunction, heads: Sequence[Head], error: float) -> float:
    """What outputs may be off where each score may be off by `error`, anywhere in the domain."""
    if error == 0.0:
        return 0.0
    return bound_link_change({head: _find_highest_score(ground, head) for head in heads}, error)


def find_score_budget(ground: PiecewiseFunction, heads: Sequence[Head], error: float) -> float:
    """The largest error of scores by which no output is off by more than `error`."""
    return find_link_budget({head: _find_highest_score(ground, head) for head in heads}, error)


def bound_link_change(highest: Mapping[Head, float], error: float) -> float:
    """What outputs may be off where each score may be off by `error`; highest: of each head the
    largest score.
    """
    if error == 0.0:
        return 0.0
    return max(
        LINKS[head.link].change(error, most, len(head.scores)) for head, most in highest.items()
    )


def find_link_budget(highest: Mapping[Head, float], error: float) -> float:
    """The largest error of scores by which no output is off by more than `error`, as
    `bound_link_change`.
    """
    low, high = 0.0, 1.0
    while bound_link_change(highest, high) <= error and high < 1e300:
        low, high = high, 2 * high
    while low == 0.0 and high > 1e-300 and bound_link_change(highest, high * _STRIDE) > error:
        high *= _STRIDE

    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        fits = bound_link_change(highest, middle) <= error
        low, high = (middle, high) if fits else (low, middle)

    return low


def _find_highest_score(ground: PiecewiseFunction, head: Head) -> float:
    """The largest score of a head in the domain; infinite where the domain doesn't bound it."""
    domain = ground.partition.domain
    if not LINKS[head.link].steepens or not np.isfinite([domain.lower, domain.upper]).all():
        return np.inf
    if head.scores not in ground.highest:
        scores = list(head.scores)
        ground.highest[head.scores] = max(
            float(cell.polytope.maxima(forms[scores]).bounds.max())
            for cell, forms in zip(ground.cells, ground.forms, strict=True)
        )

    return ground.highest[head.scores]
