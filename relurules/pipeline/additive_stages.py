"""The stages of additive rules: collapse, split into groups, partition these alone, lines."""

from collections.abc import Sequence
from dataclasses import fields, replace

import numpy as np

from relurules.domain import Domain
from relurules.errors import UnsupportedError
from relurules.ir import (
    AdditiveRules,
    CollapseStats,
    Partition,
    RuleSet,
)
from relurules.ir.network_lines import NetworkLines
from relurules.links.heads import name_scores
from relurules.networks.collapse import CollapseResult, collapse, drop_stable_neurons
from relurules.networks.groups import NeuronGroups, split_into_groups, take_neurons
from relurules.networks.passes import drop_unread_neurons
from relurules.partitioning import SearchOptions, search_regions
from relurules.pipeline.tasks import ExtractProgress, ExtractTask, check_range, check_rows
from relurules.rules import RuleRequest, build_rules
from relurules.rules.additive import AdditiveRequest, build_additive_rules
from relurules.rules.additive_rows import fit_additive_rules
from relurules.rules.additive_simplify import simplify_additive_rules


def run_additive_stages(
    task: ExtractTask, search: SearchOptions, progress: ExtractProgress
) -> AdditiveRules:
    """Collapse, split into groups, and partition these alone: lines need no search.

    UnsupportedError where a group's search ends at its limits: what it adds must be known
    everywhere.
    """
    graph, options = task.graph, task.options
    check_rows(task)
    check_range(graph, task.domain)

    collapsed = collapse(graph.network, task.domain, options.threshold)
    split = split_into_groups(collapsed.network)
    if options.fidelity == "rows" and options.max_rules is not None:
        request = _make_additive_request(task, collapsed, ())
        rules = fit_additive_rules(
            collapsed.network,
            split,
            task.domain,
            request,
            options.max_rules,
            task.limits.deadline,
        )
        return replace(rules, traced=graph.network)

    parts = _search_groups(task, split, search, progress)
    request = _make_additive_request(task, collapsed, parts)
    groups = [build_group_rules(cells, request) for cells in parts]
    rules = build_additive_rules(collapsed.network, split.hinges, groups, task.domain, request)
    if options.merging:
        rules = simplify_additive_rules(
            rules,
            float(options.max_error),
            options.max_rules,
            rows=request.rows,
            progress=progress.merging,
            deadline=task.limits.deadline,
        )
    return replace(rules, traced=graph.network)


def run_line_stages(task: ExtractTask) -> AdditiveRules:
    """Collapse and split: lines, and the neurons that read one another as the network that they
    are, which needs no search.
    """
    collapsed = collapse(task.graph.network, task.domain, task.options.threshold)
    split = split_into_groups(collapsed.network)
    request = _make_additive_request(task, collapsed, ())
    rules = build_additive_rules(collapsed.network, split.hinges, (), task.domain, request)
    if not split.groups:
        return replace(rules, traced=task.graph.network)

    whole, tied = collapsed.network, np.ones(len(collapsed.network), dtype=np.bool_)
    tied[split.hinges] = False
    given = {one.name: getattr(rules, one.name) for one in fields(AdditiveRules)}
    return NetworkLines(**{**given, "rest": take_neurons(whole, tied)})


def _search_groups(
    task: ExtractTask, split: NeuronGroups, search: SearchOptions, progress: ExtractProgress
) -> list[Partition]:
    parts = [
        search_regions(
            network,
            task.domain,
            replace(search, limits=task.limits, gated=True, progress=progress.searching),
        )
        for network in split.groups
    ]
    _check_complete_groups(parts)

    return parts


def _make_additive_request(
    task: ExtractTask, collapsed: CollapseResult, parts: Sequence[Partition]
) -> AdditiveRequest:
    return AdditiveRequest(
        outputs=task.graph.outputs,
        heads=task.graph.heads,
        labels=task.graph.labels,
        stats=_count_additive_neurons(task, collapsed, parts),
        score_error=collapsed.max_change + task.score_error,
        rows=None if task.rows is None else task.rows[task.domain.contains(task.rows)],
    )


def _check_complete_groups(parts: Sequence[Partition]) -> None:
    if stopped := [number for number, cells in enumerate(parts, 1) if not cells.complete]:
        neurons = len(parts[stopped[0] - 1].network)
        raise UnsupportedError(
            f"group {stopped[0]} of {len(parts)}, {neurons} neurons that read one another, has "
            "more linear regions than the limits allow, and additive rules need all of them; raise "
            "the limits, or use form='partition', which may be incomplete"
        )


def build_group_rules(cells: Partition, request: AdditiveRequest) -> RuleSet:
    """The rules of neurons that read one another: what they add to every score."""
    kept = drop_stable_neurons(cells)
    stats = CollapseStats(len(cells.network), len(kept.network), {}, len(cells), None)
    scores = name_scores(request.outputs, request.heads, len(cells.network.c), cells.domain.names)
    return build_rules(kept, RuleRequest(outputs=scores, stats=stats, data=request.rows))


def _count_additive_neurons(
    task: ExtractTask, collapsed: CollapseResult, parts: Sequence[Partition]
) -> CollapseStats:
    removed = {**collapsed.removed, "linear": collapsed.removed["linear"] + task.graph.identities}
    return CollapseStats(
        neurons_traced=len(task.graph.network) + task.graph.identities,
        neurons_left=len(collapsed.network),
        removed={name: count for name, count in removed.items() if count},
        regions=sum(map(len, parts)),
        rows=None if task.rows is None else len(task.rows),
    )


def extend_lines(rules: AdditiveRules) -> AdditiveRules | None:
    """The network as traced as lines that are right everywhere in R^d; None where the rules don't
    keep it.

    Lines keep the directions that they have in the rules; those of neurons that never change sign
    in the domain apply outside it alone. UnsupportedError as in `run_additive_stages`.
    """
    if rules.traced is None:
        return None

    everywhere = Domain.over(rules.domain.columns)
    if not rules.simplified and rules.score_error == 0.0 and _has_no_bounds(rules.domain):
        return rules

    network = drop_unread_neurons(rules.traced)
    split = split_into_groups(network)
    search = SearchOptions()
    cells = [
        search_regions(part, everywhere, replace(search, limits=search.find_limits(), gated=True))
        for part in split.groups
    ]
    _check_complete_groups(cells)

    spaces = [line.condition.half_space for line in rules.lines]
    request = AdditiveRequest(
        outputs=rules.outputs,
        heads=rules.heads,
        labels=rules.labels,
        stats=rules.reduction,
        rows=rules.reference.values[None],
        directions={space.neuron: space.normal for space in spaces if space.neuron is not None},
    )
    groups = [build_group_rules(part, replace(request, rows=None)) for part in cells]
    built = build_additive_rules(network, split.hinges, groups, rules.domain, request)
    return replace(
        rules,
        base=built.base,
        lines=built.lines,
        groups=built.groups,
        score_error=0.0,
        output_error=None,
        tradeoffs=(),
        chosen_reference=rules.reference,
    )


def _has_no_bounds(domain: Domain) -> bool:
    """Whether a domain is all that its columns may hold."""
    widest = Domain.over(domain.columns)
    return (
        np.array_equal(domain.lower, widest.lower)
        and np.array_equal(domain.upper, widest.upper)
        and domain.groups == widest.groups
        and not len(domain.normals)
    )
