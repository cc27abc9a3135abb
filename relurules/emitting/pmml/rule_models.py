"""Rules of which one applies as models of PMML: the first segment whose predicate holds."""

from collections.abc import Callable
from xml.etree.ElementTree import Element, SubElement

import numpy as np

from relurules.emitting.pmml.elements import FieldBuilder
from relurules.emitting.pmml.inputs import RowFields
from relurules.emitting.pmml.scores import ScoreTable, add_rule_number, make_table
from relurules.ir import Condition, RuleSet
from relurules.ir.network import Array
from relurules.wording.sum_names import key_of_sum

#: Rule, from 0 -> the predicate of its segment.
Predicates = Callable[[int], Element]


def plan_rule_predicates(fields: FieldBuilder, rules: RuleSet, row: RowFields) -> Predicates:
    """The conditions of every rule, as texts have them."""
    sums: dict[bytes, str] = {}

    def predicate(k: int) -> Element:
        tests = [_test_condition(fields, each, row, sums) for each in rules.rules[k].conditions]
        inside = _compare(row.inside, "equal", "true")
        if not tests:
            return inside
        element = Element("CompoundPredicate", booleanOperator="and")
        element.extend([inside, *tests])
        return element

    return predicate


def _test_condition(
    fields: FieldBuilder, condition: Condition, row: RowFields, sums: dict[bytes, str]
) -> Element:
    """A sum is a field of its own, which conditions share; one column is compared as it is."""
    normal, bound = condition.half_space.normal, float(condition.half_space.bound)
    used = np.flatnonzero(normal)
    operator = "greaterOrEqual" if condition.holds else "lessThan"
    if len(used) == 1 and abs(normal[used[0]]) == 1.0:
        name = row.coordinates[used[0]]
        if normal[used[0]] < 0:
            operator, bound = "lessOrEqual" if condition.holds else "greaterThan", -bound
    else:
        name = _name_sum(fields, normal, row, sums)
    return _compare(name, operator, repr(bound))


def _name_sum(fields: FieldBuilder, normal: Array, row: RowFields, sums: dict[bytes, str]) -> str:
    key = key_of_sum(normal)
    if key not in sums:
        sums[key] = fields.add(f"sum {len(sums) + 1}", row.restrict(row.add_up(normal)))
    return sums[key]


def plan_tree_predicates(fields: FieldBuilder, rules: RuleSet, row: RowFields) -> Predicates:
    """The number of the rule, which the tree tells."""
    name = add_rule_number(fields, rules, row, "rule by the tree")
    return lambda k: _compare(name, "equal", repr(float(k + 1)))


def _compare(field: str, operator: str, value: str) -> Element:
    return Element("SimplePredicate", field=field, operator=operator, value=value)


def tabulate_rules(rules: RuleSet, row: RowFields) -> list[list[ScoreTable]]:
    """Score by score, the map of every rule."""
    maps = rules.maps
    return [
        [
            make_table(
                row,
                float(maps.constants[k, i]),
                list(zip(row.coordinates, maps.weights[k, i].tolist(), strict=True)),
            )
            for k in range(len(rules))
        ]
        for i in range(maps.weights.shape[1])
    ]


def number_rules(rules: RuleSet, row: RowFields) -> list[ScoreTable]:
    """A score that is the number of the rule."""
    return [make_table(row, float(rule.number), []) for rule in rules]


def print_segments(
    tables: list[ScoreTable], predicates: Predicates, make_model: Callable[[ScoreTable], Element]
) -> Element:
    """A segment for every rule."""
    element = Element("Segmentation", multipleModelMethod="selectFirst")
    for k, table in enumerate(tables):
        segment = SubElement(element, "Segment", id=str(k + 1))
        segment.extend([predicates(k), make_model(table)])
    return element
