"""The cover, the validation and the origins as sheets."""

from collections.abc import Iterator

from relurules.documents.cover import MISSING
from relurules.documents.document import Document
from relurules.documents.validated import ValidatedRules
from relurules.documents.workbook.sheets import Cell, Sheet, make_sheet
from relurules.validation import ValidationReport
from relurules.validation.report import to_plain
from relurules.wording.phrases import Phrase


def build_cover_sheet(document: Document, found: ValidatedRules) -> Sheet:
    """What this is, what people said, and who signs."""
    told = found.told
    rows: list[tuple[Cell, ...]] = [("Title", document.title)]
    rows += [("", _write(phrase)) for phrase in document.about]
    rows.append(("Belongs to", document.mark))
    if found.about is not None:
        facts = {"Purpose": told.purpose, "Owner": told.owner, "Version": told.version}
        facts |= {"Legal basis": told.legal_basis, "Status": told.status, "Contact": told.contact}
        rows += [(name, value or MISSING) for name, value in facts.items()]
        rows += [("Limit of use", limit) for limit in told.limits or (MISSING,)]
        rows += [("Data source", source) for source in told.data_sources or (MISSING,)]
        rows.append(("Signed by", "Role, decision, date"))
        rows += [
            (one.name, ", ".join(filter(None, (one.role, one.decision, one.date))) or MISSING)
            for one in told.approvers
        ] or [("", MISSING)]
    return make_sheet("Cover", ("What", ""), rows)


def _write(phrase: Phrase) -> str:
    return "".join(piece.text for piece in phrase)


def list_report_sheets(report: ValidationReport) -> Iterator[Sheet]:
    """Every table of the validation, its numbers as they were worked out."""
    for name, rows in report.tables.items():
        yield make_sheet(
            name.replace("_", " ").capitalize(),
            (field.replace("_", " ") for field in rows[0]._fields),
            ([to_plain(value) for value in row] for row in rows),
        )


def build_origin_sheet(found: ValidatedRules) -> Sheet:
    """The command, digests, versions, and how the rules were fitted."""
    origins, made = found.origins, found.rules.provenance
    rows: list[tuple[Cell, ...]] = [("This workbook", "command", origins.command)]
    rows += [("File that was read", f"{one.role}: {one.name}", one.sha256) for one in origins.files]
    rows += [("Version", name, version) for name, version in origins.versions.items()]
    rows += [("The fit", name, value) for name, value in origins.training.items()]
    rows += [("File of the fit", name, sha) for name, sha in origins.training_files.items()]
    rows += [("The rules", "model", made.model), ("The rules", "SHA-256 of the model", made.digest)]
    rows += [("The rules", f"asked for: {name}", value) for name, value in made.settings.items()]
    return make_sheet("Provenance", ("What", "Name", "Value"), rows)
