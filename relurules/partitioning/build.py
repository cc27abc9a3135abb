"""Network + Domain -> the state in which a compiled search starts."""

from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from relurules import lp
from relurules.domain import Domain, Frame
from relurules.errors import CheckError, DomainError
from relurules.ir import Network
from relurules.lp.chebyshev import ball_room, center_of
from relurules.lp.dictionary import STUCK, TOP, Dictionary, add, climb, corner, express
from relurules.lp.polytope import Box, boxed
from relurules.partitioning import key
from relurules.partitioning.state import Array, Int, Net, Node, Out, Stack, State

#: Rows, waiting cells and numbers that there is room for at first; arrays that become too small are doubled.
_ROWS, _SLOTS, _POOL = 24, 8, 8192


def box_of(domain: Domain, frame: Frame) -> Box:
    """The domain as the search's coordinates: bounds of single coordinates as a box, everything else as walls."""
    G, h = domain.polytope(frame)
    indicators = np.isin(frame.free, [column for tie in frame.ties for column in tie])
    box = boxed(G, h, np.where(indicators, 1.0, np.inf))  # a sum of 1 leaves no room above
    if (box.width <= 0).any():
        _without_interior(domain, G, h)
    return box


def start(network: Network, domain: Domain, frame: Frame, options: Int, buffer: int) -> State:
    """The state with the whole domain as its current cell; neurons stand in the order of their levels."""
    box = box_of(domain, frame)
    order = np.concatenate([np.empty(0, dtype=np.intp), *network.levels])
    net = _net(network, order, frame, box)
    F, K, w = len(box.low), len(network), len(box.walls)
    rows = w + _ROWS
    node = _node(K, box, w + _ROWS, len(domain), options)
    node.cuts[:w] = box.walls
    work, spare = corner(box.low, box.width, rows), corner(box.low, box.width, rows)
    state = State(net, node, _stack(K, F, rows), _out(net, F, buffer, options), work, spare, ball_room(F, rows))
    for i in range(w):
        express(work, box.walls[i], work.table[work.used[0]])
        found = climb(work, 0.1)
        if found == STUCK:
            raise CheckError("the simplex method gave up on the domain's inequalities; try solver='scipy'")
        if found == TOP and work.table[work.used[0], 0] <= 2 * lp.RADIUS:
            _without_interior(domain, *domain.polytope(frame))
        add(work, F + i)
    node.at[key.LEVEL], node.at[key.DEPTH], node.at[key.LIVE], node.at[key.SPLIT] = -1, w, 1, -1
    center_of(work, state.ball, node.center, np.inf)
    node.radius[0] = min(
        (box.walls[:, :-1] @ node.center + box.walls[:, -1]).min(initial=np.inf),
        (node.center - box.low).min(initial=np.inf),
        (box.low + box.width - node.center).min(initial=np.inf),
        lp.LARGEST_RADIUS,
    )
    if node.radius[0] <= lp.RADIUS:
        _without_interior(domain, *domain.polytope(frame))
    return state


def _without_interior(domain: Domain, G: Array, h: Array) -> NoReturn:
    raise DomainError(
        "the domain has no interior: its inequalities leave no room "
        f"(largest ball inside it, in units of the box: {lp.inscribed_ball(G, h).radius:.1e}); loosen or drop one of "
        f"{list(domain.texts) or 'its bounds'}"
    )


def _net(network: Network, order: NDArray[np.intp], frame: Frame, box: Box) -> Net:
    reach = np.abs(frame.origin) + frame.scale
    sizes = [len(level) for level in network.levels]
    source, target, factor = frame.entries()
    return Net(
        linear=np.ascontiguousarray(np.column_stack([network.A, network.b])[order]),
        L=np.ascontiguousarray(network.L[np.ix_(order, order)]),
        slope=network.slope[order],
        base=(np.abs(network.A) @ reach + np.abs(network.b))[order],
        starts=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        outputs=np.ascontiguousarray(np.column_stack([network.C, network.c])),
        reads=np.ascontiguousarray(network.U[:, order]),
        source=source,
        target=target,
        factor=factor,
        shift=frame.shift,
        cone=int(box.cone),
    )


def _node(K: int, box: Box, cuts: int, d: int, options: Int) -> Node:
    F = len(box.low)
    return Node(
        pattern=np.zeros(K, dtype=np.int8),
        forms=np.zeros((K, d + 1)),
        sizes=np.zeros(K),
        rows=np.zeros((K, F + 1)),
        least=np.zeros(K),
        cuts=np.zeros((cuts, F + 1)),
        center=np.zeros(F),
        radius=np.zeros(1),
        sides=np.zeros((2, F)),
        radii=np.zeros(2),
        spare=np.zeros(F),
        box=np.array([box.low, box.low + box.width]),
        middle=np.zeros(F),
        system=np.zeros((F, 2 * F + 1)),
        at=np.zeros(11, dtype=np.int64),
        counts=np.zeros(12, dtype=np.int64),
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
        at=np.zeros((_SLOTS, 11), dtype=np.int64),
    )


def _out(net: Net, F: int, size: int, options: Int) -> Out:
    m, d1 = net.outputs.shape
    regions = size if options[:3].any() else 1
    maps, tree = (regions if options[1] else 0), (size if options[2] else 1)
    return Out(
        patterns=np.zeros((regions, len(net.slope)), dtype=np.int8),
        centers=np.zeros((regions, F)),
        radii=np.zeros(regions),
        maps=np.zeros((maps, m, d1)),
        places=np.zeros((regions, 2), dtype=np.int64),
        split_neurons=np.zeros(tree, dtype=np.int64),
        split_forms=np.zeros((tree, d1)),
        split_places=np.zeros((tree, 2), dtype=np.int64),
    )


def grown(state: State) -> State:
    """The same state with twice the room for rows, waiting cells and their dictionaries."""
    stack, rows = state.stack, 2 * len(state.work.basic)
    wider = Stack(*(_larger(array, 2 * len(array)) for array in stack))
    return state._replace(
        node=state.node._replace(cuts=_larger(state.node.cuts, 2 * len(state.node.cuts))),
        stack=wider._replace(basic=_larger(wider.basic.T, rows).T.copy()),
        work=_roomier(state.work, rows),
        spare=_roomier(state.spare, rows),
        ball=ball_room(len(state.node.center), rows),
    )


def _roomier(D: Dictionary, rows: int) -> Dictionary:
    return D._replace(table=_larger(D.table, rows), basic=_larger(D.basic, rows))


def _larger(array: NDArray[Any], rows: int) -> NDArray[Any]:
    result = np.zeros((rows, *array.shape[1:]), dtype=array.dtype)
    result[: len(array)] = array
    return result
