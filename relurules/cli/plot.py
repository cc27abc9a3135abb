"""The command `relurules plot`; `main` registers it."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from relurules.cli.files import make_rules_options, parse_row, read_rows
from relurules.cli.rules_options import Data, Output, Rules, Target, Uncentred
from relurules.cli.table_options import TableArguments, take_table_options
from relurules.files.writing import require_place

_err = Console(stderr=True, highlight=False)


@take_table_options
def plot(
    reading: TableArguments,
    rules: Rules,
    kind: Annotated[
        str,
        typer.Argument(
            help="importance, parallel, violin, profile, shape, pairwise, pair, regions, row, "
            "waterfall, intervals, merging or tradeoff; see above."
        ),
    ],
    data: Data = None,
    target: Target = None,
    feature: Annotated[
        list[str] | None,
        typer.Option(help="Column that the plot is of; repeatable. By default the important ones."),
    ] = None,
    output: Output = None,
    top: Annotated[
        int | None, typer.Option(help="How many columns, or of a profile rules.", min=1)
    ] = None,
    rule: Annotated[
        int | None, typer.Option(help="Number of the rule, for intervals.", min=1)
    ] = None,
    row: Annotated[
        str | None,
        typer.Option(help="Row to explain, or through which regions are cut; as in explain."),
    ] = None,
    uncentred: Uncentred = False,
    out: Annotated[
        Path | None, typer.Option(help="File: .svg, .png or .pdf; by default KIND.svg.")
    ] = None,
) -> None:
    """Draw what rules mean: `relurules plot rules.json importance --data loans.csv --target ending
    --out figure.svg`.

    - importance: how much each column moves the score
    - parallel, violin: coefficients of the top columns, a line per rule, or spread over the rows
    - profile: the term of one column in each rule (--feature)
    - pairwise: what two columns do together to each row (--feature twice)
    - regions: where the rules hold, in the plane of two columns (--feature twice)
    - row, waterfall: what each column adds to the score of a row (--row)
    - intervals: a rule's coefficients beside Wald intervals from its rows (--data, --target,
      --rule)
    - merging: what merging and flattening the rules costs (--data, --target)
    - tradeoff: how many rules are enough for which error, of rules that were simplified
    - roc, calibration: how good the scores are (--data, --target)

    Of additive rules: importance, pairwise, row, tradeoff, roc and calibration, and

    - shape: what one column adds, over its rows (--feature)
    - pair: what two columns add together, beyond either (--feature twice)
    - beeswarm: what columns add to the scores of many rows, a dot each (--data)

    importance, parallel and violin need no --data where the rules were extracted with data.
    """
    from relurules.codec.any_rules import load_any_rules
    from relurules.plotting import plot as draw

    path = Path(f"{kind}.svg") if out is None else out
    require_place(path)
    found = load_any_rules(rules)
    table, y, _ = read_rows(data, make_rules_options(found, reading, target), target)
    at = None if row is None else parse_row(found, row, table)
    draw(
        found,
        kind,
        data=table,
        y=y,
        features=feature or [],
        output=output,
        top=top,
        rule=rule,
        row=at,
        centred=not uncentred,
        out=path,
    )
    _err.print(f"wrote {path}", markup=False, soft_wrap=True)
