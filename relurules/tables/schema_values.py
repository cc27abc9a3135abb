"""A schema of a table <-> plain values, as rules files and artefacts hold them, and TOML, as people
edit it.
"""

import json
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

from relurules.errors import DataError
from relurules.tables.column_types import KINDS, ColumnType, TableSchema
from relurules.tables.table_format import TableFormat

_FORMAT_FIELDS = tuple(field.name for field in fields(TableFormat))
_COLUMN_FIELDS = tuple(field.name for field in fields(ColumnType) if field.name != "note")


def schema_to_plain(schema: TableSchema) -> dict[str, Any]:
    """The schema as dicts, lists and texts; what is as by default is left out."""
    said = {
        name: list(value) if isinstance(value, tuple) else value
        for name in _FORMAT_FIELDS
        if (value := getattr(schema.format, name)) != getattr(TableFormat(), name)
    }
    columns = {name: _column_to_plain(column) for name, column in schema.columns.items()}
    return {"format": said, "columns": columns}


def _column_to_plain(column: ColumnType) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for name in _COLUMN_FIELDS:
        value = getattr(column, name)
        if value is None or (name != "na" and value in ((), "")):
            continue
        said[name] = (
            list(value)
            if isinstance(value, tuple)
            else value.isoformat()
            if isinstance(value, date)
            else value
        )

    return said


def schema_from_plain(found: Any) -> TableSchema:
    """The same from plain values; DataError for anything else."""
    if not isinstance(found, Mapping) or set(found) - {"format", "columns"}:
        raise DataError("expected the tables `format` and `columns` of a schema")
    said, columns = found.get("format", {}), found.get("columns", {})
    if not isinstance(said, Mapping) or not isinstance(columns, Mapping):
        raise DataError("`format` and `columns` must be tables")

    return TableSchema(
        format=TableFormat(**_check_fields(said, _FORMAT_FIELDS, "format")),
        columns={str(name): _column_from_plain(str(name), one) for name, one in columns.items()},
    )


def _column_from_plain(name: str, found: Any) -> ColumnType:
    said = {"kind": found} if isinstance(found, str) else found
    where = f"columns.{name}"
    if not isinstance(said, Mapping) or "kind" not in said:
        raise DataError(f"{where}: expected a kind, one of {', '.join(KINDS)}")
    try:
        return ColumnType(**_check_fields(said, _COLUMN_FIELDS, where))
    except DataError as error:
        raise DataError(f"{where}: {str(error).removeprefix(f'{where}: ')}") from error


def _check_fields(said: Mapping[str, Any], known: tuple[str, ...], where: str) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for name, value in said.items():
        if name not in known:
            raise DataError(f"{where}: unknown entry {name!r}; supported: {', '.join(known)}")
        if name in ("na", "levels", "parts"):
            if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
                raise DataError(f"{where}: {name} is {value!r}; expected a list of texts")
            given[name] = tuple(value)
        elif name == "origin":
            given[name] = _read_day(value, where)
        elif not isinstance(value, str):
            raise DataError(f"{where}: {name} is {value!r}; expected a text")
        else:
            given[name] = value

    return given


def _read_day(value: Any, where: str) -> date:
    try:
        return value if type(value) is date else date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise DataError(f"{where}: origin is {value!r}; expected a day, 2000-01-01") from error


def read_schema(path: Path) -> TableSchema:
    """The schema of a TOML file; DataError names the entry that can't be read."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: can't be read as TOML: {error}") from error
    try:
        return schema_from_plain(found)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error


def write_schema(schema: TableSchema, source: str = "", undecided: Collection[str] = ()) -> str:
    """The schema as TOML that `read_schema` takes, with a comment where a type isn't plain.

    undecided: columns of which somebody must say what they are before it is taken.
    """
    lines = [f"# What the columns of {source or 'the table'} are; see docs/inputs.md."]
    lines += ["", "[format]"]
    for name in _FORMAT_FIELDS:
        value = getattr(schema.format, name)
        lines += [f"{name} = {_quote(list(value) if isinstance(value, tuple) else value)}"]

    for name, column in schema.columns.items():
        bare = re.fullmatch(r"[A-Za-z0-9_-]+", name)
        lines += ["", f"[columns.{name if bare else _quote(name)}]"]
        lines += [f"# {' '.join(column.note.split())}"] if column.note else []
        plain = {"kind": "undecided"} if name in undecided else _column_to_plain(column)
        lines += [f"{key} = {_quote(value)}" for key, value in plain.items()]
    return "\n".join(lines) + "\n"


def _quote(value: Any) -> str:
    """A text or a list of texts as TOML writes it, which is as JSON does."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
