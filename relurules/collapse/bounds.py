"""Lower and upper bounds of every neuron's argument on a domain."""

import numpy as np
from numpy.typing import NDArray

from relurules import lp
from relurules.domain import Domain
from relurules.ir import Network
from relurules.ir.network import Array

#: Up to so many undecided neurons their bounds are tightened by linear programs, two each; beyond, intervals must do.
LP_NEURONS = 64
#: Rounding of the interval sums, and what an LP's optimum may be off by, as a share of the absolute terms.
_ROUNDING, _LP_ERROR = 1e-12, 1e-8


def preactivation_bounds(network: Network, domain: Domain, *, exact: bool = False) -> Array:
    """(K, 2) bounds of z on the domain, rounded outward; infinite where the domain doesn't bound a neuron.

    Interval arithmetic over the box; with `exact`, neurons of undecided sign are bounded again by linear programs over
    the convex hulls of the PReLUs before them (R. Ehlers, "Formal Verification of Piece-Wise Linear Feed-Forward Neural
    Networks", 2017), which also see the domain's inequalities.
    """
    bounds = _intervals(network, domain)
    undecided = np.flatnonzero((bounds[:, 0] < 0) & (bounds[:, 1] > 0))
    if exact and 0 < len(undecided) <= LP_NEURONS:
        return _tighten(network, domain, bounds, undecided)
    return bounds


def _intervals(network: Network, domain: Domain) -> Array:
    K = len(network)
    z, p = np.zeros((K, 2)), np.zeros((K, 2))
    box = np.column_stack([domain.lower, domain.upper])
    for k in range(K):
        low, high = _range(network.A[k], box)
        below, above = _range(network.L[k, :k], p[:k])
        room = _ROUNDING * (_size(network.A[k], box) + _size(network.L[k, :k], p[:k]) + abs(network.b[k]))
        room = room if np.isfinite(room) else 0.0
        z[k] = low + below + network.b[k] - room, high + above + network.b[k] + room
        p[k] = _activated(z[k], network.slope[k])
    return z


def _activated(z: Array, slope: float) -> Array:
    ends = np.where(z >= 0, z, slope * z if slope else 0.0 * np.sign(z))
    inner = [0.0] if z[0] < 0 < z[1] else []
    return np.array([min(*ends, *inner), max(*ends, *inner)])


def _range(weights: Array, intervals: Array) -> tuple[float, float]:
    used = weights != 0
    products = weights[used, None] * intervals[used]
    return float(products.min(axis=1).sum()), float(products.max(axis=1).sum())


def _size(weights: Array, intervals: Array) -> float:
    used = weights != 0
    return float((np.abs(weights[used]) * np.abs(intervals[used]).max(axis=1)).sum())


def _tighten(network: Network, domain: Domain, bounds: Array, undecided: NDArray[np.intp]) -> Array:
    """Bounds over {(u, p)}: u in the domain, p_i in the convex hull of phi on [l_i, u_i] for each undecided neuron i.

    A decided neuron is a linear form of u and of the undecided ones before it.
    """
    bounds = bounds.copy()
    frame = domain.frame(np.ones(len(domain)))
    G, h = domain.polytope(frame)
    f, n = G.shape[1], len(undecided)
    rows, limits = np.hstack([G, np.zeros((len(G), n))]), h
    column = {int(k): f + i for i, k in enumerate(undecided)}
    active = np.zeros((len(network), f + n + 1))
    for k in range(len(network)):
        weights, offset = frame.rows(network.A[k : k + 1], network.b[k : k + 1])
        form = np.concatenate([weights[0], np.zeros(n), offset]) + network.L[k, :k] @ active[:k]
        slope = float(network.slope[k])
        if k in column:
            bounds[k] = _bounded(form, rows, limits, bounds[k])
        if bounds[k, 0] >= 0:
            active[k] = form
        elif bounds[k, 1] <= 0:
            active[k] = slope * form
        else:
            active[k, column[k]] = 1.0
            hull, ends = _hull(form, column[k], slope, bounds[k])
            rows, limits = np.vstack([rows, hull]), np.concatenate([limits, ends])
    return bounds


def _bounded(form: Array, rows: Array, limits: Array, before: Array) -> Array:
    size = float(np.abs(form).sum())
    low = lp.minimum(form[:-1], rows, limits) + form[-1] - _LP_ERROR * size
    high = -lp.minimum(-form[:-1], rows, limits) + form[-1] + _LP_ERROR * size
    return np.array([max(before[0], low), min(before[1], high)])


def _hull(form: Array, column: int, slope: float, bounds: Array) -> tuple[Array, Array]:
    """Rows of the convex hull of {(z, phi(z)): l <= z <= u}, z being `form` and phi(z) the variable `column`."""
    sign = 1.0 if slope <= 1.0 else -1.0  # phi is convex up to slope 1, concave above
    pieces = [(1.0, 0.0, sign), (slope, 0.0, sign)]
    low, high = bounds
    if np.isfinite(low) and np.isfinite(high) and low < 0 < high:
        chord = (high - slope * low) / (high - low)
        pieces.append((chord, high - chord * high, -sign))
    rows, ends = [], []
    for gain, constant, side in pieces:  # side * (gain * z + constant - phi) <= 0
        row = side * gain * form[:-1]
        row[column] -= side
        length = np.linalg.norm(row)
        rows.append(row / length)
        ends.append(-side * (gain * form[-1] + constant) / length)
    return np.array(rows), np.array(ends)
