"""The command `relurules summary`; `main` registers it."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from relurules.cli.files import make_rules_options, read_rows
from relurules.cli.rules_options import Data, Rules, Target
from relurules.cli.table_options import TableArguments, take_table_options

_out, _err = Console(highlight=False), Console(stderr=True, highlight=False)

#: Rows of a table that are printed; a file gets all.
_PRINTED = 50


@take_table_options
def summary(
    reading: TableArguments,
    rules: Rules,
    data: Data = None,
    target: Target = None,
    csv_file: Annotated[
        Path | None, typer.Option("--csv", help="Write the table to a file instead.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Rules file to write, with what the data say of the rules.")
    ] = None,
) -> None:
    """Print a line per rule: its rows, the response there, how well it tells it, and what its
    outputs can be; of additive rules a line per column, pair or larger set of columns.

    `relurules summary rules.json --data loans.csv --target ending`; without --data, what the rules
    have kept of the data that they were extracted with. `local` figures are on the rule's own rows,
    `global` ones of its formula on all.
    """
    from relurules.api import add_evidence
    from relurules.codec.any_rules import load_any_rules
    from relurules.errors import DataError
    from relurules.files.writing import write_text
    from relurules.ir import RuleSet
    from relurules.statistics.row_source import TableFile
    from relurules.tables.spreadsheet_text import format_guarded_csv

    found = load_any_rules(rules)
    options = make_rules_options(found, reading, target)
    if data is None:
        read_rows(data, options, target)  # which refuses a target of no data
        if out is not None:
            raise DataError("--out writes rules with what data say of them; give --data FILE")
    elif out is not None or isinstance(found, RuleSet):
        found = add_evidence(found, TableFile(path=data, options=options), target)
    if out is not None:
        found.save(out)
        _err.print(f"wrote {out}", markup=False, soft_wrap=True)

    whole = None if isinstance(found, RuleSet) else read_rows(data, options, target)[0]
    frame = found.summary(whole)
    if csv_file is not None:
        write_text(csv_file, format_guarded_csv(frame))
        _err.print(f"wrote {csv_file}", markup=False, soft_wrap=True)
        return

    unit = str(frame.columns[0])
    shown = frame.head(_PRINTED).set_index(unit)
    width = max(80, _out.width)
    text = shown.to_string(line_width=width, float_format=lambda value: f"{value:.4g}", na_rep="")
    _out.print(text, markup=False, soft_wrap=True)
    if len(frame) > _PRINTED:
        more = f"and {len(frame) - _PRINTED} more {unit}s; --csv FILE has them all"
        _err.print(more, markup=False)
