"""The lines that are closest to scores on rows, by least squares: chosen one after the other, those
of least use left out again, and all weights fitted anew.

Candidates are compared by what each explains of the rest once what is there already is projected
out of it (orthogonal matching pursuit: Y. Pati, R. Rezaiifar and P. Krishnaprasad, 1993).
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.ir.limits import Deadline
from relurules.ir.network import Array

#: Rows that choices are made on; weights are fitted on all.
_ROWS = 4000
#: Numbers in a block of candidates.
_BLOCK = 2**22
#: So many lines more than asked for are chosen, as a share, before those of least use go.
_MORE = 0.25
#: A candidate of which less than this share is left after the projection is nothing new.
_NEW = 1e-6
#: What counts as no direction of its own in a fit, as a share of the largest.
_RANK = 1e-9


class LineTargets(NamedTuple):
    """What lines are to be close to: rows (N, d), scores (N, m); read: (d,) coordinates that a base
    may read.
    """

    X: Array
    scores: Array
    read: NDArray[np.bool_]


class CandidateLines(NamedTuple):
    """Lines that may be chosen: normal·x > bound, normals (P, d), bounds (P,)."""

    normals: Array
    bounds: Array

    def activate(self, X: Array, chosen: NDArray[np.intp]) -> Array:
        """(N, k): how far rows are beyond each of those chosen."""
        return np.maximum(0.0, X @ self.normals[chosen].T - self.bounds[chosen])


@dataclass(frozen=True, kw_only=True, eq=False)
class ChosenLines:
    """Indices of candidates (k,), the weights of a base (m, d), its constants (m,), slopes (k, m),
    and (m,) the root of the mean squared difference on the rows.
    """

    chosen: NDArray[np.intp]
    weights: Array
    constants: Array
    slopes: Array
    difference: Array


def choose_lines(
    targets: LineTargets, candidates: CandidateLines, most: int, deadline: Deadline
) -> ChosenLines:
    """At most so many candidates, with a base, that are closest to the scores on the rows."""
    step = max(1, len(targets.X) // _ROWS)
    some = LineTargets(targets.X[::step], targets.scores[::step], targets.read)
    search = _LineSearch(some, candidates)
    chosen: list[int] = []
    goal = min(len(candidates.bounds), most + max(1, round(_MORE * most)))
    while len(chosen) < goal:
        deadline.check(f"choosing {most} lines on rows, with {len(chosen)} chosen")
        best = search.find_best()
        if best is None:
            break
        search.add(best)
        chosen.append(best)
    while len(chosen) > most:
        chosen.pop(search.find_least_useful(chosen))

    return fit_lines(targets, candidates, np.array(sorted(chosen), dtype=np.intp))


def fit_lines(
    targets: LineTargets, candidates: CandidateLines, chosen: NDArray[np.intp]
) -> ChosenLines:
    """The closest weights of a base and of these lines."""
    base, scores = targets.X[:, targets.read], targets.scores
    d, middle = base.shape[1], base.mean(axis=0)
    basis = np.column_stack([base - middle, candidates.activate(targets.X, chosen)])
    centre, spread = basis.mean(axis=0), basis.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    target = scores.mean(axis=0)
    found = np.linalg.lstsq((basis - centre) / spread, scores - target, rcond=_RANK)[0]
    found = found / spread[:, None]
    constants = target - centre @ found - middle @ found[:d]
    off = basis @ found + (target - centre @ found) - scores
    weights = np.zeros((len(target), targets.X.shape[1]))
    weights[:, targets.read] = found[:d].T

    return ChosenLines(
        chosen=chosen,
        weights=weights,
        constants=constants,
        slopes=found[d:],
        difference=np.sqrt((off**2).mean(axis=0)),
    )


class _LineSearch:
    """What candidates explain of scores beside a base and the lines that are there."""

    def __init__(self, targets: LineTargets, candidates: CandidateLines) -> None:
        self.X, self.candidates, scores = targets.X, candidates, targets.scores
        self._base = self.X[:, targets.read]
        self.target = scores - scores.mean(axis=0)
        size = np.sqrt((self.target**2).sum(axis=0))
        self.target = self.target / np.where(size > 0, size, 1.0)
        self._frame = _orthogonalise(np.column_stack([np.ones(len(scores)), self._base]))
        self._rest = self.target - self._frame @ (self._frame.T @ self.target)
        self._open = np.ones(len(candidates.bounds), dtype=np.bool_)

    def find_best(self) -> int | None:
        """The candidate that explains most; None where none explains anything."""
        best, most = None, 0.0
        numbers = np.flatnonzero(self._open)
        step = max(1, _BLOCK // max(1, len(self.X)))
        for start in range(0, len(numbers), step):
            at = numbers[start : start + step]
            values = self.candidates.activate(self.X, at)
            size = (values**2).sum(axis=0)
            left = size - ((self._frame.T @ values) ** 2).sum(axis=0)
            telling = left > _NEW * size
            gains = ((self._rest.T @ values) ** 2).sum(axis=0)
            gains = np.where(telling, gains / np.where(telling, left, 1.0), 0.0)
            if len(gains) and gains.max() > most:
                best, most = int(at[gains.argmax()]), float(gains.max())

        return best

    def add(self, number: int) -> None:
        """Have a candidate among the lines."""
        values = self.candidates.activate(self.X, np.array([number]))[:, 0]
        for _ in range(2):  # once more, as the first projection leaves rounding
            values = values - self._frame @ (self._frame.T @ values)
        own = values / np.linalg.norm(values)
        self._frame = np.column_stack([self._frame, own])
        self._rest = self._rest - np.outer(own, own @ self._rest)
        self._open[number] = False

    def find_least_useful(self, chosen: list[int]) -> int:
        """The place of the line without which the squared difference grows least."""
        lines = self.candidates.activate(self.X, np.array(chosen))
        basis = np.column_stack([self._base, lines])
        basis = basis - basis.mean(axis=0)
        size = np.linalg.norm(basis, axis=0)
        basis = basis / np.where(size > 0, size, 1.0)
        inverse = np.linalg.pinv(basis, rcond=_RANK)
        slopes = (inverse @ self.target)[-len(chosen) :]
        room = (inverse**2).sum(axis=1)[-len(chosen) :]
        return int(((slopes**2).sum(axis=1) / np.where(room > 0, room, np.inf)).argmin())


def _orthogonalise(basis: Array) -> Array:
    """(N, r) an orthonormal basis of the columns' span."""
    size = np.linalg.norm(basis, axis=0)
    left, values, _ = np.linalg.svd(basis / np.where(size > 0, size, 1.0), full_matrices=False)
    return np.asarray(left[:, values > _RANK * values.max(initial=1.0)])
