"""The declaration of a rules file of additive rules, in msgspec."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from relurules.codec.declared_file import DeclaredFile
from relurules.codec.file_entries import (
    FileEntry,
    NetworkEntry,
    NeuronEntry,
    ReductionEntry,
    RuleEntry,
    ScoreEntry,
    SplitEntry,
)
from relurules.codec.scorer_file import ScorerFile


class LineTradeoffEntry(FileEntry, kw_only=True):
    """One entry of the `tradeoffs` of additive rules."""

    lines: Annotated[int, Meta(description="Number of lines.", ge=0)]
    error: Annotated[
        float | None,
        Meta(
            description=(
                "Bound on the difference of any output with so few lines; null where none is known."
            )
        ),
    ]


class LineEntry(FileEntry, kw_only=True):
    """One entry of `lines`."""

    coefficients: Annotated[
        dict[str, float], Meta(description="Feature -> coefficient.", min_length=1)
    ]
    above: Annotated[float, Meta(description="What the sum must pass for the line to apply.")]
    slopes: Annotated[
        dict[str, float],
        Meta(description="Score -> what it rises by for every unit of the sum beyond `above`."),
    ]
    neuron: Annotated[
        NeuronEntry | UnsetType, Meta(description="Where the line stands in the model.")
    ] = UNSET
    rows: Annotated[
        Annotated[int, Meta(ge=0)] | None,
        Meta(description="Rows of data that it applies to, null without data."),
    ]


class NeuronGroupEntry(FileEntry, kw_only=True):
    """One entry of `neuron_groups`."""

    score_error: (
        Annotated[
            float,
            Meta(
                description="Bound on |neurons - rules| over the domain, absent for 0.",
                ge=0,
            ),
        ]
        | UnsetType
    ) = UNSET
    reduction: Annotated[ReductionEntry, Meta(description="What became of the neurons.")]
    splits: Annotated[
        list[SplitEntry], Meta(description="The rules as a decision tree, as in a rules file.")
    ]
    rules: Annotated[
        list[RuleEntry],
        Meta(description="As in a rules file: the one that applies adds its maps.", min_length=1),
    ]
    network: Annotated[
        NetworkEntry, Meta(description="The same function as neurons, as in a rules file.")
    ]


class AdditiveFile(ScorerFile, kw_only=True):
    """What a file of additive rules holds."""

    format: Annotated[Literal["relurules.additive"], Meta(description="What this file is.")]
    version: Annotated[
        Literal[1],
        Meta(
            description=(
                "Version of the format; it goes up when a release before could not read the file."
            )
        ),
    ]
    tradeoffs: (
        Annotated[
            list[LineTradeoffEntry],
            Meta(
                description=(
                    "How many lines a simplification would have needed for which error of the "
                    "outputs, down to the number it came to."
                )
            ),
        ]
        | UnsetType
    ) = UNSET
    base: Annotated[
        dict[str, ScoreEntry],
        Meta(
            description=(
                "The affine map that the lines and groups add to, of every score by its name: as "
                "in the rules of a rules file."
            ),
            min_length=1,
        ),
    ]
    lines: Annotated[
        list[LineEntry],
        Meta(
            description=(
                "Line 1 comes first. Where sum of coefficient * feature > above, every score "
                "rises by slope * (sum - above)."
            )
        ),
    ]
    neuron_groups: Annotated[
        list[NeuronGroupEntry],
        Meta(
            description=(
                "Neurons that read one another, as partition rules over the same domain: the one "
                "that applies adds its maps to the scores."
            )
        ),
    ]


_DECLARED = DeclaredFile(
    declaration=AdditiveFile,
    title="relurules.additive, version 1",
    description=(
        "Rules that add up: each score is that of `base`, and what every line and every group of "
        "neurons adds; the outputs are the scores, or what `heads` makes of them. All numbers are "
        "float64, in the user's columns and units. Coefficients that aren't named are 0."
    ),
)


def check_additive_file(found: Any) -> Any:
    """As `DeclaredFile.check`."""
    return _DECLARED.check(found)


def make_additive_schema_text() -> str:
    """The schema as text, as `relurules schema --form additive` prints it."""
    return _DECLARED.schema_text
