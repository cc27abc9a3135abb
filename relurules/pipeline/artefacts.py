"""The stage after rules: emit."""

from dataclasses import replace

from relurules.documents import PRINTERS, emit_document
from relurules.emitting import TARGETS, EmitOptions, emit_artifact
from relurules.errors import InputError, UnsupportedError
from relurules.explaining import add_reference
from relurules.ir import (
    AdditiveRules,
    Artifact,
    RuleSet,
)
from relurules.ir.output_names import rename_outputs
from relurules.pipeline.dbt_project import DBT, emit_dbt
from relurules.tables.names import find_text_flaw, quote_name

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
        return _emit_document(rules, target, options)
    if target in _NOT_WRITTEN:
        raise UnsupportedError(f"target {target!r} isn't written: {_NOT_WRITTEN[target]}")
    if target not in TARGETS and target != DBT:
        raise UnsupportedError(f"no target {target!r}; supported: {', '.join(list_targets())}")
    if options.title is not None:
        raise UnsupportedError(
            f"target {target!r} has no title; supported by: {', '.join(PRINTERS)}"
        )

    if isinstance(rules, AdditiveRules) and options.outside == "exact":
        from relurules.pipeline.additive_stages import extend_lines  # searches are seldom needed

        options = replace(options, everywhere=extend_lines(rules))
    if target == DBT:
        return emit_dbt(rules, options)
    return emit_artifact(rules, target, options)


def _prepare_rules(rules: RuleSet | AdditiveRules, options: EmitOptions) -> RuleSet | AdditiveRules:
    """The rules with the names and the reference that are asked for."""
    named = rename_outputs(rules, dict(options.rename)) if options.rename else rules
    return named if options.reference is None else add_reference(named, options.reference, None)


def _emit_document(rules: RuleSet | AdditiveRules, target: str, options: EmitOptions) -> Artifact:
    """Rules as a document, with answers to the standing questions and, in HTML, a scorer.

    What asks and what writes pages is loaded here, since code needs neither.
    """
    from relurules.analysis.questions import answer_standing_questions
    from relurules.pipeline.page_scorer import write_page_scorer

    if options.state_rounding:
        raise UnsupportedError(
            f"target {target!r} is a document, which says what its rounded numbers change; "
            "state_rounding is for code"
        )

    plain = options.form in (None, "rules") and options.dialect is None
    tried = target == "html" and options.script
    return emit_document(
        rules,
        target,
        title=options.title,
        dialect=options.dialect,
        form=options.form,
        answers=answer_standing_questions(rules) if plain else (),
        scorer=write_page_scorer(rules, options) if tried else None,
    )


def list_targets() -> tuple[str, ...]:
    """What `emit` knows: text, documents, code."""
    return ("text", *PRINTERS, *(target for target in TARGETS if target != "text"), DBT)
