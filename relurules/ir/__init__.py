"""Every value the stages exchange: frozen data, read-only float64 arrays."""

from relurules.ir.additive import AdditiveRules, Adjustment, RuleGroup
from relurules.ir.artifact import Artifact
from relurules.ir.certificate import Certificate
from relurules.ir.class_labels import ClassLabels
from relurules.ir.estimate import Count, Estimate, StreamResult
from relurules.ir.evidence import Evidence, Provenance, RuleFacts
from relurules.ir.graph import Graph
from relurules.ir.network import AffineMap, Network, Neuron
from relurules.ir.partition import DecisionCounts, Partition, Region, Tree
from relurules.ir.report import VISIBLE, Report
from relurules.ir.row_patterns import Reached
from relurules.ir.ruleset import (
    CollapseStats,
    Condition,
    Decision,
    HalfSpace,
    Rule,
    RuleSet,
    Tradeoff,
)
from relurules.ir.score_parts import Curve, ScorePart
from relurules.ir.scorer import Scorer
from relurules.ir.tree_routing import UNEXPLORED
from relurules.links.heads import Head

__all__ = [
    "UNEXPLORED",
    "VISIBLE",
    "AdditiveRules",
    "Adjustment",
    "AffineMap",
    "Artifact",
    "Certificate",
    "ClassLabels",
    "CollapseStats",
    "Condition",
    "Count",
    "Curve",
    "Decision",
    "DecisionCounts",
    "Estimate",
    "Evidence",
    "Graph",
    "HalfSpace",
    "Head",
    "Network",
    "Neuron",
    "Partition",
    "Provenance",
    "Reached",
    "Region",
    "Report",
    "Rule",
    "RuleFacts",
    "RuleGroup",
    "RuleSet",
    "ScorePart",
    "Scorer",
    "StreamResult",
    "Tradeoff",
    "Tree",
]
