"""How large a form can be on the current cell of the compiled search, whatever the simplex method's
arithmetic did.
"""

from relurules.lp.compilation import compile_cached
from relurules.lp.dictionary import Dictionary
from relurules.partitioning.state import Array


@compile_cached
def certify_maximum(
    D: Dictionary,
    cuts: Array,
    cut_error: Array,
    total: Array,
    row: Array,
    constant: float,
    sign: float,
    error: float,
    room: float,
) -> float:
    """A number that sign * (row·u + constant) exceeds nowhere on a cell, by weak duality; row: (F,)
    or more.

    The last row of the cell's dictionary proposes multipliers y of its half-spaces `cuts`: the form
    is at most itself plus y·slacks, whose largest value over the box is computed with all rounding
    outward. error: what the form itself may be off by. The half-spaces' own errors count as often
    as they are used. room: by how much every half-space, and side of the
    box, may be exceeded. total: memory, (F,).

    The rounding of this sum is at most 8 (F + 8) units of its absolute terms. Every error is at
    least 8 (F + 4) units of the absolute terms of its row where |u| <= 1, so twice the errors,
    times the reach of u, are enough for it; `room` is no more than these terms, which are 1 or
    more.
    """
    F, n = len(D.low), D.used[0]
    offset, slack = sign * constant, error
    for j in range(F):
        total[j] = sign * row[j]

    for column in range(F):
        y = -D.table[n, 1 + column]
        i = D.nonbasic[column] - F
        if i < 0 or y <= 0.0:
            continue
        for j in range(F):
            total[j] += y * cuts[i, j]
        offset += y * (cuts[i, F] + room)
        slack += y * cut_error[i]

    reach = 1.0
    for j in range(F):
        low, high = D.low[j], D.low[j] + D.width[j]
        offset += max(total[j] * low, total[j] * high) + room * abs(total[j])
        reach = max(reach, high, -low)

    return float(offset + (1.0 + 2.0 * reach) * slack * (1.0 + 1e-12))
