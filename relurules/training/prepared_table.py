"""A table made ready to be learnt from: its target, its columns, and how its rows are split."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from relurules.errors import DataError
from relurules.tables.column_types import TableSchema
from relurules.training.fit_columns import ColumnKinds, classify_columns
from relurules.training.fit_forms import choose_form
from relurules.training.fit_options import FitOptions, choose_method
from relurules.training.fit_target import TargetOptions, read_target
from relurules.training.row_split import (
    RowSplit,
    SplitColumn,
    list_unlearnt,
    read_split_column,
    split_table,
)

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class PreparedTable:
    """wanted: the options, with a form and a method that the target allows. frame: the columns that
    are learnt from; y: (N,) targets; column: that by which rows are split. extremes: two rows with
    the ranges of a table from which these rows were drawn; None where they are all of it.
    """

    wanted: FitOptions
    frame: "pd.DataFrame"
    y: Any
    task: str
    columns: ColumnKinds
    column: SplitColumn | None
    split: RowSplit
    extremes: "pd.DataFrame | None" = None

    @property
    def reach(self) -> "pd.DataFrame":
        """Rows that have the ranges of all columns of numbers."""
        if self.extremes is None:
            return self.frame
        import pandas as pd

        return pd.concat([self.frame, self.extremes], ignore_index=True)

    def draw(self, wanted: FitOptions, seed: int) -> "PreparedTable":
        """The same with another split."""
        classes = self.task != "regression"
        split = split_table(self.y, self.column, wanted.test_size, seed, classes=classes)
        return replace(self, split=split)


def prepare_table(
    table: "pd.DataFrame", wanted: FitOptions, schema: TableSchema | None
) -> PreparedTable:
    """Raises DataError for a table, a target or a split that can't be learnt from, UnsupportedError
    for options that don't fit the target.
    """
    _check_repeats(wanted)
    options = TargetOptions(wanted.target, wanted.task, wanted.test_size)
    task, y = read_target(table, options)
    wanted = choose_method(choose_form(wanted, task), task)
    others = table.drop(columns=[wanted.target])
    column = None if wanted.split is None else read_split_column(others, wanted.split, schema)
    if column is not None and column.kind == "time" and wanted.repeats > 1:
        raise DataError(
            f"repeats={wanted.repeats} with a split by time of {column.name!r}, of which there is "
            "one; use repeats=1"
        )
    learnt = others.drop(columns=list(list_unlearnt(column, others)))
    columns = classify_columns(learnt, schema, wanted.column_options)
    used = {*columns.numbers, *columns.filled, *columns.categories, *columns.ordered}
    frame = table[[name for name in table.columns if name in used]]
    split = split_table(y, column, wanted.test_size, wanted.seed, classes=task != "regression")

    return PreparedTable(
        wanted=wanted, frame=frame, y=y, task=task, columns=columns, column=column, split=split
    )


def _check_repeats(wanted: FitOptions) -> None:
    if wanted.repeats < 1:
        raise DataError(f"repeats is {wanted.repeats}; expected at least 1")
