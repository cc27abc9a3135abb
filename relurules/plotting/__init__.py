"""Plots of rules and local models: a table of kinds, each of which draws data that `explaining`
gives.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from relurules.ir import AdditiveRules, Reached, RuleSet
from relurules.ir.scorer import refuse_path
from relurules.plotting.line_plots import draw_report_plot
from relurules.plotting.plot_kinds import PLOTS, draw_plot
from relurules.plotting.plot_request import PlotRequest
from relurules.plotting.style import save_figure, use_style
from relurules.tables.table import read_table
from relurules.validation import ValidationReport

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot(
    rules: RuleSet | Reached | AdditiveRules | ValidationReport,
    kind: str,
    *,
    data: Any = None,
    y: Any = None,
    out: str | Path | None = None,
    features: str | Sequence[str] | None = None,
    output: str | None = None,
    top: int | None = None,
    rule: int | None = None,
    row: Any = None,
    centred: bool = True,
) -> "Figure":
    """A figure, also written to `out` (.svg, .png or .pdf; the same bytes for the same data).

    kind: importance, parallel, violin, profile, pairwise, regions, row (or waterfall), intervals,
    merging, tradeoff, roc or calibration, and of additive rules importance, shape (or profile),
    pair, pairwise, row (or waterfall), beeswarm, tradeoff, roc or calibration; of a report that
    `validate` gives, any plot of its document, such as roc, calibration, front or scores; see
    `plot_kinds.PLOTS` for what each needs. data: (N, d) rows; y: (N,) true values; features: the
    column, or the two, that profile, shape, pairwise, pair and regions are of, None for the most
    important ones; output: whose score; top: how many columns, or of a profile local models; rule:
    number from 1; row: as in `explain`, for regions what the other columns are. UnsupportedError
    for an unknown kind and without matplotlib, DataError where something is missing.
    """
    refuse_path(rules)
    if isinstance(rules, ValidationReport):
        with use_style():
            return _finish(draw_report_plot(rules, kind), out)
    table = None if data is None else read_table(data)
    names = (features,) if isinstance(features, str) else tuple(features or ())
    with use_style():
        figure = draw_plot(
            kind, PlotRequest(rules, table, y, names, output, top, rule, row, centred)
        )
    return _finish(figure, out)


def _finish(figure: "Figure", out: str | Path | None) -> "Figure":
    if out is not None:
        save_figure(figure, Path(out))
    return figure


__all__ = ["PLOTS", "plot"]
