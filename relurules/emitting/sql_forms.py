"""The three forms in SQL: rules, tree and network; each gives the number of the rule, and the scores."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.emitting import plan
from relurules.emitting.notation import Notation
from relurules.emitting.request import Request
from relurules.emitting.sql_dialect import LINE, Dialect
from relurules.emitting.sql_inputs import conjunction
from relurules.emitting.sql_outputs import Wanted
from relurules.emitting.sql_steps import Step
from relurules.ir import Network

#: More comparisons than this are made of sums that are columns of a subquery of their own, each computed once.
_INLINE = 100
#: A CASE of more rules than this is a CASE of CASEs, so that few of them are looked at.
_FLAT = 40


class Names(NamedTuple):
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

    def key(self, i: int) -> str:
        """A column that is kept."""
        return f"{self.prefix}_key{i}"

    def score(self, i: int) -> str:
        """A score, before links."""
        return f"{self.prefix}_s{i}"

    def z(self, k: int) -> str:
        """A neuron's argument."""
        return f"{self.prefix}_z{k}"

    def a(self, k: int) -> str:
        """What a neuron makes of it."""
        return f"{self.prefix}_a{k}"


def form_steps(request: Request, dialect: Dialect, names: Names, features: Notation, wanted: Wanted) -> list[Step]:
    """The subqueries of a form, up to the number of the rule, where that is wanted."""
    rules, network = request.rules, scoring(request)
    signs = request.form == "network" and wanted.rule and same(network, rules.network)
    tested = plan.tested_neurons(rules) if signs else np.zeros(len(network), dtype=np.bool_)
    levels = _levels(network, dialect, names, features, tested)
    if request.form == "rules":
        return _rules(request, dialect, names, features) + (levels if wanted.everywhere else [])
    if request.form == "tree":
        stages = _stages(request, dialect, names, plan.half_space_tests(rules, features))
        return stages + (levels if wanted.everywhere else [])
    if not wanted.rule:
        return levels
    if signs:
        return levels + _stages(request, dialect, names, plan.neuron_tests(rules, features, names.z, "0E0"))
    return _stages(request, dialect, names, plan.half_space_tests(rules, features)) + levels


def scoring(request: Request) -> Network:
    """The network whose neurons are printed: as it was traced, where it must be right outside the domain too."""
    traced = request.rules.traced if request.outside == "exact" else None
    return request.rules.network if traced is None else traced


def same(one: Network, other: Network) -> bool:
    """Whether they hold the same numbers."""
    if one is other:
        return True
    names = ("A", "L", "b", "C", "U", "c", "slope")
    return len(one) == len(other) and all(np.array_equal(getattr(one, n), getattr(other, n)) for n in names)


def _rules(request: Request, dialect: Dialect, names: Names, features: Notation) -> list[Step]:
    rules = plan.planned_rules(request.rules, features)
    steps, rename = _sums(request, dialect, names, features)
    lines = [
        f"  WHEN {conjunction([rename(c) for c in rule.conditions])}{LINE}    THEN {rule.number}" for rule in rules
    ]
    text = LINE.join([f"CASE{LINE}  WHEN {names.inside} = 0 THEN 0", *lines, f"  ELSE 0{LINE}END"])
    return [*steps, Step(names.of("ruled"), [(names.rule, text)])]


def _sums(
    request: Request, dialect: Dialect, names: Names, features: Notation
) -> tuple[list[Step], Callable[[str], str]]:
    """A subquery for the sums that conditions compare, where these are many, and what a condition then reads."""
    conditions = [c for rule in request.rules for c in rule.conditions]
    texts = list(dict.fromkeys(features.affine(c.half_space.normal) for c in conditions))
    sums = {text: f"{names.prefix}_h{i}" for i, text in enumerate(text for text in texts if " " in text)}
    if len(conditions) <= _INLINE or len(sums) + len(features.columns) > dialect.columns:
        return [], str

    def rename(condition: str) -> str:
        text, sign, bound = _parts(condition)
        return f"{sums.get(text, text)} {sign} {bound}"

    return [Step(names.of("sums"), [(name, text) for text, name in sums.items()])], rename


def _parts(condition: str) -> tuple[str, str, str]:
    """A comparison as sum, sign and bound."""
    text, bound = condition.rsplit(" ", 1)
    text, sign = text.rsplit(" ", 1)
    return text, sign, bound


def _levels(
    network: Network, dialect: Dialect, names: Names, features: Notation, tested: NDArray[np.bool_]
) -> list[Step]:
    """A subquery per level of neurons, or two where their arguments are read on their own too; tested: (K,) such."""
    mixed = plan.with_neurons(network, features, names.a)
    steps = []
    for i, level in enumerate(plan.planned_levels(network, mixed, tested), 1):
        first, second = list[tuple[str, str]](), list[tuple[str, str]]()
        for neuron in level:
            z, a = names.z(neuron.number), names.a(neuron.number)
            if network.slope[neuron.number] == 0 and dialect.greatest and not tested[neuron.number]:
                first.append((a, f"{dialect.greatest}({neuron.argument}, 0E0)"))
                continue
            first.append((z, neuron.argument))
            below = f"{neuron.slope} * {z}" if network.slope[neuron.number] else "0E0"
            if neuron.read:
                second.append((a, f"CASE WHEN {z} >= 0E0 THEN {z} ELSE {below} END"))
        suffix = "_z" if second else ""
        steps.append(Step(names.of(f"level{i}{suffix}"), first))
        if second:
            steps.append(Step(names.of(f"level{i}"), second))
    return steps


def _stages(request: Request, dialect: Dialect, names: Names, tests: Sequence[str]) -> list[Step]:
    """The tree as nested CASE expressions, a subquery per stage."""
    stages = plan.planned_stages(request.rules.tree, tests, dialect.depth)
    steps = []
    for i, stage in enumerate(stages):
        before = names.inside if i == 0 else f"{names.prefix}_at{i}"
        cases = [
            f"  WHEN {1 if i == 0 and entry == 0 else -entry} THEN {nested(node, '    ', str)}"
            for entry, node in stage.entries
        ]
        text = LINE.join([f"CASE {before}", *cases, f"  ELSE {'0' if i == 0 else before}{LINE}END"])
        last = i == len(stages) - 1
        steps.append(
            Step(
                names.of("ruled" if last else f"stage{i + 1}"),
                [(names.rule if last else f"{names.prefix}_at{i + 1}", text)],
            )
        )
    return steps


def nested(node: plan.Node, indent: str, leaf: Callable[[int], str]) -> str:
    """A tree as nested CASE expressions, one branch a line."""
    if node.test is None or node.then is None or node.otherwise is None:
        return leaf(node.rule)
    then, otherwise = (nested(side, indent + "  ", leaf) for side in (node.then, node.otherwise))
    return f"CASE WHEN {node.test}{LINE}{indent}THEN {then}{LINE}{indent}ELSE {otherwise} END"


def scored_step(request: Request, names: Names, features: Notation, wanted: Wanted) -> Step:
    """The scores of every row that has a rule."""
    rules, network, texts = request.rules, scoring(request), list[str]()
    if request.form != "network":
        planned = plan.planned_rules(rules, features)
        texts = [by_rule(names.rule, {r.number: r.outputs[i] for r in planned}) for i in range(len(rules.scores))]
    if request.form == "network" or wanted.everywhere:
        sums = plan.planned_outputs(network, plan.with_neurons(network, features, names.a))
        ruled = f"{names.rule} > 0" if wanted.rule else f"{names.inside} = 1"
        test = f"{names.known} = 1" if wanted.everywhere else ruled
        last = [f"WHEN {test} THEN {total} END" for total in sums]
        first = [f"WHEN {names.rule} > 0 THEN {text} " for text in texts] or [""] * len(sums)
        texts = [f"CASE {ruled_text}{rest}" for ruled_text, rest in zip(first, last, strict=True)]
    return Step(names.of("scored"), [(names.score(i), text) for i, text in enumerate(texts)])


def by_rule(rule: str, texts: Mapping[int, str]) -> str:
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
