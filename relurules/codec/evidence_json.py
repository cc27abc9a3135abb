"""Evidence <-> plain JSON values, part of a rules file; numbers come back exactly."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from relurules.ir.evidence import Evidence, Histogram, RuleFacts
from relurules.ir.network import Array, make_read_only


def evidence_to_json(evidence: Evidence | None) -> dict[str, Any]:
    """{"evidence": {...}}, nothing where there is none."""
    if evidence is None:
        return {}

    return {
        "evidence": {
            "digest": evidence.digest,
            "rows": evidence.rows,
            "outside": evidence.outside,
            "response": evidence.response,
            "task": evidence.task,
            "positive": evidence.positive,
            "metrics": dict(evidence.metrics),
            "means": evidence.means.tolist(),
            "deviations": evidence.deviations.tolist(),
            "rules": [_facts_to_json(facts) for facts in evidence.rules],
            **_spread_to_json(evidence),
        }
    }


def _spread_to_json(evidence: Evidence) -> dict[str, Any]:
    """What only additive rules know of their rows."""
    said: dict[str, Any] = {}
    if evidence.typical is not None:
        said["typical"] = evidence.typical.tolist()
    if evidence.histograms:
        said["histograms"] = [
            {"edges": one.edges.tolist(), "counts": [int(count) for count in one.counts]}
            for one in evidence.histograms
        ]
    if evidence.part_deviations is not None:
        said["part_deviations"] = [
            [value if np.isfinite(value) else None for value in row]
            for row in evidence.part_deviations.tolist()
        ]

    return said


def evidence_from_json(found: Mapping[str, Any], rules: int, d: int) -> Evidence | None:
    """What a validated file says of so many rules in d coordinates; ValueError where sizes don't
    fit.
    """
    item = found.get("evidence")
    if item is None:
        return None
    if len(item["rules"]) != rules:
        raise ValueError(f"evidence.rules holds {len(item['rules'])} entries for {rules} rules")

    return Evidence(
        digest=item["digest"],
        rows=item["rows"],
        outside=item["outside"],
        response=item["response"],
        task=item["task"],
        metrics=_read_floats(item["metrics"]),
        means=_read_vector(item["means"], d, "evidence.means"),
        deviations=_read_vector(item["deviations"], d, "evidence.deviations"),
        positive=item.get("positive"),
        rules=tuple(
            _facts_from_json(facts, d, f"evidence.rules[{i}].typical")
            for i, facts in enumerate(item["rules"])
        ),
        **_spread_from_json(item, d),
    )


def _spread_from_json(item: Mapping[str, Any], d: int) -> dict[str, Any]:
    histograms, deviations = item.get("histograms"), item.get("part_deviations")
    if histograms is not None and len(histograms) != d:
        raise ValueError(f"evidence.histograms holds {len(histograms)} entries for {d} features")
    if deviations is not None:
        if len(set(map(len, deviations))) > 1:
            raise ValueError("evidence.part_deviations holds rows of different lengths")
        deviations = make_read_only(
            np.array([[np.inf if x is None else x for x in row] for row in deviations])
        )

    return {
        "typical": _read_vector(item["typical"], d, "evidence.typical")
        if "typical" in item
        else None,
        "histograms": tuple(
            _read_histogram(one, f"evidence.histograms[{j}]")
            for j, one in enumerate(histograms or ())
        ),
        "part_deviations": deviations,
    }


def _read_histogram(item: Mapping[str, Any], where: str) -> Histogram:
    edges, counts = np.array(item["edges"], dtype=np.float64), np.array(item["counts"])
    if len(edges) != len(counts) + 1:
        raise ValueError(f"{where} holds {len(edges)} edges for {len(counts)} bins")
    if (np.diff(edges) < 0).any():
        raise ValueError(f"{where}.edges fall; expected them in ascending order")
    return Histogram(make_read_only(edges), make_read_only(counts))


def _facts_to_json(facts: RuleFacts) -> dict[str, Any]:
    return {
        **facts._asdict(),
        "local": dict(facts.local),
        "whole": dict(facts.whole),
        "typical": None if facts.typical is None else facts.typical.tolist(),
    }


def _facts_from_json(item: Mapping[str, Any], d: int, where: str) -> RuleFacts:
    return RuleFacts(
        item["rows"],
        float(item["share"]),
        None if item["mean"] is None else float(item["mean"]),
        None if item["deviation"] is None else float(item["deviation"]),
        _read_floats(item["local"]),
        _read_floats(item["whole"]),
        None if item["typical"] is None else _read_vector(item["typical"], d, where),
    )


def _read_floats(found: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(value) for name, value in found.items()}


def _read_vector(values: list[float], d: int, where: str) -> Array:
    if len(values) != d:
        raise ValueError(f"{where} holds {len(values)} numbers for {d} features")
    return make_read_only(np.array(values, dtype=np.float64))
