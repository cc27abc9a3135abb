"""The stages of partition rules: collapse, partition, drop, rules."""

import json
from dataclasses import dataclass, replace

from relurules.codec.rule_list_json import rules_to_json, splits_to_json
from relurules.ir import (
    ClassLabels,
    CollapseStats,
    Decision,
    Graph,
    Head,
    Network,
    Partition,
    RuleSet,
)
from relurules.ir.limits import NEVER, Deadline
from relurules.ir.local_tree import LocalTree
from relurules.networks.collapse import CollapseResult, collapse, drop_stable_neurons
from relurules.networks.decisions import add_decision_neurons
from relurules.partitioning import SearchOptions, search_regions
from relurules.partitioning.pace import share_limits
from relurules.pipeline.tasks import (
    ExtractOptions,
    ExtractProgress,
    ExtractTask,
    check_range,
    check_rows,
)
from relurules.pipeline.tree_stages import run_tree_stages
from relurules.rules import MergeBudget, RuleRequest, build_rules
from relurules.tables.names import find_free_name


def run_stages(task: ExtractTask, search: SearchOptions, progress: ExtractProgress) -> RuleSet:
    """Collapse, partition, drop, rules.

    The limits hold for all: the search ends where the rest would find no room.
    """
    options, graph = task.options, task.graph
    check_rows(task)
    check_range(graph, task.domain)
    if isinstance(graph.network, LocalTree):
        return run_tree_stages(task, graph.network)

    collapsed = collapse(graph.network, task.domain, options.threshold)
    target = _choose_target(collapsed, graph, options)

    share = share_limits(
        target.network,
        task.domain,
        task.limits,
        merging=options.merging,
        build=lambda sample: build_plain_rules(sample, Deadline.after(0.0)),
        write=_write_rules,
    )
    cells = search_regions(
        target.network,
        task.domain,
        replace(search, limits=share.limits, gated=True, progress=progress.searching),
    )
    kept = drop_stable_neurons(cells)

    request = RuleRequest(
        outputs=target.outputs,
        heads=target.heads,
        decision=target.decision,
        stats=_count_neurons(task, collapsed, cells, kept),
        score_error=collapsed.max_change + task.score_error,
        data=task.rows,
        budget=MergeBudget(float(options.max_error), options.max_rules, options.fidelity == "rows"),
    )
    deadline = task.limits.deadline.before(share.writing * len(cells))
    rules = build_rules(kept, request, progress.merging, deadline)
    rules = replace(rules, labels=target.labels)
    return rules if target.decision else replace(rules, traced=graph.network)


def build_plain_rules(cells: Partition, deadline: Deadline = NEVER) -> RuleSet:
    """The rules of regions alone, unnamed: what they number, and what it takes to build them."""
    kept = drop_stable_neurons(cells)
    stats = CollapseStats(len(cells.network), len(kept.network), {}, len(cells), None)
    outputs = tuple(f"y{i}" for i in range(len(cells.network.c)))
    return build_rules(kept, RuleRequest(outputs=outputs, stats=stats), deadline=deadline)


@dataclass(frozen=True, kw_only=True)
class RuleTarget:
    """What rules are to give: the network that is searched, and its outputs, of scores or of a
    decision.
    """

    network: Network
    outputs: tuple[str, ...]
    heads: tuple[Head, ...]
    decision: Decision | None = None
    labels: ClassLabels | None = None


def _choose_target(collapsed: CollapseResult, graph: Graph, options: ExtractOptions) -> RuleTarget:
    if options.decision is None:
        return RuleTarget(
            network=collapsed.network,
            outputs=graph.outputs,
            heads=graph.heads,
            labels=graph.labels,
        )

    network, head, decision = add_decision_neurons(collapsed.network, graph, options.decision)
    return RuleTarget(
        network=network,
        outputs=(find_free_name("class", {column.name.lower() for column in graph.columns}),),
        heads=(head,),
        decision=decision,
        labels=graph.labels,
    )


def _count_neurons(
    task: ExtractTask, collapsed: CollapseResult, cells: Partition, kept: Partition
) -> CollapseStats:
    removed = {**collapsed.removed, "linear": collapsed.removed["linear"] + task.graph.identities}
    removed["settled"] = len(cells.network) - len(kept.network)

    return CollapseStats(
        neurons_traced=len(task.graph.network) + task.graph.identities,
        neurons_left=len(kept.network),
        removed={name: count for name, count in removed.items() if count},
        regions=len(cells),
        rows=None if task.rows is None else len(task.rows),
    )


def _write_rules(rules: RuleSet) -> str:
    """The part of a rules file that grows with the rules."""
    return json.dumps([rules_to_json(rules), splits_to_json(rules.tree, rules.features)])
