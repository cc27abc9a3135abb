"""What rules came from, and what is missing of them <-> plain JSON values; nothing where nothing is
known.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from relurules.ir.additive import AdditiveRules
from relurules.ir.class_labels import ClassLabels
from relurules.ir.edit_record import EditRecord, EditStep
from relurules.ir.estimate import Estimate
from relurules.ir.evidence import Provenance
from relurules.ir.ruleset import Decision, RuleSet, Tradeoff


def origin_to_json(rules: RuleSet | AdditiveRules) -> dict[str, Any]:
    """Parts of the rules as plain values."""
    said: dict[str, Any] = {}
    if rules.provenance != Provenance():
        made = {**asdict(rules.provenance), "settings": dict(rules.provenance.settings)}
        made["edits"] = [_edit_to_json(edit) for edit in rules.provenance.edits]
        empty = [name for name in ("fitted", "edits") if not made[name]]
        said["provenance"] = {key: value for key, value in made.items() if key not in empty}

    if rules.decision is not None:
        said["decision"] = {
            "classes": list(rules.decision.classes),
            "threshold": rules.decision.threshold,
        }

    if rules.labels is not None:
        said["labels"] = labels_to_json(rules.labels)

    if rules.tradeoffs:
        steps = [
            (step.rules, step.error if np.isfinite(step.error) else None)
            for step in rules.tradeoffs
        ]
        counted = "rules" if isinstance(rules, RuleSet) else "lines"
        said["tradeoffs"] = [{counted: count, "error": error} for count, error in steps]

    return said


def origin_from_json(found: Mapping[str, Any]) -> dict[str, Any]:
    """The same parts, without the decision, as arguments of rules."""
    steps = [
        (item["rules"] if "rules" in item else item["lines"], item["error"])
        for item in found.get("tradeoffs", ())
    ]

    return {
        "provenance": _provenance_from_json(found.get("provenance", {})),
        "labels": labels_from_json(found["labels"]) if "labels" in found else None,
        "tradeoffs": tuple(
            Tradeoff(count, np.inf if error is None else float(error)) for count, error in steps
        ),
    }


def _edit_to_json(edit: EditRecord) -> dict[str, Any]:
    """What wasn't said, or isn't known without data, is left out."""
    said = {**asdict(edit), "steps": [step._asdict() for step in edit.steps]}
    said |= {"broken": list(edit.broken)}
    empty: dict[str, Any] = {"broken": [], "rows": None, "changed_rows": None}
    return {key: value for key, value in said.items() if key not in empty or value != empty[key]}


def _provenance_from_json(found: Mapping[str, Any]) -> Provenance:
    edits = tuple(
        EditRecord(
            **{
                **edit,
                "steps": tuple(EditStep(**step) for step in edit["steps"]),
                "broken": tuple(edit.get("broken", ())),
            }
        )
        for edit in found.get("edits", ())
    )
    return Provenance(**{**found, "edits": edits})


def decision_from_json(found: Mapping[str, Any]) -> Decision | None:
    """The classes that rules decide between, if they do."""
    decision = found.get("decision")
    if decision is None:
        return None
    return Decision(tuple(decision["classes"]), decision["threshold"])


def labels_to_json(labels: ClassLabels) -> dict[str, Any]:
    """The labels with their types: text, numbers, true and false."""
    return {**asdict(labels), "values": list(labels.values)}


def labels_from_json(found: Mapping[str, Any]) -> ClassLabels:
    """The same from plain values; whole numbers and others stay apart."""
    return ClassLabels(**{**found, "values": tuple(found["values"])})


def estimate_to_json(estimate: Estimate) -> dict[str, float | None]:
    """How much of a search is missing; numbers too large for a float64 are None."""
    return {
        name: None if value is None or not np.isfinite(value) else value
        for name, value in estimate._asdict().items()
    }


def estimate_from_json(found: Mapping[str, Any]) -> Estimate:
    """The same from plain values."""
    large = {
        name: np.inf if found[name] is None else float(found[name]) for name in ("regions", "error")
    }
    return Estimate(**{**found, **large})
