"""The command `relurules verify`; `main` registers it."""

from pathlib import Path
from typing import Annotated, cast

import typer
from rich.console import Console

from relurules.cli.check import print_check
from relurules.cli.files import load_model, load_rules_or_model, make_rules_options
from relurules.cli.proof_options import TrustPickle
from relurules.cli.table_options import TableArguments, take_table_options
from relurules.errors import DataError

_out = Console(highlight=False)


@take_table_options
def verify(
    reading: TableArguments,
    artefact: Annotated[Path, typer.Argument(help="score.sql, score.py, score.c or rules.json.")],
    against: Annotated[
        Path, typer.Option(help="Network, as for extract, or rules (.json) to compare with.")
    ],
    data: Annotated[
        Path | None, typer.Option(help="CSV or Parquet with the columns of the network.")
    ] = None,
    engine: Annotated[
        str | None,
        typer.Option(help="python, c, or for SQL its dialect; by default the artefact's own."),
    ] = None,
    certificate: Annotated[
        Path | None,
        typer.Option(help="Certificate to check; the artefact must be just the rules it is about."),
    ] = None,
    rules: Annotated[
        Path | None, typer.Option(help="These rules; by default rules.json beside it.")
    ] = None,
    trust_pickle: TrustPickle = False,
) -> None:
    """Run an artefact in its engine and compare it with the network: exit code 1 where they differ.

    `relurules verify score.sql --against model.pt2 --data rows.csv`. SQL is run by an engine that
    can read the rows and nothing else; verify score.py, score.c and score.mjs only where you trust
    them. With --certificate and without --data nothing is run: `relurules verify score.sql
    --against model.pt2 --certificate proof/certificate.json` says whether the code is, number by
    number, the rules that are proven of the model.
    """
    from relurules.cli.display import describe_report, tabulate_reports
    from relurules.codec.any_rules import load_any_rules
    from relurules.ir import Artifact
    from relurules.pipeline.table_batches import read_rule_tables, verify_tables

    if data is None and certificate is None:
        raise DataError("nothing to verify with; give --data FILE, --certificate FILE or both")
    if certificate is not None:
        code = None if artefact.suffix == ".json" else artefact
        own = artefact if artefact.suffix == ".json" else rules
        proven = print_check(certificate, own, load_model(against, trust_pickle), code)
        if data is None or not proven:
            raise typer.Exit(0 if proven else 1)

    model = load_rules_or_model(against, trust_pickle)
    given = load_any_rules(artefact) if artefact.suffix == ".json" else Artifact.read(artefact)
    options = make_rules_options(given, reading)
    tables = read_rule_tables(cast("Path", data), given, options)
    report = verify_tables(given, model, tables, engine)
    _out.print(tabulate_reports([report]))
    _out.print(describe_report(report), markup=False, soft_wrap=True)
    raise typer.Exit(0 if report else 1)
