"""Turns regions into rules that people read (Partition -> RuleSet)."""

from relurules.rules.build import MergeBudget, build_rules

__all__ = ["MergeBudget", "build_rules"]
