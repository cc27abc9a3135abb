"""Turns regions into rules that people read (Partition -> RuleSet)."""

from relurules.rules.build import build_rules

__all__ = ["build_rules"]
