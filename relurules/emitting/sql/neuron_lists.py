"""Neurons of a level that all read the same, as inner products of two lists: what they read, behind
a 1, and a neuron's constant and weights.

An engine that has such a function plans one expression a neuron in place of one a product, and
computes it row by row in a loop of its own.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from relurules.emitting.notation import Notation
from relurules.emitting.plan import print_signed
from relurules.ir import Network

#: Fewer products than this in a level are easier to read as sums, and as fast.
_FEWEST = 64


class NeuronList(NamedTuple):
    """entries: the list that neurons read; weights: a neuron's number -> the list of its own."""

    entries: str
    weights: dict[int, str]


def plan_neuron_list(network: Network, level: Sequence[int], mixed: Notation) -> NeuronList | None:
    """The neurons of a level that read all that any of them reads; None where there are few.

    level: their numbers; mixed: how features and activated neurons are written. No list holds NULL,
    which would end the query: a column without a value, whose row has no scores, stands as 0 there,
    and so does what a neuron without a slope makes of NULL.
    """
    rows = np.hstack([network.A, network.L])[list(level)]
    used = np.flatnonzero(rows.any(axis=0))
    dense = (rows[:, used] != 0).all(axis=1)
    below = used[used >= network.A.shape[1]] - network.A.shape[1]
    if network.slope[below].any() or dense.sum() * len(used) < _FEWEST:
        return None

    weights = {
        k: _print_list([print_signed(mixed.number, x) for x in (network.b[k], *row[used])])
        for k, row, whole in zip(level, rows, dense, strict=True)
        if whole
    }
    written = [
        name if j >= network.A.shape[1] else f"coalesce({name}, {mixed.number(0.0)})"
        for j, name in enumerate(mixed.columns)
    ]
    entries = [mixed.number(1.0), *(written[j] for j in used.tolist())]

    return NeuronList(_print_list(entries), weights)


def _print_list(parts: Sequence[str]) -> str:
    return f"[{', '.join(parts)}]"
