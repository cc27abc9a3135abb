"""Phrases: texts in pieces of a few kinds, so that each printer escapes and sets every piece in its
own way.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

#: Kinds of pieces: words; a column or output; a value of a category; a number; an operator or
#: comparison; the name of a sum that is defined elsewhere; a space at which no line may end; one at
#: which it may.
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


class PhrasePart(NamedTuple):
    """A part of a phrase, of one of the kinds above."""

    kind: str
    text: str


Phrase = tuple[PhrasePart, ...]

_TIE, _GAP = PhrasePart(TIE, " "), PhrasePart(GAP, " ")
#: Symbols of operators where only ASCII is wanted.
_ASCII = {"\u2265": ">=", "\u2264": "<=", "\u2212": "-", "\u00b7": "*", "\u00d7": "*"}


def text(words: str) -> Phrase:
    """Words."""
    return (PhrasePart(TEXT, words),)


def name(words: str) -> Phrase:
    """The name of a column or an output."""
    return (PhrasePart(NAME, words),)


def value(words: str) -> Phrase:
    """A value of a category."""
    return (PhrasePart(VALUE, words),)


def number(written: str) -> Phrase:
    """A number, as `numbers.written` writes it."""
    return (PhrasePart(NUMBER, written),)


def read_number(written: str) -> Phrase:
    """A number where the text is one, words where it isn't."""
    try:
        float(written.replace(",", ""))
    except ValueError:
        return text(written)
    return number(written)


def score(words: str) -> Phrase:
    """The name of a sum that is defined elsewhere."""
    return (PhrasePart(SCORE, words),)


def operator(symbol: str) -> Phrase:
    """An operator or comparison without spaces around it."""
    return (PhrasePart(OPERATOR, symbol),)


def join_tight(*parts: Phrase) -> Phrase:
    """The parts with spaces between at which no line may end."""
    return join_parts(parts, _TIE)


def join_loose(*parts: Phrase) -> Phrase:
    """The parts with spaces between at which a line may end."""
    return join_parts(parts, _GAP)


def join_parts(parts: Iterable[Phrase], between: PhrasePart) -> Phrase:
    """The parts with a piece between."""
    found: list[PhrasePart] = []
    for part in parts:
        found += [between, *part] if found else part
    return tuple(found)


def join_list(parts: Sequence[Phrase], last: str = "or") -> Phrase:
    """`a, b or c`."""
    if len(parts) == 1:
        return parts[0]
    head = parts[0]
    for part in parts[1:-1]:
        head = (*head, *text(","), _GAP, *part)
    return (*head, _GAP, *text(last), _GAP, *parts[-1])


def join_with(parts: Sequence[Phrase], between: str) -> Phrase:
    """The parts with words or signs between."""
    return join_parts(parts, PhrasePart(TEXT, between))


def join_and(parts: Sequence[Phrase]) -> Phrase:
    """`a and b and c`, a line may end before each `and`."""
    return (
        parts[0]
        if len(parts) == 1
        else join_loose(parts[0], *(join_tight(text("and"), part) for part in parts[1:]))
    )


def write_ascii(phrase: Phrase) -> str:
    """The phrase as plain text: values in quotes, comparisons as `>=`."""
    return "".join(_write_plain(piece) for piece in phrase)


def _write_plain(piece: PhrasePart) -> str:
    if piece.kind == VALUE:
        return "'" + piece.text.replace("'", "''") + "'"
    return _ASCII.get(piece.text, piece.text) if piece.kind == OPERATOR else piece.text
