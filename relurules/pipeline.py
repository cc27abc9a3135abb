"""The walk, one stage after the other: what each takes and gives, and the only place that runs
them.

    stage      takes                  gives           where
    trace      the user's model       Graph           tracing/       the network, in canonical form
    collapse   Network, Domain        CollapseResult  networks/      fewer neurons, and what changed
    partition  Network, Domain        Partition       partitioning/  tree of linear regions
    drop       Partition              Partition       networks/      without neurons of one sign
    rules      Partition              RuleSet         rules/         merged, numbered, scaled
               Network, RuleSets      AdditiveRules   rules/         lines, and groups as rules
    emit       RuleSet                Artifact        emitting/      text in a language
               RuleSet                Artifact        documents/     the rule document
    verify     Artifact, model, rows  Report          verifying/     run beside the model

Every value is defined in `ir`; the stages don't know one another. `api` holds the public functions.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np

from relurules import tracing
from relurules.analysis.questions import answer_standing_questions
from relurules.codec.rule_list_json import rules_to_json, splits_to_json
from relurules.documents import PRINTERS, emit_document
from relurules.domain import Domain
from relurules.emitting import TARGETS, EmitOptions, emit_artifact
from relurules.errors import DataError, InputError, ModelError, UnsupportedError
from relurules.explaining import add_reference
from relurules.files.version import VERSION
from relurules.ir import (
    AdditiveRules,
    Artifact,
    ClassLabels,
    CollapseStats,
    Decision,
    Graph,
    Head,
    Network,
    Partition,
    Report,
    RuleSet,
    Scorer,
)
from relurules.ir.limits import NEVER, Deadline, SearchLimits
from relurules.ir.network import Array
from relurules.ir.provenance import AnyRules, add_provenance
from relurules.links.heads import name_scores
from relurules.links.table import LINKS
from relurules.networks.activations import LINEAR_THRESHOLD
from relurules.networks.collapse import CollapseResult, collapse, drop_stable_neurons
from relurules.networks.decisions import add_decision_neurons
from relurules.networks.groups import NeuronGroups, split_into_groups
from relurules.networks.inputs import narrow_graph
from relurules.networks.passes import drop_unread_neurons
from relurules.partitioning import SearchOptions, compile_search, search_regions
from relurules.partitioning.pace import share_limits
from relurules.rules import MergeBudget, RuleRequest, build_rules
from relurules.rules.additive import AdditiveRequest, build_additive_rules
from relurules.rules.additive_rows import fit_additive_rules
from relurules.rules.additive_simplify import simplify_additive_rules
from relurules.statistics.additive_statistics import add_additive_evidence, drop_rule_facts
from relurules.statistics.evidence_statistics import add_evidence
from relurules.tables.names import check_finite, find_free_name, find_text_flaw, quote_name
from relurules.tables.table import read_table
from relurules.tracing.class_names import name_classes
from relurules.tracing.model_domain import (
    fill_unread_columns,
    find_graph_columns,
    resolve_domain_and_rows,
    resolve_read_columns,
)
from relurules.tracing.rules_model import (
    bound_rules_error,
    make_rules_graph,
    resolve_rules_domain,
)
from relurules.verifying.verification import ComparedModel, resolve_model, verify_artifact

#: The kinds of rules: of which one applies, and which add up.
FORMS = ("partition", "additive")
#: Where rules that are fewer than the network's are to be close to it.
FIDELITIES = ("domain", "rows")


@dataclass(frozen=True, kw_only=True)
class ExtractOptions:
    """What rules are to be like; see `api.extract`.

    form: of `FORMS`; guard_unread: whether the domain has the columns too that the network doesn't
    read.
    """

    form: str = "partition"
    max_error: float = 0.0
    max_rules: int | None = None
    decision: str | float | None = None
    threshold: float = LINEAR_THRESHOLD
    fidelity: str = "domain"
    guard_unread: bool = False

    @property
    def merging(self) -> bool:
        """Whether rules are merged further than those with the same map."""
        return bool(self.max_error) or self.max_rules is not None


@dataclass(frozen=True, kw_only=True)
class ExtractSource:
    """What rules are extracted from. domain: None is that of the data; y: (N,) true values of the
    data's rows; reference: what contributions are measured from, see `choose_reference`;
    labels: what the model's classes are called, where it has no labels; positive: the class that
    scores are to speak of.
    """

    model: Any
    domain: Domain | None = None
    data: Any = None
    y: Any = None
    reference: Any = None
    labels: Sequence[Any] | None = None
    positive: Any = None


@dataclass(frozen=True, kw_only=True)
class ExtractProgress:
    """Whom to tell. searching: how many regions were found; merging: how many rules are left."""

    searching: Callable[[int], None] | None = None
    merging: Callable[[int], None] | None = None


@dataclass(frozen=True, kw_only=True)
class ExtractTask:
    """A traced model and what its rules are to be. traced: its network with all columns; rows: (N,
    d) to count, None without any; score_error: what the model is off already, where it is rules.
    """

    graph: Graph
    traced: Network
    domain: Domain
    rows: Array | None
    options: ExtractOptions
    limits: SearchLimits
    score_error: float = 0.0


def extract_rules(
    source: ExtractSource,
    options: ExtractOptions | None = None,
    search: SearchOptions | None = None,
    progress: ExtractProgress | None = None,
) -> RuleSet:
    """Trace, collapse, partition, build rules, and write on them where they come from and what the
    data say.
    """
    search, progress = search or SearchOptions(), progress or ExtractProgress()
    if search.time_limit is not None:
        compile_search()

    task = trace_source(source, options or ExtractOptions(), search)
    rules = run_stages(task, search, progress)
    rules = _describe_origin(rules, source, task, search)
    rules = add_evidence(rules, task.rows, source.y, task.limits.deadline)
    return add_reference(rules, source.reference, task.rows)


def extract_additive_rules(
    source: ExtractSource,
    options: ExtractOptions | None = None,
    search: SearchOptions | None = None,
    progress: ExtractProgress | None = None,
) -> AdditiveRules:
    """As `extract_rules`, of lines that add up: no search but that of neurons that read one
    another.
    """
    search, progress = search or SearchOptions(), progress or ExtractProgress()
    options = replace(options or ExtractOptions(), form="additive")
    task = trace_source(source, options, search)
    rules = run_additive_stages(task, search, progress)
    rules = _describe_origin(rules, source, task, search)
    rules = add_additive_evidence(rules, task.rows, source.y)
    return add_reference(rules, source.reference, task.rows)


def trace_source(
    source: ExtractSource, options: ExtractOptions, search: SearchOptions
) -> ExtractTask:
    """The network of the columns that it reads, with the domain and the rows."""
    options = check_extract_options(options)
    limits = search.find_limits()

    if isinstance(source.model, Scorer):
        return _trace_rules(source, source.model, options, limits)

    traced = name_output_by_target(tracing.trace(source.model)[0], source.y)
    graph = name_classes(traced, source.labels, source.positive)
    if options.guard_unread:
        domain, rows = resolve_domain_and_rows(graph, source.domain, source.data)
    else:
        graph, domain, rows = resolve_read_columns(graph, source.domain, source.data)
    return ExtractTask(
        graph=graph,
        traced=traced.network,
        domain=domain,
        rows=rows,
        options=options,
        limits=limits,
    )


def _trace_rules(
    source: ExtractSource, rules: Scorer, options: ExtractOptions, limits: SearchLimits
) -> ExtractTask:
    """The network of rules, with all of their columns, over their domain."""
    graph = name_classes(make_rules_graph(rules), source.labels, source.positive)
    domain = resolve_rules_domain(rules, source.domain)
    return ExtractTask(
        graph=graph,
        traced=graph.network,
        domain=domain,
        rows=None if source.data is None else domain.rows(read_table(source.data)),
        options=options,
        limits=limits,
        score_error=bound_rules_error(rules),
    )


def _describe_origin(
    rules: AnyRules, source: ExtractSource, task: ExtractTask, search: SearchOptions
) -> AnyRules:
    """The rules with where they come from."""
    settings = _list_settings(task.options, search)
    if source.reference is not None:
        named = isinstance(source.reference, str)
        settings["reference"] = source.reference if named else "REFERENCE"
    if isinstance(source.model, Scorer):
        return _take_origin(rules, source.model, settings)
    return add_provenance(rules, source.model, task.traced, VERSION, settings)


def _take_origin(rules: AnyRules, source: Scorer, settings: Mapping[str, Any]) -> AnyRules:
    """Rules that were made of others, with what these know of their model.

    Lines keep what data say of partition rules as a whole; of each of these, only data can say.
    """
    evidence = source.evidence if isinstance(rules, AdditiveRules) else None
    origin = replace(
        source.provenance,
        version=VERSION,
        settings={**source.provenance.settings, "form": "partition", **settings},
    )
    return replace(
        rules,
        provenance=origin,
        traced=source.traced,
        schema=source.schema,
        chosen_reference=source.reference,
        container=source.container,
        evidence=None if evidence is None else drop_rule_facts(evidence),
    )


def partition_lines(rules: AdditiveRules, search: SearchOptions, data: Any, y: Any) -> RuleSet:
    """The partition rules of additive rules, over the same domain; see
    `AdditiveRules.to_partition`.
    """
    return extract_rules(ExtractSource(model=rules, data=data, y=y), None, search)


def name_output_by_target(graph: Graph, y: Any) -> Graph:
    """The graph, whose one output has the target's name where the model has none for it.

    A probability keeps its own name, and so does an output whose target is called like a column.
    """
    name = getattr(y, "name", None)
    taken = {"", *graph.features, *(column.name for column in graph.columns)}
    if graph.outputs != ("y",) or LINKS[graph.heads[0].link].is_share:
        return graph
    if not isinstance(name, str) or name in taken or find_text_flaw(name) is not None:
        return graph
    return replace(graph, outputs=(str(name),))


def run_stages(task: ExtractTask, search: SearchOptions, progress: ExtractProgress) -> RuleSet:
    """Collapse, partition, drop, rules.

    The limits hold for all: the search ends where the rest would find no room.
    """
    options, graph = task.options, task.graph
    _check_rows(task)
    _check_range(graph, task.domain)

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


def run_additive_stages(
    task: ExtractTask, search: SearchOptions, progress: ExtractProgress
) -> AdditiveRules:
    """Collapse, split into groups, and partition these alone: lines need no search.

    UnsupportedError where a group's search ends at its limits: what it adds must be known
    everywhere.
    """
    graph, options = task.graph, task.options
    _check_rows(task)
    _check_range(graph, task.domain)

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


def _check_rows(task: ExtractTask) -> None:
    if task.options.fidelity == "rows" and task.rows is None:
        raise DataError("fidelity='rows' needs data, which the rules are to be close on")


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


def build_plain_rules(cells: Partition, deadline: Deadline = NEVER) -> RuleSet:
    """The rules of regions alone, unnamed: what they number, and what it takes to build them."""
    kept = drop_stable_neurons(cells)
    stats = CollapseStats(len(cells.network), len(kept.network), {}, len(cells), None)
    outputs = tuple(f"y{i}" for i in range(len(cells.network.c)))
    return build_rules(kept, RuleRequest(outputs=outputs, stats=stats), deadline=deadline)


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


def emit_rules(
    rules: RuleSet | AdditiveRules, target: str, options: EmitOptions | None = None
) -> Artifact:
    """Print rules for a target of either table: a language of `emitting`, or a format of
    `documents`.
    """
    options = options or EmitOptions()
    for text in options.texts:
        if flaw := find_text_flaw(text):
            raise InputError(
                f"{quote_name(text)} holds {flaw}, so it can't be written into what is emitted"
            )

    if options.reference is not None:
        rules = add_reference(rules, options.reference, None)
    if target in PRINTERS:
        plain = options.form in (None, "rules") and options.dialect is None
        answers = answer_standing_questions(rules) if plain and isinstance(rules, RuleSet) else ()
        return emit_document(
            rules,
            target,
            title=options.title,
            dialect=options.dialect,
            form=options.form,
            answers=answers,
        )

    if target not in TARGETS:
        raise UnsupportedError(f"no target {target!r}; supported: {', '.join(list_targets())}")
    if options.title is not None:
        raise UnsupportedError(
            f"target {target!r} has no title; supported by: {', '.join(PRINTERS)}"
        )

    if isinstance(rules, AdditiveRules) and options.outside == "exact":
        options = replace(options, everywhere=extend_lines(rules))
    return emit_artifact(rules, target, options)


def list_targets() -> tuple[str, ...]:
    """What `emit` knows: text, documents, code."""
    return ("text", *PRINTERS, *(target for target in TARGETS if target != "text"))


def verify_model(
    artifact: Artifact | RuleSet | AdditiveRules, model: Any, X: Any, engine: str | None
) -> Report:
    """Run an artefact on rows beside the model, which is traced and run by its own framework; see
    `api.verify`.
    """
    everywhere = isinstance(artifact, Artifact) and artifact.outside == "exact"
    if isinstance(model, RuleSet | AdditiveRules):
        compared = resolve_model(model, everywhere=everywhere)
    else:
        compared = _trace_compared_model(artifact.domain, model)
    return verify_artifact(artifact, compared, X, engine)


def _trace_compared_model(domain: Domain, model: Any) -> ComparedModel:
    """A model as what rules over these columns are compared with, of which it may have more."""
    graph, function = tracing.trace(model)
    if domain.table_places is None or domain.table_places.coordinate_count != len(graph.features):
        return ComparedModel(names=graph, network=graph.network, function=function)

    narrow = narrow_graph(graph, graph.columns, find_graph_columns(graph, domain.table_places))
    return ComparedModel(
        names=narrow,
        network=narrow.network,
        function=lambda rows: function(fill_unread_columns(rows, graph, domain)),
    )


def check_extract_options(options: ExtractOptions) -> ExtractOptions:
    """The same; UnsupportedError for what makes no sense."""
    if options.form not in FORMS:
        raise UnsupportedError(f"form={options.form!r}; supported: {', '.join(FORMS)}")
    if options.form == "additive" and options.decision is not None:
        raise UnsupportedError(
            "form='additive' gives scores that add up, and decision= rules that say which class; "
            "use form='partition' for decisions, or leave decision out: classify() gives classes"
        )

    if not 0.0 <= options.max_error < np.inf:
        raise UnsupportedError(
            f"max_error={options.max_error!r}; supported: 0.0 or a finite number above, in the "
            "outputs' units"
        )

    if options.max_rules is not None and options.max_rules < 1:
        raise UnsupportedError(
            f"max_rules={options.max_rules!r}; supported: 1 or more, or None for any number"
        )

    if options.fidelity not in FIDELITIES:
        raise UnsupportedError(f"fidelity={options.fidelity!r}; supported: {', '.join(FIDELITIES)}")
    if options.fidelity == "rows" and (options.max_rules is None or options.max_error):
        raise UnsupportedError(
            "fidelity='rows' chooses so many rules by the data: give max_rules, and no max_error"
        )

    if options.decision is not None and options.merging:
        raise UnsupportedError(
            "decisions are exact; leave out max_error and max_rules, or decision"
        )

    if isinstance(options.decision, float | int):
        check_finite(decision=options.decision)
    return options


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


def _list_settings(options: ExtractOptions, search: SearchOptions) -> dict[str, Any]:
    """Settings that aren't the defaults, as provenance keeps them."""
    defaults = {field.name: field.default for field in fields(options)}
    chosen = {name: value for name, value in asdict(options).items() if value != defaults[name]}
    limits = {name: getattr(search, name) for name in ("max_regions", "time_limit", "memory_limit")}
    limits = {
        name: "none" if value == math.inf else value
        for name, value in limits.items()
        if value is not None
    }

    return {
        **chosen,
        **limits,
        **({} if search.solver == "compiled" else {"solver": search.solver}),
    }


def _check_range(graph: Graph, domain: Domain) -> None:
    """Refuse a network whose sums, or products of whose weights, leave float64: outputs or rules
    would be infinite.
    """
    reach = np.maximum(domain.reach, 1.0)  # at 1 a sum is as large as the coefficients of any rule
    with np.errstate(over="ignore", invalid="ignore"):
        size = graph.network.magnitude(reach[None])[0]

    if not np.isfinite(size).all():
        raise ModelError(
            "the network's sums in the domain, or the products of its weights, pass "
            f"{np.finfo(float).max:.2g}, the largest number of float64, so they can't be rules; "
            "scale the weights or the columns, or narrow the domain"
        )
