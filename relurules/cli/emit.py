"""The command `relurules emit`; `main` registers it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from relurules.cli.files import make_rules_options, read_data
from relurules.cli.options import split_names
from relurules.cli.reason_options import Direction, Reasons, Reference, read_reference
from relurules.cli.scorecard_options import (
    Base,
    CardData,
    Decimals,
    Odds,
    Pdo,
    check_scorecard_options,
    print_scorecard,
)
from relurules.cli.search_options import Positive
from relurules.cli.table_options import TableArguments, take_table_options
from relurules.errors import CheckError, InputError, UnsupportedError

if TYPE_CHECKING:
    from relurules.ir import AdditiveRules, RuleSet

_err = Console(stderr=True, highlight=False)


@take_table_options
def emit(
    reading: TableArguments,
    rules: Annotated[Path, typer.Argument(help="Rules file that `relurules extract` wrote.")],
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            help=(
                "text, markdown, html, latex, sql, python, numpy, c, javascript, bigquery, java, "
                "csharp, onnx, pmml or dbt."
            ),
        ),
    ] = None,
    everything: Annotated[
        bool,
        typer.Option(
            "--all",
            help=(
                "Every target, each in a folder of --out, with manifest.json: digests, sizes, what "
                "engines gave for --data."
            ),
        ),
    ] = False,
    dialect: Annotated[
        str | None, typer.Option(help="For SQL: sqlite (default), duckdb, postgres, mysql, ...")
    ] = None,
    form: Annotated[
        str | None, typer.Option(help="rules, tree or network; by default what suits.")
    ] = None,
    table: Annotated[str, typer.Option(help="For SQL: the table that is scored.")] = "input_data",
    key: Annotated[
        list[str] | None,
        typer.Option(help="For SQL: column to keep beside the outputs; repeatable."),
    ] = None,
    shape: Annotated[
        str, typer.Option(help="For SQL: select, view, dbt, expression or function.")
    ] = "select",
    name: Annotated[
        str | None, typer.Option(help="For SQL and bigquery: name of the view or function.")
    ] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            help=(
                "What to return, of outputs,class,contributions,reasons,rule; of additive rules "
                "lines,points in place of rule; for SQL also score,probability. By default "
                "outputs, and rule where one applies."
            )
        ),
    ] = None,
    top: Annotated[int, typer.Option(help="How many reasons at most.", min=1)] = 4,
    reference: Reference = None,
    direction: Direction = "higher",
    reasons: Reasons = None,
    output: Annotated[
        str | None, typer.Option(help="For an expression or function: of which output, or rule.")
    ] = None,
    outside: Annotated[
        str | None,
        typer.Option(
            help=(
                "What code gives rows outside the domain: null, clamp, or exact (default of form "
                "network)."
            )
        ),
    ] = None,
    missing: Annotated[
        str,
        typer.Option(
            help=(
                "For SQL: missing values propagate, impute (refused where that can't be), or error."
            )
        ),
    ] = "propagate",
    number: Annotated[str, typer.Option(help="For C: double or float.")] = "double",
    title: Annotated[
        str | None, typer.Option(help="For markdown, html and latex: the document's title.")
    ] = None,
    script: Annotated[
        bool,
        typer.Option(
            "--script/--no-script",
            help="For html: whether the rules can be tried in the document, offline.",
        ),
    ] = True,
    positive: Positive = None,
    rename: Annotated[
        list[str] | None,
        typer.Option(
            help=(
                "Another name for an output, as p_<=50K=p_low, where an engine can't have the "
                "model's own; repeatable."
            )
        ),
    ] = None,
    state_rounding: Annotated[
        bool,
        typer.Option(
            "--state-rounding",
            help=(
                "State a certified bound of rounding in the head of partition rules' code too, as "
                "in that of additive rules; refused where there is none."
            ),
        ),
    ] = False,
    scorecard: Annotated[
        bool,
        typer.Option(
            "--scorecard",
            help=(
                "Additive rules of two classes as points: text, markdown, html, latex, csv or json."
            ),
        ),
    ] = False,
    pdo: Pdo = 20.0,
    base: Base = 600.0,
    odds: Odds = 50.0,
    decimals: Decimals = False,
    data: CardData = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the files; without it the text is printed.")
    ] = None,
) -> None:
    """Emit rules as a document or code: `relurules emit rules.json --to sql --dialect duckdb
    --table loans --key id`.

    A document for people: `relurules emit rules.json --to html --title "Who repays?" --out .`, or
    markdown, or latex. A scorecard: `relurules emit rules.json --to html --scorecard --pdo 20
    --base 600 --odds 50 --data loans.csv --out .`; its points in code: `relurules emit rules.json
    --to sql --columns outputs,points --pdo 20 --base 600 --odds 50`.
    """
    from relurules.api import emit as emit_rules
    from relurules.codec.any_rules import load_any_rules

    if everything == (to is not None):
        raise UnsupportedError("say what to emit: --to TARGET, or --all")
    found = load_any_rules(rules)
    measured_from = read_reference(reference, make_rules_options(found, TableArguments()))
    listed = split_names(columns) if columns else None
    pointed = listed is not None and "points" in listed
    renamed = dict(map(_parse_name, rename or []))
    card = {"pdo": pdo, "base": base, "odds": odds, "whole": not decimals} if pointed else None
    if to is None:
        _refuse_with_all(
            {
                "--dialect": dialect, "--form": form, "--shape": shape != "select",
                "--output": output, "--missing": missing != "propagate",
                "--number": number != "double", "--no-script": not script,
                "--scorecard": scorecard, "--state-rounding": state_rounding,
            }
        )  # fmt: skip
        _write_everything(
            found, out, None if data is None else read_data(data, found, reading), positive,
            {
                "table": table, "key": tuple(key or ()), "title": title, "name": name or "",
                "columns": listed, "outside": outside or "", "scorecard": card,
                "reasons": (direction, top, reasons), "reference": measured_from,
                "rename": tuple(renamed.items()),
            },
        )  # fmt: skip
        return
    if scorecard:
        check_scorecard_options(
            True,
            {
                "--dialect": dialect,
                "--form": form,
                "--name": name,
                "--rename": rename,
                "--state-rounding": state_rounding,
            },
        )
        artifact = print_scorecard(
            found,
            to,
            title,
            {
                "pdo": pdo, "base": base, "odds": odds, "whole": not decimals,
                "direction": direction, "positive": positive,
                "data": read_data(data, found, reading), "reference": measured_from,
            },
        )  # fmt: skip
    else:
        check_scorecard_options(False, {"--data": data, "--decimals": decimals and not pointed})
        artifact = emit_rules(
            found, to, dialect=dialect, form=form, table=table, key=key or [],
            shape=shape, name=name, columns=listed, top=top,
            output=output, outside=outside, missing=missing, number=number, title=title,
            reference=measured_from, direction=direction, reasons=reasons,
            positive=positive, script=script, scorecard=card, rename=renamed,
            state_rounding=state_rounding,
        )  # fmt: skip

    if out is not None:
        for path in artifact.write(out):
            _err.print(f"wrote {path}", markup=False)
    elif len(artifact.texts) < len(artifact.files):
        raise UnsupportedError(f"target {to!r} is a file that is no text; give --out FOLDER")
    elif len(artifact.files) > 1:
        raise UnsupportedError(
            f"target {to!r} is {len(artifact.files)} files ({', '.join(artifact.files)}); give "
            "--out FOLDER"
        )
    else:
        sys.stdout.write(str(artifact))


def _parse_name(text: str) -> tuple[str, str]:
    """An output and its new name, parted by the last =."""
    own, sign, name = text.rpartition("=")
    if not sign:
        raise InputError(f"--rename {text}: found no =; give OUTPUT=NAME, such as p_<=50K=p_low")
    return own, name


def _refuse_with_all(given: dict[str, Any]) -> None:
    """UnsupportedError for options of one target."""
    named = [name for name, value in given.items() if value]
    if named:
        raise UnsupportedError(
            f"{', '.join(named)}: for one target, and --all is every target; leave out {named[0]}, "
            "or use --to TARGET"
        )


def _write_everything(
    rules: "RuleSet | AdditiveRules",
    out: Path | None,
    rows: Any,
    positive: Any,
    options: dict[str, Any],
) -> None:
    """A folder of all targets; CheckError where an engine gives anything else than the rules."""
    from relurules.emitting import EmitOptions
    from relurules.ir.class_turn import speak_of_class
    from relurules.pipeline.deployment import write_deployment
    from relurules.reasons.reason_texts import make_reason_options

    if out is None:
        raise UnsupportedError("--all writes many files; give --out FOLDER")
    listed = options.pop("columns")
    if listed is not None:
        options |= {"columns": tuple(listed), "named": True}
    options["reasons"] = make_reason_options(*options["reasons"])
    spoken = rules if positive is None else speak_of_class(rules, positive)
    made = write_deployment(
        spoken, out, rows, EmitOptions(**options),
        progress=lambda line: _err.print(line, markup=False),
    )  # fmt: skip
    written = len(made.manifest["files"])
    _err.print(f"wrote {written} files, and what they are into {made.paths[-1]}", markup=False)
    if not made.passed:
        raise CheckError(f"not everything passed: see {made.paths[-1]}")
