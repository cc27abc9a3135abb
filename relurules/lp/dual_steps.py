"""The dual simplex method on a dictionary, compiled.

Where constants of half-spaces change, a vertex at which a form was largest may lie outside; its
form is then a bound that falls step by step, until the vertex is inside again and the form largest
there. V. Chvátal, Linear Programming, 1983, chapter 10.
"""

import numpy as np

from relurules.lp.compilation import compile_cached
from relurules.lp.dictionary import Dictionary, flip_row, pivot
from relurules.lp.tolerances import PIVOT

#: Steps after which a vertex is given up.
_STEPS = 50
#: A variable may pass its bound by this much.
_INSIDE = 1e-12
#: What `restore_vertex` comes to: the form is largest at a vertex; it is nowhere above what was
#: asked for; no point meets all bounds, as the most violated row says; neither is known.
LARGEST, BELOW, EMPTY, STUCK = range(4)


@compile_cached
def repair_vertex(D: Dictionary, least: float) -> bool:
    """Move to the vertex where the form in question is largest, from one outside that has no rising
    edge; False where the form is at most `least` everywhere, or no such vertex is found.
    """
    return bool(restore_vertex(D, least, _STEPS) == LARGEST)


@compile_cached
def restore_vertex(D: Dictionary, least: float, most: int) -> int:
    """The same, in so many steps at most; what it comes to."""
    n = D.used[0]
    for _ in range(most):
        if D.table[n, 0] <= least:
            return BELOW
        row = find_violated_row(D)
        if row < 0:
            return LARGEST
        column = _choose_least_loss(D, row)
        if column < 0:
            return EMPTY
        pivot(D, row, column)

    return STUCK


@compile_cached
def find_violated_row(D: Dictionary) -> int:
    """The row farthest outside, measured from the bound that it passes; -1 for none."""
    worst, most = -1, _INSIDE
    above = False
    for i in range(D.used[0]):
        value, variable = D.table[i, 0], D.basic[i]
        if -value > most:
            worst, most, above = i, -value, False
        elif variable < len(D.width) and value - D.width[variable] > most:
            worst, most, above = i, value - D.width[variable], True

    if above:
        flip_row(D, worst)
    return worst


@compile_cached
def _choose_least_loss(D: Dictionary, row: int) -> int:
    """The column along which the row rises while the form falls least; -1 where the row can't
    rise.
    """
    n = D.used[0]
    best, least = -1, np.inf
    for c in range(len(D.nonbasic)):
        a = D.table[row, 1 + c]
        variable = D.nonbasic[c]
        if a <= PIVOT or (variable < len(D.width) and D.width[variable] == 0.0):
            continue
        loss = max(-D.table[n, 1 + c], 0.0) / a
        if loss < least or (loss == least and a > D.table[row, 1 + best]):
            best, least = c, loss

    return best
