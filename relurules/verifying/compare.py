"""Artefact against network, on rows."""

from collections.abc import Callable

import numpy as np

from relurules.errors import CheckError
from relurules.ir import Artifact, Report
from relurules.ir.network import Array
from relurules.verifying.engines import engine_for

#: An output may be off by this share of the sum of the network's absolute terms, beyond the rules' own max_error.
TOLERANCE = 1e-9


def compare(
    artifact: Artifact, network: Callable[[Array], Array], magnitude: Callable[[Array], Array], X: Array, engine: str | None
) -> Report:
    """Run `artifact` on X (N, d) and compare it with `network`; `magnitude` gives the sums of its absolute terms."""
    if not len(X):
        raise CheckError("no rows to verify on; give at least one")
    name, chosen = engine_for(artifact, engine)
    ran = chosen.run(artifact, X)
    if ran.outputs.shape != (len(X), len(artifact.outputs)):
        raise CheckError(f"{name} returned {ran.outputs.shape[0]} rows for {len(X)}")
    inside = ran.rule > 0
    expected = network(X[inside])
    difference = np.abs(ran.outputs[inside] - expected)
    excess = np.maximum(0.0, difference - artifact.max_error)
    relative = excess / (magnitude(X[inside]) + np.finfo(np.float64).tiny)
    silent = bool(np.isnan(ran.outputs[~inside]).all() and (ran.rule >= 0).all())
    passed = bool(silent and inside.any() and (relative <= TOLERANCE).all())
    return Report(
        artefact=list(artifact.files)[-1],
        engine=name,
        rows=len(X),
        outside=int((~inside).sum()),
        difference=float(difference.max(initial=0.0)),
        relative=float(relative.max(initial=0.0)),
        tolerance=TOLERANCE,
        passed=passed,
    )
