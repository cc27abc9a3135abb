"""Domain <-> plain JSON values: `features` with their bounds, and `constraints`."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from relurules.domain import Domain
from relurules.ir.network import Array


def domain_to_json(domain: Domain) -> dict[str, Any]:
    """The domain as {"features": [...], "constraints": [...]}; a bound that isn't there is None."""
    columns = zip(domain.names, domain.lower, domain.upper, domain.integer, strict=True)
    inequalities = zip(domain.texts, domain.normals, domain.bounds, strict=True)
    return {
        "features": [
            {"name": name, "lower": _finite(low), "upper": _finite(high), "integer": bool(whole)}
            for name, low, high, whole in columns
        ],
        "constraints": [
            {"text": text, "coefficients": sparse(row, domain.names), "at_most": float(bound)}
            for text, row, bound in inequalities
        ],
    }


def domain_from_json(found: Mapping[str, Any]) -> Domain:
    """The domain that `domain_to_json` wrote. KeyError, TypeError or ValueError (DomainError) for anything else."""
    features, constraints = found["features"], found["constraints"]
    names = [feature["name"] for feature in features]
    lower = [-np.inf if feature["lower"] is None else feature["lower"] for feature in features]
    upper = [np.inf if feature["upper"] is None else feature["upper"] for feature in features]
    box = Domain.box(lower, upper, names)
    rows = [dense(item["coefficients"], names) for item in constraints]
    return Domain(
        names=box.names,
        lower=box.lower,
        upper=box.upper,
        integer=np.array([feature["integer"] for feature in features], dtype=bool),
        normals=np.array(rows, dtype=np.float64).reshape(-1, len(names)),
        bounds=np.array([item["at_most"] for item in constraints], dtype=np.float64),
        texts=tuple(item["text"] for item in constraints),
    )


def sparse(row: Array, names: Sequence[str]) -> dict[str, float]:
    """The nonzero entries of a row (d,) by name."""
    return {names[j]: float(row[j]) for j in np.flatnonzero(row).tolist()}


def dense(coefficients: Mapping[str, float], names: Sequence[str]) -> list[float]:
    """The row (d,) that `sparse` took apart; ValueError for an unknown name."""
    unknown = set(coefficients) - set(names)
    if unknown:
        raise ValueError(f"coefficients name {sorted(unknown)[0]!r}, which is no feature")
    return [coefficients.get(name, 0.0) for name in names]


def _finite(bound: float) -> float | None:
    return float(bound) if np.isfinite(bound) else None
