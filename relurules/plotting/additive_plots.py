"""Plots of additive rules: their data, and the figure."""

from typing import TYPE_CHECKING

from relurules.errors import DataError
from relurules.explaining import choose_reference, explain_additive_row, read_row
from relurules.explaining.part_shapes import (
    PartImportance,
    compute_joint_effect,
    map_pair,
    rank_parts,
    trace_shape,
)
from relurules.explaining.rows import RowQuestion
from relurules.explaining.score_view import Feature, find_feature, list_features
from relurules.ir import AdditiveRules
from relurules.ir.network import Array
from relurules.plotting import coefficient_figures, part_figures, row_figures
from relurules.plotting.plot_request import PlotRequest
from relurules.reasons.score_choice import ScoreForm, choose_form
from relurules.statistics.additive_statistics import describe_scores

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Bars of the importance.
_TOP = 15


def plot_importance(request: PlotRequest) -> "Figure":
    """Shares of the parts."""
    return part_figures.draw_part_importance(_rank_parts(request, request.top or _TOP))


def plot_shape(request: PlotRequest) -> "Figure":
    """The column named, or the one that moves most in itself."""
    rules = _take_rules(request)
    names = request.features
    if not names:
        ranked = _rank_parts(request).names
        names = tuple(name for name in ranked if name in {**rules.curves, **rules.points})[:1]
    (feature,) = _find_features(rules, names, 1)
    return part_figures.draw_shape(
        trace_shape(rules, _choose_form(request), feature, _read_rows(request))
    )


def plot_pair(request: PlotRequest) -> "Figure":
    """The columns named, or the pair that moves most."""
    rules, X = _take_rules(request), _read_rows(request)
    one, other = _find_pair(request)
    return part_figures.draw_pair(map_pair(rules, _choose_form(request), (one, other), X))


def plot_pairwise(request: PlotRequest) -> "Figure":
    """What two columns, and their pair, do to rows."""
    rules, X = _take_rules(request), _read_rows(request)
    if X is None:
        raise DataError("this plot needs rows: data, or --data FILE")
    one, other = _find_pair(request)
    found = compute_joint_effect(rules, _choose_form(request), (one, other), X)
    return row_figures.draw_pairwise(found, (one, other))


def plot_row(request: PlotRequest) -> "Figure":
    """The waterfall of a row."""
    rules = _take_rules(request)
    if request.row is None:
        raise DataError("this plot needs the row that it explains: row, or --row")
    reference = None
    if request.centred:
        reference = choose_reference(rules, None, request.data, request.output)
    question = RowQuestion(reference=reference, output=request.output)
    return coefficient_figures.draw_row(
        explain_additive_row(rules, read_row(rules.domain, request.row), question)
    )


def _take_rules(request: PlotRequest) -> AdditiveRules:
    assert isinstance(request.rules, AdditiveRules)  # noqa: S101  # the table of plots chose
    return request.rules


def _choose_form(request: PlotRequest) -> ScoreForm:
    return choose_form(describe_scores(_take_rules(request)), request.output)


def _read_rows(request: PlotRequest) -> Array | None:
    """The rows in the domain, (N, d), None without data; DataError where none is."""
    if request.data is None:
        return None
    domain = _take_rules(request).domain
    X = domain.rows(request.data)
    inside = domain.contains(X)
    if not inside.any():
        raise DataError(f"none of the {len(X)} rows lies where the rules hold")

    return X[inside]


def _rank_parts(request: PlotRequest, top: int | None = None) -> PartImportance:
    return rank_parts(_take_rules(request), _choose_form(request), _read_rows(request), top)


def _find_features(rules: AdditiveRules, names: tuple[str, ...], count: int) -> list[Feature]:
    if len(names) != count:
        raise DataError(
            f"this plot is of {count} column{'s' * (count > 1)}, found {', '.join(names) or 'none'}"
        )
    known = list_features(describe_scores(rules))
    return [find_feature(known, name) for name in names]


def _find_pair(request: PlotRequest) -> tuple[Feature, Feature]:
    """The two columns named, or the pair that moves most."""
    rules, names = _take_rules(request), request.features
    if not names:
        pairs = {
            part.name: tuple(rules.domain.columns[i].name for i in part.columns)
            for part in rules.parts
            if len(part.columns) == 2
        }
        if not pairs:
            raise DataError("no two columns add anything together; name two columns for pairwise")
        ranked = [name for name in _rank_parts(request).names if name in pairs]
        names = pairs[ranked[0]]
    one, other = _find_features(rules, names, 2)

    return one, other
