"""Under which names texts know the sums that rules compare."""

from collections.abc import Mapping
from typing import NamedTuple

from relurules.ir import RuleSet
from relurules.ir.network import Array
from relurules.wording.conditions import find_sum_styles
from relurules.wording.forms import build_form, list_spans
from relurules.wording.half_spaces import SumTest, simplify_condition


class SumName(NamedTuple):
    """A sum is factor * (what texts call `name`) + constant."""

    name: str
    factor: float
    constant: float


def key_of_sum(normal: Array) -> bytes:
    """The same for the same coefficients, (d,)."""
    return (normal + 0.0).tobytes()


def name_sums(rules: RuleSet) -> Mapping[bytes, SumName]:
    """By `key_of_sum` of a condition's normal: the name that texts give its sum, where they do."""
    spans, styles = list_spans(rules.domain), find_sum_styles(rules)
    found = dict[bytes, SumName]()
    for condition in (condition for rule in rules for condition in rule.conditions):
        normal, key = condition.half_space.normal, key_of_sum(condition.half_space.normal)
        if key in found:
            continue
        test = simplify_condition(rules.domain, spans, condition)
        style = styles.get(test.key) if isinstance(test, SumTest) else None
        if style is not None and style.name:
            form = build_form(rules.domain, spans, normal, 0.0)
            found[key] = SumName(style.name, form.terms[0].coefficient, form.constant)

    return found
