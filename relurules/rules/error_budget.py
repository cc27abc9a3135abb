"""From errors of the scores to errors of the outputs, and back."""

from collections.abc import Sequence

import numpy as np

from relurules.ir import Head
from relurules.links.table import LINKS
from relurules.rules.pieces import PiecewiseFunction

#: Bisections of a budget: to the last digit of a float64.
_HALVINGS = 80


def bound_output_error(ground: PiecewiseFunction, heads: Sequence[Head], error: float) -> float:
    """What outputs may be off where each score may be off by `error`, anywhere in the domain."""
    if error == 0.0:
        return 0.0
    return max(
        LINKS[head.link].change(error, _find_highest_score(ground, head), len(head.scores))
        for head in heads
    )


def find_score_budget(ground: PiecewiseFunction, heads: Sequence[Head], error: float) -> float:
    """The largest error of scores by which no output is off by more than `error`."""
    highest = {head: _find_highest_score(ground, head) for head in heads}

    def fits(share: float) -> bool:
        return all(
            LINKS[head.link].change(share, highest[head], len(head.scores)) <= error
            for head in heads
        )

    low, high = 0.0, 1.0
    while fits(high) and high < 1e300:
        low, high = high, 2 * high

    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if fits(middle) else (low, middle)

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
