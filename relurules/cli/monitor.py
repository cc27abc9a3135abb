"""The command `relurules monitor`; `main` registers it."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from relurules.cli.document import read_frame
from relurules.cli.options import name_command, require_finite
from relurules.cli.table_options import TableArguments, take_table_options
from relurules.errors import InputError
from relurules.files.writing import require_place, write_all

_out, _err = Console(highlight=False), Console(stderr=True, highlight=False)


@take_table_options
def monitor(
    reading: TableArguments,
    rules: Annotated[Path, typer.Argument(help="Rules file that `relurules extract` wrote.")],
    against: Annotated[
        Path, typer.Option(help="CSV or Parquet: the reference, such as train.csv.")
    ],
    data: Annotated[
        Path | None, typer.Option(help="CSV or Parquet: the rows that came later.")
    ] = None,
    sql: Annotated[
        str | None,
        typer.Option(help="Dialect: write the same as a query, in place of reading --data."),
    ] = None,
    table: Annotated[
        str, typer.Option(help="Table of the database that --sql reads.")
    ] = "input_data",
    by: Annotated[
        str | None,
        typer.Option(help="Column of dates or periods of the rows: month by month."),
    ] = None,
    psi: Annotated[
        float,
        typer.Option(
            help="Stability index above which is a breach.", min=0, callback=require_finite
        ),
    ] = 0.25,
    outside: Annotated[
        float,
        typer.Option(
            help="Share of rows outside the domain above which is a breach.",
            min=0,
            callback=require_finite,
        ),
    ] = 0.05,
    missing: Annotated[
        float,
        typer.Option(
            help="Rise of a column's share of missing values above which is a breach.",
            min=0,
            callback=require_finite,
        ),
    ] = 0.05,
    out: Annotated[
        Path | None, typer.Option(help="Folder for a page, monitor.html, and the tables as CSV.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Watch rules at work: `relurules monitor rules.json --data new.csv --against train.csv --out
    watch`.

    Compares the rows that came later with a reference: how they are spread over bands of the score
    and of every column, and over the lines that apply, by the population stability index (PSI); how
    many lie outside the domain; how many values are missing; with --by, the mean score of every
    month. Exit code 1 where anything is above its limit, 0 where nothing is.

    --sql duckdb --table loans --by day writes the same as one query, to be run where the rows are;
    the reference's bands and shares stand in it. Its rows: measure (share, psi, outside, missing,
    mean score, class 1), kind, name, band, period, row_count, reference_value, current_value, and
    breach, 1 above limits.
    """
    from relurules.codec.any_rules import load_any_rules
    from relurules.documents.monitoring import print_monitor_html
    from relurules.validation import MonitorLimits, monitor_rules
    from relurules.validation.report import tables_to_csv

    if out is not None:
        require_place(out, folder=True)
    found: Any = load_any_rules(rules)
    limits = MonitorLimits(psi=psi, outside=outside, missing=missing)
    if (data is None) == (sql is None):
        given = "neither is" if data is None else "both are"
        raise InputError(f"{given} given; give --data FILE with rows, or --sql DIALECT for a query")
    reference = read_frame(against, found, reading, [])
    if data is None:
        from relurules.pipeline.monitor_query import write_monitor_sql

        text = write_monitor_sql(found, reference, sql or "", table, limits, by)
        _write_query(text, out)
        return
    frame = read_frame(data, found, reading, [by] if by else [])
    report = monitor_rules(found, frame, reference, limits=limits, by=by)

    if out is not None:
        page = print_monitor_html(report, f"Monitoring of {rules.name}", name_command())
        said = json.dumps(report.to_json(), indent=1, ensure_ascii=False, allow_nan=False)
        files = {"monitor.html": page, "monitor.json": said + "\n", **tables_to_csv(report.tables)}
        for path in write_all(out, files):
            _err.print(f"wrote {path}", markup=False, soft_wrap=True)
    if as_json:
        said = json.dumps(report.to_json(), indent=1, ensure_ascii=False, allow_nan=False)
        sys.stdout.write(said + "\n")
    else:
        _out.print(str(report), markup=False, soft_wrap=True)
    raise typer.Exit(0 if report else 1)


def _write_query(text: str, out: Path | None) -> None:
    """The query to a folder, or to standard output."""
    if out is None:
        sys.stdout.write(text)
        return
    for path in write_all(out, {"monitor.sql": text}):
        _err.print(f"wrote {path}", markup=False, soft_wrap=True)
