"""Network + Domain -> the state in which a compiled search starts."""

from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from relurules import lp
from relurules.domain import Domain, Normalisation, row_lengths
from relurules.errors import DomainError
from relurules.ir import Network
from relurules.ir.compensated_forms import FloatPair, add_pairs, multiply_pairs
from relurules.ir.network import Lifting
from relurules.lp.chebyshev import allocate_ball_dictionary, find_ball_center
from relurules.lp.dictionary import (
    STUCK,
    TOP,
    Dictionary,
    append_half_space,
    express_form,
    maximise_form,
    start_at_corner,
)
from relurules.lp.polytope import Box, make_box
from relurules.lp.tolerances import THIN, UNIT
from relurules.partitioning import state_layout
from relurules.partitioning.category_memory import list_coordinates, with_category_memory
from relurules.partitioning.state import (
    Array,
    CellStack,
    CurrentCell,
    Int,
    OutputBuffers,
    SearchNetwork,
    SearchState,
)

#: Rows, waiting cells and numbers that there is room for at first; arrays that become too small are
#: doubled.
_ROWS, _SLOTS, _POOL = 24, 8, 8192
#: The numbers of waiting cells' dictionaries grow by so many at most, or by an eighth.
_STEP = 2**22


def make_search_box(domain: Domain, frame: Normalisation) -> Box:
    """The domain as the search's coordinates: bounds of single coordinates as a box, everything
    else as walls.
    """
    walls = domain.polytope(frame)
    indicators = np.isin(frame.free, [column for tie in frame.ties for column in tie])
    box = make_box(*walls, np.where(indicators, 1.0, np.inf))  # a sum of 1 leaves no room above
    if (box.width <= 0).any():
        raise_without_interior(domain, frame)
    return box


def make_initial_state(
    network: Network, domain: Domain, frame: Normalisation, options: Int, buffer: int
) -> SearchState:
    """The state with the whole domain as its current cell; neurons stand in the order of their
    levels.
    """
    box = make_search_box(domain, frame)
    order = np.concatenate([np.empty(0, dtype=np.intp), *network.levels])
    net = _build_network(network, order, frame, box)
    errors = _bound_wall_errors(box, domain, frame)
    F, K, w = len(box.low), len(network), len(box.walls)
    rows = w + _ROWS
    node = _allocate_cell(K, box, w + _ROWS, net, options)
    node.cuts[:w], node.cut_error[:w] = box.walls, errors
    work, spare = (
        start_at_corner(box.low, box.width, rows),
        start_at_corner(box.low, box.width, rows),
    )
    state = with_category_memory(
        SearchState(
            net,
            node,
            _allocate_stack(K, node, rows),
            _allocate_buffers(K, F, buffer, options),
            work,
            spare,
            allocate_ball_dictionary(F, rows),
            *[start_at_corner(np.empty(0), np.empty(0), 0)] * 4,
        )
    )
    thin = False

    for i in range(w):
        express_form(work, box.walls[i], work.table[work.used[0]])
        found = maximise_form(work, 0.1)
        if found == STUCK:
            thin = True
        thin |= found == TOP and bool(work.table[work.used[0], 0] <= 2.0 * THIN)
        append_half_space(work, F + i)

    (
        node.at[state_layout.LEVEL],
        node.at[state_layout.DEPTH],
        node.at[state_layout.LIVE],
        node.at[state_layout.SPLIT],
    ) = -1, w, 1, -1
    find_ball_center(work, state.ball, node.center, np.inf)
    node.radius[0] = min(
        (box.walls[:, :-1] @ node.center + box.walls[:, -1] - errors).min(initial=np.inf),
        (node.center - box.low).min(initial=np.inf),
        (box.low + box.width - node.center).min(initial=np.inf),
        lp.LARGEST_RADIUS,
    )
    node.at[state_layout.THIN] = thin or not node.radius[0] > THIN

    return state


def raise_without_interior(domain: Domain, frame: Normalisation) -> NoReturn:
    """Raise DomainError for a domain whose inequalities leave no room."""
    walls = domain.polytope(frame)
    raise DomainError(
        "the domain has no interior: its inequalities leave no room (largest ball inside it, in "
        f"units of the box: {lp.find_inscribed_ball(*walls).radius:.1e}); loosen or drop one of "
        f"{list(domain.texts) or 'its bounds'}"
    )


def _build_network(
    network: Network, order: NDArray[np.intp], frame: Normalisation, box: Box
) -> SearchNetwork:
    sizes = [len(level) for level in network.levels]
    linear = normalise_forms(frame, network.A, network.b)
    base = np.abs(linear).sum(axis=1) + 2.0**-40 * _sum_absolute_terms(frame, network.A, network.b)
    if network.lifting is not None:
        base = base + _sum_source_terms(network.lifting, frame)

    terms = 8.0 * (len(network.source_lifting.source) + sum(network.A.shape) + 8)
    return SearchNetwork(
        linear=np.ascontiguousarray(linear[order]),
        L=np.ascontiguousarray(network.L[np.ix_(order, order)]),
        slope=network.slope[order],
        base=base[order],
        starts=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        share=terms * UNIT,
        cone=int(box.cone),
        **list_coordinates(frame, box),
    )


def normalise_forms(frame: Normalisation, weights: Array, constants: Array) -> Array:
    """(n, f + 1) affine forms of x as forms of u, rounded about once: the shift to the frame may
    cancel.
    """
    rows, _ = frame.rows(weights, constants)
    exact = FloatPair(constants.copy(), np.zeros_like(constants))
    for j, shift in enumerate(frame.shift.tolist()):
        if shift:
            column = FloatPair(weights[:, j], np.zeros_like(constants))
            exact = add_pairs(exact, multiply_pairs(np.array(shift), column))

    return np.column_stack([rows, exact.high])


def _sum_absolute_terms(frame: Normalisation, weights: Array, constants: Array) -> Array:
    return np.asarray(np.abs(weights) @ (np.abs(frame.shift) + frame.scale) + np.abs(constants))


def _sum_source_terms(lifting: Lifting, frame: Normalisation) -> Array:
    """(K,) absolute terms that the kept neurons' numbers were folded from, however a collapse did
    that.

    A neuron that is told by another one was written as a multiple of that one's phi and z.
    """
    source = lifting.source
    gain = np.maximum(1.0, np.abs(source.slope))
    told = np.flatnonzero(lifting.kept >= 0)
    merged = told[lifting.origin[lifting.kept[told]] != told]
    first = lifting.origin[lifting.kept[merged]]
    gain[merged] *= (
        40.0 * (1.0 + np.abs(source.slope[merged])) * (1.0 + np.abs(source.slope[first]))
    )
    size = _sum_absolute_terms(frame, source.A, source.b)

    for level in source.levels:
        size[level] += np.abs(source.L[level]) @ (gain * size)

    return np.asarray(size[lifting.origin])


def _bound_wall_errors(box: Box, domain: Domain, frame: Normalisation) -> Array:
    """(w,) what the rows of the domain's inequalities may be off by anywhere in the box."""
    size = np.abs(box.walls).sum(axis=1)
    if not len(domain.bounds):
        return np.asarray(64.0 * len(frame.free) * UNIT * size)

    rows, _ = frame.rows(domain.normals, -domain.limits)
    length = row_lengths(rows)
    worst = _sum_absolute_terms(frame, domain.normals, domain.limits) / np.where(
        length > 0, length, np.inf
    )

    return np.asarray(64.0 * (len(domain) + 8) * UNIT * (size + worst.max(initial=0.0)))


def _allocate_cell(K: int, box: Box, cuts: int, net: SearchNetwork, options: Int) -> CurrentCell:
    F, f = len(box.low), net.linear.shape[1] - 1
    W = F if len(net.indicators) else 0
    return CurrentCell(
        pattern=np.zeros(K, dtype=np.int8),
        forms=np.zeros((K, f + 1)),
        sizes=np.zeros(K),
        spreads=np.zeros(K),
        rows=np.zeros((K, F + 1)),
        error=np.zeros(K),
        cuts=np.zeros((cuts, F + 1)),
        cut_error=np.zeros(cuts),
        cut_of=np.zeros(cuts, dtype=np.int64),
        center=np.zeros(F),
        radius=np.zeros(1),
        sides=np.zeros((2, F)),
        radii=np.zeros(2),
        spare=np.zeros(F),
        box=np.array([box.low, box.low + box.width]),
        middle=np.zeros(F),
        system=np.zeros((F, 2 * F + 1)),
        witness=np.zeros(W),
        witnesses=np.zeros((2, W)),
        picked=np.zeros(len(net.firsts) - 1, dtype=np.int64),
        fixed=np.zeros((W, 2), dtype=np.int64),
        gain=np.zeros(W),
        most=np.zeros(1),
        rates=np.zeros(W),
        rate=np.zeros(1),
        at=np.zeros(15, dtype=np.int64),
        counts=np.zeros(14, dtype=np.int64),
        options=options,
    )


def _allocate_stack(K: int, node: CurrentCell, rows: int) -> CellStack:
    F = len(node.center)
    return CellStack(
        pool=np.zeros(_POOL),
        first=np.zeros(_SLOTS, dtype=np.int64),
        basic=np.zeros((_SLOTS, rows + 1), dtype=np.int32),
        nonbasic=np.zeros((_SLOTS, F), dtype=np.int32),
        flipped=np.zeros((_SLOTS, F), dtype=np.bool_),
        used=np.zeros((_SLOTS, 2), dtype=np.int64),
        pattern=np.zeros((_SLOTS, K), dtype=np.int8),
        center=np.zeros((_SLOTS, F)),
        radius=np.zeros(_SLOTS),
        witness=np.zeros((_SLOTS, len(node.witness))),
        at=np.zeros((_SLOTS, 15), dtype=np.int64),
    )


def _allocate_buffers(K: int, F: int, size: int, options: Int) -> OutputBuffers:
    regions = size if options[:3].any() else 1
    tree = size if options[2] else 1
    return OutputBuffers(
        patterns=np.zeros((regions, K), dtype=np.int8),
        centers=np.zeros((regions, F)),
        radii=np.zeros(regions),
        places=np.zeros((regions, 2), dtype=np.int64),
        split_neurons=np.zeros(tree, dtype=np.int64),
        split_patterns=np.zeros((tree, K), dtype=np.int8),
        split_places=np.zeros((tree, 2), dtype=np.int64),
    )


def grow_state(state: SearchState, pool: int = 0) -> SearchState:
    """The same state with twice the room for rows, splits, waiting cells or their dictionaries,
    whichever lack it.

    pool: so many numbers of dictionaries must have room. The state given is used up.
    """
    node, stack, D = state.node, state.stack, state.work
    n = int(D.used[0]) + 1
    pool = max(pool, int(node.counts[state_layout.POOLED]) + n * D.table.shape[1])
    if pool > len(stack.pool):
        state = state._replace(stack=stack._replace(pool=_lengthen_array(stack.pool, pool)))
    if node.counts[state_layout.TOP] >= len(stack.first):
        slots = 2 * len(stack.first)
        wider = (
            array if name == "pool" else _enlarge_array(array, slots)
            for name, array in state.stack._asdict().items()
        )
        state = state._replace(stack=CellStack(*wider))

    if node.at[state_layout.DEPTH] >= len(node.cuts):
        cuts = {
            name: _enlarge_array(getattr(node, name), 2 * len(node.cuts))
            for name in ("cuts", "cut_error", "cut_of")
        }
        state = state._replace(node=node._replace(**cuts))

    if n >= len(D.basic):
        state = _grow_rows(state, 2 * len(D.basic))
    return with_category_memory(state)


def _grow_rows(state: SearchState, rows: int) -> SearchState:
    return state._replace(
        stack=state.stack._replace(basic=_enlarge_array(state.stack.basic.T, rows).T.copy()),
        work=_grow_dictionary(state.work, rows),
        spare=_grow_dictionary(state.spare, rows),
        ball=allocate_ball_dictionary(len(state.node.center), rows),
    )


def _lengthen_array(array: Array, least: int) -> Array:
    """The same numbers with room for more behind them: twice as many, of very many an eighth more.

    In place where that can be, as they may be most of the memory.
    """
    size = max(least, len(array) + max(min(len(array), _STEP), len(array) // 8))
    if not array.flags.owndata:
        array = array.copy()
    array.resize(size, refcheck=False)
    return array


def _grow_dictionary(D: Dictionary, rows: int) -> Dictionary:
    return D._replace(table=_enlarge_array(D.table, rows), basic=_enlarge_array(D.basic, rows))


def _enlarge_array(array: NDArray[Any], rows: int) -> NDArray[Any]:
    result = np.zeros((rows, *array.shape[1:]), dtype=array.dtype)
    result[: len(array)] = array
    return result
