"""Scores in PMML: tables of a regression model, or a model for every rule."""

from collections.abc import Sequence
from typing import NamedTuple
from xml.etree.ElementTree import Element, SubElement

import numpy as np

from relurules.emitting.line_words import describe_group, describe_line
from relurules.emitting.pmml.elements import (
    FieldBuilder,
    add_up,
    apply,
    choose,
    read_field,
    scale,
    write_constant,
)
from relurules.emitting.pmml.inputs import RowFields
from relurules.files.templates import flatten_text
from relurules.ir import UNEXPLORED, AdditiveRules, Network, RuleGroup, RuleSet, ScorePart


class ScoreTable(NamedTuple):
    """A sum: intercept + factors times fields."""

    intercept: float
    terms: list[tuple[str, float]]


class LineFields(NamedTuple):
    """Fields. lines: (K,) how far a row lies beyond each; groups: group by group (m,) what it
    adds.
    """

    lines: list[str]
    groups: list[list[str]]


def add_line_fields(fields: FieldBuilder, rules: AdditiveRules, row: RowFields) -> LineFields:
    """A field for every line, and for what every group adds to every score."""
    lines = [
        fields.add(
            f"line {line.number}",
            row.restrict(_activate(row.add_up(rules.normals[k], -float(rules.bounds[k])))),
            flatten_text(describe_line(rules, k)),
        )
        for k, line in enumerate(rules.lines)
    ]
    return LineFields(lines, [_add_group(fields, group, row) for group in rules.groups])


def _activate(argument: Element) -> Element:
    return apply("max", write_constant(0.0), argument)


def _add_group(fields: FieldBuilder, group: RuleGroup, row: RowFields) -> list[str]:
    rule = read_field(add_rule_number(fields, group.rules, row, f"rule of group {group.number}"))
    maps = group.rules.maps
    found = []
    for i in range(maps.weights.shape[1]):
        value = row.add_up(maps.weights[-1, i], float(maps.constants[-1, i]))
        for k in reversed(range(len(group.rules) - 1)):
            test = apply("equal", rule, write_constant(float(k + 1)))
            own = row.add_up(maps.weights[k, i], float(maps.constants[k, i]))
            value = choose(test, own, value)
        name = f"group {group.number}" + (f" score {i + 1}" if maps.weights.shape[1] > 1 else "")
        found.append(fields.add(name, row.restrict(value), flatten_text(describe_group(group))))
    return found


def add_rule_number(fields: FieldBuilder, rules: RuleSet, row: RowFields, called: str) -> str:
    """The rule that applies, by the tree, so that no seam has a gap; 0 for none."""
    tests = add_tests(fields, rules, row, called)
    value = _walk(rules, tests, 0) if tests else write_constant(1.0)
    return fields.add(called, row.restrict(value))


def add_tests(fields: FieldBuilder, rules: RuleSet, row: RowFields, called: str) -> list[Element]:
    """Of every split of the tree: whether its sum is at least its bound."""
    tree = rules.tree
    return [
        apply(
            "greaterOrEqual",
            read_field(fields.add(f"{called}: test {k + 1}", row.restrict(row.add_up(normal)))),
            write_constant(-float(offset)),
        )
        for k, (normal, offset) in enumerate(zip(tree.normals, tree.offsets, strict=True))
    ]


def _walk(rules: RuleSet, tests: Sequence[Element], at: int) -> Element:
    """The number of the rule below a node: 0 is a test, negative a leaf."""
    if at == UNEXPLORED:
        return write_constant(0.0)
    if at < 0:
        return write_constant(float(-at))
    below, above = rules.tree.children[at].tolist()
    return choose(tests[at], _walk(rules, tests, above), _walk(rules, tests, below))


def tabulate_lines(rules: AdditiveRules, row: RowFields, own: LineFields) -> list[ScoreTable]:
    """(m,) the base, the lines and the groups."""
    return [
        make_table(
            row,
            float(rules.base.constants[i]),
            [
                *zip(row.coordinates, rules.base.weights[i].tolist(), strict=True),
                *zip(own.lines, rules.slopes[:, i].tolist(), strict=True),
                *((group[i], 1.0) for group in own.groups),
            ],
        )
        for i in range(rules.score_count)
    ]


def make_table(row: RowFields, intercept: float, terms: Sequence[tuple[str, float]]) -> ScoreTable:
    """Zero terms are left out; a sum without any reads a coordinate, which is missing where a row
    has no outputs.
    """
    kept = [(name, factor) for name, factor in terms if factor]
    return ScoreTable(intercept, kept or [(row.coordinates[0], 0.0)])


def add_network_tables(fields: FieldBuilder, network: Network, row: RowFields) -> list[ScoreTable]:
    """(m,) of the neurons, each a field."""
    neurons: dict[int, str] = {}
    for k in (k for level in network.levels for k in level.tolist()):
        read = [(neurons[j], float(network.L[k, j])) for j in np.flatnonzero(network.L[k]).tolist()]
        z = add_up(
            [
                row.add_up(network.A[k], float(network.b[k])),
                *(scale(factor, read_field(name)) for name, factor in read),
            ]
        )
        called = fields.reserve(f"neuron {k + 1}")
        value = _activate(z)
        if slope := float(network.slope[k]):
            argument = read_field(fields.add(f"{called}: argument", row.restrict(z)))
            below = scale(slope, apply("min", write_constant(0.0), argument))
            value = apply("+", _activate(argument), below)
        neurons[k] = fields.add(
            f"{called}: activated", row.restrict(value), flatten_text(str(network.neurons[k]))
        )

    return [
        make_table(
            row,
            float(network.c[i]),
            [
                *zip(row.coordinates, network.C[i].tolist(), strict=True),
                *((name, float(network.U[i, k])) for k, name in neurons.items()),
            ],
        )
        for i in range(len(network.c))
    ]


def add_part_sums(rules: AdditiveRules, row: RowFields, own: LineFields) -> list[list[Element]]:
    """Of every part (m,): what it adds."""
    return [
        [_sum_part(part, row, own, rules, i) for i in range(rules.score_count)]
        for part in rules.parts
    ]


def _sum_part(
    part: ScorePart, row: RowFields, own: LineFields, rules: AdditiveRules, score: int
) -> Element:
    names = [row.coordinates[j] for j in part.coordinates.tolist()]
    factors = [
        *zip(names, part.weights[score].tolist(), strict=True),
        *((own.lines[k], float(rules.slopes[k, score])) for k in part.lines.tolist()),
        *((own.groups[k][score], 1.0) for k in part.groups),
    ]
    terms = [scale(factor, read_field(name)) for name, factor in factors if factor]
    return add_up(terms or [apply("*", write_constant(0.0), read_field(row.coordinates[0]))])


def print_table(table: ScoreTable) -> Element:
    """A table of a regression model."""
    element = Element("RegressionTable", intercept=repr(table.intercept))
    for name, factor in table.terms:
        SubElement(element, "NumericPredictor", name=name, coefficient=repr(factor))
    return element
