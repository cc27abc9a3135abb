"""The command `relurules diff`; `main` registers it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from relurules.cli.diff_document import VersionRequest, write_versions
from relurules.cli.files import (
    load_rules_or_model,
    make_rules_options,
    print_answer,
    read_table,
)
from relurules.cli.options import TimeLimit, require_finite
from relurules.cli.table_options import TableArguments, make_read_options, take_table_options
from relurules.errors import DataError
from relurules.files.writing import require_place

_out, _err = Console(highlight=False), Console(stderr=True, highlight=False)


@take_table_options
def diff(
    reading: TableArguments,
    old: Annotated[Path, typer.Argument(help="Rules file, or network, as for extract.")],
    new: Annotated[Path, typer.Argument(help="Rules file, or network, as for extract.")],
    data: Annotated[
        Path | None, typer.Option(help="CSV or Parquet: how many of its rows change.")
    ] = None,
    tolerance: Annotated[
        float | None,
        typer.Option(
            help="How far scores may be apart; by default by rounding only.",
            min=0,
            callback=require_finite,
        ),
    ] = None,
    trust_pickle: Annotated[
        bool,
        typer.Option(
            "--trust-pickle", help="Load a pickled model, which runs the code that it names."
        ),
    ] = False,
    html: Annotated[Path | None, typer.Option(help="Write the comparison as an HTML file.")] = None,
    y: Annotated[
        str | None,
        typer.Option("--y", help="Column of the data with the true values, for --out."),
    ] = None,
    out: Annotated[
        list[Path] | None,
        typer.Option(help="Write all that changed as a document, .html, .md or .tex; repeatable."),
    ] = None,
    certificate: Annotated[
        Path | None,
        typer.Option(
            help="Of two rules files: file for a certificate of how far a score of the new ones is "
            "from that of the old ones, which `relurules check` judges."
        ),
    ] = None,
    output: Annotated[
        str | None, typer.Option(help="Output, or score, that --certificate is of.")
    ] = None,
    time_limit: TimeLimit = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compare two rule sets over their domain: `relurules diff old.json new.json --data loans.csv`.

    Prints the largest difference of every score anywhere in the domain, and a row where it is; how
    many parts of the domain, and rows of the data, are decided differently; and which rules were
    added, removed or changed. Exit code 1 where a difference beyond --tolerance can't be ruled out,
    0 where the two are proven equivalent.

    --out diff.html writes a document: what isn't alike of the two, the certified difference, lines
    that came, went and changed, curves over one another, which rows of --data get another class,
    and with --y the figures of both side by side. There --data may be read otherwise by both sides.

    --certificate change.json proves how far a score of the new rules is below and above that of the
    old ones; `relurules check change.json --rules new.json --old old.json` judges it.

    A network is compared over the domain of the other one's rules: `relurules diff rules.json
    retrained.onnx`. At --time-limit the two are told apart by what was compared until then, or not
    decided.
    """
    from relurules.api import diff as compare
    from relurules.documents.difference import print_difference_html
    from relurules.files.writing import write_text

    for path in (html, certificate, *(out or ())):
        if path is not None:
            require_place(path)
    if output is not None and certificate is None:
        raise DataError("--output is of --certificate; a comparison is of all scores")
    sides = [load_rules_or_model(path, trust_pickle) for path in (old, new)]
    names = (old.name, new.name) if old.name != new.name else (str(old), str(new))
    if out:
        asked = VersionRequest(
            names=names, out=tuple(out), data=data, y=y, reading=reading, tolerance=tolerance,
            time_limit=time_limit, as_json=as_json, html=html,
        )  # fmt: skip
        if certificate is not None:
            _write_certificate(certificate, old, new, output, time_limit)
        raise typer.Exit(write_versions(sides, asked))
    if y is not None:
        raise DataError(f"--y {y!r} names true values for a document; give --out diff.html")
    table = None if data is None else _read_data(data, sides, reading)
    found = compare(
        sides[0], sides[1], table, tolerance=tolerance, names=names, time_limit=time_limit
    )

    if html is not None:
        write_text(html, print_difference_html(found))
        _err.print(f"wrote {html}", markup=False, soft_wrap=True)

    print_answer(found, as_json)
    if certificate is not None:
        _write_certificate(certificate, old, new, output, time_limit)
    raise typer.Exit(0 if found else 1)


def _write_certificate(
    path: Path, old: Path, new: Path, output: str | None, time_limit: float | None
) -> None:
    """Write the certificate of how far two rules files are apart, and say what it shows."""
    from relurules.checker import describe_answer
    from relurules.proofs.answering import check_answer, prove_answer

    found = prove_answer(new, "difference", old=old, output=output, time_limit=time_limit)
    found.save(path)
    _err.print(describe_answer(check_answer(found, new, old)), markup=False, soft_wrap=True)
    _err.print(f"wrote {path}", markup=False, soft_wrap=True)


def _read_data(path: Path, sides: Sequence[Any], reading: TableArguments) -> Any:
    """The rows of a file as both sides read it."""
    from relurules.ir import Scorer

    rules: list[Any] = [side for side in sides if isinstance(side, Scorer)]
    if not rules:
        return read_table(path, make_read_options(reading)).frame
    types: dict[str, Any] = {}
    for side in rules:
        for name, column in () if side.schema is None else side.schema.columns.items():
            if types.setdefault(name, column) != column:
                raise DataError(
                    f"the column {name!r} of a file is one thing to the old rules and another to "
                    f"the new ones ({types[name].kind}, {column.kind}), so no row is the same to "
                    "both; leave out --data"
                )
    first = next((side for side in rules if side.schema is not None), rules[0])
    schema = None if first.schema is None else replace(first.schema, columns=types)
    options = make_rules_options(replace(first, schema=schema), reading)
    return read_table(path, options).frame
