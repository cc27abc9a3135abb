"""What the templates of C need for each way to write rules: expressions, a network in tables, a
tree in tables.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np

from relurules.domain import Domain
from relurules.domain.columns import Category, Column, list_table_columns, number_table_columns
from relurules.emitting import plan
from relurules.emitting.c.layers import plan_layers
from relurules.emitting.c.numbers import CTable, Real, escape_comment, print_real_table
from relurules.emitting.c.tree import CTreeWalk, tabulate_rule_maps, tabulate_tree_walk
from relurules.emitting.code_options import is_rule_needed
from relurules.emitting.derived import INFIX_WORDS, FormulaWords, print_derivation
from relurules.emitting.identifiers import make_identifier, make_unique
from relurules.emitting.notation import Notation
from relurules.emitting.plan import print_signed
from relurules.emitting.request import EmitRequest, ScorerRequest
from relurules.emitting.shared_sums import share_sums
from relurules.ir import Scorer

#: Nested `if`s per group; a deeper tree goes on in the next group. C99 compilers must take 127
#: levels.
_DEPTH = 30
#: Inequalities of the domain forgive so many times more in float than in double.
_ROOM = {"double": 1.0, "float": 1e6}


class CTemplate(NamedTuple):
    """A template, and what it takes beyond what all take."""

    template: str
    values: dict[str, object]


class InputAssignment(NamedTuple):
    """A coordinate: the variable, the expression that it is, and what a comment says of it."""

    name: str
    expression: str
    comment: str


def fill_expression_template(request: EmitRequest, real: Real) -> CTemplate:
    """Every test and every sum as an expression of variables that are called like the columns."""
    rules = request.rules
    # No keyword or macro of any header starts so.
    names = make_unique(f"x_{make_identifier(name)}" for name in rules.features)
    features = plan.make_notation(rules, real.literal, names)
    checks, domain = plan_c_gate(request, features, real), _plan_checks(rules, features, real)
    neurons = plan.NeuronNames(lambda k: f"z{k}_", lambda k: f"a{k}_", real.literal(0.0))
    values: dict[str, object] = {
        "checks": checks,
        "domain": domain,
        "walk": None,
        "stages": [],
        "tables": [],
        "shared": [],
    }

    if request.form == "rules":
        named, values["shared"] = share_sums(rules, "rules", features, "sum{}")
        values["listed"] = plan.plan_rules(rules, named)
    elif request.form == "tree":
        named, values["shared"] = share_sums(rules, "tree", features, "sum{}")
        values |= plan.plan_form(rules, "tree", named, neurons, _DEPTH)
        values["maps"] = {rule.number: rule.outputs for rule in plan.plan_rules(rules, features)}
    else:
        values |= _list_network_values(request, real, features, neurons)

    inputs = assign_inputs(request, real, names)
    return CTemplate(f"{request.form}.c", {**values, "inputs": inputs})


def _list_network_values(
    request: EmitRequest, real: Real, features: Notation, neurons: plan.NeuronNames
) -> dict[str, object]:
    """Neurons, sums, and the tree, nested or as tables."""
    rules, wanted = request.rules, is_rule_needed(request)
    mixed = plan.add_neurons(rules.network, features, neurons.activated)
    tested = plan.find_tested_neurons(rules, wanted)
    values: dict[str, object] = {
        "levels": plan.plan_levels(rules.network, mixed, tested),
        "sums": plan.plan_outputs(rules.network, mixed),
    }

    if wanted and plan.is_large(rules):
        order = np.flatnonzero(tested).tolist()
        walk = tabulate_tree_walk(rules, real, {k: i for i, k in enumerate(order)})
        read = (
            [neurons.argument(k) for k in order]
            if walk and walk.by_sign
            else list(features.columns)
        )
        values |= {"walk": walk, "walked_values": read, "tables": walk.tables if walk else []}
    elif wanted:
        tests = plan.print_neuron_tests(rules, features, neurons.argument, neurons.zero)
        values["stages"] = plan.plan_stages(rules.tree, tests, _DEPTH)

    return values


def fill_dense_template(request: EmitRequest, real: Real) -> CTemplate:
    """The network as tables of weights; the tree as a table too."""
    rules, wanted = request.rules, is_rule_needed(request)
    tested = plan.find_tested_neurons(rules, wanted)
    layers = plan_layers(
        rules.network, tested | plan.find_read_neurons(rules.network, tested), real
    )
    walk = tabulate_tree_walk(rules, real, layers.place) if wanted else None
    values = _list_array_values(request, real, walk, layers.tables)

    return CTemplate(
        "dense.c", {**values, "layers": layers.hidden, "last": layers.last, "unused": layers.unused}
    )


def fill_tree_template(request: EmitRequest, real: Real) -> CTemplate:
    """The tree and the rules' maps as tables."""
    walk = tabulate_tree_walk(request.rules, real, None)
    return CTemplate(
        "walk.c", _list_array_values(request, real, walk, tabulate_rule_maps(request.rules, real))
    )


def _list_array_values(
    request: EmitRequest, real: Real, walk: CTreeWalk | None, tables: Sequence[CTable]
) -> dict[str, object]:
    """Coordinates as an array v with entries `stride` apart; bounds of all of them as tables."""
    rules, d = request.rules, len(request.rules.features)
    features = plan.make_notation(rules, real.literal, [_index_value(i) for i in range(d)])
    checked = request.outside != "exact" or "rule" in request.columns
    bounds = [
        print_real_table(
            real,
            "lowest",
            np.maximum(rules.domain.lower, -real.largest),
            "The smallest value of every column.",
        ),
        print_real_table(
            real,
            "highest",
            np.minimum(rules.domain.upper, real.largest),
            "The largest value of every column.",
        ),
    ]

    return {
        "checks": plan_c_gate(request, features, real),
        "domain": _plan_checks(rules, features, real),
        "checked": checked,
        "tables": [*(bounds if checked else []), *tables, *(walk.tables if walk else [])],
        "walk": walk,
        "inputs": assign_inputs(request, real, features.columns),
        "unused": [],
        "place": _index_value,
        "values": d,
    }


def _index_value(i: int) -> str:
    """Entry i of v."""
    return f"v[{('0', 'stride')[i] if i < 2 else f'{i} * stride'}]"


def _plan_checks(rules: Scorer, features: Notation, real: Real) -> plan.DomainChecks:
    return plan.plan_checks(rules, features, real.largest, _ROOM[real.name])


def plan_c_gate(request: ScorerRequest, features: Notation, real: Real) -> plan.DomainChecks:
    """What a row must be to have outputs at all: in the domain, or just something that the network
    takes.
    """
    if request.outside == "exact":
        return plan.plan_network_checks(request.rules, features, real.largest)
    return _plan_checks(request.rules, features, real)


def has_clamps(request: ScorerRequest) -> bool:
    """Whether a coordinate has a bound to be brought to: compilers warn of a function that nothing
    calls.
    """
    domain = request.rules.domain
    own = {i for group in domain.groups for i in group}
    bounded = np.isfinite(domain.lower) | np.isfinite(domain.upper)
    return request.outside == "clamp" and any(
        bounded[i] for i in range(len(domain)) if i not in own
    )


def assign_inputs(
    request: ScorerRequest, real: Real, names: Sequence[str]
) -> list[InputAssignment]:
    """Every coordinate, from the array x of columns."""
    domain, inputs = request.rules.domain, list[InputAssignment]()
    own = {i for group in domain.groups for i in group}
    numbers = number_table_columns(domain.columns)
    for i, column in zip(numbers, domain.columns, strict=True):
        for text, said in _print_coordinates(column, _print_value(column, i, domain, real), real):
            at = len(inputs)
            clamp = request.outside == "clamp" and at not in own
            moved = (
                _clamp_expression(text, float(domain.lower[at]), float(domain.upper[at]), real)
                if clamp
                else text
            )
            inputs.append(InputAssignment(names[at], moved, said))

    return inputs


def _print_value(column: Column, place: int, domain: Domain, real: Real) -> str:
    """What holds a column's value: an entry of x, or the formula of a derived column."""
    if column.derivation is None:
        return f"x[{place}]"

    own = {name: f"x[{i}]" for i, name in enumerate(list_table_columns(domain.columns))}
    given = [own[argument.column] for argument in column.derivation.arguments]
    return print_derivation(column.derivation, given, make_c_words(real))


def make_c_words(real: Real) -> FormulaWords:
    """How C writes formulas of derived columns."""
    return replace(INFIX_WORDS["c"], number=partial(print_signed, real.literal))


def _print_bin_test(category: Category, x: str, real: Real) -> str:
    tests = [f"{x} == {real.literal(float(value))}" for value in category.values]
    return " || ".join([*tests, *([f"isnan({x})"] if category.missing else [])])


def _print_coordinates(column: Column, x: str, real: Real) -> list[tuple[str, str]]:
    """(expression, comment) of the coordinates of a column."""
    if column.derivation is not None and column.categories:
        tests = [_print_bin_test(category, x, real) for category in column.categories]
        return [
            (f"{test} ? {real.literal(1.0)} : {real.literal(0.0)}", escape_comment(said))
            for test, said in zip(tests, column.coordinates, strict=True)
        ]

    if not column.categories:
        fill = (
            f"isnan({x}) ? {print_signed(real.literal, column.fill)} : {x}"
            if column.fill is not None
            else x
        )
        return [(fill, escape_comment(column.name))]

    if column.source:
        tests = [f"isnan({x})" if one.missing else f"!isnan({x})" for one in column.categories]
        return [
            (f"{test} ? {real.literal(1.0)} : {real.literal(0.0)}", escape_comment(said))
            for test, said in zip(tests, column.coordinates, strict=True)
        ]

    found = []
    for at, (category, said) in enumerate(zip(column.categories, column.coordinates, strict=True)):
        test = f"{x} == {real.literal(float(at))}" + (f" || isnan({x})" if category.missing else "")
        found.append((f"{test} ? {real.literal(1.0)} : {real.literal(0.0)}", escape_comment(said)))

    return found


def _clamp_expression(text: str, low: float, high: float, real: Real) -> str:
    """A number brought to the nearer bound; NaN and infinities stay."""
    if low == -np.inf and high == np.inf:
        return text
    least = print_signed(real.literal, low) if low > -np.inf else f"-{real.infinity}"
    return (
        f"clamped({text}, {least}, "
        f"{print_signed(real.literal, high) if high < np.inf else real.infinity})"
    )
