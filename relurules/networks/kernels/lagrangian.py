"""What the goal of a piecewise linear program doesn't exceed on a part of its domain, in closed
form.

Neurons of unknown sign are relaxed to lines, signs and rows have multipliers (S. Wang et al.,
"Beta-CROWN", 2021). What is left is a form of the columns, whose largest value over a box is a sum,
and over the categories of a column the largest coefficient of those that are open. Whatever the
multipliers are, that is a bound; subgradients, or linear programs (`part_duals`), make it a good
one. All rounding is added.
"""

from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from relurules.lp.compilation import compile_cached

Array = NDArray[np.float64]


class ColumnForms(Protocol):
    """Forms A x + b of columns of which some are one-hot groups, as both kinds of programs have
    them.
    """

    @property
    def A(self) -> Array:  # noqa: N802  # the name of the field
        """(K, n) weights."""

    @property
    def b(self) -> Array:
        """(K,) constants."""

    @property
    def starts(self) -> NDArray[np.int64]:
        """(g + 1,) where groups begin among the members, and the end."""

    @property
    def members(self) -> NDArray[np.int64]:
        """Columns of the groups, one after the other."""

    @property
    def single(self) -> NDArray[np.bool_]:
        """(n,) which columns are in none."""

    @property
    def numbers(self) -> NDArray[np.bool_]:
        """(n,) those of these that hold any number."""


class ColumnBox(Protocol):
    """Rows between two ends, as both kinds of parts have them."""

    @property
    def low(self) -> Array:
        """(n,) the lower ends."""

    @property
    def high(self) -> Array:
        """(n,) the upper ends."""


class RelaxedProgram(NamedTuple):
    """A program of n columns and further variables, K neurons and r rows, as `PiecewiseProgram`.

    binding: how many rows rows of the domain must meet, the first; others follow from the neurons.
    twins: (K,) an earlier neuron that is nearly the same, -1 for none; gaps: (K, 2) between which
    values the argument less that of the twin lies. starts, members: the columns of group g are
    members[starts[g]:starts[g + 1]]; single: (n,) columns of no group; numbers: (n,) those of these
    that hold any number; whole: (n,) those of whole numbers. sizes: (K + r + 1,) what terms of
    neurons' arguments, of rows and of the goal come to at most; scales: (K + r,) squares of the
    multipliers' usual sizes; start: (K + r,) multipliers to begin with; share: of such terms, what
    rounding may be. deep: whether neurons read others.
    """

    A: Array
    L: Array
    b: Array
    slope: Array
    goal: Array
    rows: Array
    binding: int
    twins: NDArray[np.int64]
    gaps: Array
    starts: NDArray[np.int64]
    members: NDArray[np.int64]
    single: NDArray[np.bool_]
    numbers: NDArray[np.bool_]
    whole: NDArray[np.bool_]
    sizes: Array
    scales: Array
    start: Array
    share: float
    deep: bool


class RelaxedPart(NamedTuple):
    """A part: box of n variables, signs (K,), slopes of lines (K,) and multipliers (K + r,)."""

    low: Array
    high: Array
    signs: NDArray[np.int8]
    lines: Array
    weights: Array


class RelaxedPoint(NamedTuple):
    """Where a relaxed goal is largest: x (n,), arguments z and neurons p (K,), and rows (r,).

    ends: (2, K) between which arguments lie; own: (2, K) arguments and neurons as they are at x;
    slopes, shifts: (K,) of the line that stands for a neuron, bent: which neurons have one of a
    slope that may be chosen; c: (K,) coefficients of neurons, w: of their arguments; v: (n,) of
    variables.
    """

    x: Array
    z: Array
    p: Array
    rows: Array
    ends: Array
    own: Array
    slopes: Array
    shifts: Array
    bent: NDArray[np.bool_]
    c: Array
    w: Array
    v: Array


@compile_cached
def bound_own_argument(P: ColumnForms, part: ColumnBox, k: int) -> tuple[float, float]:
    """Between which values an argument lies by the columns alone, but for rounding; crossed for no
    row.
    """
    low = high = P.b[k]
    for j in range(len(part.low)):
        if P.single[j]:
            one, other = P.A[k, j] * part.low[j], P.A[k, j] * part.high[j]
            low += min(one, other)
            high += max(one, other)

    for g in range(len(P.starts) - 1):
        least, most = np.inf, -np.inf
        for i in range(P.starts[g], P.starts[g + 1]):
            if part.high[P.members[i]] > 0.0:
                least = min(least, P.A[k, P.members[i]])
                most = max(most, P.A[k, P.members[i]])
        if least > most:
            return np.inf, -np.inf
        low += least
        high += most

    return low, high


@compile_cached
def drop_beyond(P: ColumnForms, part: ColumnBox, k: int, side: float, room: float) -> bool:
    """Drop categories and ends of numbers where side times an argument is negative by more than
    some room, whatever the other columns are. False for no row.
    """
    low, high = bound_own_argument(P, part, k)
    slack = (high if side > 0.0 else -low) + room
    if not slack >= 0.0:
        return False

    for g in range(len(P.starts) - 1):
        most = -np.inf
        for i in range(P.starts[g], P.starts[g + 1]):
            if part.high[P.members[i]] > 0.0:
                most = max(most, side * P.A[k, P.members[i]])
        for i in range(P.starts[g], P.starts[g + 1]):
            if most - side * P.A[k, P.members[i]] > slack:
                part.high[P.members[i]] = 0.0

    for j in range(len(part.low)):
        size = side * P.A[k, j]
        if P.numbers[j] and abs(size) * (part.high[j] - part.low[j]) > slack:
            step = (1.0 + 1e-9) * slack / abs(size)
            if size > 0.0:
                part.low[j] = max(part.low[j], part.high[j] - step)
            else:
                part.high[j] = min(part.high[j], part.low[j] + step)

    return True


@compile_cached
def bound_arguments(  # noqa: C901
    P: RelaxedProgram, part: RelaxedPart, at: RelaxedPoint
) -> bool:
    """Between which values every neuron's argument lies; signs that follow. False for no row."""
    K = len(P.b)
    for k in range(0 if P.deep else K):
        room = 2.0 * P.share * P.sizes[k]
        if part.signs[k] != 0 and not drop_beyond(P, part, k, float(part.signs[k]), room):
            return False

    for k in range(K):
        low, high = bound_own_argument(P, part, k)
        if low > high:
            return False
        for m in range(k):
            weight = P.L[k, m]
            if weight != 0.0:
                ends = _activate(P.slope[m], at.ends[0, m], at.ends[1, m])
                low += min(weight * ends[0], weight * ends[1])
                high += max(weight * ends[0], weight * ends[1])

        room = P.share * P.sizes[k]
        low, high = low - room, high + room
        twin = P.twins[k]
        if twin >= 0:
            low = max(low, at.ends[0, twin] + P.gaps[k, 0] - room)
            high = min(high, at.ends[1, twin] + P.gaps[k, 1] + room)
        if part.signs[k] > 0:
            low = max(low, 0.0)
        if part.signs[k] < 0:
            high = min(high, 0.0)
        if low > high:
            return False
        _settle_sign(part, k, low, high)
        at.ends[0, k], at.ends[1, k] = low, high

    for k in range(K):  # noqa: SIM110  # machine code has no generators
        if P.twins[k] >= 0 and not _tighten_twin(P, part, at, k):
            return False

    return True


@compile_cached
def _tighten_twin(P: RelaxedProgram, part: RelaxedPart, at: RelaxedPoint, k: int) -> bool:
    """What a neuron's argument says of its twin's; False for no row."""
    twin, room = P.twins[k], P.share * (P.sizes[k] + P.sizes[P.twins[k]])
    low = max(at.ends[0, twin], at.ends[0, k] - P.gaps[k, 1] - room)
    high = min(at.ends[1, twin], at.ends[1, k] - P.gaps[k, 0] + room)
    if low > high:
        return False

    _settle_sign(part, twin, low, high)
    at.ends[0, twin], at.ends[1, twin] = low, high
    return True


@compile_cached
def _settle_sign(part: RelaxedPart, k: int, low: float, high: float) -> None:
    """The sign that a neuron has, where it isn't known yet and its argument tells."""
    if part.signs[k] == 0 and low >= 0.0:
        part.signs[k] = 1
    if part.signs[k] == 0 and high <= 0.0:
        part.signs[k] = -1


@compile_cached
def _activate(slope: float, low: float, high: float) -> tuple[float, float]:
    """Between which values phi lies where its argument lies between two."""
    one = low if low >= 0.0 else slope * low
    other = high if high >= 0.0 else slope * high
    if low < 0.0 < high:
        return min(0.0, one, other), max(0.0, one, other)

    return min(one, other), max(one, other)


@compile_cached
def _find_line(
    slope: float, low: float, high: float, line: float, above: bool
) -> tuple[float, float, bool]:
    """Slope and constant of a line above or below phi between low < 0 < high, and whether its slope
    is the given one.
    """
    least, most = min(slope, 1.0), max(slope, 1.0)
    if above != (slope <= 1.0):
        return min(max(line, least), most), 0.0, True
    gain = min(max((high - slope * low) / (high - low), least), most)
    one, other = high - gain * high, slope * low - gain * low
    room = 1e-14 * (abs(gain) + abs(slope) + 1.0) * max(-low, high) + 1e-300
    if above:
        return gain, max(one, other) + room, False

    return gain, min(one, other) - room, False


@compile_cached
def bound_part(  # noqa: C901
    P: RelaxedProgram, part: RelaxedPart, at: RelaxedPoint
) -> float:
    """What the goal doesn't exceed, and where the relaxed one is largest."""
    n, K, r = len(part.low), len(P.b), len(P.rows)
    total, size = P.goal[n + K], P.sizes[K + r]
    for j in range(n):
        at.v[j] = P.goal[j]

    for k in range(K):
        at.c[k] = P.goal[n + k]

    for i in range(r):
        y = part.weights[K + i]
        if y > 0.0:
            total += y * P.rows[i, n + K]
            size += y * P.sizes[K + i]
            for j in range(n):
                at.v[j] += y * P.rows[i, j]
            for k in range(K):
                at.c[k] += y * P.rows[i, n + k]

    for k in range(K - 1, -1, -1):
        c, at.bent[k] = at.c[k], False
        if part.signs[k] == 0:
            at.slopes[k], at.shifts[k], at.bent[k] = _find_line(
                P.slope[k], at.ends[0, k], at.ends[1, k], part.lines[k], c > 0.0
            )
            w = c * at.slopes[k]
        else:
            at.slopes[k] = 1.0 if part.signs[k] > 0 else P.slope[k]
            at.shifts[k] = 0.0
            w = c * at.slopes[k] + part.signs[k] * part.weights[k]
        at.w[k] = w
        total += c * at.shifts[k] + w * P.b[k]
        size += (abs(w) + abs(c * at.slopes[k])) * P.sizes[k] + abs(c * at.shifts[k])
        if w != 0.0:
            for m in range(k):
                at.c[m] += w * P.L[k, m]
            for j in range(n):
                at.v[j] += w * P.A[k, j]

    return float(total + choose_point(P, part, at) + P.share * size)


@compile_cached
def choose_point(P: Any, part: Any, at: Any) -> float:
    """The largest value of v x, and where it is, for a relaxed program of neurons or of steps."""
    total = 0.0
    for j in range(len(part.low)):
        at.x[j] = 0.0
        if P.single[j]:
            at.x[j] = part.high[j] if at.v[j] > 0.0 else part.low[j]
            total += at.v[j] * at.x[j]

    for g in range(len(P.starts) - 1):
        best, most = -1, -np.inf
        for i in range(P.starts[g], P.starts[g + 1]):
            j = P.members[i]
            if part.high[j] > 0.0 and at.v[j] > most:
                best, most = j, at.v[j]
        if best < 0:
            return -np.inf
        at.x[best] = 1.0
        total += most

    return total


@compile_cached
def evaluate_point(P: RelaxedProgram, at: RelaxedPoint) -> float:
    """Arguments, relaxed neurons and rows at x; the goal there, of the neurons as they are."""
    n, K = len(at.x), len(P.b)
    for i in range(len(P.rows)):
        at.rows[i] = P.rows[i, n + K]
    goal = P.goal[n + K]
    for k in range(K):
        at.z[k] = at.own[0, k] = P.b[k]

    for j in range(n):
        x = at.x[j]
        if x != 0.0:
            goal += P.goal[j] * x
            for k in range(K):
                at.z[k] += P.A[k, j] * x
                at.own[0, k] += P.A[k, j] * x
            for i in range(len(P.rows)):
                at.rows[i] += P.rows[i, j] * x

    for k in range(K):
        for m in range(k):
            at.z[k] += P.L[k, m] * at.p[m]
            at.own[0, k] += P.L[k, m] * at.own[1, m]
        z = at.own[0, k]
        at.own[1, k] = z if z >= 0.0 else P.slope[k] * z
        at.p[k] = at.slopes[k] * at.z[k] + at.shifts[k]
        goal += P.goal[n + k] * at.own[1, k]
        for i in range(len(P.rows)):
            at.rows[i] += P.rows[i, n + k] * at.p[k]

    return float(goal)
