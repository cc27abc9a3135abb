"""Files and rows that commands are given, and answers that they print."""

import csv
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from relurules.cli.table_options import TableArguments, check_columns, make_read_options
from relurules.errors import DataError
from relurules.tables.column_types import BOOLEANS

if TYPE_CHECKING:
    from relurules.explaining import AdditiveExplanation, Explanation
    from relurules.ir import Artifact, Scorer
    from relurules.ir.answers import Answer
    from relurules.ir.difference import Difference
    from relurules.tables.column_types import TableSchema
    from relurules.tables.file_columns import FileColumns, FileTable
    from relurules.tables.read_options import ReadOptions
    from relurules.tables.table import DataTable


def read_rows(
    path: Path | None, options: "ReadOptions", target: str | None
) -> tuple[Any, Any, "TableSchema | None"]:
    """The rows of a file without its target, the target, and what its columns are; None each where
    there is none.
    """
    if path is None:
        if target is not None:
            raise DataError(f"--target {target!r} names a column of the data; give --data FILE")
        return None, None, None

    table = read_table(path, options)
    if target is None:
        return table.frame, None, table.schema
    check_columns(path, [target], table.schema, "")
    if target not in table.frame.columns:
        raise DataError(f"{path}: the column {target!r} is dropped, and can't be the target too")
    return table.frame.drop(columns=[target]), table.frame[target], table.schema


def read_table(path: Path, options: "ReadOptions") -> "FileTable":
    """The rows of a CSV or Parquet file, without some columns; DataError where it can't be read or
    lacks one.
    """
    from relurules.tables.file_columns import make_frame

    return make_frame(_read_columns(path, options))


def _read_columns(path: Path, options: "ReadOptions") -> "FileColumns":
    from relurules.tables.read_file import read_file_columns

    found = read_file_columns(path, options)
    check_columns(path, options.dropped, found.schema, " to drop")
    return found


def read_data(path: Path | None, rules: "Scorer", reading: TableArguments) -> "DataTable | None":
    """The rows of a file that rules are asked about; None without one."""
    from relurules.tables.table import make_array_table

    if path is None:
        return None
    return make_array_table(_read_columns(path, make_rules_options(rules, reading)).arrays)


def make_rules_options(
    rules: "Scorer | Artifact", reading: TableArguments, target: str | None = None
) -> "ReadOptions":
    """How a file is read for rules: as their schema says."""
    return make_read_options(
        reading,
        schema=rules.schema,
        columns=rules.domain.columns,
        before=True,
        others=() if target is None else (target,),
    )


def restrict_schema(schema: "TableSchema | None", rules: "Scorer") -> "TableSchema | None":
    """What is said of the columns that rules read; None where nothing is known."""
    from relurules.domain.columns import list_table_columns

    names = list(list_table_columns(rules.domain.columns))
    return None if schema is None else schema.restrict(names)


def load_model(path: Path, trusted: bool) -> Any:
    """A path for `trace`, or the model in a pickle that its user trusts."""
    from relurules.tracing.pickle_file import PICKLE_SUFFIXES, load_pickled

    return load_pickled(path, trusted=trusted) if path.suffix in PICKLE_SUFFIXES else path


def load_rules_or_model(path: Path, trusted: bool) -> Any:
    """The rules of a rules file, or a model as `load_model` gives it.

    A .json file that says it is a model is one; whatever else it holds, rules tell what is wrong.
    """
    from relurules.codec.any_rules import read_any_rules
    from relurules.files.writing import read_json
    from relurules.tracing.model_json import is_model_json

    if path.suffix != ".json":
        return load_model(path, trusted)
    found = read_json(path)
    return path if is_model_json(found) else read_any_rules(found, path)


def print_answer(
    answer: "Answer | Difference | Explanation | AdditiveExplanation", as_json: bool
) -> None:
    """Print an answer as text or as JSON."""
    if as_json:
        sys.stdout.write(
            json.dumps(answer.to_json(), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        )
    else:
        Console(highlight=False).print(str(answer), markup=False, soft_wrap=True, end="")


def parse_row(rules: "Scorer", text: str, table: Any) -> Any:
    """A row of the table by number, or a row of named values."""
    from relurules.tables.table import take_row

    if re.fullmatch(r"\s*[0-9]{1,18}\s*", text):
        number = int(text)
        if table is None:
            raise DataError(
                f"--row {number} is a row of a file; give --data FILE, or values such as a=1,b=2"
            )
        if number >= len(table):
            raise DataError(f"--row {number}: the data have {len(table)} rows, counted from 0")
        return take_row(table, number)

    cells = next(csv.reader([text], skipinitialspace=True), [])
    pairs = [cell.rpartition("=") for cell in cells]
    if not pairs or any(not mark for _, mark, _ in pairs):
        raise DataError(f"--row {text!r}; expected the number of a row, or values such as a=1,b=2")

    given = {name.strip(): value.strip() for name, _, value in pairs}
    from relurules.domain.columns import list_table_columns

    return {
        name: _parse_value(() if column.source else column.categories, given, name)
        for name, column in list_table_columns(rules.domain.columns).items()
    }


def _parse_value(categories: Sequence[Any], given: dict[str, str], name: str) -> Any:
    """A value as the column has them: nothing for a missing one."""
    if name not in given:
        raise DataError(f"--row lacks {name!r}; write {name}= for a missing value")

    text = given[name]
    if not text:
        return None
    if not categories and text in BOOLEANS:
        return float(BOOLEANS[text])
    if categories and any(
        isinstance(value, str) for category in categories for value in category.values
    ):
        return text

    try:
        return float(text)
    except ValueError as error:
        if categories:
            return text
        raise DataError(f"--row: {name!r} is {text!r}, expected a number") from error
