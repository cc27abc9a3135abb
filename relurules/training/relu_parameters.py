"""A network of ReLUs in canonical form whose numbers are trained: z = A x + L relu(z) + b, f = C x
+ U relu(z) + c.

Any slope of a PReLU is a ReLU beside an affine part, phi_a(z) = a z + (1 - a) relu(z), so this is
every network that can be traced. Few neurons are left where it counts, so it is a few hundred
numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.ir import Network, Neuron
from relurules.ir.network import AFFINE_ARRAYS, Array, compute_depths, group_levels

Mask = NDArray[np.bool_]

#: The arrays that are trained, in the order of `parameters`.
PARAMETER_ARRAYS = AFFINE_ARRAYS


@dataclass(frozen=True)
class ReluParameters:
    """A: (K, d), L: (K, K) strictly lower triangular, b: (K,), C: (m, d), U: (m, K), c: (m,).

    free: for each of A, L and C, in that order, which entries may be trained; all others are 0 and
    stay it. tied: for each neuron, whose rows of A and L it shares, those of the first that does;
    empty where no two do.
    """

    A: Array
    L: Array
    b: Array
    C: Array
    U: Array
    c: Array
    free: tuple[Mask, Mask, Mask]
    tied: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.b)

    @property
    def masks(self) -> tuple[Mask, ...]:
        """For every array of TRAINED, which entries are trained."""
        a, links, c = self.free
        if self.tied:
            first = np.equal(self.tied, np.arange(len(self)))[:, None]
            a, links = a & first, links & first

        return (
            a,
            links,
            np.ones_like(self.b, bool),
            c,
            np.ones_like(self.U, bool),
            np.ones_like(self.c, bool),
        )

    @cached_property
    def levels(self) -> tuple[NDArray[np.intp], ...]:
        """Neurons grouped so that each group may read only earlier ones."""
        return group_levels(self.free[1])


class ForwardPass(NamedTuple):
    """Z: (N, K) of every neuron, before its ReLU; H: after it; F: (N, m) scores."""

    Z: Array
    H: Array
    F: Array


def to_relu_parameters(network: Network, *, dense: bool) -> ReluParameters:
    """The same function.

    dense: whether entries that are 0 may be trained, skip connections and all; inputs that nothing
    reads stay unread.
    """
    slope = network.slope
    A, L, b = network.A.copy(), network.L.copy(), network.b.copy()
    C, U, c = network.C.copy(), network.U.copy(), network.c.copy()

    # In topological order: the affine part of k moves into what reads it.
    for k in np.flatnonzero(slope):
        _add_affine((A, L, b, C, U, c), int(k), slope[k], 0.0)
        L[:, k] *= 1.0 - slope[k]
        U[:, k] *= 1.0 - slope[k]

    free = A != 0, L != 0, C != 0
    if dense:
        depth, read = compute_depths(L != 0), (A != 0).any(axis=0) | (C != 0).any(axis=0)
        read |= not read.any()
        free = (
            np.ones_like(A, bool) & read,
            np.tril(depth[:, None] > depth, -1),
            np.ones_like(C, bool) & read,
        )

    return ReluParameters(A, L, b, C, U, c, free)


def to_network(compact: ReluParameters) -> Network:
    """The network in canonical form; its neurons are numbered."""
    neurons = tuple(Neuron("linearized", k) for k in range(len(compact)))
    arrays: dict[str, Array] = {name: getattr(compact, name) for name in PARAMETER_ARRAYS}
    return Network(**arrays, slope=np.zeros(len(compact)), neurons=neurons, lifting=None)


def run_forward(compact: ReluParameters, X: Array) -> ForwardPass:
    """(N, d) -> every neuron and score, (N, ...)."""
    Z = X @ compact.A.T + compact.b
    H = np.maximum(Z, 0.0)
    for level in compact.levels[1:]:
        Z[:, level] += H @ compact.L[level].T
        H[:, level] = np.maximum(Z[:, level], 0.0)
    return ForwardPass(Z, H, X @ compact.C.T + H @ compact.U.T + compact.c)


def pull_back_derivatives(compact: ReluParameters, Z: Array, G: Array) -> tuple[Array, Array]:
    """Derivatives by every neuron, after and before its ReLU, (N, K), of what has the derivatives
    G, (N, m).
    """
    after, on = G @ compact.U, Z > 0.0
    before = after * on
    for level in compact.levels[-2::-1]:
        after[:, level] += before @ compact.L[:, level]
        before[:, level] = after[:, level] * on[:, level]

    return after, before


def get_parameters(compact: ReluParameters) -> Array:
    """The numbers that are trained, (P,)."""
    return np.concatenate(
        [getattr(compact, n)[mask] for n, mask in zip(PARAMETER_ARRAYS, compact.masks, strict=True)]
    )


def with_parameters(compact: ReluParameters, values: Array) -> ReluParameters:
    """The network with other numbers, (P,)."""
    arrays, first = dict[str, Any](), 0
    for name, mask in zip(PARAMETER_ARRAYS, compact.masks, strict=True):
        array, last = np.zeros(mask.shape), first + int(mask.sum())
        array[mask], first = values[first:last], last
        arrays[name] = array
    if compact.tied:
        arrays.update({name: arrays[name][list(compact.tied)] for name in "AL"})

    return replace(compact, **arrays)


def sum_over_ties(compact: ReluParameters, values: Array) -> Array:
    """Of every neuron, (N, K) -> the sums over those that share rows of A and L, at the first of
    them, else 0.
    """
    return (
        values @ np.equal.outer(compact.tied, np.arange(len(compact))) if compact.tied else values
    )


def remove_neurons(
    compact: ReluParameters, neurons: Sequence[int], factors: Array, constants: Array
) -> ReluParameters:
    """Neurons k become affine, relu(z_k) = factors[k] z_k + constants[k], and so a part of what
    reads them.
    """
    arrays = tuple(getattr(compact, name).copy() for name in PARAMETER_ARRAYS)
    a, links, c = (mask.copy() for mask in compact.free)
    for k in neurons:
        readers = arrays[1][:, k] != 0
        a[readers] |= a[k]
        links[readers] |= links[k]
        c |= a[k]
        _add_affine(arrays, k, factors[k], constants[k])
        arrays[1][:, k], arrays[4][:, k] = 0.0, 0.0

    A, L, b, C, U, c0 = arrays
    keep = np.setdiff1d(np.arange(len(compact)), neurons)
    grid, shared = np.ix_(keep, keep), [compact.tied[k] for k in keep] if compact.tied else []
    tied = tuple(shared.index(k) for k in shared)
    return ReluParameters(
        A[keep], L[grid], b[keep], C, U[:, keep], c0, (a[keep], links[grid], c), tied
    )


def flip_neuron(compact: ReluParameters, k: int) -> ReluParameters:
    """The same function, with the hyperplane of neuron k the other way round: relu(z) = z +
    relu(-z).
    """
    arrays = tuple(getattr(compact, name).copy() for name in PARAMETER_ARRAYS)
    a, links, c = (mask.copy() for mask in compact.free)
    readers = arrays[1][:, k] != 0
    a[readers] |= a[k]
    links[readers] |= links[k]
    c |= a[k]
    _add_affine(arrays, k, 1.0, 0.0)
    A, L, b, C, U, c0 = arrays
    A[k], L[k], b[k] = -A[k], -L[k], -b[k]

    return ReluParameters(A, L, b, C, U, c0, (a, links, c), compact.tied)


def _add_affine(arrays: tuple[Array, ...], k: int, factor: float, constant: float) -> None:
    """Add factor * z_k + constant, times the weight of neuron k, to everything that reads it."""
    A, L, b, C, U, c = arrays
    w, u = L[:, k].copy(), U[:, k].copy()
    A += factor * np.outer(w, A[k])
    L += factor * np.outer(w, L[k])
    b += w * (factor * b[k] + constant)
    C += factor * np.outer(u, A[k])
    U += factor * np.outer(u, L[k])
    c += u * (factor * b[k] + constant)


def rescale_network(
    compact: ReluParameters, inputs: tuple[Array, Array], scores: tuple[Array, Array]
) -> ReluParameters:
    """The network of x that stands for this one of (x - shift) / scale, its scores times a scale
    plus a shift.

    inputs: shift and scale, (d,) each; scores: shift and scale, (m,) each.
    """
    (shift, scale), (low, high) = inputs, scores
    A, C = compact.A / scale, compact.C / scale * high[:, None]
    b = compact.b - A @ shift
    c = compact.c * high + low - C @ shift
    return replace(compact, A=A, b=b, C=C, U=compact.U * high[:, None], c=c)
