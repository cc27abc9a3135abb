"""What texts of both kinds of rules tell alike: outputs, classes and the domain."""

from typing import NamedTuple

from relurules.domain.columns import find_groups
from relurules.emitting import plan
from relurules.files.templates import flatten_text
from relurules.ir import AdditiveRules, RuleSet
from relurules.wording.classes import describe_labels
from relurules.wording.derived import describe_derived
from relurules.wording.edits import describe_edited
from relurules.wording.file_reading import describe_reading
from relurules.wording.guards import describe_guards
from relurules.wording.links import explain_outputs, has_links
from relurules.wording.numbers import format_bound, format_number
from relurules.wording.phrases import GAP, Phrase, write_ascii
from relurules.wording.sources import name_source

#: A long phrase is broken before the piece that would pass this width, and goes on indented.
_WIDTH, _INDENT = 110, "\n         "


class ColumnBounds(NamedTuple):
    """A column of numbers: its name, from, to, whether it holds whole numbers."""

    name: str
    low: str
    high: str
    whole: bool


def list_shared_values(rules: RuleSet | AdditiveRules) -> dict[str, object]:
    """What the shared templates take, `text/outputs.txt.j2` and `text/domain.txt.j2`, and the facts
    of both heads.
    """
    domain, names = rules.domain, [flatten_text(name) for name in rules.features]
    linked = explain_outputs(rules) if has_links(rules) and rules.decision is None else None

    return {
        "linked": linked
        and {
            "outputs": [
                (flatten_text(name), flatten_text(formula)) for name, formula in linked.outputs
            ],
            "definitions": linked.definitions,
        },
        "outputs": [flatten_text(name) for name in rules.outputs],
        "reduction": rules.reduction,
        "removed": ", ".join(f"{count} {name}" for name, count in rules.reduction.removed.items()),
        "max_error": format_bound(rules.max_error),
        "source": name_source(rules),
        "fitted": rules.provenance.fitted,
        "edited": _describe_edits(rules),
        "exact": rules.max_error == 0.0,
        "of_scores": linked is not None and rules.output_error is None,
        "classes": [flatten_text(line) for line in describe_labels(rules)],
        "indicators": bool(find_groups(domain.columns)),
        "columns": _list_columns(rules, names),
        "categories": _list_categories(rules),
        "fills": [
            f"{flatten_text(column.name)}: a missing value counts as {format_number(column.fill)}"
            for column in domain.columns
            if column.fill is not None
        ],
        "readings": [
            flatten_text(line) for line in (*describe_derived(rules), *describe_reading(rules))
        ],
        "groups": _list_groups(rules, names),
        "constraints": [flatten_text(text) for text in domain.texts],
        "guards": [f"{flatten_text(name)}: {why}" for name, why in describe_guards(rules).items()],
        "no_rule": plan.describe_missing(rules),
    }


def fold_phrase(phrase: Phrase) -> str:
    """A phrase on one line or, where it is long, on several, broken where it may be."""
    lines, word = [""], ""
    for piece in (*phrase, None):
        if piece is not None and piece.kind != GAP:
            word += flatten_text(write_ascii((piece,)))
            continue
        if lines[-1] and len(lines[-1]) + len(word) >= _WIDTH:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + word
        word = ""

    return _INDENT.join(lines)


def _describe_edits(rules: RuleSet | AdditiveRules) -> str:
    """A sentence; empty where nobody edited them."""
    said = describe_edited(rules)
    return "" if said is None else f"{said[0].upper()}{said[1:]}"


def format_share(rows: int | None, total: int | None) -> str:
    """`12.3 % of the data (123 of 1000 rows)`; nothing without data."""
    if rows is None or not total:
        return ""
    return f"{100 * rows / total:.1f} % of the data ({rows} of {total} rows)"


def _list_columns(rules: RuleSet | AdditiveRules, names: list[str]) -> list[ColumnBounds]:
    domain = rules.domain
    own = {i for group in find_groups(domain.columns) for i in group}
    rows = enumerate(
        zip(names, domain.lower.tolist(), domain.upper.tolist(), domain.integer, strict=True)
    )

    return [
        ColumnBounds(name, format_number(low), format_number(high), bool(whole))
        for i, (name, low, high, whole) in rows
        if i not in own
    ]


def _list_categories(rules: RuleSet | AdditiveRules) -> list[tuple[str, str]]:
    """Every category column with the values that the domain admits, those that count as one joined
    by `or`.
    """
    found, domain = [], rules.domain
    for column, at in zip(domain.columns, domain.places, strict=True):
        admitted = [c for i, c in enumerate(column.categories) if domain.upper[at[i]] > 0]
        if admitted:
            listed = "; ".join(" or ".join(category.members) for category in admitted)
            found.append((flatten_text(column.name), flatten_text(listed)))

    return found


def _list_groups(rules: RuleSet | AdditiveRules, names: list[str]) -> list[str]:
    """Groups of number columns that are a one-hot encoding."""
    own = find_groups(rules.domain.columns)
    return [", ".join(names[i] for i in group) for group in rules.domain.groups if group not in own]
