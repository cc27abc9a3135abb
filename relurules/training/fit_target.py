"""The target of a table that is fitted: the task that it tells, and a value for every row."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from relurules.errors import DataError, UnsupportedError

if TYPE_CHECKING:
    import pandas as pd

TASKS = ("auto", "regression", "binary", "multiclass")

#: Fewer rows can't be split in three; of fewer a class can't be learnt.
_ROWS, _CLASS_ROWS = 30, 5
#: A target of whole numbers is taken for classes up to so many of them; more can't be trained for
#: at all.
_MOST_GUESSED_CLASSES, _MOST_CLASSES = 10, 50
#: Beyond this, float64 doesn't tell whole numbers apart, as labels and SQL do.
_LARGEST_LABEL = 2**53 - 1


class TargetOptions(NamedTuple):
    """What is asked of a target.

    target: its column.
    task: one of `TASKS`.
    test_size: share of the rows that is only scored.
    """

    target: str
    task: str
    test_size: float


def read_target(table: "pd.DataFrame", wanted: TargetOptions) -> tuple[str, Any]:
    """The task, and the target of every row: (N,) numbers, or classes."""
    column = _check_target(table, wanted)
    number = _is_number(column)
    whole = number and bool((column % 1 == 0).all())
    task = wanted.task

    if task == "auto":
        numeric = number and (not whole or column.nunique() > _MOST_GUESSED_CLASSES)
        task = "regression" if numeric else "binary" if column.nunique() == 2 else "multiclass"
    if task == "regression":
        if not number or not np.isfinite(y := column.to_numpy(dtype=float)).all():
            raise DataError(
                f"the target {column.name!r} holds {_list_examples(column)}; a regression needs "
                "finite numbers"
            )
        return task, y

    if number and not whole:
        raise DataError(
            f"the target {column.name!r} holds fractions such as {_list_examples(column)}; did "
            "you mean --task regression?"
        )

    if number:
        _require_told_apart(column)

    return task, _read_classes(column.astype(int) if number else column, task, wanted)


def _check_target(table: "pd.DataFrame", wanted: TargetOptions) -> "pd.Series[Any]":
    """The target's column, of a table that is large enough, with a value in every row, not all of
    them the same.
    """
    name = wanted.target
    if wanted.task not in TASKS:
        raise UnsupportedError(f"task {wanted.task!r}; supported: {', '.join(TASKS)}")
    if not 0 < wanted.test_size < 1:
        raise DataError(f"test size {wanted.test_size}; expected a share between 0 and 1")
    if not isinstance(name, str):
        raise DataError(
            f"target is a {type(name).__name__}; expected the name of a column of the table. Put "
            "the values into the table first, such as fit(table.assign(y=values), 'y')"
        )
    if name not in table.columns:
        raise DataError(
            f"no column {name!r} to be the target, which holds numbers, booleans or texts; such "
            f"columns are {', '.join(map(repr, table.columns[:12]))}"
        )

    if len(table) < _ROWS:
        raise DataError(f"the table has {len(table)} rows; at least {_ROWS} are needed")

    column = table[name]
    if missing := int(column.isna().sum()):
        raise DataError(
            f"the target {name!r} is missing in {missing} of {len(table)} rows; fill or remove "
            "these rows"
        )

    if column.nunique() < 2:
        if _is_number(column):
            _require_told_apart(column)
        raise DataError(
            f"the target {name!r} is {_list_examples(column)} in all rows; at least two classes or "
            "numbers are needed"
        )

    return column


def _is_number(column: "pd.Series[Any]") -> bool:
    import pandas as pd

    return bool(pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column))


def _require_told_apart(column: "pd.Series[Any]") -> None:
    """DataError for whole numbers of which float64 may have made others."""
    if not column.between(-_LARGEST_LABEL, _LARGEST_LABEL).all():
        raise DataError(
            f"the target {column.name!r} holds classes such as {column.abs().max()}; as numbers, "
            "they are told apart up to 2**53 - 1. Give the classes as texts"
        )


def _read_classes(column: "pd.Series[Any]", task: str, wanted: TargetOptions) -> Any:
    counts = column.value_counts()
    counts = counts[counts > 0]  # categories that no row has
    kinds = {type(value) for value in column.tolist()}
    if len(kinds) > 1 or not kinds <= {str, bool, int}:
        shown = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise DataError(
            f"the target {column.name!r} holds {shown}; classes must be text, whole numbers, or "
            "true and false"
        )

    if task == "binary" and len(counts) != 2:
        raise DataError(
            f"the target {column.name!r} has {len(counts)} classes, {_list_examples(column)}; "
            "binary needs 2"
        )

    if task == "multiclass" and len(counts) < 3:
        raise DataError(
            f"the target {column.name!r} has the classes {_list_examples(column)} only; use "
            "--task binary"
        )

    if len(counts) > _MOST_CLASSES:
        raise DataError(
            f"the target {column.name!r} has {len(counts)} classes, such as "
            f"{_list_examples(column)}; at most {_MOST_CLASSES} can be told apart; join some"
        )

    if counts.min() < _CLASS_ROWS:
        rarest = counts.index[counts == counts.min()].tolist()[0]
        raise DataError(
            f"class {rarest!r} of the target {column.name!r} has {counts.min()} rows; at least "
            f"{_CLASS_ROWS} are needed; remove these rows or join classes"
        )

    if round(min(wanted.test_size, 1 - wanted.test_size) * len(column)) < len(counts):
        raise DataError(
            f"a test size of {wanted.test_size} leaves fewer rows than the {len(counts)} classes"
        )

    return np.array(column.tolist())


def _list_examples(column: "pd.Series[Any]") -> str:
    values = column.drop_duplicates().head(3).tolist()
    return ", ".join(
        repr(int(value) if isinstance(value, float) and value.is_integer() else value)
        for value in values
    )
