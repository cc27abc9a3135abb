"""What a search for lines knows of the columns: which coordinates belong together, and what they
hold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from relurules.errors import DataError
from relurules.ir.network import Array


@dataclass(frozen=True, kw_only=True, eq=False)
class ColumnLimit:
    """The least and the most that a column adds, beside what it adds at the reference.

    low, high: of the score. points: (V, q) values of the column's coordinates: the ends of its
    range, or its categories. reference: (q,). All of them standardised.
    """

    low: float
    high: float
    points: Array
    reference: Array


@dataclass(frozen=True, kw_only=True)
class LineColumn:
    """One column of the user's table.

    name: as the table has it.
    coordinates: its place among the d coordinates; a place for each category of a column of text.
    whole: whether all its values are whole numbers.
    trend: 1 where the score may only rise with it, -1 where it may only fall, 0 for either.
    limit: of what it adds; None for none.
    """

    name: str
    coordinates: tuple[int, ...]
    whole: bool = False
    trend: int = 0
    limit: ColumnLimit | None = None

    @property
    def is_number(self) -> bool:
        """Whether it has one coordinate."""
        return len(self.coordinates) == 1


def describe_columns(
    X: Array,
    names: Sequence[str],
    groups: Mapping[str, Sequence[int]] | None = None,
    trends: Mapping[str, int] | None = None,
) -> tuple[LineColumn, ...]:
    """The columns of rows X, (N, d), whose coordinates have these names.

    groups: coordinates that are the indicators of one column, by its name. trends: see
    `LineColumn`, by column. Raises DataError for a trend that can't be kept: of an unknown column,
    of categories, or another number than 1, 0 and -1.
    """
    grouped = {place: name for name, places in (groups or {}).items() for place in places}
    found: dict[str, list[int]] = {}

    for place, name in enumerate(names):
        found.setdefault(grouped.get(place, name), []).append(place)

    columns = tuple(
        LineColumn(
            name=name,
            coordinates=tuple(places),
            whole=len(places) == 1 and bool((X[:, places[0]] % 1 == 0).all()),
            trend=int((trends or {}).get(name, 0)),
        )
        for name, places in found.items()
    )
    _check_trends(columns, trends or {})

    return columns


def _check_trends(columns: Sequence[LineColumn], trends: Mapping[str, int]) -> None:
    known = {column.name: column for column in columns}

    for name, trend in trends.items():
        if name not in known:
            shown = ", ".join(map(repr, sorted(known)[:12]))
            raise DataError(f"monotone names the column {name!r}; there are {shown}")
        if trend not in (-1, 0, 1):
            raise DataError(
                f"monotone has {trend!r} for the column {name!r}; expected 1 for a score that may "
                "only rise with it, -1 for one that may only fall, 0 for either"
            )
        if trend and not known[name].is_number:
            raise DataError(
                f"monotone has the column {name!r}, which holds categories; only numbers and "
                "categories in an order can be monotone"
            )
