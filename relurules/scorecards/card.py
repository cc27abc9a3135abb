"""The scorecard: points by column and pair, which add up to log odds on a scale of their own.

What is shown is what is computed: every number of a card has the few digits that it is printed
with, and `rounding` bounds what that changes anywhere in the domain.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from relurules.domain import Domain
from relurules.files.notebook import format_notebook_html
from relurules.ir.class_labels import ClassLabels, Label
from relurules.ir.network import Array

if TYPE_CHECKING:
    import pandas

#: A sum that lies half way between two whole numbers is rounded up, whatever float64 made of its
#: last digits.
TIE = 1e-9


@dataclass(frozen=True, kw_only=True)
class PointScaling:
    """points = base + factor * (log odds of the favourable class - log(odds)), factor = pdo / ln 2.

    pdo: points that double the odds; base: points at these odds; sign: of the rules' score in the
    log odds of the favourable class; whole: whether points are whole numbers.
    """

    pdo: float
    base: float
    odds: float
    sign: float
    whole: bool

    @property
    def factor(self) -> float:
        """Points per unit of log odds."""
        return self.pdo / float(np.log(2.0))

    def scale(self, score: Array | float) -> Any:
        """Scores -> points, before anything is rounded."""
        return self.base + self.factor * (self.sign * score - float(np.log(self.odds)))


@dataclass(frozen=True, kw_only=True, eq=False)
class PointCurve:
    """A column of numbers. breakpoints: (k,) ascending; points: (k,) there, linear between; below,
    above: for every unit beyond the first and the last one, where the column is open there.
    """

    name: str
    #: Its coordinate.
    at: int
    breakpoints: Array
    points: Array
    below: float
    above: float
    #: Whether values below the first, and above the last, breakpoint are in the domain.
    open_below: bool
    open_above: bool
    #: How far points may be from those of the rules, anywhere in the domain.
    rounding: float

    @property
    def columns(self) -> tuple[str, ...]:
        """The one column."""
        return (self.name,)

    @property
    def per_unit(self) -> Array:
        """(k - 1,) between breakpoints."""
        return np.asarray(np.diff(self.points) / np.diff(self.breakpoints))

    def evaluate(self, X: Array) -> Array:
        """(N, d) -> (N,) points."""
        x, knots = X[:, self.at], self.breakpoints
        inner = np.interp(x, knots, self.points)
        before, beyond = np.minimum(0.0, x - knots[0]), np.maximum(0.0, x - knots[-1])
        return np.asarray(inner + before * self.below + beyond * self.above)


@dataclass(frozen=True, kw_only=True, eq=False)
class PointChoices:
    """A column of categories. at: (c,) coordinates of those that the domain admits; categories:
    their names; points: (c,) of each.
    """

    name: str
    at: NDArray[np.intp]
    categories: tuple[str, ...]
    points: Array
    rounding: float

    @property
    def columns(self) -> tuple[str, ...]:
        """The one column."""
        return (self.name,)

    def evaluate(self, X: Array) -> Array:
        """(N, d) -> (N,) points."""
        return np.asarray(X[:, self.at] @ self.points)


@dataclass(frozen=True, kw_only=True, eq=False)
class PointLine:
    """`per_unit` points for every unit that normal·x, (d,), is beyond the bound. number: of the
    line; text: in words, `of income - 2 * age above 30`.
    """

    number: int
    normal: Array
    bound: float
    per_unit: float
    text: str


@dataclass(frozen=True, kw_only=True, eq=False)
class PointLines:
    """A pair of columns, or more of them: no points where none of its lines applies."""

    name: str
    columns: tuple[str, ...]
    lines: tuple[PointLine, ...]
    rounding: float

    def evaluate(self, X: Array) -> Array:
        """(N, d) -> (N,) points."""
        found = np.zeros(len(X))
        for line in self.lines:
            found += line.per_unit * np.maximum(0.0, X @ line.normal - line.bound)
        return found


PointPart = PointCurve | PointChoices | PointLines


@dataclass(frozen=True, kw_only=True)
class ScorecardRows:
    """What rounding does to rows of data.

    rows: those in the domain; largest: how far points are off; changed: numbers of the rows, from
    0, whose class is another one by the card; classes: labels by the rules and by the card of each.
    """

    rows: int
    largest: float
    changed: tuple[int, ...]
    classes: tuple[tuple[Label, Label], ...]


@dataclass(frozen=True, kw_only=True)
class Scorecard:
    """Points that are added up: start + those of every column, pair and larger set."""

    scaling: PointScaling
    #: Where everybody starts.
    start: float
    #: In the order of the rules' parts.
    parts: tuple[PointPart, ...]
    domain: Domain
    #: What the log odds are called that points are of.
    label: str
    #: The two classes.
    classes: ClassLabels
    #: The number of the class that more points speak for.
    favourable: int
    #: From so many points on, the class is the favourable one.
    cutoff: float
    #: How far a row's points may be from those of the rules anywhere in the domain: certified.
    rounding: float
    #: The same for the log odds, and for the probability.
    score_rounding: float
    output_rounding: float
    #: How far the rules themselves may be from the network, in log odds.
    score_error: float
    #: What data say.
    data: ScorecardRows | None = None

    @property
    def favourable_label(self) -> Label:
        """The class that more points speak for."""
        return self.classes.values[self.favourable]

    @property
    def adverse_label(self) -> Label:
        """The other class."""
        return self.classes.values[1 - self.favourable]

    def predict(self, table: Any) -> Array:
        """(N, d) array or frame -> (N,) points: whole numbers, half a point rounded up, where the
        card is whole; NaN for a row outside the domain or with a missing value.
        """
        X = self.domain.rows(table)
        inside = self.domain.contains(X)
        found = np.full(len(X), np.nan)
        found[inside] = self.start + sum(part.evaluate(X[inside]) for part in self.parts)
        return np.floor(found + (0.5 + TIE)) if self.scaling.whole else found

    def predict_parts(self, table: Any) -> "pandas.DataFrame":
        """(N, d) array or frame -> (N, 1 + P): the start, and the points of every part; their sum
        is that of the row before it is rounded.
        """
        import pandas

        X = self.domain.rows(table)
        inside = self.domain.contains(X)
        found = np.full((len(X), 1 + len(self.parts)), np.nan)
        found[inside, 0] = self.start
        for i, part in enumerate(self.parts, 1):
            found[inside, i] = part.evaluate(X[inside])
        index = getattr(table, "index", None)
        return pandas.DataFrame(
            found,
            columns=["start", *(part.name for part in self.parts)],
            index=index if isinstance(index, pandas.Index) else None,
        )

    def classify(self, table: Any) -> NDArray[Any]:
        """(N, d) array or frame -> (N,) the class of every row by its points; None without any."""
        points = self.predict(table)
        numbers = np.where(points >= self.cutoff, self.favourable, 1 - self.favourable)
        return self.classes.decode(np.where(np.isnan(points), np.nan, numbers))

    def to_frame(self) -> "pandas.DataFrame":
        """One row per range, category and line, as the CSV file has it."""
        from relurules.scorecards.tables import tabulate_card

        return tabulate_card(self)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values: all that is needed to compute points."""
        from relurules.scorecards.tables import describe_card

        return describe_card(self)

    def __repr__(self) -> str:
        """One line: how many points rows start from, and what is added."""
        parts = ", ".join(part.name for part in self.parts[:4])
        more = f" and {len(self.parts) - 4} more" if len(self.parts) > 4 else ""
        return f"<Scorecard: {self.start:g} points, and those of {parts}{more}>"

    def _repr_html_(self) -> str:
        """The whole card, for notebooks."""
        return format_notebook_html(repr(self)[1:-1], str(self))

    def __str__(self) -> str:
        """The card as text."""
        from relurules.scorecards.text import print_card

        return print_card(self)
