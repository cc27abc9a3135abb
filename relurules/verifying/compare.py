"""What an artefact gave against what the network gives, on the same rows."""

import numpy as np

from relurules.errors import CheckError
from relurules.ir import Report
from relurules.ir.network import Array
from relurules.verifying.engines import Ran

#: An output may be off by this share of the sum of the network's absolute terms, beyond the rules' own max_error.
TOLERANCE = 1e-9


def compare(ran: Ran, expected: Array, magnitude: Array, max_error: float, artefact: str, engine: str) -> Report:
    """Compare outputs (N, m) with `expected` (N, m) wherever a rule applied; elsewhere there must be no number.

    magnitude: (N, m) sums of the network's absolute terms, what differences are relative to. Raises CheckError where
    the artefact returned another number of rows or outputs, and where there is nothing to compare.
    """
    if not len(expected):
        raise CheckError("no rows to verify on; give at least one")
    if ran.outputs.shape != expected.shape:
        raise CheckError(f"{artefact} returned {ran.outputs.shape} outputs in {engine}, the network {expected.shape}")
    inside = ran.rule > 0
    difference = np.abs(ran.outputs - expected)[inside]
    relative = np.maximum(0.0, difference - max_error) / (magnitude[inside] + np.finfo(np.float64).tiny)
    silent = bool(np.isnan(ran.outputs[~inside]).all() and (ran.rule >= 0).all())
    return Report(
        artefact=artefact,
        engine=engine,
        rows=len(expected),
        outside=int((~inside).sum()),
        difference=float(difference.max(initial=0.0)),
        relative=float(relative.max(initial=0.0)),
        tolerance=TOLERANCE,
        passed=bool(silent and inside.any() and (relative <= TOLERANCE).all()),
    )
