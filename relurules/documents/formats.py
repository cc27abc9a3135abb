"""The formats of the rule document, and the one function that looks things up in them."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from relurules.documents.build import build_document
from relurules.documents.document import Document
from relurules.documents.html import print_html, read_style
from relurules.documents.latex import print_latex
from relurules.documents.markdown import print_markdown
from relurules.documents.try_page import PageScorer, Untried, build_try_page
from relurules.errors import UnsupportedError
from relurules.ir import AdditiveRules, Artifact, RuleSet
from relurules.ir.answers import Answer


class Printer(NamedTuple):
    """A format: the name of its file, and what prints a document."""

    file: str
    print: Callable[[Document], str]


PRINTERS: Mapping[str, Printer] = {
    "markdown": Printer("rules.md", print_markdown),
    "html": Printer("rules.html", print_html),
    "latex": Printer("rules.tex", print_latex),
}


def print_page(
    document: Document, rules: RuleSet | AdditiveRules, scorer: PageScorer | Untried
) -> str:
    """A document of rules as HTML in which they can be tried, or that says why they can't."""
    if isinstance(scorer, Untried):
        return print_html(document, untried=scorer.why)
    return print_html(document, build_try_page(rules, scorer, read_style(document)))


def emit_document(
    rules: RuleSet | AdditiveRules,
    target: str,
    *,
    title: str | None,
    dialect: str | None = None,
    form: str | None = None,
    answers: Sequence[Answer] = (),
    scorer: PageScorer | Untried | None = None,
) -> Artifact:
    """The rule document in a format; UnsupportedError for a dialect, or a form other than that of
    the rules.

    title: its heading, "Rules for ..." by default; control characters in it are shown as spaces.
    answers: to questions about the rules, which get a section. scorer: with which HTML can be
    tried; None for a document without scripts.
    """
    own = "lines" if isinstance(rules, AdditiveRules) else "rules"
    if form not in (None, own):
        raise UnsupportedError(f"target {target!r} has no form {form!r}; supported: {own}")
    if dialect is not None:
        raise UnsupportedError(
            f"target {target!r} has no dialect {dialect!r}; supported: none, leave it out"
        )

    printer = PRINTERS[target]
    document = build_document(rules, target, title, answers)
    text = print_page(document, rules, scorer) if scorer else printer.print(document)
    return Artifact(
        target,
        own,
        rules.domain,
        rules.outputs,
        {printer.file: text},
        rules.score_error,
        rules.complete,
    )
