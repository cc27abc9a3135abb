"""Options of every command that reads a table: what its columns are, and how its text is read."""

import functools
import inspect
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from relurules.errors import DataError

if TYPE_CHECKING:
    from relurules.domain.columns import Column
    from relurules.ir import Graph
    from relurules.tables.column_types import TableSchema
    from relurules.tables.read_options import ReadOptions

_OPTIONS: Mapping[str, Any] = {
    "types": Annotated[
        Path | None,
        typer.Option(help="TOML of what columns are, as `relurules columns` writes it."),
    ],
    "na": Annotated[
        list[str] | None,
        typer.Option(
            help="Text that is a missing value, as an empty cell is; of fit also COLUMN=VALUE; "
            "repeatable."
        ),
    ],
    "sep": Annotated[str | None, typer.Option(help="Character between fields; by default ,.")],
    "decimal": Annotated[
        str | None, typer.Option(help="Character before a number's fraction; by default a point.")
    ],
    "thousands": Annotated[
        str | None, typer.Option(help="Character between groups of three digits; by default none.")
    ],
    "encoding": Annotated[
        str | None, typer.Option(help="Encoding of a CSV file, such as latin-1; by default utf-8.")
    ],
}


@dataclass(frozen=True, kw_only=True)
class TableArguments:
    """What somebody said of tables on the command line; None: nothing."""

    types: Path | None = None
    na: list[str] | None = None
    sep: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    encoding: str | None = None

    def build_schema(self, known: "TableSchema | None" = None) -> "TableSchema":
        """The schema of the file of types, on top of the one that is known, and changed by the
        other options.
        """
        from relurules.tables.column_types import TableSchema
        from relurules.tables.schema_values import read_schema

        schema = known or TableSchema()
        if self.types is not None:
            own = read_schema(self.types)
            schema = replace(own, columns={**schema.columns, **own.columns})
        said = {
            name: getattr(self, name)
            for name in ("sep", "decimal", "thousands", "encoding")
            if getattr(self, name) is not None
        }
        if said.get("sep") == "\\t":  # as shells give it
            said["sep"] = "\t"
        if self.na:
            said["na"] = tuple(dict.fromkeys((*schema.format.na, *self.na)))
        return replace(schema, format=replace(schema.format, **said))


def take_table_options(command: Callable[..., None]) -> Callable[..., None]:
    """The command with the options of tables, which it gets as one argument, `reading`."""
    own = inspect.signature(command, eval_str=True)
    kept = [part for name, part in own.parameters.items() if name != "reading"]
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
        for name, annotation in _OPTIONS.items()
    ]

    @functools.wraps(command)
    def run(**given: Any) -> None:
        reading = TableArguments(**{name: given.pop(name) for name in _OPTIONS})
        command(**given, reading=reading)

    keyword = [part.replace(kind=inspect.Parameter.KEYWORD_ONLY) for part in kept]
    signature = own.replace(parameters=[*keyword, *added])
    run.__signature__ = signature  # type: ignore[attr-defined]
    run.__annotations__ = {part.name: part.annotation for part in signature.parameters.values()}
    return run


def make_read_options(
    reading: TableArguments,
    *,
    schema: "TableSchema | None" = None,
    columns: "Iterable[Column] | None" = None,
    before: bool = False,
    others: Collection[str] = (),
    drop: Collection[str] = (),
) -> "ReadOptions":
    """How a file is read for somebody who knows its columns.

    schema: of the rules; columns: what a model or rules read, None: every column of the file.
    before: whether rules without a schema ask, to which pandas' words for missing numbers are
    missing numbers. others: columns that matter too. drop: columns that don't.
    """
    from relurules.domain.table_reading import tell_kinds
    from relurules.tables.read_options import MISSING_BEFORE, ReadOptions

    found = reading.build_schema(schema)
    if columns is None:
        return ReadOptions(schema=found, dropped=drop)
    kinds = tell_kinds(tuple(columns))
    return ReadOptions(
        schema=found,
        expected=kinds,
        needed={*kinds, *others},
        dropped=drop,
        missing_numbers=MISSING_BEFORE if before and schema is None else (),
    )


def make_model_options(
    graph: "Graph", reading: TableArguments, drop: Collection[str], target: str | None = None
) -> "ReadOptions":
    """How a file is read for a model: every column, unless the model names those that it reads."""
    return make_read_options(
        reading,
        columns=graph.columns if graph.named else None,
        others=() if target is None else (target,),
        drop=drop,
    )


def check_columns(path: Path, names: Iterable[str], schema: "TableSchema", why: str) -> None:
    """DataError for a column that the file, of which this is the schema, lacks."""
    known = schema.columns
    for name in names:
        if name not in known:
            shown = ", ".join(map(repr, list(known)[:12]))
            raise DataError(f"{path}: no column {name!r}{why}; it has {shown}")
