"""How the page reads a CSV file: as the file was read that the rules were made with."""

from typing import Any

from relurules.domain.columns import list_table_columns
from relurules.ir import Scorer
from relurules.tables.column_types import ORIGIN, ColumnType, TableSchema, list_date_columns


def describe_csv(rules: Scorer) -> dict[str, Any]:
    """missing: [column of the file, texts that are missing values in it]; booleans: columns in
    which True and False are numbers; dates: columns of numbers that a date gives.
    """
    schema = rules.schema or TableSchema()
    names = list(list_table_columns(rules.domain.columns))
    dates = [
        _describe_date(derived, source, column, part)
        for source, column in schema.columns.items()
        for derived, part in list_date_columns(source, column).items()
        if derived in names
    ]
    sources = dict.fromkeys([*names, *(date["source"] for date in dates)])
    form = schema.format

    return {
        "sep": form.sep,
        "decimal": form.decimal,
        "thousands": form.thousands,
        "encoding": "utf-8" if form.is_utf8 else form.encoding,
        "missing": [[name, schema.get_missing(name)] for name in sources],
        "booleans": [name for name in names if _holds_booleans(rules, name)],
        "dates": dates,
    }


def _holds_booleans(rules: Scorer, name: str) -> bool:
    """Whether a column may be written as True and False: nobody knows without a schema."""
    if rules.schema is None or name not in rules.schema.columns:
        return True
    return rules.schema.columns[name].kind == "boolean"


def _describe_date(derived: str, source: str, column: ColumnType, part: str) -> dict[str, str]:
    origin = column.origin or ORIGIN
    return {
        "name": derived,
        "source": source,
        "form": column.form,
        "part": part,
        "origin": origin.isoformat(),
    }
