"""Plain text for people, with the same conditions and numbers as the rule document.

Exact ones are in JSON and code.
"""

from dataclasses import replace
from typing import NamedTuple

from relurules.emitting.request import EmitRequest
from relurules.emitting.text.shared_values import fold_phrase, format_share, list_shared_values
from relurules.files.templates import flatten_text, render_file
from relurules.ir import Rule, RuleSet
from relurules.wording import RuleSetWording, RuleWording, word_rules
from relurules.wording.classes import format_class
from relurules.wording.coverage import describe_missing
from relurules.wording.half_spaces import SumTest
from relurules.wording.links import find_class
from relurules.wording.rounding import describe_rounding


class TextRule(NamedTuple):
    """A rule as text; scores by name, which are the outputs unless a link follows."""

    number: int
    share: str
    conditions: list[str]
    scores: list[tuple[str, str]]


def print_text(request: EmitRequest) -> dict[str, str]:
    """rules.txt: IF conditions THEN formulas, and the domain."""
    rules = request.rules
    return {"rules.txt": render_file("text/rules.txt.j2", _list_values(rules, word_rules(rules)))}


def print_first_rules(rules: RuleSet, most: int) -> str:
    """The same of no more than so many rules, saying how many are left out."""
    shown = rules if len(rules) <= most else replace(rules, rules=rules.rules[:most])
    values = _list_values(shown, word_rules(shown))
    return render_file(
        "text/rules.txt.j2", {**values, "count": len(rules), "left": len(rules) - len(shown)}
    )


def _list_values(rules: RuleSet, reading: RuleSetWording) -> dict[str, object]:
    return {
        **list_shared_values(rules),
        "sums": [(named.name, fold_phrase(named.phrase)) for named in reading.sums],
        "rules": [
            _print_rule(rule, read, rules) for rule, read in zip(rules, reading.rules, strict=True)
        ],
        "count": len(rules),
        "left": 0,
        "rounding": describe_rounding(rules, reading, "this text"),
        "decision": rules.decision is not None,
        "own_model": rules.is_own_model,
        "complete": rules.complete,
        "missing": describe_missing(rules),
        "whole": any(
            isinstance(t.about, SumTest) and t.about.whole
            for read in reading.rules
            for t in read.tests
        ),
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
        format_share(rule.rows, rules.reduction.rows),
        [fold_phrase(test.symbols) for test in read.tests],
        scores,
    )
