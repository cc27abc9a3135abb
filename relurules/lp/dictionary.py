"""Simplex dictionaries: a polytope as one of its vertices, compiled.

A polytope in a box, {u : low <= u <= low + width, rows u + constants >= 0}, is kept as a
primal-feasible dictionary: f nonbasic variables that are 0 at the vertex, and every other variable
as an affine form of these. Variables 0 to f - 1 are the coordinates, measured from the lower side
of the box or, where `flipped`, from the upper one; variable f + i is the slack of half-space i. The
method is that of V. Chvátal, Linear Programming, 1983, chapters 2, 3 and 8 (bounds); ties are
broken as in P. Harris, "Pivot selection methods of the Devex LP code", 1973, and after many steps
by Bland.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.lp.compilation import compile_cached
from relurules.lp.tolerances import BLAND_AFTER, MOST_STEPS, OPTIMAL, PIVOT, SLIP

Array = NDArray[np.float64]
Index = NDArray[np.int32]

#: What `climb` came to.
ABOVE, TOP, STUCK = 1, 0, -1
#: Rows of so many numbers are worth being added several numbers at once.
_WIDE = 32


class Dictionary(NamedTuple):
    """A vertex.

    Only the first `used[0]` rows are in use; the row after them is the form in question.

    table: (r, f + 1), value first, then one coefficient per nonbasic variable. basic: (r,) variable
    of each row; nonbasic: (f,) variable of each column; place: (f,) row of each coordinate, or -1 -
    column; flipped, low, width: (f,). used: (2,) rows, and pivots since the dictionary was computed
    from its half-spaces.
    """

    table: Array
    basic: Index
    nonbasic: Index
    place: Index
    flipped: NDArray[np.bool_]
    low: Array
    width: Array
    used: NDArray[np.int64]


def start_at_corner(low: Array, width: Array, rows: int) -> Dictionary:
    """The lower corner of a box, with room for so many rows."""
    f = len(low)
    return Dictionary(
        table=np.zeros((rows + 1, f + 1)),
        basic=np.zeros(rows + 1, dtype=np.int32),
        nonbasic=np.arange(f, dtype=np.int32),
        place=-1 - np.arange(f, dtype=np.int32),
        flipped=np.zeros(f, dtype=np.bool_),
        low=low,
        width=width,
        used=np.zeros(2, dtype=np.int64),
    )


@compile_cached
def copy_vector(source: NDArray[Any], target: NDArray[Any]) -> None:
    """Copy a vector; numba's own slices allocate."""
    for i in range(len(source)):
        target[i] = source[i]


@compile_cached
def express_form(D: Dictionary, row: Array, out: Array) -> None:
    """The form row[:f]·u + row[f] in the dictionary's nonbasic variables, written to `out` (f +
    1,).
    """
    f = len(D.low)
    out[:] = 0.0
    out[0] = row[f]

    for j in range(f):
        weight = row[j]
        if weight == 0.0:
            continue
        if D.flipped[j]:
            out[0] += weight * (D.low[j] + D.width[j])
            weight = -weight
        else:
            out[0] += weight * D.low[j]
        at = D.place[j]
        if at < 0:
            out[-at] += weight
        else:
            for c in range(f + 1):
                out[c] += weight * D.table[at, c]


@compile_cached
def write_vertex(D: Dictionary, out: Array) -> None:
    """The vertex itself, (f,)."""
    for j in range(len(D.low)):
        value = D.table[D.place[j], 0] if D.place[j] >= 0 else 0.0
        out[j] = D.low[j] + D.width[j] - value if D.flipped[j] else D.low[j] + value


@compile_cached
def negate_form(D: Dictionary) -> None:
    """Turn the form in question into its negative."""
    n = D.used[0]
    for c in range(D.table.shape[1]):
        D.table[n, c] = -D.table[n, c]


@compile_cached
def has_rising_edge(D: Dictionary) -> bool:
    """Whether the form in question grows along an edge of the vertex."""
    largest = 0.0
    for slope in D.table[D.used[0], 1:]:
        largest = max(largest, slope)
    return largest > OPTIMAL


@compile_cached
def maximise_form(D: Dictionary, goal: float) -> int:
    """Move to vertices where the form in question is larger, until it exceeds `goal` (ABOVE) or is
    maximal (TOP).
    """
    n = D.used[0]
    patience = BLAND_AFTER + 8 * (n + len(D.nonbasic))
    for step in range(MOST_STEPS):
        if D.table[n, 0] > goal:
            return ABOVE
        bland = step >= patience
        column = choose_entering(D, bland)
        if column < 0:
            return TOP
        row = _choose_leaving(D, column, bland)
        if row == -2:
            return STUCK
        if row == -1:
            flip_column(D, column)
        else:
            if D.table[row, 1 + column] > 0.0:
                flip_row(D, row)
            pivot(D, row, column)

    return STUCK


@compile_cached
def choose_entering(D: Dictionary, bland: bool) -> int:
    """The column along which the form grows most, or the first variable along which it grows at
    all; -1 for none.
    """
    n = D.used[0]
    best, most, first = -1, OPTIMAL, 0
    for c in range(len(D.nonbasic)):
        slope = D.table[n, 1 + c]
        if bland:
            if (
                slope > OPTIMAL
                and (best < 0 or D.nonbasic[c] < first)
                and not _is_fixed(D, D.nonbasic[c])
            ):
                best, first = c, D.nonbasic[c]
        elif slope > most and not _is_fixed(D, D.nonbasic[c]):
            best, most = c, slope

    return best


@compile_cached
def _is_fixed(D: Dictionary, variable: int) -> bool:
    """Whether a variable has one value only."""
    return bool(variable < len(D.width) and D.width[variable] == 0.0)


@compile_cached
def _measure_room(D: Dictionary, i: int, a: float) -> float:
    """How far the variable of row i may move in the direction of `a`."""
    if a < 0.0:
        return float(max(D.table[i, 0], 0.0))
    variable = D.basic[i]
    if variable >= len(D.width):
        return np.inf
    return float(max(D.width[variable] - D.table[i, 0], 0.0))


@compile_cached
def _choose_leaving(D: Dictionary, column: int, bland: bool) -> int:
    """The row that stops the column's variable, -1 where its own other bound does, -2 where nothing
    does.
    """
    limit = np.inf
    slip = 0.0 if bland else SLIP
    for i in range(D.used[0]):
        a = D.table[i, 1 + column]
        if abs(a) > PIVOT:
            limit = min(limit, (_measure_room(D, i, a) + slip) / abs(a))

    entering = D.nonbasic[column]
    if entering < len(D.width) and D.width[entering] <= limit:
        return -1

    best, most = -2, 0.0
    for i in range(D.used[0]):
        a = abs(D.table[i, 1 + column])
        if a > PIVOT and _measure_room(D, i, D.table[i, 1 + column]) <= limit * a:
            if bland and best >= 0 and D.basic[i] > D.basic[best]:
                continue
            if bland or a > most:
                best, most = i, a

    return best


@compile_cached
def flip_column(D: Dictionary, column: int) -> None:
    """Move a nonbasic coordinate to its other bound and measure it from there."""
    variable = D.nonbasic[column]
    width = D.width[variable]
    D.flipped[variable] = not D.flipped[variable]
    for i in range(D.used[0] + 1):
        D.table[i, 0] += width * D.table[i, 1 + column]
        D.table[i, 1 + column] = -D.table[i, 1 + column]


@compile_cached
def flip_row(D: Dictionary, row: int) -> None:
    """Measure a basic coordinate from its other bound."""
    variable = D.basic[row]
    D.flipped[variable] = not D.flipped[variable]
    for c in range(D.table.shape[1]):
        D.table[row, c] = -D.table[row, c]
    D.table[row, 0] += D.width[variable]


@compile_cached
def pivot(D: Dictionary, row: int, column: int) -> None:
    """Exchange the variable of the row, which goes to 0, with that of the column."""
    table, width = D.table, D.table.shape[1]
    inverse = -1.0 / table[row, 1 + column]
    table[row, 1 + column] = -1.0

    for c in range(width):
        table[row, c] *= inverse

    if width < _WIDE:
        for i in range(D.used[0] + 1):
            factor = table[i, 1 + column]
            if i != row and factor != 0.0:
                table[i, 1 + column] = 0.0
                for c in range(width):
                    table[i, c] += factor * table[row, c]
    else:
        _substitute_row(table, 0, row, row, column)
        _substitute_row(table, row + 1, D.used[0] + 1, row, column)

    entering, leaving = D.nonbasic[column], D.basic[row]
    D.nonbasic[column], D.basic[row] = leaving, entering
    if entering < len(D.width):
        D.place[entering] = row
    if leaving < len(D.width):
        D.place[leaving] = -1 - column

    D.used[1] += 1


@compile_cached
def _substitute_row(table: Array, first: int, end: int, row: int, column: int) -> None:
    """Put a row in place of a column in other rows; as the row is none of them, machine code adds
    several numbers at once.
    """
    for i in range(first, end):
        factor = table[i, 1 + column]
        if factor != 0.0:
            table[i, 1 + column] = 0.0
            for c in range(table.shape[1]):
                table[i, c] += factor * table[row, c]


@compile_cached
def append_half_space(D: Dictionary, variable: int) -> None:
    """Keep the form in question as a half-space, its slack being this variable."""
    D.basic[D.used[0]] = variable
    D.used[0] += 1


@compile_cached
def refactor_basis(D: Dictionary, half_spaces: Array, system: Array) -> bool:
    """Compute the dictionary of the same vertex anew from `half_spaces` (h, f + 1); False where it
    is singular.

    The basic coordinates solve the equations of the nonbasic slacks. system: memory, (f, f + 1 +
    f).
    """
    f, k = len(D.low), 0
    for column in range(f):
        if D.nonbasic[column] >= f:
            _write_equation(D, half_spaces[D.nonbasic[column] - f], column, system[k])
            k += 1

    if not _eliminate_basic(D, system, k):
        return False

    i = 0
    for j in range(f):
        at = D.place[j]
        if at < 0:
            continue
        sign = -1.0 if D.flipped[j] else 1.0
        for c in range(f + 1):
            D.table[at, c] = sign * system[i, f + c]
        D.table[at, 0] += D.low[j] + D.width[j] if D.flipped[j] else -D.low[j]
        i += 1

    for i in range(D.used[0]):
        if D.basic[i] >= f:
            express_form(D, half_spaces[D.basic[i] - f], D.table[i])

    D.used[1] = 0
    return True


@compile_cached
def _write_equation(D: Dictionary, row: Array, column: int, out: Array) -> None:
    """row·u + constant = slack of `column`: basic coordinates left (f,), a form of the nonbasic
    ones right (f + 1,).
    """
    f = len(D.low)
    out[:] = 0.0
    out[f] = -row[f]
    out[f + 1 + column] = 1.0

    for j in range(f):
        if D.place[j] >= 0:
            out[j] = row[j]
        elif D.flipped[j]:
            out[f] -= row[j] * (D.low[j] + D.width[j])
            out[f - D.place[j]] = row[j]
        else:
            out[f] -= row[j] * D.low[j]
            out[f - D.place[j]] = -row[j]


@compile_cached
def _eliminate_basic(D: Dictionary, system: Array, k: int) -> bool:
    """Gauss-Jordan elimination of the basic coordinates from the first k rows, in order, with row
    pivoting.
    """
    done = 0
    for j in range(len(D.low)):
        if D.place[j] < 0:
            continue
        best = done
        for i in range(done + 1, k):
            if abs(system[i, j]) > abs(system[best, j]):
                best = i
        if abs(system[best, j]) < PIVOT:
            return False
        inverse = 1.0 / system[best, j]
        for c in range(system.shape[1]):
            system[best, c], system[done, c] = system[done, c], inverse * system[best, c]
        for i in range(k):
            factor = system[i, j]
            if i != done and factor != 0.0:
                for c in range(system.shape[1]):
                    system[i, c] -= factor * system[done, c]
        done += 1

    return True
