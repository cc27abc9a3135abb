"""The structure that all code templates share: checks, rules, tree, neurons; expressions already
printed.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.domain import Domain
from relurules.domain.columns import Column, find_groups
from relurules.emitting.notation import Notation
from relurules.ir import UNEXPLORED, Network, RuleSet, Scorer, Tree
from relurules.ir.network import Array
from relurules.links.sql import join_in_groups

#: So many rules may be written out as nested tests.
_WRITTEN = 100


class PlannedRule(NamedTuple):
    """A rule's number, its conditions, and the expression of each output."""

    number: int
    conditions: list[str]
    outputs: list[str]


class PlannedNode(NamedTuple):
    """`test` true leads to `then`.

    A node without test is an end: `rule` > 0, 0 for none, or stage entry -rule.
    """

    test: str | None
    then: "PlannedNode | None"
    otherwise: "PlannedNode | None"
    rule: int


class Stage(NamedTuple):
    """Subtrees of limited depth, by the entry that leads to them; the first stage has the one entry
    0.
    """

    entries: list[tuple[int, PlannedNode]]


@dataclass(frozen=True, kw_only=True)
class PlannedNeuron:
    """z and phi(z) of a neuron, as text."""

    #: Of the neuron in the network.
    number: int
    #: What z is.
    argument: str
    #: Of phi(z) where z is negative.
    slope: str
    #: The neuron in words.
    comment: str
    #: Whether anything reads phi(z), and not only the sign of z.
    read: bool
    #: `slope` as a number.
    steep: float = 0.0

    def below(self, z: str, zero: str) -> str:
        """What phi is of z where that is negative."""
        if not self.steep:
            return zero
        return {1.0: z, -1.0: f"-{z}"}.get(self.steep, f"{self.slope} * {z}")


class DomainChecks(NamedTuple):
    """What holds in the domain: low <= column <= high, the inequalities, sums are 1, binaries are 0
    or 1.
    """

    bounds: list[tuple[str, str, str]]
    inequalities: list[tuple[str, str]]
    sums: list[str]
    binaries: list[str]


def make_notation(
    rules: Scorer, number: Callable[[float], str], columns: Sequence[str]
) -> Notation:
    """The features under their names in a language."""
    return Notation(number, columns, rules.domain.widths)


def plan_checks(
    rules: Scorer,
    features: Notation,
    largest: float = float(np.finfo(np.float64).max),
    room: float = 1.0,
    *,
    coded: bool = False,
) -> DomainChecks:
    """The domain; an open side reads as the largest finite number, so that NaN and infinite values
    fall outside.

    room: how many times more the inequalities forgive than in float64. coded: whether indicators
    are made of values, so that exactly one is 1 where a column takes any. What the box implies is
    left out.
    """
    domain = rules.domain
    low, high = np.maximum(domain.lower, -largest), np.minimum(domain.upper, largest)
    # Indicators that the code itself makes.
    own = {i for group in find_groups(domain.columns) for i in group}
    bounds = [
        (print_signed(features.number, a), column, print_signed(features.number, b))
        for i, (a, column, b) in enumerate(zip(low, features.columns, high, strict=True))
        if not (i in own and (a, b) == (0.0, 1.0))
    ]
    limits = domain.limits + (room - 1.0) * (domain.limits - domain.bounds)
    rows = [
        (row, limit)
        for row, limit, bound in zip(domain.normals, limits, domain.bounds, strict=True)
        if not _is_implied(domain, row, bound)
    ]
    total = find_total_groups(domain.columns) if coded else []

    return DomainChecks(
        bounds,
        [(features.affine(row), print_signed(features.number, limit)) for row, limit in rows],
        [
            join_in_groups([features.columns[i] for i in group], " + ")
            for group in domain.groups
            if group not in total
        ],
        [features.columns[i] for group in domain.groups for i in group if i not in own],
    )


def _is_implied(domain: Domain, normal: Array, bound: float) -> bool:
    """Whether the box alone keeps normal·x <= bound; roundings are forgiven."""
    used = np.flatnonzero(normal)
    sides = np.where(normal > 0, domain.upper, domain.lower)[used]
    with np.errstate(over="ignore"):
        terms = normal[used] * sides
    return bool(np.isfinite(terms).all()) and math.fsum(terms) <= bound


def find_total_groups(columns: Sequence[Column]) -> list[tuple[int, ...]]:
    """The indicators of columns that take any value, a missing one too."""
    groups = find_groups(columns)
    described = [column for column in columns if column.categories]
    return [
        group
        for group, column in zip(groups, described, strict=True)
        if column.other is not None and None in column.lookup
    ]


def is_large(rules: RuleSet) -> bool:
    """Whether tests that are written out would be too many for a person, and slow to compile."""
    return len(rules) > _WRITTEN


def plan_network_checks(
    rules: Scorer, features: Notation, largest: float, *, coded: bool = False
) -> DomainChecks:
    """What the network takes, wherever it lies: finite numbers, and values of a category.

    coded: as in `plan_checks`.
    """
    own = find_groups(rules.domain.columns)
    total = find_total_groups(rules.domain.columns) if coded else []
    most, inner = features.number(largest), {i for group in own for i in group}
    bounds = [
        (f"-{most}", column, most) for i, column in enumerate(features.columns) if i not in inner
    ]

    return DomainChecks(
        bounds,
        [],
        [
            join_in_groups([features.columns[i] for i in group], " + ")
            for group in own
            if group not in total
        ],
        [],
    )


def describe_missing(rules: Scorer) -> str:
    """Which rows have no rule, apart from those outside the domain."""
    if is_missing_handled(rules):
        return "or with a missing value that doesn't count as anything"
    return "or with a missing value"


def is_missing_handled(rules: Scorer) -> bool:
    """Whether a missing value counts as something in any column."""
    return any(column.fill is not None or None in column.lookup for column in rules.domain.columns)


def print_signed(number: Callable[[float], str], value: float) -> str:
    """A number that may be negative; `number` prints sizes."""
    return ("-" if value < 0 else "") + number(abs(float(value)))


def plan_rules(rules: RuleSet, features: Notation) -> list[PlannedRule]:
    """Every rule with its conditions and output expressions."""
    return [
        PlannedRule(
            rule.number,
            [
                print_comparison(features, c.half_space.normal, c.half_space.bound, c.holds)
                for c in rule.conditions
            ],
            [
                features.affine(w, b)
                for w, b in zip(rule.map.weights, rule.map.constants, strict=True)
            ],
        )
        for rule in rules
    ]


def print_comparison(features: Notation, normal: Array, bound: float, holds: bool) -> str:
    """`normal >= bound`, or `normal < bound` where it must not hold."""
    return (
        f"{features.compared(normal)} {'>=' if holds else '<'} "
        f"{print_signed(features.number, bound)}"
    )


def plan_stages(tree: Tree, tests: Sequence[str], depth: int) -> list[Stage]:
    """The tree cut into stages of at most `depth` nested tests; a subtree that goes on does so in
    the next stage.
    """
    entries, stages = [0] if len(tests) else [], []
    while entries:
        following: list[int] = []
        stages.append(
            Stage([(entry, _plan_node(tree, tests, entry, depth, following)) for entry in entries])
        )
        entries = following
    return stages or [Stage([(0, PlannedNode(None, None, None, 1))])]


def _plan_node(
    tree: Tree, tests: Sequence[str], split: int, depth: int, following: list[int]
) -> PlannedNode:
    if split == UNEXPLORED:
        return PlannedNode(None, None, None, 0)
    if split < 0:
        return PlannedNode(None, None, None, -split)
    if depth == 0:
        following.append(split)
        return PlannedNode(None, None, None, -split)

    no, yes = tree.children[split].tolist()
    then = _plan_node(tree, tests, yes, depth - 1, following)
    return PlannedNode(tests[split], then, _plan_node(tree, tests, no, depth - 1, following), 0)


def print_half_space_tests(rules: RuleSet, features: Notation) -> list[str]:
    """The test of every split, in the features."""
    tree = rules.tree
    return [
        print_comparison(features, normal, -offset, True)
        for normal, offset in zip(tree.normals, tree.offsets, strict=True)
    ]


def print_neuron_tests(
    rules: RuleSet, features: Notation, argument: Callable[[int], str], zero: str
) -> list[str]:
    """The test of every split, as the sign of its neuron's argument where it is that, else in the
    features.
    """
    return [
        test
        if neuron < 0
        else f"{argument(neuron)} {'>=' if find_sign_above(rules, split) > 0 else '<'} {zero}"
        for split, (neuron, test) in enumerate(
            zip(rules.tree.neurons.tolist(), print_half_space_tests(rules, features), strict=True)
        )
    ]


def find_sign_above(rules: RuleSet, split: int) -> int:
    """Sign of the split's neuron where its test holds: that of any rule below, or the opposite of
    any beside.
    """
    neuron = rules.tree.neurons[split]
    for side, sense in ((1, 1), (0, -1)):
        at = int(rules.tree.children[split, side])
        stack = [at]
        while stack:
            at = stack.pop()
            if at == UNEXPLORED:
                continue
            if at < 0:
                return sense * int(rules.rules[~at].pattern[neuron])
            stack.extend(rules.tree.children[at].tolist())

    return 1


def add_neurons(network: Network, features: Notation, activated: Callable[[int], str]) -> Notation:
    """The features, then every neuron's phi(z) under the name `activated` gives it."""
    names = [*features.columns, *map(activated, range(len(network)))]
    return replace(
        features, columns=names, weight=np.concatenate([features.weight, np.ones(len(network))])
    )


def find_read_neurons(network: Network, tested: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(K,) the neurons whose phi(z) is read, by outputs or by neurons that are read or tested."""
    read = np.asarray((network.U != 0).any(axis=0))
    for k in reversed(range(len(network))):
        read |= (network.L[k] != 0) & (read[k] | tested[k])
    return read


def find_tested_neurons(rules: RuleSet, wanted: bool = True) -> NDArray[np.bool_]:
    """(K,) the neurons whose sign the tree tests. wanted: whether it is walked at all."""
    return np.isin(np.arange(len(rules.network)), rules.tree.neurons) & wanted


def plan_levels(
    network: Network, mixed: Notation, tested: NDArray[np.bool_] | None = None
) -> list[list[PlannedNeuron]]:
    """The neurons that matter, level by level; an argument reads features and the activated ones of
    earlier levels.

    tested: (K,) those whose sign matters, whatever reads them.
    """
    tested = np.zeros(len(network), dtype=np.bool_) if tested is None else tested
    read = find_read_neurons(network, tested)
    rows = np.hstack([network.A, network.L])

    def planned(k: int) -> PlannedNeuron:
        slope = print_signed(mixed.number, network.slope[k])
        return PlannedNeuron(
            number=k,
            argument=mixed.affine(rows[k], network.b[k]),
            slope=slope,
            comment=str(network.neurons[k]),
            read=bool(read[k]),
            steep=float(network.slope[k]),
        )

    levels = [
        [planned(k) for k in level.tolist() if read[k] or tested[k]] for level in network.levels
    ]
    return [level for level in levels if level]


def find_split_neurons(rules: RuleSet) -> NDArray[np.bool_]:
    """(K,) the neurons whose sign a split of the tree tells."""
    return np.isin(np.arange(len(rules.network)), rules.tree.neurons)


def plan_outputs(network: Network, mixed: Notation) -> list[str]:
    """The outputs from features and activated neurons."""
    rows = np.hstack([network.C, network.U])
    return [mixed.affine(row, constant) for row, constant in zip(rows, network.c, strict=True)]


class NeuronNames(NamedTuple):
    """How a language calls neuron k's argument and its activated value, and how it writes zero."""

    argument: Callable[[int], str]
    activated: Callable[[int], str]
    zero: str


def plan_form(
    rules: RuleSet, form: str, features: Notation, names: NeuronNames, depth: int
) -> dict[str, object]:
    """What a form needs beyond the rules: `stages` of the tree; for network `levels` and `sums`
    too.
    """
    if form == "tree":
        return {"stages": plan_stages(rules.tree, print_half_space_tests(rules, features), depth)}
    if form == "network":
        mixed = add_neurons(rules.network, features, names.activated)
        return {
            "levels": plan_levels(rules.network, mixed, find_tested_neurons(rules)),
            "sums": plan_outputs(rules.network, mixed),
            "stages": plan_stages(
                rules.tree, print_neuron_tests(rules, features, names.argument, names.zero), depth
            ),
        }

    return {}
