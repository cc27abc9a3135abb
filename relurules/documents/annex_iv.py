"""A skeleton of the technical documentation of Annex IV of Regulation (EU) 2024/1689: what is known
is filled in, all else is marked as missing.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from relurules.documents.document import Bullets, Document, Section
from relurules.documents.model_card import describe_model
from relurules.documents.validated import ValidatedRules
from relurules.documents.validation_cells import write_measured
from relurules.documents.validation_groups import describe_worst
from relurules.wording import phrases as p
from relurules.wording.phrases import Phrase

#: What stands before everything that has to be written by people.
TO_DO = "MISSING"


class AnnexPoint(NamedTuple):
    """A point of the annex: its number, what it asks for, and the name of what is known of it."""

    number: str
    asks: str
    known: str = ""


_POINTS: Mapping[str, tuple[AnnexPoint, ...]] = {
    "1. General description": (
        AnnexPoint("1(a)", "intended purpose, provider, version", "purpose"),
        AnnexPoint("1(b)", "how it interacts with hardware or software that is no part of it"),
        AnnexPoint("1(c)", "versions of relevant software or firmware", "versions"),
        AnnexPoint("1(d)", "forms in which it is placed on the market or put into service"),
        AnnexPoint("1(e)", "hardware on which it is to run"),
        AnnexPoint("1(f)", "where it is part of products: their features, marking and layout"),
        AnnexPoint("1(g)", "the user interface for the deployer"),
        AnnexPoint("1(h)", "instructions for use for the deployer", "instructions"),
    ),
    "2. Elements and development": (
        AnnexPoint("2(a)", "methods and steps of its development, pre-trained parts", "training"),
        AnnexPoint("2(b)", "design specifications: general logic, key choices", "logic"),
        AnnexPoint("2(c)", "architecture, computational resources", "resources"),
        AnnexPoint("2(d)", "data: provenance, scope, selection, labelling, cleaning", "data"),
        AnnexPoint("2(e)", "human oversight measures of Article 14", "oversight"),
        AnnexPoint("2(f)", "changes that were determined beforehand"),
        AnnexPoint("2(g)", "validation and testing: data, metrics, dated and signed logs", "tests"),
        AnnexPoint("2(h)", "cybersecurity measures"),
    ),
    "3. Monitoring, functioning and control": (
        AnnexPoint("3(a)", "capabilities and limits, accuracy overall", "accuracy"),
        AnnexPoint("3(b)", "accuracy for specific persons or groups", "groups"),
        AnnexPoint("3(c)", "foreseeable unintended outcomes and sources of risk", "risks"),
        AnnexPoint("3(d)", "specifications on input data", "inputs"),
    ),
    "4. Performance metrics": (AnnexPoint("4", "why the metrics are appropriate for this system"),),
    "5. Risk management": (AnnexPoint("5", "the risk management system of Article 9"),),
    "6. Changes": (AnnexPoint("6", "relevant changes made through its lifecycle"),),
    "7. Standards": (AnnexPoint("7", "harmonised standards and other means of conformity"),),
    "8. Declaration": (AnnexPoint("8", "a copy of the EU declaration of conformity"),),
    "9. Post-market monitoring": (
        AnnexPoint("9", "the post-market monitoring system and its plan, Article 72", "watch"),
    ),
}


def build_annex_iv(found: ValidatedRules) -> Document:
    """Every point of the annex with what is known."""
    known = {name: tuple(say(found)) for name, say in _KNOWN.items()}
    sections = tuple(
        Section(
            f"annex-{i}",
            title,
            (Bullets(tuple(_phrase_point(point, known.get(point.known, ())) for point in points)),),
        )
        for i, (title, points) in enumerate(_POINTS.items(), 1)
    )
    said = (
        p.text(
            "A skeleton by Annex IV of Regulation (EU) 2024/1689. What the rules, the data and "
            f"about.toml tell is filled in; {TO_DO} marks what people have to write. Whether the "
            "regulation applies is not judged here."
        ),
    )

    return Document(f"Technical documentation: {found.title}", said, sections, "relurules")


def _phrase_point(point: AnnexPoint, known: Sequence[str]) -> Phrase:
    filled = "; ".join(said.removesuffix(".") for said in known) or TO_DO
    return p.text(f"{point.number}, {point.asks}: {filled}")


def _say_purpose(found: ValidatedRules) -> list[str]:
    asked = {
        "purpose": found.told.purpose,
        "owner": found.told.owner,
        "version": found.told.version,
    }
    return [f"{name}: {value or TO_DO}" for name, value in asked.items()]


def _say_versions(found: ValidatedRules) -> list[str]:
    return [f"{name} {value}" for name, value in found.origins.versions.items()]


def _say_instructions(found: ValidatedRules) -> list[str]:
    limits = [f"limit of use: {limit}" for limit in found.told.limits]
    return ["the rule document says how a score is worked out and when there is none", *limits]


def _say_training(found: ValidatedRules) -> list[str]:
    return [f"{name}: {value}" for name, value in found.origins.training.items()]


def _say_logic(found: ValidatedRules) -> list[str]:
    return [f"{describe_model(found)}; the rule document has all of it"]


def _say_resources(found: ValidatedRules) -> list[str]:
    training = found.origins.training
    spent = [f"{name}: {value}" for name, value in training.items() if "seconds" in name]
    return [describe_model(found), *spent]


def _say_data(found: ValidatedRules) -> list[str]:
    files = [
        f"{one.role}: {one.name}, SHA-256 {one.sha256}"
        for one in found.origins.files
        if one.role.endswith("rows")
    ]
    sources = [f"source: {source}" for source in found.told.data_sources]
    return [*sources, *files, f"selection, labelling and cleaning: {TO_DO}"]


def _say_oversight(found: ValidatedRules) -> Sequence[str]:
    return found.told.oversight


def _say_tests(found: ValidatedRules) -> list[str]:
    if found.report is None:
        return []
    parts = ", ".join(f"{one.part} {one.rows:,}" for one in found.report.parts)
    signed = [f"{one.name} ({one.date})" for one in found.told.approvers if one.date]

    return [
        f"rows: {parts}",
        "the validation of the rule document, its tables as CSV and JSON",
        f"made again by: {found.origins.command}",
        f"signed: {', '.join(signed) or TO_DO}",
    ]


def _say_accuracy(found: ValidatedRules) -> list[str]:
    if found.report is None:
        return []
    last = found.report.parts[-1].part
    figures = [
        f"{one.metric} {write_measured(one.value)}"
        + (
            f" ({write_measured(one.low)} to {write_measured(one.high)})"
            if one.low is not None and one.high is not None
            else ""
        )
        for one in found.report.figures
        if one.part == last and one.model == "the rules"
    ]

    return [f"on the {last} rows: {', '.join(figures)}"] if figures else []


def _say_groups(found: ValidatedRules) -> list[str]:
    report = found.report
    if report is None or not report.groups:
        return []
    columns = dict.fromkeys(one.column for one in report.groups)
    last = report.parts[-1].part
    return [said for column in columns for said in describe_worst(report, column, last)]


def _say_risks(found: ValidatedRules) -> Sequence[str]:
    return found.told.risks


def _say_inputs(found: ValidatedRules) -> list[str]:
    names = ", ".join(column.name for column in found.rules.domain.columns)
    return [f"columns {names}; their ranges and values are in the rule document, under Domain"]


def _say_watch(_: ValidatedRules) -> list[str]:
    return [f"relurules monitor compares new rows with a reference; the plan: {TO_DO}"]


#: What is known -> what says it.
_KNOWN: Mapping[str, Callable[[ValidatedRules], Sequence[str]]] = {
    "purpose": _say_purpose,
    "versions": _say_versions,
    "instructions": _say_instructions,
    "training": _say_training,
    "logic": _say_logic,
    "resources": _say_resources,
    "data": _say_data,
    "oversight": _say_oversight,
    "tests": _say_tests,
    "accuracy": _say_accuracy,
    "groups": _say_groups,
    "risks": _say_risks,
    "inputs": _say_inputs,
    "watch": _say_watch,
}
