"""Rows in bands: of scores, of columns, of groups, of lines and rules."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.domain.columns import Category
from relurules.errors import DataError
from relurules.ir import AdditiveRules, RuleSet
from relurules.ir.network import Array
from relurules.statistics.population_stability import (
    BANDS,
    NumberBands,
    cut_bands,
    cut_score_bands,
)
from relurules.wording.numbers import format_number, format_short

if TYPE_CHECKING:
    import pandas

#: Values of a number that are groups each; more are cut into so many bands.
_VALUES, _GROUP_BANDS = 12, 4
#: Values of a column of text that may be groups.
_MOST_GROUPS = 60
#: Digits of a band's ends: of columns, more where few would make two of them look the same.
_DIGITS = 4
#: Text that is in the order of time as it is in that of letters: a year, and then a quarter, half,
#: month or week, and a day.
_PERIOD = re.compile(r"\d{4}([-/. ]?([QH]\d|[WM]?\d{2})([-/. ]?\d{2})?)?$", re.IGNORECASE)


class BandedRows(NamedTuple):
    """What something is in each of n rows. kind: score, column, line or rule; labels: of the
    bands; place: (n,) the band of each row.
    """

    kind: str
    name: str
    labels: tuple[str, ...]
    place: NDArray[np.intp]

    @property
    def counts(self) -> NDArray[np.intp]:
        """Rows of every band."""
        return np.bincount(self.place, minlength=len(self.labels))


class RowBander(NamedTuple):
    """Rows in coordinates and their scores -> bands that are those of the base."""

    rules: RuleSet | AdditiveRules
    base_rows: Array
    base_score: Array

    def band(self, X: Array, score: Array) -> list[BandedRows]:
        """The score, every column that is read, and every line, or the rules."""
        scores = cut_score_bands(self.base_score)
        found = [_band_numbers("score", "score", scores, score)]
        found += self._band_columns(X)
        return [*found, *self._band_rules(X)]

    def _band_columns(self, X: Array) -> list[BandedRows]:
        domain = self.rules.domain
        found = []
        for column, places in zip(domain.columns, domain.places, strict=True):
            at = list(places)
            if column.categories:
                labels = tuple(name_category(one) for one in column.categories)
                place = X[:, at].argmax(axis=1) if len(X) else np.zeros(0, np.intp)
                found.append(BandedRows("column", column.name, labels, place))
            else:
                bands = cut_bands(self.base_rows[:, at[0]], BANDS)
                found.append(_band_numbers("column", column.name, bands, X[:, at[0]]))

        return found

    def _band_rules(self, X: Array) -> list[BandedRows]:
        if isinstance(self.rules, RuleSet):
            labels = tuple(f"rule {i + 1}" for i in range(len(self.rules)))
            place = self.rules.number_rows(X) - 1
            return [BandedRows("rule", "which rule applies", labels, place)]

        applies = self.rules.bounds < X @ self.rules.normals.T
        return [
            BandedRows(
                "line",
                f"line {line.number}: {', '.join(line.columns)}",
                ("doesn't apply", "applies"),
                applies[:, i].astype(np.intp),
            )
            for i, line in enumerate(self.rules)
        ]


def _band_numbers(kind: str, name: str, bands: NumberBands, values: Array) -> BandedRows:
    labels = label_bands(bands.edges.tolist())
    return BandedRows(kind, name, labels, bands.place(values))


def label_bands(edges: Sequence[float]) -> tuple[str, ...]:
    """`below 3`, `3 to below 5`, `5 and above`."""
    if not edges:
        return ("all",)
    shown = _write_edges(edges)
    inner = [f"{low} to below {high}" for low, high in pairwise(shown)]
    return (f"below {shown[0]}", *inner, f"{shown[-1]} and above")


def _write_edges(edges: Sequence[float]) -> list[str]:
    for digits in range(_DIGITS, 17):
        shown = [format_short(edge, digits) for edge in edges]
        if len(set(shown)) == len(edges):
            return shown
    return [format_number(edge) for edge in edges]


def name_category(category: Category) -> str:
    """Its values as they stand in a table, without quotes."""
    values = [v if isinstance(v, str) else format_number(v) for v in category.values]
    words = ["missing"] * category.missing + ["any other value"] * category.other
    return " or ".join([*values, *words])


def group_rows(frames: Sequence["pandas.DataFrame"], column: str) -> list[BandedRows]:
    """The rows of every frame by the values of a column, alike in all; numbers of many values in
    four bands of as many rows; those without a value are a group of their own. DataError for a
    column that there isn't.
    """
    import pandas

    values = pandas.concat([read_group_column(one, column) for one in frames], ignore_index=True)
    missing = np.asarray(values.isna())
    known = values[~missing]
    labels, place = _group_known(column, known)
    found = np.full(len(values), len(labels), dtype=np.intp)
    found[~missing] = place
    if missing.any():
        labels = (*labels, "missing")
    ends = np.cumsum([len(one) for one in frames])[:-1]

    return [BandedRows("group", column, labels, place) for place in np.split(found, ends)]


def read_group_column(frame: "pandas.DataFrame", column: str) -> "pandas.Series[Any]":
    """A column by its name; DataError naming those that there are."""
    if column not in frame.columns:
        shown = ", ".join(map(repr, list(frame.columns)[:12]))
        raise DataError(f"the data have no column {column!r}; they have {shown}")
    return frame[column]


def _group_known(column: str, known: "pandas.Series[Any]") -> tuple[tuple[str, ...], Any]:
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    distinct = known.unique()
    numbers = is_numeric_dtype(known) and not is_bool_dtype(known)
    if numbers and len(distinct) > _VALUES:
        values = known.to_numpy(dtype=float)
        bands = cut_bands(values, _GROUP_BANDS)
        return label_bands(bands.edges.tolist()), bands.place(values)
    if len(distinct) > _MOST_GROUPS:
        raise DataError(
            f"the column {column!r} has {len(distinct)} values; groups are of a column of at most "
            f"{_MOST_GROUPS}, or of numbers, which are cut into {_GROUP_BANDS} bands"
        )

    ordered = sorted(distinct.tolist(), key=lambda value: (isinstance(value, str), value))
    number = {value: i for i, value in enumerate(ordered)}
    labels = tuple(format_number(float(v)) if numbers else str(v) for v in ordered)

    return labels, np.array([number[value] for value in known.tolist()], dtype=np.intp)


def name_periods(frame: "pandas.DataFrame", column: str) -> "pandas.Series[Any]":
    """Every row's month, `2024-03`, where the column holds dates, else its value; "" for none.

    DataError for texts that have no order in time.
    """
    import pandas

    dates = _read_dates(frame, column)
    if dates is not None:
        months: pandas.Series[Any] = dates.dt.strftime("%Y-%m").where(dates.notna(), "")
        return months
    values = read_group_column(frame, column)
    if pandas.api.types.is_numeric_dtype(values):
        return values.map(lambda v: "" if pandas.isna(v) else format_number(float(v)))

    _check_periods(values.dropna(), column)
    return values.astype(object).where(values.notna(), "").astype(str)


def _check_periods(values: "pandas.Series[Any]", column: str) -> None:
    """Text is in the order of time where it begins with a year: 2024-Q1, 2024W05, 2024/03/31."""
    others = [text for text in map(str, values.unique()) if not _PERIOD.match(text)]
    if others:
        shown = ", ".join(map(repr, sorted(others)[:3]))
        raise DataError(
            f"column {column!r} holds texts such as {shown}, which tell no order in time; "
            "supported: dates such as 2024-03-31, periods such as 2024-Q1 or 2024-03, and numbers"
        )


def _read_dates(frame: "pandas.DataFrame", column: str) -> "pandas.Series[Any] | None":
    """Dates of a column, or of the days that a file's reader made of it; None for anything else."""
    import pandas

    for name in frame.columns:
        found = re.fullmatch(rf"{re.escape(column)}_days_since_(\d+)_(\d+)_(\d+)", str(name))
        if found and column not in frame.columns:
            year, month, day = map(int, found.groups())
            origin = pandas.Timestamp(year, month, day)
            return origin + pandas.to_timedelta(frame[name], unit="D")

    values = read_group_column(frame, column)
    if pandas.api.types.is_numeric_dtype(values):
        return None
    try:
        return pandas.to_datetime(values, errors="raise", format="ISO8601")
    except (ValueError, TypeError):
        return None
