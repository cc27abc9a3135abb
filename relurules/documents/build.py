"""Rules of either kind -> Document: the sections in their order."""

from collections.abc import Sequence

from relurules.documents import (
    closing_sections,
    guarantees,
    overview,
    part_cards,
    score_table,
)
from relurules.documents.cards import build_card
from relurules.documents.context import build_additive_context, build_context
from relurules.documents.document import Document, Section
from relurules.documents.edits import build_edits
from relurules.documents.proven_answers import build_proven_answers
from relurules.documents.questions import build_questions
from relurules.documents.worked_score import build_worked_row
from relurules.ir import AdditiveRules, RuleSet
from relurules.ir.answers import Answer
from relurules.ir.proven_statement import ProvenStatement
from relurules.wording.phrases import Phrase

_OUTPUTS_IN_TITLE = 3


def build_document(
    rules: RuleSet | AdditiveRules,
    target: str,
    title: str | None,
    answers: Sequence[Answer] = (),
    proven: Sequence[ProvenStatement] = (),
) -> Document:
    """The content of the document; what isn't known of the rules is left out. answers: to questions
    about the rules; proven: by certificates of answers.
    """
    told = [build_questions(answers), build_proven_answers(proven)]
    if isinstance(rules, AdditiveRules):
        about, sections = _list_additive_sections(rules, target, title, told)
    else:
        about, sections = _list_sections(rules, target, title, told)
    version = rules.provenance.version
    generator = f"relurules {version}" if version else "relurules"
    found = tuple(section for section in sections if section is not None)
    return Document(title or _compose_title(rules), about, found, generator)


def _list_sections(
    rules: RuleSet, target: str, title: str | None, told: Sequence[Section | None]
) -> tuple[tuple[Phrase, ...], list[Section | None]]:
    """Of rules of which one applies: the lines under the title, and the sections."""
    context = build_context(rules)
    cards = tuple(build_card(context, read) for read in context.reading.rules)
    return overview.write_summary(context), [
        overview.build_glance(context),
        overview.build_rule_overview(context),
        overview.build_sums(context),
        overview.build_outputs(context),
        Section("cards", "Rule by rule", (), cards),
        guarantees.build_proofs(context),
        build_edits(rules),
        guarantees.build_performance(context),
        guarantees.build_domain(context),
        *told,
        closing_sections.build_limits(context),
        closing_sections.build_reference(context),
        closing_sections.build_glossary(context),
        closing_sections.build_reproduction(context, target, title),
        closing_sections.build_appendix(context),
    ]


def _list_additive_sections(
    rules: AdditiveRules, target: str, title: str | None, told: Sequence[Section | None]
) -> tuple[tuple[Phrase, ...], list[Section | None]]:
    """The same of lines that add up; what a score is worked out from comes first."""
    context = build_additive_context(rules)
    return score_table.write_additive_summary(context), [
        score_table.build_score(context),
        part_cards.build_parts(context),
        build_worked_row(context),
        overview.build_outputs(context),
        overview.build_glance(context),
        guarantees.build_proofs(context),
        build_edits(rules),
        guarantees.build_performance(context),
        guarantees.build_domain(context),
        *told,
        closing_sections.build_limits(context),
        closing_sections.build_reference(context),
        closing_sections.build_glossary(context),
        closing_sections.build_reproduction(context, target, title),
        closing_sections.build_line_appendix(context),
    ]


def _compose_title(rules: RuleSet | AdditiveRules) -> str:
    outputs = ", ".join(rules.outputs[:_OUTPUTS_IN_TITLE])
    more = len(rules.outputs) - _OUTPUTS_IN_TITLE
    return f"Rules for {outputs}" + (f" and {more} more" if more > 0 else "")
