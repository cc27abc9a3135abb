"""What monitoring found, as one page."""

from relurules.documents.document import (
    Block,
    Bullets,
    Code,
    Document,
    Facts,
    Paragraph,
    Section,
    Table,
)
from relurules.documents.html import print_html
from relurules.documents.validation_cells import phrase_share, phrase_value
from relurules.documents.validation_movement import (
    explain_psi,
    tabulate_moved_bands,
    tabulate_movements,
)
from relurules.validation import MonitorReport
from relurules.validation.monitoring import REFERENCE
from relurules.wording import phrases as p


def print_monitor_html(report: MonitorReport, title: str, command: str) -> str:
    """The page."""
    return print_html(build_monitor_document(report, title, command))


def build_monitor_document(report: MonitorReport, title: str, command: str) -> Document:
    """What is above limits first, then everything."""
    said = f"{report.rows[1]:,} rows, beside {report.rows[0]:,} of the reference"
    sections = [_build_verdict(report), _build_movements(report)]
    if report.periods:
        sections.append(_build_periods(report))
    sections += [_build_rates(report), Section("again", "Made by", (Code(command),))]
    return Document(title, (p.text(said),), tuple(sections), "relurules")


def _build_verdict(report: MonitorReport) -> Section:
    limits = report.limits
    facts = (
        ("PSI, at most", p.number(f"{limits.psi:g}")),
        ("Rows outside, at most", phrase_share(limits.outside)),
        ("Rise of missing values, at most", phrase_share(limits.missing)),
        ("Mean score of the reference", phrase_value(report.mean_scores[0])),
        ("Mean score now", phrase_value(report.mean_scores[1])),
    )
    breaches = report.breaches or ("Nothing is above its limit.",)
    blocks: list[Block] = [Bullets(tuple(p.text(said) for said in breaches)), Facts(facts)]
    title = "Above limits" if report.breaches else "Within limits"

    return Section("verdict", title, tuple(blocks))


def _build_movements(report: MonitorReport) -> Section:
    blocks: list[Block] = [Paragraph(p.text(explain_psi(REFERENCE)))]
    blocks.append(tabulate_movements(report.movements))
    blocks += tabulate_moved_bands(report.movements, report.shares)
    return Section("movement", "What has moved", tuple(blocks))


def _build_periods(report: MonitorReport) -> Section:
    rows = tuple(
        (
            p.text(one.period),
            p.number(f"{one.rows:,}"),
            phrase_share(one.outside / one.rows if one.rows else None),
            phrase_value(one.mean_score),
            phrase_share(one.class_share),
            phrase_value(one.psi, 3),
        )
        for one in report.periods
    )
    header = ("Period", "Rows", "Outside", "Mean score", "Share of class 1", "PSI of the score")
    table = Table("Period by period", header, rows, (False, *[True] * 5))

    return Section("periods", "By period", (table,))


def _build_rates(report: MonitorReport) -> Section:
    rows = tuple(
        (
            p.text("outside the domain" if one.kind == "outside" else "missing"),
            p.name(one.name),
            phrase_share(one.reference),
            phrase_share(one.data),
        )
        for one in report.rates
    )
    header = ("What", "Of", "Reference", "Now")
    table = Table(
        "Rows outside the domain, and missing values", header, rows, (False, False, True, True)
    )

    return Section("rates", "Outside and missing", (table,))
