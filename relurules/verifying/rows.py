"""Rows as an artefact reads them, and in which of them it has to give what."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from relurules.domain import Domain
from relurules.ir import Artifact
from relurules.ir.network import Array

#: A bound may be off by this share of its terms in float.
_FLOAT_ROOM = 1e-6
#: Points on which outputs are looked at to see what they span in a domain.
_POINTS = 256


def clamp_rows(artifact: Artifact, rows: Array) -> Array:
    """(N, d) coordinates -> those whose outputs it has to give; what is infinite in float isn't
    clamped.
    """
    if artifact.outside != "clamp":
        return rows
    if artifact.number == "float":
        with np.errstate(over="ignore"):
            read = rows.astype(np.float32).astype(np.float64)
        rows = np.where(np.isinf(read), read, rows)

    return artifact.domain.clamped(rows)


def clamp_and_round_rows(artifact: Artifact, rows: Array) -> Array:
    """(N, d) coordinates -> the same, as far as the artefact clamps or rounds them."""
    rows = clamp_rows(artifact, rows)
    if artifact.number == "float":
        with np.errstate(over="ignore"):
            rows = rows.astype(np.float32).astype(np.float64)
    return rows


def find_due_rows(artifact: Artifact, given: Array) -> NDArray[np.bool_]:
    """(N, d) coordinates as given -> (N,) rows for which it must say that they have a rule, or
    outputs.
    """
    if artifact.outside == "exact" and "rule" not in artifact.returned:
        return Domain.over(artifact.domain.columns).contains(clamp_and_round_rows(artifact, given))
    return artifact.domain.contains(clamp_rows(artifact, given))


def find_undecided_rows(artifact: Artifact, given: Array) -> NDArray[np.bool_]:
    """(N,) rows that aren't in the domain, but may be once they are rounded to float."""
    domain, read = artifact.domain, clamp_and_round_rows(artifact, given)
    wider = replace(
        domain,
        lower=domain.lower - _FLOAT_ROOM * np.abs(domain.lower),
        upper=domain.upper + _FLOAT_ROOM * np.abs(domain.upper),
        bounds=domain.bounds + 3 * _FLOAT_ROOM / 1e-12 * (domain.limits - domain.bounds),
    )
    return wider.contains(read) & ~find_due_rows(artifact, given)


def measure_breadth(domain: Domain, outputs: Callable[[Array], Array]) -> Array | None:
    """(m,) what outputs, (n, d) -> (n, m), span on points of the domain's box; None where it is
    open.
    """
    if not (np.isfinite(domain.lower).all() and np.isfinite(domain.upper).all()):
        return None
    rng = np.random.default_rng(0)
    X = rng.uniform(domain.lower, domain.upper, (_POINTS, len(domain)))
    for group in domain.groups:
        X[:, group] = np.eye(len(group))[rng.integers(len(group), size=_POINTS)]
    values = outputs(X)
    return np.asarray(values.max(axis=0) - values.min(axis=0))
