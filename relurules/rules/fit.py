"""The one affine map that stands best for many: with a certified error over the regions."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array
from relurules.lp.highs import closest_form
from relurules.lp.maxima import maxima
from relurules.rules.pieces import Fit, Ground, Piece

#: A fit ends when its certified error is within this share of the least possible one, or after so many rounds.
_CLOSE, _ROUNDS = 0.01, 60
#: Where between two points the function is compared with the straight line.
_BETWEEN = np.array([0.25, 0.5, 0.75])


class Measure(NamedTuple):
    """What joining two pieces costs. least: at least, infinite where it's no use to look; fit: that cost and the map.

    fit: None where the two can't be joined.
    """

    least: Callable[[Piece, Piece], float]
    fit: Callable[[Piece, Piece], tuple[float, Fit] | None]


def anywhere(ground: Ground, limit: float = 0.0) -> Measure:
    """The largest difference from the function over both, within `limit`; 0: only the same map will do."""

    def fit_both(one: Piece, other: Piece) -> tuple[float, Fit] | None:
        found = joined(ground, one, other, limit)
        if found is None:
            return None
        error = max(found.error, one.error, other.error)
        return error, found._replace(error=error)

    return Measure(lambda one, other: at_least(ground, one, other) if limit > 0.0 else np.inf, fit_both)


def joined(ground: Ground, one: Piece, other: Piece, limit: float) -> Fit | None:
    """One map for both pieces; None where its error must exceed `limit`. Within 0 only the same map will do."""
    if one.error == 0.0 == other.error and ground.same(one.forms, other.forms):
        return Fit(one.forms, 0.0)
    if limit == 0.0 or at_least(ground, one, other) > limit:
        return None
    key = frozenset(one.regions + other.regions)
    tried, found = ground.fits.get(key, (-1.0, None))
    if found is None and limit > tried:
        found = fit(ground, one.regions + other.regions, limit)
        ground.fits[key] = limit, found
    return found if found is not None and found.error <= limit else None


def at_least(ground: Ground, one: Piece, other: Piece) -> float:
    """What the error of one map on a convex union of both is at least.

    Half of how far the network is from the straight line between two of their points: some point must be off by that.
    """
    start, end = ground.centers[one.regions[0]], ground.centers[other.regions[0]]
    network, share = ground.partition.network, _BETWEEN[:, None]
    found = network.evaluate(ground.frame.to_user(np.vstack([start, end, start + share * (end - start)])))
    straight = found[0] + share * (found[1] - found[0])
    return max(one.error, other.error, float(np.abs(found[2:] - straight).max() / 2))


def deviation(ground: Ground, regions: Sequence[int], forms: Array) -> float:
    """Bound on |function - forms| over the regions; forms: (m, f + 1)."""
    return max(_farthest(ground, regions, output, form)[0] for output, form in enumerate(forms))


def fit(ground: Ground, regions: Sequence[int], limit: float) -> Fit | None:
    """The closest affine map over the regions, None where its error must exceed `limit`."""
    forms, error = [], 0.0
    for output in range(ground.forms.shape[1]):
        found = fit_output(ground, regions, output, limit)
        if found is None:
            return None
        forms.append(found[0])
        error = max(error, found[1])
    return Fit(np.array(forms), error)


def fit_output(
    ground: Ground,
    regions: Sequence[int],
    output: int,
    limit: float,
    terms: NDArray[np.bool_] | None = None,
    enough: float = 0.0,
) -> tuple[Array, float] | None:
    """The closest form (f + 1,) of one output over the regions and its error, None where that must exceed `limit`.

    terms: (f,) which coefficients may differ from 0; enough: an error with which any form will do.

    Chebyshev approximation by exchange (E. Remez, 1934): the closest form at some points, which are then joined by
    those of the regions where it is farthest off.
    """
    own = ground.forms[list(regions), output]
    used = np.arange(own.shape[1] - 1) if terms is None else np.flatnonzero(terms)
    kept = np.append(used, own.shape[1] - 1)
    form = np.zeros(own.shape[1])
    form[kept] = own.mean(axis=0)[kept]
    best = form
    points, values, error = np.empty((0, own.shape[1] - 1)), np.empty(0), np.inf
    for _ in range(_ROUNDS):
        off, there, reached = _farthest(ground, regions, output, form)
        if off < error:
            best, error = form, off
        if error <= enough:
            break
        points, values = np.vstack([points, there]), np.concatenate([values, reached])
        found, least = closest_form(points[:, used], values)
        form = np.zeros(own.shape[1])
        form[kept] = found
        if least > limit:
            return None
        if error <= least * (1 + _CLOSE) + ground.least[output]:
            break
    return (best, error) if error <= limit else None


def _farthest(ground: Ground, regions: Sequence[int], output: int, form: Array) -> tuple[float, Array, Array]:
    """A bound of how far off a form is on the regions; (n, f) where it is, on either side of each; the values there."""
    worst, points, values = 0.0, [], []
    for region in regions:
        ground.deadline.check("fitting one formula to several regions")
        own, cell = ground.forms[region, output], ground.cells[region]
        found = maxima(cell.G, cell.h, np.array([own - form, form - own]))
        worst = max(worst, float(found.bounds.max()))
        points.append(found.points)
        values.append(found.points @ own[:-1] + own[-1])
    worst += ground.rounding(output, form)
    return worst, np.vstack(points), np.concatenate(values)
