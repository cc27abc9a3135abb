"""The table of plots: what each is of, which arguments it needs, its data and its figure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from relurules.errors import DataError, UnsupportedError
from relurules.explaining import drawing, drawing_rows
from relurules.explaining.coefficients import coefficients, importance
from relurules.explaining.flattening import fewer
from relurules.explaining.profiles import pairwise, profiles
from relurules.explaining.rows import explain_row, row_of
from relurules.explaining.slices import slice_box, slice_of
from relurules.explaining.tradeoffs import draw_tradeoffs, tradeoffs
from relurules.explaining.view import (
    Feature,
    Spread,
    View,
    feature_named,
    features_of,
    output_of,
    spread_of,
    spread_of_evidence,
    view_of,
)
from relurules.explaining.wald import intervals
from relurules.ir import Reached, RuleSet
from relurules.ir.local_models import LocalModels, Sample
from relurules.ir.network import Array
from relurules.ir.response import Response, response_of
from relurules.ir.statistics import typical_rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Request:
    """What is to be drawn; the arguments of `explaining.plot`."""

    rules: RuleSet | Reached
    data: Any = None
    y: Any = None
    features: tuple[str, ...] = ()
    output: str | None = None
    top: int | None = None
    rule: int | None = None
    row: Any = None
    centred: bool = True

    @property
    def models(self) -> LocalModels:
        """The local models."""
        return self.rules.local_models

    @property
    def view(self) -> View:
        """The score that is looked at."""
        return view_of(self.models, self.output)

    def sample(self) -> Sample:
        """The rows that have a model; DataError without data."""
        return self._rows()[0]

    def judged(self) -> tuple[Sample, Response]:
        """Rows and their true values; DataError where either isn't given."""
        sample, inside = self._rows()
        if self.y is None:
            raise DataError("this plot needs the true values of the rows: y, or --target COLUMN")
        return sample, response_of(self.models, self.y, len(inside)).part(inside)

    def _rows(self) -> tuple[Sample, Any]:
        if self.data is None:
            raise DataError("this plot needs rows: data, or --data FILE")
        X = self.models.domain.rows(self.data)
        number = self.rules.apply(X)
        if not number.any():
            raise DataError(f"none of the {len(X)} rows lies where the rules hold")
        return Sample(self.models, X[number > 0], number[number > 0] - 1, len(X)), number > 0

    def spread(self) -> Spread:
        """Of the rows given, or of those that the rules have kept figures of."""
        if self.data is None and isinstance(self.rules, RuleSet) and self.rules.evidence is not None:
            return spread_of_evidence(self.rules.evidence)
        return spread_of(self.sample())

    def columns(self, count: int) -> list[Feature]:
        """The columns named, or as many of the most important ones."""
        if self.features and len(self.features) != count:
            raise DataError(f"this plot is of {count} column{'s' * (count > 1)}, found {', '.join(self.features)}")
        found = features_of(self.models)
        names = self.features or importance(self.models, self.view, self.spread(), count).names
        if len(names) < count:
            raise DataError(f"this plot needs {count} columns, and there is {len(names)}")
        return [feature_named(found, name) for name in names]

    def only_rules(self) -> RuleSet:
        """The rules; UnsupportedError for local models that were found by rows."""
        if not isinstance(self.rules, RuleSet):
            raise UnsupportedError("this plot is of rules, which tell their regions; found local models of rows")
        return self.rules


class Plot(NamedTuple):
    """A kind of plot. about: in words; needs: arguments; draw."""

    about: str
    needs: str
    draw: Callable[[Request], "Figure"]


def _importance(request: Request) -> "Figure":
    return drawing.draw_importance(importance(request.models, request.view, request.spread(), request.top or 15))


def _parallel(request: Request) -> "Figure":
    found = coefficients(request.models, request.view, request.spread(), request.top or 10, 200)
    return drawing.draw_parallel(found)


def _violin(request: Request) -> "Figure":
    return drawing.draw_violin(coefficients(request.models, request.view, request.spread(), request.top or 10))


def _profile(request: Request) -> "Figure":
    (feature,) = request.columns(1)
    return drawing_rows.draw_profiles(profiles(request.sample(), request.view, feature, request.top or 30))


def _pairwise(request: Request) -> "Figure":
    one, other = request.columns(2)
    return drawing_rows.draw_pairwise(pairwise(request.sample(), request.view, one, other), (one, other))


def _regions(request: Request) -> "Figure":
    models, X = request.models, None if request.data is None else request.sample().X
    pair = _plane(request)
    names, box = (pair[0].name, pair[1].name), slice_box(models, pair, X)
    marked, output = request.row is not None, output_of(models, request.output)
    return drawing_rows.draw_slice(slice_of(request.rules, output, names, _point(request, X), box, marked=marked))


def _plane(request: Request) -> list[Feature]:
    """Two columns of numbers: those named, or those that matter most."""
    if request.features:
        return request.columns(2)
    rules, models = request.rules, request.models
    if isinstance(rules, RuleSet):  # the columns that conditions depend on most, over their width in the domain
        moved = np.abs(rules.tree.normals) * rules.domain.widths
        read = (moved / moved.max(axis=1, keepdims=True, initial=1e-300)).sum(axis=0)
    else:
        read = np.asarray(np.abs(rules.network.A).sum(axis=0) * request.sample().deviations)
    numbers = [f for f in features_of(models) if not f.categories and models.domain.widths[f.at[0]] > 0]
    found = sorted(numbers, key=lambda feature: -float(read[feature.at[0]]))[:2]
    if len(found) < 2:
        raise DataError("a plane needs two columns of numbers that vary; name them")
    return found


def _point(request: Request, X: Array | None) -> Array:
    """What the other columns are: the row given, or that of rule 1, nearest to the mean of its rows, or its point."""
    given = request.rules
    if request.row is not None:
        return row_of(request.models.domain, request.row).x
    evidence = given.evidence if isinstance(given, RuleSet) else None
    if evidence is not None and evidence.rules[0].typical is not None:
        return np.array(evidence.rules[0].typical)
    if X is not None:
        sample = request.sample()
        return np.array(sample.X[typical_rows(sample)[int(np.argmax(sample.counts))]])
    return np.array(given.rules[0].point if isinstance(given, RuleSet) else given.points[0])


def _row(request: Request) -> "Figure":
    rules = request.only_rules()
    if request.row is None:
        raise DataError("this plot needs the row that it explains: row, or --row")
    means = means_of(rules, request.data) if request.centred else None
    return drawing.draw_row(explain_row(rules, row_of(rules.domain, request.row), request.view, means))


def means_of(rules: RuleSet, data: Any) -> Array | None:
    """(d,) means of the rows given, or of those that the rules have kept figures of; None without either."""
    if data is not None:
        return Request(rules, data).sample().means
    return None if rules.evidence is None else rules.evidence.means


def _intervals(request: Request) -> "Figure":
    sample, response = request.judged()
    model = 0 if request.rule is None else request.rule - 1
    if not 0 <= model < len(sample.models):
        raise DataError(f"no rule {request.rule}; there are {len(sample.models)}")
    return drawing.draw_intervals(intervals(sample, response, model))


def _tradeoff(request: Request) -> "Figure":
    return draw_tradeoffs(tradeoffs(request.only_rules()))


def _merging(request: Request) -> "Figure":
    sample, response = request.judged()
    return drawing_rows.draw_fewer(fewer(sample, response))


#: Name of a kind of plot -> what it is.
PLOTS: Mapping[str, Plot] = {
    "importance": Plot("how much each column moves the score", "data", _importance),
    "parallel": Plot("coefficients of the top columns, a line per rule", "data", _parallel),
    "violin": Plot("how the coefficients of the top columns spread over the rows", "data", _violin),
    "profile": Plot("the term of one column in each rule", "data, --feature", _profile),
    "pairwise": Plot("what two columns do together to each row", "data, --feature twice", _pairwise),
    "regions": Plot("the rules' regions in the plane of two columns of numbers", "--feature twice", _regions),
    "row": Plot("what each column adds to the score of one row", "--row", _row),
    "intervals": Plot(
        "a rule's coefficients beside Wald intervals from its rows", "data, --target, --rule", _intervals
    ),
    "tradeoff": Plot("how many rules are enough for which error, of rules that were simplified", "", _tradeoff),
    "merging": Plot("what merging and flattening the local models costs", "data, --target", _merging),
}


def draw(kind: str, request: Request) -> "Figure":
    """The figure of one kind; UnsupportedError for a kind that isn't there, naming those that are."""
    if kind not in PLOTS:
        raise UnsupportedError(f"no plot {kind!r}; there are {', '.join(PLOTS)}")
    return PLOTS[kind].draw(request)
