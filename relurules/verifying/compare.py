"""What an artefact gave against what the network gives, on the same rows."""

import math
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

    scores: (N, s) of the traced network; magnitude: (N, s) sums of its absolute terms; numbers: (N,) rows that must
    have outputs, None where those are the rows with a rule; free: (N,) rows that may have any, None for no row.
    undecided: (N,) rows which rounding may put on either side of the domain's bounds, if any.
    """

    outputs: Array
    inside: NDArray[np.bool_]
    heads: Sequence[Head]
    scores: Array
    magnitude: Array
    numbers: NDArray[np.bool_] | None = None
    free: NDArray[np.bool_] | None = None
    undecided: NDArray[np.bool_] | None = None
    tolerance: float = TOLERANCE

    def of(self, outputs: Sequence[str], known: Sequence[str]) -> "Reference":
        """Of one output alone, where an artefact gives just that one of several that are known by name."""
        if len(outputs) == 1 < len(known) and outputs[0] in known:
            at = known.index(outputs[0])
            return self._replace(outputs=self.outputs[:, [at]], heads=[self.heads[at]])
        return self


def compare(ran: Ran, reference: Reference, max_error: float, complete: bool, artefact: str, engine: str) -> Report:
    """Compare outputs (N, m) with the network's wherever there must be some; elsewhere there must be no number.

    A rule is due for every row in the domain if the rules are complete, and for none outside. Raises CheckError where
    the artefact returned another number of rows or outputs, and where there is nothing to compare.
    """
    expected = reference.outputs
    if not len(expected):
        raise CheckError("no rows to verify on; give at least one")
    if ran.outputs.shape != expected.shape:
        raise CheckError(f"{artefact} returned {ran.outputs.shape} outputs in {engine}, the network {expected.shape}")
    ruled = ran.rule > 0
    given = ruled if reference.numbers is None else reference.numbers
    free = np.zeros_like(given) if reference.free is None else reference.free
    difference, relative, close = _differences(ran.outputs[given], reference, given, max_error)
    worst = np.flatnonzero(given)[difference.max(axis=1).argmax()] if given.any() else -1
    silent = bool(np.isnan(ran.outputs[~(given | free)]).all() and (ran.rule >= 0).all())
    fits = ruled == reference.inside if complete else ruled <= reference.inside
    due = bool((fits if reference.undecided is None else fits | reference.undecided).all())
    return Report(
        artefact=artefact,
        engine=engine,
        rows=len(expected),
        outside=int((~given).sum()),
        difference=float(difference.max(initial=0.0)),
        relative=float(relative.max(initial=0.0)),
        tolerance=reference.tolerance,
        passed=bool(silent and due and given.any() and close.all()),
        worst=int(worst),
        agreement=_agreement(ran.outputs[given], expected[given], reference.heads),
        seconds=ran.seconds,
    )


def _agreement(found: Array, expected: Array, heads: Sequence[Head]) -> float:
    """The share of rows of the same class; NaN where the outputs tell none."""
    one, other = _classes(found, heads), _classes(expected, heads)
    return math.nan if one is None or other is None or not len(one) else float((one == other).mean())


def _classes(outputs: Array, heads: Sequence[Head]) -> Array | None:
    """The class of every row: as the model gives it, the likeliest one, or whether a probability is above a half."""
    links = [head.link for head in heads]
    if "argmax" in links:
        return np.asarray(outputs[:, links.index("argmax")])
    shares = [i for i, link in enumerate(links) if link in ("softmax", "log_softmax")]
    if len(shares) > 1:
        return np.asarray(outputs[:, shares].argmax(axis=1), dtype=np.float64)
    alone = [i for i, link in enumerate(links) if link in ("sigmoid", "complement")]
    return np.asarray(outputs[:, alone] > 0.5, dtype=np.float64)[:, 0] if alone else None


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
