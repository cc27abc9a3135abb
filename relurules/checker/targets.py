"""What rules say, as forms that trees bound from above."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from relurules.checker.decisions import count_decision_scores, find_threshold, read_decision
from relurules.checker.json_values import RefusedError, read_number
from relurules.checker.names import find_turn, name_scores
from relurules.checker.trees import ProofContext, ProofTarget


def list_proof_targets(
    rule: Mapping[str, Any],
    rules: Mapping[str, Any],
    model: Mapping[str, Any],
    ground: "ProofContext",
) -> list[ProofTarget]:
    """How far a rule is off: every score from above and below, or how far it is from deciding as
    the model.
    """
    if rules.get("decision") is not None:
        return _list_decision_targets(rule, rules, model, ground)
    turn, space, found = find_turn(rules, model), ground.space, []
    for i, own in enumerate(read_maps(rule, name_scores(rules, len(ground.scores)))):
        terms = {j: turn * value for j, value in space.named(own["coefficients"]).items()}
        form = space.form(terms, turn * read_number(own["constant"]))
        found += [
            ProofTarget(((i, 1),), form),
            ProofTarget(((i, -1),), [*(-value for value in form[:-1]), form[-1]]),
        ]

    return found


def read_maps(rule: Mapping[str, Any], names: Sequence[str]) -> list[Mapping[str, Any]]:
    """The affine maps of a rule's scores, in order."""
    if set(rule["outputs"]) != set(names):
        raise RefusedError(f"a rule's scores aren't {', '.join(map(repr, names))}")
    return [rule["outputs"][name] for name in names]


def _list_decision_targets(
    rule: Mapping[str, Any],
    rules: Mapping[str, Any],
    model: Mapping[str, Any],
    ground: "ProofContext",
) -> list[ProofTarget]:
    space, decision = ground.space, read_decision(model, find_threshold(rules))
    used = [decision.score] if decision.order is None else decision.order
    if any(type(i) is not int or not 0 <= i < len(ground.scores) for i in used):
        raise RefusedError("the model's links are made of scores that aren't there")

    count = count_decision_scores(rules, decision)
    maps = read_maps(rule, name_scores(rules, count))
    values = [read_number(own["constant"]) for own in maps]
    told = [abs(values[0])] if count == 1 else sorted(values)[::-1]

    slopes = [space.named(own["coefficients"]) for own in maps]
    if any(any(own.values()) for own in slopes) or told != [1, *[0] * (count - 1)]:
        raise RefusedError(
            "a rule that decides has scores that don't tell one class: 1 and -1, or 1 and 0 for "
            "others"
        )

    if decision.order is None:
        second = values[0] >= 0 if count == 1 else values[1] > values[0]
        way = -1 if second else 1
        form = [*[0] * space.size, way * decision.cut, decision.radius]
        return [ProofTarget(((decision.score, way * decision.sign),), form)]

    best = values.index(max(values))
    others = [score for i, score in enumerate(decision.order) if i != best]
    return [
        ProofTarget(((score, 1), (decision.order[best], -1)), space.form({}, Fraction(0)))
        for score in others
    ]
