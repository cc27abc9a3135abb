"""A dense network as tables in C: a layer per level of neurons, weights as [in][out]."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.emitting.c_numbers import Real, Table, real_table
from relurules.ir import Network
from relurules.ir.network import Array

#: A network of fewer neurons, or with a larger share of zeros in its tables, is written as expressions.
_NEURONS = 9
_DENSE = 0.5


class Layer(NamedTuple):
    """What a layer reads of the values v, and where its neurons are among all of them.

    number: from 1; reads: `width` values from `first`; writes: `size` arguments z from `start`. slopes: whether they
    are looked up; without, neurons are ReLUs.
    """

    number: int
    first: int
    width: int
    size: int
    start: int
    slopes: bool


class Layers(NamedTuple):
    """hidden: the layers of neurons, in order; last: that of the scores. order: neuron of every z; tables: of all."""

    hidden: list[Layer]
    last: Layer
    order: list[int]
    tables: list[Table]


def is_dense(network: Network, needed: NDArray[np.bool_]) -> bool:
    """Whether tables are better code than expressions: enough neurons, and few zeros among their weights."""
    blocks = [block for block, _ in _blocks(network, _levels(network, needed))]
    entries = sum(block.size for block in blocks)
    filled = sum(int(np.count_nonzero(block)) for block in blocks)
    return int(needed.sum()) >= _NEURONS and filled >= _DENSE * entries


def planned_layers(network: Network, needed: NDArray[np.bool_], real: Real) -> Layers:
    """The tables of all neurons that are needed, (K,), and of the scores."""
    levels = _levels(network, needed)
    *blocks, (weights, first) = _blocks(network, levels)
    hidden, tables, start = list[Layer](), list[Table](), 0
    for number, (level, (block, at)) in enumerate(zip(levels, blocks, strict=True), 1):
        slope = network.slope[level]
        layer = Layer(number, at, block.shape[1], len(level), start, bool(slope.any()))
        tables += _tables(real, str(number), block, network.b[level], f"of layer {number}")
        if layer.slopes:
            tables.append(real_table(real, f"slope_{number}", slope, f"Slopes of layer {number} below 0."))
        hidden.append(layer)
        start += len(level)
    tables += _tables(real, "last", weights, network.c, "of the scores")
    last = Layer(len(hidden) + 1, first, weights.shape[1], len(network.c), start, False)
    return Layers(hidden, last, [k for level in levels for k in level], tables)


def _tables(real: Real, name: str, block: Array, bias: Array, said: str) -> list[Table]:
    """Weights (out, in) are written as [in][out]."""
    shape = f"[{block.shape[1]}][{block.shape[0]}], a row for every value read"
    return [
        real_table(real, f"weights_{name}", block.T, f"Weights {said}: {shape}."),
        real_table(real, f"bias_{name}", bias, f"Constants {said}."),
    ]


def _levels(network: Network, needed: NDArray[np.bool_]) -> list[list[int]]:
    levels = [[k for k in level.tolist() if needed[k]] for level in network.levels]
    return [level for level in levels if level]


def _blocks(network: Network, levels: Sequence[Sequence[int]]) -> list[tuple[Array, int]]:
    """For every level, then for the scores: the weights (out, in) of the values read, and the first of these."""
    order = [k for level in levels for k in level]
    rows = [np.hstack([network.A[level], network.L[level][:, order]]) for level in map(list, levels)]
    return [_cut(block) for block in [*rows, np.hstack([network.C, network.U[:, order]])]]


def _cut(block: Array) -> tuple[Array, int]:
    """Without the values before the first and after the last that is read; one is kept where none is."""
    used = np.flatnonzero(block.any(axis=0))
    first, last = (int(used[0]), int(used[-1])) if len(used) else (0, 0)
    return block[:, first : last + 1], first
