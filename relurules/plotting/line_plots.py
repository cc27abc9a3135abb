"""Plots of a validation as figures: the same lines as in documents, drawn by matplotlib."""

from typing import TYPE_CHECKING, Any

from relurules.documents.contribution_plot import plot_contributions
from relurules.documents.document import LinePlot, PlotLine
from relurules.documents.validation_plots import list_plots, plot_calibration, plot_roc
from relurules.errors import DataError, UnsupportedError
from relurules.ir import AdditiveRules, Reached, RuleSet
from relurules.plotting.plot_request import PlotRequest
from relurules.plotting.style import (
    COLOURS,
    GREY,
    LINES,
    MARKERS,
    WIDE,
    draw_legend,
    new_figure,
    wrap_name,
    wrap_names,
)
from relurules.reasons.score_choice import choose_form
from relurules.statistics.additive_statistics import describe_scores
from relurules.statistics.population_stability import cut_score_bands
from relurules.validation import ValidationReport
from relurules.validation.contributions import sample_contributions
from relurules.validation.judged_rows import Judge, JudgedRows, judge_table
from relurules.validation.performance import list_roc_points, list_score_bands

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: What the rows are called that a plot is given, as "data rows".
_PART = "data"
#: Inches that a name at a tick needs, the title, and the entries of the legend.
_TICK, _PLAIN = 0.28, 4.2
_TITLE = 88


def draw_report_plot(report: ValidationReport, kind: str) -> "Figure":
    """A plot of a validation by its name; UnsupportedError naming those that there are."""
    plots = list_plots(report)
    if kind not in plots:
        raise UnsupportedError(
            f"no plot {kind!r} of this validation; there are {', '.join(plots) or 'none'}"
        )
    return draw_line_plot(plots[kind])


def draw_roc(request: PlotRequest) -> "Figure":
    """The ROC curve of rows with true values of two classes."""
    _, part = _judge(request)
    return _draw_found(plot_roc(list_roc_points(part), [_PART]), "true values of two classes")


def draw_calibration(request: PlotRequest) -> "Figure":
    """What came over what was predicted, by tenths of the rows."""
    judge, part = _judge(request)
    bands = (
        list_score_bands(part, cut_score_bands(part.score)) if judge.task != "multiclass" else ()
    )
    found = plot_calibration(bands, [_PART], judge.task or "", judge.response)
    return _draw_found(found, "true values of two classes, or numbers")


def draw_beeswarm(request: PlotRequest) -> "Figure":
    """What columns add, a dot for each of some rows."""
    rules = _take_rules(request)
    if request.data is None:
        raise DataError("this plot needs rows: data, or --data FILE")
    X = rules.domain.rows(request.data)
    if isinstance(rules, AdditiveRules):
        inside, models = rules.domain.contains(X), describe_scores(rules)
    else:
        inside, models = rules.number_rows(X) > 0, rules.local_models
    form = choose_form(models, request.output)
    found = sample_contributions(rules, form.weights, X[inside], _PART)
    return _draw_found(plot_contributions(found), "rows in the domain")


def _take_rules(request: PlotRequest) -> RuleSet | AdditiveRules:
    if isinstance(request.rules, Reached):
        raise UnsupportedError("this plot is of rules; found local models of rows")
    return request.rules


def _judge(request: PlotRequest) -> tuple[Judge, JudgedRows]:
    rules = _take_rules(request)
    if request.data is None or request.y is None:
        raise DataError(
            "this plot needs rows with their true values: data and y, or --data and --target"
        )
    judge, part = judge_table(rules, _PART, request.data, request.y)
    if not len(part):
        raise DataError(f"none of the {part.rows} rows lies in the domain of the rules")

    return judge, part


def _draw_found(plot: LinePlot | None, needed: str) -> "Figure":
    if plot is None:
        raise DataError(f"there is nothing to draw; this plot needs {needed}")
    return draw_line_plot(plot)


def draw_line_plot(plot: LinePlot) -> "Figure":
    """Any plot of lines; places are shares of the axes, which run from 0 to 1."""
    named = sum(bool(line.name) for line in plot.lines)
    height = max(_PLAIN, 1.4 + _TICK * len(plot.up)) + 0.22 * named
    figure = new_figure(height, WIDE)
    axes = figure.subplots()
    number = 0
    for line in plot.lines:
        number += not line.guide
        _draw_line(axes, line, number)

    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_xticks([place for place, _ in plot.across], [words for _, words in plot.across])
    axes.set_yticks([place for place, _ in plot.up], [wrap_name(words) for _, words in plot.up])
    axes.grid(axis="y", alpha=0.3)
    axes.set_xlabel(wrap_name(plot.axes[0], 70))
    axes.set_ylabel(wrap_name(plot.axes[1], 44))
    figure.suptitle(wrap_names("", [plot.caption], _TITLE), x=0.01, ha="left", fontsize=11)
    if named:
        draw_legend(figure, ncols=1)
    return figure


def _draw_line(axes: Any, line: PlotLine, number: int) -> None:
    """Told apart by colour, dashes and marks; the first of several clouds is hollow."""
    place = (number - 1) % len(COLOURS)
    colour = GREY if line.guide else COLOURS[place]
    x, y = [corner[0] for corner in line.corners], [corner[1] for corner in line.corners]
    label = line.name or None
    if line.cloud:
        face = "white" if number == 1 and not line.guide else colour
        axes.scatter(x, y, s=10, facecolor=face, edgecolor=colour, linewidth=0.8, label=label)
        return
    if line.guide:
        axes.plot(x, y, color=colour, linewidth=0.9, linestyle="--", label=label)
        return
    if line.area:
        at, bottom, top = zip(*line.area, strict=True)
        axes.fill_between(at, bottom, top, color=colour, alpha=0.2, linewidth=0)
    for across, low, high in line.spans:
        axes.plot([across, across], [low, high], color=colour, linewidth=1.2)
    axes.plot(
        x, y, color=colour, linewidth=1.8, linestyle=LINES[place], label=label,
        marker=MARKERS[place] if line.dots else None, markersize=5, markerfacecolor="white",
        clip_on=False,
    )  # fmt: skip
