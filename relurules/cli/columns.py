"""The command `relurules columns`; `main` registers it."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from relurules.cli.table_options import TableArguments, check_columns, take_table_options
from relurules.errors import DataError
from relurules.files.writing import is_stdout, require_place

_out, _err = Console(highlight=False), Console(stderr=True, highlight=False)


@take_table_options
def columns(
    reading: TableArguments,
    data: Annotated[Path, typer.Argument(help="CSV or Parquet file.")],
    write: Annotated[
        Path | None, typer.Option(help="Write this to a TOML file, which --types takes.")
    ] = None,
) -> None:
    """Say what the columns of a table are: `relurules columns loans.csv --write columns.toml`.

    - number, boolean: used as numbers
    - category: a text, exactly as it is written
    - code: a category of digits, such as 01067, whose zeros a number would lose
    - ordered: a category whose `levels`, the lowest first, have an order
    - date: numbers of their own, such as the days since a day; see docs/inputs.md
    - identifier, ignore: no part in anything

    Edit the TOML file where a column is something else, and give it as --types to every command
    that reads the table; rules keep what they were made with. An empty cell is a missing value; any
    other text is one where --na says so. Exit code 2 where a column can be told in two ways: the
    TOML file then says undecided, and isn't taken before you have said what it is.
    """
    from relurules.files.writing import write_text
    from relurules.tables.read_file import infer_file_schema
    from relurules.tables.schema_values import write_schema

    if write is not None and not is_stdout(write):
        require_place(write)
    known = reading.build_schema()
    schema, flaws = infer_file_schema(data, known)
    check_columns(data, known.columns, schema, ", which --types has")
    table = Table("column", "kind", "")
    for name, column in schema.columns.items():
        kind = "undecided" if name in flaws else column.kind
        table.add_row(name, kind, _describe_column(schema.define_date_columns(name)) or column.note)

    if write is None or not is_stdout(write):
        _out.print(table, markup=False)
    if write is not None:
        write_text(write, write_schema(schema, data.name, flaws))
        _err.print(f"wrote {write}", markup=False, soft_wrap=True)
    for name, flaw in flaws.items():
        raise DataError(f"{data}, line {flaw.row}: column {name!r}: {flaw.reason}")


def _describe_column(definitions: dict[str, str]) -> str:
    return "; ".join(f"{name}: {said}" for name, said in definitions.items())
