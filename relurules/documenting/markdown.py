"""The document as Markdown with tables, as GitHub and most readers take it."""

import re

from relurules.documenting.document import RULE, Document
from relurules.documenting.render import render, shown
from relurules.reading import phrases as p
from relurules.reading.phrases import Phrase, Piece

_SPECIAL = "\\`*_{}[]#|~"
#: Characters that the longest bar of a chart has.
_LONGEST = 20


def print_markdown(document: Document) -> str:
    """The file's text."""
    text = render("rules.md.j2", document, say=say, plain=plain, bar=bar, fence=fence)
    return re.sub(r"\n{3,}", "\n\n", text)


def plain(text: str) -> str:
    """Text as it is, on one line."""
    escaped = "".join("\\" + c if c in _SPECIAL else c for c in shown(text).replace("&", "&amp;"))
    return escaped.replace("<", "&lt;").replace(">", "&gt;")


def say(phrase: Phrase) -> str:
    """A phrase, names in bold where that is safe."""
    return "".join(_piece(piece) for piece in phrase)


def heading_anchor(number: str) -> str:
    """What readers make of the heading `Rule 3`."""
    return f"#rule-{number}"


def _piece(piece: Piece) -> str:
    if piece.kind == RULE:
        return f"[Rule {piece.text}]({heading_anchor(piece.text)})"
    if piece.kind in (p.TIE, p.GAP):
        return " "
    if piece.kind == p.NUMBER:
        return piece.text.replace("-", "\u2212", 1) if piece.text.startswith("-") else piece.text
    if piece.kind == p.VALUE:
        return f"\u201c{plain(piece.text)}\u201d"
    return plain(piece.text)


def bar(share: float) -> str:
    """A bar of block characters, those of negative numbers hollow."""
    length = max(round(abs(share) * _LONGEST), 1 if share else 0)
    return ("\u2591" if share < 0 else "\u2588") * length


def fence(text: str) -> str:
    """A code fence longer than any in the text."""
    return "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
