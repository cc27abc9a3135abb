"""The objects inside a rules file, as they are declared: `rules_file.py` puts them together."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType


class FileEntry(Struct, forbid_unknown_fields=True):
    """An object of the file; what it doesn't declare is refused."""


class ChildEntry(FileEntry, kw_only=True):
    """Where a split leads: a split, a rule, or nowhere where the search stopped."""

    split: Annotated[int, Meta(ge=0)] | UnsetType = UNSET
    rule: Annotated[int, Meta(ge=1)] | UnsetType = UNSET

    def __post_init__(self) -> None:
        if self.split is not UNSET and self.rule is not UNSET:
            raise ValueError("Expected `split` or `rule`, got both")


Child = Annotated[ChildEntry, Meta(extra_json_schema={"maxProperties": 1})]

#: A row of a matrix: all of its numbers, or those that aren't 0 by their column, from 0.
Row = list[float] | dict[Annotated[str, Meta(pattern=r"^(0|[1-9][0-9]{0,8})$")], float]


class HeadEntry(FileEntry, kw_only=True):
    """One entry of `heads`."""

    link: Annotated[
        Literal[
            "identity",
            "sigmoid",
            "complement",
            "exp",
            "expm1",
            "softplus",
            "tanh",
            "logit",
            "softmax",
            "log_softmax",
            "step",
            "argmax",
        ],
        Meta(
            description=(
                "identity: s. sigmoid: 1 / (1 + exp(-s)). complement: 1 / (1 + exp(s)). exp, "
                "expm1, tanh: as named. softplus: log(1 + exp(s)). logit: log(s / (1 - "
                "s)). step: 1 where s >= 0, else 0. softmax, log_softmax: of all "
                "scores together. argmax: the number of the largest score, from 0, the first of"
                " several."
            )
        ),
    ]
    scores: Annotated[
        list[Annotated[int, Meta(ge=0)]],
        Meta(
            description=(
                "Indices of the scores that the link takes; one, unless it is softmax, "
                "log_softmax or argmax."
            ),
            min_length=1,
        ),
    ]
    component: Annotated[
        int, Meta(description="Which entry of the link's result the output is.", ge=0)
    ]


class DecisionEntry(FileEntry, kw_only=True):
    """What `decision` holds."""

    classes: Annotated[
        list[str], Meta(description="Names of the classes, that of number 0 first.", min_length=2)
    ]
    threshold: Annotated[
        float | None,
        Meta(
            description=(
                "What the output must reach for class 1; null where the class is the largest "
                "output's."
            )
        ),
    ]


class LabelsEntry(FileEntry, kw_only=True):
    """What `labels` holds."""

    values: Annotated[
        list[str | float | bool],
        Meta(
            description=(
                "The label of every class, that of number 0 first: all text, all whole numbers, "
                "all other numbers, or all true and false."
            ),
            min_length=2,
        ),
    ]
    positive: Annotated[
        int, Meta(description="Number of the class that scores and contributions speak of.", ge=0)
    ]
    origin: Annotated[str, Meta(description="Why scores speak of that class.")]
    threshold: Annotated[
        float | None,
        Meta(
            description=(
                "Of two classes, the probability above which the model tells the second one; null "
                "for a half."
            )
        ),
    ]


class TradeoffEntry(FileEntry, kw_only=True):
    """One entry of `tradeoffs`."""

    rules: Annotated[int, Meta(description="Number of rules.", ge=1)]
    error: Annotated[
        float | None,
        Meta(
            description=(
                "Bound on the difference of any output with so few rules; null where none is known."
            )
        ),
    ]


class EditStepEntry(FileEntry):
    """One entry of the `steps` of an edit."""

    text: Annotated[str, Meta(description="As `relurules edit --set` takes it.")]
    was: Annotated[str, Meta(description="What stood there before.")]


class EditEntry(FileEntry, kw_only=True):
    """One entry of `provenance.edits`."""

    author: Annotated[str, Meta(description="Who answers for it.")]
    reason: Annotated[str, Meta(description="Why.")]
    date: Annotated[str, Meta(description="The day, YYYY-MM-DD.")]
    version: Annotated[str, Meta(description="Version of relurules.")]
    steps: Annotated[list[EditStepEntry], Meta(description="What was changed.", min_length=1)]
    file_before: Annotated[str, Meta(description="SHA-256 of the rules file before.")]
    network_before: Annotated[
        str, Meta(description="SHA-256 of what the rules before stand for, in canonical form.")
    ]
    network_after: Annotated[str, Meta(description="The same of these rules.")]
    differences: Annotated[
        dict[str, float | None],
        Meta(
            description=(
                "Score -> a certified bound on its difference from the rules before, anywhere in "
                "the domain; null where there is none."
            )
        ),
    ]
    from_model: Annotated[
        dict[str, float | None],
        Meta(description="The same from the network, or the lines, that were there first."),
    ]
    broken: Annotated[list[str] | UnsetType, Meta(description="Promises that were taken back.")] = (
        UNSET
    )
    rows: Annotated[
        Annotated[int, Meta(ge=0)] | UnsetType,
        Meta(description="Rows of the data that the edit was tried on."),
    ] = UNSET
    changed_rows: Annotated[
        Annotated[int, Meta(ge=0)] | UnsetType,
        Meta(description="Of these, rows that got another class, or another output."),
    ] = UNSET


class ProvenanceEntry(FileEntry, kw_only=True):
    """What `provenance` holds."""

    model: Annotated[str, Meta(description="Name of the model's file, or its type.")]
    digest: Annotated[
        str, Meta(description="SHA-256 of the arrays of the network as traced, in canonical form.")
    ]
    version: Annotated[str, Meta(description="Version of relurules.")]
    settings: Annotated[
        dict[str, str | float | bool | None],
        Meta(description="Options of `extract` that weren't the defaults."),
    ]
    fitted: Annotated[
        bool | UnsetType,
        Meta(
            description=(
                "True where the model is lines that were fitted to a table, and no network was "
                "trained; absent otherwise."
            )
        ),
    ] = UNSET
    edits: Annotated[
        list[EditEntry] | UnsetType,
        Meta(
            description=(
                "What was changed by hand, the first edit first; such rules are a model of their "
                "own. Absent: nothing."
            )
        ),
    ] = UNSET


class FactsEntry(FileEntry, kw_only=True):
    """One entry of `evidence.rules`."""

    rows: Annotated[int, Meta(description="Rows for which this rule is the one.", ge=0)]
    share: Annotated[float, Meta(description="Their share of the rows with a rule.", ge=0, le=1)]
    mean: Annotated[float | None, Meta(description="Mean of the response on these rows.")]
    deviation: Annotated[
        Annotated[float, Meta(ge=0)] | None,
        Meta(description="Standard deviation of the response on these rows."),
    ]
    local: Annotated[
        dict[str, float], Meta(description="Metric -> value, of the rule on its own rows.")
    ]
    whole: Annotated[
        dict[str, float], Meta(description="Metric -> value, of the rule's formula on all rows.")
    ]
    typical: Annotated[
        list[float] | None,
        Meta(
            description=(
                "The row, in features, that is nearest to the mean of the rule's rows; null "
                "without rows."
            )
        ),
    ]


class HistogramEntry(FileEntry, kw_only=True):
    """One entry of `evidence.histograms`."""

    edges: Annotated[
        list[float], Meta(description="Of the bins, from the smallest value on.", min_length=2)
    ]
    counts: Annotated[
        list[Annotated[int, Meta(ge=0)]], Meta(description="Rows in every bin.", min_length=1)
    ]


class EvidenceEntry(FileEntry, kw_only=True):
    """What `evidence` holds."""

    digest: Annotated[
        str,
        Meta(
            description="SHA-256 of the rows in coordinates, as float64.", pattern=r"^[0-9a-f]{64}$"
        ),
    ]
    rows: Annotated[int, Meta(description="Rows of the table.", ge=0)]
    outside: Annotated[int, Meta(description="Rows among them without a rule.", ge=0)]
    response: Annotated[
        str | None,
        Meta(description="Name of the column with the true values; null where there was none."),
    ]
    task: Annotated[
        Literal["regression", "binary", "multiclass", None],
        Meta(description="What the response is."),
    ]
    positive: Annotated[
        str | UnsetType | None,
        Meta(
            description=(
                "The value of the response that counts as 1 where the task is binary, null for "
                "a plain 1."
            )
        ),
    ] = UNSET
    metrics: Annotated[
        dict[str, float], Meta(description="Metric -> value, of all rules together.")
    ]
    means: Annotated[
        list[float], Meta(description="Mean of every feature over the rows with a rule.")
    ]
    deviations: Annotated[
        list[float],
        Meta(description="Standard deviation of every feature over the rows with a rule."),
    ]
    rules: Annotated[
        list[FactsEntry],
        Meta(
            description=(
                "One per rule, in order: how many rows it applies to, their share of all that "
                "have a rule, mean and standard deviation (divided by n) of the response there,"
                " metrics of the rule on its own rows (local) and of its formula on all "
                "(whole), and the row nearest to the mean of its rows, in the features. None of "
                "additive rules."
            )
        ),
    ]
    typical: Annotated[
        list[float] | UnsetType,
        Meta(description="The row nearest to the mean of all, in the features."),
    ] = UNSET
    histograms: Annotated[
        list[HistogramEntry] | UnsetType,
        Meta(description="How the values of every feature are spread over the rows."),
    ] = UNSET
    part_deviations: Annotated[
        list[list[Annotated[float, Meta(ge=0)] | None]] | UnsetType,
        Meta(
            description=(
                "Of additive rules: for every column, pair or larger set of columns, in order, the "
                "standard deviation of what it adds to every score; null for more than a float64 "
                "holds."
            )
        ),
    ] = UNSET


class ReferenceEntry(FileEntry, kw_only=True):
    """What `reference` holds."""

    origin: Annotated[
        Literal["mean", "population", "neutral", "best", "highest", "middle", "row"],
        Meta(
            description=(
                "mean of the data's rows; population: the same row; neutral, best, highest: the "
                "row of the data whose score is the nearest to the mean score, the lowest, the "
                "highest; middle of the bounds; row: given by the user."
            )
        ),
    ]
    values: Annotated[list[float], Meta(description="One number per feature.")]


class EstimateEntry(FileEntry, kw_only=True):
    """What `estimate` holds."""

    regions: Annotated[
        Annotated[float, Meta(ge=0)] | None,
        Meta(description="Found and expected; null for more than a float64 holds."),
    ]
    error: Annotated[
        Annotated[float, Meta(ge=0)] | None,
        Meta(description="Standard error of that; null for more than a float64 holds."),
    ]
    volume: Annotated[
        Annotated[float, Meta(ge=0, le=1)] | None, Meta(description="Share of the volume.")
    ]
    volume_error: Annotated[
        Annotated[float, Meta(ge=0)] | None, Meta(description="Standard error of that.")
    ]
    data: Annotated[
        Annotated[float, Meta(ge=0, le=1)] | None, Meta(description="Share of the rows.")
    ]


class ReductionEntry(FileEntry, kw_only=True):
    """What `reduction` holds."""

    neurons_traced: Annotated[int, Meta(description="Neurons of the network as traced.", ge=0)]
    neurons_left: Annotated[int, Meta(description="Neurons of `network`.", ge=0)]
    removed: Annotated[
        dict[str, Annotated[int, Meta(ge=0)]],
        Meta(description="Why the other neurons went -> how many."),
    ]
    regions: Annotated[int, Meta(description="Linear regions that were found.", ge=0)]
    rows: Annotated[
        int | None, Meta(description="Rows of data that were counted, null without data.")
    ]


class FeatureEntry(FileEntry, kw_only=True):
    """One entry of `features`."""

    name: Annotated[
        str,
        Meta(
            description="Name of the column, or of one of its categories: `column = 'value'`.",
            min_length=1,
        ),
    ]
    lower: Annotated[float | None, Meta(description="Smallest value, null for none.")]
    upper: Annotated[float | None, Meta(description="Largest value, null for none.")]
    integer: Annotated[bool, Meta(description="Whether all values in the data were whole numbers.")]


class ConstraintEntry(FileEntry, kw_only=True):
    """One entry of `constraints`."""

    text: Annotated[str, Meta(description="As the user wrote it.")]
    coefficients: Annotated[dict[str, float], Meta(description="Feature -> coefficient.")]
    at_most: Annotated[
        float, Meta(description="Right-hand side; membership forgives 1e-12 of the terms.")
    ]


class CategoryEntry(FileEntry, kw_only=True):
    """One entry of `columns.categories`."""

    values: Annotated[list[str | float], Meta(description="Values that count as this category.")]
    missing: Annotated[bool | UnsetType, Meta(description="Whether a missing value does.")] = UNSET
    other: Annotated[
        bool | UnsetType, Meta(description="Whether any value that isn't named does.")
    ] = UNSET


class ArgumentEntry(FileEntry, kw_only=True):
    """One entry of the `arguments` of a derived column."""

    column: Annotated[str, Meta(description="Name of a column of numbers in the table.")]
    scale: Annotated[float, Meta(description="Its number is multiplied by this first.")]
    shift: Annotated[float, Meta(description="Added to that.")]
    fill: (
        Annotated[float, Meta(description="The number that a missing one counts as.")] | UnsetType
    ) = UNSET


class DerivedEntry(FileEntry, kw_only=True):
    """What `derived` of a column holds."""

    function: Annotated[
        str,
        Meta(description="The function, or bins: the number of the bin that a number lies in."),
    ]
    arguments: Annotated[
        list[ArgumentEntry], Meta(description="What the function takes.", min_length=1)
    ]
    constants: Annotated[
        list[float],
        Meta(
            description="Numbers of the function; of bins, pairs of an edge and 0 where it belongs "
            "to the bin above it, or 1 where to the one below."
        ),
    ]
    missing: (
        Annotated[int, Meta(description="Of bins, what a missing value counts as.", ge=0)]
        | UnsetType
    ) = UNSET


class ColumnEntry(FileEntry, kw_only=True):
    """One entry of `columns`."""

    name: Annotated[str, Meta(description="Name of the column in the table.")]
    fill: (
        Annotated[float, Meta(description="The number that a missing one counts as.")] | UnsetType
    ) = UNSET
    missing_of: (
        Annotated[
            str,
            Meta(
                description="The column of the table of which this one says whether its value is "
                "missing: its first feature is 1 where it is, its second one where it isn't."
            ),
        ]
        | UnsetType
    ) = UNSET
    derived: (
        Annotated[
            DerivedEntry,
            Meta(description="What the column is made of, where the table doesn't hold it."),
        ]
        | UnsetType
    ) = UNSET
    categories: (
        Annotated[
            list[CategoryEntry], Meta(description="In the order of their features.", min_length=1)
        ]
        | UnsetType
    ) = UNSET


class PlacesEntry(FileEntry, kw_only=True):
    """The entry `places`."""

    columns: Annotated[
        list[Annotated[int, Meta(ge=0)]],
        Meta(description="Places of the columns among those of the table, from 0, rising."),
    ]
    column_count: Annotated[int, Meta(description="Columns of the table.", ge=0)]
    coordinates: Annotated[
        list[Annotated[int, Meta(ge=0)]],
        Meta(description="Places of the features among all that the table becomes, rising."),
    ]
    coordinate_count: Annotated[int, Meta(description="Numbers that the table becomes.", ge=0)]


class SplitEntry(FileEntry, kw_only=True):
    """One entry of `splits`."""

    coefficients: Annotated[dict[str, float], Meta(description="Feature -> coefficient.")]
    at_least: Annotated[float, Meta(description="Right-hand side.")]
    neuron: Annotated[int, Meta(description="Index in `network`.", ge=0)] | UnsetType = UNSET
    otherwise: Child
    then: Child


class ConditionEntry(FileEntry, kw_only=True):
    """One entry of `rules.conditions`."""

    split: Annotated[int, Meta(description="Index in `splits`.", ge=0)]
    holds: Annotated[bool, Meta(description="Whether the test must hold, or must not.")]


class ScoreEntry(FileEntry, kw_only=True):
    """One entry of `rules.outputs`."""

    constant: Annotated[float, Meta(description="Value at 0.")]
    coefficients: Annotated[dict[str, float], Meta(description="Feature -> coefficient.")]


class RuleEntry(FileEntry, kw_only=True):
    """One entry of `rules`."""

    conditions: (
        Annotated[
            list[ConditionEntry],
            Meta(
                description=(
                    "All of them must hold. Absent: all tests on the only way down the tree that "
                    "leads to the rule."
                )
            ),
        ]
        | UnsetType
    ) = UNSET
    outputs: Annotated[
        dict[str, ScoreEntry],
        Meta(
            description=(
                "The affine map of every score by its name: that of the output without `heads`;"
                " with them `score` if there is one, else `score_1`, `score_2`, ..., each after"
                " as many `raw_` as keep it from starting an output's or feature's name (in any"
                " case)."
            )
        ),
    ]
    pattern: (
        Annotated[
            str,
            Meta(
                description=(
                    "Sign of every neuron of network, in order. Absent: those that the neurons have"
                    " at `point`, + for 0."
                ),
                pattern=r"^[+-]*$",
            ),
        ]
        | UnsetType
    ) = UNSET
    point: Annotated[list[float], Meta(description="A point strictly inside.")]
    rows: Annotated[int | None, Meta(description="Rows of data in the rule, null without data.")]


class NeuronEntry(FileEntry, kw_only=True):
    """One entry of `network.neurons`."""

    layer: Annotated[str, Meta(description="The activation's path in the model.")]
    unit: Annotated[int, Meta(description="Which of its units.", ge=0)]


class NetworkEntry(FileEntry, kw_only=True):
    """What `network` holds."""

    A: Annotated[list[Row], Meta(description="Neurons x features.")]
    L: Annotated[list[Row], Meta(description="Neurons x neurons.")]
    b: Annotated[list[float], Meta(description="One per neuron.")]
    C: Annotated[list[Row], Meta(description="Scores x features.")]
    U: Annotated[list[Row], Meta(description="Scores x neurons.")]
    c: Annotated[list[float], Meta(description="One per score.")]
    slope: Annotated[list[float], Meta(description="Of each neuron, on its negative side.")]
    neurons: Annotated[list[NeuronEntry], Meta(description="Where each stands in the model.")]
