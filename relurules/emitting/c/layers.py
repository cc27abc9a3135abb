"""A dense network as tables in C: a layer per level of neurons, weights as [in][out]."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from relurules.emitting.c.numbers import CTable, Real, print_real_table
from relurules.ir import Network
from relurules.ir.network import Array

#: A network of fewer neurons, or with a larger share of zeros in its tables, is written as
#: expressions.
_NEURONS = 9
_DENSE = 0.5


#: Layers start at multiples of so many values, which compilers' vectors don't cross then.
_ALIGNED = 8


@dataclass(frozen=True, kw_only=True)
class DenseLayer:
    """What a layer reads of the values v, and where its neurons are."""

    #: From 1.
    number: int
    #: Where the values that it reads begin.
    first: int
    #: How many values it reads.
    width: int
    #: Number of its neurons, and so of its arguments z.
    size: int
    #: Where its arguments z begin.
    start: int
    #: Where the values that it makes of them begin.
    own: int
    #: Whether they are looked up; without, neurons are ReLUs.
    slopes: bool


@dataclass(frozen=True, kw_only=True)
class DenseNetwork:
    """All layers."""

    #: Those of neurons, in order.
    hidden: list[DenseLayer]
    #: That of the scores.
    last: DenseLayer
    #: Where every neuron's z is.
    place: dict[int, int]
    #: The values between layers.
    unused: list[int]
    #: Of all.
    tables: list[CTable]


def is_dense(network: Network, needed: NDArray[np.bool_]) -> bool:
    """Whether tables are better code than expressions: enough neurons, and few zeros among their
    weights.
    """
    levels = _list_levels(network, needed)
    blocks = [block for block, _ in _stack_blocks(network, levels, _place_levels(network, levels))]
    entries = sum(block.size for block in blocks)
    filled = sum(int(np.count_nonzero(block)) for block in blocks)
    return int(needed.sum()) >= _NEURONS and filled >= _DENSE * entries


def plan_layers(network: Network, needed: NDArray[np.bool_], real: Real) -> DenseNetwork:
    """The tables of all neurons that are needed, (K,), and of the scores."""
    levels = _list_levels(network, needed)
    places = _place_levels(network, levels)
    *blocks, (weights, first) = _stack_blocks(network, levels, places)
    hidden, tables, d = (
        list[DenseLayer](),
        list[CTable](),
        places[0][0] if places else network.A.shape[1],
    )

    for number, (level, place, (block, at)) in enumerate(
        zip(levels, places, blocks, strict=True), 1
    ):
        slope = network.slope[level]
        layer = DenseLayer(
            number=number,
            first=at,
            width=block.shape[1],
            size=len(level),
            start=place[0] - d,
            own=place[0],
            slopes=bool(slope.any()),
        )
        tables += _print_tables(real, str(number), block, network.b[level], f"of layer {number}")
        if layer.slopes:
            tables.append(
                print_real_table(
                    real, f"slope_{number}", slope, f"Slopes of layer {number} below 0."
                )
            )
        hidden.append(layer)

    tables += _print_tables(real, "last", weights, network.c, "of the scores")
    used = {*range(network.A.shape[1]), *(v for place in places for v in place)}
    count = max(used) + 1
    last = DenseLayer(
        number=len(hidden) + 1,
        first=first,
        width=weights.shape[1],
        size=len(network.c),
        start=count - d,
        own=count,
        slopes=False,
    )
    of_neuron = {
        k: v - d
        for level, place in zip(levels, places, strict=True)
        for k, v in zip(level, place, strict=True)
    }

    return DenseNetwork(
        hidden=hidden,
        last=last,
        place=of_neuron,
        unused=sorted(set(range(count)) - used),
        tables=tables,
    )


def _place_levels(network: Network, levels: Sequence[Sequence[int]]) -> list[range]:
    """Where the values of every level are, after those of the features."""
    places, end = list[range](), network.A.shape[1]
    for level in levels:
        start = -(-end // _ALIGNED) * _ALIGNED
        end = start + len(level)
        places.append(range(start, end))
    return places


def _print_tables(real: Real, name: str, block: Array, bias: Array, said: str) -> list[CTable]:
    """Weights (out, in) are written as [in][out]."""
    shape = f"[{block.shape[1]}][{block.shape[0]}], a row for every value read"
    return [
        print_real_table(real, f"weights_{name}", block.T, f"Weights {said}: {shape}."),
        print_real_table(real, f"bias_{name}", bias, f"Constants {said}."),
    ]


def _list_levels(network: Network, needed: NDArray[np.bool_]) -> list[list[int]]:
    levels = [[k for k in level.tolist() if needed[k]] for level in network.levels]
    return [level for level in levels if level]


def _stack_blocks(
    network: Network, levels: Sequence[list[int]], places: Sequence[range]
) -> list[tuple[Array, int]]:
    """For every level, then for the scores: the weights (out, in) of the values read, and the first
    of these.
    """
    order, where = [k for level in levels for k in level], [v for place in places for v in place]

    def block(features: Array, neurons: Array) -> Array:
        values = np.zeros((len(features), max([features.shape[1] - 1, *where]) + 1))
        values[:, : features.shape[1]] = features
        values[:, where] = neurons[:, order]
        return values

    rows = [block(network.A[level], network.L[level]) for level in levels]
    return [_trim_block(each) for each in [*rows, block(network.C, network.U)]]


def _trim_block(block: Array) -> tuple[Array, int]:
    """Without the values before the first and after the last that is read; one is kept where none
    is.
    """
    used = np.flatnonzero(block.any(axis=0))
    first, last = (int(used[0]), int(used[-1])) if len(used) else (0, 0)
    return block[:, first : last + 1], first
