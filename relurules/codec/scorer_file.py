"""What files of rules of either kind declare alike."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType

from relurules.codec.file_entries import (
    ColumnEntry,
    ConstraintEntry,
    EvidenceEntry,
    FeatureEntry,
    FileEntry,
    HeadEntry,
    LabelsEntry,
    NetworkEntry,
    PlacesEntry,
    ProvenanceEntry,
    ReductionEntry,
    ReferenceEntry,
)


class ScorerFile(FileEntry, kw_only=True):
    """Columns in, scores and outputs out, and what is known of them."""

    outputs: Annotated[
        list[str],
        Meta(
            description="Names of the model's outputs, in order.",
            min_length=1,
            extra_json_schema={"uniqueItems": True},
        ),
    ]
    heads: (
        Annotated[
            list[HeadEntry],
            Meta(
                description=(
                    "What becomes of the scores: for every output, in order, part `component` of "
                    "the link of these scores (indices, from 0). Without it the outputs are the "
                    "scores."
                )
            ),
        ]
        | UnsetType
    ) = UNSET
    max_error: Annotated[
        Annotated[float, Meta(ge=0)] | None,
        Meta(
            description=(
                "Bound on |network as traced - rules| over the domain, for every output; null "
                "where there is none."
            )
        ),
    ]
    score_error: (
        Annotated[
            float,
            Meta(
                description="The same for every score, where the outputs aren't the scores.", ge=0
            ),
        ]
        | UnsetType
    ) = UNSET
    labels: Annotated[
        LabelsEntry | UnsetType,
        Meta(
            description=(
                "What the model calls its classes, with the labels' own type. Files without it "
                "speak of the numbers of classes, from 0."
            )
        ),
    ] = UNSET
    provenance: Annotated[
        ProvenanceEntry | UnsetType,
        Meta(
            description=(
                "How the rules were made: the model's kind or file, SHA-256 of the network as "
                "traced, version of relurules, settings."
            )
        ),
    ] = UNSET
    evidence: Annotated[
        EvidenceEntry | UnsetType,
        Meta(
            description=(
                "What a table says about the rules. digest: SHA-256 of its rows in the "
                "features, little-endian float64, row by row; outside: rows that no rule "
                "applies to; response: name of the column of true values; metrics: of all rules"
                " together; means, deviations: of the features over the rows that have a rule."
            )
        ),
    ] = UNSET
    reference: Annotated[
        ReferenceEntry | UnsetType,
        Meta(
            description=(
                "The row that contributions and reasons are measured from, in the features "
                "(shares, for a category), and how it was chosen. Absent: the means of the "
                "evidence, else the middle of the features' bounds."
            )
        ),
    ] = UNSET
    reduction: Annotated[ReductionEntry, Meta(description="What became of the network.")]
    features: Annotated[
        list[FeatureEntry],
        Meta(
            description=(
                "The inputs in order; a bound is null where there is none. A row outside lower "
                "<= x <= upper has no rule."
            )
        ),
    ]
    constraints: Annotated[
        list[ConstraintEntry],
        Meta(description="Further limits of the domain: sum of coefficient * feature <= at_most."),
    ]
    columns: (
        Annotated[
            list[ColumnEntry],
            Meta(
                description=(
                    "The columns of the user's table, which become the features in order: a number "
                    "as it is, or `fill` where it is missing; categories as one indicator each, 1 "
                    "for its values, and where said for a missing or any other value. Absent: the "
                    "features are the columns."
                )
            ),
        ]
        | UnsetType
    ) = UNSET
    groups: (
        Annotated[
            list[Annotated[list[str], Meta(min_length=1, extra_json_schema={"uniqueItems": True})]],
            Meta(
                description=(
                    "Features of which exactly one is 1 and the others are 0: categories of one "
                    "column, or columns of whole numbers from 0 to 1. Absent: none."
                )
            ),
        ]
        | UnsetType
    ) = UNSET
    places: Annotated[
        PlacesEntry | UnsetType,
        Meta(
            description=(
                "Where the features and columns stand in the model's own table, of which it may "
                "read a part only. Absent: they are all of it."
            )
        ),
    ] = UNSET
    traced: Annotated[
        NetworkEntry | UnsetType,
        Meta(
            description=(
                "The network as it was traced, before any neuron was removed: in the domain it "
                "differs from `network` by no more than max_error tells, and it is right "
                "outside the domain too. Absent: it isn't kept."
            )
        ),
    ] = UNSET
    schema: Annotated[
        dict[str, dict[str, Any]] | UnsetType,
        Meta(
            description=(
                "How the file of a table is read for these rules: `format` says which texts are "
                "missing values and how numbers are written, `columns` what each column is, as "
                "in the TOML of `relurules columns`. Absent: by the file's values."
            )
        ),
    ] = UNSET

    def __post_init__(self) -> None:
        """ValueError for names that aren't unique."""
        for names in (self.outputs, *(self.groups or ())):
            if len(set(names)) < len(names):
                raise ValueError(f"Expected unique names, got {names}")
