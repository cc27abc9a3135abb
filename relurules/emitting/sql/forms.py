"""The three forms in SQL: rules, tree and network; each gives the number of the rule, and the
scores.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.emitting import plan
from relurules.emitting.notation import Notation
from relurules.emitting.request import EmitRequest
from relurules.emitting.shared_sums import describe_shared_sums, share_sums
from relurules.emitting.sql.dialect import LINE, Dialect
from relurules.emitting.sql.inputs import join_conditions
from relurules.emitting.sql.neuron_lists import NeuronList, plan_neuron_list
from relurules.emitting.sql.outputs import OutputNeeds
from relurules.emitting.sql.steps import Subquery
from relurules.ir import Network

#: More comparisons than this are made of sums that are columns of a subquery of their own, each
#: computed once.
_INLINE = 100
#: A CASE of more rules than this is a CASE of CASEs, so that few of them are looked at.
_FLAT = 40


class SqlNames(NamedTuple):
    """Names of our own columns and subqueries, all of which start with `prefix`."""

    prefix: str

    def of(self, what: str) -> str:
        """A subquery."""
        return f"{self.prefix}_{what}"

    @property
    def inside(self) -> str:
        """1 for rows in the domain, else 0."""
        return f"{self.prefix}_inside"

    @property
    def known(self) -> str:
        """1 for rows that the network takes, wherever they lie, else 0."""
        return f"{self.prefix}_known"

    @property
    def rule(self) -> str:
        """The number of the rule."""
        return f"{self.prefix}_rule"

    @property
    def missing(self) -> str:
        """The number of the first column that lacks a value, 0 for none."""
        return f"{self.prefix}_missing"

    @property
    def failure(self) -> str:
        """0, or the end of the query."""
        return f"{self.prefix}_failure"

    @property
    def points(self) -> str:
        """A row's points, before their sum is rounded."""
        return f"{self.prefix}_points"

    def key(self, i: int) -> str:
        """A column that is kept."""
        return f"{self.prefix}_key{i}"

    def score(self, i: int) -> str:
        """A score, before links."""
        return f"{self.prefix}_s{i}"

    def list(self, level: int) -> str:
        """The list of what neurons of a level read."""
        return f"{self.prefix}_in{level}"

    def z(self, k: int) -> str:
        """A neuron's argument."""
        return f"{self.prefix}_z{k}"

    def a(self, k: int) -> str:
        """What a neuron makes of it."""
        return f"{self.prefix}_a{k}"


def plan_form_steps(
    request: EmitRequest, dialect: Dialect, names: SqlNames, features: Notation, wanted: OutputNeeds
) -> list[Subquery]:
    """The subqueries of a form, up to the number of the rule, where that is wanted."""
    rules, network = request.rules, choose_network(request)
    signs = request.form == "network" and wanted.rule and network.has_same_arrays(rules.network)
    tested = plan.find_split_neurons(rules) if signs else np.zeros(len(network), dtype=np.bool_)
    levels = _plan_levels(network, dialect, names, features, tested)
    if request.form == "rules":
        return _plan_rules(request, dialect, names, features) + (
            levels if wanted.everywhere else []
        )

    if request.form == "tree":
        stages = _plan_tree(request, dialect, names, features)
        return stages + (levels if wanted.everywhere else [])
    if not wanted.rule:
        return levels
    if signs:
        return levels + _plan_stages(
            request, dialect, names, plan.print_neuron_tests(rules, features, names.z, "0E0")
        )

    return _plan_tree(request, dialect, names, features) + levels


def choose_network(request: EmitRequest) -> Network:
    """The network whose neurons are printed: as it was traced, where it must be right outside the
    domain too.
    """
    traced = request.rules.traced if request.outside == "exact" else None
    return request.rules.network if traced is None else traced


def _plan_rules(
    request: EmitRequest, dialect: Dialect, names: SqlNames, features: Notation
) -> list[Subquery]:
    steps, named = _plan_sums(request, dialect, names, features)
    rules = plan.plan_rules(request.rules, named)
    lines = [
        f"  WHEN {join_conditions(rule.conditions)}{LINE}    THEN {rule.number}" for rule in rules
    ]
    text = LINE.join([f"CASE{LINE}  WHEN {names.inside} = 0 THEN 0", *lines, f"  ELSE 0{LINE}END"])
    always = len(rules) == 1 and not rules[0].conditions
    return [*steps, Subquery(names.of("ruled"), [(names.rule, names.inside if always else text)])]


def _plan_sums(
    request: EmitRequest, dialect: Dialect, names: SqlNames, features: Notation
) -> tuple[list[Subquery], Notation]:
    """A subquery for the sums that conditions compare more than once, or for all where these are
    many; and what conditions are written with.
    """
    rules, form = request.rules, request.form
    conditions = sum(len(rule.conditions) for rule in rules)
    many = form == "rules" and conditions > _INLINE
    found, sums = share_sums(rules, form, features, f"{names.prefix}_sum{{}}", every=many)
    if not sums or len(sums) + len(features.columns) > dialect.columns:
        return [], features

    columns = [(each.name, each.expression) for each in sums]
    return [Subquery(names.of("sums"), columns, describe_shared_sums(sums))], found


def _plan_levels(
    network: Network,
    dialect: Dialect,
    names: SqlNames,
    features: Notation,
    tested: NDArray[np.bool_],
) -> list[Subquery]:
    """A subquery per level of neurons, or two where their arguments are read on their own too, and
    one before them where they read a list; tested: (K,) such.
    """
    mixed = plan.add_neurons(network, features, names.a)
    steps = list[Subquery]()
    for i, level in enumerate(plan.plan_levels(network, mixed, tested), 1):
        numbers, listed = [neuron.number for neuron in level], None
        if dialect.inner_product:
            listed = plan_neuron_list(network, numbers, mixed)
        if listed is not None:
            steps.append(Subquery(names.of(f"level{i}_in"), [(names.list(i), listed.entries)]))
        written = [_replace_argument(neuron, listed, names.list(i), dialect) for neuron in level]
        steps += _plan_level(written, i, dialect, names, tested)

    return steps


def _replace_argument(
    neuron: plan.PlannedNeuron, listed: NeuronList | None, entries: str, dialect: Dialect
) -> plan.PlannedNeuron:
    """The neuron with an inner product in place of its sum, where it is one of these."""
    weights = None if listed is None else listed.weights.get(neuron.number)
    if weights is None:
        return neuron
    return replace(neuron, argument=f"{dialect.inner_product}({entries}, {weights})")


def _plan_level(
    level: Sequence[plan.PlannedNeuron],
    number: int,
    dialect: Dialect,
    names: SqlNames,
    tested: NDArray[np.bool_],
) -> list[Subquery]:
    """The neurons of one level; tested: (K,) those whose arguments are read too."""
    first, second = list[tuple[str, str]](), list[tuple[str, str]]()
    for neuron in level:
        z, a = names.z(neuron.number), names.a(neuron.number)
        if not neuron.steep and dialect.greatest and not tested[neuron.number]:
            first.append((a, f"{dialect.greatest}({neuron.argument}, 0E0)"))
            continue
        first.append((z, neuron.argument))
        if neuron.read:
            below = neuron.below(z, "0E0")
            second.append((a, f"CASE WHEN {z} >= 0E0 THEN {z} ELSE {below} END"))

    suffix = "_z" if second else ""
    steps = [Subquery(names.of(f"level{number}{suffix}"), first)]
    return [*steps, Subquery(names.of(f"level{number}"), second)] if second else steps


def _plan_tree(
    request: EmitRequest, dialect: Dialect, names: SqlNames, features: Notation
) -> list[Subquery]:
    """The tree as tests of half-spaces."""
    steps, named = _plan_sums(request, dialect, names, features)
    tests = plan.print_half_space_tests(request.rules, named)
    return steps + _plan_stages(request, dialect, names, tests)


def _plan_stages(
    request: EmitRequest, dialect: Dialect, names: SqlNames, tests: Sequence[str]
) -> list[Subquery]:
    """The tree as nested CASE expressions, a subquery per stage."""
    stages = plan.plan_stages(request.rules.tree, tests, dialect.depth)
    steps = []
    for i, stage in enumerate(stages):
        before = names.inside if i == 0 else f"{names.prefix}_at{i}"
        cases = [
            f"  WHEN {1 if i == 0 and entry == 0 else -entry} THEN {nest_cases(node, '    ', str)}"
            for entry, node in stage.entries
        ]
        text = LINE.join([f"CASE {before}", *cases, f"  ELSE {'0' if i == 0 else before}{LINE}END"])
        if len(tests) == 0:
            text = names.inside
        last = i == len(stages) - 1
        steps.append(
            Subquery(
                names.of("ruled" if last else f"stage{i + 1}"),
                [(names.rule if last else f"{names.prefix}_at{i + 1}", text)],
            )
        )

    return steps


def nest_cases(node: plan.PlannedNode, indent: str, leaf: Callable[[int], str]) -> str:
    """A tree as nested CASE expressions, one branch a line."""
    if node.test is None or node.then is None or node.otherwise is None:
        return leaf(node.rule)
    then, otherwise = (
        nest_cases(side, indent + "  ", leaf) for side in (node.then, node.otherwise)
    )
    return f"CASE WHEN {node.test}{LINE}{indent}THEN {then}{LINE}{indent}ELSE {otherwise} END"


def plan_scores(
    request: EmitRequest, names: SqlNames, features: Notation, wanted: OutputNeeds
) -> Subquery:
    """The scores of every row that has a rule."""
    rules, network, texts = request.rules, choose_network(request), list[str]()
    if request.form != "network":
        planned = plan.plan_rules(rules, features)
        texts = [
            print_by_rule(names.rule, {r.number: r.outputs[i] for r in planned})
            for i in range(len(rules.scores))
        ]

    if request.form == "network" or wanted.everywhere:
        sums = plan.plan_outputs(network, plan.add_neurons(network, features, names.a))
        ruled = f"{names.rule} > 0" if wanted.rule else f"{names.inside} = 1"
        test = f"{names.known} = 1" if wanted.everywhere else ruled
        last = [f"WHEN {test} THEN {total} END" for total in sums]
        first = [f"WHEN {names.rule} > 0 THEN {text} " for text in texts] or [""] * len(sums)
        texts = [f"CASE {ruled_text}{rest}" for ruled_text, rest in zip(first, last, strict=True)]

    return Subquery(names.of("scored"), [(names.score(i), text) for i, text in enumerate(texts)])


def print_by_rule(rule: str, texts: Mapping[int, str]) -> str:
    """What belongs to the number of the rule: one CASE, or for many rules a CASE of CASEs."""

    def flat(part: Sequence[tuple[int, str]], indent: str) -> str:
        lines = [f"{indent}  WHEN {number} THEN {text}" for number, text in part]
        return LINE.join([f"CASE {rule}", *lines, f"{indent}END"])

    entries = sorted(texts.items())
    if len(entries) <= _FLAT:
        return flat(entries, "")

    size = math.isqrt(len(entries)) + 1
    parts = [entries[i : i + size] for i in range(0, len(entries), size)]
    cases = [f"  WHEN {rule} <= {part[-1][0]} THEN {flat(part, '    ')}" for part in parts]
    return LINE.join([f"CASE{LINE}  WHEN {rule} = 0 THEN NULL", *cases, "END"])
