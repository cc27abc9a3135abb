"""What float64 does to a network: the terms that count on a row, and how far runs are from the
exact value.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from relurules.ir import Head, Network
from relurules.ir.local_tree import LocalTree
from relurules.ir.network import Array
from relurules.links.heads import apply_links
from relurules.verifying.exact_network import ExactNetwork

#: Copies of a row whose numbers are a few units in the last place away, and by how many units at
#: most.
_COPIES, _UNITS = 4, 8
#: Orders in which the network's terms are added.
_ORDERS = 4


def sum_live_terms(network: Network, X: Array, unit: float) -> Array:
    """(N, d) -> (N, s): sums of the absolute terms that a score is made of on its row.

    A neuron whose z is surely negative counts with its slope, so one that is off counts for
    nothing: neither the network nor the map of its region adds what it reads. unit: a z that is
    less than this share of its own terms away from 0 may have either sign.
    """
    if isinstance(network, LocalTree):
        return network.magnitude(X) + np.finfo(np.float64).tiny
    size = np.abs(X) @ np.abs(network.A).T + np.abs(network.b)
    z, steep = network.preactivations(X), np.abs(network.slope)
    active = np.zeros_like(size)

    for level in network.levels:
        size[:, level] += active @ np.abs(network.L[level]).T
        doubt = unit * size[:, level]
        below = np.where(z[:, level] < -doubt, steep[level], np.maximum(1.0, steep[level]))
        active[:, level] = np.where(z[:, level] > doubt, 1.0, below) * size[:, level]

    terms = np.abs(X) @ np.abs(network.C).T + active @ np.abs(network.U).T + np.abs(network.c)
    return np.asarray(terms + np.finfo(np.float64).tiny)


@dataclass(frozen=True, kw_only=True)
class RowRounding:
    """One row of the network, exactly and as float64 has it.

    exact: the s scores.
    outputs: (m,) what the exact scores are behind the links.
    errors: (T, s) float64 runs of the network, less their exact scores.
    moves: (m,) the largest difference of such a run from the exact value, behind the links.
    """

    exact: tuple[Fraction, ...]
    outputs: Array
    errors: Array
    moves: Array


@dataclass(frozen=True, kw_only=True)
class FloatRuns:
    """Runs of one network in float64, beside its exact value.

    framework: the model itself, (n, d) -> (n, m), where it takes coordinates.
    """

    network: Network
    heads: Sequence[Head]
    framework: Callable[[Array], Array] | None = None

    def of(self, row: Array) -> RowRounding:
        """A row and its copies some units in the last place away, with terms added in several
        orders.

        One run may be right by chance; several show what rounding does here.
        """
        if isinstance(self.network, LocalTree):
            return replace(self, network=self.network.find_local_network(row)).of(row)
        rows = np.vstack([row, _perturb_row(row)])
        exact = [self._exact.scores(one) for one in rows]
        scores = np.array([[round_to_float(score) for score in one] for one in exact])
        outputs = apply_links(self.heads, scores)

        with np.errstate(over="ignore", invalid="ignore"):
            runs = [network.evaluate(rows[:, columns]) for network, columns in self._orders]

        moves = [_measure_distances(apply_links(self.heads, run), outputs) for run in runs]
        if self.framework is not None:
            moves.append(_measure_distances(self.framework(rows), outputs))

        errors = np.vstack([_measure_errors(run, exact) for run in runs])
        return RowRounding(
            exact=exact[0], outputs=outputs[0], errors=errors, moves=np.vstack(moves).max(axis=0)
        )

    @cached_property
    def _exact(self) -> ExactNetwork:
        return ExactNetwork(self.network)

    @cached_property
    def _orders(self) -> list[tuple[Network, NDArray[np.intp]]]:
        rng, columns = np.random.default_rng(0), np.arange(self.network.A.shape[1])
        others = [rng.permutation(columns) for _ in range(_ORDERS - 1)]
        return [
            (self.network, columns),
            *((_reorder_network(self.network, one, rng), one) for one in others),
        ]


def _perturb_row(row: Array) -> Array:
    units = np.random.default_rng(0).integers(-_UNITS, _UNITS, (_COPIES, len(row)), endpoint=True)
    return np.asarray(row * (1.0 + units * np.finfo(np.float64).eps))


def round_to_float(exact: Fraction) -> float:
    """The float64 nearest to a rational, infinite where there is none."""
    try:
        return float(exact)
    except OverflowError:
        return math.inf if exact > 0 else -math.inf


def _reorder_network(
    network: Network, columns: NDArray[np.intp], rng: np.random.Generator
) -> Network:
    """The same network that reads its columns in this order, with its neurons in another one within
    their levels.
    """
    order = np.concatenate(
        [rng.permutation(level) for level in network.levels] or [np.empty(0, dtype=np.intp)]
    )
    return replace(
        network,
        A=network.A[np.ix_(order, columns)],
        C=network.C[:, columns],
        L=network.L[np.ix_(order, order)],
        b=network.b[order],
        U=network.U[:, order],
        slope=network.slope[order],
        neurons=tuple(network.neurons[k] for k in order.tolist()),
        lifting=None,
    )


def _measure_errors(run: Array, exact: Sequence[Sequence[Fraction]]) -> Array:
    """(n, s) scores of a run less the exact ones."""
    rows = zip(run.tolist(), exact, strict=True)
    return np.array(
        [
            [_subtract_exact_score(*pair) for pair in zip(scores, row, strict=True)]
            for scores, row in rows
        ]
    )


def _subtract_exact_score(score: float, exact: Fraction) -> float:
    return round_to_float(Fraction(score) - exact) if math.isfinite(score) else math.inf


def _measure_distances(found: Array, expected: Array) -> Array:
    """How far apart they are; nothing where both are the same infinity."""
    with np.errstate(invalid="ignore"):
        apart = np.where(found == expected, 0.0, np.abs(found - expected))
    return np.asarray(np.nan_to_num(apart, nan=0.0, posinf=np.inf))
