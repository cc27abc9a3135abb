"""From a model to rules: the stages, one after the other."""

from dataclasses import replace
from typing import Any

from relurules.explaining import add_reference
from relurules.ir import AdditiveRules, RuleSet
from relurules.partitioning import SearchOptions, compile_search
from relurules.pipeline.additive_stages import run_additive_stages, run_line_stages
from relurules.pipeline.partition_stages import run_stages
from relurules.pipeline.sources import describe_origin, trace_source
from relurules.pipeline.tasks import ExtractOptions, ExtractProgress, ExtractSource
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
