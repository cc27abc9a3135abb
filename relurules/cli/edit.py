"""The command `relurules edit`; `main` registers it."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from relurules.cli.options import TimeLimit
from relurules.cli.table_options import TableArguments, take_table_options
from relurules.errors import DataError, InputError
from relurules.files.writing import require_place

_err = Console(stderr=True, highlight=False)


@take_table_options
def edit(
    reading: TableArguments,
    rules: Annotated[Path, typer.Argument(help="Rules file, which stays as it is.")],
    edits: Annotated[
        Path | None,
        typer.Option(help="TOML with author, reason, date and tables [[edit]]; applied first."),
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", help="An edit such as 'curve age at 35 = 0.2'; repeatable."),
    ] = None,
    drop_line: Annotated[
        list[int] | None, typer.Option(help="Number of a line that goes; repeatable.")
    ] = None,
    author: Annotated[str | None, typer.Option(help="Who answers for the edit.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why it is made.")] = None,
    date: Annotated[
        str | None, typer.Option(help="The day, YYYY-MM-DD; by default today's.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="CSV or Parquet: which of its rows get another class.")
    ] = None,
    y: Annotated[
        str | None, typer.Option("--y", help="Column of the data with the true values.")
    ] = None,
    allow_broken: Annotated[
        bool,
        typer.Option(
            "--allow-broken", help="Take back promises, such as --monotone, that no longer hold."
        ),
    ] = False,
    out: Annotated[Path, typer.Option(help="Where the new rules go.")] = Path("edited.json"),
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace what is there, the old rules too.")
    ] = False,
    time_limit: TimeLimit = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Change rules by hand, and certify how far they moved: `relurules edit rules.json --set 'curve
    age at 35 = 0.2' --drop-line 7 --author 'A. Name' --reason 'policy 12' --out edited.json`.

    Edits of lines that add up, with the numbers of the document:

    - `--set 'curve age at 35 = 0.2'`: what a column adds there; its curve stays as it was elsewhere
    - `--set 'points housing at rent = 0.1'`: what a category adds
    - `--set 'line 7 slope = 0.3'`, `--set 'line 7 threshold = 40'`, `--drop-line 7`
    - `--set 'base age = 0.01'`, `--set 'base = -1'`, `--set 'start = -1.2'`

    Of partition rules: `--set 'rule 3 constant = 0.5'`, `--set 'rule 3 coefficient age = 0.01'`.
    Where there are several scores: `--set 'line 7 slope of p_yes = 0.3'`. Names of several words
    stand in ``.

    Prints a certified bound on how far any score moved anywhere in the domain, and which rows of
    --data get another class. The new rules are a model of their own, and keep who changed what and
    why; documents show it. An edit that breaks what a fit was asked to keep, such as --monotone, is
    refused with exit code 1, unless --allow-broken. The file before is never overwritten unless
    --overwrite says so: to undo an edit, go on with that file.
    """
    from relurules.codec.any_rules import load_any_rules
    from relurules.editing import edit as edit_rules
    from relurules.editing.edit_kinds import LineDrop
    from relurules.editing.edit_tables import EditFile, read_edit_file
    from relurules.editing.edit_texts import read_edits

    require_place(out)
    if out.exists() and not overwrite:
        raise InputError(f"{out}: is there already; name another --out, or say --overwrite")
    known: Any = load_any_rules(rules)
    told = EditFile(edits=()) if edits is None else read_edit_file(edits, known.scores)
    asked = [*told.edits]
    asked += [*read_edits(changes or (), known.scores).edits, *map(LineDrop, drop_line or ())]
    frame = _read_frame(data, known, reading, y)
    found = edit_rules(
        rules, asked,
        author=author or told.author, reason=reason or told.reason,
        date=date or told.date, data=frame,
        y=None if y is None or frame is None else frame[y], allow_broken=allow_broken,
        time_limit=time_limit,
    )  # fmt: skip
    found.rules.save(out)
    sys.stdout.write(
        json.dumps(found.to_json(), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        if as_json
        else str(found)
    )
    _err.print(f"wrote {out}", markup=False, soft_wrap=True)


def _read_frame(data: Path | None, rules: Any, reading: TableArguments, y: str | None) -> Any:
    """The rows of the data; DataError for true values without any."""
    from relurules.cli.document import read_frame

    if data is None:
        if y is not None:
            raise DataError(f"--y {y!r} names a column of the data; give --data FILE")
        return None
    return read_frame(data, rules, reading, [] if y is None else [y])
