"""What is computed of rows once, and looked up afterwards.

Indicators of categories are most coordinates of many tables, and next to all of them 0: rows hold
the number of the one that is 1 in their place, so that sums over rows are sums per category.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array
from relurules.lp.compilation import is_compiling_off
from relurules.training.lines.indicator_blocks import find_indicator_blocks

#: Of so many rows, sums along them are worth machine code, which takes half a second to load.
_MANY = 3000
#: Projections that there is room for at first.
_FIRST = 16
#: Projections that are kept, and reaches, at most, and numbers of either in all: 256 MB.
_KEPT, _KEPT_NUMBERS = 128, 2**25


def are_many(rows: int) -> bool:
    """Whether sums along so many rows are left to machine code."""
    return rows >= _MANY and not is_compiling_off()


class RowViews:
    """Rows X, (d, N), with what is looked up of them.

    blocks: of indicators. numbers: (n,) all other coordinates.
    """

    def __init__(self, X: Array) -> None:
        self.X = X
        self.blocks = find_indicator_blocks(X)
        indicators = [block.places for block in self.blocks]
        self.indicators = np.concatenate([np.zeros(0, dtype=np.intp), *indicators])
        self.numbers = np.setdiff1d(np.arange(len(X)), self.indicators)
        self._of_numbers = X[self.numbers] if self.blocks else X
        self._kept = max(1, min(_KEPT, _KEPT_NUMBERS // X.shape[1]))
        self._places: dict[bytes, int] = {}
        self._places_of: dict[int, tuple[Array, list[int]]] = {}
        self._projections = np.empty((_FIRST, X.shape[1]))
        self._reaches: dict[tuple[bytes, bytes, float], Array] = {}
        self._heads: dict[Any, tuple[bytes, Array]] = {}
        self._thin: dict[tuple[int, Any], Array] = {}
        self._pairs: dict[int, list[NDArray[np.intp]]] = {}

    def combine(self, weights: Array) -> Array:
        """(d,) -> (N,) the sum of all coordinates, weighted."""
        scores = np.asarray(weights[self.numbers] @ self._of_numbers)
        for block in self.blocks:
            scores += block.look_up(weights)
        return scores

    def project(self, atom: Array) -> Array:
        """(d,) -> (N,) atom @ X, not to be written to; an atom is looked at again and again."""
        place = self._find_place(atom)  # first: the table may grow
        return np.asarray(self._projections[place])

    def project_all(self, every: Sequence[Array]) -> tuple[Array, list[list[int]]]:
        """(q, d) atoms of each line -> a table with projections as its rows, (n, N), and which of
        them are those of the atoms.
        """
        if any(id(atoms) not in self._places_of for atoms in every):
            if len(self._places) + sum(map(len, every)) > max(self._kept, len(self._projections)):
                self._forget_projections()
            for atoms in every:  # kept, so that no other array can come to have its id
                self._places_of[id(atoms)] = atoms, [self._find_place(atom) for atom in atoms]

        return self._projections, [self._places_of[id(atoms)][1] for atoms in every]

    def _find_place(self, atom: Array) -> int:
        """Where the projection of an atom is."""
        key = atom.tobytes()
        place = self._places.get(key)
        if place is None:
            place = len(self._places)
            if place == len(self._projections):
                more = np.empty_like(self._projections)
                self._projections = np.concatenate([self._projections, more])
            self._projections[place] = self._compute_projection(atom)
            self._places[key] = place

        return place

    def _forget_projections(self) -> None:
        self._places, self._places_of = {}, {}
        self._projections = np.empty((_FIRST, self.X.shape[1]))

    def _compute_projection(self, atom: Array) -> Array:
        places = np.flatnonzero(atom)
        single = len(places) == 1 and atom[places[0]] == 1.0
        return np.asarray(self.X[places[0]] if single else atom[places] @ self.X[places])

    def reach(self, weights: Array, atoms: Array, bound: float) -> Array:
        """(k,) and (k, d) -> (N,) bound + weights of the atoms' projections, not to be written to;
        steps of a fit ask for the same lines several times over.
        """
        key = weights.tobytes(), atoms.tobytes(), bound
        known = self._reaches.pop(key, None)
        if known is None:
            first, *others = zip(weights.tolist(), atoms, strict=True)
            known = np.asarray(first[0] * self.project(first[1]))
            for weight, atom in others:
                known += weight * self.project(atom)
            known += bound
            if len(self._reaches) >= self._kept:
                del self._reaches[next(iter(self._reaches))]

            known.flags.writeable = False

        self._reaches[key] = known  # the last one that was asked for goes last
        return known

    def take_head(self, numbers: NDArray[np.intp], dtype: Any) -> Array:
        """(1 + n, N): one, and some coordinates; steps of a fit ask for the same ones."""
        key, known = numbers.tobytes(), self._heads.get(dtype)
        if known is None or known[0] != key:
            head = np.ones((1 + len(numbers), self.X.shape[1]), dtype=dtype)
            head[1:] = self.X[numbers]
            known = self._heads[dtype] = key, head

        return known[1]

    def take_indicators(self, every: int, dtype: Any) -> Array:
        """(C, N / every) the indicators of every so many rows."""
        key = every, dtype
        if key not in self._thin:
            self._thin[key] = np.ascontiguousarray(self.X[self.indicators, ::every], dtype=dtype)
        return self._thin[key]

    def count_indicators(self, weights: Array, every: int) -> Array:
        """(C, C) the weight of the rows in which two indicators are 1, weights: of every so many
        rows.
        """
        ends = np.cumsum([len(block) for block in self.blocks])
        found = np.zeros((len(self.indicators), len(self.indicators)))
        pairs = list(combinations(range(len(self.blocks)), 2))

        if every not in self._pairs:
            self._pairs[every] = [
                self.blocks[i].codes[::every] * (len(self.blocks[j]) + 1)
                + self.blocks[j].codes[::every]
                for i, j in pairs
            ]

        for block, end in zip(self.blocks, ends, strict=True):
            own = np.arange(end - len(block), end)
            found[own, own] = block.sum_rows(weights, every)

        for (i, j), codes in zip(pairs, self._pairs[every], strict=True):
            n, m = len(self.blocks[i]), len(self.blocks[j])
            sums = np.bincount(codes, weights=weights, minlength=(n + 1) * (m + 1))
            table = sums.reshape(n + 1, m + 1)[:-1, :-1]
            found[ends[i] - n : ends[i], ends[j] - m : ends[j]] = table
            found[ends[j] - m : ends[j], ends[i] - n : ends[i]] = table.T

        return found


class ParameterBasis:
    """(P, N) derivatives of the score by the parameters: the constant, the coordinates that the
    base reads, and further ones, without indicators being written out.

    further: (K, N), to be filled in.
    """

    def __init__(
        self, views: RowViews, read: NDArray[np.bool_], further: int, dtype: Any = np.float64
    ) -> None:
        self._views, self._dtype = views, dtype
        numbers = views.numbers[read[views.numbers]]
        head = 1 + len(numbers)
        self._dense = np.empty((head + further, views.X.shape[1]), dtype=dtype)
        self._dense[:head] = views.take_head(numbers, dtype)
        self.further = self._dense[head:]

        at = np.cumsum(read)  # of every coordinate that is read, among the parameters
        end = 1 + int(read.sum())
        self._at_dense = np.concatenate([[0], at[numbers], np.arange(end, end + further)])
        self._used = np.flatnonzero(read[views.indicators])
        self._at_used = at[views.indicators[self._used]]
        self.size = end + further

    def write_out(self) -> Array:
        """(P, N) the derivatives, those of indicators too, for the few rows that candidates are
        scored on.
        """
        found = np.empty((self.size, self._dense.shape[1]), dtype=self._dtype)
        found[self._at_dense] = self._dense
        found[self._at_used] = self._views.X[self._views.indicators[self._used]]

        return found

    def combine(self, values: Array) -> Array:
        """(P,) -> (N,) scores."""
        scores = values[self._at_dense] @ self._dense
        if len(self._used):
            weights = np.zeros(len(self._views.X))
            weights[self._views.indicators[self._used]] = values[self._at_used]
            for block in self._views.blocks:
                scores += block.look_up(weights)

        return np.asarray(scores)

    def sum_rows(self, values: Array) -> Array:
        """(N,) -> (P,) sums of values times the derivatives."""
        found = np.empty(self.size)
        found[self._at_dense] = self._dense @ values.astype(self._dtype, copy=False)
        if len(self._used):
            sums = np.concatenate([block.sum_rows(values) for block in self._views.blocks])
            found[self._at_used] = sums[self._used]

        return found

    def sum_squares(self, weights: Array, every: int) -> Array:
        """(P, P) sums of the products of the derivatives, weighted, (N,), over every so many rows,
        which stand for all.
        """
        found = np.empty((self.size, self.size))
        of_rows = every * weights[::every]
        root = np.sqrt(of_rows).astype(self._dtype, copy=False)
        some = self._dense[:, ::every] * root  # times itself takes half the time of a product
        found[np.ix_(self._at_dense, self._at_dense)] = some @ some.T
        if not len(self._used):
            return found

        some *= root
        indicators = self._views.take_indicators(every, self._dtype)
        across = (some @ indicators.T)[:, self._used]
        counts = self._views.count_indicators(of_rows, every)
        found[np.ix_(self._at_dense, self._at_used)] = across
        found[np.ix_(self._at_used, self._at_dense)] = across.T
        found[np.ix_(self._at_used, self._at_used)] = counts[np.ix_(self._used, self._used)]

        return found
