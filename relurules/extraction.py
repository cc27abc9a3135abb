"""From a traced network to its rules: collapse, search, settle, merge (Graph + Domain -> RuleSet)."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from relurules.codec.rule_list_json import rules_to_json, splits_to_json
from relurules.domain import Domain
from relurules.domain.columns import Column
from relurules.errors import DataError, ModelError, UnsupportedError
from relurules.ir import CollapseStats, Graph, Network, Partition, RuleSet
from relurules.ir.network import Array
from relurules.limits import Deadline, SearchLimits
from relurules.networks.activations import LINEAR_THRESHOLD
from relurules.networks.collapse import collapse, drop_stable_neurons
from relurules.partitioning import search_regions
from relurules.rules import MergeBudget, add_decision_neurons, build_rules
from relurules.tables.frames import check_finite

#: Shares of the time limit: up to where the search may go if merging follows and takes what there is, and if it
#: doesn't; what trying out what follows may take, so many regions at most. That is taken so many times.
_WITH_MERGING, _WITHOUT, _TRIAL, _TRIED, _MARGIN = 0.5, 0.7, 0.05, 300, 1.1
#: Copies of a region's map that rules may be made through, and bytes of what else is kept of a rule.
_COPIES, _OBJECTS = 5, 1500

#: Where rules that are fewer than the network's are to be close to it.
FIDELITIES = ("domain", "rows")


class ExtractOptions(NamedTuple):
    """What rules are to be like; see `pipeline.extract`."""

    max_error: float = 0.0
    max_rules: int | None = None
    decision: str | float | None = None
    threshold: float = LINEAR_THRESHOLD
    fidelity: str = "domain"


def validate_options(wanted: ExtractOptions) -> ExtractOptions:
    """The same; UnsupportedError for what makes no sense."""
    if not 0.0 <= wanted.max_error < np.inf:
        raise UnsupportedError(
            f"max_error={wanted.max_error!r}; supported: 0.0 or a finite number above, in the outputs' units"
        )
    if wanted.max_rules is not None and wanted.max_rules < 1:
        raise UnsupportedError(f"max_rules={wanted.max_rules!r}; supported: 1 or more, or None for any number")
    if wanted.fidelity not in FIDELITIES:
        raise UnsupportedError(f"fidelity={wanted.fidelity!r}; supported: {', '.join(FIDELITIES)}")
    if wanted.fidelity == "rows" and (wanted.max_rules is None or wanted.max_error):
        raise UnsupportedError("fidelity='rows' chooses so many rules by the data: give max_rules, and no max_error")
    if wanted.decision is not None and (wanted.max_error or wanted.max_rules is not None):
        raise UnsupportedError("decisions are exact; leave out max_error and max_rules, or decision")
    if isinstance(wanted.decision, float | int):
        check_finite(decision=wanted.decision)
    return wanted


class ExtractInputs(NamedTuple):
    """What rules are extracted from. rows: (N, d) to count, None without any; search: a network's regions, limited."""

    graph: Graph
    domain: Domain
    rows: Array | None
    search: Callable[[Network, SearchLimits], Partition]


def extract_rules(
    given: ExtractInputs, wanted: ExtractOptions, limits: SearchLimits, merging: Callable[[int], None] | None = None
) -> RuleSet:
    """The rules of a network on a domain. merging: is told how many rules are left.

    The limits hold for all of this: the search ends where what follows would no longer find room.
    """
    graph, rows = given.graph, given.rows
    if wanted.fidelity == "rows" and rows is None:
        raise DataError("fidelity='rows' needs data, which the rules are to be close on")
    _check_range(graph, given.domain)
    collapsed = collapse(graph.network, given.domain, wanted.threshold)
    outputs, heads, decision, network = graph.outputs, graph.heads, None, collapsed.network
    if wanted.decision is not None:
        network, head, decision = add_decision_neurons(network, heads, outputs, wanted.decision)
        outputs, heads = (_find_free_name("class", graph.columns),), (head,)
    own, writing = _limit_search(network, given.domain, wanted, limits)
    cells = given.search(network, own)
    settled = drop_stable_neurons(cells)
    removed = {**collapsed.removed, "linear": collapsed.removed["linear"] + graph.identities}
    removed["settled"] = len(cells.network) - len(settled.network)
    reduction = CollapseStats(
        neurons_traced=len(graph.network) + graph.identities,
        neurons_left=len(settled.network),
        removed={name: count for name, count in removed.items() if count},
        regions=len(cells),
        rows=None if rows is None else len(rows),
    )
    asked = MergeBudget(float(wanted.max_error), wanted.max_rules, wanted.fidelity == "rows")
    rules = build_rules(
        settled, outputs, reduction, collapsed.max_change, rows, heads, asked, decision, merging,
        limits.deadline.before(writing * len(cells)),
    )  # fmt: skip
    return rules if decision else replace(rules, traced=graph.network)


class Pace(NamedTuple):
    """Seconds that a region costs after the search: until there is a rule, and to write that."""

    building: float
    writing: float


def _limit_search(
    network: Network, domain: Domain, wanted: ExtractOptions, limits: SearchLimits
) -> tuple[SearchLimits, float]:
    """What is left for the search when rules are to be made of all that it finds, and the seconds to write one."""
    (K, d), m = network.A.shape, len(network.c)
    bytes_ = _COPIES * 8 * m * (d + 1) + K + 16 * d + _OBJECTS
    limits = replace(limits, bytes=bytes_)
    if not limits.deadline.is_set:
        return limits, 0.0
    if wanted.max_error or wanted.max_rules is not None:  # merging takes as long as there is time
        return replace(limits, deadline=limits.deadline.share(_WITH_MERGING)), 0.0
    pace = _measure_pace(network, domain, limits.deadline)
    whole = _MARGIN * (pace.building + pace.writing)
    return replace(limits, deadline=limits.deadline.share(_WITHOUT), pace=whole), _MARGIN * pace.writing


def _measure_pace(network: Network, domain: Domain, deadline: Deadline) -> Pace:
    """What a region costs after the search, tried out on some."""
    few = SearchLimits(regions=_TRIED, deadline=deadline.share(_TRIAL))
    sample = search_regions(network, domain, limits=few, estimated=False)
    if sample.complete:
        return Pace(0.0, 0.0)
    start, over = deadline.clock(), deadline.share(0.0)
    reduction = CollapseStats(len(network), len(network), {}, len(sample), None)
    outputs = tuple(f"y{i}" for i in range(len(network.c)))
    rules = build_rules(drop_stable_neurons(sample), outputs, reduction, 0.0, None, deadline=over)
    built = deadline.clock()
    json.dumps([rules_to_json(rules), splits_to_json(rules.tree, rules.features)])
    return Pace((built - start) / len(sample), (deadline.clock() - built) / len(sample))


def _check_range(graph: Graph, domain: Domain) -> None:
    """Refuse a network whose sums, or products of whose weights, leave float64: outputs or rules would be infinite."""
    reach = np.maximum(domain.reach, 1.0)  # at 1 a sum is as large as the coefficients of any rule
    with np.errstate(over="ignore", invalid="ignore"):
        size = graph.network.magnitude(reach[None])[0]
    if not np.isfinite(size).all():
        raise ModelError(
            "the network's sums in the domain, or the products of its weights, pass "
            f"{np.finfo(float).max:.2g}, the largest number of float64, so they can't be rules; scale the weights or "
            "the columns, or narrow the domain"
        )


def _find_free_name(name: str, columns: Sequence[Column]) -> str:
    """The name, with more underscores if a column has it."""
    while any(column.name.lower() == name for column in columns):
        name += "_"
    return name
