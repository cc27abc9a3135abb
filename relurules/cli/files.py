"""Files and rows that commands are given, and answers that they print."""

import csv
import json
import lzma
import re
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from relurules.errors import DataError, summarise_error

if TYPE_CHECKING:
    from relurules.explaining import Explanation
    from relurules.ir import RuleSet
    from relurules.ir.answers import Answer
    from relurules.ir.difference import Difference


def read_rows(path: Path | None, drop: Sequence[str], target: str | None) -> tuple[Any, Any]:
    """The rows of a file without its target, and the target; None each where there is none."""
    if path is None:
        if target is not None:
            raise DataError(f"--target {target!r} names a column of the data; give --data FILE")
        return None, None

    table = read_table(path, drop)
    if target is None:
        return table, None
    if target not in table.columns:
        raise DataError(
            f"{path}: no column {target!r}; it has {', '.join(map(repr, table.columns[:12]))}"
        )

    return table.drop(columns=[target]), table[target]


def read_table(path: Path, drop: Sequence[str]) -> Any:
    """The rows of a CSV or Parquet file, without some columns; DataError where it can't be read or
    lacks one.
    """
    import pandas

    from relurules.tables.file_size import check_file_size

    try:
        check_file_size(path)
        frame = pandas.read_parquet(path) if path.suffix == ".parquet" else pandas.read_csv(path)
    except (DataError, MemoryError):
        raise
    except OSError as error:
        if error.filename is not None:
            raise
        raise DataError(
            f"{path}: can't be read as a table: {error.strerror or summarise_error(error)}"
        ) from error
    except (ValueError, ImportError, EOFError, lzma.LZMAError, zipfile.BadZipFile) as error:
        raise DataError(f"{path}: can't be read as a table: {error}") from error

    unknown = [name for name in drop if name not in frame.columns]
    if unknown:
        raise DataError(
            f"{path}: no column {unknown[0]!r} to drop; it has "
            f"{', '.join(map(repr, frame.columns[:12]))}"
        )

    return frame.drop(columns=list(drop))


def load_model(path: Path, trusted: bool) -> Any:
    """A path for `trace`, or the model in a pickle that its user trusts."""
    from relurules.tracing.pickle_file import PICKLE_SUFFIXES, load_pickled

    return load_pickled(path, trusted=trusted) if path.suffix in PICKLE_SUFFIXES else path


def load_rules_or_model(path: Path, trusted: bool) -> Any:
    """The rules of a rules file, or a model as `load_model` gives it.

    A .json file that says it is a model is one; whatever else it holds, rules tell what is wrong.
    """
    from relurules.files.writing import read_json
    from relurules.ir import RuleSet
    from relurules.tracing.model_json import is_model_json

    if path.suffix != ".json":
        return load_model(path, trusted)
    return path if is_model_json(read_json(path)) else RuleSet.load(path)


def print_answer(answer: "Answer | Difference | Explanation", as_json: bool) -> None:
    """Print an answer as text or as JSON."""
    if as_json:
        sys.stdout.write(
            json.dumps(answer.to_json(), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        )
    else:
        Console(highlight=False).print(str(answer), markup=False, soft_wrap=True, end="")


def parse_row(rules: "RuleSet", text: str, table: Any) -> Any:
    """A row of the table by number, or a row of named values."""
    if re.fullmatch(r"\s*[0-9]{1,18}\s*", text):
        number = int(text)
        if table is None:
            raise DataError(
                f"--row {number} is a row of a file; give --data FILE, or values such as a=1,b=2"
            )
        if number >= len(table):
            raise DataError(f"--row {number}: the data have {len(table)} rows, counted from 0")
        return table.iloc[[number]]

    cells = next(csv.reader([text], skipinitialspace=True), [])
    pairs = [cell.rpartition("=") for cell in cells]
    if not pairs or any(not mark for _, mark, _ in pairs):
        raise DataError(f"--row {text!r}; expected the number of a row, or values such as a=1,b=2")

    given = {name.strip(): value.strip() for name, _, value in pairs}
    return {
        column.name: _parse_value(column.categories, given, column.name)
        for column in rules.domain.columns
    }


def _parse_value(categories: Sequence[Any], given: dict[str, str], name: str) -> Any:
    """A value as the column has them: nothing for a missing one."""
    if name not in given:
        raise DataError(f"--row lacks {name!r}; write {name}= for a missing value")

    text = given[name]
    if not text:
        return None
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
