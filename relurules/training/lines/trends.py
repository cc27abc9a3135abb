"""Trends that lines keep: linear constraints under which the score may only rise, or only fall,
with a column, everywhere.

Which lines hold changes along a column at their own knots, and for lines that read one column more
also where two of their boundaries cross. Between two such places each set of lines with the same
other column can hold together in a few ways only, whatever the value of that column; the score's
slope is least where every set takes its worst. Exact for lines of one and two numbers; sufficient
for lines that read more, or categories.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations

import numpy as np

from relurules.ir.network import Array
from relurules.training.lines.effect_walls import list_factor_walls, list_parameter_walls
from relurules.training.lines.line_columns import LineColumn
from relurules.training.lines.line_model import HingeLine, LineModel
from relurules.training.lines.trend_guard import (
    LineSet,
    TrendGuard,
    TrendPieces,
    Walls,
    join_walls,
)

#: Digits in which the other coefficients of two lines must agree to count as the same.
_DIGITS = 9


def guard_factors(model: LineModel, columns: Sequence[LineColumn]) -> TrendGuard | None:
    """Constraints by the constant, the base and a factor for every line; None without any."""
    if not has_constraints(columns):
        return None
    width = 1 + int(model.read.sum()) + len(model)
    pieces, walls = list_factor_constraints(model, columns, range(len(columns)))
    return TrendGuard(pieces, join_walls(walls, width))


def has_constraints(columns: Sequence[LineColumn]) -> bool:
    """Whether some column has a trend, or a limit."""
    return any(column.trend or column.limit is not None for column in columns)


def list_factor_constraints(
    model: LineModel, columns: Sequence[LineColumn], some: Sequence[int]
) -> tuple[list[TrendPieces], list[Walls]]:
    """Constraints of some columns, by number: trends along those that lines read, and all else."""
    base = 1 + int(model.read.sum())

    def find_steps(place: int) -> Array:
        found = np.zeros((len(model), base + len(model)))
        for k, line in enumerate(model.lines):
            found[k, base + k] = line.sign * line.direction[place]
        return found

    pieces, walls = _list_trends(model, columns, some, (base + len(model), find_steps))
    return pieces, [*walls, *list_factor_walls(model, columns, some)]


def guard_parameters(model: LineModel, columns: Sequence[LineColumn]) -> TrendGuard | None:
    """Constraints by all parameters, in the order of `refits.get_line_parameters`; None without
    any.
    """
    if not has_constraints(columns):
        return None
    base = 1 + int(model.read.sum())
    sizes = [len(line.weights) + 1 for line in model.lines]
    starts = np.cumsum([base, *sizes])

    def find_steps(place: int) -> Array:
        found = np.zeros((len(model), int(starts[-1])))
        for k, line in enumerate(model.lines):
            found[k, starts[k] : starts[k + 1] - 1] = line.sign * line.atoms[:, place]
        return found

    width = int(starts[-1])
    pieces, walls = _list_trends(model, columns, range(len(columns)), (width, find_steps))
    every = [*walls, *list_parameter_walls(model, columns)]
    return TrendGuard(pieces, join_walls(every, width))


def _list_trends(
    model: LineModel,
    columns: Sequence[LineColumn],
    some: Iterable[int],
    by: tuple[int, Callable[[int], Array]],
) -> tuple[list[TrendPieces], list[Walls]]:
    """by: the number of parameters, and what gives the derivatives of lines' slopes by them."""
    pieces, walls = list[TrendPieces](), list[Walls]()
    (width, find_steps), read = by, model.columns_of_lines
    for number in some:
        column = columns[number]
        if not column.trend:
            continue
        place = column.coordinates[0]
        base = np.zeros(width)
        if model.read[place]:
            base[int(model.read[: place + 1].sum())] = column.trend
        if number not in read:
            if base.any():
                walls.append(Walls(rows=base[None], floors=np.zeros(1)))
            continue
        sets, middles = list_line_sets(model.lines, number, place)
        steps = column.trend * find_steps(place)
        pieces.append(TrendPieces(base=base, steps=steps, middles=middles, sets=sets))

    return pieces, walls


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
