"""RuleSet -> Document: the sections in their order."""

from collections.abc import Sequence

from relurules.documents import closing_sections, guarantees, overview
from relurules.documents.cards import build_card
from relurules.documents.context import build_context
from relurules.documents.document import Document, Section
from relurules.documents.questions import build_questions
from relurules.ir import RuleSet
from relurules.ir.answers import Answer

_OUTPUTS_IN_TITLE = 3


def build_document(
    rules: RuleSet, target: str, title: str | None, answers: Sequence[Answer] = ()
) -> Document:
    """The content of the document; what isn't known of the rules is left out. answers: to questions
    about the rules.
    """
    context = build_context(rules)
    cards = tuple(build_card(context, read) for read in context.reading.rules)
    sections = (
        overview.build_glance(context),
        overview.build_rule_overview(context),
        overview.build_sums(context),
        overview.build_outputs(context),
        Section("cards", "Rule by rule", (), cards),
        guarantees.build_proofs(context),
        guarantees.build_performance(context),
        guarantees.build_domain(context),
        build_questions(answers),
        closing_sections.build_limits(context),
        closing_sections.build_reference(context),
        closing_sections.build_glossary(context),
        closing_sections.build_reproduction(context, target, title),
        closing_sections.build_appendix(context),
    )
    version = rules.provenance.version
    generator = f"relurules {version}" if version else "relurules"
    found = tuple(section for section in sections if section is not None)

    return Document(
        title or _compose_title(rules), overview.write_summary(context), found, generator
    )


def _compose_title(rules: RuleSet) -> str:
    outputs = ", ".join(rules.outputs[:_OUTPUTS_IN_TITLE])
    more = len(rules.outputs) - _OUTPUTS_IN_TITLE
    return f"Rules for {outputs}" + (f" and {more} more" if more > 0 else "")
