"""The content of a rule document: sections of blocks whose texts are phrases, the same for every
format.
"""

from dataclasses import dataclass
from typing import NamedTuple

from relurules.wording.phrases import Phrase, PhrasePart

#: A further kind of piece: a reference to a rule's card, `Rule 3`.
RULE = "rule"
#: One more: a reference to the card of a column; its text is the anchor, a space, and the name.
PART = "part"


def link_rule(number: int) -> Phrase:
    """A reference to a rule."""
    return (PhrasePart(RULE, str(number)),)


def link_part(anchor: str, name: str) -> Phrase:
    """A reference to the card of a column or a set of columns."""
    return (PhrasePart(PART, f"{anchor} {name}"),)


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


class SignOff(Table):
    """A table whose last column is left for signatures: its rows are high on paper."""

    __slots__ = ()


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


class CurvePlot(NamedTuple):
    """What a column adds, drawn; every place is a share of the picture's width or height, from its
    lower left corner.

    names: of the curves, empty where there is one; curves: corners (across, up) of each; bars: how
    rows are spread, (from, to, share of the tallest); zero: how far up no points are; reference:
    how far across it is, None beyond the picture; across, up: ticks with their numbers.
    """

    names: tuple[str, ...]
    curves: tuple[tuple[tuple[float, float], ...], ...]
    bars: tuple[tuple[float, float, float], ...]
    zero: float
    reference: float | None
    across: tuple[tuple[float, str], ...]
    up: tuple[tuple[float, str], ...]


class PlotLine(NamedTuple):
    """A line of a plot, or dots where `dots`; corners: (across, up), shares of the plot's size;
    spans: (across, from, to) of intervals, upright. guide: it only leads the eye. area: corners of
    a band around it, (across, from, to). cloud: many small dots that no line joins.
    """

    name: str
    corners: tuple[tuple[float, float], ...]
    dots: bool = False
    guide: bool = False
    spans: tuple[tuple[float, float, float], ...] = ()
    area: tuple[tuple[float, float, float], ...] = ()
    cloud: bool = False


class LinePlot(NamedTuple):
    """Lines over two axes. axes: what they are, with units, across and up; across, up: ticks with
    their numbers, as shares.
    """

    caption: str
    axes: tuple[str, str]
    lines: tuple[PlotLine, ...]
    across: tuple[tuple[float, str], ...]
    up: tuple[tuple[float, str], ...]


class HeatCell(NamedTuple):
    """Points, and their share of the largest, -1 to 1."""

    share: float
    points: Phrase


class HeatMap(NamedTuple):
    """What two columns add together, on a grid; across: values of the one; rows: values of the
    other, and the cells.
    """

    caption: str
    names: tuple[str, str]
    across: tuple[Phrase, ...]
    rows: tuple[tuple[Phrase, tuple[HeatCell, ...]], ...]


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


Block = (
    Paragraph
    | Bullets
    | Facts
    | Table
    | SignOff
    | Chart
    | CurvePlot
    | LinePlot
    | HeatMap
    | Conditions
    | Formulas
    | Sums
    | Code
)


class Card(NamedTuple):
    """One rule. share: of the rows that it applies to, None without data; coverage: the same in
    words.
    """

    number: int
    share: float | None
    coverage: Phrase
    blocks: tuple[Block, ...]


class PartCard(NamedTuple):
    """What one column, or a set of columns, adds. title: its name; remark: what it moves."""

    anchor: str
    title: Phrase
    remark: Phrase
    blocks: tuple[Block, ...]


class Section(NamedTuple):
    """A titled part; cards come after its blocks."""

    anchor: str
    title: str
    blocks: tuple[Block, ...]
    cards: tuple[Card, ...] = ()
    parts: tuple[PartCard, ...] = ()


@dataclass(frozen=True)
class Document:
    """The whole: title, a line under it, sections. generator: what made it, with its version; mark:
    what stands at the head of every printed page, by which its pages belong together.
    """

    title: str
    about: tuple[Phrase, ...]
    sections: tuple[Section, ...]
    generator: str
    mark: str = ""
