"""The content of a rule document: sections of blocks whose texts are phrases, the same for every
format.
"""

from dataclasses import dataclass
from typing import NamedTuple

from relurules.wording.phrases import Phrase, PhrasePart

#: A further kind of piece: a reference to a rule's card, `Rule 3`.
RULE = "rule"


def link_rule(number: int) -> Phrase:
    """A reference to a rule."""
    return (PhrasePart(RULE, str(number)),)


class Paragraph(NamedTuple):
    """Running text."""

    phrase: Phrase


class Bullets(NamedTuple):
    """A list."""

    items: tuple[Phrase, ...]


class Facts(NamedTuple):
    """Pairs of a short label and what is to be said."""

    items: tuple[tuple[str, Phrase], ...]


class Table(NamedTuple):
    """caption, one header per column, rows of as many cells; numeric: which columns are set flush
    right.
    """

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[Phrase, ...], ...]
    numeric: tuple[bool, ...]


class Bar(NamedTuple):
    """A line of a chart: cells, the length of its bar as a share of the longest, -1 to 1, None for
    none; its number.
    """

    cells: tuple[Phrase, ...]
    share: float | None
    amount: Phrase


class Chart(NamedTuple):
    """Horizontal bars from a common zero, with the numbers that they stand for; the last line sums
    up the others.

    header: of the cells and the number.
    """

    caption: str
    header: tuple[str, ...]
    bars: tuple[Bar, ...]


class Conditions(NamedTuple):
    """What must hold, all of it; without rows: always. header: of the cells of every row, the words
    first.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[Phrase, ...], ...]


class Formulas(NamedTuple):
    """name = formula, and what follows from it."""

    items: tuple[tuple[Phrase, Phrase], ...]
    notes: tuple[Phrase, ...] = ()


class Sums(NamedTuple):
    """Definitions of the sums that have names: name, formula, remark."""

    items: tuple[tuple[str, Phrase, Phrase], ...]


class Code(NamedTuple):
    """Text to be typed as it stands."""

    text: str


Block = Paragraph | Bullets | Facts | Table | Chart | Conditions | Formulas | Sums | Code


class Card(NamedTuple):
    """One rule. share: of the rows that it applies to, None without data; coverage: the same in
    words.
    """

    number: int
    share: float | None
    coverage: Phrase
    blocks: tuple[Block, ...]


class Section(NamedTuple):
    """A titled part; cards come after its blocks."""

    anchor: str
    title: str
    blocks: tuple[Block, ...]
    cards: tuple[Card, ...] = ()


@dataclass(frozen=True)
class Document:
    """The whole: title, a line under it, sections. generator: what made it, with its version."""

    title: str
    about: tuple[Phrase, ...]
    sections: tuple[Section, ...]
    generator: str
