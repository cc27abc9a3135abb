"""What rules came from <-> plain JSON values: provenance, decision, tradeoffs; nothing where nothing is known."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from relurules.ir.evidence import Provenance
from relurules.ir.ruleset import Decision, RuleSet, Tradeoff


def origin_to_json(rules: RuleSet) -> dict[str, Any]:
    """Parts of the rules as plain values."""
    said: dict[str, Any] = {}
    if rules.provenance != Provenance():
        said["provenance"] = {**asdict(rules.provenance), "settings": dict(rules.provenance.settings)}
    if rules.decision is not None:
        said["decision"] = {"classes": list(rules.decision.classes), "threshold": rules.decision.threshold}
    if rules.tradeoffs:
        steps = [(step.rules, step.error if np.isfinite(step.error) else None) for step in rules.tradeoffs]
        said["tradeoffs"] = [{"rules": count, "error": error} for count, error in steps]
    return said


def origin_from_json(found: Mapping[str, Any]) -> dict[str, Any]:
    """The same parts as arguments of RuleSet."""
    decision = found.get("decision")
    steps = [(item["rules"], np.inf if item["error"] is None else item["error"]) for item in found.get("tradeoffs", ())]
    return {
        "provenance": Provenance(**found.get("provenance", {})),
        "decision": None if decision is None else Decision(tuple(decision["classes"]), decision["threshold"]),
        "tradeoffs": tuple(Tradeoff(count, float(error)) for count, error in steps),
    }
