"""How large a form can be on the current cell of the compiled search, whatever the simplex method's arithmetic did."""

from relurules.lp.compiled import compiled
from relurules.lp.dictionary import Dictionary
from relurules.lp.tolerances import UNIT
from relurules.partitioning.state import Array


@compiled
def certified_maximum(
    D: Dictionary,
    cuts: Array,
    cut_error: Array,
    scratch: tuple[Array, Array],
    row: Array,
    constant: float,
    sign: float,
    error: float,
) -> float:
    """A number that sign * (row·u + constant) exceeds nowhere on a cell, by weak duality; row: (F,) or more.

    The last row of the cell's dictionary proposes multipliers y of its half-spaces `cuts`: the form is at most itself
    plus y·slacks, whose largest value over the box is computed with all rounding outward. error: what the form itself
    may be off by. The half-spaces' own errors count as often as they are used. scratch: memory, (F,) each.
    """
    F, n = len(D.low), D.used[0]
    total, terms = scratch
    offset, constants, slack = sign * constant, abs(constant), error
    for j in range(F):
        total[j] = sign * row[j]
        terms[j] = abs(row[j])
    for column in range(F):
        y = -D.table[n, 1 + column]
        if D.nonbasic[column] < F or y <= 0.0:
            continue
        i = D.nonbasic[column] - F
        for j in range(F):
            total[j] += y * cuts[i, j]
            terms[j] += y * abs(cuts[i, j])
        offset += y * cuts[i, F]
        constants += y * abs(cuts[i, F])
        slack += y * cut_error[i]
    size = constants
    for j in range(F):
        low, high = D.low[j], D.low[j] + D.width[j]
        offset += max(total[j] * low, total[j] * high)
        size += terms[j] * max(abs(low), abs(high))
    return float(offset + slack * (1.0 + 1e-12) + 8.0 * (F + 8) * UNIT * size)
