"""What an artefact gave against what the network gives, on the same rows."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.errors import CheckError
from relurules.ir import Head, Report
from relurules.ir.link import slack
from relurules.ir.network import Array
from relurules.verifying.ran import Ran

#: A score may be off by this share of the sum of the network's absolute terms, beyond the rules' own max_error, and a
#: link by as much of what it gives; outputs by what follows from that.
TOLERANCE = 1e-9
#: The same for artefacts that compute in float.
FLOAT_TOLERANCE = 1e-5


class Reference(NamedTuple):
    """outputs: (N, m) of the model; heads: m, of scores; inside: (N,) rows in the domain.

    scores: (N, s) of the traced network; magnitude: (N, s) sums of its absolute terms. everywhere: outputs are due for
    rows outside too. undecided: (N,) rows which rounding may put on either side of the domain's bounds, if any.
    """

    outputs: Array
    inside: NDArray[np.bool_]
    heads: Sequence[Head]
    scores: Array
    magnitude: Array
    everywhere: bool = False
    undecided: NDArray[np.bool_] | None = None
    tolerance: float = TOLERANCE

    @property
    def numbered(self) -> NDArray[np.bool_]:
        """(N,) rows that have outputs, unless they overflow."""
        return np.asarray(~np.isnan(self.outputs).any(axis=1) & np.isfinite(self.magnitude).all(axis=1))


def compare(ran: Ran, reference: Reference, max_error: float, complete: bool, artefact: str, engine: str) -> Report:
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
    fits = given == reference.inside if complete else given <= reference.inside
    due = bool((fits if reference.undecided is None else fits | reference.undecided).all())
    silent = bool((reference.everywhere or np.isnan(ran.outputs[~given]).all()) and (ran.rule >= 0).all())
    given = reference.numbered if reference.everywhere else given
    difference, relative, close = _differences(ran.outputs[given], reference, given, max_error)
    return Report(
        artefact=artefact,
        engine=engine,
        rows=len(expected),
        outside=int((~given).sum()),
        difference=float(difference.max(initial=0.0)),
        relative=float(relative.max(initial=0.0)),
        tolerance=reference.tolerance,
        passed=bool(silent and due and given.any() and close.all()),
    )


def _differences(
    found: Array, reference: Reference, rows: NDArray[np.bool_], max_error: float
) -> tuple[Array, Array, NDArray[np.bool_]]:
    """On these rows: how far outputs are off; that beyond max_error, as a share; where it is no more than allowed."""
    tolerance, heads = reference.tolerance, reference.heads
    scores, expected = reference.scores[rows], reference.outputs[rows]
    terms = reference.magnitude[rows] + np.finfo(np.float64).tiny
    with np.errstate(all="ignore"):
        difference = np.where(found == expected, 0.0, np.abs(found - expected))
        room = slack(heads, scores, np.full_like(scores, max_error), 0.0)
        allowed = slack(heads, scores, max_error + tolerance * terms, tolerance)
        share = (difference - room) / (slack(heads, scores, tolerance * terms, tolerance) / tolerance)
        relative = np.where(difference <= room, 0.0, share)
    return difference, relative, difference <= allowed
