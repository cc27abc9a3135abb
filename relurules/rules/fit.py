"""The one affine map that stands best for many: with a certified error over the regions."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array
from relurules.lp.highs import fit_closest_form
from relurules.rules.pieces import AffineFit, AffinePiece, PiecewiseFunction

#: A fit ends when its certified error is within this share of the least possible one, or after so
#: many rounds.
_CLOSE, _ROUNDS = 0.01, 60
#: Where between two points the function is compared with the straight line.
_BETWEEN = np.array([0.25, 0.5, 0.75])


class MergeCost(NamedTuple):
    """What joining two pieces costs. least: at least, infinite where it's no use to look; fit: that
    cost and the map.

    fit: None where the two can't be joined.
    """

    least: Callable[[AffinePiece, AffinePiece], float]
    fit: Callable[[AffinePiece, AffinePiece], tuple[float, AffineFit] | None]


def make_uniform_cost(ground: PiecewiseFunction, limit: float = 0.0) -> MergeCost:
    """The largest difference from the function over both, within `limit`; 0: only the same map will
    do.
    """

    def fit_both(one: AffinePiece, other: AffinePiece) -> tuple[float, AffineFit] | None:
        found = fit_two_pieces(ground, one, other, limit)
        if found is None:
            return None
        error = max(found.error, one.error, other.error)
        return error, found._replace(error=error)

    return MergeCost(
        lambda one, other: bound_merge_error(ground, one, other) if limit > 0.0 else np.inf,
        fit_both,
    )


def fit_two_pieces(
    ground: PiecewiseFunction, one: AffinePiece, other: AffinePiece, limit: float
) -> AffineFit | None:
    """One map for both pieces; None where its error must exceed `limit`.

    Within 0 only the same map will do.
    """
    if one.error == 0.0 == other.error and ground.same(one.forms, other.forms):
        return AffineFit(one.forms, 0.0)
    if limit == 0.0 or bound_merge_error(ground, one, other) > limit:
        return None

    key = frozenset(one.regions + other.regions)
    tried, found = ground.fits.get(key, (-1.0, None))
    if found is None and limit > tried:
        found = fit_map(ground, one.regions + other.regions, limit)
        ground.fits[key] = limit, found

    return found if found is not None and found.error <= limit else None


def bound_merge_error(ground: PiecewiseFunction, one: AffinePiece, other: AffinePiece) -> float:
    """What the error of one map on a convex union of both is at least.

    Half of how far the network is from the straight line between two of their points: some point
    must be off by that.
    """
    start, end = ground.centers[one.regions[0]], ground.centers[other.regions[0]]
    network, share = ground.partition.network, _BETWEEN[:, None]
    found = network.evaluate(
        ground.frame.to_user(np.vstack([start, end, start + share * (end - start)]))
    )
    straight = found[0] + share * (found[1] - found[0])
    return max(one.error, other.error, float(np.abs(found[2:] - straight).max() / 2))


def bound_deviation(ground: PiecewiseFunction, regions: Sequence[int], forms: Array) -> float:
    """Bound on |function - forms| over the regions; forms: (m, f + 1)."""
    return max(
        _find_farthest_points(ground, regions, output, form)[0] for output, form in enumerate(forms)
    )


def fit_map(ground: PiecewiseFunction, regions: Sequence[int], limit: float) -> AffineFit | None:
    """The closest affine map over the regions, None where its error must exceed `limit`."""
    forms, error = [], 0.0
    for output in range(ground.forms.shape[1]):
        found = fit_output(ground, regions, output, limit)
        if found is None:
            return None
        forms.append(found[0])
        error = max(error, found[1])

    return AffineFit(np.array(forms), error)


def fit_output(
    ground: PiecewiseFunction,
    regions: Sequence[int],
    output: int,
    limit: float,
    terms: NDArray[np.bool_] | None = None,
    enough: float = 0.0,
) -> tuple[Array, float] | None:
    """The closest form (f + 1,) of one output over the regions and its error, None where that must
    exceed `limit`.

    terms: (f,) which coefficients may differ from 0; enough: an error with which any form will do.

    Chebyshev approximation by exchange (E. Remez, 1934): the closest form at some points, which are
    then joined by those of the regions where it is farthest off.
    """
    own = ground.forms[list(regions), output]
    used = np.arange(own.shape[1] - 1) if terms is None else np.flatnonzero(terms)
    kept = np.append(used, own.shape[1] - 1)
    form = np.zeros(own.shape[1])
    form[kept] = own.mean(axis=0)[kept]
    best = form
    points, values, error = np.empty((0, own.shape[1] - 1)), np.empty(0), np.inf

    for _ in range(_ROUNDS):
        off, there, reached = _find_farthest_points(ground, regions, output, form)
        if off < error:
            best, error = form, off
        if error <= enough:
            break
        points, values = np.vstack([points, there]), np.concatenate([values, reached])
        found, least = fit_closest_form(points[:, used], values)
        form = np.zeros(own.shape[1])
        form[kept] = found
        if least > limit:
            return None
        if error <= least * (1 + _CLOSE) + ground.least[output]:
            break

    return (best, error) if error <= limit else None


def _find_farthest_points(
    ground: PiecewiseFunction, regions: Sequence[int], output: int, form: Array
) -> tuple[float, Array, Array]:
    """A bound of how far off a form is on the regions; (n, f) where it is, on either side of each;
    the values there.
    """
    worst, points, values = 0.0, [], []
    for region in regions:
        ground.deadline.check("fitting one formula to several regions")
        own, cell = ground.forms[region, output], ground.cells[region]
        found = cell.polytope.maxima(np.array([own - form, form - own]))
        worst = max(worst, float(found.bounds.max()))
        points.append(found.points)
        values.append(found.points @ own[:-1] + own[-1])

    worst += ground.rounding(output, form)
    return worst, np.vstack(points), np.concatenate(values)
