"""Phrases as texts of Word, and how wide they ask columns of tables to be."""

from collections.abc import Sequence

from relurules.documents.anchors import make_anchor
from relurules.documents.document import PART, RULE
from relurules.files.templates import flatten_text
from relurules.wording import phrases as p
from relurules.wording.phrases import Phrase, PhrasePart

#: Width of a table, mm, and characters that a column of it asks for, at least and at most.
_WIDTH, _LEAST, _MOST = 174, 8, 40


def share_width(rows: Sequence[Sequence[Phrase]]) -> list[float]:
    """Widths of the columns of a table, mm: by their longest texts, up to a point."""
    lengths = [[sum(len(piece.text) for piece in cell) for cell in row] for row in rows]
    wanted = [min(max(*column, _LEAST), _MOST) for column in zip(*lengths, strict=False)]
    return [_WIDTH * one / sum(wanted) for one in wanted]


def print_part(piece: PhrasePart) -> tuple[str, str]:
    """The words of a piece, and what it is linked to, "" for nothing."""
    if piece.kind == p.TIE:
        return "\u00a0", ""
    if piece.kind == p.SCORE:
        return flatten_text(piece.text), make_anchor(piece.text)
    if piece.kind == RULE:
        return f"Rule\u00a0{piece.text}", f"rule-{piece.text}"
    if piece.kind == PART:
        anchor, _, name = piece.text.partition(" ")
        return flatten_text(name), anchor
    return flatten_text(piece.text), ""
