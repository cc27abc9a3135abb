"""What the range of a score shows of classes: that no row is of one."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from relurules.checker.answered_score import AnsweredScore
from relurules.checker.decisions import ModelDecision, read_decision, read_heads
from relurules.checker.forms import ONE
from relurules.checker.json_values import RefusedError, check_lists, read_number


class ClassLead(NamedTuple):
    """What shows that a row isn't of a class: these weights times scores are more than the cut, in
    units of 1 / ONE, which may be off by the radius.
    """

    weights: list[int]
    cut: int
    radius: int


def read_class_decision(rules: Mapping[str, Any], count: int) -> ModelDecision:
    """How rules that have so many scores tell the class; RefusedError where the classes' numbers
    aren't in the order of these scores.
    """
    labels, heads = rules.get("labels"), read_heads(rules)
    threshold = None if labels is None else labels.get("threshold")
    if threshold is None and len(heads) == 1 and heads[0]["link"] == "sigmoid":
        threshold = 0.5

    decision = read_decision(rules, threshold)
    _check_class_order(decision, heads, count)
    if labels is not None:
        check_lists(labels, ("values",))
        classes = 2 if decision.order is None else len(decision.order)
        if len(labels["values"]) != classes:
            raise RefusedError(f"{len(labels['values'])} labels are of {classes} classes")

    return decision


def _check_class_order(decision: ModelDecision, heads: list[Any], count: int) -> None:
    """RefusedError where outputs are of other classes, or in another order, than the scores that
    are compared: labels are those of scores.
    """
    if decision.order is None:
        if count != 1:
            raise RefusedError(f"two classes are told by one of {count} scores")
        return

    plain = heads[0]["link"] == "identity"
    compared = list(range(count)) if plain else heads[0]["scores"]
    if decision.order != compared:
        raise RefusedError("the outputs aren't those of all classes in the order of their scores")


def find_class_lead(decision: ModelDecision, number: int, ahead: Any, count: int) -> ClassLead:
    """By how much another class, of two the other one, is ahead of a class, of so many scores."""
    order = decision.order
    ahead = 1 - number if order is None else ahead
    most = 2 if order is None else len(order)
    if any(type(i) is not int or not 0 <= i < most for i in (number, ahead)) or number == ahead:
        raise RefusedError(f"class {number!r} of {most}, or the one ahead of it, isn't there")

    sides = [(decision.score, decision.sign * (ahead - number))]
    if order is not None:
        sides = [(order[ahead], 1), (order[number], -1)]

    used = [decision.score] if order is None else order
    if any(type(i) is not int or not 0 <= i < count for i in used):
        raise RefusedError("the rules' links are made of scores that aren't there")
    weights = [0] * count
    for i, side in sides:
        weights[i] += side

    return ClassLead(weights, (ahead - number) * decision.cut, decision.radius)


def check_decision(
    found: Mapping[str, Any], rules: Mapping[str, Any], score: AnsweredScore
) -> None:
    """That no row within the range of the score is of the class that a certificate names."""
    number = found["class"]
    decision = read_class_decision(rules, len(score.names))
    lead = find_class_lead(decision, number, found.get("ahead"), len(score.names))
    if score.weights != lead.weights:
        raise RefusedError("its weights aren't those of the classes' scores")
    if not read_number(found["low"]) * ONE > lead.cut + lead.radius:
        raise RefusedError(f"its range doesn't show that no row is of class {number}")


def name_class(found: Mapping[str, Any], rules: Mapping[str, Any]) -> str:
    """The class that a certificate names, in words: its label, or its number."""
    number, labels = found["class"], rules.get("labels")
    if labels is None:
        return f"number {number}"

    return json.dumps(labels["values"][number], sort_keys=True, separators=(",", ":"))
