"""RuleSet or Reached, and rows -> what they mean: one row explained, and plots, each with its data.

Every plot is two pure functions: one gives its data, frozen, another draws them (`figures.PLOTS` is the table). Ideas
and several plots are those of A. Sudjianto, W. Knauth, R. Singh, Z. Yang and A. Zhang, "Unwrapping The Black Box of
Deep ReLU Networks: Interpretability, Diagnostics, and Simplification", 2020.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from relurules.explaining.rows import Explanation, explain_row, read_row
from relurules.explaining.score_view import choose_view, is_decision
from relurules.ir import Reached, RuleSet
from relurules.plotting.plot_kinds import PLOTS, PlotRequest, draw_plot, find_means
from relurules.plotting.style import save_figure, use_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def explain(
    rules: RuleSet, row: Any, *, data: Any = None, output: str | None = None, centred: bool = True
) -> Explanation:
    """Which rule applies to a row, by which conditions and margins, and what each column adds to the score.

    row: a mapping of the user's columns, a Series, a frame of one row, or d numbers. Contributions are coefficient
    times value, against the means of `data`, or of the rows that the rules have kept figures of; centred=False, or
    without either: against 0. output: whose score, see `explaining.view.view_of`. The result prints as text;
    `.to_json()` gives plain values. DataError for a row that no rule applies to, saying why.
    """
    models, means = rules.local_models, find_means(rules, data) if centred else None
    view = None if is_decision(models, output) else choose_view(models, output)
    return explain_row(rules, read_row(rules.domain, row), view, means)


def plot(
    rules: RuleSet | Reached,
    kind: str,
    *,
    data: Any = None,
    y: Any = None,
    out: str | Path | None = None,
    features: Sequence[str] = (),
    output: str | None = None,
    top: int | None = None,
    rule: int | None = None,
    row: Any = None,
    centred: bool = True,
) -> "Figure":
    """A figure, also written to `out` (.svg, .png or .pdf; the same bytes for the same data).

    kind: importance, parallel, violin, profile, pairwise, regions, row, intervals, merging or tradeoff; see
    `explaining.figures.PLOTS` for what each needs. data: (N, d) rows; y: (N,) true values; features: the column, or the
    two, that profile, pairwise and regions are of, by default the most important ones; output: whose score; top: how
    many columns, or of a profile local models; rule: number from 1; row: as in `explain`, for regions what the other
    columns are. UnsupportedError for an unknown kind and without matplotlib, DataError where something is missing.
    """
    with use_style():
        figure = draw_plot(kind, PlotRequest(rules, data, y, tuple(features), output, top, rule, row, centred))
    if out is not None:
        save_figure(figure, Path(out))
    return figure


__all__ = ["PLOTS", "Explanation", "explain", "plot"]
