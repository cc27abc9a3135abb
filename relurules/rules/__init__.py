"""Turns regions into rules that people read (Partition -> RuleSet)."""

from relurules.networks.decisions import add_decision_neurons
from relurules.rules.build import MergeBudget, build_rules

__all__ = ["MergeBudget", "build_rules", "add_decision_neurons"]
