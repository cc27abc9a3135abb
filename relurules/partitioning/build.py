"""Network + Domain -> the state in which a compiled search starts."""

from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from relurules import lp
from relurules.domain import Domain, Frame, row_lengths
from relurules.errors import DomainError
from relurules.ir import Network
from relurules.ir.accurate import Pair, add_pairs, multiply
from relurules.ir.lifting import Lifting
from relurules.lp.chebyshev import ball_room, center_of
from relurules.lp.dictionary import STUCK, TOP, Dictionary, add, climb, corner, express
from relurules.lp.polytope import Box, boxed
from relurules.lp.tolerances import THIN, UNIT
from relurules.partitioning import key
from relurules.partitioning.state import Array, Int, Net, Node, Out, Stack, State

#: Rows, waiting cells and numbers that there is room for at first; arrays that become too small are doubled.
_ROWS, _SLOTS, _POOL = 24, 8, 8192
#: The numbers of waiting cells' dictionaries grow by so many at most, or by an eighth.
_STEP = 2**22


def box_of(domain: Domain, frame: Frame) -> Box:
    """The domain as the search's coordinates: bounds of single coordinates as a box, everything else as walls."""
    G, h = domain.polytope(frame)
    indicators = np.isin(frame.free, [column for tie in frame.ties for column in tie])
    box = boxed(G, h, np.where(indicators, 1.0, np.inf))  # a sum of 1 leaves no room above
    if (box.width <= 0).any():
        raise_without_interior(domain, frame)
    return box


def start(network: Network, domain: Domain, frame: Frame, options: Int, buffer: int) -> State:
    """The state with the whole domain as its current cell; neurons stand in the order of their levels."""
    box = box_of(domain, frame)
    order = np.concatenate([np.empty(0, dtype=np.intp), *network.levels])
    net = _net(network, order, frame, box)
    errors = _wall_errors(box, domain, frame)
    F, K, w = len(box.low), len(network), len(box.walls)
    rows = w + _ROWS
    node = _node(K, box, w + _ROWS, len(frame.free), options)
    node.cuts[:w], node.cut_error[:w] = box.walls, errors
    work, spare = corner(box.low, box.width, rows), corner(box.low, box.width, rows)
    state = State(net, node, _stack(K, F, rows), _out(K, F, buffer, options), work, spare, ball_room(F, rows))
    thin = False
    for i in range(w):
        express(work, box.walls[i], work.table[work.used[0]])
        found = climb(work, 0.1)
        if found == STUCK:
            thin = True
        thin |= found == TOP and bool(work.table[work.used[0], 0] <= 2.0 * THIN)
        add(work, F + i)
    node.at[key.LEVEL], node.at[key.DEPTH], node.at[key.LIVE], node.at[key.SPLIT] = -1, w, 1, -1
    center_of(work, state.ball, node.center, np.inf)
    node.radius[0] = min(
        (box.walls[:, :-1] @ node.center + box.walls[:, -1] - errors).min(initial=np.inf),
        (node.center - box.low).min(initial=np.inf),
        (box.low + box.width - node.center).min(initial=np.inf),
        lp.LARGEST_RADIUS,
    )
    node.at[key.THIN] = thin or not node.radius[0] > THIN
    return state


def raise_without_interior(domain: Domain, frame: Frame) -> NoReturn:
    """Raise DomainError for a domain whose inequalities leave no room."""
    G, h = domain.polytope(frame)
    raise DomainError(
        "the domain has no interior: its inequalities leave no room "
        f"(largest ball inside it, in units of the box: {lp.inscribed_ball(G, h).radius:.1e}); loosen or drop one of "
        f"{list(domain.texts) or 'its bounds'}"
    )


def _net(network: Network, order: NDArray[np.intp], frame: Frame, box: Box) -> Net:
    sizes = [len(level) for level in network.levels]
    linear = framed_forms(frame, network.A, network.b)
    base = np.abs(linear).sum(axis=1) + 2.0**-40 * _sizes(frame, network.A, network.b)
    if network.lifting is not None:
        base = base + _source_sizes(network.lifting, frame)
    terms = 8.0 * (len(network.source_lifting.source) + sum(network.A.shape) + 8)
    return Net(
        linear=np.ascontiguousarray(linear[order]),
        L=np.ascontiguousarray(network.L[np.ix_(order, order)]),
        slope=network.slope[order],
        base=base[order],
        starts=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        share=terms * UNIT,
        cone=int(box.cone),
    )


def framed_forms(frame: Frame, weights: Array, constants: Array) -> Array:
    """(n, f + 1) affine forms of x as forms of u, rounded about once: the shift to the frame may cancel."""
    rows, _ = frame.rows(weights, constants)
    exact = Pair(constants.copy(), np.zeros_like(constants))
    for j, shift in enumerate(frame.shift.tolist()):
        if shift:
            column = Pair(weights[:, j], np.zeros_like(constants))
            exact = add_pairs(exact, multiply(np.array(shift), column))
    return np.column_stack([rows, exact.high])


def _sizes(frame: Frame, weights: Array, constants: Array) -> Array:
    return np.asarray(np.abs(weights) @ (np.abs(frame.shift) + frame.scale) + np.abs(constants))


def _source_sizes(lifting: Lifting, frame: Frame) -> Array:
    """(K,) absolute terms that the kept neurons' numbers were folded from, however a collapse did that.

    A neuron that is told by another one was written as a multiple of that one's phi and z.
    """
    source = lifting.source
    gain = np.maximum(1.0, np.abs(source.slope))
    told = np.flatnonzero(lifting.kept >= 0)
    merged = told[lifting.origin[lifting.kept[told]] != told]
    first = lifting.origin[lifting.kept[merged]]
    gain[merged] *= 40.0 * (1.0 + np.abs(source.slope[merged])) * (1.0 + np.abs(source.slope[first]))
    size = _sizes(frame, source.A, source.b)
    for level in source.levels:
        size[level] += np.abs(source.L[level]) @ (gain * size)
    return np.asarray(size[lifting.origin])


def _wall_errors(box: Box, domain: Domain, frame: Frame) -> Array:
    """(w,) what the rows of the domain's inequalities may be off by anywhere in the box."""
    size = np.abs(box.walls).sum(axis=1)
    if not len(domain.bounds):
        return np.asarray(64.0 * len(frame.free) * UNIT * size)
    rows, _ = frame.rows(domain.normals, -domain.limits)
    length = row_lengths(rows)
    worst = _sizes(frame, domain.normals, domain.limits) / np.where(length > 0, length, np.inf)
    return np.asarray(64.0 * (len(domain) + 8) * UNIT * (size + worst.max(initial=0.0)))


def _node(K: int, box: Box, cuts: int, f: int, options: Int) -> Node:
    F = len(box.low)
    return Node(
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
        at=np.zeros(13, dtype=np.int64),
        counts=np.zeros(14, dtype=np.int64),
        options=options,
    )


def _stack(K: int, F: int, rows: int) -> Stack:
    return Stack(
        pool=np.zeros(_POOL),
        first=np.zeros(_SLOTS, dtype=np.int64),
        basic=np.zeros((_SLOTS, rows + 1), dtype=np.int32),
        nonbasic=np.zeros((_SLOTS, F), dtype=np.int32),
        flipped=np.zeros((_SLOTS, F), dtype=np.bool_),
        used=np.zeros((_SLOTS, 2), dtype=np.int64),
        pattern=np.zeros((_SLOTS, K), dtype=np.int8),
        center=np.zeros((_SLOTS, F)),
        radius=np.zeros(_SLOTS),
        at=np.zeros((_SLOTS, 13), dtype=np.int64),
    )


def _out(K: int, F: int, size: int, options: Int) -> Out:
    regions = size if options[:3].any() else 1
    tree = size if options[2] else 1
    return Out(
        patterns=np.zeros((regions, K), dtype=np.int8),
        centers=np.zeros((regions, F)),
        radii=np.zeros(regions),
        places=np.zeros((regions, 2), dtype=np.int64),
        split_neurons=np.zeros(tree, dtype=np.int64),
        split_patterns=np.zeros((tree, K), dtype=np.int8),
        split_places=np.zeros((tree, 2), dtype=np.int64),
    )


def grown(state: State, pool: int = 0) -> State:
    """The same state with twice the room for rows, splits, waiting cells or their dictionaries, whichever lack it.

    pool: so many numbers of dictionaries must have room. The state given is used up.
    """
    node, stack, D = state.node, state.stack, state.work
    n = int(D.used[0]) + 1
    pool = max(pool, int(node.counts[key.POOLED]) + n * D.table.shape[1])
    if pool > len(stack.pool):
        state = state._replace(stack=stack._replace(pool=_lengthened(stack.pool, pool)))
    if node.counts[key.TOP] >= len(stack.first):
        slots = 2 * len(stack.first)
        wider = (array if name == "pool" else _larger(array, slots) for name, array in state.stack._asdict().items())
        state = state._replace(stack=Stack(*wider))
    if node.at[key.DEPTH] >= len(node.cuts):
        cuts = {name: _larger(getattr(node, name), 2 * len(node.cuts)) for name in ("cuts", "cut_error", "cut_of")}
        state = state._replace(node=node._replace(**cuts))
    return _with_rows(state, 2 * len(D.basic)) if n >= len(D.basic) else state


def _with_rows(state: State, rows: int) -> State:
    return state._replace(
        stack=state.stack._replace(basic=_larger(state.stack.basic.T, rows).T.copy()),
        work=_roomier(state.work, rows),
        spare=_roomier(state.spare, rows),
        ball=ball_room(len(state.node.center), rows),
    )


def _lengthened(array: Array, least: int) -> Array:
    """The same numbers with room for more behind them: twice as many, of very many an eighth more.

    In place where that can be, as they may be most of the memory.
    """
    size = max(least, len(array) + max(min(len(array), _STEP), len(array) // 8))
    if not array.flags.owndata:
        array = array.copy()
    array.resize(size, refcheck=False)
    return array


def _roomier(D: Dictionary, rows: int) -> Dictionary:
    return D._replace(table=_larger(D.table, rows), basic=_larger(D.basic, rows))


def _larger(array: NDArray[Any], rows: int) -> NDArray[Any]:
    result = np.zeros((rows, *array.shape[1:]), dtype=array.dtype)
    result[: len(array)] = array
    return result
