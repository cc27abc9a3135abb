"""What stands for lines whose sign isn't known in a cell, where their weighted sum is bounded from
above by a linear program.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.checker import DomainSpace
from relurules.proofs.float_model import CategoryGroups, maximise_forms

Array = NDArray[np.float64]
Index = NDArray[np.intp]

#: A change between two lines may be so much larger than the line itself.
_SAME = 1.0 + 1e-9


@dataclass(frozen=True)
class LineBounds:
    """How far arguments of lines, (K, n + 1) forms, may be above and below 0, over the box and the
    categories allowed.
    """

    forms: Array
    space: DomainSpace
    allowed: CategoryGroups

    @cached_property
    def over(self) -> Array:
        """(K,) above 0."""
        return np.maximum(0.0, maximise_forms(self.forms, self.space, self.allowed))

    @cached_property
    def under(self) -> Array:
        """(K,) below 0."""
        return np.maximum(0.0, maximise_forms(-self.forms, self.space, self.allowed))

    @cached_property
    def rises(self) -> Array:
        """(K, K) how far the argument at [k, i] of line k may be above that of line i."""
        count, size = self.forms.shape
        apart = (self.forms[:, None] - self.forms[None]).reshape(-1, size)
        most = maximise_forms(apart, self.space, self.allowed)
        return np.maximum(0.0, most).reshape(count, count)


@dataclass(frozen=True, kw_only=True)
class Relaxation:
    """Upper bounds of a weighted sum of lines: `total`, (n + 1,), is one but for lines `kept`,
    (c,), of negative `weights`, (c,), of which any share from 0 to 1 of their arguments is one too.

    takes: what a certificate says of the other lines whose sign isn't known. chords: lines of
    positive weight that are replaced, with that and the form that stands for one; changes: (line,
    other, weight, form), of what a line is more than another one.
    """

    total: Array
    kept: Index
    weights: Array
    takes: list[Any]
    chords: list[tuple[int, float, Array]]
    changes: list[tuple[int, int, float, Array]]

    def list_takes(self, shares: Array) -> list[Any]:
        """What a certificate says of all of them; shares: (c,)."""
        kept = [
            ["chord", int(k), float(share), [], []]
            for k, share in zip(self.kept, shares, strict=True)
        ]
        return [*self.takes, *kept]

    def measure_gaps(self, point: Array, forms: Array) -> Array:
        """(K,) by how much what stands for a line is too large at a point (n,); both lines of a
        change have that of the change.
        """
        u = np.append(point, 1.0)
        lines, gaps = np.maximum(0.0, forms @ u), np.zeros(len(forms))
        for k, weight, form in self.chords:
            gaps[k] += weight * (form @ u - lines[k])
        for k, other, weight, form in self.changes:
            gap = weight * (form @ u - (lines[k] - lines[other]))
            gaps[[k, other]] += gap
        return gaps


def find_known_signs(
    bounds: LineBounds, known: NDArray[np.int8], rows: Mapping[int, int]
) -> tuple[NDArray[np.int8], list[Any]]:
    """Signs of lines (K,), 0 where unknown, and what a certificate says of those that aren't in
    `known`; rows: line that a cell is cut along -> the number of its row.
    """
    signs, takes = known.copy(), list[Any]()
    for k in np.flatnonzero(known == 0).tolist():
        above = [i for i in rows if known[i] > 0 and bounds.rises[i, k] == 0.0]
        below = [i for i in rows if known[i] < 0 and bounds.rises[k, i] == 0.0]
        for side, beyond, shown in ((1, bounds.under[k], above), (-1, bounds.over[k], below)):
            if beyond == 0.0 or shown:
                number = side * (k + 1)
                takes.append([number, rows[shown[0]], 1] if beyond else number)
                signs[k] = side
                break

    return signs, takes


def relax_lines(
    bounds: LineBounds, weights: Array, signs: NDArray[np.int8], by_changes: bool
) -> Relaxation:
    """What stands for lines of weights (K,) in a cell where signs (K,) are known, or 0.

    by_changes: whether a line whose weight has the other sign than that of one like it is told by
    what it is more than that one.
    """
    forms, over, under = bounds.forms, bounds.over, bounds.under
    on, takes = signs > 0, list[Any]()
    own, changes = weights.copy(), []
    is_open = (signs == 0) & (weights != 0.0)
    for k, other in _pair_lines(bounds, weights, is_open) if by_changes else ():
        share, form = _relax_change(bounds, k, other, weights[k])
        changes.append((k, other, float(weights[k]), form))
        takes.append(["change", k, other, share, [], []])
        own[other], own[k], is_open[k] = own[other] + weights[k], 0.0, False

    total = own[on] @ forms[on]
    chords = []
    for k in np.flatnonzero(is_open & (own >= 0.0)).tolist():
        share = float(over[k] / (over[k] + under[k]))
        form = _shift(share * forms[k], max((1.0 - share) * over[k], share * under[k]))
        chords.append((k, float(own[k]), form))
        takes.append(["chord", k, share, [], []])
        total = total + own[k] * form

    for _, _, weight, form in changes:
        total = total + weight * form

    kept = np.flatnonzero(is_open & (own < 0.0))
    return Relaxation(
        total=total, kept=kept, weights=own[kept], takes=takes, chords=chords, changes=changes
    )


def _pair_lines(bounds: LineBounds, weights: Array, is_open: NDArray[np.bool_]) -> list[Any]:
    """(line, other) pairs of weights of both signs, the nearest ones first; no line that another
    one's change is from has one of its own.
    """
    most = np.maximum(bounds.rises, bounds.rises.T)
    width = (bounds.over + bounds.under)[:, None]
    allowed = is_open[:, None] & (np.outer(weights, weights) < 0.0) & (most <= _SAME * width)
    cost = np.where(allowed, most * np.abs(weights)[:, None], np.inf)

    found: list[tuple[int, int]] = []
    while np.isfinite(best := cost.min(initial=np.inf)):
        k, other = (int(i) for i in np.argwhere(cost == best)[0])
        found.append((k, other))
        cost[k, :] = cost[:, k] = cost[other, :] = np.inf
        cost[:, other] = np.inf

    return found


def _relax_change(bounds: LineBounds, k: int, other: int, weight: float) -> tuple[float, Array]:
    """The share of the change of arguments that stands for the change of lines, and its form: above
    it for a positive weight, else below.
    """
    over, under = float(bounds.rises[k, other]), float(bounds.rises[other, k])
    wide = over + under
    part = over / wide if wide else 1.0
    share = part if weight > 0.0 else 1.0 - part
    form = share * (bounds.forms[k] - bounds.forms[other])
    if weight > 0.0:
        return share, _shift(form, max((1.0 - share) * over, share * under))
    return share, _shift(form, -max(share * over, (1.0 - share) * under))


def _shift(form: Array, by: float) -> Array:
    moved = form.copy()
    moved[-1] += by
    return moved
