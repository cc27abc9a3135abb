"""Rows as an artefact reads them, and in which of them it has to give what."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from relurules.domain import Domain
from relurules.ir import Artifact
from relurules.ir.network import Array

#: A bound may be off by this share of its terms in float.
_FLOAT_ROOM = 1e-6


def as_read(artifact: Artifact, rows: Array) -> Array:
    """(N, d) coordinates -> the same, as far as the artefact clamps or rounds them."""
    if artifact.outside == "clamp":
        rows = artifact.domain.clamped(rows)
    if artifact.number == "float":
        with np.errstate(over="ignore"):
            rows = rows.astype(np.float32).astype(np.float64)
    return rows


def due(artifact: Artifact, given: Array) -> NDArray[np.bool_]:
    """(N, d) coordinates as given -> (N,) rows for which it must say that they have a rule, or outputs."""
    if artifact.outside == "exact" and "rule" not in artifact.returned:
        return Domain.over(artifact.domain.columns).contains(as_read(artifact, given))
    return artifact.domain.contains(artifact.domain.clamped(given) if artifact.outside == "clamp" else given)


def undecided(artifact: Artifact, given: Array) -> NDArray[np.bool_]:
    """(N,) rows that aren't in the domain, but may be once they are rounded to float."""
    domain, read = artifact.domain, as_read(artifact, given)
    wider = replace(
        domain,
        lower=domain.lower - _FLOAT_ROOM * np.abs(domain.lower),
        upper=domain.upper + _FLOAT_ROOM * np.abs(domain.upper),
        bounds=domain.bounds + 3 * _FLOAT_ROOM / 1e-12 * (domain.limits - domain.bounds),
    )
    return wider.contains(read) & ~due(artifact, given)
