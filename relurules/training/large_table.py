"""Tables that don't fit memory, from which rows are drawn to be learnt from: what is asked of any,
and those that come in pieces.

Everything but the drawn rows is looked at piece by piece, and only numbers of it are kept.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial, reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from relurules.domain.columns import list_table_columns
from relurules.ir import AdditiveRules, RuleSet
from relurules.ir.network import Array
from relurules.pipeline.table_batches import PIECE_ROWS
from relurules.tables.column_types import TableSchema
from relurules.tables.file_batches import count_file_rows, read_drawn_rows, read_file_batches
from relurules.tables.file_columns import FileTable
from relurules.tables.read_file import read_frame
from relurules.tables.read_options import ReadOptions
from relurules.tables.row_draw import Places, draw_rows, mark_places, split_places

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class TableFacts:
    """What all rows of a table tell: low, high, (k,) ranges of columns of numbers, NaN of one that
    holds no number; lacking: how many rows have no target; targets: its values, of classes.
    """

    low: Array
    high: Array
    lacking: int
    targets: frozenset[Any]

    def join(self, other: "TableFacts") -> "TableFacts":
        """The same of both tables' rows."""
        return TableFacts(
            low=np.fmin(self.low, other.low),
            high=np.fmax(self.high, other.high),
            lacking=self.lacking + other.lacking,
            targets=self.targets | other.targets,
        )


@dataclass(frozen=True, kw_only=True)
class FactsQuestion:
    """numbers: columns whose range is asked for. target: the column to predict; classes: whether
    its values are asked for too.
    """

    numbers: tuple[str, ...]
    target: str
    classes: bool

    def answer(self, frame: "pd.DataFrame") -> TableFacts:
        """Of a piece of the table."""
        numbers = frame[list(self.numbers)].to_numpy(dtype=np.float64)
        known = frame[self.target].dropna()
        none = np.full((1, numbers.shape[1]), np.nan)
        return TableFacts(
            low=np.fmin.reduce(np.vstack([none, numbers])),
            high=np.fmax.reduce(np.vstack([none, numbers])),
            lacking=len(frame) - len(known),
            targets=frozenset(known.unique().tolist()) if self.classes else frozenset(),
        )


@dataclass(frozen=True, kw_only=True)
class ScoredTargets:
    """Scores (n, m) of rows by rules, NaN without one, and the rows' targets, (n,): numbers, or the
    numbers of their classes.
    """

    scores: Array
    targets: NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class ScoresQuestion:
    """rules: whose scores are asked for. target: the column to predict; classes: its values in the
    order of their numbers, none for a target of numbers.
    """

    rules: RuleSet | AdditiveRules
    target: str
    classes: tuple[Any, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the table that the answer needs."""
        return (*list_table_columns(self.rules.domain.columns), self.target)

    def answer(self, frame: "pd.DataFrame", drawn: Places) -> ScoredTargets:
        """Of the rows of a piece but those of the numbers `drawn`."""
        others = frame[~mark_places(drawn, len(frame))]
        scores = self.rules.predict_scores(others.drop(columns=self.target))
        return ScoredTargets(scores=scores, targets=self.number(others[self.target]))

    def number(self, targets: "pd.Series[Any]") -> NDArray[Any]:
        """Targets as numbers that take little memory."""
        import pandas as pd

        if not self.classes:
            return targets.to_numpy(dtype=np.float64)
        return np.asarray(pd.Index(self.classes).get_indexer(targets), dtype=np.int8)


class LargeTable(ABC):
    """A table as a fit needs it. Rows are drawn by a seed; the same are drawn however the table is
    divided into pieces. options: how its columns are read.
    """

    options: ReadOptions

    @abstractmethod
    def count_rows(self) -> int:
        """How many rows there are."""

    @abstractmethod
    def draw(self, total: int, count: int, seed: int) -> FileTable:
        """`count` of the `total` rows, with what their columns were taken for."""

    @abstractmethod
    def gather_facts(self, question: FactsQuestion, schema: TableSchema) -> TableFacts:
        """What all rows tell, read by the schema of the drawn ones."""

    @abstractmethod
    def score_others(
        self, question: ScoresQuestion, schema: TableSchema
    ) -> Iterator[ScoredTargets]:
        """The rows that weren't drawn, in pieces."""


class PiecewiseTable(LargeTable):
    """A CSV or Parquet file, or a frame in memory, which is one piece."""

    def __init__(self, table: Any, options: ReadOptions) -> None:
        self.options = options
        self._path = Path(table) if isinstance(table, str | Path) else None
        self._frame = None if self._path else read_frame(table, options)
        self._drawn = np.empty(0, dtype=np.int64)

    def count_rows(self) -> int:
        if self._path is None:
            return len(self._frame.frame)  # type: ignore[union-attr]  # one of them is there
        return count_file_rows(self._path, self.options)

    def draw(self, total: int, count: int, seed: int) -> FileTable:
        self._drawn = draw_rows(total, count, seed)
        if self._path is not None:
            return read_drawn_rows(self._path, self.options, self._drawn, PIECE_ROWS)
        whole: Any = self._frame
        drawn = whole.frame.iloc[self._drawn].reset_index(drop=True)
        return FileTable(frame=drawn, schema=whole.schema)

    def gather_facts(self, question: FactsQuestion, schema: TableSchema) -> TableFacts:
        needed = (*question.numbers, question.target)
        return join_facts(map(question.answer, self._iterate_frames(needed, schema)))

    def score_others(
        self, question: ScoresQuestion, schema: TableSchema
    ) -> Iterator[ScoredTargets]:
        first = 0
        for frame in self._iterate_frames(question.columns, schema):
            at = np.searchsorted(self._drawn, [first, first + len(frame)])
            yield question.answer(frame, self._drawn[at[0] : at[1]] - first)
            first += len(frame)

    def _iterate_frames(
        self, needed: Sequence[str], schema: TableSchema
    ) -> "Iterator[pd.DataFrame]":
        if self._path is None:
            yield self._frame.frame  # type: ignore[union-attr]  # one of them is there
            return
        options = replace(self.options, schema=schema, needed=needed)
        for piece in read_file_batches(self._path, options, PIECE_ROWS):
            yield piece.frame


class DaskTable(LargeTable):
    """A Dask frame: its workers look at the partitions, and need relurules for that. Its rows are
    numbered in the order of its partitions.
    """

    def __init__(self, frame: Any, options: ReadOptions) -> None:
        self.options = options
        self._parts = frame.to_delayed()
        self._lengths: list[int] = []
        self._drawn: list[Places] = []

    def count_rows(self) -> int:
        self._lengths = self._compute([len] * len(self._parts))
        return sum(self._lengths)

    def draw(self, total: int, count: int, seed: int) -> FileTable:
        import pandas as pd

        places = draw_rows(total, count, seed)
        self._drawn = list(split_places(places, self._lengths))
        drawn = self._compute([partial(_take_rows, own) for own in self._drawn])
        return read_frame(pd.concat(drawn, ignore_index=True), self.options)

    def gather_facts(self, question: FactsQuestion, schema: TableSchema) -> TableFacts:
        options = replace(self.options, schema=schema)
        asked = partial(_answer_partition, options, question)
        return join_facts(self._compute([asked] * len(self._parts)))

    def score_others(
        self, question: ScoresQuestion, schema: TableSchema
    ) -> Iterator[ScoredTargets]:
        options = replace(self.options, schema=schema)
        asked = [partial(_score_partition, options, question, own) for own in self._drawn]
        yield from self._compute(asked)

    def _compute(self, functions: Sequence[Callable[..., Any]]) -> Any:
        """What each function gives of its partition, in order."""
        from dask.base import compute
        from dask.delayed import delayed

        pairs = zip(self._parts, functions, strict=True)
        tasks = [delayed(function, traverse=False)(part) for part, function in pairs]
        return list(compute(*tasks))  # type: ignore[no-untyped-call]  # dask is half typed


def _take_rows(places: Places, part: "pd.DataFrame") -> "pd.DataFrame":
    return part.iloc[places]


def _answer_partition(
    options: ReadOptions, question: FactsQuestion, part: "pd.DataFrame"
) -> TableFacts:
    return question.answer(read_frame(part, options).frame)


def _score_partition(
    options: ReadOptions, question: ScoresQuestion, drawn: Places, part: "pd.DataFrame"
) -> ScoredTargets:
    return question.answer(read_frame(part, options).frame, drawn)


def join_facts(parts: Iterable[TableFacts]) -> TableFacts:
    """What pieces tell, as one."""
    return reduce(TableFacts.join, parts)
