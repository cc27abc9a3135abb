"""Figures of a validation as plots."""

from collections.abc import Sequence

import numpy as np

from relurules.documents.contribution_plot import plot_contributions
from relurules.documents.document import LinePlot, PlotLine
from relurules.documents.plot_axis import Axis
from relurules.documents.validation_refits import plot_refit_curves
from relurules.validation.report import (
    BandShare,
    FrontStep,
    Movement,
    RocPoint,
    ScoreBand,
    ValidationReport,
)

#: Parts that one plot shows: as many as lines are told apart.
_MOST = 3


def list_plots(report: ValidationReport) -> dict[str, LinePlot]:
    """Name of a file -> plot, of all that there are."""
    parts = [size.part for size in report.parts][:_MOST]
    found = {
        "roc": plot_roc(report.roc, parts),
        "calibration": plot_calibration(report.bands, parts, report.task, report.response),
        "scores": plot_score_shares(report.shares, report.parts[0].part),
        "periods": plot_periods(report.movements),
        "front": plot_front(report.front),
        "contributions": plot_contributions(report.contributions),
        **plot_refit_curves(report),
    }

    return {name: plot for name, plot in found.items() if plot is not None}


def plot_roc(points: Sequence[RocPoint], parts: Sequence[str]) -> LinePlot | None:
    """The ROC curves of parts."""
    if not points:
        return None
    axis = Axis([0.0, 1.0])
    diagonal = PlotLine("no better than chance", ((0.0, 0.0), (1.0, 1.0)), guide=True)
    lines = [
        PlotLine(
            f"{part} rows",
            tuple(
                (one.false_positive_rate, one.true_positive_rate)
                for one in points
                if one.part == part
            ),
        )
        for part in parts
    ]
    axes = ("share of the negative rows above the cut-off", "share of the positive rows")

    return LinePlot(
        "ROC curve: which share of the positive rows is found at the price of which share of the "
        "negative ones",
        axes,
        (diagonal, *(line for line in lines if line.corners)),
        axis.ticks,
        axis.ticks,
    )


def plot_calibration(
    bands: Sequence[ScoreBand], parts: Sequence[str], task: str, response: str
) -> LinePlot | None:
    """What came over what was predicted, band by band."""
    shown = [one for one in bands if one.prediction is not None and one.part in parts]
    if not shown:
        return None

    binary = task == "binary"
    across = Axis([one.prediction or 0.0 for one in shown], low=0.0 if binary else None)
    up = Axis(
        [end for one in shown for end in (one.outcome, one.outcome_low, one.outcome_high) if end],
        low=0.0 if binary else None,
    )
    both = Axis([*across.ends, *up.ends])
    lines = [
        PlotLine(
            f"{part} rows",
            tuple((both.place(one.prediction or 0.0), both.place(one.outcome)) for one in own),
            dots=True,
            spans=tuple(
                (both.place(one.prediction or 0.0), both.place(one.outcome_low), both.place(high))
                for one in own
                if one.outcome_low is not None and (high := one.outcome_high) is not None
            ),
        )
        for part in parts
        if (own := [one for one in shown if one.part == part])
    ]
    what = "share that came" if binary else f"mean of {response}"
    said = "mean predicted probability" if binary else f"mean prediction of {response}"
    right = PlotLine("exactly right", ((0.0, 0.0), (1.0, 1.0)), guide=True)

    return LinePlot(
        "Calibration: what came over what was predicted, by band of the score, with intervals of "
        "95 %",
        (said, what),
        (right, *lines),
        both.ticks,
        both.ticks,
    )


def plot_score_shares(shares: Sequence[BandShare], base: str) -> LinePlot | None:
    """How rows are spread over the bands of the score, in the base and in two parts at most."""
    own = [one for one in shares if one.kind == "score"]
    parts = list(dict.fromkeys(one.part for one in own))[: _MOST - 1]
    bands = list(dict.fromkeys(one.band for one in own))
    if len(bands) < 2:
        return None

    up = Axis(
        [one.share for one in own if one.part in parts] + [one.base_share for one in own], low=0
    )
    places = {band: (i + 0.5) / len(bands) for i, band in enumerate(bands)}
    series = {base: {one.band: one.base_share for one in own}}
    series |= {part: {one.band: one.share for one in own if one.part == part} for part in parts}
    lines = tuple(
        PlotLine(
            f"{name} rows",
            tuple((places[band], up.place(share)) for band, share in values.items()),
            dots=True,
        )
        for name, values in series.items()
    )
    ticks = tuple((place, str(i)) for i, place in enumerate(places.values(), 1))

    return LinePlot(
        "Share of the rows in each band of the score",
        ("band of the score, the lowest first", "share of the rows"),
        lines,
        ticks,
        up.ticks,
    )


def plot_periods(movements: Sequence[Movement]) -> LinePlot | None:
    """The stability index of the score over periods, where there are several."""
    own = [one for one in movements if one.kind == "score" and np.isfinite(one.psi)]
    if len(own) < 3:
        return None
    up = Axis([one.psi for one in own], low=0.0)
    places = [(i + 0.5) / len(own) for i in range(len(own))]
    line = PlotLine(
        "score",
        tuple((x, up.place(one.psi)) for x, one in zip(places, own, strict=True)),
        dots=True,
    )
    step = max(1, len(own) // 8)
    ticks = tuple((places[i], own[i].part) for i in range(0, len(own), step))

    return LinePlot(
        f"How far the score has moved from the {own[0].base} rows, by period",
        ("period", "population stability index (PSI)"),
        (line,),
        ticks,
        up.ticks,
    )


def plot_front(front: Sequence[FrontStep]) -> LinePlot | None:
    """Accuracy over size; of one size the best model."""
    best: dict[int, FrontStep] = {}
    for step in front:
        if step.size not in best or step.value > best[step.size].value:
            best[step.size] = step
    chosen = next((step for step in front if step.chosen), None)
    if len(best) < 2:
        return None

    measure = front[0].measure
    across, up = Axis(best, low=0.0), Axis(step.value for step in best.values())
    lines = [
        PlotLine(
            f"the best {measure} of each size",
            tuple((across.place(size), up.place(best[size].value)) for size in sorted(best)),
            dots=True,
        )
    ]
    if chosen is not None:
        lines.append(
            PlotLine("chosen", ((across.place(chosen.size), up.place(chosen.value)),), dots=True)
        )

    return LinePlot(
        f"What fewer lines or rules cost: {measure} on the validation rows",
        ("number of lines or rules", f"{measure}, validation rows"),
        tuple(lines),
        across.ticks,
        up.ticks,
    )
