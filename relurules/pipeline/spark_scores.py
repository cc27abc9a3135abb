"""Rows of a Spark frame scored where they lie, by the SQL that is emitted for Spark."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

import numpy as np

from relurules.domain.columns import Column, is_text_column, list_table_columns
from relurules.emitting import EmitOptions
from relurules.errors import DataError, UnsupportedError
from relurules.ir import AdditiveRules, RuleSet
from relurules.pipeline.artefacts import emit_rules
from relurules.pipeline.score_columns import check_score_names, compute_score_columns
from relurules.reasons.reason_texts import ReasonOptions
from relurules.tables.names import quote_name
from relurules.tables.table import make_array_table

#: Spark's names of the types that a column of numbers or categories may have.
_NUMBERS = ("byte", "short", "integer", "long", "float", "double", "decimal", "boolean")
_TEXTS = ("string", "char", "varchar")
_TYPES = (*_NUMBERS, *_TEXTS, "void")
#: Settings of a session under which Spark reads numbers, texts or names of a statement as others.
_MISREADING = (
    "spark.sql.parser.escapedStringLiterals",
    "spark.sql.legacy.exponentLiteralAsDecimal.enabled",
    "spark.sql.parser.quotedRegexColumnNames",
)


def score_spark_frame(
    frame: Any, rules: RuleSet | AdditiveRules, columns: Sequence[str], reasons: ReasonOptions
) -> Any:
    """The frame, and what the SQL adds; nothing is computed before its rows are asked for.

    Raises DataError for columns that the rules can't read or that are called like theirs,
    UnsupportedError for settings of the session that change what the SQL means.
    """
    session, view = frame.sparkSession, f"relurules_{uuid4().hex}"
    for name in _MISREADING:
        if str(session.conf.get(name, "false")).lower() == "true":
            raise UnsupportedError(
                f"the session's setting {name} is true, under which Spark reads the SQL as "
                "another one; supported: false, as by default"
            )

    read = list_table_columns(rules.domain.columns)
    needed = list(read)
    nothing = make_array_table({name: np.empty(0) for name in needed})
    added = compute_score_columns(nothing, rules, columns, reasons)
    check_score_names(frame.columns, added.columns.tolist(), rules)
    check_spark_types(frame, needed)
    _check_kinds(frame, read)
    options = EmitOptions(
        dialect="spark",
        table=view,
        key=tuple(frame.columns),
        columns=tuple(columns),
        named=True,
        outside="null",
        reasons=reasons,
    )
    query = str(emit_rules(rules, "sql", options))
    frame.createTempView(view)
    try:
        scored = session.sql(query)  # which reads the view at once, and its rows later
    finally:
        session.catalog.dropTempView(view)

    return scored


def check_spark_types(frame: Any, names: Sequence[str]) -> None:
    """DataError for a column, of `names`, that Spark would make a number or text of without a
    word.
    """
    types = {field.name: field.dataType for field in frame.schema.fields}
    for name in names:
        kind = types[name]
        if kind.typeName() not in _TYPES or getattr(kind, "collation", "UTF8_BINARY") != (
            "UTF8_BINARY"
        ):
            raise DataError(
                f"the frame's column {quote_name(name)} is {kind.simpleString()}; supported: "
                "numbers, booleans and texts that are compared byte by byte. Cast it"
            )


def _check_kinds(frame: Any, columns: Mapping[str, Column]) -> None:
    """DataError for a column of texts where the rules read numbers, or the other way round: SQL
    would cast one to the other, so that '1' were 1.
    """
    types = {field.name: field.dataType for field in frame.schema.fields}
    for name, column in columns.items():
        values = [value for value in column.lookup if value is not None]
        if column.categories and (not values or len(set(map(type, values))) > 1):
            continue
        kinds, said = (_TEXTS, "texts") if is_text_column(column) else (_NUMBERS, "numbers")
        if types[name].typeName() not in (*kinds, "void"):
            raise DataError(
                f"the frame's column {quote_name(name)} is {types[name].simpleString()}; the rules "
                f"read {said} there. Cast it"
            )
