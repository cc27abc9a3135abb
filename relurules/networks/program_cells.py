"""Parts of a program's domain: boxes of all variables and signs of neurons, how they are tightened,
and how they are split. Bounds are rounded outward.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array
from relurules.lp.certified import rounding_gamma
from relurules.lp.tolerances import UNIT
from relurules.networks.programs import PiecewiseProgram

#: Rounds in which boxes are tightened by the rows, and by which share of its width one must shrink
#: that another round is worth it.
_ROUNDS, _WORTH = 4, 0.1


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


def start_cell(program: PiecewiseProgram) -> ProgramCell:
    """All of the domain."""
    K = len(program.b)
    return ProgramCell(
        np.append(program.low, np.full(K, -np.inf)),
        np.append(program.high, np.full(K, np.inf)),
        np.zeros(K, dtype=np.int8),
    )


def bound_forms(
    forms: Array, low: Array, high: Array, groups: Sequence[tuple[int, ...]] = ()
) -> tuple[Array, Array]:
    """(r,) each: between which values forms (r, n + 1) lie over a box, rounded outward.

    groups: variables of which exactly one is 1 and the others are 0, or shares that add up to 1.
    """
    weights, constants = forms[:, :-1], forms[:, -1]
    share = rounding_gamma(forms.shape[1] + 4.0)
    with np.errstate(invalid="ignore", over="ignore"):
        one = np.where(weights == 0.0, 0.0, weights * low)
        other = np.where(weights == 0.0, 0.0, weights * high)
        found = []
        for sign in (1.0, -1.0):
            least = np.minimum(sign * one, sign * other)
            for group in groups:
                _take_least_category(least, sign * weights, list(group), high)
            size = np.abs(least).sum(axis=1) + np.abs(constants)
            below = least.sum(axis=1) + sign * constants - share * size - 1e-300
            found.append(sign * np.where(np.isfinite(below), below, -np.inf))

    return found[0], found[1]


def _take_least_category(least: Array, weights: Array, group: list[int], high: Array) -> None:
    """Terms (r, n) of a group of categories: the least one of those that may be 1, once."""
    open_ = [i for i in group if high[i] > 0.0]
    if open_:
        own = weights[:, open_].min(axis=1)
        least[:, group] = 0.0
        least[:, open_[0]] = own


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
        z_low, z_high = bound_forms(program.arguments, cell.low, cell.high, program.groups)
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
