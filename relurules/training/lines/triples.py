"""Directions of three columns, grown from the best ones of two.

All of them would be far too many. A pair that gains nothing by itself is not grown, so a product of
three columns that no two of them show is not found.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from relurules.ir.network import Array
from relurules.training.lines.candidates import (
    LIGHT,
    PAIR_SHARES,
    CategorySet,
    Direction,
    DirectionOptions,
    list_category_sets,
)
from relurules.training.lines.line_columns import LineColumn
from relurules.training.lines.line_model import LineRows

#: Directions of two columns that are grown, at most so many of the same columns.
_GROWN, _SAME = 16, 2
#: A third number counts so many times as much as the two others together.
_RATIOS = (0.4, 1.0, 2.5)
#: A third set has at least so many of the rows that are looked at.
_LEAST_ROWS = 20


@dataclass(frozen=True, kw_only=True)
class TripleGrower:
    """rows: that thresholds are taken of. sets: of categories. options: what may be read, and
    which pairs never together.
    """

    rows: LineRows
    columns: Sequence[LineColumn]
    sets: Sequence[CategorySet]
    options: DirectionOptions

    def grow(self, ranked: Sequence[Direction]) -> list[Direction]:
        """Directions of three columns; ranked: others, the best first."""
        found: list[Direction] = []
        taken: dict[tuple[int, ...], int] = {}

        for pair in ranked:
            if len(pair.columns) != 2 or taken.get(pair.columns, 0) >= _SAME:
                continue
            taken[pair.columns] = taken.get(pair.columns, 0) + 1
            found += [each for each in self._grow_pair(pair) if self._is_allowed(each)]
            if sum(taken.values()) >= _GROWN:
                break

        return found

    def _is_allowed(self, grown: Direction) -> bool:
        pairs = combinations(grown.columns, 2)
        return len(grown.bounds) > 0 and not any(pair in self.options.apart for pair in pairs)

    def _grow_pair(self, pair: Direction) -> Iterator[Direction]:
        values = pair.weights @ pair.atoms @ self.rows.X
        for one in self.sets:
            if one.column not in pair.columns:
                yield from self._grow_set(pair, values, one)

        if (pair.pulls < 1.0).any():  # of categories: numbers within sets are grown by sets alone
            return
        flags = {one.column for one in self.sets}
        for number, column in enumerate(self.columns):
            read = self.options.read[number] and column.is_number and number not in flags
            if read and number not in pair.columns:
                yield from self._grow_number(pair, values, number)

    def _grow_set(self, pair: Direction, values: Array, one: CategorySet) -> Iterator[Direction]:
        """The same line within a set alone: z + r * (1 in the set) > t + r, r the range of z."""
        inside = one.atom @ self.rows.X + one.constant > 0.5
        span = float(values.max() - values.min())
        if inside.sum() < _LEAST_ROWS or not span:
            return

        some = values[inside]
        bounds = pair.bounds[(-pair.bounds >= some.min()) & (-pair.bounds < some.max())]
        pull = LIGHT if (pair.pulls == 1.0).any() else 0.5
        yield _insert(pair, one.column, (one.atom, pull, span), bounds - span + span * one.constant)

    def _grow_number(self, pair: Direction, values: Array, number: int) -> Iterator[Direction]:
        place = self.columns[number].coordinates[0]
        atom = np.eye(len(self.rows.X))[place]
        for ratio in (*_RATIOS, *(-each for each in _RATIOS)):
            thresholds = np.unique(np.quantile(values + ratio * self.rows.X[place], PAIR_SHARES))
            yield _insert(pair, number, (atom, 1.0, ratio), -thresholds)


def make_triple_grower(
    rows: LineRows, columns: Sequence[LineColumn], options: DirectionOptions
) -> TripleGrower:
    """What grows directions over rows."""
    used = np.flatnonzero(options.read).tolist()
    sets = [one for number in used for one in list_category_sets(rows, columns, number)]
    return TripleGrower(rows=rows, columns=columns, sets=sets, options=options)


def _insert(
    pair: Direction, column: int, own: tuple[Array, float, float], bounds: Array
) -> Direction:
    """The direction with a column more; own: its atom, pull and weight."""
    at = int(np.searchsorted(pair.columns, column))
    atom, pull, weight = own

    return Direction(
        columns=tuple(sorted((*pair.columns, column))),
        atoms=np.insert(pair.atoms, at, atom, axis=0),
        pulls=np.insert(pair.pulls, at, pull),
        weights=np.insert(pair.weights, at, weight),
        bounds=bounds,
    )
