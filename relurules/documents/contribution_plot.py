"""What columns add to the scores of many rows, a dot each."""

import numpy as np

from relurules.documents.document import LinePlot, PlotLine
from relurules.documents.plot_axis import Axis
from relurules.ir.network import Array
from relurules.validation.contributions import ContributionSample

#: Parts that are shown, those whose contributions spread most.
_PARTS = 15
#: Dots within a bin of the width stand one above another: bins, and how far dots are apart, as a
#: share of a part's height, of which they fill so much at most.
_BINS, _STEP, _FILLED = 90, 0.11, 0.8
#: Rows whose values are among the lowest third, and those among the highest.
_LOW, _HIGH = 1 / 3, 2 / 3


def plot_contributions(sample: ContributionSample | None) -> LinePlot | None:
    """A line of dots for every part, the one that spreads most on top; None without a sample."""
    if sample is None:
        return None
    count = min(_PARTS, len(sample.names))
    across = Axis([*sample.points[:, :count].ravel().tolist(), 0.0])
    dots: dict[str, list[tuple[float, float]]] = {"low": [], "high": [], "other": []}
    for i in range(count):
        xs = np.array([across.place(v) for v in sample.points[:, i].tolist()])
        heights = _stack_dots(xs)
        middle = 1.0 - (i + 0.5) / count
        for x, height, place in zip(
            xs.tolist(), heights.tolist(), sample.places[:, i].tolist(), strict=True
        ):
            kind = "low" if place < _LOW else "high" if place > _HIGH else "other"
            dots[kind].append((x, middle + height / count))

    zero = across.place(0.0)
    lines = (
        PlotLine("", ((zero, 0.0), (zero, 1.0)), guide=True),
        PlotLine("other rows", tuple(dots["other"]), guide=True, cloud=True),
        PlotLine("the column is low: lowest third of the rows", tuple(dots["low"]), cloud=True),
        PlotLine("the column is high: highest third", tuple(dots["high"]), cloud=True),
    )
    names = tuple((1.0 - (i + 0.5) / count, sample.names[i]) for i in range(count))
    way = ", by the rule that applies" if sample.by_rule else ""
    more = f"; the first {count} of {len(sample.names)}" if len(sample.names) > count else ""

    return LinePlot(
        f"What columns add to the scores of {len(sample.rows)} {sample.part} rows, a dot each, "
        f"against the reference{way}{more}",
        ("points", ""),
        tuple(line for line in lines if line.corners),
        across.ticks,
        names,
    )


def _stack_dots(xs: Array) -> Array:
    """How far from the middle each dot stands, -1/2 to 1/2: dots of a bin alternate around it."""
    bins = np.floor(xs * _BINS).astype(int)
    found = np.zeros(len(xs))
    for own in np.unique(bins):
        at = np.flatnonzero(bins == own)
        k = np.arange(len(at))
        side = np.where(k % 2 == 0, 1, -1) * ((k + 1) // 2)
        step = min(_STEP, _FILLED / max(1, len(at)))
        found[at] = side * step

    return found
