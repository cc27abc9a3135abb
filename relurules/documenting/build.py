"""RuleSet -> Document: the sections in their order."""

from collections.abc import Sequence

from relurules.documenting import closing, overview, proof
from relurules.documenting.cards import card_of
from relurules.documenting.context import context_of
from relurules.documenting.document import Document, Section
from relurules.documenting.questions import questions
from relurules.ir import RuleSet
from relurules.ir.answers import Answer

_NAMED = 3


def build_document(rules: RuleSet, target: str, title: str | None, answers: Sequence[Answer] = ()) -> Document:
    """The content of the document; what isn't known of the rules is left out. answers: to questions about the rules."""
    context = context_of(rules)
    cards = tuple(card_of(context, read) for read in context.reading.rules)
    sections = (
        overview.glance(context),
        overview.rules_by_coverage(context),
        overview.sums(context),
        overview.outputs(context),
        Section("cards", "Rule by rule", (), cards),
        proof.proofs(context),
        proof.performance(context),
        proof.domain(context),
        questions(answers),
        closing.limits(context),
        closing.glossary(context),
        closing.again(context, target, title),
        closing.appendix(context),
    )
    version = rules.provenance.version
    generator = f"relurules {version}" if version else "relurules"
    found = tuple(section for section in sections if section is not None)
    return Document(title or _title(rules), overview.about(context), found, generator)


def _title(rules: RuleSet) -> str:
    outputs = ", ".join(rules.outputs[:_NAMED])
    more = len(rules.outputs) - _NAMED
    return f"Rules for {outputs}" + (f" and {more} more" if more > 0 else "")
