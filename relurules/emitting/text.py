"""Plain text for people, with the same conditions and numbers as the rule document. Exact ones are in JSON and code."""

from dataclasses import replace
from typing import NamedTuple

from relurules.domain.columns import groups_of
from relurules.emitting import plan
from relurules.emitting.render import one_line, render
from relurules.emitting.request import Request
from relurules.ir import Rule, RuleSet
from relurules.reading import Reading, ReadRule, read_rules
from relurules.reading.coverage import missing_text
from relurules.reading.half_spaces import Between
from relurules.reading.links import decided, has_links, meaning
from relurules.reading.numbers import bound_text, written
from relurules.reading.phrases import GAP, Phrase, ascii_text

#: A long sum is broken before the term that would pass this width, and goes on indented.
_WIDTH, _INDENT = 110, "\n         "


class TextRule(NamedTuple):
    """A rule as text; scores by name, which are the outputs unless a link follows."""

    number: int
    share: str
    conditions: list[str]
    scores: list[tuple[str, str]]


def print_text(request: Request) -> dict[str, str]:
    """rules.txt: IF conditions THEN formulas, and the domain."""
    return {"rules.txt": render("text/rules.txt.j2", **_values(request.rules, read_rules(request.rules)))}


def first_rules_text(rules: RuleSet, most: int) -> str:
    """The same of no more than so many rules, saying how many are left out."""
    shown = rules if len(rules) <= most else replace(rules, rules=rules.rules[:most])
    values = _values(shown, read_rules(shown))
    return render("text/rules.txt.j2", **{**values, "count": len(rules), "left": len(rules) - len(shown)})


def folded(phrase: Phrase) -> str:
    """A phrase on one line or, where it is long, on several, broken where it may be."""
    lines, word = [""], ""
    for piece in (*phrase, None):
        if piece is not None and piece.kind != GAP:
            word += one_line(ascii_text((piece,)))
            continue
        if lines[-1] and len(lines[-1]) + len(word) >= _WIDTH:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + word
        word = ""
    return _INDENT.join(lines)


def _values(rules: RuleSet, reading: Reading) -> dict[str, object]:
    domain, names = rules.domain, [one_line(name) for name in rules.features]
    linked = meaning(rules) if has_links(rules) and rules.decision is None else None
    return {
        "linked": linked and {
            "outputs": [(one_line(name), one_line(formula)) for name, formula in linked.outputs],
            "definitions": linked.definitions,
        },
        "sums": [(named.name, folded(named.phrase)) for named in reading.sums],
        "rules": [_text_rule(rule, read, rules) for rule, read in zip(rules, reading.rules, strict=True)],
        "count": len(rules),
        "left": 0,
        "outputs": [one_line(name) for name in rules.outputs],
        "reduction": rules.reduction,
        "removed": ", ".join(f"{count} {name}" for name, count in rules.reduction.removed.items()),
        "max_error": bound_text(rules.max_error),
        "exact": rules.max_error == 0.0,
        "decision": rules.decision is not None,
        "of_scores": linked is not None and rules.output_error is None,
        "complete": rules.complete,
        "missing": missing_text(rules),
        "columns": _columns(rules, names),
        "categories": _categories(rules),
        "fills": [
            f"{one_line(column.name)}: a missing value counts as {written(column.fill)}"
            for column in domain.columns
            if column.fill is not None
        ],
        "groups": _groups(rules, names),
        "whole": any(isinstance(t.about, Between) and t.about.whole for read in reading.rules for t in read.tests),
        "indicators": bool(groups_of(domain.columns)),
        "no_rule": plan.missing_words(rules),
        "constraints": [one_line(text) for text in domain.texts],
    }  # fmt: skip


def _text_rule(rule: Rule, read: ReadRule, rules: RuleSet) -> TextRule:
    scores = [(one_line(formula.score), folded(formula.phrase)) for formula in read.formulas]
    if rules.decision is not None:
        number, name = decided(rules, rule)
        scores = [(one_line(rules.outputs[0]), f"{written(number)}   ({one_line(name)})")]
    return TextRule(
        rule.number,
        _share(rule.rows, rules.reduction.rows),
        [folded(test.symbols) for test in read.tests],
        scores,
    )


def _columns(rules: RuleSet, names: list[str]) -> list[tuple[str, str, str, bool]]:
    """Bounds of the columns that are numbers: name, from, to, whether they are whole."""
    domain = rules.domain
    own = {i for group in groups_of(domain.columns) for i in group}
    rows = enumerate(zip(names, domain.lower.tolist(), domain.upper.tolist(), domain.integer, strict=True))
    return [(name, written(low), written(high), bool(whole)) for i, (name, low, high, whole) in rows if i not in own]


def _categories(rules: RuleSet) -> list[tuple[str, str]]:
    """Every category column with the values that the domain admits, those that count as one joined by `or`."""
    found, first, upper = [], 0, rules.domain.upper
    for column in rules.domain.columns:
        admitted = [c for i, c in enumerate(column.categories) if upper[first + i] > 0]
        if admitted:
            listed = "; ".join(" or ".join(category.members) for category in admitted)
            found.append((one_line(column.name), one_line(listed)))
        first += column.width
    return found


def _groups(rules: RuleSet, names: list[str]) -> list[str]:
    """Groups of number columns that are a one-hot encoding."""
    own = groups_of(rules.domain.columns)
    return [", ".join(names[i] for i in group) for group in rules.domain.groups if group not in own]


def _share(rows: int | None, total: int | None) -> str:
    if rows is None or not total:
        return ""
    return f"{100 * rows / total:.1f} % of the data ({rows} of {total} rows)"
