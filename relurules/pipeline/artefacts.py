"""The stages after rules: emit and verify."""

from dataclasses import replace
from typing import Any

from relurules import tracing
from relurules.analysis.questions import answer_standing_questions
from relurules.documents import PRINTERS, emit_document
from relurules.domain import Domain
from relurules.emitting import TARGETS, EmitOptions, emit_artifact
from relurules.errors import InputError, UnsupportedError
from relurules.explaining import add_reference
from relurules.ir import (
    AdditiveRules,
    Artifact,
    Report,
    RuleSet,
)
from relurules.ir.output_names import rename_outputs
from relurules.networks.inputs import narrow_graph
from relurules.pipeline.additive_stages import extend_lines
from relurules.pipeline.dbt_project import DBT, emit_dbt
from relurules.pipeline.page_scorer import write_page_scorer
from relurules.tables.names import find_text_flaw, quote_name
from relurules.tracing.model_domain import (
    fill_unread_columns,
    find_graph_columns,
)
from relurules.verifying.verification import ComparedModel, resolve_model, verify_artifact

#: Formats that people look for, and why there is none.
_NOT_WRITTEN = {
    "dmn": (
        "no engine of PyPI or npm runs decision tables whose tests are sums, so none could be "
        "checked; systems that read PMML or SQL take target 'pmml' or 'sql'"
    ),
}


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

    rules = _prepare_rules(rules, options)
    if target in PRINTERS:
        plain = options.form in (None, "rules") and options.dialect is None
        answers = answer_standing_questions(rules) if plain else ()
        return emit_document(
            rules,
            target,
            title=options.title,
            dialect=options.dialect,
            form=options.form,
            answers=answers,
            scorer=write_page_scorer(rules, options) if _can_be_tried(target, options) else None,
        )

    if target in _NOT_WRITTEN:
        raise UnsupportedError(f"target {target!r} isn't written: {_NOT_WRITTEN[target]}")
    if target not in TARGETS and target != DBT:
        raise UnsupportedError(f"no target {target!r}; supported: {', '.join(list_targets())}")
    if options.title is not None:
        raise UnsupportedError(
            f"target {target!r} has no title; supported by: {', '.join(PRINTERS)}"
        )

    if isinstance(rules, AdditiveRules) and options.outside == "exact":
        options = replace(options, everywhere=extend_lines(rules))
    if target == DBT:
        return emit_dbt(rules, options)
    return emit_artifact(rules, target, options)


def _prepare_rules(rules: RuleSet | AdditiveRules, options: EmitOptions) -> RuleSet | AdditiveRules:
    """The rules with the names and the reference that are asked for."""
    named = rename_outputs(rules, dict(options.rename)) if options.rename else rules
    return named if options.reference is None else add_reference(named, options.reference, None)


def _can_be_tried(target: str, options: EmitOptions) -> bool:
    return target == "html" and options.script


def list_targets() -> tuple[str, ...]:
    """What `emit` knows: text, documents, code."""
    return ("text", *PRINTERS, *(target for target in TARGETS if target != "text"), DBT)


def verify_model(
    artifact: Artifact | RuleSet | AdditiveRules, model: Any, X: Any, engine: str | None
) -> Report:
    """Run an artefact on rows beside the model, which is traced and run by its own framework; see
    `api.verify`.
    """
    return verify_artifact(artifact, compare_model(artifact, model), X, engine)


def compare_model(artifact: Artifact | RuleSet | AdditiveRules, model: Any) -> ComparedModel:
    """A model, traced, or rules, as what an artefact is compared with."""
    if isinstance(model, ComparedModel):
        return model
    everywhere = isinstance(artifact, Artifact) and artifact.outside == "exact"
    if isinstance(model, RuleSet | AdditiveRules):
        return resolve_model(model, everywhere=everywhere)
    return _trace_compared_model(artifact.domain, model)


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
