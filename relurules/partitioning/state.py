"""The state of a compiled search: plain arrays, so that it can be paused, grown, saved and handed to another process.

F is the number of coordinates of the search, K that of the neurons, d of the network's inputs, m of its scores. Neurons
stand in the order of the search: by level, so that the forms of a level are known once the levels before are decided.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.lp.dictionary import Dictionary

Array = NDArray[np.float64]
Int = NDArray[np.int64]


class Net(NamedTuple):
    """The network, in the order of the search, and how its forms become rows of the search's coordinates.

    linear: (K, d + 1) of A and b; L (K, K); slope, base (K,): largest sums of absolute terms of `linear`; starts:
    (levels + 1,) first neuron of each level; outputs (m, d + 1), reads (m, K). x = shift + the sum of factor[e] * u at
    target[e], for x at source[e]. cone: 1 where the last coordinate multiplies the constants.
    """

    linear: Array
    L: Array
    slope: Array
    base: Array
    starts: Int
    outputs: Array
    reads: Array
    source: Int
    target: Int
    factor: Array
    shift: Array
    cone: int


class Node(NamedTuple):
    """The current cell and what it shares with the cells that wait.

    pattern: (K,) -1, +1, and 0 where a neuron isn't decided; forms (K, d + 1) of z in x, sizes (K,), rows (K, F + 1) of
    unit length in the search's coordinates, least (K,): how large a ball must be on a side of it; cuts: (c, F + 1), the
    walls of the domain, then the sides of the splits above; center (F,) and radius (1,): a ball inside; sides: (2, F)
    and radii (2,): balls in the negative and the positive side of a split; box: (2, F) around
    the cell; spare and middle: (F,), system: (F, 2 F + 1): memory.
    """

    pattern: NDArray[np.int8]
    forms: Array
    sizes: Array
    rows: Array
    least: Array
    cuts: Array
    center: Array
    radius: Array
    sides: Array
    radii: Array
    spare: Array
    box: Array
    middle: Array
    system: Array
    at: Int
    counts: Int
    options: Int


class Stack(NamedTuple):
    """Cells that wait: their dictionaries' tables in one pool, everything else by slot."""

    pool: Array
    first: Int
    basic: NDArray[np.int32]
    nonbasic: NDArray[np.int32]
    flipped: NDArray[np.bool_]
    used: Int
    pattern: NDArray[np.int8]
    center: Array
    radius: Array
    at: Int


class Out(NamedTuple):
    """Regions and splits found since they were last taken out.

    patterns (B, K), centers (B, F), radii (B,), maps (B, m, d + 1), places (B, 2): the split and side above a region;
    split_neurons (B,), split_forms (B, d + 1), split_places (B, 2).
    """

    patterns: NDArray[np.int8]
    centers: Array
    radii: Array
    maps: Array
    places: Int
    split_neurons: Int
    split_forms: Array
    split_places: Int


class State(NamedTuple):
    """All of it: `work` is the current cell's dictionary, `spare` a second one for a moment."""

    net: Net
    node: Node
    stack: Stack
    out: Out
    work: Dictionary
    spare: Dictionary
    ball: Dictionary
