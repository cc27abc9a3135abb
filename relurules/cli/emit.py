"""The command `relurules emit`; `main` registers it."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from relurules.cli.files import make_rules_options
from relurules.cli.reason_options import Direction, Reasons, Reference, read_reference
from relurules.cli.search_options import Positive
from relurules.cli.table_options import TableArguments
from relurules.errors import UnsupportedError

_err = Console(stderr=True, highlight=False)


def emit(
    rules: Annotated[Path, typer.Argument(help="Rules file that `relurules extract` wrote.")],
    to: Annotated[
        str,
        typer.Option(
            "--to", help="text, markdown, html, latex, sql, python, numpy, c or javascript."
        ),
    ],
    dialect: Annotated[
        str | None, typer.Option(help="For SQL: sqlite (default), duckdb, postgres, mysql, ...")
    ] = None,
    form: Annotated[
        str | None, typer.Option(help="rules, tree or network; by default what suits.")
    ] = None,
    table: Annotated[str, typer.Option(help="For SQL: the table that is scored.")] = "input_data",
    key: Annotated[
        list[str] | None,
        typer.Option(help="For SQL: column to keep beside the outputs; repeatable."),
    ] = None,
    shape: Annotated[
        str, typer.Option(help="For SQL: select, view, dbt, expression or function.")
    ] = "select",
    name: Annotated[str | None, typer.Option(help="For SQL: name of the view or function.")] = None,
    columns: Annotated[
        str,
        typer.Option(
            help=(
                "What to return, of outputs,class,contributions,reasons,rule; for SQL also "
                "score,probability."
            )
        ),
    ] = "outputs,rule",
    top: Annotated[int, typer.Option(help="How many reasons at most.", min=1)] = 4,
    reference: Reference = None,
    direction: Direction = "higher",
    reasons: Reasons = None,
    output: Annotated[
        str | None, typer.Option(help="For an expression or function: of which output, or rule.")
    ] = None,
    outside: Annotated[
        str | None,
        typer.Option(
            help=(
                "What code gives rows outside the domain: null, clamp, or exact (default of form "
                "network)."
            )
        ),
    ] = None,
    missing: Annotated[
        str,
        typer.Option(
            help=(
                "For SQL: missing values propagate, impute (refused where that can't be), or error."
            )
        ),
    ] = "propagate",
    number: Annotated[str, typer.Option(help="For C: double or float.")] = "double",
    title: Annotated[
        str | None, typer.Option(help="For markdown, html and latex: the document's title.")
    ] = None,
    positive: Positive = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the files; without it the text is printed.")
    ] = None,
) -> None:
    """Emit rules as a document or code: `relurules emit rules.json --to sql --dialect duckdb
    --table loans --key id`.

    A document for people: `relurules emit rules.json --to html --title "Who repays?" --out .`, or
    markdown, or latex.
    """
    from relurules.api import emit as emit_rules
    from relurules.codec.any_rules import load_any_rules

    found: Any = load_any_rules(rules)
    measured_from = read_reference(reference, make_rules_options(found, TableArguments()))
    artifact = emit_rules(
        found, to, dialect=dialect, form=form, table=table, key=key or [],
        shape=shape, name=name, columns=[part.strip() for part in columns.split(",")], top=top,
        output=output, outside=outside, missing=missing, number=number, title=title,
        reference=measured_from, direction=direction, reasons=reasons,
        positive=positive,
    )  # fmt: skip

    if out is not None:
        for path in artifact.write(out):
            _err.print(f"wrote {path}", markup=False)
    elif len(artifact.files) > 1:
        raise UnsupportedError(
            f"target {to!r} is {len(artifact.files)} files ({', '.join(artifact.files)}); give "
            "--out FOLDER"
        )
    else:
        sys.stdout.write(str(artifact))
