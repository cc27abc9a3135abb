"""Phrases: texts in pieces of a few kinds, so that each printer escapes and sets every piece in its own way."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

#: Kinds of pieces: words; a column or output; a value of a category; a number; an operator or comparison; the name of a
#: sum that is defined elsewhere; a space at which no line may end; one at which it may.
TEXT, NAME, VALUE, NUMBER, OPERATOR, SCORE, TIE, GAP = (
    "text",
    "name",
    "value",
    "number",
    "operator",
    "score",
    "tie",
    "gap",
)


class Piece(NamedTuple):
    """A part of a phrase, of one of the kinds above."""

    kind: str
    text: str


Phrase = tuple[Piece, ...]

_TIE, _GAP = Piece(TIE, " "), Piece(GAP, " ")
#: Symbols of operators where only ASCII is wanted.
_ASCII = {"\u2265": ">=", "\u2264": "<=", "\u2212": "-", "\u00b7": "*", "\u00d7": "*"}


def text(words: str) -> Phrase:
    """Words."""
    return (Piece(TEXT, words),)


def name(words: str) -> Phrase:
    """The name of a column or an output."""
    return (Piece(NAME, words),)


def value(words: str) -> Phrase:
    """A value of a category."""
    return (Piece(VALUE, words),)


def number(written: str) -> Phrase:
    """A number, as `numbers.written` writes it."""
    return (Piece(NUMBER, written),)


def score(words: str) -> Phrase:
    """The name of a sum that is defined elsewhere."""
    return (Piece(SCORE, words),)


def operator(symbol: str) -> Phrase:
    """An operator or comparison without spaces around it."""
    return (Piece(OPERATOR, symbol),)


def tied(*parts: Phrase) -> Phrase:
    """The parts with spaces between at which no line may end."""
    return spaced(parts, _TIE)


def loose(*parts: Phrase) -> Phrase:
    """The parts with spaces between at which a line may end."""
    return spaced(parts, _GAP)


def spaced(parts: Iterable[Phrase], between: Piece) -> Phrase:
    """The parts with a piece between."""
    found: list[Piece] = []
    for part in parts:
        found += [between, *part] if found else part
    return tuple(found)


def listed(parts: Sequence[Phrase], last: str = "or") -> Phrase:
    """`a, b or c`."""
    if len(parts) == 1:
        return parts[0]
    head = parts[0]
    for part in parts[1:-1]:
        head = (*head, *text(","), _GAP, *part)
    return (*head, _GAP, *text(last), _GAP, *parts[-1])


def joined(parts: Sequence[Phrase], between: str) -> Phrase:
    """The parts with words or signs between."""
    return spaced(parts, Piece(TEXT, between))


def conjunction(parts: Sequence[Phrase]) -> Phrase:
    """`a and b and c`, a line may end before each `and`."""
    return parts[0] if len(parts) == 1 else loose(parts[0], *(tied(text("and"), part) for part in parts[1:]))


def ascii_text(phrase: Phrase) -> str:
    """The phrase as plain text: values in quotes, comparisons as `>=`."""
    return "".join(_plain(piece) for piece in phrase)


def _plain(piece: Piece) -> str:
    if piece.kind == VALUE:
        return "'" + piece.text.replace("'", "''") + "'"
    return _ASCII.get(piece.text, piece.text) if piece.kind == OPERATOR else piece.text
