"""Lines that may be chosen: directions in one column or a few, and thresholds along each.

Directions of one number, of two numbers at several angles, of a number within a set of categories,
and of two sets. Sets of categories are the first and the last ones in the order of the mean target
(W. Fisher, "On grouping for maximum homogeneity", 1958), and frequent ones alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array
from relurules.training.lines.line_columns import LineColumn
from relurules.training.lines.line_model import HingeLine, LineRows
from relurules.training.lines.thresholds import list_thresholds, thin_ties

#: Thresholds along a direction of two numbers, and the share of rows that lie beyond the first and
#: the last of them.
_PAIR_THRESHOLDS, _PAIR_OUTER = 9, 0.04
PAIR_SHARES = np.linspace(_PAIR_OUTER, 1 - _PAIR_OUTER, _PAIR_THRESHOLDS)
#: The second of two standardised numbers counts so many times as much as the first.
_RATIOS = (0.15, 0.4, 1.0, 2.5, 6.5)
#: Sets of categories of one column: at most so many cuts of their order, so many alone; a category
#: alone has at least this share of the rows.
_CUTS, _ALONE, _SHARE = 6, 6, 0.02
#: Share of the ridge that a weight bears which only moves a threshold.
LIGHT = 0.01
#: Rows that quantiles are taken of.
_QUANTILE_ROWS = 2000


@dataclass(frozen=True, kw_only=True)
class Direction:
    """A direction that lines may have.

    columns: numbers of its columns, ascending; atoms, pulls: as in `HingeLine`; weights: (q,).
    bounds: (T,) the bounds to be tried, minus the thresholds.
    """

    columns: tuple[int, ...]
    atoms: Array
    pulls: Array
    weights: Array
    bounds: Array

    def line(self, bound: float, slope: float) -> HingeLine:
        """The line of this bound that adds so much per unit."""
        line = HingeLine(
            columns=self.columns,
            atoms=self.atoms,
            pulls=self.pulls,
            weights=self.weights,
            bound=bound,
            sign=1.0,
        )
        return line.scaled(slope)


@dataclass(frozen=True, kw_only=True)
class DirectionTable:
    """Directions with what is computed from all of them.

    matrix: (D, d) of z by x; pulls: (D,) shares of the ridge; numbers, bounds: (n,) the direction
    and the bound of every candidate.
    """

    directions: Sequence[Direction]
    matrix: Array
    pulls: Array
    numbers: NDArray[np.intp]
    bounds: Array

    def part(self, some: NDArray[np.intp]) -> "DirectionTable":
        """Some of the directions, by number."""
        return tabulate_directions([self.directions[each] for each in some])


def tabulate_directions(directions: Sequence[Direction]) -> DirectionTable:
    """The table of some directions, of which there is at least one."""
    counts = [len(direction.bounds) for direction in directions]
    return DirectionTable(
        directions=directions,
        matrix=np.array([direction.weights @ direction.atoms for direction in directions]),
        pulls=np.array([direction.pulls @ direction.weights**2 for direction in directions]),
        numbers=np.repeat(np.arange(len(directions)), counts),
        bounds=np.concatenate([direction.bounds for direction in directions]),
    )


@dataclass(frozen=True, kw_only=True)
class CategorySet:
    """The rows whose value of one column is in a set: where atom @ x + constant is 1, else it is 0.

    column: its number; atom: (d,).
    """

    column: int
    atom: Array
    constant: float


@dataclass(frozen=True, kw_only=True)
class DirectionOptions:
    """What directions may be.

    condition_columns: how many columns one may read. read: (columns,) which may be read at all.
    apart: pairs of them, ascending, that none may read together.
    """

    condition_columns: int
    read: NDArray[np.bool_]
    apart: frozenset[tuple[int, ...]] = frozenset()


def list_directions(
    rows: LineRows, columns: Sequence[LineColumn], options: DirectionOptions
) -> list[Direction]:
    """Every direction that may be tried, those of one column first."""
    used = [number for number in range(len(columns)) if options.read[number]]
    numbers = [n for n in used if columns[n].is_number and not _is_flag(rows, columns[n])]
    found = [_make_single(rows, columns, number) for number in numbers]
    if options.condition_columns > 1:
        found += _list_pairs(rows, columns, (used, numbers), options.apart)

    found = [direction for direction in found if len(direction.bounds)]
    return found + [_turn(one) for one in found if any(columns[n].trend for n in one.columns)]


def _list_pairs(
    rows: LineRows,
    columns: Sequence[LineColumn],
    read: tuple[Sequence[int], Sequence[int]],
    apart: frozenset[tuple[int, ...]],
) -> Iterator[Direction]:
    """Those of two columns. read: numbers of the columns, and of those that hold numbers; apart:
    pairs that none may read.
    """
    used, numbers = read
    some = rows.X[:, :: max(1, len(rows) // _QUANTILE_ROWS)]
    sets = [one for number in used for one in list_category_sets(rows, columns, number)]
    for first, second in combinations(numbers, 2):
        if (first, second) not in apart:
            yield from _list_slanted(some, columns, (first, second))

    for number in numbers:
        for one in sets:
            pair = tuple(sorted((one.column, number)))
            if one.column != number and pair not in apart:
                yield from _list_within(some, columns, number, one)

    for one, other in combinations(sets, 2):
        if one.column != other.column and (one.column, other.column) not in apart:
            yield _make_meeting(one, other)


def _turn(direction: Direction) -> Direction:
    """What lies on the other side: with trends it isn't the same, as max(0, -z) = max(0, z) - z,
    and the base may not be free to add z.
    """
    return replace(direction, weights=-direction.weights, bounds=-direction.bounds)


def _is_flag(rows: LineRows, column: LineColumn) -> bool:
    """Whether a number has two values, so that it is as good as a set of rows."""
    values = rows.X[column.coordinates[0]]
    low, high = values.min(), values.max()
    return bool(((values == low) | (values == high)).all())


def _make_single(rows: LineRows, columns: Sequence[LineColumn], number: int) -> Direction:
    place, d = columns[number].coordinates[0], len(rows.X)
    return Direction(
        columns=(number,),
        atoms=np.eye(d)[[place]],
        pulls=np.ones(1),
        weights=np.ones(1),
        bounds=-list_thresholds(rows.X[place], whole=columns[number].whole),
    )


def _list_slanted(
    some: Array, columns: Sequence[LineColumn], pair: tuple[int, int]
) -> Iterator[Direction]:
    places = [columns[number].coordinates[0] for number in pair]
    atoms = np.eye(len(some))[places]
    ratios = np.array([*_RATIOS, *(-each for each in _RATIOS)])
    weights = np.stack([np.ones(len(ratios)), ratios], axis=1) / np.hypot(1.0, ratios)[:, None]
    quantiles = np.quantile(weights @ some[places], PAIR_SHARES, axis=1).T

    for own, thresholds in zip(weights, quantiles, strict=True):
        bounds = -np.unique(thresholds)
        yield Direction(columns=pair, atoms=atoms, pulls=np.ones(2), weights=own, bounds=bounds)


def list_category_sets(
    rows: LineRows, columns: Sequence[LineColumn], number: int
) -> Iterator[CategorySet]:
    """Sets of a column's categories; of a number with two values, the rows of each."""
    column, d = columns[number], len(rows.X)
    places = list(column.coordinates)
    if column.is_number:
        if column.trend or not _is_flag(rows, column):
            return
        low, high = rows.X[places[0]].min(), rows.X[places[0]].max()
        if low == high:
            return
        atom = np.eye(d)[places[0]] / (high - low)
        yield CategorySet(column=number, atom=atom, constant=-low / (high - low))
        yield CategorySet(column=number, atom=-atom, constant=high / (high - low))
        return

    counts = rows.X[places] @ rows.weights
    members = {
        chosen for target in rows.list_targets()
        for chosen in _cut_order(rows.X[places], rows.weights, target, counts)
    }  # fmt: skip
    frequent = np.argsort(-counts, kind="stable")[:_ALONE]
    members |= {(int(each),) for each in frequent if counts[each] >= _SHARE * len(rows)}

    for chosen in sorted(members):
        yield _make_set(
            number, places, d, chosen, many=2 * counts[list(chosen)].sum() > counts.sum()
        )


def _cut_order(
    indicators: Array, weights: Array, target: Array, counts: Array
) -> set[tuple[int, ...]]:
    """The first and the last categories in the order of their mean target."""
    means = (indicators @ (weights * target)) / np.maximum(counts, 1e-9)
    order = np.argsort(means, kind="stable")
    shares = np.cumsum(counts[order]) / max(float(counts.sum()), 1e-9)
    cuts = np.unique(np.searchsorted(shares, np.linspace(0, 1, _CUTS + 2)[1:-1]) + 1)
    cuts = cuts[cuts < len(order)]

    return {tuple(sorted(part.tolist())) for cut in cuts for part in np.split(order, [cut])}


def _make_set(
    number: int, places: Sequence[int], d: int, chosen: Sequence[int], *, many: bool
) -> CategorySet:
    """The rows of these categories. A value that was never seen is none of them: it counts as in
    the set that holds most rows, which is all but the other categories.
    """
    atom = np.zeros(d)
    if many:
        atom[[place for i, place in enumerate(places) if i not in chosen]] = -1.0
        return CategorySet(column=number, atom=atom, constant=1.0)
    atom[[places[i] for i in chosen]] = 1.0
    return CategorySet(column=number, atom=atom, constant=0.0)


def _list_within(
    some: Array, columns: Sequence[LineColumn], number: int, one: CategorySet
) -> Iterator[Direction]:
    """Lines of a number that hold in the set alone: s x + r * (1 in the set) > s t + r, r the
    number's range.
    """
    place = columns[number].coordinates[0]
    inside = one.atom @ some + one.constant > 0.5
    if inside.sum() < 20:
        return

    values = some[place]
    own = thin_ties(values[inside])
    span = float(values.max() - values.min())
    shares = np.linspace(0.0, 1 - _PAIR_OUTER, _PAIR_THRESHOLDS)
    swapped = one.column < number

    for sense in (1.0, -1.0):
        thresholds = np.unique(np.quantile(sense * own, shares))
        weights = np.array([sense, span])
        atoms = np.stack([np.eye(len(some))[place], one.atom])
        yield Direction(
            columns=tuple(sorted((number, one.column))),
            atoms=atoms[::-1] if swapped else atoms,
            pulls=np.array([LIGHT, 1.0]) if swapped else np.array([1.0, LIGHT]),
            weights=weights[::-1] if swapped else weights,
            bounds=-(thresholds + span - span * one.constant),
        )


def _make_meeting(one: CategorySet, other: CategorySet) -> Direction:
    """The rows that are in both sets."""
    return Direction(
        columns=(one.column, other.column),
        atoms=np.stack([one.atom, other.atom]),
        pulls=np.full(2, 0.5),
        weights=np.ones(2),
        bounds=np.array([one.constant + other.constant - 1.0]),
    )
