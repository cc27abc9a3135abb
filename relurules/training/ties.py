"""Neurons tied to one direction: their hyperplanes are parallel, so that K of them cut K + 1
regions and not 2^K.
"""

from dataclasses import replace
from itertools import combinations

import numpy as np

from relurules.ir.network import Array
from relurules.training.relu_parameters import ReluParameters, flip_neuron, run_forward
from relurules.training.task import Rows


def find_parallel_pairs(
    compact: ReluParameters, rows: Rows, most: int, widest: int | None = None
) -> list[tuple[int, int]]:
    """Pairs of directions, by their first neurons, that are most nearly parallel or opposite; so
    many at most.

    How nearly: by the correlation over the rows of what the neurons read, which is the cosine
    between their normals once the inputs are uncorrelated. Directions of one level only; widest:
    inputs that both may read at most.
    """
    a, links, _ = compact.free
    Z, firsts = _standardise_neurons(compact, rows)[0], set(_list_firsts(compact))
    alike = {}

    for level in compact.levels:
        for i, j in combinations(sorted(firsts.intersection(level.tolist())), 2):
            narrow = widest is None or (a[i] | a[j]).sum() <= widest
            if narrow and not links[j, i:].any() and Z[:, i].any() and Z[:, j].any():
                alike[i, j] = abs(np.average(Z[:, i] * Z[:, j], weights=rows.weights))

    return sorted(alike, key=lambda pair: -alike[pair])[:most]


def tie_directions(compact: ReluParameters, pair: tuple[int, int], rows: Rows) -> ReluParameters:
    """The network whose neurons of two directions share the one between; on average over the rows,
    z stays.
    """
    i, j = pair
    Z, spread, _ = _standardise_neurons(compact, rows)
    firsts = _list_firsts(compact)
    one, other = ([k for k, first in enumerate(firsts) if first == at] for at in pair)
    if (rows.weights * Z[:, i]) @ Z[:, j] < 0:
        for k in other:
            compact = flip_neuron(compact, k)

    compact = _stretch_neurons(compact, other, spread[i] / spread[j])
    mean, together = _standardise_neurons(compact, rows)[2], one + other
    A, L = compact.A.copy(), compact.L.copy()
    a, links, c = (mask.copy() for mask in compact.free)

    for array in (A, L):
        array[together] = (len(one) * array[i] + len(other) * array[j]) / len(together)

    for mask in (a, links):
        mask[together] = mask[i] | mask[j]

    ties = tuple(i if first == j else first for first in firsts)
    compact = replace(compact, A=A, L=L, free=(a, links, c), tied=ties)
    b = compact.b.copy()
    b[together] += (mean - _standardise_neurons(compact, rows)[2])[together]
    return replace(compact, b=b)


def _list_firsts(compact: ReluParameters) -> tuple[int, ...]:
    return compact.tied or tuple(range(len(compact)))


def _standardise_neurons(compact: ReluParameters, rows: Rows) -> tuple[Array, Array, Array]:
    """Of every z: (N, K) deviations from its mean, in units of their spread, or 0; (K,) spread;
    (K,) mean.
    """
    Z = run_forward(compact, rows.X).Z
    mean = np.average(Z, axis=0, weights=rows.weights)
    spread = np.sqrt(np.average((Z - mean) ** 2, axis=0, weights=rows.weights))
    varies = spread > 1e-9
    return np.where(varies, (Z - mean) / np.where(varies, spread, 1.0), 0.0), spread, mean


def _stretch_neurons(compact: ReluParameters, neurons: list[int], factor: float) -> ReluParameters:
    """The same function: z of some neurons times a factor above 0."""
    A, L, b, U = (getattr(compact, name).copy() for name in ("A", "L", "b", "U"))
    for array in (A, L, b):
        array[neurons] *= factor
    for array in (L, U):
        array[:, neurons] /= factor
    return replace(compact, A=A, L=L, b=b, U=U)
