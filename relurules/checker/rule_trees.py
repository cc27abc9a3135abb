"""The rules' tree, its ways and conditions, and points that show that rules hold somewhere."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from relurules.checker.forms import DomainSpace
from relurules.checker.json_values import RefusedError, check_lists, read_numbers, shorten_text
from relurules.checker.model_units import Sparse
from relurules.checker.trees import ProofContext, Sides

#: Ways of more sides together are refused: splits that lead to shared ones have ways without end.
MOST_SIDES = 1 << 24


def list_tree_paths(rules: Mapping[str, Any]) -> Iterator[tuple[int, Sides]]:
    """Every way down the rules' tree: the rule's number, 0 where the search stopped, and the sides
    of the splits. RefusedError for a tree that isn't one, or whose ways are too long together.
    """
    splits, complete, count = rules["splits"], rules["complete"], len(rules["rules"])
    if not isinstance(complete, bool):
        raise RefusedError("the rules don't say whether they are complete")
    # A way is its last side and the way before it, so that long ones share their beginnings.
    stack: list[tuple[Any, Any]] = [({"split": 0} if splits else {"rule": 1}, None)]
    total = 0
    while stack:
        at, way = stack.pop()
        if not isinstance(at, dict):
            raise RefusedError("the rules' tree leads to no object")
        if "split" in at:
            split = at["split"]
            if type(split) is not int or (way and split <= way[0][0]):
                raise RefusedError("the rules' tree runs in a circle")
            stack += [
                (splits[split][side], ((split, side == "then"), way))
                for side in ("then", "otherwise")
            ]
            continue

        path = _list_sides(way)
        total += len(path)
        if total > MOST_SIDES:
            raise RefusedError(f"the ways down the rules' tree have more than {MOST_SIDES} sides")
        if "rule" in at:
            if type(at["rule"]) is not int or not 1 <= at["rule"] <= count:
                raise RefusedError(f"the rules' tree leads to rule {at['rule']} of {count}")
            yield at["rule"], path
        elif complete:
            raise RefusedError("the rules' tree has no rule for a part of the domain")
        else:
            yield 0, path


def _list_sides(way: Any) -> Sides:
    sides = []
    while way:
        side, way = way
        sides.append(side)
    return sides[::-1]


class ExactRow(NamedTuple):
    """A positive multiple of an affine function of the columns, in integers."""

    terms: tuple[tuple[int, int], ...]
    constant: int


def make_exact_row(terms: Sparse, constant: Fraction) -> ExactRow:
    """The function, times the least number that makes it whole."""
    over = math.lcm(constant.denominator, *(value.denominator for value in terms.values()))
    return ExactRow(
        tuple((j, int(value * over)) for j, value in terms.items()), int(constant * over)
    )


class ExactPoint(NamedTuple):
    """Whole numbers over one denominator."""

    parts: tuple[int, ...]
    over: int


def read_conditions(rules: Mapping[str, Any]) -> list[Sides]:
    """For every rule the sides of splits that it says: its conditions, or else its only way down
    the tree.
    """
    count, only = len(rules["splits"]), dict[int, Sides]()
    several = set[int]()
    if any("conditions" not in rule for rule in rules["rules"]):
        for number, path in list_tree_paths(rules):
            if number in only:
                several.add(number)
            only[number] = path

    found = []
    for number, rule in enumerate(rules["rules"], start=1):
        if "conditions" not in rule:
            if number in several or number not in only:
                raise RefusedError(
                    f"rule {number} has no conditions, and not just one way down the tree leads to "
                    "it"
                )
            found.append(only[number])
            continue
        check_lists(rule, ("conditions",))
        for condition in rule["conditions"]:
            split = condition["split"]
            known = type(split) is int and 0 <= split < count
            if not known or not isinstance(condition["holds"], bool):
                raise RefusedError(
                    f"rule {number} has a condition on split {condition['split']!r} of {count}"
                )
        found.append([(condition["split"], condition["holds"]) for condition in rule["conditions"]])

    return found


def find_unshown_rules(
    rules: Mapping[str, Any],
    ground: ProofContext,
    sides: Sequence[Sides],
    told: Callable[[int], None] = lambda _: None,
) -> list[int]:
    """The rules whose points don't show, in exact arithmetic, that they hold anywhere. sides: the
    rules' conditions.

    A rule may be thinner than the steps of float64. But RefusedError unless all points are within
    bounds and groups, no inequality is missed by more than membership forgives, and some point is
    exactly in the domain and strictly inside its rule: the domain might be empty otherwise.
    """
    walls, rooms = (
        [make_exact_row(terms, -most) for terms, most in limits]
        for limits in (ground.limits, ground.wider)
    )
    splits, unshown = [make_exact_row(*cut) for cut in ground.cuts], []

    for number, (rule, own) in enumerate(zip(rules["rules"], sides, strict=True), start=1):
        told(number)
        x = [Fraction(value) for value in read_numbers(rule["point"])]
        over = math.lcm(*(value.denominator for value in x))
        point = ExactPoint(tuple(int(value * over) for value in x), over)
        if (why := explain_outside(x, ground.space)) is None and (
            i := _find_violation(rooms, point)
        ) is not None:
            why = f"constraint {i} doesn't hold there"
        if why is not None:
            raise RefusedError(
                f"the point of rule {number} isn't in the domain, of which it is to show a part: "
                f"{why}"
            )
        inside = all(
            evaluate_sign(splits[split], point) == (1 if holds else -1) for split, holds in own
        )
        if not inside or _find_violation(walls, point) is not None:
            unshown.append(number)

    if len(unshown) == len(rules["rules"]):
        raise RefusedError(
            "no rule has a point that is inside it and in the domain, which may be empty"
        )

    return unshown


def _find_violation(walls: Sequence[ExactRow], point: ExactPoint) -> int | None:
    """The first inequality that doesn't hold at a point, from 1."""
    return next(
        (i for i, wall in enumerate(walls, start=1) if evaluate_sign(wall, point) > 0), None
    )


def explain_outside(x: Sequence[Fraction], space: DomainSpace) -> str | None:
    """Why a point isn't within bounds and groups."""
    names = list(space.names)
    if len(x) != len(names):
        return f"it has {len(x)} numbers for {len(names)} columns"

    for name, low, value, high in zip(names, space.low, x, space.high, strict=True):
        if not low <= value <= high:
            return (
                f"{shorten_text(name)!r} is {float(value)!r} there, not from {float(low)!r} to "
                f"{float(high)!r}"
            )

    for group in space.groups:
        members = [space.columns[i] for i in group]
        if sorted(x[j] for j in members) != [*[0] * (len(group) - 1), 1]:
            return f"not just one of {', '.join(repr(names[j]) for j in members)} is 1"

    return None


def evaluate_sign(row: ExactRow, point: ExactPoint) -> int:
    """1, 0 or -1."""
    total = row.constant * point.over + sum(weight * point.parts[j] for j, weight in row.terms)
    return (total > 0) - (total < 0)
