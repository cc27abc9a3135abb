"""The command `relurules fit`; `main` registers it."""

from dataclasses import replace
from math import isfinite
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from relurules.cli.options import TimeLimit, name_command, require_finite
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
        typer.Option(
            help="additive: lines that add up; partition: one rule applies; auto: the form that "
            "has the options given, else lines."
        ),
    ] = "auto",
    max_rules: Annotated[
        int | None,
        typer.Option(
            help="At most so many lines, or rules; 16 of the form additive, 8 of partition.", min=1
        ),
    ] = None,
    max_condition_columns: Annotated[
        int | None,
        typer.Option(help="Each line reads at most so many columns; 2 unless said.", min=1, max=3),
    ] = None,
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
    interaction: Annotated[
        list[str] | None,
        typer.Option(
            help="'A & B': lines may read these two columns together, and no others; repeatable."
        ),
    ] = None,
    no_interaction: Annotated[
        list[str] | None,
        typer.Option(
            help="COLUMN: no line may read it with another one; 'A & B': nor these two together; "
            "repeatable."
        ),
    ] = None,
    signs: Annotated[
        str | None,
        typer.Option(
            help="data: columns that --monotone says nothing of go the way of their correlation "
            "with the target."
        ),
    ] = None,
    effect_bound: Annotated[
        list[str] | None,
        typer.Option(
            help="COLUMN=LOW:HIGH: what the column adds to the score, beside what it adds at the "
            "reference, lies between these everywhere; repeatable."
        ),
    ] = None,
    missing: Annotated[
        str | None,
        typer.Option(
            help="What a missing number is: line, points of its own; impute, the median; error. By "
            "default line of additive, impute of partition."
        ),
    ] = None,
    min_category_rows: Annotated[
        int, typer.Option(help="Categories of fewer rows count as any other value.", min=1)
    ] = 1,
    split: Annotated[
        str | None,
        typer.Option(
            help="Column by which rows are split: the latest of a date are the test rows; no group "
            "of a text is on both sides; time:COLUMN and group:COLUMN for numbers. By default at "
            "random."
        ),
    ] = None,
    repeats: Annotated[
        int,
        typer.Option(help="Splits that everything is fitted on anew, for intervals.", min=1),
    ] = 1,
    max_terms: Annotated[
        int | None,
        typer.Option(
            help="All partition rules together speak of at most so many columns, 5 unless said; 0: "
            "any number.",
            min=0,
        ),
    ] = None,
    max_condition_terms: Annotated[
        int | None,
        typer.Option(
            help="Each condition of partition rules speaks of at most so many columns.", min=1
        ),
    ] = None,
    max_formula_terms: Annotated[
        int | None,
        typer.Option(help="Each formula reads at most so many columns, of --method tree.", min=1),
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(
            help="Of partition rules. tree: linear models chosen directly; network: trained and "
            "linearised, so that rules can be proven; auto, as nothing: the tree where it can be."
        ),
    ] = None,
    hidden: Annotated[
        str | None,
        typer.Option(
            help="Layers of the network that --method network trains first; 40,40 unless said."
        ),
    ] = None,
    test_size: Annotated[
        float, typer.Option(help="Share of the rows that is only scored.", callback=require_finite)
    ] = 0.2,
    seed: Annotated[
        int, typer.Option(help="Seed of the splits and of the training.", min=0, max=2**32 - 1)
    ] = 0,
    rows: Annotated[
        int | None,
        typer.Option(
            help="Draw so many rows at random to learn from, of a table that doesn't fit memory; "
            "the others are scored.",
            min=1,
        ),
    ] = None,
    positive: Positive = None,
    time_limit: TimeLimit = None,
    reference: Reference = None,
    out: Annotated[Path, typer.Option(help="Folder for what is written.")] = Path("model"),
) -> None:
    """Train few lines or rules on a table: `relurules fit loans.csv --target default
    --max-rules 8`.

    What columns are is told by their values, as `relurules columns` shows, or by --types: a missing
    number has points of its own, "months_late is missing: +0.4", of partition rules it counts as
    the median; text becomes one indicator per category, constant columns and identifiers are
    dropped with a note. --na age=-999 says which values of a column stand for a missing one.

    The score is a sum of lines that are chosen directly (--form additive); of more than two classes
    every line has a slope for each. The score of a number, or of two classes, may be told to rise
    or fall with a column everywhere: --monotone months_late=1 --monotone limit=-1; or all columns
    go the way of their correlation with the target: --signs data.

    Rules of which one applies (--form partition) are given where an option is said that they alone
    have: --method, --hidden, --max-terms, --max-condition-terms,
    --max-formula-terms. They are the leaves of a tree of linear models, of two classes or numbers,
    and may jump where one ends; with --method network, or --hidden, a network is trained and made
    one of few rules, with which rules can be proven equal. An option that lines alone have gives
    lines; options of both are refused.

    Writes into the folder: columns.toml (what the columns were taken for), model.joblib (the
    scikit-learn pipeline), rules.json, rules.txt, rules.html (the rule document), front.csv and
    front.svg (what fewer rules cost), fit.json and parts.csv (the command, the split, versions and
    digests, for `relurules document --fit`), and summary.txt, which is printed: scores on train,
    validation and test rows beside those of a linear model. Of lines and networks also model.json
    and, where all columns are numbers that are never missing, model.pt2.

    The summary compares with a linear model, a regularised one, a tree of as many leaves and
    boosting of the same columns and rows. --split issued scores the latest rows; --repeats 5 gives
    intervals.

    Of a table that doesn't fit memory, --rows 200000 draws so many rows at random, by --seed, which
    everything is learnt from and told of; the rules hold on the range of all rows, and the summary
    has their score on those that weren't drawn.

    At --time-limit training ends, and what there is becomes a model, which the summary says.

    Then: `relurules emit model/rules.json --to sql`, or `relurules extract model/model.joblib
    --trust-pickle --data loans.csv`.
    """
    from relurules.cli.display import announce_compiling, show_messages
    from relurules.training.drawn_rows import read_fit_table
    from relurules.training.fit_files import write_fit
    from relurules.training.fit_forms import check_form
    from relurules.training.fit_function import add_sentinels
    from relurules.training.fit_options import FitOptions
    from relurules.training.table_fit import fit_table

    trends = parse_trends(monotone or [])
    bounds = parse_bounds(effect_bound or [])
    own, na = take_sentinels(reading)
    wanted = FitOptions(
        target=target,
        task=task,
        max_rules=max_rules,
        max_terms="auto" if max_terms is None else max_terms or None,
        max_condition_terms=max_condition_terms,
        hidden=None if hidden is None else _parse_sizes(hidden),
        test_size=test_size,
        seed=seed,
        time_limit=time_limit,
        positive=positive,
        form=form,
        max_condition_columns=max_condition_columns,
        max_columns=max_columns,
        monotone=trends,
        teacher=teacher,
        missing=missing,
        min_category_rows=min_category_rows,
        split=split,
        repeats=repeats,
        interactions=interaction or None,
        no_interactions=no_interaction or None,
        signs=signs,
        effect_bounds=bounds,
        method=method,
        max_formula_terms=max_formula_terms,
        rows=rows,
    )
    check_form(wanted)
    require_place(out, folder=True)
    options = make_read_options(own, drop=drop or [])
    options = replace(options, schema=add_sentinels(options.schema, na))
    drawn = read_fit_table(data, options, rows, seed)
    table = drawn.file
    check_columns(data, options.dropped, table.schema, " to drop")
    check_columns(data, options.schema.columns, table.schema, ", which --types has")
    check_columns(data, na, table.schema, ", which --na has")
    row = read_reference(reference, replace(options, schema=table.schema))
    announce_compiling(_err)

    with show_messages(_err, "training") as say:
        fitted = fit_table(drawn, wanted._replace(reference=row), say)
        say("writing the files")
        summary = write_fit(fitted, data, out, name_command())

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


def parse_bounds(texts: list[str]) -> dict[str, tuple[float, float]] | None:
    """COLUMN=LOW:HIGH, of --effect-bound; None for none."""
    bounds: dict[str, tuple[float, float]] = {}
    for text in texts:
        name, _, pair = text.rpartition("=")
        low, _, high = pair.partition(":")
        try:
            bounds[name] = float(low), float(high)
        except ValueError as error:
            raise DataError(
                f"--effect-bound {text!r}; expected COLUMN=LOW:HIGH, such as age=-0.5:0.5"
            ) from error
        if not name or not all(map(isfinite, bounds[name])):
            raise DataError(f"--effect-bound {text!r}; expected COLUMN=LOW:HIGH of finite numbers")

    return bounds or None


def take_sentinels(reading: TableArguments) -> tuple[TableArguments, dict[str, list[str]]]:
    """COLUMN=VALUE of --na, by column, and the arguments without them."""
    texts = reading.na or []
    found: dict[str, list[str]] = {}
    for text in texts:
        name, mark, value = text.rpartition("=")
        if mark and name and value:
            found.setdefault(name, []).append(value)
    plain = [text for text in texts if not all(text.rpartition("="))]

    return replace(reading, na=plain or None), found
