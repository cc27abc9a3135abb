"""What an artefact gave against what the network gives, on the same rows."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.errors import CheckError
from relurules.ir import Report
from relurules.ir.network import Array
from relurules.verifying.engines import Ran

#: A score may be off by this share of the sum of the network's absolute terms.
TOLERANCE = 1e-9


class Reference(NamedTuple):
    """outputs: (N, m) of the network; room: (N, m) by how much they may be off; inside: (N,) rows in the domain."""

    outputs: Array
    room: Array
    inside: NDArray[np.bool_]


def compare(ran: Ran, reference: Reference, complete: bool, artefact: str, engine: str) -> Report:
    """Compare outputs (N, m) with the network's wherever a rule applied; elsewhere there must be no number.

    A rule is due for every row in the domain if the rules are complete, and for none outside. Raises CheckError where
    the artefact returned another number of rows or outputs, and where there is nothing to compare.
    """
    expected = reference.outputs
    if not len(expected):
        raise CheckError("no rows to verify on; give at least one")
    if ran.outputs.shape != expected.shape:
        raise CheckError(f"{artefact} returned {ran.outputs.shape} outputs in {engine}, the network {expected.shape}")
    given = ran.rule > 0
    with np.errstate(invalid="ignore"):
        difference = np.where(ran.outputs == expected, 0.0, np.abs(ran.outputs - expected))[given]
        relative = TOLERANCE * difference / (reference.room[given] + np.finfo(np.float64).tiny)
    relative = np.where(difference == 0, 0.0, relative)
    silent = bool(np.isnan(ran.outputs[~given]).all() and (ran.rule >= 0).all())
    due = bool((given == reference.inside).all() if complete else (given <= reference.inside).all())
    return Report(
        artefact=artefact,
        engine=engine,
        rows=len(expected),
        outside=int((~given).sum()),
        difference=float(difference.max(initial=0.0)),
        relative=float(relative.max(initial=0.0)),
        tolerance=TOLERANCE,
        passed=bool(silent and due and given.any() and (relative <= TOLERANCE).all()),
    )
