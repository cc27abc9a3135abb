"""Templates of documents: they hold structure, and print phrases and names through the filters of
their format.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from relurules.documents.document import Document

_PACKAGE = Path(__file__).parent.parent
#: LaTeX is full of braces; its templates use other marks.
_LATEX = {
    "block_start_string": "<%",
    "block_end_string": "%>",
    "variable_start_string": "<<",
    "variable_end_string": ">>",
    "comment_start_string": "<!--",
    "comment_end_string": "-->",
}


@cache
def _load_environment(
    latex: bool, filters: tuple[tuple[str, Callable[..., Any]], ...]
) -> Environment:
    """Templates lie in the package when it was installed from a wheel, beside it in an editable
    install.
    """
    places = [_PACKAGE / "templates", _PACKAGE.parent / "templates"]
    environment = Environment(
        loader=FileSystemLoader([str(place / "document") for place in places]),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701  # every text goes through a filter that escapes it
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        **(_LATEX if latex else {}),  # type: ignore[arg-type]
    )
    environment.filters |= {"kind": get_block_kind, **dict(filters)}

    return environment


def render_template(template: str, document: Document, **filters: Callable[..., Any]) -> str:
    """The document by a template.

    Filters: `say` for phrases, `plain` for other texts, and others of the format.
    """
    environment = _load_environment(template.endswith(".tex.j2"), tuple(filters.items()))
    return environment.get_template(template).render(document=document)


def get_block_kind(block: object) -> str:
    """The name of a block's type, by which templates choose."""
    return type(block).__name__


def replace_control_characters(text: str) -> str:
    """Text without control characters, which become spaces."""
    return "".join(c if c.isprintable() else " " for c in text)
