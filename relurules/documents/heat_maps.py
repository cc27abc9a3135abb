"""What two columns add together, on a grid of their values."""

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import NamedTuple

import numpy as np

from relurules.documents.context import AdditiveContext
from relurules.documents.curve_plots import Window, choose_window
from relurules.documents.document import HeatCell, HeatMap
from relurules.ir.network import Array
from relurules.wording.additive import PartWording
from relurules.wording.additive_phrases import phrase_end, phrase_members, phrase_points
from relurules.wording.forms import ColumnSpan
from relurules.wording.phrases import Phrase

#: Values of a column that the grid shows.
_VALUES = 7
#: Steps between them, times a power of ten.
_STEPS = (1, 2, 5)
#: Categories that it shows.
_CATEGORIES = 8
#: Scores that get a grid.
_SCORES = 3


class GridAxis(NamedTuple):
    """Values of a column: their names, and the coordinates that they set, (values, width)."""

    names: list[Phrase]
    values: Array
    span: ColumnSpan


def draw_pair(context: AdditiveContext, part: PartWording) -> list[HeatMap]:
    """A grid for each score, of the rules' own values; nothing where a column has one value."""
    measured = measure_pair(context, part)
    if measured is None:
        return []
    axes, grid = measured
    return [
        _fill_grid(context, grid[:, :, i], axes, i)
        for i in range(min(_SCORES, len(context.rules.scores)))
    ]


def measure_pair(
    context: AdditiveContext, part: PartWording
) -> tuple[tuple[GridAxis, GridAxis], Array] | None:
    """The axes of the grid, down and across, and what the columns add, (down, across, m); None
    where a column has one value.
    """
    rules, wording = context.rules, context.wording
    down, across = (_choose_values(context, wording.spans[i]) for i in part.part.columns)
    if min(len(down.names), len(across.names)) < 2:
        return None

    rows = np.tile(rules.reference.values, (len(down.names) * len(across.names), 1))
    rows[:, list(down.span.coordinates)] = np.repeat(down.values, len(across.names), axis=0)
    rows[:, list(across.span.coordinates)] = np.tile(across.values, (len(down.names), 1))
    added = rules.evaluate_parts(rows)[:, part.index] - rules.reference_parts[part.index]
    return (down, across), added.reshape(len(down.names), len(across.names), -1)


def _fill_grid(
    context: AdditiveContext, values: Array, axes: tuple[GridAxis, GridAxis], score: int
) -> HeatMap:
    down, across = axes
    decimals = max(0, context.wording.scale.decimals[score] - 2)
    largest = float(np.abs(values).max()) or 1.0
    scores = context.rules.scores
    of_score = f" to {scores[score]}" if len(scores) > 1 else ""
    names = (down.span.column.name, across.span.column.name)

    return HeatMap(
        f"Points{of_score} by {names[0]} (down) and {names[1]} (across)",
        names,
        tuple(across.names),
        tuple(
            (
                name,
                tuple(HeatCell(value / largest, phrase_points(value, decimals)) for value in row),
            )
            for name, row in zip(down.names, values.tolist(), strict=True)
        ),
    )


def _choose_values(context: AdditiveContext, span: ColumnSpan) -> GridAxis:
    if span.column.categories:
        members = span.admitted[:_CATEGORIES]
        names = [phrase_members(span, (i,)) for i in members]
        return GridAxis(names, np.eye(span.column.width)[list(members)], span)

    values = _space_values(context, span)
    return GridAxis([phrase_end(value) for value in values], np.array(values)[:, None], span)


def _space_values(context: AdditiveContext, span: ColumnSpan) -> Sequence[float]:
    """Values evenly apart where nearly all rows are, numbers that can be read."""
    rules, j = context.rules, span.first
    evidence = rules.evidence
    histogram = None if evidence is None or not evidence.histograms else evidence.histograms[j]
    low, high = float(rules.domain.lower[j]), float(rules.domain.upper[j])
    window = choose_window((low, high), histogram, ())
    if window is None:
        return [low]
    whole = bool(rules.domain.integer[j])
    return _list_multiples(window, whole=whole)


def _list_multiples(window: Window, *, whole: bool) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten in the window, as many as a grid shows."""
    size = int(np.floor(np.log10((window.high - window.low) / _VALUES)))
    for step in (Decimal(base).scaleb(power) for power in (size, size + 1) for base in _STEPS):
        if whole and step < 1:
            continue
        first, last = Decimal(window.low) / step, Decimal(window.high) / step
        found = range(
            int(first.to_integral_value(ROUND_CEILING)),
            int(last.to_integral_value(ROUND_FLOOR)) + 1,
        )
        if len(found) <= _VALUES:
            return [float(number * step) for number in found]
    return [window.low, window.high]
