"""Additive rules as plain text: where a score starts, and what every column adds."""

from collections.abc import Sequence
from typing import NamedTuple

from relurules.emitting.request import LineRequest
from relurules.emitting.text.shared_values import fold_phrase, format_share, list_shared_values
from relurules.files.templates import flatten_text, render_file
from relurules.ir import AdditiveRules
from relurules.wording import phrases as p
from relurules.wording.additive import (
    AdditiveWording,
    GroupWording,
    PartWording,
    word_additive_rules,
)
from relurules.wording.additive_phrases import (
    describe_additive_rounding,
    phrase_line,
    phrase_members,
    phrase_points,
    phrase_range,
    phrase_slope,
    phrase_start,
    phrase_stretch_points,
    phrase_trend,
)
from relurules.wording.numbers import format_short
from relurules.wording.phrases import Phrase
from relurules.wording.point_tables import PointList, PointStretch, StretchTable
from relurules.wording.references import describe_reference


class TextLine(NamedTuple):
    """A line in words: its number, "" for the base's own term; the rows that it applies to."""

    number: str
    words: str
    share: str


class TextGroup(NamedTuple):
    """A group as rules: sums that they name; conditions and what is added, of every rule."""

    number: int
    sums: list[tuple[str, str]]
    rules: list[tuple[list[str], list[str]]]


class TextPart(NamedTuple):
    """A part as text; looked_up: whether `points` are all of it, and `lines` say the same."""

    name: str
    moves: str
    lines: list[TextLine]
    points: list[str]
    looked_up: bool
    groups: list[TextGroup]

    @property
    def sums(self) -> list[str]:
        """All that may name categories in brackets."""
        found = [line.words for line in self.lines]
        for group in self.groups:
            found += [formula for _, formula in group.sums]
            found += [words for rule in group.rules for side in rule for words in side]
        return found


def print_lines_text(request: LineRequest) -> dict[str, str]:
    """rules.txt: where a score starts, what every column adds, and the domain."""
    return {"rules.txt": _render_parts(request.rules, len(request.rules))}


def print_first_lines(rules: AdditiveRules, count: int) -> str:
    """The same of no more than so many lines, saying how many are left out."""
    return _render_parts(rules, count)


def _render_parts(rules: AdditiveRules, count: int) -> str:
    wording = word_additive_rules(rules)
    shown, left = _choose_parts(wording.parts, count)
    parts = [_print_part(rules, wording, part) for part in shown]
    values = {
        **list_shared_values(rules),
        "rounding": describe_additive_rounding(rules, wording, "this text"),
        "count": len(rules),
        "group_count": len(rules.groups),
        "starts": _list_starts(rules, wording),
        "reference": describe_reference(rules.reference),
        "measured": all(part.deviations is not None for part in wording.parts),
        "parts": parts,
        "indicators": any("[" in words for part in parts for words in part.sums),
        "left": left,
        "left_parts": len(wording.parts) - len(shown),
    }

    return render_file("text/lines.txt.j2", values)


def _choose_parts(parts: Sequence[PartWording], count: int) -> tuple[Sequence[PartWording], int]:
    """The first parts of no more lines than that, at least one part; and how many lines the others
    have.
    """
    shown, used = list[PartWording](), 0
    for part in parts:
        used += len(part.lines)
        if shown and used > count:
            break
        shown.append(part)

    return shown, sum(len(part.lines) for part in parts[len(shown) :])


def _list_starts(rules: AdditiveRules, wording: AdditiveWording) -> list[tuple[str, str]]:
    return [
        (flatten_text(name), _print(phrase_start(start, decimals)))
        for name, start, decimals in zip(
            rules.scores, wording.start, wording.scale.decimals, strict=True
        )
    ]


def _print(phrase: Phrase) -> str:
    return flatten_text(p.write_ascii(phrase))


def _print_part(rules: AdditiveRules, wording: AdditiveWording, part: PartWording) -> TextPart:
    total = rules.reduction.rows
    lines = [
        TextLine(
            str(line.number),
            fold_phrase(phrase_line(line, rules.scores)),
            format_share(line.rows, total),
        )
        for line in part.lines
    ]
    if lines and (trend := phrase_trend(part, rules)):
        lines.insert(0, TextLine("", fold_phrase(trend), ""))
    moves = (
        "" if part.deviations is None else ", ".join(format_short(x, 3) for x in part.deviations)
    )

    return TextPart(
        flatten_text(part.part.name),
        moves,
        lines,
        _list_points(rules, wording, part),
        part.table is not None,
        [_print_group(rules, own) for own in part.groups],
    )


def _list_points(rules: AdditiveRules, wording: AdditiveWording, part: PartWording) -> list[str]:
    """The column's table, or what a set of columns starts at."""
    if isinstance(part.table, StretchTable):
        return [
            (f"{flatten_text(name)}: " if len(rules.scores) > 1 else "")
            + _print_stretch(one, wording.scale.decimals[one.score])
            for name, stretches in zip(rules.scores, part.table.stretches, strict=True)
            for one in stretches
        ]
    if isinstance(part.table, PointList):
        span = wording.spans[part.part.columns[0]]
        return [
            f"{_print(phrase_members(span, choice.members))}: "
            f"{_print_all(rules, wording, choice.points)}"
            for choice in part.table.choices
        ]

    return [f"always: {_print_all(rules, wording, part.offsets)}"] if any(part.offsets) else []


def _print_stretch(one: PointStretch, decimals: int) -> str:
    """`18 to 30: +1.3584 to -0.0816, -0.12 per unit`."""
    points, slope = phrase_stretch_points(one, decimals), phrase_slope(one.slope, one.unit)
    more = f", {_print(slope)}{' per unit' if one.unit == 1 else ''}" if one.slope else ""
    return f"{_print(phrase_range(one))}: {_print(points)}{more}"


def _print_all(rules: AdditiveRules, wording: AdditiveWording, points: Sequence[float]) -> str:
    """Points of every score."""
    shown = [
        _print(phrase_points(one, decimals))
        for one, decimals in zip(points, wording.scale.decimals, strict=True)
    ]
    if len(shown) == 1:
        return shown[0]
    named = zip(shown, map(flatten_text, rules.scores), strict=True)
    return ", ".join(f"{points} to {name}" for points, name in named)


def _print_group(rules: AdditiveRules, own: GroupWording) -> TextGroup:
    return TextGroup(
        own.group.number,
        [(named.name, fold_phrase(named.phrase)) for named in own.reading.sums],
        [
            (
                [fold_phrase(test.symbols) for test in read.tests],
                [
                    f"{flatten_text(score)} + ({fold_phrase(formula.phrase)})"
                    for score, formula in zip(rules.scores, read.formulas, strict=True)
                ],
            )
            for read in own.reading.rules
        ],
    )
