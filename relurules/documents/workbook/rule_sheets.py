"""What the rules are, as sheets: lines, curves, points, pairs; rules and their conditions."""

from collections.abc import Iterator

import numpy as np

from relurules.documents.document import Document, HeatMap
from relurules.documents.workbook.sheets import Cell, Sheet, make_sheet
from relurules.ir import AdditiveRules, RuleSet
from relurules.ir.network import Array
from relurules.validation.bands import name_category
from relurules.wording import phrases as p
from relurules.wording.phrases import Phrase


def list_rule_sheets(rules: RuleSet | AdditiveRules, document: Document) -> Iterator[Sheet]:
    """The sheets that there are of either kind of rules."""
    if isinstance(rules, RuleSet):
        yield _list_rules(rules)
        yield _list_conditions(rules)
        return
    yield _list_base(rules)
    yield _list_lines(rules)
    if rules.curves:
        yield _list_curves(rules)
    if rules.points:
        yield _list_points(rules)
    if maps := list(_find_heat_maps(document)):
        yield _list_pairs(maps)


def _list_base(rules: AdditiveRules) -> Sheet:
    """What every score starts at, and what a unit of each column adds before any line."""
    weights, constants = rules.base
    shown = [
        (score, float(constants[i]), *_blank(weights[i])) for i, score in enumerate(rules.scores)
    ]
    coordinates = [f"times {name}" for name in rules.domain.names]
    return make_sheet("Base", ("score", "starts at", *coordinates), shown)


def _list_lines(rules: AdditiveRules) -> Sheet:
    """Every line: above which bound of which sum it adds how much."""
    slopes = [f"adds to {score} per unit above" for score in rules.scores]
    shown = [
        (
            line.number,
            ", ".join(line.columns),
            line.rows,
            line.condition.half_space.bound,
            *line.slopes.tolist(),
            *_blank(line.condition.half_space.normal),
        )
        for line in rules
    ]
    header = ("line", "columns", "rows", "bound of the sum", *slopes)
    sums = [f"in the sum, times {name}" for name in rules.domain.names]
    return make_sheet("Lines", (*header, *sums), shown)


def _blank(numbers: Array) -> list[Cell]:
    """Numbers, with nothing in place of 0."""
    return [value if value else None for value in numbers.tolist()]


def _list_curves(rules: AdditiveRules) -> Sheet:
    scores = rules.scores
    header = ("column", "value", *(f"points, {s}" for s in scores))
    shown = [
        (name, where, *points)
        for name, curve in rules.curves.items()
        for where, points in zip(curve.breakpoints.tolist(), curve.values.tolist(), strict=True)
    ]
    slopes = [
        row
        for curve in rules.curves.values()
        for row in [*curve.slopes.tolist(), curve.above.tolist()]
    ]
    header = (*header, *(f"per unit from here on, {s}" for s in scores))

    return make_sheet("Curves", header, [(*a, *b) for a, b in zip(shown, slopes, strict=True)])


def _list_points(rules: AdditiveRules) -> Sheet:
    columns = {column.name: column for column in rules.domain.columns}
    shown = [
        (name, name_category(category), *row)
        for name, points in rules.points.items()
        for category, row in zip(columns[name].categories, points.tolist(), strict=True)
    ]
    return make_sheet(
        "Points", ("column", "category", *(f"points, {s}" for s in rules.scores)), shown
    )


def _find_heat_maps(document: Document) -> Iterator[HeatMap]:
    for section in document.sections:
        for part in section.parts:
            yield from (block for block in part.blocks if isinstance(block, HeatMap))


def _list_pairs(maps: list[HeatMap]) -> Sheet:
    shown = [
        (one.caption, one.names[0], _read(down), one.names[1], _read(across), _read(cell.points))
        for one in maps
        for down, cells in one.rows
        for across, cell in zip(one.across, cells, strict=True)
    ]
    header = ("pair", "first column", "value", "second column", "value of the second", "points")
    return make_sheet("Pairs", header, shown)


def _read(phrase: Phrase) -> Cell:
    """The number that a phrase shows, or its words."""
    words = "".join(piece.text for piece in phrase)
    if any(piece.kind == p.NUMBER for piece in phrase):
        try:
            return float(words.replace("\u2212", "-").replace(",", ""))
        except ValueError:
            return words
    return words


def _list_rules(rules: RuleSet) -> Sheet:
    """Every rule's map: one row for each score."""
    weights, constants = rules.maps
    shown = [
        (rule.number, rule.rows, score, float(constants[k][i]), *_blank(np.asarray(weights[k][i])))
        for k, rule in enumerate(rules)
        for i, score in enumerate(rules.scores)
    ]
    coordinates = [f"times {name}" for name in rules.domain.names]
    return make_sheet("Rules", ("rule", "rows", "score", "starts at", *coordinates), shown)


def _list_conditions(rules: RuleSet) -> Sheet:
    shown = [
        (
            rule.number,
            "at least" if condition.holds else "below",
            condition.half_space.bound,
            *_blank(condition.half_space.normal),
        )
        for rule in rules
        for condition in rule.conditions
    ]
    coordinates = [f"times {name}" for name in rules.domain.names]
    return make_sheet("Conditions", ("rule", "the sum is", "bound", *coordinates), shown)
