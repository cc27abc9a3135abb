"""The declaration of a rules file of partition rules, in msgspec."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from relurules.codec.declared_file import DeclaredFile
from relurules.codec.file_entries import (
    DecisionEntry,
    EstimateEntry,
    NetworkEntry,
    RuleEntry,
    SplitEntry,
    TradeoffEntry,
)
from relurules.codec.scorer_file import ScorerFile


class RulesFile(ScorerFile, kw_only=True):
    """What a rules file holds."""

    format: Annotated[Literal["relurules.rules"], Meta(description="What this file is.")]
    version: Annotated[
        Literal[1, 2, 3],
        Meta(
            description=(
                "Version of the format; it goes up when a release before could not read the "
                "file. Version 1 wrote every pattern, all conditions, and all zeros of "
                "matrices. In version 3 the rules are the model themselves, and jump where one "
                "ends and another begins: `network` is empty and means nothing."
            )
        ),
    ]
    decision: Annotated[
        DecisionEntry | UnsetType,
        Meta(
            description=(
                "Where the output is the number of a class: the classes' names from 0, and the "
                "threshold that decides between two; without it the largest score does."
            )
        ),
    ] = UNSET
    tradeoffs: (
        Annotated[
            list[TradeoffEntry],
            Meta(
                description=(
                    "How many rules a simplification would have needed for which error of the "
                    "outputs, down to the number it came to."
                )
            ),
        ]
        | UnsetType
    ) = UNSET
    complete: Annotated[
        bool, Meta(description="False where a budget left part of the domain without a rule.")
    ]
    estimate: Annotated[
        EstimateEntry | UnsetType,
        Meta(
            description=(
                "Where rules aren't complete: how many linear regions there are, with the "
                "standard error, and what share of the domain's volume and of the rows of the "
                "data the search has looked at; null where that isn't known."
            )
        ),
    ] = UNSET
    splits: Annotated[
        list[SplitEntry],
        Meta(
            description=(
                "The rules as a decision tree, split 0 its root: sum of coefficient * feature "
                ">= at_least leads to `then`, else to `otherwise`. `neuron` is the index (in "
                "network) of the neuron whose sign the split tells, left out where it is that "
                "of none."
            )
        ),
    ]
    rules: Annotated[
        list[RuleEntry],
        Meta(
            description=(
                "Rule 1 comes first. A condition says whether the test of a split holds; "
                "redundant conditions are left out, or all of them where they are those of the "
                "only way down the tree that leads to the rule."
            ),
            min_length=1,
        ),
    ]
    network: Annotated[
        NetworkEntry,
        Meta(
            description=(
                "The same function as neurons: z = A x + L phi(z) + b, phi(z) = max(0, z) + "
                "slope * min(0, z), scores = C x + U phi(z) + c. L is strictly lower "
                "triangular."
            )
        ),
    ]


_DECLARED = DeclaredFile(
    declaration=RulesFile,
    title="relurules.rules, version 2",
    description=(
        "Rules that cover a domain: IF every condition holds THEN each score is "
        "constant + sum of coefficient * feature; the outputs are the scores, or what "
        "`heads` makes of them. All numbers are float64, in the user's columns and "
        "units. Coefficients that aren't named are 0."
    ),
)


def check_rules_file(found: Any) -> Any:
    """As `DeclaredFile.check`."""
    return _DECLARED.check(found)


def make_schema_text() -> str:
    """The schema as text, as `relurules schema` prints it."""
    return _DECLARED.schema_text
