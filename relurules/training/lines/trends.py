"""Lines that keep a trend: linear constraints on the slopes under which the score may only rise, or
only fall, with a column, everywhere.

Along one column the slopes of its own lines cumulate: between any two knots their sum with the
base's slope must have the sign of the trend. Of a line that reads further columns nobody knows
where it holds, so one whose slope goes the wrong way is always counted, and one that goes the right
way never is: sufficient, and exact where there are no such lines.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from relurules.ir.network import Array
from relurules.training.lines.line_columns import LineColumn
from relurules.training.lines.line_model import HingeLine, LineModel


def build_trend_cone(model: LineModel, columns: Sequence[LineColumn]) -> Array | None:
    """(G, 1 + r + K) the cone of (c, C over the r coordinates that are read, a factor for every
    line) that keeps all trends; None without any.

    A line that reads further columns keeps the sign that it has.
    """
    trends = [number for number, column in enumerate(columns) if column.trend]
    if not trends:
        return None

    base = np.cumsum(model.read)
    rows: list[Array] = []

    for number in trends:
        place, trend = columns[number].coordinates[0], columns[number].trend
        slopes = np.array([line.sign * line.direction[place] for line in model.lines])
        reading = [k for k in range(len(model)) if slopes[k] and number in model.lines[k].columns]
        own = [k for k in reading if len(model.lines[k].columns) == 1]
        mixed = [k for k in reading if len(model.lines[k].columns) > 1]
        width = 1 + int(base[-1]) + len(model)
        shared = np.zeros(width)
        if model.read[place]:
            shared[base[place]] = trend

        for k in mixed:
            keeps_sign = np.zeros(width)
            keeps_sign[k - len(model)] = 1.0
            rows.append(keeps_sign)
            shared[k - len(model)] = min(0.0, trend * slopes[k])
        rows += _cumulate_slopes(model, own, place, trend * slopes, shared)

    return np.array(rows)


def turn_to_trends(line: HingeLine, columns: Sequence[LineColumn]) -> HingeLine | None:
    """The line as it is, or turned round, so that it goes the right way along all columns with a
    trend; None where neither does. One of a single column is as good either way.

    max(0, z) = z + max(0, -z): what the base would have to make up for, another line needn't.
    """
    if len(line.columns) == 1:
        return line

    ways = [
        columns[number].trend * line.sign * line.direction[columns[number].coordinates[0]]
        for number in line.columns
        if columns[number].trend
    ]
    if all(way >= 0 for way in ways):
        return line

    turned = replace(line, weights=-line.weights, bound=-line.bound)
    return turned if all(way <= 0 for way in ways) else None


def _cumulate_slopes(
    model: LineModel, own: Sequence[int], place: int, slopes: Array, shared: Array
) -> list[Array]:
    """A row for every piece between the knots of lines that read this one coordinate."""
    if not own:
        return [shared]

    knots = np.array([-model.lines[k].bound / model.lines[k].direction[place] for k in own])
    rising = np.array([model.lines[k].direction[place] > 0 for k in own])
    places = np.unique(knots)
    middles = np.concatenate([[places[0] - 1.0], (places[1:] + places[:-1]) / 2, [places[-1] + 1]])
    rows = []

    for middle in middles:
        row = shared.copy()
        holds = np.where(rising, knots < middle, knots > middle)
        for k, held in zip(own, holds, strict=True):
            row[k - len(model)] = slopes[k] * held
        rows.append(row)

    return rows
