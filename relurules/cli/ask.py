"""The command `relurules ask`; `main` registers it."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from relurules.cli.files import parse_row, print_answer, read_data
from relurules.cli.options import TimeLimit, require_finite
from relurules.cli.table_options import TableArguments, take_table_options
from relurules.errors import DataError
from relurules.files.writing import require_place

_err = Console(stderr=True, highlight=False)
#: Questions whose answers can be proven -> what is proven of them.
_CERTIFIABLE = {
    "range": "range", "bounded": "range", "monotone": "monotone", "reach": "decision",
}  # fmt: skip


_Limit = Annotated[
    float | None,
    typer.Option(help="Limit, for bounded, reach and counterfactual.", callback=require_finite),
]


@take_table_options
def ask(
    reading: TableArguments,
    rules: Annotated[Path, typer.Argument(help="Rules file that `relurules extract` wrote.")],
    question: Annotated[
        str,
        typer.Argument(
            help="range, bounded, monotone, effect, reach, lipschitz or counterfactual; see above."
        ),
    ],
    output: Annotated[
        str | None, typer.Option(help="Output, or score, that is asked about.")
    ] = None,
    feature: Annotated[str | None, typer.Option(help="Column: for monotone, effect.")] = None,
    value: Annotated[
        list[str] | None, typer.Option(help="Twice, for effect: from this value to that.")
    ] = None,
    at_least: _Limit = None,
    at_most: _Limit = None,
    to: Annotated[
        str | None, typer.Option("--class", help="Class, for reach and counterfactual.")
    ] = None,
    row: Annotated[
        str | None,
        typer.Option(
            help='For counterfactual: row of --data by number, or values: "age=35,job=clerk".'
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            help="CSV or Parquet that --row is a row of; its rows are shown where they show the "
            "same."
        ),
    ] = None,
    keep: Annotated[
        list[str] | None, typer.Option(help="Column that may not change; repeatable.")
    ] = None,
    distance: Annotated[str, typer.Option(help="For counterfactual: l1 or linf.")] = "l1",
    scale: Annotated[
        list[str] | None,
        typer.Option(help="A column's unit of distance, such as age=10; repeatable."),
    ] = None,
    given: Annotated[
        list[str] | None,
        typer.Option(help='Condition: "age >= 30", "job = clerk", "job = clerk|none"; repeatable.'),
    ] = None,
    whole: Annotated[
        bool | None,
        typer.Option("--whole/--any", help="Whether whole-number columns hold whole numbers only."),
    ] = None,
    time_limit: TimeLimit = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    certificate: Annotated[
        Path | None,
        typer.Option(
            help="For range, bounded, monotone with --feature and reach with --class: file for a "
            "certificate of the answer, which `relurules check` judges."
        ),
    ] = None,
) -> None:
    """Ask rules something about their whole domain; the answer is exact, or a bound, and says so.

    - `relurules ask rules.json range --output p_yes`: how small and how large can it be, and where?
    - `relurules ask rules.json bounded --at-most 0.9 --given "age <= 30"`: is it never more?
    - `relurules ask rules.json monotone --feature income`: does it only rise, or only fall?
    - `relurules ask rules.json monotone`: all number columns in a table
    - `relurules ask rules.json effect --feature sex`: how much can this column alone move the
      score?
    - `relurules ask rules.json effect --feature age --value 30 --value 60`: from one value to
      another?
    - `relurules ask rules.json reach --class yes --given "debt >= 20"`: is there a row with this
      class at all?
    - `relurules ask rules.json lipschitz`: how steep is the score at most, per column and in all?
    - `relurules ask rules.json counterfactual --row 17 --data loans.csv --keep age`: the least that
      changes the class

    At --time-limit a bound is given that holds and may be wide, or an error that says how far it
    came. `--certificate range.json` proves an answer, of reach that no row is of the class;
    `relurules check range.json --rules rules.json` judges it.
    """
    from relurules.analysis.questions import ask as ask_rules
    from relurules.codec.any_rules import load_any_rules

    if certificate is not None:
        _require_certifiable(question, whole, feature=feature, target=to)
        require_place(certificate)
    found = load_any_rules(rules)
    if value and len(value) != 2:
        raise DataError(
            f"--value is given {len(value)} times; it takes two, from one value to the other"
        )

    table = read_data(data, found, reading)
    answer = ask_rules(
        found, question, output=output, feature=feature,
        values=(value[0], value[1]) if value else None, at_least=at_least, at_most=at_most,
        target=to, row=None if row is None else parse_row(found, row, table), data=table,
        keep=keep or (), distance=distance, scales=_parse_scales(scale or []), given=given or (),
        whole=whole, time_limit=time_limit,
    )  # fmt: skip
    print_answer(answer, as_json)
    if certificate is not None:
        proven = {"feature": feature} if question == "monotone" else {}
        proven = {"target": to} if question == "reach" else {"output": output, **proven}
        _write_certificate(
            certificate, rules, _CERTIFIABLE[question], given=given or (), time_limit=time_limit,
            **proven,
        )  # fmt: skip


def _require_certifiable(
    question: str, whole: bool | None, *, feature: str | None, target: str | None
) -> None:
    """DataError for what has no certificate."""
    if question not in _CERTIFIABLE:
        raise DataError(
            f"--certificate of {question}; answers that have one: {', '.join(_CERTIFIABLE)}"
        )
    if whole:
        raise DataError(
            "--certificate with --whole; it is a proof for any numbers in whole-number columns, so "
            "leave --whole out"
        )
    if question == "monotone" and feature is None:
        raise DataError("--certificate of monotone is of one column; name it with --feature")
    if question == "reach" and target is None:
        raise DataError(
            "--certificate of reach is of a class; name it with --class, or ask bounded for a limit"
        )


def _write_certificate(path: Path, rules: Path, question: str, **options: Any) -> None:
    """Write the certificate of an answer, and say what it shows."""
    from relurules.checker import describe_answer
    from relurules.proofs.answering import check_answer, prove_answer

    found = prove_answer(rules, question, **options)
    found.save(path)
    _err.print(describe_answer(check_answer(found, rules)), markup=False, soft_wrap=True)
    _err.print(f"wrote {path}", markup=False)


def _parse_scales(texts: list[str]) -> dict[str, float]:
    found = {}
    for text in texts:
        name, _, number = text.rpartition("=")
        try:
            found[name] = float(number)
        except ValueError as error:
            raise DataError(
                f"--scale {text!r}; expected a column and a number, such as age=10"
            ) from error

    return found
