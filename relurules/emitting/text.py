"""Text and Markdown for people. Numbers have six significant digits; the exact ones are in the JSON and in code."""

import re
from collections.abc import Callable
from typing import NamedTuple

from relurules.domain.columns import groups_of
from relurules.emitting import plan
from relurules.emitting.heads import has_links, meaning
from relurules.emitting.notation import Notation, readable
from relurules.emitting.render import one_line, render
from relurules.emitting.request import Request
from relurules.ir import Condition, Rule, RuleSet

_SPECIAL = "\\`*_{}[]#|~"
#: A long sum in plain text is broken before the term that would pass this width, and goes on indented.
_WIDTH, _INDENT = 110, "\n         "


class ReadCondition(NamedTuple):
    """A condition in words: the comparison, and whose sign it tells."""

    test: str
    source: str


class ReadRule(NamedTuple):
    """A rule in words; scores by name, which are the outputs unless a link follows."""

    number: int
    share: str
    conditions: list[ReadCondition]
    scores: list[tuple[str, str]]


class Style(NamedTuple):
    """How a target for people writes names, products and long sums."""

    escape: Callable[[str], str]
    times: str
    fold: Callable[[str], str]


def print_text(request: Request) -> dict[str, str]:
    """rules.txt: IF conditions THEN formulas, with the neuron that each condition comes from."""
    return {"rules.txt": render("text/rules.txt.j2", **_values(request.rules, Style(one_line, " * ", folded)))}


def print_markdown(request: Request) -> dict[str, str]:
    """rules.md: the same as headings and tables."""
    return {"rules.md": render("text/rules.md.j2", **_values(request.rules, Style(escaped, " · ", str)))}


def escaped(name: str) -> str:
    """A name as plain Markdown text."""
    text = "".join("\\" + c if c in _SPECIAL else c for c in one_line(name).replace("&", "&amp;"))
    return text.replace("<", "&lt;").replace(">", "&gt;")


def folded(text: str) -> str:
    """A long sum on several lines, broken before a + or -."""
    lines = [""]
    for part in re.split(r"(?= [-+] )", text):
        if lines[-1] and len(lines[-1]) + len(part) > _WIDTH:
            lines.append("")
        lines[-1] += part
    return _INDENT.join(line.strip() for line in lines)


def _values(rules: RuleSet, style: Style) -> dict[str, object]:
    domain, names = rules.domain, [style.escape(name) for name in rules.features]
    own = {i for group in groups_of(domain.columns) for i in group}
    terms = [f"[{name}]" if i in own else name for i, name in enumerate(names)]
    features = Notation(readable, terms, domain.widths, style.times)
    linked = meaning(rules, style.escape) if has_links(rules) else None
    return {
        "linked": linked,
        "rules": [_read(rule, rules, features, style) for rule in rules],
        "outputs": [style.escape(name) for name in rules.outputs],
        "reduction": rules.reduction,
        "removed": ", ".join(f"{count} {name}" for name, count in rules.reduction.removed.items()),
        "max_error": readable(rules.score_error),
        "exact": rules.score_error == 0.0,
        "complete": rules.complete,
        "columns": _columns(rules, names),
        "categories": _categories(rules, style),
        "fills": [
            f"{style.escape(column.name)}: a missing value counts as {readable(column.fill)}"
            for column in domain.columns
            if column.fill is not None
        ],
        "groups": _groups(rules, names),
        "indicators": bool(own),
        "no_rule": plan.missing_words(rules),
        "constraints": [style.escape(text) for text in domain.texts],
    }


def _columns(rules: RuleSet, names: list[str]) -> list[tuple[str, str, str, bool]]:
    """Bounds of the columns that are numbers: name, from, to, whether they are whole."""
    domain = rules.domain
    own = {i for group in groups_of(domain.columns) for i in group}
    rows = enumerate(zip(names, domain.lower, domain.upper, domain.integer, strict=True))
    return [(name, readable(low), readable(high), bool(whole)) for i, (name, low, high, whole) in rows if i not in own]


def _categories(rules: RuleSet, style: Style) -> list[tuple[str, str]]:
    """Every category column with the values that the domain admits, those that count as one joined by `or`."""
    found, first, upper = [], 0, rules.domain.upper
    for column in rules.domain.columns:
        admitted = [c for i, c in enumerate(column.categories) if upper[first + i] > 0]
        if admitted:
            listed = "; ".join(" or ".join(category.members) for category in admitted)
            found.append((style.escape(column.name), style.escape(listed)))
        first += column.width
    return found


def _groups(rules: RuleSet, names: list[str]) -> list[str]:
    """Groups of number columns that are a one-hot encoding."""
    own = groups_of(rules.domain.columns)
    return [", ".join(names[i] for i in group) for group in rules.domain.groups if group not in own]


def _read(rule: Rule, rules: RuleSet, features: Notation, style: Style) -> ReadRule:
    conditions = [_read_condition(condition, rule, rules, features, style) for condition in rule.conditions]
    scores = [
        (style.escape(name), style.fold(features.affine(weights, constant)))
        for name, weights, constant in zip(rules.scores, rule.map.weights, rule.map.constants, strict=True)
    ]
    return ReadRule(rule.number, _share(rule.rows, rules.reduction.rows), conditions, scores)


def _read_condition(
    condition: Condition, rule: Rule, rules: RuleSet, features: Notation, style: Style
) -> ReadCondition:
    space, source = condition.half_space, ""
    if space.neuron is not None:
        sign = rule.pattern[rules.tree.neurons[space.split]]
        source = f"{style.escape(str(space.neuron))} is {'positive' if sign > 0 else 'negative'}"
    test = plan.comparison(features, space.normal, space.bound, condition.holds)
    return ReadCondition(style.fold(test), source)


def _share(rows: int | None, total: int | None) -> str:
    if rows is None or not total:
        return ""
    return f"{100 * rows / total:.1f} % of the data ({rows} of {total} rows)"
