"""A model card, by the headings of M. Mitchell et al., "Model Cards for Model Reporting", 2019."""

from collections.abc import Sequence

from relurules.documents.cover import MISSING
from relurules.documents.document import Block, Bullets, Document, Facts, Paragraph, Section
from relurules.documents.validated import ValidatedRules
from relurules.documents.validation import build_validation
from relurules.documents.validation_groups import describe_worst
from relurules.ir import AdditiveRules
from relurules.validation.about import About
from relurules.wording import phrases as p
from relurules.wording.edits import count_edits
from relurules.wording.numbers import format_count
from relurules.wording.sources import is_linear_model, name_source

#: Sections of a validation that a card repeats.
_REPEATED = ("validation", "groups")


def build_model_card(found: ValidatedRules) -> Document:
    """The card: what is known, and what nobody has said, marked as missing."""
    about = found.told
    shown = () if found.report is None else build_validation(found.report)
    repeated = tuple(one for one in shown if one.anchor in _REPEATED)
    sections = (
        _build_details(found, about),
        _list_section("use", "Intended use", [about.purpose, *about.users]),
        _list_section("out", "Uses out of scope", about.limits),
        _build_factors(found),
        *repeated,
        _build_data(found, about),
        _list_section("ethics", "Ethical considerations", about.risks),
        _build_caveats(found, about),
    )
    said = (p.text("A model card; the rule document beside it has the rules themselves."),)

    return Document(f"Model card: {found.title}", said, sections, "relurules")


def _list_section(anchor: str, title: str, entries: Sequence[str | None]) -> Section:
    known = [entry for entry in entries if entry] or [MISSING]
    return Section(anchor, title, (Bullets(tuple(p.text(entry) for entry in known)),))


def describe_model(found: ValidatedRules) -> str:
    """What kind of model it is, in a sentence."""
    rules = found.rules
    if rules.provenance.edits:
        noun = "line" if isinstance(rules, AdditiveRules) else "rule"
        count = format_count(len(rules), noun)
        return f"{count}, edited by hand {count_edits(rules)}: a model of its own"
    if is_linear_model(rules):
        return "a linear model, whose score is one formula"
    if isinstance(rules, AdditiveRules):
        count = format_count(len(rules), "line")
        origin = "fitted to a table" if rules.provenance.fitted else "of a neural network"
        return f"a score that is a sum: a linear base and {count} {origin}"

    model = "tree of linear models" if rules.is_own_model else "neural network"
    return f"{format_count(len(rules), 'rule')} of a {model}, of which one applies"


def _build_details(found: ValidatedRules, about: About) -> Section:
    rules, origins = found.rules, found.origins
    items = [
        ("Model", describe_model(found)),
        ("Owner", about.owner or MISSING),
        ("Version", about.version or MISSING),
        ("Contact", about.contact or MISSING),
        ("Outputs", ", ".join(rules.outputs)),
        ("Columns", ", ".join(column.name for column in rules.domain.columns)),
        ("Made by", f"relurules {rules.provenance.version or origins.versions['relurules']}"),
        (
            "Model digest",
            f"SHA-256 {rules.provenance.digest}" if rules.provenance.digest else MISSING,
        ),
    ]
    items += [(f"File: {one.role}", f"{one.name}, SHA-256 {one.sha256}") for one in origins.files]

    return Section("details", "Model details", (Facts(tuple((n, p.text(v)) for n, v in items)),))


def _build_factors(found: ValidatedRules) -> Section:
    report = found.report
    columns = [] if report is None else list(dict.fromkeys(one.column for one in report.groups))
    if not columns or report is None:
        said = "missing: no groups were looked at"
        return Section("factors", "Factors", (Paragraph(p.text(said)),))
    last = report.parts[-1].part
    worst = [said for column in columns for said in describe_worst(report, column, last)]
    blocks: list[Block] = [Paragraph(p.text(f"Groups were looked at by {', '.join(columns)}."))]
    if worst:
        blocks.append(Bullets(tuple(p.text(said) for said in worst)))

    return Section("factors", "Factors", tuple(blocks))


def _build_data(found: ValidatedRules, about: About) -> Section:
    items = [("Sources", "; ".join(about.data_sources) or MISSING)]
    if found.report is not None:
        items += [
            (
                f"{one.part} rows",
                f"{one.rows:,}, of them {one.outside:,} outside the domain; SHA-256 of their "
                f"values {one.digest}",
            )
            for one in found.report.parts
        ]
    else:
        items.append(("Rows", "missing: no data were given"))

    return Section("data", "Data", (Facts(tuple((n, p.text(v)) for n, v in items)),))


def _build_caveats(found: ValidatedRules, about: About) -> Section:
    model = name_source(found.rules).short
    verb = "do" if model.endswith("s") else "does"
    items = [
        "The rules hold within their domain only; beyond it, no answer is given.",
        f"They say what {model} {verb}, not why the world is so: no causal effect is claimed.",
        *(f"Oversight: {entry}" for entry in about.oversight),
    ]
    return Section("caveats", "Caveats", (Bullets(tuple(p.text(item) for item in items)),))
