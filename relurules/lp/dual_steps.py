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


@compile_cached
def repair_vertex(D: Dictionary, least: float) -> bool:
    """Move to the vertex where the form in question is largest, from one outside that has no rising
    edge; False where the form is at most `least` everywhere, or no such vertex is found.
    """
    n = D.used[0]
    for _ in range(_STEPS):
        if D.table[n, 0] <= least:
            return False
        row = _find_violated_row(D)
        if row < 0:
            return True
        column = _choose_least_loss(D, row)
        if column < 0:
            return False
        pivot(D, row, column)

    return False


@compile_cached
def _find_violated_row(D: Dictionary) -> int:
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
        if a <= PIVOT:
            continue
        loss = max(-D.table[n, 1 + c], 0.0) / a
        if loss < least or (loss == least and a > D.table[row, 1 + best]):
            best, least = c, loss

    return best
