"""What parts of additive rules look like: importance, the curve of a column, the map of a pair."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from relurules.errors import DataError
from relurules.explaining.profiles import PairEffect
from relurules.explaining.score_view import Feature
from relurules.ir import AdditiveRules
from relurules.ir.evidence import Histogram
from relurules.ir.network import Array
from relurules.ir.score_parts import ScorePart
from relurules.reasons.score_choice import ScoreForm
from relurules.statistics.histograms import count_values
from relurules.statistics.part_importance import evaluate_part, measure_movement
from relurules.wording.references import describe_reference

#: Points of an axis of a map, rows that are drawn.
_GRID, _ROWS = 161, 2000
#: How far beyond its breakpoints a curve of an open column is drawn, as a share of their width.
_MARGIN = 0.15


@dataclass(frozen=True, kw_only=True)
class PartImportance:
    """What parts move on rows, the most important first."""

    #: (n,) columns, pairs, larger sets.
    names: tuple[str, ...]
    #: (n,) share of all variances.
    shares: Array
    #: (n,) of that, what is interaction: no column of the part does it alone. 0 for one column; NaN
    #: where no rows are at hand.
    interactions: Array
    #: (n,) mean size beside the reference; None where no rows are at hand.
    sizes: Array | None
    #: The score.
    label: str


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What one column adds in itself, beside the reference."""

    #: The column, with its categories if it has any.
    feature: Feature
    #: (k,) breakpoints, or the numbers of the categories that the domain admits.
    x: Array
    #: (k,) what is added there.
    y: Array
    #: Bounds of bins, of numbers, and rows in them as if all were equally wide; of categories the
    #: rows of each. None without data.
    edges: Array | None
    counts: Array | None
    #: What the reference's value is; None for categories.
    reference: float | None
    #: How the reference was chosen.
    against: str
    #: The score.
    label: str


class LineBound(NamedTuple):
    """Where a line begins: a * first + b * second = bound."""

    a: float
    b: float
    bound: float


@dataclass(frozen=True, kw_only=True)
class PairMap:
    """What a pair of columns adds beyond both, beside the reference."""

    features: tuple[Feature, Feature]
    #: (k,), (l,) values of the first and the second, or the numbers of their categories.
    x: Array
    y: Array
    #: (l, k) what is added.
    values: Array
    #: Where its lines begin, in a plane of two columns of numbers.
    bounds: tuple[LineBound, ...]
    #: (n, 2) some of the rows.
    rows: Array
    label: str


def rank_parts(
    rules: AdditiveRules, form: ScoreForm, X: Array | None, top: int | None = None
) -> PartImportance:
    """By their share of all variances: of rows (N, d), or, for one score, of those that `evidence`
    was gathered from.

    DataError where neither is at hand.
    """
    names = [part.name for part in rules.parts]
    kept = None if rules.evidence is None else rules.evidence.part_deviations
    if X is not None:
        moved = measure_movement(rules, X, form.weights)
        shares, sizes = moved.shares, moved.sizes
        with np.errstate(divide="ignore", invalid="ignore"):
            inner = np.minimum(1.0, (moved.interactions / moved.deviations) ** 2)
        inner = np.where(moved.deviations > 0, inner, 0.0)
        alone = [len(part.columns) == 1 for part in rules.parts]
        inner = np.where(alone, 0.0, inner)
    elif kept is not None and np.count_nonzero(form.weights) == 1:
        squares = (kept @ np.abs(form.weights)) ** 2
        shares = squares / (squares.sum() or 1.0)
        sizes, inner = None, np.full(len(names), np.nan)
    else:
        raise DataError("this plot needs rows: data, or --data FILE")

    order = np.argsort(-shares, kind="stable")[:top]
    return PartImportance(
        names=tuple(names[i] for i in order),
        shares=shares[order],
        interactions=shares[order] * inner[order],
        sizes=None if sizes is None else sizes[order],
        label=form.label,
    )


def find_part(rules: AdditiveRules, names: tuple[str, ...]) -> int | None:
    """The index of the part that reads exactly these columns; None where there is none."""
    columns = [column.name for column in rules.domain.columns]
    wanted = tuple(sorted(columns.index(name) for name in names))
    return next((i for i, part in enumerate(rules.parts) if part.columns == wanted), None)


def trace_shape(rules: AdditiveRules, form: ScoreForm, feature: Feature, X: Array | None) -> Shape:
    """The curve of a column of numbers, or the points of its categories; DataError where the column
    adds nothing in itself.
    """
    if feature.name not in rules.curves and feature.name not in rules.points:
        pairs = [p.name for p in rules.parts if feature.name in _name_columns(rules, p)]
        raise DataError(
            f"column {feature.name!r} adds nothing in itself; it is read by: "
            f"{', '.join(pairs) or 'nothing'}"
        )

    against = describe_reference(rules.reference)
    if feature.categories:
        return _list_categories(rules, form, feature, X, against)

    j = feature.at[0]
    curve = rules.curves[feature.name]
    values = None if X is None else X[:, j]
    x = _extend_range(curve.breakpoints, values, rules.domain.lower[j], rules.domain.upper[j])
    edges, counts = _count_rows(rules, values, j)
    return Shape(
        feature=feature,
        x=x,
        y=curve.evaluate(x) @ form.weights,
        edges=edges,
        counts=counts,
        reference=float(rules.reference.values[j]),
        against=against,
        label=form.label,
    )


def _list_categories(
    rules: AdditiveRules, form: ScoreForm, feature: Feature, X: Array | None, against: str
) -> Shape:
    at = np.array(feature.at)
    admitted = np.flatnonzero(rules.domain.upper[at] > 0)
    counts = None
    if X is not None:
        counts = X[:, at].sum(axis=0)[admitted]
    elif rules.evidence is not None:
        inside = rules.evidence.rows - rules.evidence.outside
        counts = np.round(rules.evidence.means[at] * inside)[admitted]

    return Shape(
        feature=feature,
        x=admitted.astype(np.float64),
        y=(rules.points[feature.name] @ form.weights)[admitted],
        edges=None,
        counts=counts,
        reference=None,
        against=against,
        label=form.label,
    )


def _extend_range(knots: Array, values: Array | None, low: float, high: float) -> Array:
    """Breakpoints, with ends that show what lies beyond them where the column is open there."""
    margin = _MARGIN * max(float(np.ptp(knots)), 1.0)
    own = knots if values is None or not len(values) else np.append(knots, values)
    first = own.min() - margin if not np.isfinite(low) else low
    last = own.max() + margin if not np.isfinite(high) else high
    return np.unique([first, *knots, last])


def _count_rows(
    rules: AdditiveRules, values: Array | None, j: int
) -> tuple[Array | None, Array | None]:
    if values is not None and len(values):
        return _scale_counts(count_values(values))
    if rules.evidence is not None and rules.evidence.histograms:
        return _scale_counts(rules.evidence.histograms[j])
    return None, None


def _scale_counts(found: Histogram) -> tuple[Array, Array]:
    """Edges of bins, and rows in each as if all were as wide as the one that is densest."""
    densest = int(np.argmax(found.densities))
    return found.edges, found.densities * float(found.counts[densest])


def map_pair(
    rules: AdditiveRules,
    form: ScoreForm,
    features: tuple[Feature, Feature],
    X: Array | None,
) -> PairMap:
    """A grid over two columns, the others being of no matter; DataError where they add nothing
    together.
    """
    place = find_part(rules, (features[0].name, features[1].name))
    if place is None:
        pairs = [part.name for part in rules.parts if len(part.columns) == 2]
        raise DataError(
            f"{features[0].name!r} and {features[1].name!r} add nothing together; pairs that do: "
            f"{', '.join(pairs) or 'none'}"
        )

    part = rules.parts[place]
    x, y = (_list_grid(rules, part, feature, X) for feature in features)
    grid = np.tile(rules.reference.values, (len(x) * len(y), 1))
    _set_values(grid, features[0], np.tile(x, len(y)))
    _set_values(grid, features[1], np.repeat(y, len(x)))
    added = (evaluate_part(rules, part, grid) - rules.reference_parts[place]) @ form.weights
    rows = np.empty((0, 2)) if X is None else X[:: max(1, -(-len(X) // _ROWS))]
    return PairMap(
        features=features,
        x=x,
        y=y,
        values=added.reshape(len(y), len(x)),
        bounds=_list_bounds(rules, part, features),
        rows=rows if X is None else np.column_stack([read_feature(rows, f) for f in features]),
        label=form.label,
    )


def _list_grid(rules: AdditiveRules, part: ScorePart, feature: Feature, X: Array | None) -> Array:
    if feature.categories:
        admitted = rules.domain.upper[list(feature.at)] > 0
        return np.flatnonzero(admitted).astype(np.float64)
    j = feature.at[0]
    low, high = float(rules.domain.lower[j]), float(rules.domain.upper[j])
    if not (np.isfinite(low) and np.isfinite(high)):
        values = rules.reference.values[j : j + 1] if X is None else X[:, j]
        scale = np.abs(rules.normals[part.lines][:, j])
        kinks = rules.bounds[part.lines][scale > 0] / scale[scale > 0]
        own = np.concatenate([values, kinks if X is None else kinks[:0], values + 1.0])
        low = low if np.isfinite(low) else float(own.min())
        high = high if np.isfinite(high) else float(own.max())

    return np.linspace(low, high, _GRID)


def _set_values(rows: Array, feature: Feature, values: Array) -> None:
    at = list(feature.at)
    if feature.categories:
        rows[:, at] = np.eye(len(at))[values.astype(np.intp)]
    else:
        rows[:, at[0]] = values


def _list_bounds(
    rules: AdditiveRules, part: ScorePart, features: tuple[Feature, Feature]
) -> tuple[LineBound, ...]:
    if any(feature.categories for feature in features):
        return ()
    i, j = features[0].at[0], features[1].at[0]
    return tuple(
        LineBound(float(rules.normals[k, i]), float(rules.normals[k, j]), float(rules.bounds[k]))
        for k in part.lines.tolist()
    )


def compute_joint_effect(
    rules: AdditiveRules, form: ScoreForm, features: tuple[Feature, Feature], X: Array
) -> PairEffect:
    """What two columns, and their pair, do to the score of some rows, minus its mean over all."""
    one, other = (feature.name for feature in features)
    places = [find_part(rules, names) for names in ((one,), (other,), (one, other))]
    added = rules.evaluate_parts(X) @ form.weights
    effect = added[:, [place for place in places if place is not None]].sum(axis=1)
    effect = effect - effect.mean()
    some = slice(None, None, max(1, -(-len(X) // _ROWS)))

    return PairEffect(
        names=(one, other),
        x=read_feature(X[some], features[0]),
        y=read_feature(X[some], features[1]),
        effect=effect[some],
        label=form.label,
    )


def read_feature(X: Array, feature: Feature) -> Array:
    """(N,) numbers, or the numbers of the categories."""
    part = X[:, list(feature.at)]
    return part.argmax(axis=1).astype(np.float64) if feature.categories else part[:, 0]


def _name_columns(rules: AdditiveRules, part: ScorePart) -> list[str]:
    return [rules.domain.columns[i].name for i in part.columns]
