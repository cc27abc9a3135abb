"""Trends that lines keep: linear constraints under which the score may only rise, or only fall,
with a column, everywhere.

Which lines hold changes along a column at their own knots, and for lines that read one column more
also where two of their boundaries cross. Between two such places each set of lines with the same
other column can hold together in a few ways only, whatever the value of that column; the score's
slope is least where every set takes its worst. Exact for lines of one and two numbers; sufficient
for lines that read more, or categories.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array
from relurules.training.lines.line_columns import LineColumn
from relurules.training.lines.line_model import HingeLine, LineModel
from relurules.training.lines.quadratic import bend_to_cone, solve_free

#: A slope that is less than this against a trend breaks it; one within this of 0 leaves no room.
_BROKEN, _TIGHT = 1e-8, 1e-6
#: Problems with more and more constraints.
_ROUNDS = 60
#: Digits in which the other coefficients of two lines must agree to count as the same.
_DIGITS = 9


@dataclass(frozen=True, kw_only=True)
class LineSet:
    """Lines that hold together in few ways.

    lines: (m,) their numbers; holds: (M, ways, m) for every piece of the column.
    """

    lines: NDArray[np.intp]
    holds: NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class TrendPieces:
    """One column with a trend, in pieces.

    base: (P,) derivatives of the base's slope along the column, times the trend, by every
    parameter; steps: (K, P) those of what each line adds to it. middles: (M,) a place in every
    piece. sets: the lines that read the column.
    """

    base: Array
    steps: Array
    middles: Array
    sets: Sequence[LineSet]

    def find_least(self, values: Array) -> tuple[Array, NDArray[np.bool_]]:
        """The least slope times the trend of every piece, (M,), and which lines hold there,
        (M, K).
        """
        slopes, count = self.steps @ values, len(self.middles)
        least = np.full(count, float(self.base @ values))
        holds = np.zeros((count, len(self.steps)), dtype=np.bool_)
        pieces = np.arange(count)

        for each in self.sets:
            sums = each.holds @ slopes[each.lines]
            worst = sums.argmin(axis=1)
            least += sums[pieces, worst]
            holds[:, each.lines] = each.holds[pieces, worst]

        return least, holds


class TrendGuard:
    """The trends of a model whose conditions stay as they are, or nearly so.

    Slopes become constraints once they are broken, and then remain so: there are far fewer of them
    than ways in which lines hold.
    """

    def __init__(self, pieces: Sequence[TrendPieces]) -> None:
        self._pieces = pieces
        self._rows: dict[bytes, Array] = {}

    def through(self, basis: Array) -> "TrendGuard":
        """The same trends by fewer parameters; basis: (P, F) of these by the fewer."""
        return TrendGuard([
            replace(each, base=each.base @ basis, steps=each.steps @ basis)
            for each in self._pieces
        ])  # fmt: skip

    def is_kept(self, values: Array) -> bool:
        """Whether all trends are."""
        return all(column.find_least(values)[0].min() >= -_BROKEN for column in self._pieces)

    def find_tight(self, values: Array) -> Array:
        """(G, P): the slopes times their trends, as functions of the parameters, that have no room
        left.
        """
        found = self._find_rows(values, _TIGHT)
        return np.array(list(found.values())).reshape(len(found), len(values))

    def minimize(self, hessian: Array, gradient: Array, start: Array) -> Array:
        """The v of least (v - start)' hessian (v - start) / 2 + gradient' (v - start) that keeps
        the trends; (P, P), (P,), (P,).
        """
        lower, free = solve_free(hessian, gradient, start)
        found = free

        for _ in range(_ROUNDS):
            broken = self._find_rows(found, -_BROKEN)
            if self._rows.keys() >= broken.keys() and (found is not free or not broken):
                break
            self._rows |= broken
            found = bend_to_cone(lower, free, np.array(list(self._rows.values())))

        return found

    def _find_rows(self, values: Array, below: float) -> dict[bytes, Array]:
        rows: dict[bytes, Array] = {}
        for column in self._pieces:
            least, holds = column.find_least(values)
            for some in holds[least < below]:
                row = column.base + some @ column.steps
                rows[row.tobytes()] = row
        return rows


def guard_factors(model: LineModel, columns: Sequence[LineColumn]) -> TrendGuard | None:
    """Trends by the constant, the base and a factor for every line; None without any."""
    base = 1 + int(model.read.sum())

    def find_steps(place: int) -> Array:
        found = np.zeros((len(model), base + len(model)))
        for k, line in enumerate(model.lines):
            found[k, base + k] = line.sign * line.direction[place]
        return found

    return _guard(model, columns, base + len(model), find_steps)


def guard_parameters(model: LineModel, columns: Sequence[LineColumn]) -> TrendGuard | None:
    """Trends by all parameters, in the order of `refits.get_line_parameters`; None without any."""
    base = 1 + int(model.read.sum())
    sizes = [len(line.weights) + 1 for line in model.lines]
    starts = np.cumsum([base, *sizes])

    def find_steps(place: int) -> Array:
        found = np.zeros((len(model), int(starts[-1])))
        for k, line in enumerate(model.lines):
            found[k, starts[k] : starts[k + 1] - 1] = line.sign * line.atoms[:, place]
        return found

    return _guard(model, columns, int(starts[-1]), find_steps)


def _guard(
    model: LineModel,
    columns: Sequence[LineColumn],
    width: int,
    find_steps: Callable[[int], Array],
) -> TrendGuard | None:
    found = []
    for number, column in enumerate(columns):
        if not column.trend:
            continue
        place = column.coordinates[0]
        base = np.zeros(width)
        if model.read[place]:
            base[int(model.read[: place + 1].sum())] = column.trend
        sets, middles = list_line_sets(model.lines, number, place)
        found.append(
            TrendPieces(
                base=base, steps=column.trend * find_steps(place), middles=middles, sets=sets
            )
        )

    return TrendGuard(found) if found else None


def list_line_sets(
    lines: Sequence[HingeLine], number: int, place: int
) -> tuple[list[LineSet], Array]:
    """The sets of lines that read a column, and a place in every piece of it, (M,)."""
    by_rest: dict[tuple[float, ...], list[tuple[int, float, float, float]]] = {}
    for k, line in enumerate(lines):
        if number not in line.columns:
            continue
        direction = line.direction
        own, rest = float(direction[place]), direction.copy()
        rest[place] = 0.0
        size = float(rest[np.flatnonzero(rest)[0]]) if rest.any() else 0.0
        key = tuple(np.round(rest / size, _DIGITS).tolist()) if size else ()
        if len(line.columns) > 2:
            key = (float(k),)
        by_rest.setdefault(key, []).append((k, own, size, line.bound))

    tables = [np.array(each) for each in by_rest.values()]
    places = np.unique([where for table in tables for where in _list_places(table)])
    middles = np.zeros(1)
    if len(places):
        inner = (places[1:] + places[:-1]) / 2
        middles = np.concatenate([[places[0] - 1.0], inner, [places[-1] + 1.0]])

    return [_make_set(table, middles) for table in tables], middles


def _list_places(table: Array) -> list[float]:
    """Where along the column another line comes to hold; table: (m, 4) of the number of a line, its
    coefficients of the column and of the rest, and its bound.
    """
    found = [-bound / own for _, own, size, bound in table if not size and own]
    for (_, own, size, bound), (_, other, its, far) in combinations(table, 2):
        if size and its:
            turn = own / size - other / its
            if abs(turn) > 1e-12:
                found.append((far / its - bound / size) / turn)

    return [each for each in found if abs(each) < 1e9]


def _make_set(table: Array, middles: Array) -> LineSet:
    own, size, bound = table[:, 1], table[:, 2], table[:, 3]
    reach = middles[:, None] * own + bound
    if not size.all():
        holds = (reach > 0)[:, None, :]
    else:
        edges = np.sort(-reach / size, axis=1)
        inner = (edges[:, 1:] + edges[:, :-1]) / 2
        rest = np.concatenate([edges[:, :1] - 1.0, inner, edges[:, -1:] + 1.0], axis=1)
        holds = reach[:, None, :] + rest[:, :, None] * size > 0

    return LineSet(lines=table[:, 0].astype(np.intp), holds=holds)


def minimize_within_trends(
    hessian: Array, gradient: Array, start: Array, guard: TrendGuard | None
) -> Array:
    """As `TrendGuard.minimize`; None for no trends."""
    if guard is None:
        return np.asarray(start - np.linalg.solve(hessian, gradient))
    return guard.minimize(hessian, gradient, start)
