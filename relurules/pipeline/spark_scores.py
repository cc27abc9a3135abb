"""Rows of a Spark frame scored where they lie, by the SQL that is emitted for Spark."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import numpy as np

from relurules.domain.columns import list_table_columns
from relurules.emitting import EmitOptions
from relurules.errors import DataError, UnsupportedError
from relurules.ir import AdditiveRules, RuleSet
from relurules.pipeline.artefacts import emit_rules
from relurules.pipeline.score_columns import check_score_names, compute_score_columns
from relurules.reasons.reason_texts import ReasonOptions
from relurules.tables.names import quote_name
from relurules.tables.table import make_array_table

#: Spark's names of the types that a column of numbers or categories may have.
_TYPES = (
    *("byte", "short", "integer", "long", "float", "double", "decimal"),
    *("boolean", "string", "char", "varchar", "void"),
)
#: Settings of a session under which Spark reads numbers and texts of a statement as others.
_MISREADING = (
    "spark.sql.parser.escapedStringLiterals",
    "spark.sql.legacy.exponentLiteralAsDecimal.enabled",
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

    needed = list(list_table_columns(rules.domain.columns))
    nothing = make_array_table({name: np.empty(0) for name in needed})
    added = compute_score_columns(nothing, rules, columns, reasons)
    check_score_names(frame.columns, added.columns.tolist(), rules)
    check_spark_types(frame, needed)
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
