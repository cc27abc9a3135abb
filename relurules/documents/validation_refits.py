"""The section on rules that were fitted again to resampled rows, and its pictures."""

from collections.abc import Sequence

import numpy as np

from relurules.documents.cards import spell_metric
from relurules.documents.document import Block, LinePlot, Paragraph, PlotLine, Section, Table
from relurules.documents.plot_axis import Axis
from relurules.documents.validation_cells import phrase_share, phrase_value, write_measured
from relurules.validation import ValidationReport
from relurules.validation.refit_report import RefitCurve
from relurules.validation.refits import QUANTILES
from relurules.wording import phrases as p
from relurules.wording.numbers import format_short

#: Curves that are drawn, those whose refits are the furthest apart; all of them are in the data.
_CURVES = 4
#: Columns that come back in few refits alone, and that the rules have no line on, are left out.
_OFTEN = 0.1


def build_refits(report: ValidationReport, plots: Sequence[LinePlot]) -> Section | None:
    """How often lines come back, and how far curves, scores and figures move."""
    if not report.refit_figures:
        return None
    blocks: list[Block] = [
        Paragraph(p.text(_explain(report))),
        _tabulate_figures(report),
        _tabulate_columns(report),
    ]
    if report.refit_conditions:
        blocks.append(_tabulate_conditions(report))
    if report.refit_bands:
        blocks.append(_tabulate_bands(report))
    if plots:
        said = (
            "What a column's values add to the score of a typical row, all else as it is there: "
            "the line is of the rules, and nine of ten refits lie in the band. Those columns are "
            "shown whose refits are the furthest apart; data/refit_curves.csv has all of them."
        )
        blocks += [Paragraph(p.text(said)), *plots]

    return Section("refits", "Fitted again to resampled rows", tuple(blocks))


def _explain(report: ValidationReport) -> str:
    count = len({one.refit for one in report.refit_figures})
    return (
        f"The rules were fitted again {count} times, by the options and the budget of the fit: "
        "each time its training rows, and its validation rows, were drawn anew with replacement, "
        "as many as there were. The folder refits has the rules of every refit. Figures are of "
        f"the {report.parts[-1].part} rows. Lines may go and their columns stay, or another column "
        "that says the same may come instead; what curves and scores do matters more."
    )


def _tabulate_figures(report: ValidationReport) -> Table:
    last = report.parts[-1].part
    own = {
        one.metric: one.value
        for one in report.figures
        if (one.model, one.part) == ("the rules", last)
    }
    rows = []
    for metric in dict.fromkeys(one.metric for one in report.refit_figures):
        values = [one.value for one in report.refit_figures if one.metric == metric]
        numbers = [own.get(metric), *np.quantile(values, QUANTILES).tolist()]
        rows.append(
            (
                p.text(spell_metric(metric)),
                *(
                    phrase_value(None) if value is None else p.number(write_measured(value))
                    for value in numbers
                ),
            )
        )
    header = ("Figure", "The rules", "5 % of refits below", "Half below", "95 % below")

    return Table(
        f"Figures of refits, {last} rows", header, tuple(rows), (False, True, True, True, True)
    )


def _tabulate_columns(report: ValidationReport) -> Table:
    rows = tuple(
        (
            p.name(one.column),
            p.number(str(one.conditions)),
            phrase_share(one.share),
            phrase_value(one.mean, 3),
        )
        for one in report.refit_columns
        if one.conditions or one.share > _OFTEN
    )
    header = ("Column", "In the rules", "Refits that have any", "On average")

    return Table(
        "Lines, or splits, by the columns that they read", header, rows, (False, True, True, True)
    )


def _tabulate_conditions(report: ValidationReport) -> Table:
    if not any(one.bound is not None for one in report.refit_conditions):
        return _tabulate_sets(report)
    rows = tuple(
        (
            p.text(one.condition),
            p.name(one.columns),
            *(phrase_value(one.bound), phrase_share(one.same), phrase_share(one.near)),
            *(phrase_value(value) for value in (one.low, one.middle, one.high)),
        )
        for one in report.refit_conditions
    )
    header = (
        "Line", "Columns", "Begins at", "Same columns", "Nearby", "5 % below", "Half", "95 % below",
    )  # fmt: skip

    return Table(
        "How often every line or split comes back: with one on the same columns, with one that "
        "begins within a tenth of the rows of it, and where the nearest one begins",
        header, rows, (False, False, *[True] * 6),
    )  # fmt: skip


def _tabulate_sets(report: ValidationReport) -> Table:
    """Of conditions that all read several columns, which begin at no one value."""
    rows = tuple(
        (p.text(one.condition), p.name(one.columns), phrase_share(one.same))
        for one in report.refit_conditions
    )

    return Table(
        "How often every line or split comes back with one on the same columns",
        ("Line", "Columns", "Same columns"), rows, (False, False, True),
    )  # fmt: skip


def _tabulate_bands(report: ValidationReport) -> Table:
    write = phrase_share if report.task == "binary" else phrase_value
    told = any(one.others is not None for one in report.refit_bands)
    rows = tuple(
        (
            p.number(str(one.band)),
            p.text(one.label.replace("-", "\u2212")),
            p.number(f"{one.rows:,}"),
            *(write(value) for value in (one.prediction, one.low, one.high)),
            *([phrase_share(one.others)] if told else []),
        )
        for one in report.refit_bands
    )
    header = ["Band", "Score", "Rows", "Predicted", "From", "To"]
    header += ["Another class"] if told else []
    said = "; the share of refits that tell another class" if told else ""

    return Table(
        f"How far refits are apart, {report.parts[-1].part} rows by band of the score: means of "
        f"what the rules predict, and of the ends between which nine of ten refits lie{said}",
        tuple(header), rows, (True, False, *[True] * (len(header) - 2)),
    )  # fmt: skip


def plot_refit_curves(report: ValidationReport) -> dict[str, LinePlot]:
    """Name of a file -> plot of a column of numbers, of those whose refits are the most apart."""
    found: dict[str, list[RefitCurve]] = {}
    for one in report.refit_curves:
        if one.number is not None:
            found.setdefault(one.column, []).append(one)
    wide = sorted(found, key=lambda name: -max(one.high - one.low for one in found[name]))
    names = [name for name in wide if len(found[name]) > 1][:_CURVES]
    what = f"log odds of {report.outcome}" if report.task == "binary" else "score"

    return {f"refits_{i}": _plot_curve(name, found[name], what) for i, name in enumerate(names, 1)}


def _plot_curve(name: str, curve: Sequence[RefitCurve], what: str) -> LinePlot:
    across = Axis(one.number or 0.0 for one in curve)
    ends = [end for one in curve for end in (one.points, one.low, one.high)]
    up = Axis([*ends, 0.0])
    at = [(across.place(one.number or 0.0), one) for one in curve]
    line = PlotLine(
        "the rules, and nine of ten refits",
        tuple((x, up.place(one.points)) for x, one in at),
        area=tuple((x, up.place(one.low), up.place(one.high)) for x, one in at),
    )
    low, high = (format_short(curve[i].number or 0.0) for i in (0, -1))

    return LinePlot(
        f"What {name} adds, by the rules and by refits, from {low} to {high}",
        (name, f"adds to the {what}"),
        (PlotLine("", ((0.0, up.place(0.0)), (1.0, up.place(0.0))), guide=True), line),
        across.ticks,
        up.ticks,
    )
