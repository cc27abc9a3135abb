"""Which hinges of several columns may go, or become one, at the least cost: a search in float64.

It proposes; `hinge_moves` says exactly what each step costs.
"""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array
from relurules.lp.lengths import row_lengths
from relurules.networks.programs import to_rationals
from relurules.rules.exact_box import BoundedBox
from relurules.rules.hinge_moves import (
    ExactHinge,
    MoveBound,
    drop_hinge,
    merge_hinges,
    merge_parallel_hinges,
)

#: Of a set of columns with more hinges than this, each is compared with its nearest ones only.
_ALL_PAIRS, _NEAREST = 60, 8
#: Shares that are tried for the bound of a pair, by the odds beside those at which both forms weigh
#: alike.
_ODDS = np.append(10.0 ** np.linspace(-1.5, 1.5, 13), [0.0, np.inf])
#: Numbers in a block of pairs.
_BLOCK = 2**21


class _Step(NamedTuple):
    """A hinge that goes, or two that become one, with what that may cost, in order of that."""

    cost: float
    ticket: int
    one: int
    other: int | None = None
    #: Of a pair of one score the shares of its bound; of several the ratio of the forms.
    shares: tuple[float, float] = (0.5, 0.5)


@dataclass(frozen=True, eq=False)
class StepEffect:
    """A step that may be taken: the hinges that it takes out, and what it costs."""

    taken: tuple[int, ...]
    move: MoveBound


class HingeSearch:
    """Hinges of several columns, and the cheapest step from here.

    hinges: by number; parts: what columns each reads, as a number; only hinges of the same become
    one.
    """

    def __init__(self, hinges: Iterable[ExactHinge], parts: Iterable[int], box: BoundedBox) -> None:
        self.box = box
        self.hinges = dict(enumerate(hinges))
        self._part = dict(enumerate(parts))
        self._next = len(self.hinges)
        self._forms = {k: hinge.form.astype(np.float64) for k, hinge in self.hinges.items()}
        self._slopes = {k: hinge.slopes.astype(np.float64) for k, hinge in self.hinges.items()}
        self._heap: list[_Step] = []
        self._ticket = 0
        self._push_drops(list(self.hinges))
        for part in dict.fromkeys(self._part.values()):
            self._push_pairs(self._pair_within(part))

    def __len__(self) -> int:
        """How many hinges are left."""
        return len(self.hinges)

    def peek(self) -> float:
        """What the cheapest step costs, as far as float64 can tell; infinite where none is left."""
        while self._heap:
            step = self._heap[0]
            if step.one in self.hinges and (step.other is None or step.other in self.hinges):
                return step.cost
            heapq.heappop(self._heap)
        return np.inf

    def propose(self) -> StepEffect:
        """The cheapest step; it is proposed once."""
        step = heapq.heappop(self._heap)
        one = self.hinges[step.one]
        if step.other is None:
            return StepEffect((step.one,), drop_hinge(one, self.box))
        other = self.hinges[step.other]
        if len(one.slopes) == 1:
            move = merge_hinges(one, other, step.shares, self.box)
        else:
            move = merge_parallel_hinges(one, other, Fraction(step.shares[0]), self.box)

        return StepEffect((step.one, step.other), _drop_empty(move, self.box))

    def take(self, effect: StepEffect) -> int | None:
        """Take a step that was proposed; the number of the hinge that it puts in."""
        part = self._part[effect.taken[0]]
        for k in effect.taken:
            del self.hinges[k], self._forms[k], self._slopes[k], self._part[k]
        after = effect.move.after
        if after is None:
            return None

        new, self._next = self._next, self._next + 1
        self.hinges[new], self._part[new] = after, part
        self._forms[new] = after.form.astype(np.float64)
        self._slopes[new] = after.slopes.astype(np.float64)
        self._push_drops([new])
        others = [k for k, own in self._part.items() if own == part and k != new]
        self._push_pairs(self._choose_nearest([new], others))
        return new

    def _push_drops(self, numbers: list[int]) -> None:
        if not numbers:
            return
        low, high = self.box.estimate(np.array([self._forms[k] for k in numbers]))
        with np.errstate(invalid="ignore", divide="ignore"):
            depth = np.where((low < 0) & (high > 0), -low * high / (high - low), 0.0)
        sizes = np.abs([self._slopes[k] for k in numbers]).max(axis=1)
        for k, cost in zip(numbers, (sizes * depth / 2).tolist(), strict=True):
            self._push(_Step(cost, self._ticket, k))

    def _push(self, step: _Step) -> None:
        if np.isfinite(step.cost):
            heapq.heappush(self._heap, step)
            self._ticket += 1

    def _pair_within(self, part: int) -> list[tuple[int, int]]:
        own = [k for k, of in self._part.items() if of == part]
        if len(own) <= _ALL_PAIRS:
            return [(one, other) for i, one in enumerate(own) for other in own[:i]]
        return self._choose_nearest(own, own)

    def _choose_nearest(self, some: list[int], others: list[int]) -> list[tuple[int, int]]:
        """Pairs of each of some with others, of many only the most parallel ones."""
        if len(others) <= _ALL_PAIRS:
            return [(k, other) for k in some for other in others if k != other]
        one, other = self._find_directions(some), self._find_directions(others)
        pairs = set[tuple[int, int]]()
        for k, row in zip(some, np.abs(one @ other.T), strict=True):
            nearest = np.argpartition(-row, _NEAREST)[: _NEAREST + 1]
            pairs |= {
                (max(k, others[i]), min(k, others[i])) for i in nearest.tolist() if others[i] != k
            }

        return sorted(pairs)

    def _find_directions(self, numbers: list[int]) -> Array:
        """(n, d) unit vectors, in widths of the columns."""
        widths = self.box.high - self.box.low
        forms = np.array([self._forms[k][:-1] for k in numbers])
        forms = forms * np.where(np.isfinite(widths), widths, 0.0)
        length = row_lengths(forms)[:, None]
        return np.asarray(forms / np.where(length > 0, length, 1.0))

    def _push_pairs(self, pairs: list[tuple[int, int]]) -> None:
        step = max(1, _BLOCK // (len(_ODDS) * (len(self.box.low) + 1)))
        for start in range(0, len(pairs), step):
            some = pairs[start : start + step]
            one = np.array([self._forms[k] for k, _ in some])
            other = np.array([self._forms[k] for _, k in some])
            slopes = [np.array([self._slopes[pair[i]] for pair in some]) for i in (0, 1)]
            estimate = _estimate_merges if slopes[0].shape[1] == 1 else _estimate_parallels
            costs, shares = estimate((one, other), (slopes[0], slopes[1]), self.box)
            for (k, i), cost, share in zip(some, costs.tolist(), shares.tolist(), strict=True):
                self._push(_Step(cost, self._ticket, k, i, (share[0], share[1])))


def _drop_empty(move: MoveBound, box: BoundedBox) -> MoveBound:
    """The same move; a hinge that reads no column, or adds nothing, is none."""
    after = move.after
    if after is None or (any(after.form[:-1]) and any(after.slopes)):
        return move
    return move + drop_hinge(after, box)


def _estimate_merges(
    forms: tuple[Array, Array], slopes: tuple[Array, Array], box: BoundedBox
) -> tuple[Array, Array]:
    """(p,) what merging pairs of one score costs, and (p, 2) the shares of its bounds."""
    a, b = (form * np.abs(slope) for form, slope in zip(forms, slopes, strict=True))
    same = np.sign(slopes[0]) == np.sign(slopes[1])
    a = np.where(same, a, a - b)
    reach = [np.maximum(*np.abs(box.estimate(form))) for form in (a, b)]
    balance = np.where(reach[0] > 0, reach[1] / np.where(reach[0] > 0, reach[0], 1.0), 1.0)
    odds = balance[:, None] * _ODDS
    share = np.where(np.isfinite(odds), odds / (1.0 + np.where(np.isfinite(odds), odds, 0.0)), 1.0)

    p, n = len(a), len(_ODDS)
    mixed = share[:, :, None] * a[:, None] - (1.0 - share)[:, :, None] * b[:, None]
    low, high = box.estimate(mixed.reshape(p * n, -1))
    most, least = high.reshape(p, n), -low.reshape(p, n)
    best = most.argmin(axis=1), least.argmin(axis=1)
    rows = np.arange(p)
    cost = np.maximum(0.0, np.maximum(most[rows, best[0]], least[rows, best[1]])) / 2
    return cost, np.column_stack([share[rows, best[0]], share[rows, best[1]]])


def _estimate_parallels(
    forms: tuple[Array, Array], slopes: tuple[Array, Array], box: BoundedBox
) -> tuple[Array, Array]:
    """(p,) what it costs to turn the second hinge into a multiple of the first, and (p, 2) that
    multiple, twice.
    """
    one, other = forms
    widths = np.append(np.where(box.open, 0.0, box.high - box.low), 1.0)
    at = np.append(box.middle, 0.0)
    scaled = [form * widths for form in (one, other)]
    for form, own in zip(scaled, (one, other), strict=True):
        form[:, -1] = own[:, -1] + own @ at
    size = (scaled[0] ** 2).sum(axis=1)
    ratio = (scaled[0] * scaled[1]).sum(axis=1) / np.where(size > 0, size, 1.0)
    low, high = box.estimate(other - ratio[:, None] * one)
    cost = np.abs(slopes[1]).max(axis=1) * np.maximum(np.abs(low), np.abs(high)) / 2
    cost = np.where(ratio != 0.0, cost, np.inf)

    return cost, np.column_stack([ratio, ratio])


def list_hinges(
    normals: Array, bounds: Array, slopes: Array, chosen: NDArray[np.intp]
) -> list[ExactHinge]:
    """Lines (K, d), (K,), (K, m) as hinges, those chosen."""
    forms = to_rationals(np.column_stack([normals[chosen], -bounds[chosen]]))
    gains = to_rationals(slopes[chosen])
    return [ExactHinge(form, slope) for form, slope in zip(forms, gains, strict=True)]
