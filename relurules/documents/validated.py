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
from relurules.validation import ValidationReport
from relurules.validation.about import About
from relurules.validation.origins import Origins

#: The section that the validation comes after, where there is one, and the one it comes before.
_AFTER, _BEFORE = "measured", "domain"


@dataclass(frozen=True, kw_only=True)
class ValidatedRules:
    """Rules, and all that is known of them. report: None without rows; about: what people said."""

    rules: RuleSet | AdditiveRules
    title: str
    origins: Origins
    report: ValidationReport | None = None
    about: About | None = None
    answers: tuple[Answer, ...] = ()

    @property
    def told(self) -> About:
        """What people said; nothing where they didn't."""
        return self.about or About()


def build_validated_document(found: ValidatedRules) -> Document:
    """The whole document."""
    document = build_document(found.rules, "html", found.title, found.answers)
    front = () if found.about is None else (build_cover(found.about),)
    validation = () if found.report is None else build_validation(found.report)
    sections = _insert_sections(document.sections, validation)
    whole = replace(document, sections=(*front, *sections, build_origins(found.origins)))
    return replace(whole, mark=write_mark(whole, found.rules, found.origins))


def _insert_sections(sections: Sequence[Section], added: Sequence[Section]) -> tuple[Section, ...]:
    anchors = [section.anchor for section in sections]
    if _AFTER in anchors:
        place = anchors.index(_AFTER) + 1
    else:
        place = anchors.index(_BEFORE) if _BEFORE in anchors else len(anchors)
    return (*sections[:place], *added, *sections[place:])
