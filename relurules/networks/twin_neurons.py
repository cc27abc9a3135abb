"""Neurons that are nearly the same function: of two rows that differ in one column, or of two
versions of a network.

Between its two slopes, phi grows no faster and no slower than that, so what two such neurons differ
by lies between two multiples of what their arguments differ by. Rows that say so bound a change
where the neurons' own relaxations, each for itself, would not.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array
from relurules.lp.tolerances import UNIT
from relurules.networks.program_cells import ProgramCell, bound_forms
from relurules.networks.programs import PiecewiseProgram

#: Two neurons are twins where their arguments differ by less than this share of what one may be.
_NEAR = 0.75
#: Roundings of a chord's constant.
_SLACK = 16.0 * UNIT


class TwinRows(NamedTuple):
    """Forms (r, n + 1) that are >= 0, and multipliers (r,) to begin with: those by which a goal's
    terms of two twins cancel. twins: (K,) of every neuron an earlier one, -1 for none; gaps: (K, 2)
    between which values its argument less that one's lies.
    """

    forms: Array
    weights: Array
    twins: NDArray[np.int64]
    gaps: Array


def list_twin_rows(program: PiecewiseProgram, root: ProgramCell) -> TwinRows:
    """Rows of every neuron and the earlier one whose argument is nearest."""
    first, K = len(program.low), len(program.b)
    gaps, changes, twins = np.zeros((K, 2)), np.zeros((K, 2)), np.full(K, -1)
    low, high = bound_forms(program.arguments, root.low, root.high, program.groups)
    forms, weights = list[Array](), list[float]()
    for k in range(K):
        earlier = np.flatnonzero(
            (program.slope[:k] == program.slope[k]) & (program.slope[:k] <= 1.0) & (twins[:k] < 0)
        )
        if not len(earlier):
            continue
        ends = _bound_differences(program, root, k, earlier, (twins, changes))
        wide = np.maximum(ends[:, 1] - ends[:, 0], np.abs(ends).max(axis=1))
        best = int(np.argmin(wide))
        if not wide[best] <= _NEAR * (high[k] - low[k]):
            continue

        twin, slope = int(earlier[best]), float(program.slope[k])
        twins[k], (least, most) = twin, ends[best].tolist()
        gaps[k] = least, most
        changes[k] = _bound_change(slope, least, most)
        change = np.zeros(program.variables + 1)
        change[first + k], change[first + twin] = 1.0, -1.0
        moved = program.arguments[k] - program.arguments[twin]
        forms += _list_sides(change, moved, slope, (least, most))
        gain = program.goal_form[first + k], -program.goal_form[first + twin]
        cancelled = float(np.sign(gain[0]) * min(abs(gain[0]), abs(gain[1])))
        cancelled = cancelled if gain[0] * gain[1] > 0 else 0.0
        weights += [max(0.0, cancelled), max(0.0, -cancelled)]

    every = np.array(forms).reshape(-1, program.variables + 1)
    return TwinRows(every, np.array(weights), twins.astype(np.int64), gaps)


def _bound_change(slope: float, least: float, most: float) -> tuple[float, float]:
    """Between which values two neurons differ whose arguments differ by between two values; where a
    slope is negative, by less the more these do.
    """
    ends = least, most, slope * least, slope * most
    return float(np.nextafter(min(ends), -np.inf)), float(np.nextafter(max(ends), np.inf))


def _bound_differences(
    program: PiecewiseProgram, root: ProgramCell, k: int, earlier: NDArray[np.intp],
    known: tuple[NDArray[np.int64], Array],
) -> Array:  # fmt: skip
    """(e, 2) between which values the argument of a neuron less those of earlier ones lies.

    known: of every neuron its twin, -1 for none, and (K, 2) what it differs by from that.
    """
    first, (twins, gaps) = len(program.low), known
    forms = program.arguments[k] - program.arguments[earlier]
    changes = np.zeros((len(forms), len(twins)))
    for m in reversed(np.flatnonzero(twins >= 0).tolist()):
        moved = forms[:, first + m].copy()
        changes[:, m] = moved
        forms[:, first + m] = 0.0
        forms[:, first + twins[m]] += moved

    every = np.column_stack([forms[:, :-1], changes, forms[:, -1]])
    low, high = bound_forms(
        every, np.append(root.low, gaps[:, 0]), np.append(root.high, gaps[:, 1]), program.groups
    )
    # a coefficient may be a few roundings off: of what was there before sums cancelled
    size = np.abs(program.arguments[earlier]) + np.abs(program.arguments[k])
    reach = np.append(np.maximum(np.abs(root.low), np.abs(root.high)), 1.0)
    moved_to = first + np.where(twins >= 0, twins, np.arange(len(twins)))
    reach[first:-1] = np.maximum(reach[first:-1], reach[moved_to])
    room = 4.0 * (1.0 + len(twins)) * UNIT * (size @ reach)

    return np.column_stack([low - room, high + room])


def _list_sides(
    change: Array, moved: Array, slope: float, ends: tuple[float, float]
) -> list[Array]:
    """What two neurons differ by, `change`, is no more than a form of what their arguments differ
    by, and no less than another one.
    """
    low, high = ends
    if low >= 0.0:
        return [moved - change, change - slope * moved]

    if high <= 0.0:
        return [slope * moved - change, change - moved]

    wide = high - low
    gains = (high - slope * low) / wide, (slope * high - low) / wide
    above, below = gains[0] * moved - change, change - gains[1] * moved
    room = _SLACK * (1.0 + abs(slope)) * (abs(low) + abs(high))
    above[-1] += max(high - gains[0] * high, slope * low - gains[0] * low) + room
    below[-1] += max(gains[1] * high - slope * high, gains[1] * low - low) + room

    return [above, below]
