"""A column's curve as a picture: its corners, how rows are spread beneath it, and ticks."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from relurules.documents.document import CurvePlot
from relurules.ir.additive import AdditiveRules
from relurules.ir.evidence import Histogram
from relurules.ir.network import Array
from relurules.wording.numbers import format_number

#: Curves that one picture shows.
CURVES = 3
#: Rows that a picture may leave out at either end, as a share: few rows far out would press all
#: others into one bar.
_TAIL = 0.02
#: Room above and below the curve, and beside an open end, as a share of what is shown.
_MARGIN = 0.08
#: Whole numbers that get a bar each.
_MOST_WHOLE = 24
#: The numbers at ticks are so far apart at least, and a character is so wide, as shares of the
#: width.
_APART, _CHARACTER = 0.04, 0.026
#: 0 is written where it is so far from the other heights, as a share of all.
_HEIGHTS_APART = 0.16


@dataclass(frozen=True, kw_only=True)
class Window:
    """What a picture shows of a column: from low to high."""

    low: float
    high: float

    def make_whole(self, ends: tuple[float, float], inner: Sequence[float]) -> "Window":
        """To whole numbers within the ends: of many, those that it holds, with all corners; of few,
        a little more.
        """
        first, last = math.floor(self.low), math.ceil(self.high)
        if last - first >= _MOST_WHOLE:
            first = min([math.ceil(self.low), *map(math.floor, inner)])
            last = max([math.floor(self.high), *map(math.ceil, inner)])
        return Window(low=max(first, ends[0]), high=min(last, ends[1]))

    def place(self, value: float) -> float:
        """A value's share of the width."""
        return (value - self.low) / (self.high - self.low)


def draw_curve(rules: AdditiveRules, name: str, coordinate: int) -> CurvePlot | None:
    """The picture of a number column's curve; None for a column that is pinned."""
    curve, evidence = rules.curves[name], rules.evidence
    histogram = (
        None if evidence is None or not evidence.histograms else evidence.histograms[coordinate]
    )
    low, high = float(rules.domain.lower[coordinate]), float(rules.domain.upper[coordinate])
    inner = [x for x in curve.breakpoints.tolist() if low < x < high]
    window = choose_window((low, high), histogram, inner)
    if window is None:
        return None
    whole = bool(rules.domain.integer[coordinate])
    window = window.make_whole((low, high), inner) if whole else window

    at = np.unique([window.low, *(x for x in inner if window.low < x < window.high), window.high])
    values = curve.evaluate(at)[:, :CURVES]
    bottom, top = min(0.0, float(values.min())), max(0.0, float(values.max()))
    room = _MARGIN * ((top - bottom) or 1.0)
    bottom, top = bottom - room, top + room
    heights = (values - bottom) / (top - bottom)
    across = [window.place(x) for x in at.tolist()]
    reference = window.place(float(rules.reference.values[coordinate]))
    return CurvePlot(
        names=rules.scores[:CURVES] if len(rules.scores) > 1 else (),
        curves=tuple(tuple(zip(across, column, strict=True)) for column in heights.T.tolist()),
        bars=_spread_rows(histogram, window, whole=whole),
        zero=-bottom / (top - bottom),
        reference=reference if 0.0 <= reference <= 1.0 else None,
        across=_choose_ticks(window, inner),
        up=_label_heights(values, bottom, top),
    )


def draw_curves(at: Array, values: Array, names: tuple[str, ...]) -> CurvePlot | None:
    """Curves over one another, (n, curves) at ascending places, (n,), with bends where one has
    them; None for a single place.
    """
    window = Window(low=float(at[0]), high=float(at[-1]))
    if not window.low < window.high:
        return None
    bottom, top = min(0.0, float(values.min())), max(0.0, float(values.max()))
    room = _MARGIN * ((top - bottom) or 1.0)
    bottom, top = bottom - room, top + room
    across = [window.place(x) for x in at.tolist()]
    heights = (values - bottom) / (top - bottom)
    return CurvePlot(
        names=names,
        curves=tuple(tuple(zip(across, column, strict=True)) for column in heights.T.tolist()),
        bars=(),
        zero=-bottom / (top - bottom),
        reference=None,
        across=_choose_ticks(window, at[1:-1].tolist()),
        up=_label_heights(values, bottom, top),
    )


def choose_window(
    ends: tuple[float, float], histogram: Histogram | None, inner: Sequence[float]
) -> Window | None:
    """Where nearly all rows are, and all corners; without rows, the column's range; on an open
    side, a little beyond the last corner.
    """
    low, high = ends if histogram is None else find_bulk(histogram)
    known = [x for x in (*inner, low, high) if np.isfinite(x)]
    if not known:
        known = [-1.0, 1.0]
    width = (max(known) - min(known)) or max(1.0, abs(known[0]))
    low = min(known) if np.isfinite(low) else min(known) - width / 2
    high = max(known) if np.isfinite(high) else max(known) + width / 2
    low, high = max(low, ends[0]), min(high, ends[1])

    return Window(low=low, high=high) if low < high and np.isfinite(high - low) else None


def find_bulk(histogram: Histogram) -> tuple[float, float]:
    """Ends of the bins that hold all rows but the outermost few."""
    edges, below = histogram.edges, np.cumsum(histogram.counts)
    total = float(below[-1])
    first = int(np.searchsorted(below, _TAIL * total, side="right"))
    last = int(np.searchsorted(below, (1.0 - _TAIL) * total, side="left"))
    first, last = min(first, len(edges) - 2), min(last, len(edges) - 2)
    return float(edges[first]), float(edges[last + 1])


def _spread_rows(
    histogram: Histogram | None, window: Window, *, whole: bool
) -> tuple[tuple[float, float, float], ...]:
    """Bars of the rows within the window; a bar for every whole number, where these are few."""
    if histogram is None:
        return ()
    edges, heights = histogram.edges, histogram.densities
    spans = list(zip(edges[:-1].tolist(), edges[1:].tolist(), heights.tolist(), strict=True))
    if whole and edges[-1] - edges[0] < _MOST_WHOLE:
        spans = _gather_whole(edges, histogram.counts)
    shown = [
        (max(0.0, window.place(low)), min(1.0, window.place(high)), count)
        for low, high, count in spans
        if count and window.place(high) > 0 and window.place(low) < 1
    ]
    most = max((count for _, _, count in shown), default=1.0)

    return tuple((low, high, count / most) for low, high, count in shown)


def _gather_whole(edges: Array, counts: Array) -> list[tuple[float, float, float]]:
    found: dict[float, float] = {}
    for low, count in zip(edges[:-1].tolist(), counts.tolist(), strict=True):
        number = min(float(np.ceil(low - 1e-9)), float(edges[-1]))
        found[number] = found.get(number, 0.0) + count
    return [(number - 0.3, number + 0.3, count) for number, count in found.items()]


def _choose_ticks(window: Window, inner: Sequence[float]) -> tuple[tuple[float, str], ...]:
    """The ends, and corners that are far enough from all other ticks."""
    span = window.high - window.low
    shown = [(0.0, format_tick(window.low, span)), (1.0, format_tick(window.high, span))]
    for x in inner:
        tick = (window.place(x), format_tick(x, span))
        if all(_is_apart(tick, other) for other in shown):
            shown.append(tick)
    return tuple(sorted(shown))


def _is_apart(one: tuple[float, str], other: tuple[float, str]) -> bool:
    """Whether the numbers at two ticks leave room; those at the ends are written inwards."""
    sizes = [
        len(words) * _CHARACTER * (1.0 if place in (0.0, 1.0) else 0.5)
        for place, words in (one, other)
    ]
    return abs(one[0] - other[0]) >= sum(sizes) + _APART


def _label_heights(values: Array, bottom: float, top: float) -> tuple[tuple[float, str], ...]:
    """The least and the largest value, and 0 where that is apart from both."""
    ends = sorted({float(values.min()), float(values.max())})
    if all(abs(end) > _HEIGHTS_APART * (top - bottom) for end in ends):
        ends.append(0.0)
    return tuple(
        ((value - bottom) / (top - bottom), format_tick(value, top - bottom)) for value in ends
    )


def format_tick(value: float, span: float) -> str:
    """A number with as many digits as tell a hundredth of a span."""
    decimals = int(np.clip(np.ceil(2 - np.log10(span)), 0, 12))
    return format_number(round(value, decimals) + 0.0)
