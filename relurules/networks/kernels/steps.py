"""How steep a sum of neurons can be on a part of its domain, in closed form.

A neuron adds to a slope on one side of its kink more than on the other: a step of its argument.
Lagrangian duality separates steps from the columns (M. Guignard and S. Kim, "Lagrangean
decomposition", 1987): whatever the multipliers are, the slope is no more than what every step less
its multiplier times its argument comes to at most, at an end of a side, and the form that is left,
at one category of each column. All rounding is added.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.lp.compilation import compile_cached
from relurules.networks.kernels.lagrangian import (
    Array,
    bound_own_argument,
    choose_point,
    drop_beyond,
)

#: What is measured of derivatives: one of them, the sum of their sizes, or of their squares.
SLOPE, SIZES, SQUARES = range(3)


class StepProgram(NamedTuple):
    """K steps at forms A x + b (K, n) of n columns.

    gaps: (K,) how far from 0 an argument is at least; floors: (K,) no argument is less.
    derivatives: (q, K + 1) what the right side of a step adds to derivatives, times their units,
    and these with all on the left; spans: (q,) what terms of these come to; sought: what of them.
    starts, members, single, numbers as in `RelaxedProgram`. sizes: (K,) what terms of arguments
    come to at most; share: of such terms, what rounding may be, and few: of terms of derivatives.
    """

    A: Array
    b: Array
    gaps: Array
    floors: Array
    derivatives: Array
    spans: Array
    sought: int
    starts: NDArray[np.int64]
    members: NDArray[np.int64]
    single: NDArray[np.bool_]
    numbers: NDArray[np.bool_]
    sizes: Array
    share: float
    few: float


class StepPart(NamedTuple):
    """A part: box of n columns, sides of steps (K,), 0 for either, and multipliers (K,), NaN where
    these are yet to be chosen. ranges: (2 q,) derivatives are no less than the first half of these,
    and no more than the second.
    """

    low: Array
    high: Array
    signs: NDArray[np.int8]
    weights: Array
    ranges: Array


class StepPoint(NamedTuple):
    """Where a relaxed slope is largest: x (n,), and shares of steps (K,) that count there.

    ends: (2, K) between which arguments lie; limits: (2, K) between which multipliers are of use;
    steps: (K,) their sizes; chords: (q, 4) between which values derivatives lie, slopes and
    constants of lines above what is measured of them; shift: (4,) a constant, what its rounding
    comes to, what the slope doesn't exceed by sides alone, and what by multipliers; own: (K,)
    arguments at x, moved: of another row; v: (n,) what is left of columns.
    """

    x: Array
    shares: Array
    ends: Array
    limits: Array
    steps: Array
    chords: Array
    shift: Array
    own: Array
    moved: Array
    v: Array


@compile_cached
def enter_part(P: StepProgram, part: StepPart, at: StepPoint) -> bool:
    """Bounds of arguments, sides that follow, and what multipliers may be. False for no row."""
    for k in range(len(P.b)):
        room = 2.0 * P.share * P.sizes[k]
        if part.signs[k] != 0 and not drop_beyond(P, part, k, float(part.signs[k]), room):
            return False

    for k in range(len(P.b)):
        low, high = bound_own_argument(P, part, k)
        if low > high:
            return False
        room = P.share * P.sizes[k]
        at.ends[0, k] = max(low - room, P.floors[k])
        at.ends[1, k] = high + room
        if not _settle_side(P, part, at, k):
            return False

    if not _weigh_steps(P, part, at):
        return False
    for k in range(len(P.b)):
        _limit_weight(part, at, k)

    return True


@compile_cached
def _limit_weight(part: StepPart, at: StepPoint, k: int) -> None:
    """Between which values a multiplier is of use; one that isn't known yet is chosen."""
    low = high = 0.0
    if part.signs[k] == 0 and at.steps[k] > 0.0:
        high = at.steps[k] / max(-at.ends[0, k], 1e-300)
    if part.signs[k] == 0 and at.steps[k] < 0.0:
        low = at.steps[k] / max(at.ends[1, k], 1e-300)
    if np.isnan(part.weights[k]):
        part.weights[k] = (low + high) / 2.0

    at.limits[0, k] = -np.inf if part.signs[k] < 0 else low
    at.limits[1, k] = np.inf if part.signs[k] > 0 else high
    part.weights[k] = min(max(part.weights[k], at.limits[0, k]), at.limits[1, k])


@compile_cached
def _settle_side(P: StepProgram, part: StepPart, at: StepPoint, k: int) -> bool:
    """The side that an argument's bounds leave; False for none."""
    if part.signs[k] > 0:
        at.ends[0, k] = max(at.ends[0, k], P.gaps[k])
    if part.signs[k] < 0:
        at.ends[1, k] = min(at.ends[1, k], -P.gaps[k])
    low, high = at.ends[0, k], at.ends[1, k]
    left, right = low <= min(high, -P.gaps[k]), max(low, P.gaps[k]) <= high
    if part.signs[k] == 0 and left != right:
        part.signs[k] = 1 if right else -1

    return bool(left or right) and low <= high


@compile_cached
def _weigh_steps(P: StepProgram, part: StepPart, at: StepPoint) -> bool:
    """What steps come to, as slopes are measured: a size or square of a derivative is no more than
    its chord over what the derivative lies between. False for no row.
    """
    K, count = len(P.b), len(P.derivatives)
    at.shift[0] = at.shift[1] = at.shift[2] = 0.0
    for k in range(K):
        at.steps[k] = 0.0

    for q in range(len(P.derivatives)):
        low = high = P.derivatives[q, K]
        for k in range(K):
            gain = P.derivatives[q, k]
            if part.signs[k] >= 0:
                high += gain if part.signs[k] > 0 else max(gain, 0.0)
                low += gain if part.signs[k] > 0 else min(gain, 0.0)
        room = P.few * P.spans[q]
        low, high = max(low - room, part.ranges[q]), min(high + room, part.ranges[count + q])
        if low > high:
            return False
        slope, constant = _find_chord(P.sought, low, high)
        at.chords[q, 0], at.chords[q, 1] = low, high
        at.chords[q, 2], at.chords[q, 3] = slope, constant
        at.shift[0] += slope * P.derivatives[q, K] + constant
        at.shift[1] += 2.0 * P.few * (abs(slope) * P.spans[q] + abs(constant))
        at.shift[2] += _measure_most(P.sought, low, high)
        for k in range(K):
            at.steps[k] += slope * P.derivatives[q, k]

    return True


@compile_cached
def _measure_most(sought: int, low: float, high: float) -> float:
    """The most that is measured of a derivative between bounds, rounding of sums included."""
    if sought == SLOPE:
        return high
    most = max(abs(low), abs(high))
    return 1.0000000001 * (most if sought == SIZES else most * most)


@compile_cached
def _find_chord(sought: int, low: float, high: float) -> tuple[float, float]:
    """Slope and constant of a line that is nowhere below what is measured of a derivative."""
    if sought == SLOPE:
        return 1.0, 0.0
    if sought == SQUARES:
        return low + high, -low * high
    if low >= 0.0:
        return 1.0, 0.0
    if high <= 0.0:
        return -1.0, 0.0

    slope = (high + low) / (high - low)
    return slope, max(high - slope * high, -low - slope * low)


@compile_cached
def bound_slope(P: StepProgram, part: StepPart, at: StepPoint) -> float:
    """What is measured doesn't exceed this in a part that was entered."""
    total, size = at.shift[0], 0.0
    for j in range(len(part.low)):
        at.v[j] = 0.0

    for k in range(len(P.b)):
        weight = part.weights[k]
        if weight != 0.0:
            total += weight * P.b[k]
            size += 3.0 * abs(weight) * P.sizes[k]
            for j in range(len(part.low)):
                at.v[j] += weight * P.A[k, j]

    total += choose_point(P, part, at)
    for k in range(len(P.b)):
        total += _bound_step(P, part, at, k)

    at.shift[3] = total + P.share * size + at.shift[1]
    return float(min(at.shift[2], at.shift[3]))


@compile_cached
def _bound_step(P: StepProgram, part: StepPart, at: StepPoint, k: int) -> float:
    """The most that a step less its multiplier times its argument comes to."""
    low, high, weight = at.ends[0, k], at.ends[1, k], part.weights[k]
    most = -np.inf
    if part.signs[k] <= 0:
        most = -weight * (low if weight >= 0.0 else min(high, -P.gaps[k]))
    if part.signs[k] >= 0:
        most = max(most, at.steps[k] - weight * (max(low, P.gaps[k]) if weight >= 0.0 else high))

    return float(most)


@compile_cached
def measure_derivative(sought: int, derivative: float) -> float:
    """What is measured of a derivative."""
    if sought == SLOPE:
        return derivative
    return abs(derivative) if sought == SIZES else derivative * derivative


@compile_cached
def find_arguments(P: StepProgram, at: StepPoint) -> None:
    """Arguments at x."""
    for k in range(len(P.b)):
        at.own[k] = P.b[k]

    for j in range(len(at.x)):
        x = at.x[j]
        if x != 0.0:
            for k in range(len(P.b)):
                at.own[k] += P.A[k, j] * x


@compile_cached
def measure_slope(P: StepProgram, z: Array) -> float:
    """What is measured where arguments are z (K,); -inf where a row doesn't count."""
    K, found = len(P.b), 0.0
    for k in range(K):
        if z[k] < P.floors[k] or (P.gaps[k] > 0.0 and abs(z[k]) <= P.gaps[k]):
            return -np.inf

    for q in range(len(P.derivatives)):
        slope = P.derivatives[q, K]
        for k in range(K):
            if z[k] >= 0.0:
                slope += P.derivatives[q, k]
        found += measure_derivative(P.sought, slope)

    return found
