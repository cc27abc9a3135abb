"""Linear programs that contain a piecewise linear one on a part of its domain, and what they bound.

A part is a box of all variables and the signs of some neurons. A neuron of known sign is linear;
of any other the convex hull of its PReLU is taken (R. Ehlers, "Formal Verification of Piece-Wise
Linear Feed-Forward Neural Networks", 2017). A solver proposes multipliers, weak duality with
outward rounding makes them a bound.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array
from relurules.lp.certified import compute_upper_bounds
from relurules.lp.highs import propose_maximum
from relurules.lp.lengths import row_lengths, vector_length
from relurules.lp.tolerances import UNIT
from relurules.networks.program_cells import ProgramCell, bound_forms
from relurules.networks.programs import PiecewiseProgram

#: Roundings of a float's entry, of the product that made it, and of sums of bounds.
_SLACK = 8.0 * UNIT


class CellBound(NamedTuple):
    """What the goal doesn't exceed on a part, -inf where that is certified to be empty, and the
    solver's point (n,), None without one.
    """

    bound: float
    point: Array | None


def bound_cell(program: PiecewiseProgram, cell: ProgramCell) -> CellBound:
    """What the goal doesn't exceed on a part, by a linear program."""
    box = float(bound_forms(program.goal_form[None], cell.low, cell.high, program.groups)[1][0])
    rows = build_rows(program, cell)
    telling = rows[:, :-1].any(axis=1)
    if (rows[~telling, -1] < 0.0).any():
        return CellBound(-np.inf, None)
    rows = rows[telling]
    proposal = propose_point(program.goal_form, rows, cell)
    if proposal is None:
        empty = is_refuted(rows, cell)
        return CellBound(-np.inf if empty else box, None)

    point, multipliers = proposal

    return CellBound(min(box, apply_multipliers(program.goal_form, rows, multipliers, cell)), point)


def apply_multipliers(form: Array, rows: Array, multipliers: Array, cell: ProgramCell) -> float:
    """What a form (n + 1,) doesn't exceed in a box where rows >= 0, every entry of which may be a
    few roundings off.
    """
    y = np.where(np.isfinite(multipliers) & (multipliers > 0.0), multipliers, 0.0)
    used = y > 0
    read = (form[:-1] != 0) | (rows[used][:, :-1] != 0).any(axis=0)
    at = np.append(read, True)
    low, high = cell.low[read], cell.high[read]
    walls, form = rows[used][:, at], form[at]
    with np.errstate(over="ignore", invalid="ignore"):
        width = np.nextafter(high - low, np.inf)
        bound = compute_upper_bounds(low, width, walls, form[None], y[None, used])[0]
        size = np.abs(form) + y[used] @ np.abs(walls)
        extra = _SLACK * float(size[:-1] @ (np.abs(low) + width) + size[-1])
        found = float(bound + extra * (1.0 + _SLACK))

    return found if np.isfinite(found) else np.inf


def build_rows(program: PiecewiseProgram, cell: ProgramCell) -> Array:
    """(r, n + 1) forms that are >= 0 on a part; entries may be rounded a few times."""
    z, K = program.arguments, len(program.b)
    p = np.column_stack([np.zeros((K, len(program.low))), np.eye(K), np.zeros(K)])
    slope = program.slope[:, None]
    on, off, open_ = cell.signs > 0, cell.signs < 0, cell.signs == 0
    bent = program.slope != 0  # where it is 0, p >= 0 is a side of the box
    side = np.where(program.slope <= 1.0, 1.0, -1.0)[:, None]
    low, high = bound_forms(z, cell.low, cell.high, program.groups)

    return np.vstack(
        [
            program.constraints,
            (p - z)[on],
            (z - p)[on],
            -z[off],
            (p - slope * z)[off & bent],
            (slope * z - p)[off & bent],
            (side * (p - z))[open_],
            (side * (p - slope * z))[open_ & bent],
            _build_chords(program, open_, (low, high), p),
        ]
    )


def _build_chords(
    program: PiecewiseProgram, open_: NDArray[np.bool_], bounds: tuple[Array, Array], p: Array
) -> Array:
    """Rows side (c z + e - p) >= 0 of neurons of unknown sign: chords over their bounds."""
    found = []
    for k in np.flatnonzero(open_).tolist():
        low, high, slope = float(bounds[0][k]), float(bounds[1][k]), float(program.slope[k])
        side = 1.0 if slope <= 1.0 else -1.0
        gain, shift = _find_chord(low, high, slope)
        if not (np.isfinite(gain) and np.isfinite(shift)):
            continue
        row = side * (gain * program.arguments[k] - p[k])
        # the constant may only be too large
        size = abs(gain * program.arguments[k, -1]) + abs(shift)
        row[-1] = side * (gain * program.arguments[k, -1] + shift) + _SLACK * size
        found.append(row)

    return np.array(found).reshape(-1, program.variables + 1)


def _find_chord(low: float, high: float, slope: float) -> tuple[float, float]:
    """A gain c, and a shift e with c z + e on the far side of phi(z) for low <= z <= high, but for
    a few roundings of e; not finite where there is none.
    """
    low, high = min(low, 0.0), max(high, 0.0)
    if np.isfinite(low) and np.isfinite(high):
        gain = (high - slope * low) / (high - low) if low < high else 1.0
        gain = min(max(gain, min(slope, 1.0)), max(slope, 1.0))
        ends = (high - gain * high, slope * low - gain * low)
        size = (abs(gain) + abs(slope) + 1.0) * max(abs(low), abs(high))
        most = max(ends) if slope <= 1.0 else min(ends)
        return gain, most + (1.0 if slope <= 1.0 else -1.0) * _SLACK * size

    if np.isfinite(low):
        return 1.0, (slope - 1.0) * low
    if np.isfinite(high):
        return slope, (1.0 - slope) * high

    return np.nan, np.nan


def _scale(rows: Array, cell: ProgramCell) -> tuple[Array, Array, Array, Array]:
    """Rows in coordinates of about [-1, 1], of unit length: these, their lengths, and middles and
    half widths of the variables.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        middle, half = cell.low / 2 + cell.high / 2, cell.high / 2 - cell.low / 2
    one = np.where(np.isfinite(cell.low), cell.low, np.where(np.isfinite(cell.high), cell.high, 0))
    middle = np.where(np.isfinite(middle), middle, one)
    half = np.where(np.isfinite(half), half, 1.0)
    scaled = np.column_stack([rows[:, :-1] * half, rows[:, -1] + rows[:, :-1] @ middle])
    length = row_lengths(scaled[:, :-1])
    length = np.where((length > 0) & np.isfinite(length), length, 1.0)

    return scaled / length[:, None], length, middle, half


def _scale_box(cell: ProgramCell, middle: Array, half: Array) -> tuple[Array, Array]:
    """The box in these coordinates; what is held is at 0."""
    unit = np.where(half > 0, half, np.inf)
    return (cell.low - middle) / unit, (cell.high - middle) / unit


def propose_point(form: Array, rows: Array, cell: ProgramCell) -> tuple[Array, Array] | None:
    """A point (n,) and multipliers (r,) by a solver; None where it has no answer."""
    scaled, length, middle, half = _scale(rows, cell)
    goal = form[:-1] * half
    size = vector_length(goal) or 1.0
    low, high = _scale_box(cell, middle, half)
    if not np.isfinite(goal).all() or not np.isfinite(scaled).all():
        return None
    found = propose_maximum(goal / size, -scaled[:, :-1], scaled[:, -1], low, high)
    if found is None or not np.isfinite(found.multipliers).all():
        return None

    return middle + half * found.point, found.multipliers * size / length


def is_refuted(rows: Array, cell: ProgramCell) -> bool:
    """Whether it is certified that no point of a box meets all rows (Farkas' lemma)."""
    if not len(rows) or not np.isfinite([cell.low, cell.high]).all():
        return False
    scaled, length, middle, half = _scale(rows, cell)
    low, high = _scale_box(cell, middle, half)
    slack = np.column_stack([-scaled[:, :-1], np.ones(len(rows))])
    found = propose_maximum(
        np.append(np.zeros(len(low)), 1.0),
        slack,
        scaled[:, -1],
        np.append(low, -1e6),
        np.append(high, 1.0),
    )
    if found is None:
        return False
    nothing = np.zeros(rows.shape[1])

    return apply_multipliers(nothing, rows, found.multipliers / length, cell) < 0.0


def find_inner_point(walls: Array, low: Array, high: Array) -> Array | None:
    """A point (d,) of a box away from its sides and from walls (x, 1) >= 0; None where a solver
    finds none.
    """
    d, free = len(low), low < high
    with np.errstate(invalid="ignore"):
        width = np.where(np.isfinite(high - low) & free, high - low, 1.0)
    one = np.where(np.isfinite(low), low, np.where(np.isfinite(high), high, 0.0))
    G = -walls[:, :-1] * np.where(free, width, 0.0)
    h = walls[:, -1] + walls[:, :-1] @ one
    length = row_lengths(G)
    G, h = G[length > 0] / length[length > 0, None], h[length > 0] / length[length > 0]

    sides = np.eye(d)
    below, above = free & np.isfinite(low), free & np.isfinite(high)
    A = np.vstack([G, -sides[below], sides[above]])
    b = np.concatenate([h, np.zeros(below.sum()), ((high - one) / width)[above]])
    room = np.column_stack([A, np.ones(len(A))])
    far = np.full(d, np.inf)
    found = propose_maximum(
        np.append(np.zeros(d), 1.0), room, b, np.append(-far, -np.inf), np.append(far, 1.0)
    )

    return None if found is None else one + np.where(free, width * found.point[:d], 0.0)
