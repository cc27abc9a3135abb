"""Additive rules as people read them: a start, and what every column adds."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from relurules.ir.additive import AdditiveRules, RuleGroup
from relurules.ir.score_parts import ScorePart
from relurules.wording.conditions import RuleSetWording, word_rules
from relurules.wording.forms import ColumnSpan, list_spans
from relurules.wording.line_wording import LineWording, word_line
from relurules.wording.point_scale import (
    PointScale,
    choose_point_scale,
    choose_unit,
    read_number,
    round_slope,
    sum_reference,
)
from relurules.wording.point_tables import (
    PointList,
    StretchTable,
    round_up,
    tabulate_categories,
    tabulate_curve,
)
from relurules.wording.rounding import bound_score_error


@dataclass(frozen=True, kw_only=True)
class GroupWording:
    """A group, and how its rules read."""

    group: RuleGroup
    reading: RuleSetWording


@dataclass(frozen=True, kw_only=True, eq=False)
class PartWording:
    """What a column, or a set of columns, adds.

    index: of the part in `rules.parts`; table: of one column, where points are looked up; None:
    the part starts at `offsets`, (m,), and its lines and groups add to that. trend: (m,) what the
    base adds for so many units, `unit`, of a number column. deviations: (m,) what the part moves on
    the data; errors: (m,) how far what is worked out from the numbers shown is off.
    """

    index: int
    part: ScorePart
    table: StretchTable | PointList | None
    offsets: tuple[float, ...]
    trend: tuple[float, ...]
    unit: float
    lines: tuple[LineWording, ...]
    groups: tuple[GroupWording, ...]
    deviations: tuple[float, ...] | None
    errors: tuple[float, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class AdditiveWording:
    """Additive rules for people; parts: those that move scores most on the data first.

    start: (m,) scores of the reference as shown; errors: (m,) how far a score is off that is worked
    out from the numbers shown, every part's points rounded to as many decimals.
    """

    scale: PointScale
    start: tuple[float, ...]
    parts: tuple[PartWording, ...]
    spans: tuple[ColumnSpan, ...]
    errors: tuple[float, ...]

    @property
    def whole_columns(self) -> bool:
        """Whether a table has whole ends where the lines don't."""
        return any(isinstance(part.table, StretchTable) and part.table.moved for part in self.parts)


def word_additive_rules(rules: AdditiveRules) -> AdditiveWording:
    """The whole, with numbers of as many digits as matter."""
    scale, spans = choose_point_scale(rules), list_spans(rules.domain)
    exact = sum_reference(rules)
    start = scale.round_points(exact)
    parts = [_word_part(rules, spans, index, scale) for index in range(len(rules.parts))]

    errors = []
    for i, step in enumerate(scale.steps):
        total = abs(read_number(start[i]) - Fraction(float(exact[i])))
        if not all(np.isfinite(part.errors[i]) for part in parts):
            errors.append(np.inf)
            continue
        total += sum((Fraction(part.errors[i]) + Fraction(step) for part in parts), Fraction(0))
        errors.append(round_up(total + Fraction(_bound_float_error(rules, i))))
    return AdditiveWording(
        scale=scale,
        start=start,
        parts=tuple(_order_parts(parts)),
        spans=tuple(spans),
        errors=tuple(errors),
    )


def _order_parts(parts: Sequence[PartWording]) -> list[PartWording]:
    """By what they move on the data; without data as they are."""
    if any(part.deviations is None for part in parts):
        return list(parts)
    return sorted(parts, key=lambda part: -max(part.deviations or (0.0,)))


def _word_part(
    rules: AdditiveRules, spans: Sequence[ColumnSpan], index: int, scale: PointScale
) -> PartWording:
    part = rules.parts[index]
    moved = None if rules.evidence is None else rules.evidence.part_deviations
    table = _tabulate_part(rules, part, scale)
    lines = tuple(word_line(rules, spans, rules.lines[k], scale) for k in part.lines.tolist())
    offsets = tuple([0.0] * rules.score_count)
    groups: tuple[GroupWording, ...] = ()
    trend, unit = _round_trend(rules, part, scale)
    if table is None:
        offsets = scale.round_points(-rules.reference_parts[index])
        groups = tuple(_word_group(rules.groups[i]) for i in part.groups)

    return PartWording(
        index=index,
        part=part,
        table=table,
        offsets=offsets,
        trend=trend,
        unit=unit,
        lines=lines,
        groups=groups,
        deviations=None if moved is None else tuple(moved[index].tolist()),
        errors=table.errors
        if table is not None
        else _sum_errors(rules, index, offsets, lines, groups),
    )


def _tabulate_part(
    rules: AdditiveRules, part: ScorePart, scale: PointScale
) -> StretchTable | PointList | None:
    if part.name in rules.curves:
        return tabulate_curve(rules, part, rules.curves[part.name], scale)
    if part.name in rules.points:
        return tabulate_categories(rules, part, rules.points[part.name], scale)
    return None


def _word_group(group: RuleGroup) -> GroupWording:
    return GroupWording(group=group, reading=word_rules(group.rules, f"G{group.number}S"))


def _round_trend(
    rules: AdditiveRules, part: ScorePart, scale: PointScale
) -> tuple[tuple[float, ...], float]:
    """(m,) the base's coefficients of a number column as shown, else zeros; of how many units."""
    if part.name not in rules.curves:
        return tuple([0.0] * rules.score_count), 1.0
    width = float(rules.domain.widths[part.coordinates[0]])
    weights = part.weights[:, 0].tolist()
    unit = choose_unit(weights)
    trend = tuple(
        round_slope(weight, unit, step / width if width else np.inf) + 0.0
        for weight, step in zip(weights, scale.steps, strict=True)
    )

    return trend, unit


def _sum_errors(
    rules: AdditiveRules,
    index: int,
    offsets: Sequence[float],
    lines: Sequence[LineWording],
    groups: Sequence[GroupWording],
) -> tuple[float, ...]:
    """(m,) of a part that is worked out line by line."""
    inner = [bound_score_error(own.group.rules, own.reading) for own in groups]
    found = []
    for i, (shown, exact) in enumerate(
        zip(offsets, rules.reference_parts[index].tolist(), strict=True)
    ):
        errors = [*(line.errors[i] for line in lines), *inner]
        if not np.isfinite(errors).all():
            found.append(np.inf)
            continue
        total = abs(read_number(shown) + Fraction(exact)) + sum(map(Fraction, errors), Fraction(0))
        found.append(round_up(total))

    return tuple(found)


def _bound_float_error(rules: AdditiveRules, score: int) -> float:
    """What float64 may have made of curves, points and the reference's parts: a share of all terms
    of the score over the box.
    """
    reach = np.maximum(np.abs(rules.domain.lower), np.abs(rules.domain.upper))
    reach = np.where(np.isfinite(reach), reach, 0.0)
    terms = np.abs(rules.base.weights[score]) @ reach + abs(rules.base.constants[score])
    sizes = np.abs(rules.normals) @ reach + np.abs(rules.bounds)
    total = float(terms) + float(np.abs(rules.slopes[:, score]) @ sizes)
    for group in rules.groups:
        weights, constants = group.rules.maps
        total += float((np.abs(weights[:, score]) @ reach + np.abs(constants[:, score])).max())
    count = len(rules.domain) + len(rules.lines) + len(rules.groups) + 16

    return float(4 * count * np.finfo(np.float64).eps * total)
