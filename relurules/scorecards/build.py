"""AdditiveRules -> Scorecard: curves, categories and lines on the scale of points, rounded, with
bounds of what rounding changes.
"""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from relurules.domain.columns import Category
from relurules.errors import DataError, InputError, UnsupportedError
from relurules.ir import AdditiveRules
from relurules.ir.class_labels import ClassLabels, number_classes
from relurules.ir.class_turn import speak_of_class
from relurules.ir.network import Array, make_read_only
from relurules.ir.score_parts import ScorePart
from relurules.ir.scorer import refuse_path
from relurules.links.table import LINKS
from relurules.reasons.ranking import SIGNS
from relurules.reasons.score_choice import choose_form
from relurules.scorecards.card import (
    PointChoices,
    PointCurve,
    PointLine,
    PointLines,
    PointPart,
    PointScaling,
    Scorecard,
    ScorecardRows,
)
from relurules.scorecards.rounding import (
    add_up,
    bound_curve_difference,
    bound_line_difference,
    drop_knots,
    round_knots,
    round_line,
    round_points,
)
from relurules.statistics.additive_statistics import describe_scores
from relurules.wording.forms import Form, build_form, list_spans
from relurules.wording.numbers import format_number
from relurules.wording.phrases import NAME, write_ascii


def make_scorecard(
    rules: Any,
    *,
    pdo: float = 20.0,
    base: float = 600.0,
    odds: float = 50.0,
    whole: bool = True,
    direction: str = "higher",
    positive: Any = None,
    data: Any = None,
) -> Scorecard:
    """Additive rules of two classes as points that are added up.

    base: points where the odds of the favourable class against the other one are `odds` to 1; every
    `pdo` points more double these odds. direction: which scores are adverse, as in `explain`:
    "higher", so that more points speak against the class that scores are of, or "lower". positive:
    the label of the class that scores are of. data: rows that are told of: how far rounding moves
    their points, and which of them change class.

    whole: points at breakpoints, of categories and of the start are whole numbers. Between two
    breakpoints they are linear, a row's sum is rounded to a whole number, half a point up, and
    breakpoints that make no difference beyond half a point are left out; what a pair adds for every
    unit keeps its decimals. Else points have two decimals, and sums aren't rounded.
    `Scorecard.rounding` bounds what all of this changes, in points, anywhere in the domain.

    UnsupportedError for partition rules, for outputs that aren't the odds of two classes, and where
    several columns are read by neurons that read one another.
    """
    refuse_path(rules)
    if not isinstance(rules, AdditiveRules):
        raise UnsupportedError(
            "a scorecard is of additive rules, whose columns add up; found partition rules: "
            "extract with form='additive'"
        )
    scaling = _check_scaling(PointScaling(pdo=pdo, base=base, odds=odds, sign=1.0, whole=whole))
    if direction not in SIGNS:
        raise InputError(
            f"direction={direction!r}: which scores are adverse; supported: {', '.join(SIGNS)}"
        )

    rules = rules if positive is None else speak_of_class(rules, positive)
    _check_rules(rules)
    scored = _view_scores(rules, replace(scaling, sign=-SIGNS[direction]))
    card = _build_card(scored)
    return card if data is None else replace(card, data=_compare_rows(scored, card, data))


def _check_scaling(scaling: PointScaling) -> PointScaling:
    for name in ("pdo", "odds"):
        value = getattr(scaling, name)
        if not (math.isfinite(value) and value > 0):
            raise InputError(f"{name}={value!r}; expected a number above 0")
    if not math.isfinite(scaling.base):
        raise InputError(f"base={scaling.base!r}; expected a finite number")
    return scaling


def _check_rules(rules: AdditiveRules) -> None:
    """UnsupportedError where there are no odds of two classes, or parts are no sums of lines."""
    links = sorted({head.link for head in rules.heads})
    scores = {head.scores for head in rules.heads}
    shares = all(LINKS[link].is_share for link in links)
    if not shares or len(scores) > 1 or rules.score_count > 2:
        raise UnsupportedError(
            "a scorecard is of the odds of two classes (a sigmoid, or a softmax of two scores); "
            f"found {len(rules.outputs)} output{'s' * (len(rules.outputs) > 1)} by "
            f"{', '.join(links)}"
        )

    for part in rules.parts:
        if part.groups and len(part.columns) > 1:
            raise UnsupportedError(
                f"{part.name}: neurons that read one another add a table of rules there, which is "
                "no scorecard; use rules of a network with one hidden layer"
            )


@dataclass(frozen=True, kw_only=True, eq=False)
class ScoredRules:
    """Rules, and the log odds that points are of: weights (m,) of their scores."""

    rules: AdditiveRules
    scaling: PointScaling
    weights: Array
    label: str
    classes: ClassLabels
    favourable: int
    #: The log odds above which the class is the one that they are of.
    cut: float

    @property
    def turn(self) -> float:
        """Points per unit of log odds, below 0 where more of these mean fewer points."""
        return self.scaling.sign * self.scaling.factor

    def take(self, scores: Array) -> Array:
        """(.., m) what is added to scores -> (..,) points."""
        return np.asarray(scores @ self.weights * self.turn)


def _view_scores(rules: AdditiveRules, scaling: PointScaling) -> ScoredRules:
    models = describe_scores(rules)
    form = choose_form(models)
    classes = rules.labels or number_classes(2)
    own = classes.positive if len(rules.outputs) == 2 else 1
    threshold = 0.5 if classes.threshold is None else classes.threshold
    cut = math.log(threshold / (1.0 - threshold)) * (1.0 if own == 1 else -1.0)

    return ScoredRules(
        rules=rules,
        scaling=scaling,
        weights=form.weights,
        label=form.label,
        classes=classes,
        favourable=own if scaling.sign > 0 else 1 - own,
        cut=cut,
    )


def _build_card(scored: ScoredRules) -> Scorecard:
    rules, scaling = scored.rules, scored.scaling
    parts = tuple(_build_part(scored, part) for part in rules.parts)
    alone = [i for i, part in enumerate(rules.parts) if len(part.columns) == 1]
    at_reference = rules.base.constants + rules.reference_parts[alone].sum(axis=0)
    start = float(scaling.scale(float(at_reference @ scored.weights)))
    shown = round_points(start, whole=scaling.whole)

    cut = float(scaling.scale(scored.cut))
    off = [abs(shown - start), *(part.rounding for part in parts), _bound_float_error(scored)]
    rounding = add_up([*off, *([0.5 + 1e-9] if scaling.whole else [])])
    score_rounding = rounding / scaling.factor * (1.0 + 4e-16)
    return Scorecard(
        scaling=scaling,
        start=shown,
        parts=parts,
        domain=rules.domain,
        label=scored.label,
        classes=scored.classes,
        favourable=scored.favourable,
        # Sums are rounded: from half a point below the cut-off on, they count as reaching it.
        cutoff=float(math.floor(cut + 1.0)) if scaling.whole else cut,
        rounding=rounding,
        score_rounding=score_rounding,
        score_error=rules.score_error,
        output_rounding=min(1.0, LINKS["sigmoid"].change(score_rounding, np.inf, 1) * (1 + 1e-15)),
    )


def _build_part(scored: ScoredRules, part: ScorePart) -> PointPart:
    rules = scored.rules
    if part.name in rules.curves:
        return _build_curve(scored, part)
    if part.name in rules.points:
        return _build_choices(scored, part)
    return _build_lines(scored, part)


def _build_curve(scored: ScoredRules, part: ScorePart) -> PointCurve:
    """A column of numbers: breakpoints with few digits, and rounded points there."""
    rules, whole, j = scored.rules, scored.scaling.whole, int(part.coordinates[0])
    curve = rules.curves[part.name]
    exact, slopes = scored.take(curve.values), scored.take(np.vstack([curve.below, curve.above]))
    knots = round_knots(curve.breakpoints, exact, whole=whole)
    within = np.interp(knots, curve.breakpoints, exact)
    points = np.array([round_points(value, whole=whole) for value in within.tolist()])
    knots, points = drop_knots(knots, points, curve.breakpoints, exact, whole=whole)

    is_open = [not np.isfinite(rules.domain.lower[j]), not np.isfinite(rules.domain.upper[j])]
    steps = np.diff(points) / np.diff(knots) if len(knots) > 1 else np.zeros(1)
    outer = [float(slopes[side]) if is_open[side] else float(steps[-side]) for side in (0, 1)]
    ends = (
        min(knots[0], curve.breakpoints[0]) if is_open[0] else float(rules.domain.lower[j]),
        max(knots[-1], curve.breakpoints[-1]) if is_open[1] else float(rules.domain.upper[j]),
    )
    off = bound_curve_difference((curve.breakpoints, exact), (knots, points), ends)
    return PointCurve(
        name=part.name,
        at=j,
        breakpoints=make_read_only(knots),
        points=make_read_only(points),
        below=outer[0],
        above=outer[1],
        open_below=is_open[0],
        open_above=is_open[1],
        rounding=off,
    )


def _build_choices(scored: ScoredRules, part: ScorePart) -> PointChoices:
    """A column of categories: those that the domain admits."""
    rules = scored.rules
    column = rules.domain.columns[part.columns[0]]
    exact = scored.take(rules.points[part.name])
    admitted = np.flatnonzero(rules.domain.upper[part.coordinates] > 0)
    points = np.array([round_points(exact[i], whole=scored.scaling.whole) for i in admitted])

    return PointChoices(
        name=part.name,
        at=part.coordinates[admitted],
        categories=tuple(_name_category(column.categories[i]) for i in admitted.tolist()),
        points=make_read_only(points),
        rounding=add_up([float(np.abs(points - exact[admitted]).max(initial=0.0))]),
    )


def _name_category(category: Category) -> str:
    if category.word:
        return category.word
    words = ["missing"] * category.missing + ["any other value"] * category.other
    values = [format_number(v) if isinstance(v, float) else str(v) for v in category.values]
    return " or ".join([*values, *words])


def _build_lines(scored: ScoredRules, part: ScorePart) -> PointLines:
    """A pair of columns, or more: the lines that read them, which count from 0."""
    rules, lines, off = scored.rules, list[PointLine](), list[float]()
    spans = list_spans(rules.domain)
    for k in part.lines.tolist():
        form = _order_terms(build_form(rules.domain, spans, rules.normals[k], 0.0))
        lead = abs(form.terms[0].coefficient) if form.terms else 1.0
        normal = np.zeros(len(rules.domain.names))
        for term in form.terms:
            normal[list(term.coordinates)] = term.coefficient / lead
        bound = (float(rules.bounds[k]) - form.constant) / lead
        exact = (normal, bound, float(scored.take(rules.slopes[k])) * lead)
        shown = round_line(rules.domain, *exact, whole=scored.scaling.whole)
        off.append(bound_line_difference(rules.domain, exact, shown))
        lines.append(
            PointLine(
                number=rules.lines[k].number,
                normal=make_read_only(shown[0]),
                bound=shown[1],
                per_unit=shown[2],
                text=_phrase_units(form, shown[0], shown[1]),
            )
        )

    names = tuple(rules.domain.columns[i].name for i in part.columns)
    return PointLines(name=part.name, columns=names, lines=tuple(lines), rounding=add_up(off))


def _order_terms(form: Form) -> Form:
    """Columns of numbers before categories: points are counted for every unit of the first one."""
    return form._replace(
        terms=tuple(sorted(form.terms, key=lambda term: term.label[0].kind != NAME))
    )


def _phrase_units(form: Form, normal: Array, bound: float) -> str:
    """`income - 2 * age above 30`, with all digits of the numbers that the card computes with; the
    first coefficient that is shown is positive.
    """
    if not form.terms:
        return f"nothing above {format_number(bound)}"

    coefficients = [float(normal[term.coordinates[0]]) for term in form.terms]
    sign = -1.0 if coefficients[0] < 0 else 1.0
    said = ""
    for coefficient, term in zip(coefficients, form.terms, strict=True):
        size = format_number(abs(coefficient))
        minus = sign * coefficient < 0
        said += (" - " if minus else " + ") if said else ""
        said += ("" if size == "1" else f"{size} * ") + write_ascii(term.label)
    return f"{said} {'below' if sign < 0 else 'above'} {format_number(sign * bound + 0.0)}"


def _bound_float_error(scored: ScoredRules) -> float:
    """What float64 may make of a row's points, by the rules or by the card, over the box: a share
    of all their terms.
    """
    rules = scored.rules
    reach = np.maximum(np.abs(rules.domain.lower), np.abs(rules.domain.upper))
    reach = np.where(np.isfinite(reach), reach, 0.0)
    weights = np.abs(scored.weights)
    total = float(weights @ (np.abs(rules.base.weights) @ reach + np.abs(rules.base.constants)))
    sizes = np.abs(rules.normals) @ reach + np.abs(rules.bounds)
    total += float(sizes @ (np.abs(rules.slopes) @ weights))
    for group in rules.groups:
        maps = group.rules.maps
        rows = np.abs(maps.weights) @ reach + np.abs(maps.constants)
        total += float((rows @ weights).max())

    count = len(rules.domain) + len(rules.lines) + len(rules.groups) + 16
    scale = abs(scored.turn) * total + abs(scored.scaling.base)
    return float(8 * count * np.finfo(np.float64).eps * scale)


def _compare_rows(scored: ScoredRules, card: Scorecard, data: Any) -> ScorecardRows:
    """The rows of data in the domain: by the rules, and by the card."""
    rules = scored.rules
    X = rules.domain.rows(data)
    inside = np.flatnonzero(rules.domain.contains(X))
    if not len(inside):
        raise DataError(f"none of the {len(X)} rows lies where the rules hold")

    rows = X[inside]
    exact = scored.scaling.scale(rules.predict_scores(rows) @ scored.weights)
    own, other = rules.classify(rows), card.classify(rows)
    changed = np.flatnonzero(own != other)
    return ScorecardRows(
        rows=len(rows),
        largest=float(np.abs(card.predict(rows) - exact).max()),
        changed=tuple(inside[changed].tolist()),
        classes=tuple(zip(own[changed].tolist(), other[changed].tolist(), strict=True)),
    )
