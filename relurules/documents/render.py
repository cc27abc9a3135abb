"""Documents through templates, which print phrases and names by the filters of their format."""

from collections.abc import Callable, Mapping
from typing import Any

from relurules.documents.document import Document
from relurules.files.templates import render_file
from relurules.wording.phrases import Phrase


def render_template(
    template: str,
    document: Document,
    values: Mapping[str, object] | None = None,
    **filters: Callable[..., Any],
) -> str:
    """The document by a template.

    values: what else the template of a format needs. Filters: `say` for phrases, `plain` for other
    texts, and others of the format.
    """
    return render_file(
        f"document/{template}",
        {"document": document, **(values or {})},
        {"kind": get_block_kind, **filters},
    )


def mark_phrase(
    phrase: Phrase, markup: Mapping[str, Callable[[str], str]], plain: Callable[[str], str]
) -> str:
    """A phrase with its parts marked up. markup: kind of a part -> what makes markup of its text;
    plain: of all others.
    """
    return "".join(markup.get(piece.kind, plain)(piece.text) for piece in phrase)


def get_block_kind(block: object) -> str:
    """The name of a block's type, by which templates choose."""
    return type(block).__name__
