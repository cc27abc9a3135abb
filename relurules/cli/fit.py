"""The command `relurules fit`; `main` registers it."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from relurules.cli.options import TimeLimit, require_finite
from relurules.cli.reason_options import Reference, read_reference
from relurules.cli.search_options import Positive
from relurules.cli.table_options import (
    TableArguments,
    check_columns,
    make_read_options,
    take_table_options,
)
from relurules.errors import DataError
from relurules.files.writing import require_place

_out, _err = Console(highlight=False), Console(stderr=True, highlight=False)


@take_table_options
def fit(
    reading: TableArguments,
    data: Annotated[Path, typer.Argument(help="CSV or Parquet file, one row per example.")],
    target: Annotated[str, typer.Option(help="Column to predict.")],
    task: Annotated[
        str, typer.Option(help="regression, binary or multiclass; auto tells it from the target.")
    ] = "auto",
    drop: Annotated[
        list[str] | None, typer.Option(help="Column that must not be used; repeatable.")
    ] = None,
    form: Annotated[
        str,
        typer.Option(help="partition: one rule applies; additive: lines that add up."),
    ] = "partition",
    max_rules: Annotated[
        int | None,
        typer.Option(
            help="At most so many rules, or lines; 8 of the form partition, 16 of additive.", min=1
        ),
    ] = None,
    max_condition_columns: Annotated[
        int, typer.Option(help="Each line reads at most so many columns.", min=1, max=2)
    ] = 2,
    max_columns: Annotated[
        int | None, typer.Option(help="All lines together read at most so many columns.", min=1)
    ] = None,
    monotone: Annotated[
        list[str] | None,
        typer.Option(
            help="COLUMN=1: the score may only rise with this column; COLUMN=-1: only fall; "
            "repeatable."
        ),
    ] = None,
    teacher: Annotated[
        str | None,
        typer.Option(help="boosting: half of every target is what boosting says of it."),
    ] = None,
    max_terms: Annotated[
        int,
        typer.Option(
            help="All rules together speak of at most so many columns; 0: any number.", min=0
        ),
    ] = 5,
    max_condition_terms: Annotated[
        int | None, typer.Option(help="Each condition speaks of at most so many columns.", min=1)
    ] = None,
    max_formula_terms: Annotated[
        int | None,
        typer.Option(help="Each formula reads at most so many columns, of --method tree.", min=1),
    ] = None,
    method: Annotated[
        str,
        typer.Option(
            help="tree: linear models chosen directly; network: trained and linearised, so that "
            "rules can be proven; auto: the tree where it can be."
        ),
    ] = "auto",
    hidden: Annotated[
        str, typer.Option(help="Sizes of the layers of the network trained first.")
    ] = "40,40",
    test_size: Annotated[
        float, typer.Option(help="Share of the rows that is only scored.", callback=require_finite)
    ] = 0.2,
    seed: Annotated[
        int, typer.Option(help="Seed of the splits and of the training.", min=0, max=2**32 - 1)
    ] = 0,
    positive: Positive = None,
    time_limit: TimeLimit = None,
    reference: Reference = None,
    out: Annotated[Path, typer.Option(help="Folder for what is written.")] = Path("model"),
) -> None:
    """Train few rules on a table: `relurules fit loans.csv --target default
    --max-rules 8`.

    What columns are is told by their values, as `relurules columns` shows, or by --types: missing
    numbers count as the median, text becomes one indicator per category (each counts as a column of
    --max-terms), constant columns and identifiers are dropped with a note.

    Rules are the leaves of a tree of linear models (--method tree), of two classes or numbers, and
    may jump where one ends; with --method network, or --hidden, a network is trained and made one
    of few rules, with which rules can be proven equal.

    Writes into the folder: columns.toml (what the columns were taken for), model.joblib (the
    scikit-learn pipeline), rules.json, rules.txt, rules.html (the rule document), front.csv and
    front.svg (what fewer rules cost), and summary.txt, which is printed: scores on train,
    validation and test rows beside those of a linear model. Of a network also model.json and, where
    all columns are numbers that are never missing, model.pt2.

    --form additive gives a sum of lines instead of rules of which one applies: they are chosen
    directly, and take no --hidden, --max-terms or --max-condition-terms. The score may be told to
    rise or fall with a column everywhere: --monotone months_late=1 --monotone limit=-1.

    At --time-limit training ends where it is, and what there is by then is made a model of so few
    rules, which the summary says.

    Then: `relurules emit model/rules.json --to sql`, or `relurules extract model/model.joblib
    --trust-pickle --data loans.csv`.
    """
    from relurules.cli.display import announce_compiling, show_messages
    from relurules.cli.files import read_table
    from relurules.training.fit_files import write_fit
    from relurules.training.fit_function import DEFAULT_RULES, check_form
    from relurules.training.table_fit import FitOptions, fit_table

    trends = parse_trends(monotone or [])
    sizes = _parse_sizes(hidden)
    asked = {
        "max_columns": max_columns,
        "monotone": trends,
        "max_condition_columns": max_condition_columns,
        "max_terms": max_terms or None,
        "max_condition_terms": max_condition_terms,
        "max_formula_terms": max_formula_terms,
        "hidden": sizes,
        "method": method,
    }
    check_form(form, asked)
    require_place(out, folder=True)
    options = make_read_options(reading, drop=drop or [])
    table = read_table(data, options)
    check_columns(data, options.schema.columns, table.schema, ", which --types has")
    wanted = FitOptions(
        target,
        task,
        DEFAULT_RULES[form] if max_rules is None else max_rules,
        max_terms or None,
        max_condition_terms,
        sizes,
        test_size,
        seed,
        time_limit,
        positive,
        read_reference(reference, replace(options, schema=table.schema)),
        form,
        max_condition_columns,
        max_columns,
        trends,
        teacher,
        method,
        max_formula_terms,
    )
    announce_compiling(_err)

    with show_messages(_err, "training") as say:
        fitted = fit_table(table.frame, wanted, say, table.schema)
        say("writing the files")
        summary = write_fit(fitted, data, out)

    _out.print(summary, markup=False, soft_wrap=True, end="")


def _parse_sizes(text: str) -> tuple[int, ...]:
    parts = text.replace(" ", "").split(",")
    if not all(part.isdigit() and int(part) > 0 for part in parts):
        raise DataError(f"--hidden {text!r}; expected the sizes of the layers, such as 40,40")
    return tuple(map(int, parts))


def parse_trends(texts: list[str]) -> dict[str, int] | None:
    """COLUMN=1 and COLUMN=-1, of --monotone; None for none."""
    trends: dict[str, int] = {}
    for text in texts:
        name, _, sign = text.rpartition("=")
        if not name or sign.strip() not in ("1", "+1", "-1"):
            raise DataError(f"--monotone {text!r}; expected COLUMN=1 or COLUMN=-1")
        if name in trends:
            raise DataError(f"--monotone names the column {name!r} twice")
        trends[name] = int(sign)

    return trends or None
