"""A Spark frame, from which rows are drawn to be learnt from: all of it is queries that run on its
executors.

Spark's rows have no order, so those are drawn whose hash is least: of a row's values, of its number
among equal rows, and of the seed.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from relurules.errors import DataError
from relurules.pipeline.frame_scores import score
from relurules.pipeline.spark_scores import check_spark_types
from relurules.tables.column_types import ColumnType, TableSchema
from relurules.tables.file_columns import FileTable
from relurules.tables.names import quote_name
from relurules.tables.read_file import read_frame
from relurules.tables.read_options import ReadOptions
from relurules.training.large_table import (
    FactsQuestion,
    LargeTable,
    ScoredTargets,
    ScoresQuestion,
    TableFacts,
)

#: Names of columns that last as long as a query.
_CONTENT, _TWIN, _DRAW = "relurules content", "relurules twin", "relurules draw"
_TARGET = "relurules target"


class SparkTable(LargeTable):
    """Raises DataError for columns that aren't numbers, booleans or texts, for names that Spark
    doesn't tell apart, and for values that stand for missing ones, which Spark would take as they
    are.
    """

    def __init__(self, frame: Any, options: ReadOptions) -> None:
        _check_names(frame)
        names = [name for name in frame.columns if name not in options.dropped]
        check_spark_types(frame, names)
        schema = options.schema
        if schema.sentinels or schema.format.na or any(c.na for c in schema.columns.values()):
            raise DataError(
                "na with a Spark frame; supported: none. Make these values NULL in Spark, such as "
                "by nullif(age, -999)"
            )
        self.options = options
        self._dropped = {
            name: ColumnType(kind="ignore", note="dropped")
            for name in frame.columns
            if name in options.dropped
        }
        self._frame = frame.select(*(_quote(name) for name in names))
        self._seed, self._last = 0, 0

    def count_rows(self) -> int:
        return int(self._frame.count())

    def draw(self, total: int, count: int, seed: int) -> FileTable:
        del total
        ordered = self._number_rows(seed).orderBy(_quote(_DRAW), _quote(_CONTENT)).limit(count)
        drawn = ordered.toArrow()
        self._seed, self._last = seed, max(drawn[_DRAW].to_pylist(), default=0)
        own = read_frame(drawn.select(self._frame.columns), self.options)
        schema = replace(own.schema, columns={**own.schema.columns, **self._dropped})
        return replace(own, schema=schema)

    def _number_rows(self, seed: int) -> Any:
        """The frame with the hash that rows are drawn by."""
        names = [_quote(name) for name in self._frame.columns]
        # a hash passes over NULL, so which values are NULL is hashed too
        told = ", ".join([*names, *(f"isnull({name})" for name in names)])
        content, twin = _quote(_CONTENT), _quote(_TWIN)
        return (
            self._frame.selectExpr(*names, f"xxhash64({told}) AS {content}")
            .selectExpr(
                *names,
                content,
                f"row_number() OVER (PARTITION BY {content} ORDER BY hash({told})) AS {twin}",
            )
            .selectExpr(*names, content, f"xxhash64({content}, {twin}, {seed}L) AS {_quote(_DRAW)}")
        )

    def gather_facts(self, question: FactsQuestion, schema: TableSchema) -> TableFacts:
        del schema
        target = _quote(question.target)
        asked = [f"count_if({target} IS NULL)"]
        for name in question.numbers:
            number = f"nanvl(CAST({_quote(name)} AS DOUBLE), CAST(NULL AS DOUBLE))"
            asked += [f"min({number})", f"max({number})"]
        told = list(self._frame.selectExpr(*asked).first())
        values = np.array([np.nan if v is None else v for v in told[1:]], dtype=np.float64)
        found: list[Any] = []
        if question.classes:
            rows = self._frame.selectExpr(f"{target} AS value").distinct().collect()
            found = [row[0] for row in rows if row[0] is not None]
        return TableFacts(
            low=values[::2], high=values[1::2], lacking=int(told[0]), targets=frozenset(found)
        )

    def score_others(
        self, question: ScoresQuestion, schema: TableSchema
    ) -> Iterator[ScoredTargets]:
        del schema
        numbered = self._number_rows(self._seed)
        others = numbered.where(f"{_quote(_DRAW)} > {self._last}L")
        # scores may be called like the target
        named = others.drop(_CONTENT, _DRAW).withColumnRenamed(question.target, _TARGET)
        scored = score(named, question.rules, columns=["score"])
        own = scored.columns[len(self._frame.columns) :]
        table = scored.select(*(_quote(name) for name in (*own, _TARGET))).toArrow()
        frame = read_frame(table, ReadOptions(expected={_TARGET: "text"})).frame
        yield ScoredTargets(
            scores=frame[own].to_numpy(dtype=np.float64), targets=question.number(frame[_TARGET])
        )


def _check_names(frame: Any) -> None:
    """DataError where two columns have one name to Spark, which sees no capitals by default."""
    exact = str(frame.sparkSession.conf.get("spark.sql.caseSensitive", "false")).lower() == "true"
    known = dict[str, str]()
    for name in frame.columns:
        key = name if exact else name.lower()
        if key in known:
            raise DataError(
                f"Spark doesn't tell apart the frame's columns {quote_name(known[key])} and "
                f"{quote_name(name)}; rename or drop one there"
            )
        known[key] = name


def _quote(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
