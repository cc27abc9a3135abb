"""The commands `relurules explain`, `plot` and `summary`; `cli` registers them."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from relurules.cli.files import parse_row, print_answer, read_rows, read_table
from relurules.files.writing import require_place

_out, _err = Console(highlight=False), Console(stderr=True, highlight=False)

#: Rows of a table that are printed; a file gets all.
_PRINTED = 50

_Rules = Annotated[Path, typer.Argument(help="Rules file that `relurules extract` wrote.")]
_Data = Annotated[Path | None, typer.Option(help="CSV or Parquet with the columns of the rules.")]
_Target = Annotated[str | None, typer.Option(help="Column of the data with the true values.")]
_Output = Annotated[
    str | None,
    typer.Option(help="Output whose score is taken apart; by default class 1, or the first."),
]
_Uncentred = Annotated[
    bool,
    typer.Option("--uncentred", help="Contributions against 0, not against the mean of the rows."),
]


def explain(
    rules: _Rules,
    row: Annotated[
        str,
        typer.Option(
            help=(
                'Row of --data by number, from 0, or values: "age=35,job=clerk"; "a, b=1" in '
                "quotes."
            )
        ),
    ],
    data: _Data = None,
    output: _Output = None,
    uncentred: _Uncentred = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say which rule applies to a row, and why: `relurules explain rules.json --data loans.csv
    --row 17`.

    Prints the rule's number, its conditions with what the row has on their left sides and by how
    much they hold, and what each column adds to the score. An output that is a probability is
    explained by its log odds, which are a sum. Contributions are against the mean of the rows of
    --data, or of those that the rules were extracted with.

    Without a file: `relurules explain rules.json --row "income=14,debt=11.5,purpose=travel"`.
    """
    from relurules.explaining import explain as explain_row
    from relurules.ir import RuleSet

    found = RuleSet.load(rules)
    table = None if data is None else read_table(data, [])
    explained = explain_row(
        found, parse_row(found, row, table), data=table, output=output, centred=not uncentred
    )
    print_answer(explained, as_json)


def plot(
    rules: _Rules,
    kind: Annotated[
        str,
        typer.Argument(
            help="importance, parallel, violin, profile, pairwise, regions, row, intervals, "
            "merging or "
            "tradeoff; see above."
        ),
    ],
    data: _Data = None,
    target: _Target = None,
    feature: Annotated[
        list[str] | None,
        typer.Option(help="Column that the plot is of; repeatable. By default the important ones."),
    ] = None,
    output: _Output = None,
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
    uncentred: _Uncentred = False,
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
    - row: what each column adds to the score of a row (--row)
    - intervals: a rule's coefficients beside Wald intervals from its rows (--data, --target,
      --rule)
    - merging: what merging and flattening the rules costs (--data, --target)
    - tradeoff: how many rules are enough for which error, of rules that were simplified

    importance, parallel and violin need no --data where the rules were extracted with data.
    """
    from relurules.ir import RuleSet
    from relurules.plotting import plot as draw

    path = Path(f"{kind}.svg") if out is None else out
    require_place(path)
    found = RuleSet.load(rules)
    table, y = read_rows(data, [], target)
    at = None if row is None else parse_row(found, row, table)
    draw(
        found, kind, data=table, y=y, features=feature or [], output=output, top=top, rule=rule, row=at,
        centred=not uncentred, out=path,
    )  # fmt: skip
    _err.print(f"wrote {path}", markup=False, soft_wrap=True)


def summary(
    rules: _Rules,
    data: _Data = None,
    target: _Target = None,
    csv_file: Annotated[
        Path | None, typer.Option("--csv", help="Write the table to a file instead.")
    ] = None,
) -> None:
    """Print a line per rule: its rows, the response there, how well it tells it, and what its
    outputs can be.

    `relurules summary rules.json --data loans.csv --target ending`; without --data, what the rules
    have kept of the data that they were extracted with. `local` figures are on the rule's own rows,
    `global` ones of its formula on all.
    """
    from relurules.files.writing import write_text
    from relurules.ir import RuleSet

    table, y = read_rows(data, [], target)
    frame = RuleSet.load(rules).summary(table, y)
    if csv_file is not None:
        write_text(csv_file, frame.to_csv(index=False, lineterminator="\n"))
        _err.print(f"wrote {csv_file}", markup=False, soft_wrap=True)
        return

    shown = frame.head(_PRINTED).set_index("rule")
    width = max(80, _out.width)
    text = shown.to_string(line_width=width, float_format=lambda value: f"{value:.4g}", na_rep="")
    _out.print(text, markup=False, soft_wrap=True)
    if len(frame) > _PRINTED:
        _err.print(f"and {len(frame) - _PRINTED} more rules; --csv FILE has them all", markup=False)
