"""Scores that speak of the other one of two classes: the sign of the one score turned, and each
class's link with it, so that outputs stay what they are.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from operator import neg
from typing import Any, overload

import numpy as np

from relurules.errors import DataError
from relurules.ir.additive import AdditiveRules
from relurules.ir.class_labels import ClassLabels, find_class_test
from relurules.ir.evidence import read_column_setting
from relurules.ir.local_tree import LocalTree
from relurules.ir.network import AffineMap, Network
from relurules.ir.rule import Rule
from relurules.ir.rule_table import RuleTable
from relurules.ir.ruleset import RuleSet
from relurules.links.heads import Head

#: What a head becomes when its score changes sign.
_OPPOSITE = {"sigmoid": "complement", "complement": "sigmoid"}


def find_positive(labels: ClassLabels | None, positive: Any) -> int:
    """The number of the class that scores are to speak of; DataError where there is none."""
    if labels is None:
        raise DataError(
            f"positive={positive!r}: the model doesn't name its classes; name them with labels=, "
            "in the order of its outputs"
        )
    return labels.find(positive)


def needs_turn(heads: Sequence[Head], scores: int, labels: ClassLabels, number: int) -> bool:
    """Whether scores speak of another class now, and one score tells both."""
    test = find_class_test(heads, scores, labels.threshold)
    return number != labels.positive and test is not None and len(test.scores) == 1


def turn_network(network: Network) -> Network:
    """The network of -f(x)."""
    if isinstance(network, LocalTree):
        return network.rescale(np.full(len(network.c), -1.0), np.zeros(len(network.c)))
    return replace(network, C=0.0 - network.C, U=0.0 - network.U, c=0.0 - network.c)


def turn_heads(heads: Sequence[Head]) -> tuple[Head, ...]:
    """The heads of -f(x) that give the same outputs."""
    return tuple(head._replace(link=_OPPOSITE.get(head.link, head.link)) for head in heads)


def turn_promises(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of a fit whose trends and bounds of effects are those of -f(x)."""
    turned = dict(settings)
    turns: Mapping[str, Callable[[Any], Any]] = {"monotone": neg, "effect_bounds": turn_bounds}
    for name, turn in turns.items():
        columns = read_column_setting(settings, name)
        if columns:
            turned[name] = str({column: turn(value) for column, value in columns.items()})

    return turned


def turn_bounds(pair: tuple[float, float]) -> tuple[float, float]:
    """The least and the most of -f(x)."""
    low, high = pair
    return 0 - high, 0 - low


@overload
def speak_of_class(rules: RuleSet, positive: Any) -> RuleSet: ...
@overload
def speak_of_class(rules: AdditiveRules, positive: Any) -> AdditiveRules: ...
@overload
def speak_of_class(rules: RuleSet | AdditiveRules, positive: Any) -> RuleSet | AdditiveRules: ...
def speak_of_class(rules: RuleSet | AdditiveRules, positive: Any) -> RuleSet | AdditiveRules:
    """The rules with scores that speak of a class, by its label; decisions have no such scores, and
    stay as they are.
    """
    number = find_positive(rules.labels, positive)
    assert rules.labels is not None  # noqa: S101  # a class was found
    chosen = rules.labels.with_positive(number)
    if rules.decision or not needs_turn(rules.heads, rules.score_count, rules.labels, number):
        return replace(rules, labels=chosen)

    turned = replace(
        rules,
        labels=chosen,
        heads=turn_heads(rules.heads),
        traced=None if rules.traced is None else turn_network(rules.traced),
        provenance=replace(rules.provenance, settings=turn_promises(rules.provenance.settings)),
    )
    return _turn_partition(turned) if isinstance(turned, RuleSet) else _turn_lines(turned)


def _turn_partition(rules: RuleSet) -> RuleSet:
    return replace(rules, rules=_turn_rules(rules.rules), network=turn_network(rules.network))


def _turn_lines(rules: AdditiveRules) -> AdditiveRules:
    return replace(
        rules,
        base=_turn_map(rules.base),
        lines=tuple(replace(line, slopes=0.0 - line.slopes) for line in rules.lines),
        groups=tuple(replace(group, rules=_turn_partition(group.rules)) for group in rules.groups),
    )


def _turn_rules(rules: Sequence[Rule]) -> Sequence[Rule]:
    if isinstance(rules, RuleTable):
        return replace(rules, maps=_turn_map(rules.maps), network=turn_network(rules.network))
    return tuple(replace(rule, map=_turn_map(rule.map)) for rule in rules)


def _turn_map(own: AffineMap) -> AffineMap:
    return AffineMap(0.0 - own.weights, 0.0 - own.constants)
