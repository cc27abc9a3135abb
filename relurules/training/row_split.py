"""Which rows of a table are trained on, which ones choose among models, and which are only scored.

At random, by time (the latest rows are scored) or by group (no group on both sides).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from relurules.errors import DataError
from relurules.tables.column_types import TableSchema, list_date_columns

if TYPE_CHECKING:
    import pandas as pd

Places = NDArray[np.intp]

#: How a column may tell rows apart.
SPLIT_KINDS = ("time", "group")
#: The share of the rows that aren't only scored by which the number of rules is chosen, where a
#: column tells which they are.
VALIDATION_SHARE = 0.2


@dataclass(frozen=True, kw_only=True)
class SplitColumn:
    """A column by which rows are split.

    name: as it was asked for. kind: one of `SPLIT_KINDS`. values: (N,) numbers, the later the
    larger, or the numbers of groups. columns: of the frame, those that aren't learnt from. origin:
    of a date, the day that values count from.
    """

    name: str
    kind: str
    values: NDArray[Any]
    columns: tuple[str, ...]
    origin: date | None = None

    def word(self, value: float) -> str:
        """A time as people write it."""
        if self.origin is None:
            return f"{value:g}"
        return (self.origin + timedelta(days=float(value))).isoformat()


@dataclass(frozen=True, kw_only=True)
class RowSplit:
    """train, test: places of the rows, ascending. validation: (len(train),) which of the rows to
    train on are to choose by; None where the estimator draws them. said: how they were split.
    """

    train: Places
    test: Places
    validation: NDArray[np.bool_] | None
    said: str


def read_split_column(table: "pd.DataFrame", split: str, schema: TableSchema | None) -> SplitColumn:
    """The column that `split` names: COLUMN, time:COLUMN or group:COLUMN. A date is split by time,
    a text by group.

    Raises DataError for an unknown one, for numbers of which nobody says what they are, and for a
    missing value.
    """
    import pandas as pd

    kind, name = _parse_split(split, table, schema)
    types = {} if schema is None else schema.columns
    dates = list_date_columns(name, types[name]) if name in types else {}
    own = next((each for each, part in dates.items() if part == "days"), name)
    if own not in table.columns:
        raise DataError(_describe_unknown(name, table, dates))

    column = table[own]
    if lacking := int(column.isna().sum()):
        raise DataError(
            f"split: the column {name!r} is missing in {lacking} of {len(table)} rows; every row "
            "needs one"
        )
    number = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    if not kind and number and own == name:
        raise DataError(
            f"split: the column {name!r} holds numbers; say time:{name}, where the largest are the "
            f"latest, or group:{name}"
        )
    kind = kind or ("time" if dates else "group")
    if kind == "time" and not number:
        raise DataError(
            f"split: time:{name} needs a date or numbers; give the column a kind of 'date' with "
            "types, or use group:"
        )

    values = column.to_numpy() if kind == "time" else pd.factorize(column)[0]
    learnt = [each for each, part in dates.items() if part in ("days", "year")] or [name]
    origin = types[name].origin if dates else None
    return SplitColumn(name=name, kind=kind, values=values, columns=tuple(learnt), origin=origin)


def _parse_split(split: str, table: "pd.DataFrame", schema: TableSchema | None) -> tuple[str, str]:
    """The kind, "" where it isn't said, and the name."""
    known = {*table.columns, *(schema.columns if schema is not None else ())}
    kind, mark, name = split.partition(":")
    return (kind, name) if mark and kind in SPLIT_KINDS and split not in known else ("", split)


def _describe_unknown(name: str, table: "pd.DataFrame", dates: Mapping[str, str]) -> str:
    if dates:
        return f'split: the date {name!r} is without its days; add "days" to its parts'
    shown = ", ".join(map(repr, table.columns[:12]))
    return (
        f"split names the column {name!r}, which isn't read; there are {shown}. A column that is "
        "split by mustn't be an identifier that types declares, nor dropped: it isn't learnt from"
    )


def split_table(
    y: NDArray[Any], column: SplitColumn | None, test_size: float, seed: int, *, classes: bool
) -> RowSplit:
    """The parts of the rows of targets y (N,). column: by which they are split; None: at random,
    with the same shares of classes in each.

    Raises DataError where a part would lack a class, or be empty.
    """
    if column is None:
        return _split_at_random(y, test_size, seed, classes=classes)

    values = column.values
    draw = _draw_latest if column.kind == "time" else _draw_groups
    test = draw(values, test_size, seed)
    train = np.flatnonzero(~test)
    validation = draw(values[train], VALIDATION_SHARE, seed + 1)
    split = RowSplit(
        train=train,
        test=np.flatnonzero(test),
        validation=validation,
        said=_describe_split(column, test, train, validation),
    )
    _check_parts(y, split, column, classes=classes)

    return split


def _split_at_random(y: NDArray[Any], test_size: float, seed: int, *, classes: bool) -> RowSplit:
    from sklearn.model_selection import train_test_split

    parts = train_test_split(
        np.arange(len(y)), test_size=test_size, random_state=seed, stratify=y if classes else None
    )
    train, test = (np.sort(part) for part in parts)
    return RowSplit(train=train, test=test, validation=None, said="at random")


def _draw_latest(values: NDArray[Any], share: float, seed: int) -> NDArray[np.bool_]:
    """(N,) which rows are the latest; those of one time stay together."""
    del seed
    ordered = np.sort(values)
    least = ordered[max(len(values) - max(1, round(share * len(values))), 0)]
    found = values >= least
    return np.asarray(values > least if found.all() else found, dtype=np.bool_)


def _draw_groups(values: NDArray[Any], share: float, seed: int) -> NDArray[np.bool_]:
    """(N,) which rows are of groups drawn at random, until there are enough of them."""
    groups = np.random.default_rng(seed).permutation(np.unique(values))
    counts = np.array([int((values == group).sum()) for group in groups.tolist()])
    before = np.cumsum(counts) - counts
    return np.asarray(np.isin(values, groups[before < share * len(values)]), dtype=np.bool_)


def _check_parts(y: NDArray[Any], split: RowSplit, column: SplitColumn, *, classes: bool) -> None:
    chosen = np.zeros(len(split.train), dtype=np.bool_)
    if split.validation is not None:
        chosen = split.validation
    parts = {
        "to train on": split.train[~chosen],
        "for validation": split.train[chosen],
        "for the test": split.test,
    }
    for name, places in parts.items():
        found = len(np.unique(y[places]))
        if not len(places) or (classes and found < len(np.unique(y))):
            what = "no rows" if not len(places) else f"rows of {found} classes alone"
            raise DataError(
                f"split by {column.kind} of {column.name!r} leaves {what} {name}; use another "
                "column or test size, or no split"
            )


def _describe_split(
    column: SplitColumn, test: NDArray[np.bool_], train: Places, validation: NDArray[np.bool_]
) -> str:
    values = column.values
    if column.kind == "time":
        return (
            f"by time of {column.name}: test rows are those from {column.word(values[test].min())} "
            f"on, validation rows those from {column.word(values[train][validation].min())} on"
        )
    counts = [
        len(np.unique(part))
        for part in (values[train][~validation], values[train][validation], values[test])
    ]

    return (
        f"by group of {column.name}: {counts[0]} groups to train on, {counts[1]} for validation, "
        f"{counts[2]} for the test, none in two"
    )


def list_unlearnt(column: SplitColumn | None, table: "pd.DataFrame") -> Sequence[str]:
    """Columns of the frame that aren't learnt from, since rows are split by them."""
    return [] if column is None else [name for name in column.columns if name in table.columns]
