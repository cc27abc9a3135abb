"""The command `relurules explain`; `main` registers it."""

from typing import Annotated

import typer

from relurules.cli.files import make_rules_options, parse_row, print_answer, read_data
from relurules.cli.reason_options import Direction, Reasons, Reference, read_reference
from relurules.cli.rules_options import Data, Output, Rules, Uncentred
from relurules.cli.search_options import Positive
from relurules.cli.table_options import TableArguments, take_table_options


@take_table_options
def explain(
    reading: TableArguments,
    rules: Rules,
    row: Annotated[
        str,
        typer.Option(
            help=(
                'Row of --data by number, from 0, or values: "age=35,job=clerk"; "a, b=1" in '
                "quotes."
            )
        ),
    ],
    data: Data = None,
    output: Output = None,
    positive: Positive = None,
    uncentred: Uncentred = False,
    reference: Reference = None,
    direction: Direction = "higher",
    reasons: Reasons = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say which rule applies to a row, and why: `relurules explain rules.json --data loans.csv
    --row 17`.

    Prints the rule's number, its conditions with what the row has on their left sides and by how
    much they hold, what each column adds to the score, and the reasons: at most four columns that
    move it to its adverse side, the largest first. An output that is a probability is explained by
    its log odds, which are a sum. Contributions are against the mean of the rows of --data, or
    else against the reference that the rules keep, unless --reference says another.

    Of additive rules, it prints what each column and pair of columns adds, and the lines that
    apply.

    Without a file: `relurules explain rules.json --row "income=14,debt=11.5,purpose=travel"`.
    """
    from relurules.codec.any_rules import load_any_rules
    from relurules.explaining import explain as explain_row

    found = load_any_rules(rules)
    table = read_data(data, found, reading)
    measured_from = read_reference(reference, make_rules_options(found, reading))
    explained = explain_row(
        found, parse_row(found, row, table), data=table, output=output, centred=not uncentred,
        reference=measured_from, direction=direction, reasons=reasons,
        positive=positive,
    )  # fmt: skip
    print_answer(explained, as_json)
