"""Missing values that end the query, where `missing='error'` asks for that.

Which column lacks a value is found in the first subquery; the query ends in the last one, which
engines compute only for the rows, and only for the columns, that are asked for.
"""

from collections.abc import Sequence

from relurules.domain.columns import Column, list_required_columns, list_table_columns
from relurules.emitting.request import ScorerRequest
from relurules.emitting.sql.dialect import LINE, Dialect
from relurules.emitting.sql.inputs import is_numeric, print_column
from relurules.emitting.sql.names import quote_text
from relurules.files.templates import flatten_text


def print_missing(request: ScorerRequest, table: str, dialect: Dialect) -> str:
    """The number of the first column that lacks a value, from 1, else 0; "" where none fails."""
    tests = [
        f"  WHEN {_print_test(column, table, dialect)} THEN {i}"
        for i, column in enumerate(_list_failing_columns(request), 1)
    ]
    return LINE.join(["CASE", *tests, "  ELSE 0", "END"]) if tests else ""


def print_failure(request: ScorerRequest, dialect: Dialect, missing: str) -> str:
    """0, or an error whose message names the column; missing: its number. "" where none fails."""
    columns = _list_failing_columns(request)
    if not columns:
        return ""

    messages = [quote_text(_word_failure(column), dialect) for column in columns]
    numbers = range(1, len(columns) + 1)
    if dialect.literal_messages:
        ends = [
            f"  WHEN {missing} = {i} THEN {dialect.abort(f'{missing} = {i}', message)}"
            for i, message in zip(numbers, messages, strict=True)
        ]
        return LINE.join(["CASE", f"  WHEN {missing} = 0 THEN 0", *ends, "END"])

    cases = " ".join(f"WHEN {i} THEN {text}" for i, text in zip(numbers, messages, strict=True))
    failure = dialect.abort(f"{missing} > 0", f"CASE {missing} {cases} END")
    return f"CASE WHEN {missing} = 0 THEN 0{LINE}  ELSE {failure}{LINE}END"


def _list_failing_columns(request: ScorerRequest) -> Sequence[Column]:
    """The columns in which a missing value counts as nothing."""
    if request.missing != "error":
        return []
    columns = request.rules.domain.columns
    read = list_table_columns(columns)
    return [read[name] for name in list_required_columns(columns)]


def _print_test(column: Column, table: str, dialect: Dialect) -> str:
    name = print_column(column.table_name, table, dialect)
    return dialect.missing(name) if is_numeric(column) else f"{name} IS NULL"


def _word_failure(column: Column) -> str:
    return f'relurules: no value in "{flatten_text(column.table_name)}"'
