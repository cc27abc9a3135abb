"""Plain text for people, with the same conditions and numbers as the rule document.

Exact ones are in JSON and code.
"""

from dataclasses import replace
from typing import NamedTuple

from relurules.domain.columns import find_groups
from relurules.emitting import plan
from relurules.emitting.request import EmitRequest
from relurules.files.templates import flatten_text, render_file
from relurules.ir import Rule, RuleSet
from relurules.wording import RuleSetWording, RuleWording, word_rules
from relurules.wording.classes import describe_labels, format_class
from relurules.wording.coverage import describe_missing
from relurules.wording.file_reading import describe_reading
from relurules.wording.guards import describe_guards
from relurules.wording.half_spaces import SumTest
from relurules.wording.links import explain_outputs, find_class, has_links
from relurules.wording.numbers import format_bound, format_number
from relurules.wording.phrases import GAP, Phrase, write_ascii
from relurules.wording.rounding import describe_rounding

#: A long sum is broken before the term that would pass this width, and goes on indented.
_WIDTH, _INDENT = 110, "\n         "


class TextRule(NamedTuple):
    """A rule as text; scores by name, which are the outputs unless a link follows."""

    number: int
    share: str
    conditions: list[str]
    scores: list[tuple[str, str]]


def print_text(request: EmitRequest) -> dict[str, str]:
    """rules.txt: IF conditions THEN formulas, and the domain."""
    return {
        "rules.txt": render_file(
            "text/rules.txt.j2", _list_values(request.rules, word_rules(request.rules))
        )
    }


def print_first_rules(rules: RuleSet, most: int) -> str:
    """The same of no more than so many rules, saying how many are left out."""
    shown = rules if len(rules) <= most else replace(rules, rules=rules.rules[:most])
    values = _list_values(shown, word_rules(shown))
    return render_file(
        "text/rules.txt.j2", {**values, "count": len(rules), "left": len(rules) - len(shown)}
    )


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


def _list_values(rules: RuleSet, reading: RuleSetWording) -> dict[str, object]:
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
        "sums": [(named.name, fold_phrase(named.phrase)) for named in reading.sums],
        "rules": [
            _print_rule(rule, read, rules) for rule, read in zip(rules, reading.rules, strict=True)
        ],
        "count": len(rules),
        "left": 0,
        "outputs": [flatten_text(name) for name in rules.outputs],
        "reduction": rules.reduction,
        "removed": ", ".join(f"{count} {name}" for name, count in rules.reduction.removed.items()),
        "rounding": describe_rounding(rules, reading, "this text"),
        "max_error": format_bound(rules.max_error),
        "exact": rules.max_error == 0.0,
        "decision": rules.decision is not None,
        "classes": [flatten_text(line) for line in describe_labels(rules)],
        "of_scores": linked is not None and rules.output_error is None,
        "complete": rules.complete,
        "missing": describe_missing(rules),
        "columns": _list_columns(rules, names),
        "categories": _list_categories(rules),
        "fills": [
            f"{flatten_text(column.name)}: a missing value counts as {format_number(column.fill)}"
            for column in domain.columns
            if column.fill is not None
        ],
        "readings": [flatten_text(line) for line in describe_reading(rules)],
        "groups": _list_groups(rules, names),
        "whole": any(
            isinstance(t.about, SumTest) and t.about.whole
            for read in reading.rules
            for t in read.tests
        ),
        "indicators": bool(find_groups(domain.columns)),
        "no_rule": plan.describe_missing(rules),
        "constraints": [flatten_text(text) for text in domain.texts],
        "guards": [f"{flatten_text(name)}: {why}" for name, why in describe_guards(rules).items()],
    }


def _print_rule(rule: Rule, read: RuleWording, rules: RuleSet) -> TextRule:
    scores = [
        (flatten_text(formula.score), fold_phrase(formula.phrase)) for formula in read.formulas
    ]
    if rules.decision is not None:
        number, name = find_class(rules, rule)
        label = format_class(rules, number)
        more = "" if label == name else f"   ({flatten_text(name)})"
        scores = [(flatten_text(rules.outputs[0]), f"{flatten_text(label)}{more}")]

    return TextRule(
        rule.number,
        _format_share(rule.rows, rules.reduction.rows),
        [fold_phrase(test.symbols) for test in read.tests],
        scores,
    )


def _list_columns(rules: RuleSet, names: list[str]) -> list[tuple[str, str, str, bool]]:
    """Bounds of the columns that are numbers: name, from, to, whether they are whole."""
    domain = rules.domain
    own = {i for group in find_groups(domain.columns) for i in group}
    rows = enumerate(
        zip(names, domain.lower.tolist(), domain.upper.tolist(), domain.integer, strict=True)
    )

    return [
        (name, format_number(low), format_number(high), bool(whole))
        for i, (name, low, high, whole) in rows
        if i not in own
    ]


def _list_categories(rules: RuleSet) -> list[tuple[str, str]]:
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


def _list_groups(rules: RuleSet, names: list[str]) -> list[str]:
    """Groups of number columns that are a one-hot encoding."""
    own = find_groups(rules.domain.columns)
    return [", ".join(names[i] for i in group) for group in rules.domain.groups if group not in own]


def _format_share(rows: int | None, total: int | None) -> str:
    if rows is None or not total:
        return ""
    return f"{100 * rows / total:.1f} % of the data ({rows} of {total} rows)"
