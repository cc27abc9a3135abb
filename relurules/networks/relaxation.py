"""Linear programs that contain a piecewise linear one on a part of its domain, and what they bound.

A part is a box of all variables and the signs of some neurons. A neuron of known sign is linear;
of any other the convex hull of its PReLU is taken (R. Ehlers, "Formal Verification of Piece-Wise
Linear Feed-Forward Neural Networks", 2017). A solver proposes multipliers, weak duality with
outward rounding makes them a bound.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array
from relurules.lp.certified import compute_upper_bounds, rounding_gamma
from relurules.lp.highs import propose_maximum
from relurules.lp.tolerances import UNIT
from relurules.networks.programs import PiecewiseProgram

#: Rounds in which boxes are tightened by the rows, and by which share of its width one must shrink
#: that another round is worth it.
_ROUNDS, _WORTH = 4, 0.1
#: Roundings of a float's entry, of the product that made it, and of sums of bounds.
_SLACK = 8.0 * UNIT


@dataclass
class ProgramCell:
    """A part of a program's domain: boxes of all variables, (n,) each, and signs (K,), 0 where
    unknown.
    """

    low: Array
    high: Array
    signs: NDArray[np.int8]

    def copy(self) -> "ProgramCell":
        """A part that can be changed by itself."""
        return ProgramCell(self.low.copy(), self.high.copy(), self.signs.copy())


class CellBound(NamedTuple):
    """What the goal doesn't exceed on a part, -inf where that is certified to be empty, and the
    solver's point (n,), None without one.
    """

    bound: float
    point: Array | None


def start_cell(program: PiecewiseProgram) -> ProgramCell:
    """All of the domain."""
    K = len(program.b)
    return ProgramCell(
        np.append(program.low, np.full(K, -np.inf)),
        np.append(program.high, np.full(K, np.inf)),
        np.zeros(K, dtype=np.int8),
    )


def bound_forms(forms: Array, low: Array, high: Array) -> tuple[Array, Array]:
    """(r,) each: between which values forms (r, n + 1) lie over a box, rounded outward."""
    weights, constants = forms[:, :-1], forms[:, -1]
    share = rounding_gamma(forms.shape[1] + 4.0)
    with np.errstate(invalid="ignore", over="ignore"):
        one = np.where(weights == 0.0, 0.0, weights * low)
        other = np.where(weights == 0.0, 0.0, weights * high)
        found = []
        for sign in (1.0, -1.0):
            least = np.minimum(sign * one, sign * other)
            size = np.abs(least).sum(axis=1) + np.abs(constants)
            below = least.sum(axis=1) + sign * constants - share * size - 1e-300
            found.append(sign * np.where(np.isfinite(below), below, -np.inf))
    return found[0], found[1]


def activate_bounds(low: Array, high: Array, slope: Array) -> tuple[Array, Array]:
    """(K,) each: bounds of phi, rounded out, where its argument lies between two."""
    with np.errstate(invalid="ignore", over="ignore"):
        ends = [np.where(z >= 0, z, np.where(slope == 0, 0.0, slope * z)) for z in (low, high)]
    inner = (low < 0) & (high > 0)
    least, most = np.minimum(*ends), np.maximum(*ends)
    least = np.where(inner, np.minimum(least, 0.0), least)
    most = np.where(inner, np.maximum(most, 0.0), most)
    rounds = (slope != 0) & (slope != 1)
    return (
        np.where(rounds & (least != 0), np.nextafter(least, -np.inf), least),
        np.where(rounds & (most != 0), np.nextafter(most, np.inf), most),
    )


def tighten_cell(program: PiecewiseProgram, cell: ProgramCell) -> bool:
    """Tighten boxes, and find signs that follow; False where a part is certified to be empty."""
    first = len(program.low)
    for _ in range(_ROUNDS):
        before = cell.high - cell.low
        # neurons read earlier ones: as many passes as there are levels would do, so few do most
        z_low, z_high = bound_forms(program.arguments, cell.low, cell.high)
        z_low = np.where(cell.signs > 0, np.maximum(z_low, 0.0), z_low)
        z_high = np.where(cell.signs < 0, np.minimum(z_high, 0.0), z_high)
        if (z_low > z_high).any():
            return False
        cell.signs[(cell.signs == 0) & (z_low >= 0)] = 1
        cell.signs[(cell.signs == 0) & (z_high <= 0)] = -1
        least, most = activate_bounds(z_low, z_high, program.slope)
        cell.low[first:] = np.maximum(cell.low[first:], least)
        cell.high[first:] = np.minimum(cell.high[first:], most)

        _shrink_boxes(_list_known_rows(program, cell), cell)
        _round_boxes(program, cell)
        if (cell.low > cell.high).any():
            return False
        with np.errstate(invalid="ignore"):
            shrunk = (cell.high - cell.low) < (1.0 - _WORTH) * before
        if not (shrunk | (np.isinf(before) & np.isfinite(cell.high - cell.low))).any():
            break
    return True


def _list_known_rows(program: PiecewiseProgram, cell: ProgramCell) -> Array:
    """(r, n + 1) forms that are >= 0: constraints, and arguments of known sign."""
    return np.vstack(
        [
            program.constraints,
            program.arguments[cell.signs > 0],
            -program.arguments[cell.signs < 0],
        ]
    )


def _shrink_boxes(rows: Array, cell: ProgramCell) -> None:
    """Bounds of single variables that follow from each of rows (r, n + 1) >= 0, rounded outward."""
    if not len(rows):
        return
    weights = rows[:, :-1]
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        most = np.where(weights == 0.0, 0.0, np.maximum(weights * cell.low, weights * cell.high))
        most = np.where(np.isnan(most), np.inf, most)
        open_ = np.isinf(most)
        finite = np.where(open_, 0.0, most)
        total = finite.sum(axis=1) + rows[:, -1]
        size = np.abs(finite).sum(axis=1) + np.abs(rows[:, -1])
        room = (rounding_gamma(rows.shape[1] + 8.0) * size + 1e-300)[:, None]
        others = (total[:, None] - finite) + room  # what all other terms come to at most
        known = (open_.sum(axis=1)[:, None] - open_) == 0
        limit = -others / weights  # weights y >= -others
        limit = np.where(known & np.isfinite(limit) & (weights != 0.0), limit, np.nan)
        slack = 4.0 * UNIT * np.abs(limit)
        above = np.where(weights < 0.0, limit + slack, np.nan)
        below = np.where(weights > 0.0, limit - slack, np.nan)
    cell.high = np.fmin(cell.high, np.fmin.reduce(above, axis=0))
    cell.low = np.fmax(cell.low, np.fmax.reduce(below, axis=0))


def _round_boxes(program: PiecewiseProgram, cell: ProgramCell) -> None:
    """Whole numbers, and indicators, have whole bounds."""
    own = [i for group in program.groups for i in group]
    at = np.union1d(np.flatnonzero(program.whole), own).astype(np.intp)
    cell.low[at], cell.high[at] = np.ceil(cell.low[at]), np.floor(cell.high[at])
    for group in map(list, program.groups):
        chosen = [i for i in group if cell.low[i] >= 1.0]
        if chosen:
            cell.high[[i for i in group if i != chosen[0]]] = 0.0


def list_open_categories(cell: ProgramCell, group: tuple[int, ...]) -> list[int]:
    """The members of a group that may be 1, none where just one is left."""
    found = [i for i in group if cell.high[i] > 0.0]
    return found if len(found) > 1 and not (cell.low[found] >= 1.0).any() else []


def split_by_category(cell: ProgramCell, open_: list[int]) -> list[ProgramCell]:
    """One part for each of the members of a group that may be 1."""
    found = []
    for chosen in open_:
        child = cell.copy()
        child.low[open_], child.high[open_] = 0.0, 0.0
        child.low[chosen] = child.high[chosen] = 1.0
        found.append(child)
    return found


def split_by_sign(cell: ProgramCell, neuron: int) -> list[ProgramCell]:
    """The parts on either side of a neuron's kink."""
    found = []
    for sign in (1, -1):
        child = cell.copy()
        child.signs[neuron] = sign
        found.append(child)
    return found


def bound_cell(program: PiecewiseProgram, cell: ProgramCell) -> CellBound:
    """What the goal doesn't exceed on a part, by a linear program."""
    box = float(bound_forms(program.goal_form[None], cell.low, cell.high)[1][0])
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
    low, high = bound_forms(z, cell.low, cell.high)
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
    length = np.linalg.norm(scaled[:, :-1], axis=1)
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
    size = float(np.linalg.norm(goal)) or 1.0
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
    length = np.linalg.norm(G, axis=1)
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
