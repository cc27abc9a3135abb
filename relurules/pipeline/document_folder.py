"""Rules and rows -> the folder of a document: the rule document in every format, the validation's
data, a model card, a skeleton of Annex IV.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from relurules.analysis.questions import answer_standing_questions
from relurules.codec.any_rules import format_any_rules
from relurules.documents import PRINTERS
from relurules.documents.annex_iv import build_annex_iv
from relurules.documents.file_formats import (
    FILE_FORMATS,
    USUAL_FORMATS,
    PrintRequest,
    check_formats,
)
from relurules.documents.line_plot_svg import draw_plot_file
from relurules.documents.model_card import build_model_card
from relurules.documents.picture_data import list_picture_tables
from relurules.documents.validated import ValidatedRules, build_validated_document
from relurules.documents.validation_plots import list_plots
from relurules.emitting import EmitOptions
from relurules.ir import AdditiveRules, RuleSet
from relurules.ir.proven_statement import ProvenStatement
from relurules.pipeline.page_scorer import write_page_scorer
from relurules.reasons.reason_texts import make_reason_options
from relurules.tables.spreadsheet_text import format_guarded_csv
from relurules.validation import ValidationOptions, ValidationReport, validate_rules
from relurules.validation.about import About
from relurules.validation.origins import Origins
from relurules.validation.report import FitFindings, tables_to_csv

#: Where the validation's tables and pictures, and the rules of refits, stand in the folder.
_DATA, _FIGURES, _REFITS = "data", "figures", "refits"
#: The digests of all other files.
SUMS = "SHA256SUMS"


@dataclass(frozen=True, kw_only=True)
class DocumentRequest:
    """What a document is made of. parts: {name: table}, the first one the base of comparisons,
    none for a document without validation; known: by the fit; formats: of the rule document, by
    their names; proven: by certificates of answers.
    """

    parts: Mapping[str, Any] = field(default_factory=dict)
    options: ValidationOptions = field(default_factory=ValidationOptions)
    about: About | None = None
    origins: Origins
    title: str | None = None
    known: FitFindings = field(default_factory=FitFindings)
    formats: tuple[str, ...] = USUAL_FORMATS
    proven: tuple[ProvenStatement, ...] = ()


def write_document_files(
    rules: RuleSet | AdditiveRules, request: DocumentRequest
) -> dict[str, str | bytes]:
    """{name in the folder: content} of every file; UnsupportedError, before any work, for a format
    whose package isn't installed.
    """
    formats = check_formats(request.formats)
    report = None
    if request.parts:
        report = validate_rules(rules, request.parts, request.options, request.known)
    about = request.about
    title = request.title or (about.title if about else None) or _compose_title(rules)
    answers = answer_standing_questions(rules)
    found = ValidatedRules(
        rules=rules, title=title, origins=request.origins, report=report, about=about,
        answers=answers, proven=request.proven,
    )  # fmt: skip
    reasons = make_reason_options(request.options.adverse)
    scorer = write_page_scorer(rules, EmitOptions(reasons=reasons)) if "html" in formats else None
    printed = PrintRequest(document=build_validated_document(found), found=found, scorer=scorer)
    files: dict[str, str | bytes] = {
        FILE_FORMATS[name].file: FILE_FORMATS[name].print(printed) for name in formats
    }
    markdown = PRINTERS["markdown"].print
    files["model_card.md"] = markdown(build_model_card(found))
    files["annex_iv.md"] = markdown(build_annex_iv(found))

    files |= _write_pictures(rules, report)
    files |= {} if report is None else _write_data(report)
    files |= _write_refits(request.known.refits) if report is not None else {}
    return {**files, SUMS: _sum_files(files)}


def _sum_files(files: Mapping[str, str | bytes]) -> str:
    """The digests of files, as sha256sum checks them."""
    contents = {
        name: text.encode() if isinstance(text, str) else text for name, text in files.items()
    }
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items()))


def _write_pictures(
    rules: RuleSet | AdditiveRules, report: ValidationReport | None
) -> dict[str, str]:
    """The numbers of pictures, as CSV."""
    tables = list_picture_tables(rules, None if report is None else report.contributions)
    return {f"{_DATA}/{name}.csv": format_guarded_csv(table) for name, table in tables.items()}


def _compose_title(rules: RuleSet | AdditiveRules) -> str:
    return f"Rules for {', '.join(rules.outputs[:3])}"


def _write_data(report: ValidationReport) -> dict[str, str | bytes]:
    """The validation as JSON, its tables as CSV, its pictures as SVG."""
    said = json.dumps(report.to_json(), indent=1, ensure_ascii=False, allow_nan=False)
    files: dict[str, str | bytes] = {"validation.json": said + "\n"}
    files |= {f"{_DATA}/{name}": text for name, text in tables_to_csv(report.tables).items()}
    plots = list_plots(report)
    return files | {f"{_FIGURES}/{n}.svg": draw_plot_file(plot) for n, plot in plots.items()}


def _write_refits(refits: Sequence[RuleSet | AdditiveRules]) -> dict[str, str]:
    """The rules that were fitted again, by number, without statistics of rows."""
    return {
        f"{_REFITS}/{number}.json": format_any_rules(replace(one, evidence=None))
        for number, one in enumerate(refits, 1)
    }
