"""The document as Markdown with tables, as GitHub and most readers take it."""

import re

from relurules.documents.document import PART, RULE, Document
from relurules.documents.render import render_template
from relurules.files.templates import flatten_text
from relurules.wording import phrases as p
from relurules.wording.phrases import Phrase, PhrasePart

_SPECIAL = "\\`*_{}[]#|~"
#: Characters that the longest bar of a chart has.
_LONGEST = 20


def print_markdown(document: Document) -> str:
    """The file's text."""
    text = render_template(
        "rules.md.j2",
        document,
        say=print_phrase,
        plain=escape_text,
        bar=draw_bar,
        fence=choose_fence,
    )

    return re.sub(r"\n{3,}", "\n\n", text)


def escape_text(text: str) -> str:
    """Text as it is, on one line."""
    escaped = "".join(
        "\\" + c if c in _SPECIAL else c for c in flatten_text(text).replace("&", "&amp;")
    )
    return escaped.replace("<", "&lt;").replace(">", "&gt;")


def print_phrase(phrase: Phrase) -> str:
    """A phrase, names in bold where that is safe."""
    return "".join(_print_part(piece) for piece in phrase)


def make_heading_anchor(number: str) -> str:
    """What readers make of the heading `Rule 3`."""
    return f"#rule-{number}"


def _print_part(piece: PhrasePart) -> str:
    if piece.kind == RULE:
        return f"[Rule {piece.text}]({make_heading_anchor(piece.text)})"
    if piece.kind == PART:  # headings of any name: what readers make of them as anchors differs
        return escape_text(piece.text.split(" ", 1)[1])
    if piece.kind in (p.TIE, p.GAP):
        return " "
    if piece.kind == p.NUMBER:
        return piece.text.replace("-", "\u2212", 1) if piece.text.startswith("-") else piece.text
    if piece.kind == p.VALUE:
        return f"\u201c{escape_text(piece.text)}\u201d"

    return escape_text(piece.text)


def draw_bar(share: float) -> str:
    """A bar of block characters, those of negative numbers hollow."""
    length = max(round(abs(share) * _LONGEST), 1 if share else 0)
    return ("\u2591" if share < 0 else "\u2588") * length


def choose_fence(text: str) -> str:
    """A code fence longer than any in the text."""
    return "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
