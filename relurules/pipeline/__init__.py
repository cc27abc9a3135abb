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

from dataclasses import replace
from typing import Any

from relurules.explaining import add_reference
from relurules.ir import AdditiveRules, RuleSet
from relurules.partitioning import SearchOptions, compile_search
from relurules.pipeline.additive_stages import run_additive_stages, run_line_stages
from relurules.pipeline.artefacts import emit_rules, list_targets, verify_model
from relurules.pipeline.form_options import OPTION_USES, describe_idle_options
from relurules.pipeline.partition_stages import build_plain_rules, run_stages
from relurules.pipeline.sources import describe_origin, trace_source
from relurules.pipeline.tasks import (
    FIDELITIES,
    FORMS,
    ExtractOptions,
    ExtractProgress,
    ExtractSource,
    ExtractTask,
)
from relurules.statistics.additive_statistics import add_additive_evidence
from relurules.statistics.evidence_statistics import add_evidence


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
    rules = describe_origin(rules, source, task, search)
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
    rules = describe_origin(rules, source, task, search)
    rules = add_additive_evidence(rules, task.rows, source.y)
    return add_reference(rules, source.reference, task.rows)


def trace_lines(source: ExtractSource) -> AdditiveRules:
    """A model of any depth for a comparison with additive rules: nothing is searched."""
    options = ExtractOptions(form="additive")
    return run_line_stages(trace_source(source, options, SearchOptions()))


def partition_lines(rules: AdditiveRules, search: SearchOptions, data: Any, y: Any) -> RuleSet:
    """The partition rules of additive rules, over the same domain; see
    `AdditiveRules.to_partition`.
    """
    return extract_rules(ExtractSource(model=rules, data=data, y=y), None, search)


__all__ = [
    "FIDELITIES",
    "FORMS",
    "OPTION_USES",
    "ExtractOptions",
    "ExtractProgress",
    "ExtractSource",
    "ExtractTask",
    "build_plain_rules",
    "describe_idle_options",
    "emit_rules",
    "extract_additive_rules",
    "extract_rules",
    "list_targets",
    "partition_lines",
    "run_additive_stages",
    "run_stages",
    "trace_lines",
    "verify_model",
]
