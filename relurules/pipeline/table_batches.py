"""Tables that don't fit memory: read in pieces, as rules need them, and put beside a model in
pieces (file -> frames, Report).
"""

import math
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from relurules.domain.table_reading import make_column_read_options
from relurules.errors import CheckError, DataError
from relurules.ir import AdditiveRules, Artifact, Report, RuleSet, Scorer
from relurules.pipeline.verification import compare_model, verify_model
from relurules.tables.batches import is_table, iterate_batches
from relurules.tables.file_batches import join_frames, read_file_batches
from relurules.tables.read_options import ReadOptions

if TYPE_CHECKING:
    import pandas

#: Rows of a piece: so many that what is done once for each piece doesn't count.
PIECE_ROWS = 2**18


def make_rules_read_options(rules: Scorer | Artifact, others: Collection[str] = ()) -> ReadOptions:
    """How a file is read for rules: as their schema says; others: columns that matter too."""
    return make_column_read_options(rules.domain.columns, rules.schema, others)


def read_rule_tables(
    data: Any, rules: Scorer | Artifact, options: ReadOptions | None = None
) -> Iterator[Any]:
    """A file, a table or an iterable of tables as pieces whose rows rules take, in order."""
    if isinstance(data, str | Path):
        known = options or make_rules_read_options(rules)
        files = read_file_batches(Path(data), known, PIECE_ROWS)
        return gather_frames((file.frame for file in files), PIECE_ROWS)
    if not is_table(data) and not isinstance(data, Iterable):
        raise DataError(
            f"the table is a {type(data).__name__}; supported: the path of a CSV or Parquet file, "
            "an array, a frame, or an iterable of such"
        )
    return iterate_batches(data)


def gather_frames(frames: "Iterable[pandas.DataFrame]", least: int) -> "Iterator[pandas.DataFrame]":
    """The same rows in pieces of at least so many, if there are so many, rows numbered through.

    A last piece that is too short is part of the one before it.
    """
    done = 0
    ready: list[pandas.DataFrame] = []
    growing: list[pandas.DataFrame] = []
    for frame in frames:
        growing.append(frame)
        if sum(map(len, growing)) >= least:
            if ready:
                yield join_frames(ready, done)
                done += sum(map(len, ready))
            ready, growing = growing, []

    if ready or growing:
        yield join_frames([*ready, *growing], done)


def verify_tables(
    artifact: Artifact | RuleSet | AdditiveRules,
    model: Any,
    tables: Iterable[Any],
    engine: str | None = None,
) -> Report:
    """`verify_model` on one table after the other, as one report.

    What outputs span, by which a difference is told from rounding, is that of each table's rows.
    """
    compared = compare_model(artifact, model)
    whole, done = None, 0
    for table in tables:
        if not len(table):
            continue
        report = verify_model(artifact, compared, table, engine)
        whole = report if whole is None else join_reports(whole, report, done)
        done += len(table)
    if whole is None:
        raise CheckError("no rows to verify on; give at least one")
    return whole


def join_reports(whole: Report, part: Report, first: int) -> Report:
    """The report of rows, and of those after them, which begin with row `first`."""
    said = tuple(
        f"{remark} (rows counted from row {first})" if remark.startswith("row ") else remark
        for remark in part.remarks
    )
    larger = part.worst >= 0 and (whole.worst < 0 or part.difference > whole.difference)
    return replace(
        whole,
        rows=whole.rows + part.rows,
        outside=whole.outside + part.outside,
        difference=max(whole.difference, part.difference),
        relative=max(whole.relative, part.relative),
        passed=whole.passed and part.passed,
        worst=first + part.worst if larger else whole.worst,
        agreement=_join_agreements(whole, part),
        seconds=whole.seconds + part.seconds,
        remarks=tuple(dict.fromkeys((*whole.remarks, *said))),
    )


def _join_agreements(one: Report, other: Report) -> float:
    """The share of all rows with a number whose class agrees; NaN where there are no classes."""
    shares = [
        (report.agreement, report.rows - report.outside)
        for report in (one, other)
        if not math.isnan(report.agreement)
    ]
    count = sum(rows for _, rows in shares)
    return sum(share * rows for share, rows in shares) / count if count else math.nan
