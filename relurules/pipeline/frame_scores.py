"""Frames with what rules say of their rows: of Spark by the SQL that is emitted for it, of Dask one
partition at a time, others at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from relurules.errors import DataError
from relurules.explaining import add_reference
from relurules.ir import AdditiveRules, RuleSet
from relurules.ir.class_turn import speak_of_class
from relurules.ir.output_names import rename_outputs
from relurules.ir.scorer import refuse_path
from relurules.pipeline.score_columns import (
    check_score_names,
    choose_score_columns,
    compute_score_columns,
)
from relurules.pipeline.spark_scores import score_spark_frame
from relurules.reasons.reason_texts import MOST_REASONS, ReasonOptions, make_reason_options
from relurules.tables.distributed import is_dask_frame, is_spark_frame
from relurules.tables.table import read_column_names

if TYPE_CHECKING:
    import pandas


def score(
    frame: Any,
    rules: RuleSet | AdditiveRules,
    *,
    columns: Sequence[str] | None = None,
    top: int = MOST_REASONS,
    reference: Any = None,
    direction: str = "higher",
    reasons: Any = None,
    positive: Any = None,
    rename: Mapping[str, str] | None = None,
) -> Any:
    """The frame, and beside its columns what rules say of every row.

    frame: a Spark DataFrame, which is scored by the SQL that `emit` writes for Spark, where its
    rows lie; a Dask DataFrame, whose partitions the workers give to `rules.predict`; or a frame of
    pandas, polars or pyarrow. It has the columns that the rules read, by their names. Of Spark and
    Dask nothing is computed before somebody asks for rows.

    columns: of outputs, score, probability, class, contributions, reasons, and rule of partition
    rules, lines of additive ones; called as in SQL, and by default as `emit` has them. top,
    reference, direction, reasons, positive and rename: as in `emit`. A row outside the domain, or
    with a missing value that the model has no constant for, has nothing, and rule 0.

    Returns a frame of the same library. Raises DataError for a frame that lacks a column, has one
    that is called like one of these, or of a type that no number or category is; UnsupportedError
    for what there isn't.
    """
    refuse_path(rules)
    known = rules if rename is None else rename_outputs(rules, rename)
    known = known if positive is None else speak_of_class(known, positive)
    known = known if reference is None else add_reference(known, reference, None)
    asked = choose_score_columns(known, columns)
    options = make_reason_options(direction, top, reasons)

    if is_spark_frame(frame):
        return score_spark_frame(frame, known, asked, options)
    scoring = _FrameScoring(rules=known, columns=asked, options=options)
    if is_dask_frame(frame):
        scored = scoring.add_columns(frame._meta)
        return frame.map_partitions(scoring.add_columns, meta=scored)
    return scoring.add_columns(frame)


@dataclass(frozen=True, kw_only=True)
class _FrameScoring:
    """What is asked of every part of a frame; it goes to workers."""

    rules: RuleSet | AdditiveRules
    columns: tuple[str, ...]
    options: ReasonOptions

    def add_columns(self, frame: Any) -> Any:
        """A frame in memory with its scores."""
        import narwhals.stable.v2 as narwhals

        names = read_column_names(frame)
        is_pandas = narwhals.dependencies.is_pandas_dataframe(frame)
        if names is None or not (is_pandas or narwhals.dependencies.is_into_dataframe(frame)):
            raise DataError(
                f"the frame is a {type(frame).__name__}; supported: a frame of Spark, Dask, "
                "pandas, polars or pyarrow. Give arrays to rules.predict, and files to "
                "read_batches"
            )

        check_score_names(names, (), self.rules)
        added = compute_score_columns(frame, self.rules, self.columns, self.options)
        check_score_names(names, added.columns.tolist(), self.rules)
        if is_pandas:
            import pandas

            return pandas.concat([frame, added.set_axis(frame.index)], axis=1)

        known = narwhals.from_native(frame, eager_only=True)
        own = narwhals.from_arrow(_convert_to_arrow(added), backend=known.implementation)
        return narwhals.concat([known, own], how="horizontal").to_native()


def _convert_to_arrow(added: "pandas.DataFrame") -> Any:
    """The columns as an arrow table; what a row lacks is null."""
    import pyarrow

    return pyarrow.table(
        {
            name: pyarrow.array(
                added[name].array,
                type=pyarrow.string() if added[name].dtype == object else None,
                from_pandas=True,
            )
            for name in added
        }
    )
