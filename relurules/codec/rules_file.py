"""The declaration of a rules file, in msgspec: the check of what is read and the JSON Schema follow
from it.

msgspec checks large files in no time, but says little about what is wrong. Where it refuses a file,
jsonschema tells the place, what was found and what is supported. What neither can say (names and
numbers that must fit together) is in `rules_check.py`.
"""

import json
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from relurules.codec.file_entries import (
    ColumnEntry,
    ConstraintEntry,
    DecisionEntry,
    EstimateEntry,
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
    RuleEntry,
    SplitEntry,
    TradeoffEntry,
)


class RulesFile(FileEntry, kw_only=True):
    """What a rules file holds."""

    format: Annotated[Literal["relurules.rules"], Meta(description="What this file is.")]
    version: Annotated[
        Literal[1, 2],
        Meta(
            description=(
                "Version of the format; it goes up when a release before could not read the "
                "file. Version 1 wrote every pattern, all conditions, and all zeros of "
                "matrices."
            )
        ),
    ]
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
    decision: Annotated[
        DecisionEntry | UnsetType,
        Meta(
            description=(
                "Where the output is the number of a class: the classes' names from 0, and the "
                "threshold that decides between two; without it the largest score does."
            )
        ),
    ] = UNSET
    labels: Annotated[
        LabelsEntry | UnsetType,
        Meta(
            description=(
                "What the model calls its classes, with the labels' own type. Files without it "
                "speak of the numbers of classes, from 0."
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
        PlacesEntry,
        Meta(
            description=(
                "The same function as neurons: z = A x + L phi(z) + b, phi(z) = max(0, z) + "
                "slope * min(0, z), scores = C x + U phi(z) + c. L is strictly lower "
                "triangular."
            )
        ),
    ]
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


def check_rules_file(found: Any) -> Any:
    """Plain JSON values that follow the declaration, with integers in place of floats such as 2.0
    where integers are meant; ValueError names the first place that doesn't, and why.
    """
    try:
        msgspec.convert(found, RulesFile)
        return found
    except msgspec.ValidationError:
        schema = make_schema()

    whole = _write_integers(found, schema, schema["$defs"])
    try:
        msgspec.convert(whole, RulesFile)
        return whole
    except msgspec.ValidationError as error:
        raise ValueError(_find_wrong_part(whole, schema) or str(error)) from error


def _write_integers(value: Any, schema: Mapping[str, Any], parts: Mapping[str, Any]) -> Any:
    """The value, its whole floats as integers where the schema wants integers."""
    schema = parts[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    if isinstance(value, dict):
        known, others = schema.get("properties", {}), schema.get("additionalProperties") or {}
        return {
            name: _write_integers(part, known.get(name, others), parts)
            for name, part in value.items()
        }

    if isinstance(value, list):
        return [_write_integers(part, schema.get("items", {}), parts) for part in value]

    meant = "integer" in schema.get("type", ()) or value in schema.get("enum", ())
    return int(value) if meant and isinstance(value, float) and value.is_integer() else value


def _find_wrong_part(found: Any, schema: Mapping[str, Any]) -> str | None:
    """The first place that doesn't follow the schema, and why; None where all do."""
    from jsonschema import Draft202012Validator  # takes long on large files

    error = next(iter(Draft202012Validator(schema).iter_errors(found)), None)
    if error is None:
        return None
    known = error.schema["properties"] if error.validator == "additionalProperties" else ()
    supported = f"; supported: {', '.join(known)}" if known else ""
    return f"at {error.json_path}: {error.message[:200]}{supported}"


@cache
def make_schema() -> Any:
    """The JSON Schema (draft 2020-12) that says what the declaration says."""
    found = _merge_types(msgspec.json.schema(RulesFile))
    parts = found["$defs"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **parts.pop("RulesFile"),
        "title": "relurules.rules, version 2",
        "description": (
            "Rules that cover a domain: IF every condition holds THEN each score is "
            "constant + sum of coefficient * feature; the outputs are the scores, or what "
            "`heads` makes of them. All numbers are float64, in the user's columns and "
            "units. Coefficients that aren't named are 0."
        ),
        "$defs": parts,
    }


def _merge_types(schema: Any) -> Any:
    """A schema whose `anyOf` of different types is a list of types, so that messages name them.

    All other keywords of such parts speak of one type only.
    """
    if isinstance(schema, list):
        return [_merge_types(part) for part in schema]
    if not isinstance(schema, dict):
        return schema

    schema = {name: _merge_types(part) for name, part in schema.items()}
    for part in (kinds := schema.pop("anyOf", [])):
        schema |= part
    return schema | {"type": [part["type"] for part in kinds]} if kinds else schema


def make_schema_text() -> str:
    """The schema as text, as `relurules schema` prints it."""
    return json.dumps(make_schema(), indent=1, ensure_ascii=False) + "\n"
