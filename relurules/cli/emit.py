"""The command `relurules emit`; `main` registers it."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from relurules.cli.search_options import Positive
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
                "What to return, of outputs,class,rule; for SQL of "
                "outputs,score,probability,class,contributions,reasons,rule."
            )
        ),
    ] = "outputs,rule",
    top: Annotated[int, typer.Option(help="For SQL: how many reasons.", min=1)] = 3,
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
    from relurules.ir import RuleSet

    artifact = emit_rules(
        RuleSet.load(rules), to, dialect=dialect, form=form, table=table, key=key or [],
        shape=shape, name=name, columns=[part.strip() for part in columns.split(",")], top=top,
        output=output, outside=outside, missing=missing, number=number, title=title,
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
