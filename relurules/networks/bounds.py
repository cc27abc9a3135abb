"""Lower and upper bounds of every neuron's argument on a domain, certified: no solver's word is
believed.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.domain import Domain
from relurules.ir import Network
from relurules.ir.network import Array
from relurules.lp.certified import compute_gamma
from relurules.lp.highs import propose_maximum
from relurules.lp.lengths import row_lengths, vector_length
from relurules.lp.tolerances import UNIT

#: Up to so many undecided neurons their bounds are tightened by linear programs, two each; beyond,
#: intervals must do.
LP_NEURONS = 64
#: Numbers that are bounded at once.
_BLOCK = 2**20


def bound_preactivations(network: Network, domain: Domain, *, exact: bool = False) -> Array:
    """(K, 2) bounds of z on the domain, rounded outward; infinite where the domain doesn't bound a
    neuron.

    Interval arithmetic over the box; with `exact`, neurons of undecided sign are bounded again by
    linear programs over the convex hulls of the PReLUs before them (R. Ehlers, "Formal Verification
    of Piece-Wise Linear Feed-Forward Neural Networks", 2017), which also see the domain's
    inequalities. A solver proposes multipliers of these programs' rows; any multipliers give a
    bound (weak duality), which is computed with all rounding outward.
    """
    bounds = _propagate_intervals(network, domain)
    undecided = np.flatnonzero((bounds[:, 0] < 0) & (bounds[:, 1] > 0))
    if (
        exact
        and 0 < len(undecided) <= LP_NEURONS
        and np.isfinite([domain.lower, domain.upper]).all()
    ):
        return _Relaxation(network, domain, bounds).tighten(undecided)

    return bounds


def bound_sum_rounding(network: Network) -> float:
    """What a sum of a neuron's terms may be off by, as a share of their absolute sum: Higham's
    gamma, generously.
    """
    terms = 4 * (sum(network.A.shape) + 8)
    return compute_gamma(float(terms))


def _propagate_intervals(network: Network, domain: Domain) -> Array:
    K, share = len(network), bound_sum_rounding(network)
    z, p = np.zeros((K, 2)), np.zeros((K, 2))
    box = np.column_stack([domain.lower, domain.upper])

    reads = np.asarray(network.L.any(axis=1))
    free = np.flatnonzero(~reads)
    for rows in np.array_split(free, max(1, free.size * len(box) // _BLOCK)):
        z[rows] = _bound_sums(network.A[rows], network.b[rows], box, share)
    for k in range(K):
        if not reads[k]:
            p[k] = _activate_interval(z[k], network.slope[k])
            continue
        low, high = _bound_sum(network.A[k], box)
        below, above = _bound_sum(network.L[k, :k], p[:k])
        room = share * (
            _sum_magnitudes(network.A[k], box)
            + _sum_magnitudes(network.L[k, :k], p[:k])
            + abs(network.b[k])
        )
        room = room if np.isfinite(room) else 0.0
        z[k] = low + below + network.b[k] - room, high + above + network.b[k] + room
        p[k] = _activate_interval(z[k], network.slope[k])

    return z


def _activate_interval(z: Array, slope: float) -> Array:
    ends = np.where(z >= 0, z, slope * z if slope else 0.0 * np.sign(z))
    inner = [0.0] if z[0] < 0 < z[1] else []
    return np.array([min(*ends, *inner), max(*ends, *inner)])


def _bound_sums(A: Array, b: Array, box: Array, share: float) -> Array:
    """(n, 2) bounds of A x + b over a box (d, 2), for rows (n, d), rounded outward."""
    used = A[:, :, None] != 0
    with np.errstate(invalid="ignore"):
        products = np.where(used, A[:, :, None] * box, 0.0)
    low, high = products.min(axis=2).sum(axis=1), products.max(axis=2).sum(axis=1)
    room = share * (np.abs(products).max(axis=2).sum(axis=1) + np.abs(b))
    room = np.where(np.isfinite(room), room, 0.0)
    return np.column_stack([low + b - room, high + b + room])


def _bound_sum(weights: Array, intervals: Array) -> tuple[float, float]:
    used = weights != 0
    products = weights[used, None] * intervals[used]
    return float(products.min(axis=1).sum()), float(products.max(axis=1).sum())


def _sum_magnitudes(weights: Array, intervals: Array) -> float:
    used = weights != 0
    return float((np.abs(weights[used]) * np.abs(intervals[used]).max(axis=1)).sum())


class _Inequality(NamedTuple):
    """An inequality form (n + 1,), constant last, >= -error on the relaxation, error being what
    rounding left of it.
    """

    form: Array
    error: float


@dataclass
class _Relaxation:
    """The set {(u, p)}: u in the domain, p_i in the convex hull of phi on [l_i, u_i] for each
    undecided neuron i.

    u are the frame's coordinates; a decided neuron is a linear form of u and of the undecided ones
    before it.
    """

    network: Network
    domain: Domain
    bounds: Array

    def tighten(self, undecided: NDArray[np.intp]) -> Array:
        """The bounds, those of undecided neurons tightened in turn."""
        network, frame = self.network, self.domain.frame(np.ones(len(self.domain)))
        share = bound_sum_rounding(network)
        f, n = len(frame.free), len(undecided)
        reach = np.abs(frame.origin) + frame.scale
        bounds = self.bounds.copy()
        rows = self._walls(n, share)
        column = {int(k): f + i for i, k in enumerate(undecided)}
        low, high = (
            np.append(np.full(f, -1.0), np.zeros(n)),
            np.append(np.full(f, 1.0), np.zeros(n)),
        )
        tied = np.isin(frame.free, [c for tie in frame.ties for c in tie])
        low[:f][tied] = 0.0
        low[:f] -= 8 * UNIT
        high[:f] += 8 * UNIT
        active, size = np.zeros((len(network), f + n + 1)), np.zeros(len(network))

        for k in range(len(network)):
            weights, offset = frame.rows(network.A[k : k + 1], network.b[k : k + 1])
            form = np.concatenate([weights[0], np.zeros(n), offset]) + network.L[k, :k] @ active[:k]
            own = float(
                np.abs(network.A[k]) @ reach
                + abs(network.b[k])
                + np.abs(network.L[k, :k]) @ size[:k]
            )
            slope, error = float(network.slope[k]), share * own
            size[k] = max(1.0, abs(slope)) * own
            if k in column:
                box = low[: f + n], high[: f + n]
                bounds[k] = _tighten_bounds(_Inequality(form, error), rows, box, bounds[k])
            if bounds[k, 0] >= 0:
                active[k] = form
            elif bounds[k, 1] <= 0:
                active[k] = slope * form
            else:
                j = column[k]
                low[j], high[j] = _activate_interval(bounds[k], slope)
                size[k] = max(size[k], abs(low[j]), abs(high[j]))
                active[k, j] = 1.0
                rows += _build_hull_rows(_Inequality(form, error), j, slope, bounds[k], share)

        return bounds

    def _walls(self, n: int, share: float) -> list[_Inequality]:
        """The domain's inequalities, and that indicators of a group add up to no more than 1."""
        domain, frame = self.domain, self.domain.frame(np.ones(len(self.domain)))
        single = (domain.normals != 0).sum(axis=1) == 0
        reach = np.abs(frame.origin) + frame.scale
        weights, offsets = frame.rows(-domain.normals, domain.limits)
        sizes = np.abs(domain.normals) @ reach + np.abs(domain.limits)
        rows = [
            _Inequality(
                np.concatenate([weights[i], np.zeros(n), offsets[i : i + 1]]),
                share * float(sizes[i]),
            )
            for i in np.flatnonzero(~single).tolist()
        ]

        for tie in frame.ties:
            form = np.zeros(len(frame.free) + n + 1)
            form[: len(frame.free)][np.isin(frame.free, tie)] = -1.0
            form[-1] = 1.0
            rows.append(_Inequality(form, 0.0))

        return rows


def _tighten_bounds(
    z: _Inequality, rows: list[_Inequality], box: tuple[Array, Array], before: Array
) -> Array:
    """What z can be at most and at least: no worse than before."""
    high = _bound_form_above(z.form, rows, box) + z.error
    low = -_bound_form_above(-z.form, rows, box) - z.error
    return np.array([max(before[0], low), min(before[1], high)])


def _bound_form_above(form: Array, rows: list[_Inequality], box: tuple[Array, Array]) -> float:
    """A number that the form exceeds nowhere in the box where all rows hold."""
    low, high = box
    best = _bound_over_box(form, np.abs(form), low, high)
    used = [row for row in rows if row.form[:-1].any()]
    if not used:
        return best

    walls = np.array([row.form for row in used])
    middle, half = low / 2 + high / 2, high / 2 - low / 2
    half = np.where(half > 0, half, 1.0)
    scale = row_lengths(walls[:, :-1] * half)
    walls = walls / scale[:, None]
    size = vector_length(form[:-1] * half) or 1.0
    sides = np.full(len(half), 1.0)
    limits = walls[:, -1] + walls[:, :-1] @ middle
    proposal = propose_maximum(
        form[:-1] * half / size, -walls[:, :-1] * half, limits, -sides, sides
    )

    if proposal is None or not np.isfinite(proposal.multipliers).all():
        return best

    multipliers = proposal.multipliers * size
    errors = np.array([row.error for row in used]) / scale + 4 * UNIT * np.abs(walls).sum(axis=1)
    total = form + multipliers @ walls
    terms = np.abs(form) + multipliers @ np.abs(walls)
    found = _bound_over_box(total, terms, low, high) + float(multipliers @ errors) * (1.0 + 1e-12)

    return min(best, found) if np.isfinite(found) else best


def _bound_over_box(form: Array, terms: Array, low: Array, high: Array) -> float:
    """The largest value of the form over the box, rounded up; terms: absolute terms that its
    entries are sums of.
    """
    gradient = form[:-1]
    value = form[-1] + float(np.maximum(gradient * low, gradient * high).sum())
    reach = np.maximum(np.abs(low), np.abs(high))
    share = 4 * (len(form) + len(terms) + 8) * UNIT
    return float(value + share * float(terms[:-1] @ reach + terms[-1]))


def _build_hull_rows(
    z: _Inequality, column: int, slope: float, bounds: Array, share: float
) -> list[_Inequality]:
    """Rows of the convex hull of {(z, phi(z)): l <= z <= u}, phi(z) being the variable `column`."""
    sign = 1.0 if slope <= 1.0 else -1.0  # phi is convex up to slope 1, concave above
    pieces = [(1.0, 0.0, sign), (slope, 0.0, sign)]
    low, high = bounds
    if np.isfinite(low) and np.isfinite(high) and low < 0 < high:
        chord = (high - slope * low) / (high - low)
        pieces.append((chord, high - chord * high, -sign))

    rows = []
    for gain, constant, side in pieces:  # side * (phi - gain * z - constant) >= 0
        form = -side * gain * z.form
        form[-1] -= side * constant
        form[column] += side
        largest = max(abs(low), abs(high)) if np.isfinite(low + high) else 0.0
        error = abs(gain) * z.error + 8 * UNIT * (
            abs(constant) + (abs(gain) + abs(slope) + 1.0) * largest
        )
        rows.append(_Inequality(form, error + share * abs(constant)))

    return rows
