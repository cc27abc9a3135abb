"""Bounds on what columns add, as linear constraints on the parameters of lines.

What a column adds in itself is piecewise linear, so it is within its bounds where it is so at the
ends of its range and where a line of its own begins; a column of categories, at each of them. No
line reads such a column together with another one.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from relurules.ir.network import Array
from relurules.training.lines.line_columns import LineColumn
from relurules.training.lines.line_model import HingeLine, LineModel, compute_reach
from relurules.training.lines.trend_guard import Walls

#: What one line's parameters change of its addition at points (d, V): (p, V).
_Changes = Callable[[HingeLine, Array], Array]


@dataclass(frozen=True, kw_only=True)
class _WallFrame:
    """Which parameters there are. width: P; starts: where each line's own begin."""

    width: int
    starts: Sequence[int]
    changes: _Changes


def list_factor_walls(
    model: LineModel, columns: Sequence[LineColumn], some: Iterable[int]
) -> list[Walls]:
    """Of some columns, by number, in the constant, the base and a factor for every line: exact."""
    base = 1 + int(model.read.sum())
    frame = _WallFrame(
        width=base + len(model),
        starts=range(base, base + len(model)),
        changes=lambda line, X: line.sign * np.maximum(compute_reach(line, X), 0.0)[None],
    )
    return _list_walls(model, columns, some, frame)


def list_parameter_walls(model: LineModel, columns: Sequence[LineColumn]) -> list[Walls]:
    """By all parameters, in the order of `refits.get_line_parameters`: as long as the same lines
    hold at the same points, as a line's addition is linear in its parameters where it holds.
    """
    base = 1 + int(model.read.sum())
    starts = np.cumsum([base, *(len(line.weights) + 1 for line in model.lines)]).tolist()
    frame = _WallFrame(width=starts[-1], starts=starts[:-1], changes=_differentiate_line)
    return _list_walls(model, columns, range(len(columns)), frame)


def _differentiate_line(line: HingeLine, X: Array) -> Array:
    holds = np.where(compute_reach(line, X) > 0, line.sign, 0.0)
    return np.concatenate([holds * (line.atoms @ X), holds[None]])


def _list_walls(
    model: LineModel, columns: Sequence[LineColumn], some: Iterable[int], frame: _WallFrame
) -> list[Walls]:
    every = [_make_walls(model, number, columns[number], frame) for number in some]
    return [walls for walls in every if walls is not None]


def _make_walls(
    model: LineModel, number: int, column: LineColumn, frame: _WallFrame
) -> Walls | None:
    """What a column may add at most, and at least, at every point where that may be extreme."""
    limit = column.limit
    if limit is None:
        return None
    own = [k for k, line in enumerate(model.lines) if number in line.columns]
    points = list_extreme_points(column, [model.lines[k] for k in own])
    X = np.zeros((len(model.weights), len(points) + 1))
    X[list(column.coordinates)] = np.vstack([points, limit.reference]).T

    rows = np.zeros((len(points), frame.width))
    places = np.cumsum(model.read)
    for place in column.coordinates:
        if model.read[place]:
            rows[:, places[place]] = X[place, :-1] - X[place, -1]

    for k in own:
        added = frame.changes(model.lines[k], X)
        at = slice(frame.starts[k], frame.starts[k] + len(added))
        rows[:, at] = (added[:, :-1] - added[:, -1:]).T

    some = rows.any(axis=1)
    rows = rows[some]
    floors = np.repeat([limit.low, -limit.high], len(rows))
    return Walls(rows=np.concatenate([rows, -rows]), floors=floors)


def list_extreme_points(column: LineColumn, own: Sequence[HingeLine]) -> Array:
    """(V, q) values of a column's coordinates: its limit's own points, and where lines begin."""
    assert column.limit is not None  # noqa: S101  # of limited columns alone
    points = column.limit.points
    if not column.is_number:
        return points
    place = column.coordinates[0]
    low, high = points.min(), points.max()
    knots = [-line.bound / line.direction[place] for line in own if line.direction[place]]
    inner = [knot for knot in knots if low < knot < high]
    return np.concatenate([points, np.array(inner).reshape(-1, 1)])
