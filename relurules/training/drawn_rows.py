"""A fit to rows that are drawn from a table which may not fit memory: which ones, what the whole
table tells of its columns, and how good the rules are on the rows that weren't drawn.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from relurules.errors import DataError
from relurules.ir import AdditiveRules, RuleSet
from relurules.tables.column_types import TableSchema
from relurules.tables.distributed import is_dask_frame, is_spark_frame
from relurules.tables.file_columns import FileTable
from relurules.tables.file_size import check_table_size
from relurules.tables.read_file import read_file, read_frame
from relurules.tables.read_options import ReadOptions
from relurules.training.fit_columns import unify_missing
from relurules.training.fit_options import FitOptions
from relurules.training.large_table import (
    DaskTable,
    FactsQuestion,
    LargeTable,
    PiecewiseTable,
    ScoresQuestion,
)
from relurules.training.prepared_table import PreparedTable, prepare_table
from relurules.training.targets import one_hot
from relurules.training.task import TASKS

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class DrawnTable:
    """file: the rows that are learnt from. source: the table that they were drawn from, of `total`
    rows; None where they are all of it.
    """

    file: FileTable
    total: int = 0
    source: LargeTable | None = None

    def describe(self) -> dict[str, str]:
        """What provenance says of it: nothing where all rows are learnt from."""
        if self.source is None:
            return {}
        return {"rows": f"{len(self.file.frame)} of {self.total}, drawn at random"}


@dataclass(frozen=True, kw_only=True)
class UndrawnRows:
    """total: rows of the table. scored: those that weren't drawn; without: of these, those that
    have no score by the rules, as a value is missing or infinite. score: of the others, as that of
    test rows.
    """

    total: int
    scored: int
    without: int
    score: float


def read_fit_table(table: Any, options: ReadOptions, rows: int | None, seed: int) -> DrawnTable:
    """The rows to learn from: all of a frame or file, or `rows` that are drawn by the seed.

    DataError for what is no table, and for one that can't fit memory where no rows are asked for.
    """
    whole = isinstance(rows, int | np.integer) and not isinstance(rows, bool)
    if rows is not None and (not whole or rows < 1):
        raise DataError(
            f"rows is {rows!r}; expected a whole number of at least 1, or none for all of them"
        )
    far = is_spark_frame(table) or is_dask_frame(table)
    if rows is None and not far:
        return DrawnTable(file=_read_whole(table, options))

    source = _open_table(table, options)
    total = source.count_rows()
    if rows is not None and rows < total:
        return DrawnTable(file=source.draw(total, rows, seed), total=total, source=source)
    if not far:
        return DrawnTable(file=_read_whole(table, options))
    check_table_size("the table", total, len(table.columns))
    return DrawnTable(file=source.draw(total, total, seed))


def _read_whole(table: Any, options: ReadOptions) -> FileTable:
    if isinstance(table, str | Path):
        return read_file(Path(table), options)
    return read_frame(table, options)


def _open_table(table: Any, options: ReadOptions) -> LargeTable:
    if is_spark_frame(table):
        from relurules.training.spark_table import SparkTable

        return SparkTable(table, options)
    return DaskTable(table, options) if is_dask_frame(table) else PiecewiseTable(table, options)


def prepare_drawn(drawn: DrawnTable, wanted: FitOptions) -> PreparedTable:
    """The rows ready to be learnt from, with the ranges of the table that they were drawn from;
    raises as `prepare_table`, and DataError for a table that its rows don't stand for.
    """
    schema = drawn.file.schema
    prepared = prepare_table(unify_missing(drawn.file.frame), wanted, schema)
    if drawn.source is None:
        return prepared
    extremes = _find_extremes(drawn.source, prepared, wanted.target, schema)
    return replace(prepared, extremes=extremes)


def _find_extremes(
    source: LargeTable, prepared: PreparedTable, target: str, schema: TableSchema
) -> "pd.DataFrame":
    """Two rows of the columns that are learnt from, with the least and the largest number that any
    row of the table has in each.

    DataError for infinite values, for rows without a target, and for classes of which no row was
    drawn.
    """
    import pandas as pd

    numbers = (*prepared.columns.numbers, *prepared.columns.filled)
    question = FactsQuestion(numbers=numbers, target=target, classes=prepared.task != "regression")
    facts = source.gather_facts(question, schema)
    if facts.lacking:
        raise DataError(
            f"the target {target!r} is missing in {facts.lacking} rows of the table; fill or "
            "remove these rows"
        )
    if others := sorted(map(repr, facts.targets - set(prepared.y.tolist()))):
        raise DataError(
            f"the target {target!r} has the value {others[0]} in rows of which none was drawn; "
            "draw more rows, or remove these"
        )

    frame = prepared.frame.iloc[[0, 0]].reset_index(drop=True)
    for name, low, high in zip(numbers, facts.low.tolist(), facts.high.tolist(), strict=True):
        if not np.isfinite([low, high]).all():
            raise DataError(f"column {name!r} holds infinite values; remove or drop it with --drop")
        frame[name] = pd.Series([low, high]).astype(frame[name].dtype)

    return frame


def score_undrawn(
    drawn: DrawnTable,
    rules: RuleSet | AdditiveRules,
    estimator: Any,
    prepared: PreparedTable,
    target: str,
) -> UndrawnRows | None:
    """How good the rules are on the rows that weren't drawn; None where all are learnt from.

    Scores of float64 and a target, of a class one byte, are in memory of each, and nothing else.
    """
    if drawn.source is None:
        return None
    is_number = prepared.task == "regression"
    classes = () if is_number else tuple(estimator.classes_.tolist())
    question = ScoresQuestion(rules=rules, target=target, classes=classes)
    parts = list(drawn.source.score_others(question, drawn.file.schema))
    F = np.concatenate([part.scores for part in parts])
    y = np.concatenate([part.targets for part in parts])
    if rules.labels is not None and rules.labels.positive == 0 and prepared.task == "binary":
        F = -F  # of the second class, as the targets are

    told = ~np.isnan(F).any(axis=1)
    Y = y[told][:, None] if is_number else one_hot(y[told].astype(float), len(classes))
    Y = Y[:, 1:] if prepared.task == "binary" else Y
    score = TASKS[prepared.task].score(F[told], Y, np.ones(len(Y))) if told.any() else np.nan
    return UndrawnRows(
        total=drawn.total, scored=len(F), without=int((~told).sum()), score=float(score)
    )
