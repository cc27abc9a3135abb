"""Turns regions into rules that people read (Partition -> RuleSet)."""

from relurules.rules.build import Asked, build_rules

__all__ = ["Asked", "build_rules"]
