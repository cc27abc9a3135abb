"""What two versions of rules are, side by side, where they aren't alike."""

from collections.abc import Iterator, Sequence

import numpy as np

from relurules.documents.document import Block, Paragraph, Section, Table
from relurules.domain import Domain
from relurules.domain.columns import Column
from relurules.ir import AdditiveRules, RuleSet, Scorer
from relurules.wording import phrases as p
from relurules.wording.numbers import format_bound, format_count, format_number
from relurules.wording.references import list_reference_values

#: What is compared, in words, and what either is.
Fact = tuple[str, str, str]
#: Names that one cell lists.
_LISTED = 24
#: Characters of a digest that are shown: two of them stand side by side.
_DIGITS = 16


def build_facts(old: Scorer, new: Scorer, names: tuple[str, str]) -> Section:
    """What differs of outputs, classes, columns, domain, reference and origin; nothing is passed
    over.
    """
    found = [*_list_outputs(old, new), *_list_columns(old, new), *_list_origins(old, new)]
    rows = tuple((p.text(what), p.text(one), p.text(other)) for what, one, other in found)
    blocks: list[Block] = []
    if rows:
        blocks.append(Table("What isn't alike", ("What", *names), rows, (False, False, False)))
    said = "Everything else of outputs, links, classes, columns, domain and reference is alike."
    if not rows:
        said = "Outputs, links, classes, columns, domain, reference and origin are alike."
    blocks.append(Paragraph(p.text(said)))
    return Section("versions", "The two versions", tuple(blocks))


def _differ(what: str, one: str, other: str) -> Iterator[Fact]:
    if one != other:
        yield what, one or "\u2013", other or "\u2013"


def _list_outputs(old: Scorer, new: Scorer) -> Iterator[Fact]:
    yield from _differ("What it is", _describe_kind(old), _describe_kind(new))
    yield from _differ("Outputs", _join(old.outputs), _join(new.outputs))
    links = [_join([head.link for head in side.heads]) for side in (old, new)]
    yield from _differ("Links", *links)
    yield from _differ("Classes", _describe_labels(old), _describe_labels(new))
    yield from _differ("Scores speak of", _describe_positive(old), _describe_positive(new))
    errors = [format_bound(side.max_error) for side in (old, new)]
    yield from _differ("Largest error beside its own model", *errors)


def _describe_kind(side: Scorer) -> str:
    if isinstance(side, AdditiveRules):
        return format_count(len(side), "line") + " that add up"
    assert isinstance(side, RuleSet)  # noqa: S101  # there are two kinds
    return format_count(len(side), "rule") + " of which one applies"


def _describe_labels(side: Scorer) -> str:
    return "numbers from 0" if side.labels is None else _join(list(map(repr, side.labels.values)))


def _describe_positive(side: Scorer) -> str:
    if side.labels is None or side.class_test is None:
        return ""
    return repr(side.labels.positive_label)


def _list_columns(old: Scorer, new: Scorer) -> Iterator[Fact]:
    mine = {column.name: column for column in old.domain.columns}
    theirs = {column.name: column for column in new.domain.columns}
    lone = [
        [name for name in one if name not in other]
        for one, other in ((mine, theirs), (theirs, mine))
    ]
    yield from _differ("Columns that it alone has", *map(_join, lone))
    for name in (name for name in mine if name in theirs):
        texts = [_describe_column(columns[name]) for columns in (mine, theirs)]
        yield from _differ(f"Column {name}", *texts)
        ranges = [_describe_range(side.domain, name) for side in (old, new)]
        if texts[0] == texts[1]:
            yield from _differ(f"Range of {name}", *ranges)
    yield from _differ("Further limits", *(_join(side.domain.texts) for side in (old, new)))
    references = [dict(list_reference_values(s.reference, s.domain)) for s in (old, new)]
    for name in (name for name in references[0] if name in references[1]):
        yield from _differ(f"Reference: {name}", references[0][name], references[1][name])


def _describe_column(column: Column) -> str:
    if not column.categories:
        filled = "" if column.fill is None else f", missing counts as {format_number(column.fill)}"
        return f"number{filled}"
    return "one of: " + _join([" or ".join(one.members) for one in column.categories])


def _describe_range(domain: Domain, name: str) -> str:
    place = domain.places[[column.name for column in domain.columns].index(name)]
    column = next(one for one in domain.columns if one.name == name)
    if column.categories:
        admitted = [
            " or ".join(one.members)
            for one, j in zip(column.categories, place, strict=True)
            if domain.upper[j] > 0
        ]
        return _join(admitted)
    low, high = float(domain.lower[place.start]), float(domain.upper[place.start])
    ends = [format_number(end) if np.isfinite(end) else "any" for end in (low, high)]
    return " to ".join(ends)


def _list_origins(old: Scorer, new: Scorer) -> Iterator[Fact]:
    made = [side.provenance for side in (old, new)]
    yield from _differ("Model", *(one.model for one in made))
    yield from _differ("Model digest, SHA-256", *(_shorten(one.digest) for one in made))
    data = ["" if s.evidence is None else _shorten(s.evidence.digest) for s in (old, new)]
    yield from _differ("Data digest, SHA-256", *data)
    yield from _differ("Made by relurules", *(one.version for one in made))
    for name in dict.fromkeys([*made[0].settings, *made[1].settings]):
        texts = [str(one.settings.get(name, "")) for one in made]
        yield from _differ(f"Setting {name}", *texts)
    counts = [
        "; ".join(f"{edit.date} {edit.author}: {edit.reason}" for edit in one.edits) for one in made
    ]
    yield from _differ("Edits by hand", *counts)


def _shorten(digest: str) -> str:
    return f"{digest[:_DIGITS]}\u2026" if len(digest) > _DIGITS else digest


def _join(names: Sequence[object]) -> str:
    shown = ", ".join(str(name) for name in names[:_LISTED])
    return shown + (f" and {len(names) - _LISTED} more" if len(names) > _LISTED else "")
