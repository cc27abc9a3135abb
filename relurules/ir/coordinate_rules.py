"""Rules for callers inside, whose arrays hold rows in coordinates."""

from dataclasses import replace
from typing import TypeVar, cast

from relurules.domain.columns import list_derived_columns
from relurules.ir.additive import AdditiveRules
from relurules.ir.ruleset import RuleSet
from relurules.ir.scorer import Scorer

Rules = TypeVar("Rules", bound=Scorer)


def take_coordinates(rules: Rules) -> Rules:
    """The same rules, which take arrays of rows in coordinates where columns are derived."""
    if not list_derived_columns(rules.domain.columns):
        return rules
    assert isinstance(rules, RuleSet | AdditiveRules)  # noqa: S101  # the only kinds
    return cast("Rules", replace(rules, domain=rules.domain.taking_coordinates()))
