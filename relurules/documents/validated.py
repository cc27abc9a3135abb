"""The rule document with a cover, a validation and its origins, and the documents that go with
it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from relurules.documents.build import build_document
from relurules.documents.cover import build_cover, build_origins
from relurules.documents.document import Document, Section
from relurules.documents.page_marks import write_mark
from relurules.documents.validation import build_validation
from relurules.ir import AdditiveRules, RuleSet
from relurules.ir.answers import Answer
from relurules.ir.proven_statement import ProvenStatement
from relurules.validation import ValidationReport
from relurules.validation.about import About
from relurules.validation.origins import Origins

#: The sections that the validation comes after, the first that there is, and the one before which
#: it stands where there is none.
_AFTER, _BEFORE = ("measured", "proven"), "domain"


@dataclass(frozen=True, kw_only=True)
class ValidatedRules:
    """Rules, and all that is known of them. report: None without rows; about: what people said."""

    rules: RuleSet | AdditiveRules
    title: str
    origins: Origins
    report: ValidationReport | None = None
    about: About | None = None
    answers: tuple[Answer, ...] = ()
    proven: tuple[ProvenStatement, ...] = ()

    @property
    def told(self) -> About:
        """What people said; nothing where they didn't."""
        return self.about or About()


def build_validated_document(found: ValidatedRules) -> Document:
    """The whole document."""
    document = build_document(found.rules, "html", found.title, found.answers, found.proven)
    front = () if found.about is None else (build_cover(found.about),)
    validation = () if found.report is None else build_validation(found.report)
    sections = _insert_sections(_drop_told(document.sections, found), validation)
    whole = replace(document, sections=(*front, *sections, build_origins(found.origins)))
    return replace(whole, mark=write_mark(whole, found.rules, found.origins))


def _drop_told(sections: Sequence[Section], found: ValidatedRules) -> tuple[Section, ...]:
    """The sections without those that others say better: what is measured of all rows together,
    where a validation tells the parts apart, and how to make the rules again, where a fit noted it.
    """
    left_out = set()
    if found.origins.training.get("command"):
        left_out.add("again")
    if found.report is not None and found.report.figures and isinstance(found.rules, AdditiveRules):
        left_out.add("measured")

    return tuple(section for section in sections if section.anchor not in left_out)


def _insert_sections(sections: Sequence[Section], added: Sequence[Section]) -> tuple[Section, ...]:
    anchors = [section.anchor for section in sections]
    after = next((name for name in _AFTER if name in anchors), None)
    if after is not None:
        place = anchors.index(after) + 1
    else:
        place = anchors.index(_BEFORE) if _BEFORE in anchors else len(anchors)
    return (*sections[:place], *added, *sections[place:])
