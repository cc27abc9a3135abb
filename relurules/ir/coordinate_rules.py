"""Rules for callers inside, whose arrays hold rows in coordinates."""

from dataclasses import replace
from typing import TypeVar

from relurules.domain.columns import list_derived_columns
from relurules.ir.additive import AdditiveRules
from relurules.ir.ruleset import RuleSet

Rules = TypeVar("Rules", RuleSet, AdditiveRules)


def take_coordinates(rules: Rules) -> Rules:
    """The same rules, which take arrays of rows in coordinates where columns are derived."""
    if not list_derived_columns(rules.domain.columns):
        return rules
    return replace(rules, domain=rules.domain.taking_coordinates())
