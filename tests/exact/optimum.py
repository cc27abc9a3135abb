"""How far rules are from a network anywhere, exactly.

Both are affine on the common refinement of their cells, so it shows at a vertex of that.

The rules are read as what their float64 numbers say: splits normals x + offsets >= 0 and maps, as
rationals. What float64 adds when it applies them is no part of it; see `rounding`.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from exact.arrangement import Cell, ExactRegion, Form, Point, product_of, scaled, sizes_of
from exact.rounding import UNIT, roundings
from relurules.ir import UNEXPLORED, AffineMap, RuleSet


class Part(NamedTuple):
    """A part of a region that one rule holds for; rule: counted from 0, -1 where no rule holds."""

    region: ExactRegion
    cell: Cell
    rule: int


def parts(found: Sequence[ExactRegion], rules: RuleSet) -> Iterator[Part]:
    """The common refinement of a network's regions and of the rules' tree."""
    tree = rules.tree
    forms = _forms(AffineMap(tree.normals, tree.offsets))
    children = tree.children.tolist()
    for region in found:
        stack = [(region.cell, 0 if forms else -1)]
        while stack:
            cell, at = stack.pop()
            if at < 0:
                yield Part(region, cell, -1 if at == UNEXPLORED else ~at)
                continue
            sides = zip(cell.split(forms[at]), children[at], strict=True)
            stack += [(side, child) for side, child in sides if side is not None]


def largest_excess(found: Sequence[ExactRegion], rules: RuleSet) -> float:
    """The most by which an output of the rules is off, beyond rounding; infinite without a rule."""
    maps = [_forms(rule.map) for rule in rules]
    worst = Fraction(0)
    for part in parts(found, rules):
        if part.rule < 0:
            return float("inf")
        for vertex in part.cell.vertices:
            pairs = zip(part.region.forms, maps[part.rule], strict=True)
            worst = max(worst, *(_excess(network, rule, vertex.point) for network, rule in pairs))
    return float(worst)


def largest_misjudgement(found: Sequence[ExactRegion], rules: RuleSet) -> float:
    """By how much of the network's outputs, beyond rounding, rules decide for a wrong class."""
    if rules.decision is None:
        raise ValueError("these rules decide nothing")
    threshold = rules.decision.threshold
    classes = [int(number) for number in rules.predict([rule.point for rule in rules])[:, 0]]
    worst = Fraction(0)
    for part in parts(found, rules):
        if part.rule < 0:
            return float("inf")
        for x in (vertex.point for vertex in part.cell.vertices):
            off = misjudgement(part.region.outputs(x), classes[part.rule], threshold)
            room = 2 * max(_room(form, x) for form in part.region.forms)
            worst = max(worst, off - room - threshold_rounding(len(x), threshold))
    return float(worst)


def misjudgement(outputs: Sequence[Fraction], chosen: int, threshold: float | None) -> Fraction:
    """By how much outputs speak against a class: a rival's lead, or the way to the threshold."""
    if threshold is None:
        return max(outputs) - outputs[chosen]
    lead = outputs[-1] - Fraction(threshold)
    return -lead if chosen else lead


def threshold_rounding(columns: int, threshold: float | None) -> Fraction:
    """What taking the threshold from a map's constant may cost."""
    return roundings(columns) * UNIT * abs(Fraction(threshold or 0))


def _excess(network: Form, rule: Form, x: Point) -> Fraction:
    """|network - rule| at a point, less what rounding of either's numbers may do there."""
    at = scaled((*x, 1))
    gap = product_of(scaled(network), at) - product_of(scaled(rule), at)
    return abs(gap) - _room(network, x) - _room(rule, x)


def _room(form: Form, x: Point) -> Fraction:
    """Rules may cut some roundings beside the network's boundary, where maps are apart by these."""
    terms = product_of(sizes_of(scaled(form)), sizes_of(scaled((*x, 1))))
    return 5 * roundings(len(x)) * UNIT * terms


def _forms(map_: AffineMap) -> list[Form]:
    rows = np.column_stack([map_.weights, map_.constants]).tolist()
    return [tuple(Fraction(value) for value in row) for row in rows]
