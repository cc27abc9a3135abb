"""What the templates need of languages with infix operators: Python, JavaScript."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from relurules.domain.columns import Column, list_table_columns, number_table_columns
from relurules.emitting import plan
from relurules.emitting.code_options import is_rule_needed
from relurules.emitting.derived import FormulaWords, print_derivation
from relurules.emitting.notation import Notation
from relurules.emitting.plan import print_signed
from relurules.emitting.request import EmitRequest, ScorerRequest
from relurules.emitting.shared_sums import share_sums
from relurules.emitting.tree_walk import plan_tree_walk
from relurules.ir import RuleSet

#: Nested `if`s per group; a deeper tree goes on in the next group.
_DEPTH = 15
#: How a neuron's argument and what it makes of it are called.
_NEURONS = plan.NeuronNames(lambda k: f"_z{k}", lambda k: f"_a{k}", "0.0")


def choose_template(request: EmitRequest) -> str:
    """The form; trees of many rules are walked by a table."""
    return "walk" if request.form == "tree" and plan.is_large(request.rules) else request.form


def plan_gate(request: ScorerRequest, features: Notation) -> plan.DomainChecks:
    """What a row must be to have outputs at all: in the domain, or just something that the network
    takes.
    """
    if request.outside == "exact":
        return plan.plan_network_checks(request.rules, features, float(np.finfo(np.float64).max))
    return plan.plan_checks(request.rules, features)


def plan_template_values(
    request: EmitRequest, features: Notation, sum_pattern: str
) -> dict[str, object]:
    """What the form's template needs, where expressions are the same in all languages with infix
    operators.

    sum_pattern: what a shared sum is called, see `share_sums`.
    """
    rules, wanted = request.rules, is_rule_needed(request)
    empty: dict[str, object] = {"walk": None, "tests": None, "stages": [], "shared": []}
    if request.form == "rules":
        named, sums = share_sums(rules, "rules", features, sum_pattern)
        return {**empty, "shared": sums, "rules": plan.plan_rules(rules, named)}
    if request.form == "tree" and plan.is_large(rules):
        return {
            **empty,
            "walk": plan_tree_walk(rules, None),
            "tests": _list_half_spaces(rules),
            "maps": _list_maps(rules),
        }

    if request.form == "tree":
        listed = {rule.number: rule.outputs for rule in plan.plan_rules(rules, features)}
        named, sums = share_sums(rules, "tree", features, sum_pattern)
        return {
            **empty,
            "shared": sums,
            "rules": listed,
            **plan.plan_form(rules, "tree", named, _NEURONS, _DEPTH),
        }

    mixed = plan.add_neurons(rules.network, features, _NEURONS.activated)
    tested = plan.find_tested_neurons(rules, wanted)
    parts = {
        **empty,
        "levels": plan.plan_levels(rules.network, mixed, tested),
        "sums": plan.plan_outputs(rules.network, mixed),
    }

    if wanted and plan.is_large(rules):
        return {**parts, **_plan_walk(rules, np.flatnonzero(tested).tolist(), features)}

    tests = plan.print_neuron_tests(rules, features, _NEURONS.argument, _NEURONS.zero)

    return {**parts, "stages": plan.plan_stages(rules.tree, tests, _DEPTH) if wanted else []}


def _plan_walk(rules: RuleSet, tested: Sequence[int], features: Notation) -> dict[str, object]:
    walk = plan_tree_walk(rules, {k: i for i, k in enumerate(tested)})
    by_sign = walk is not None and walk.signs is not None
    read = [_NEURONS.argument(k) for k in tested] if by_sign else list(features.columns)

    return {
        "walk": walk,
        "walked_values": read,
        "tests": None if by_sign else _list_half_spaces(rules),
    }


def _list_half_spaces(rules: RuleSet) -> list[tuple[list[float], float]]:
    """Normal and bound of every test."""
    return list(zip(rules.tree.normals.tolist(), (-rules.tree.offsets).tolist(), strict=True))


def _list_maps(rules: RuleSet) -> list[list[tuple[list[float], float]]]:
    """Weights and constant of every score, rule by rule."""
    return [
        list(zip(rule.map.weights.tolist(), rule.map.constants.tolist(), strict=True))
        for rule in rules
    ]


@dataclass(frozen=True, kw_only=True)
class ColumnRead:
    """How a column of the table becomes coordinates."""

    #: Its number in the table.
    column: int
    #: Of the coordinates.
    names: list[str]
    #: For a missing number, None for none.
    fill: str | None = None
    #: A number is brought to this at least, None for no limit.
    low: str | None = None
    #: A number is brought to this at most, None for no limit.
    high: str | None = None
    #: Values of a category and their indices, None for a number.
    known: dict[str | float, int] | None = None
    #: Index of a missing category, -1 for none.
    missing: int = -1
    #: Index of any other category, -1 for none.
    other: int = -1
    #: Of a derived column, its value as an expression of what `sources` are read as; else None.
    derived: str | None = None
    #: The columns of the table that it is made of, by number.
    sources: tuple[int, ...] = ()


def _add_derived(
    reads: Sequence[ColumnRead], columns: Sequence[Column], words: FormulaWords
) -> list[ColumnRead]:
    """The same, with the formulas of derived columns."""
    own = {name: i for i, name in enumerate(list_table_columns(columns))}
    found = []
    for read, column in zip(reads, columns, strict=True):
        if column.derivation is None:
            found.append(read)
            continue
        places = tuple(own[argument.column] for argument in column.derivation.arguments)
        text = print_derivation(column.derivation, [words.source.format(i) for i in places], words)
        found.append(replace(read, derived=text, sources=places))

    return found


def plan_reads(
    request: ScorerRequest, names: Sequence[str], words: FormulaWords
) -> list[ColumnRead]:
    """Every column of the domain; names: of all coordinates; words: of the language."""
    domain, found = request.rules.domain, list[ColumnRead]()
    own = {i for group in domain.groups for i in group}
    numbers = number_table_columns(domain.columns)
    for i, column, place in zip(numbers, domain.columns, domain.places, strict=True):
        at, mine = place.start, list(names[place.start : place.stop])
        if column.categories:
            known = {value: k for value, k in column.lookup.items() if value is not None}
            other = -1 if column.other is None else column.other
            found.append(
                ColumnRead(
                    column=i,
                    names=mine,
                    known=known,
                    missing=column.lookup.get(None, -1),
                    other=other,
                )
            )
        else:
            clamp, fill = request.outside == "clamp" and at not in own, column.fill
            low, high = float(domain.lower[at]), float(domain.upper[at])
            found.append(
                ColumnRead(
                    column=i,
                    names=mine,
                    fill=None if fill is None else print_signed(repr, fill),
                    low=print_signed(repr, low) if clamp and low > -np.inf else None,
                    high=print_signed(repr, high) if clamp and high < np.inf else None,
                )
            )

    return _add_derived(found, domain.columns, words)
