"""The state of a compiled search: plain arrays, so that it can be paused, grown, saved and handed
to another process.

F is the number of coordinates of the search, K that of the neurons, d of the network's inputs, m of
its scores. Neurons stand in the order of the search: by level, so that the forms of a level are
known once the levels before are decided.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.lp.dictionary import Dictionary

Array = NDArray[np.float64]
Int = NDArray[np.int64]


class SearchNetwork(NamedTuple):
    """The network, in the order of the search, and how its forms become rows of the search's
    coordinates.

    linear: (K, f + 1) of A and b in the frame's f coordinates; L (K, K); slope; base (K,): sums of
    the absolute terms that `linear` was rounded from; starts: (levels + 1,) first neuron of each
    level; share: what a form may be off by, as a share of its absolute terms. cone: 1 where the
    last coordinate multiplies the constants.

    Where columns have categories: numbers (n,), the coordinates that are no indicators; indicators
    of all groups, one group after the other, without each group's last one, and firsts (G + 1,)
    where each begins. All are empty where there are none.
    """

    linear: Array
    L: Array
    slope: Array
    base: Array
    starts: Int
    share: float
    cone: int
    numbers: Int
    indicators: Int
    firsts: Int


class CurrentCell(NamedTuple):
    """The current cell and what it shares with the cells that wait.

    pattern: (K,) -1, +1, and 0 where a neuron isn't decided; forms (K, f + 1) of z in the frame's
    coordinates, sizes (K,) of their absolute terms and spreads (K,) of those that aren't constant,
    rows (K, F + 1) of unit length in the search's coordinates, error (K,): what a row may be off by
    anywhere in the box, infinite where it tells nothing; cuts: (c, F + 1), the walls of the domain,
    then the sides of the splits above, cut_error (c,) of each, and cut_of (c,): its neuron + 1,
    negative on the negative side; center (F,) and radius (1,): a ball inside; sides: (2, F) and
    radii (2,): balls in the negative and the positive side of a split; box: (2, F) around the cell;
    spare and middle: (F,), system: (F, 2 F + 1): memory.

    witness: (F,) a point of the cell whose indicators are 0 or 1, witnesses (2, F) of both sides of
    a split; empty where there are no categories. picked: (G,) an indicator of each group, -1 for
    its last one, fixed (F, 2), gain (F,) and most (1,): memory.
    """

    pattern: NDArray[np.int8]
    forms: Array
    sizes: Array
    spreads: Array
    rows: Array
    error: Array
    cuts: Array
    cut_error: Array
    cut_of: Int
    center: Array
    radius: Array
    sides: Array
    radii: Array
    spare: Array
    box: Array
    middle: Array
    system: Array
    witness: Array
    witnesses: Array
    picked: Int
    fixed: Int
    gain: Array
    most: Array
    rates: Array
    rate: Array
    at: Int
    counts: Int
    options: Int


class CellStack(NamedTuple):
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
    witness: Array
    at: Int


class OutputBuffers(NamedTuple):
    """Regions and splits found since they were last taken out.

    patterns (B, K), centers (B, F), radii (B,), places (B, 2): the split and side above a region;
    split_neurons (B,), split_patterns (B, K): the signs decided above a split, split_places (B, 2).
    """

    patterns: NDArray[np.int8]
    centers: Array
    radii: Array
    places: Int
    split_neurons: Int
    split_patterns: NDArray[np.int8]
    split_places: Int


class SearchState(NamedTuple):
    """All of it: `work` is the current cell's dictionary, `spare` a second one for a moment.

    Where columns have categories: `part` is a dictionary of a part of the cell in which some of
    them are chosen, `row` one over the numbers alone, all categories being chosen, `trial` the same
    with another category, and `row_ball` finds balls in `row`.
    """

    net: SearchNetwork
    node: CurrentCell
    stack: CellStack
    out: OutputBuffers
    work: Dictionary
    spare: Dictionary
    ball: Dictionary
    part: Dictionary
    row: Dictionary
    trial: Dictionary
    row_ball: Dictionary
