"""Turns regions into rules that people read (Partition -> RuleSet)."""

from relurules.rules.build import MergeBudget, RuleRequest, build_rules

__all__ = ["MergeBudget", "RuleRequest", "build_rules"]
