"""Turns regions into rules that people read (Partition -> RuleSet)."""

from relurules.rules.build import Asked, build_rules
from relurules.rules.decide import deciding

__all__ = ["Asked", "build_rules", "deciding"]
