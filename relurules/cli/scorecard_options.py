"""Options of scorecards, which `relurules emit` writes."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from relurules.errors import InputError

if TYPE_CHECKING:
    from relurules.ir import AdditiveRules, Artifact, RuleSet

Pdo = Annotated[float, typer.Option(help="Scorecard: points that double the odds.")]
Base = Annotated[float, typer.Option(help="Scorecard: points at the odds that --odds gives.")]
Odds = Annotated[
    float, typer.Option(help="Scorecard: odds of the favourable class to the other one at --base.")
]
Decimals = Annotated[
    bool, typer.Option("--decimals", help="Scorecard: points of two decimals, not whole ones.")
]
CardData = Annotated[
    Path | None,
    typer.Option(
        "--data", help="CSV or Parquet: rows that a scorecard tells of, or that --all runs."
    ),
]


def print_scorecard(
    rules: "RuleSet | AdditiveRules", target: str, title: str | None, options: dict[str, Any]
) -> "Artifact":
    """The scorecard of rules in a format. options: of `make_scorecard`, and reference.

    InputError where data are given for anything else.
    """
    from relurules.documents.scorecard import emit_scorecard
    from relurules.explaining import add_reference
    from relurules.ir import AdditiveRules
    from relurules.scorecards import make_scorecard

    reference = options.pop("reference")
    if reference is not None and isinstance(rules, AdditiveRules):
        rules = add_reference(rules, reference, options["data"])
    return emit_scorecard(make_scorecard(rules, **options), target, title)


def check_scorecard_options(scorecard: bool, given: dict[str, Any]) -> None:
    """InputError for options of a scorecard without one, and for those of code with one."""
    named = [name for name, value in given.items() if value]
    if named:
        raise InputError(
            f"{', '.join(named)}: {'not for a scorecard' if scorecard else 'for a scorecard alone'}"
            f"; {'leave out' if scorecard else 'add --scorecard, or leave out'} {named[0]}"
        )
