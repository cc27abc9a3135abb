"""The table of plots: what each is of, which arguments it needs, its data and its figure."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from relurules.errors import DataError, UnsupportedError
from relurules.explaining import choose_reference, explain_row, read_row
from relurules.explaining.coefficients import collect_coefficients, measure_importance
from relurules.explaining.flattening import score_model_counts
from relurules.explaining.profiles import compute_pair_effect, compute_profiles
from relurules.explaining.rows import RowQuestion
from relurules.explaining.score_view import Feature, list_features
from relurules.explaining.slices import choose_box, cut_slice
from relurules.explaining.wald_intervals import compute_intervals
from relurules.ir import AdditiveRules, RuleSet
from relurules.ir.network import Array
from relurules.plotting import additive_plots, coefficient_figures, line_plots, row_figures
from relurules.plotting.plot_request import PlotRequest
from relurules.plotting.tradeoffs import draw_tradeoffs, list_tradeoffs
from relurules.reasons.score_choice import find_output
from relurules.statistics.typical_rows import find_typical_row

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class PlotKind(NamedTuple):
    """A kind of plot. about: in words; needs: arguments; draw: of partition rules and local models,
    None where it isn't for them; draw_lines: of additive rules; instead: what one of the two takes
    instead.
    """

    about: str
    needs: str
    draw: Callable[[PlotRequest], "Figure"] | None
    draw_lines: Callable[[PlotRequest], "Figure"] | None = None
    instead: str = ""


def _plot_importance(request: PlotRequest) -> "Figure":
    return coefficient_figures.draw_importance(
        measure_importance(request.models, request.view, request.spread(), request.top or 15)
    )


def _plot_parallel(request: PlotRequest) -> "Figure":
    found = collect_coefficients(
        request.models, request.view, request.spread(), request.top or 10, 200
    )
    return coefficient_figures.draw_parallel(found)


def _plot_violin(request: PlotRequest) -> "Figure":
    return coefficient_figures.draw_violin(
        collect_coefficients(request.models, request.view, request.spread(), request.top or 10)
    )


def _plot_profile(request: PlotRequest) -> "Figure":
    (feature,) = request.columns(1)
    return row_figures.draw_profiles(
        compute_profiles(request.sample(), request.view, feature, request.top or 30)
    )


def _plot_pairwise(request: PlotRequest) -> "Figure":
    one, other = request.columns(2)
    return row_figures.draw_pairwise(
        compute_pair_effect(request.sample(), request.view, one, other), (one, other)
    )


def _plot_regions(request: PlotRequest) -> "Figure":
    models, X = request.models, None if request.data is None else request.sample().X
    pair = _choose_plane(request)
    names, box = (pair[0].name, pair[1].name), choose_box(models, pair, X)
    marked, output = request.row is not None, find_output(models, request.output)
    return row_figures.draw_slice(
        cut_slice(
            request.local_rules(), output, names, _choose_point(request, X), box, marked=marked
        )
    )


def _choose_plane(request: PlotRequest) -> list[Feature]:
    """Two columns of numbers: those named, or those that matter most."""
    if request.features:
        return request.columns(2)

    rules, models = request.local_rules(), request.models
    # The columns that conditions depend on most, over their width in the domain.
    if isinstance(rules, RuleSet):
        moved = np.abs(rules.tree.normals) * rules.domain.widths
        read = (moved / moved.max(axis=1, keepdims=True, initial=1e-300)).sum(axis=0)
    else:
        read = np.asarray(np.abs(rules.network.A).sum(axis=0) * request.sample().deviations)

    numbers = [
        f for f in list_features(models) if not f.categories and models.domain.widths[f.at[0]] > 0
    ]
    found = sorted(numbers, key=lambda feature: -float(read[feature.at[0]]))[:2]
    if len(found) < 2:
        raise DataError("a plane needs two columns of numbers that vary; name them")
    return found


def _choose_point(request: PlotRequest, X: Array | None) -> Array:
    """What the other columns are: the row given, or that of rule 1, nearest to the mean of its
    rows, or its point.
    """
    given = request.local_rules()
    if request.row is not None:
        return read_row(request.models.domain, request.row).x

    evidence = given.evidence if isinstance(given, RuleSet) else None
    if evidence is not None and evidence.rules[0].typical is not None:
        return np.array(evidence.rules[0].typical)
    if X is not None:
        sample = request.sample()
        return find_typical_row(sample, int(np.argmax(sample.counts)))

    return np.array(given.rules[0].point if isinstance(given, RuleSet) else given.points[0])


def _plot_row(request: PlotRequest) -> "Figure":
    rules = request.only_rules()
    if request.row is None:
        raise DataError("this plot needs the row that it explains: row, or --row")
    reference = (
        choose_reference(rules, None, request.data, request.output) if request.centred else None
    )
    question = RowQuestion(reference, request.output)
    return coefficient_figures.draw_row(
        explain_row(rules, read_row(rules.domain, request.row), question)
    )


def _plot_intervals(request: PlotRequest) -> "Figure":
    sample, response = request.judged()
    model = 0 if request.rule is None else request.rule - 1
    if not 0 <= model < len(sample.models):
        raise DataError(f"no rule {request.rule}; there are {len(sample.models)}")
    return coefficient_figures.draw_intervals(compute_intervals(sample, response, model))


def _plot_tradeoff(request: PlotRequest) -> "Figure":
    rules = request.rules
    return draw_tradeoffs(
        list_tradeoffs(rules if isinstance(rules, AdditiveRules) else request.only_rules())
    )


def _plot_merging(request: PlotRequest) -> "Figure":
    sample, response = request.judged()
    return row_figures.draw_model_counts(score_model_counts(sample, response))


#: Name of a kind of plot -> what it is.
PLOTS: Mapping[str, PlotKind] = {
    "importance": PlotKind(
        "how much each column, or pair, moves the score",
        "data",
        _plot_importance,
        additive_plots.plot_importance,
    ),
    "parallel": PlotKind(
        "coefficients of the top columns, a line per rule",
        "data",
        _plot_parallel,
        instead="shape, as lines add up and have no coefficients of their own rules",
    ),
    "violin": PlotKind(
        "how the coefficients of the top columns spread over the rows",
        "data",
        _plot_violin,
        instead="shape, whose slope is the coefficient of every row",
    ),
    "profile": PlotKind(
        "the term of one column in each rule",
        "data, --feature",
        _plot_profile,
        additive_plots.plot_shape,
    ),
    "shape": PlotKind(
        "what one column adds, over its rows",
        "--feature",
        None,
        additive_plots.plot_shape,
        instead="profile",
    ),
    "pairwise": PlotKind(
        "what two columns do together to each row",
        "data, --feature twice",
        _plot_pairwise,
        additive_plots.plot_pairwise,
    ),
    "pair": PlotKind(
        "what two columns add together, beyond either",
        "--feature twice",
        None,
        additive_plots.plot_pair,
        instead="pairwise",
    ),
    "regions": PlotKind(
        "the rules' regions in the plane of two columns of numbers",
        "--feature twice",
        _plot_regions,
        instead="pair, which shows where lines begin",
    ),
    "row": PlotKind(
        "what each column adds to the score of one row",
        "--row",
        _plot_row,
        additive_plots.plot_row,
    ),
    "waterfall": PlotKind(
        "the same as row, by its other name", "--row", _plot_row, additive_plots.plot_row
    ),
    "intervals": PlotKind(
        "a rule's coefficients beside Wald intervals from its rows",
        "data, --target, --rule",
        _plot_intervals,
        instead="shape, as no line has rows of its own alone",
    ),
    "tradeoff": PlotKind(
        "how many rules or lines are enough for which error, of rules that were simplified",
        "",
        _plot_tradeoff,
        _plot_tradeoff,
    ),
    "roc": PlotKind(
        "the ROC curve of two classes", "data, --target", line_plots.draw_roc, line_plots.draw_roc
    ),
    "calibration": PlotKind(
        "what came over what was predicted, by tenths of the rows",
        "data, --target",
        line_plots.draw_calibration,
        line_plots.draw_calibration,
    ),
    "beeswarm": PlotKind(
        "what columns add to the scores of many rows, a dot each",
        "data",
        line_plots.draw_beeswarm,
        line_plots.draw_beeswarm,
    ),
    "merging": PlotKind(
        "what merging and flattening the local models costs",
        "data, --target",
        _plot_merging,
        instead="tradeoff, as there are no local models to merge",
    ),
}


def draw_plot(kind: str, request: PlotRequest) -> "Figure":
    """The figure of one kind; UnsupportedError for an unknown kind, naming those that there are,
    and for one that isn't for these rules, naming what is.
    """
    if kind not in PLOTS:
        raise UnsupportedError(f"no plot {kind!r}; there are {', '.join(PLOTS)}")

    own = PLOTS[kind]
    adds = isinstance(request.rules, AdditiveRules)
    draw = own.draw_lines if adds else own.draw
    if draw is None:
        raise UnsupportedError(
            f"the plot {kind!r} isn't for {'additive' if adds else 'partition'} rules; use "
            f"{own.instead}"
        )
    return draw(request)
