"""A model, or rules, as a task: network, domain, rows; and what rules say of their origin."""

import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from relurules import tracing
from relurules.errors import BrokenPromiseWarning
from relurules.files.version import VERSION
from relurules.ir import (
    AdditiveRules,
    Graph,
    Scorer,
)
from relurules.ir.class_labels import make_labels
from relurules.ir.class_turn import speak_of_class
from relurules.ir.evidence import MEASURED
from relurules.ir.limits import SearchLimits
from relurules.ir.provenance import AnyRules, add_provenance
from relurules.links.table import LINKS
from relurules.partitioning import SearchOptions
from relurules.pipeline.form_options import check_form_options
from relurules.pipeline.tasks import (
    ExtractOptions,
    ExtractSource,
    ExtractTask,
    check_extract_options,
    list_settings,
)
from relurules.statistics.additive_statistics import drop_rule_facts
from relurules.tables.names import find_text_flaw
from relurules.tables.table import read_table
from relurules.tracing.class_names import name_classes
from relurules.tracing.model_domain import (
    resolve_domain_and_rows,
    resolve_read_columns,
)
from relurules.tracing.rules_model import (
    bound_rules_error,
    make_rules_graph,
    resolve_rules_domain,
)


def trace_source(
    source: ExtractSource, options: ExtractOptions, search: SearchOptions
) -> ExtractTask:
    """The network of the columns that it reads, with the domain and the rows."""
    options = check_extract_options(options)
    check_form_options(options, search)
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


def describe_origin(
    rules: AnyRules, source: ExtractSource, task: ExtractTask, search: SearchOptions
) -> AnyRules:
    """The rules with where they come from."""
    settings = list_settings(task.options, search)
    if source.reference is not None:
        named = isinstance(source.reference, str)
        settings["reference"] = source.reference if named else "REFERENCE"
    if isinstance(source.model, Scorer):
        origin = _turn_origin(source.model, source)
        if source.data is not None and "split" in origin.provenance.settings:
            settings[MEASURED] = "rows given later"
        return _take_origin(rules, origin, settings)

    return add_provenance(
        rules,
        source.model,
        task.traced,
        version=VERSION,
        settings=settings,
        fitted=task.graph.fitted,
    )


def _turn_origin(rules: Any, source: ExtractSource) -> Any:
    """Rules as a source, with scores that speak of the class that is asked for: what they promise
    and the network that they know are of these scores too.
    """
    if source.positive is None:
        return rules
    if rules.labels is None and source.labels is not None:
        rules = replace(rules, labels=make_labels(source.labels))
    return speak_of_class(rules, source.positive)


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
    made = replace(
        rules,
        provenance=origin,
        traced=source.traced,
        schema=source.schema,
        chosen_reference=source.reference,
        container=source.container,
        evidence=None if evidence is None else drop_rule_facts(evidence),
    )

    return _take_back_promises(made, source)


def _take_back_promises(made: AnyRules, source: Any) -> AnyRules:
    """Rules made of others, whose settings promise no more than they keep: fewer of them may break
    what a fit was asked to keep.
    """
    if made.score_error == source.score_error:
        return made  # the same scores

    from relurules.analysis.promises import list_broken_promises, remove_promises  # they ask

    broken = list_broken_promises(source, made)
    if not broken:
        return made

    said = "; ".join(one.text for one in broken)
    warnings.warn(
        f"{said}. The new rules don't promise it: allow more lines, or a smaller error, to keep it",
        BrokenPromiseWarning,
        stacklevel=2,
    )
    settings = remove_promises(made.provenance.settings, broken)
    return replace(made, provenance=replace(made.provenance, settings=settings))


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
