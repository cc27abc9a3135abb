"""How large a search would be, and how much of the domain a search has looked at, from random probes."""

import numpy as np
from numpy.typing import NDArray

from relurules.domain import Domain
from relurules.ir import Estimate
from relurules.ir.network import Array
from relurules.partitioning import key
from relurules.partitioning.build import grown
from relurules.partitioning.pieces import Search, cells, in_one
from relurules.partitioning.state import State
from relurules.partitioning.walk import ALL, Problem, Walk, begin

#: Probes in all, and at least so many for each cell that waits; points that weigh volume.
_PROBES, _AT_LEAST, _POINTS = 10_000, 50, 10_000
#: The most probes where every split may take a mixed-integer program, and at least so many for each cell.
_ASKING, _ASKING_AT_LEAST = 100, 5
#: Points are drawn in a box until enough lie in the domain, but not more than so many times the number wanted.
_TRIES = 1000


def estimate(
    problem: Problem, search: Search | None, rows: Array | None = None, probes: int = _PROBES, seed: int = 0
) -> Estimate:
    """Estimate the size of a search and how far it has come; `search` None: it hasn't begun.

    rows: (N, d) data in the domain's coordinates. The same seed gives the same numbers.
    """
    search = in_one(problem, begin(problem)) if search is None else search
    waiting = [cell for piece in search.pieces if piece.state is not None for cell in cells(piece.state)]
    random = np.random.default_rng(seed)
    number, variance = float(search.found), 0.0
    most, least = (min(probes, _ASKING), _ASKING_AT_LEAST) if problem.asks else (probes, _AT_LEAST)
    for cell in waiting:
        leaves = _probed(problem, cell, max(least, most // len(waiting)), random)
        number += float(leaves.mean())
        variance += float(leaves.var(ddof=1)) / len(leaves)
    volume = error = None
    points = uniform_points(problem.domain, _POINTS, random)
    if points is not None:
        volume = searched(problem, waiting, points)
        error = float(np.sqrt(volume * (1.0 - volume) / len(points)))
    inside = None if rows is None else rows[problem.domain.contains(rows)]
    data = None if inside is None or not len(inside) else searched(problem, waiting, inside)
    return Estimate(number, float(np.sqrt(variance)), volume, error, data)


def _probed(problem: Problem, cell: State, probes: int, random: np.random.Generator) -> Array:
    """Regions below a cell that waits, as every probe estimates them: 2 to the number of splits that it met."""
    walk = Walk(problem, _roomy(cell))
    node = walk.state.node
    node.options[[key.PROBE, key.EACH]] = 1
    node.options[[key.POINTS, key.MAPS, key.TREE]] = 0
    node.counts[key.MOST] = ALL
    node.counts[key.RANDOM] = int(random.integers(2**62))
    leaves = np.empty(probes)
    for i in range(probes):
        _again(walk.state)
        walk.step(ALL)
        leaves[i] = 2.0 ** int(walk.state.node.counts[key.PROBED])
    return leaves


def _roomy(cell: State) -> State:
    """The cell's state with room for a second copy of it."""
    while len(cell.stack.pool) < 2 * int(cell.stack.used[0, 0]) * cell.work.table.shape[1]:
        cell = grown(cell)
    return cell


def _again(state: State) -> None:
    """Put a copy of the cell in slot 0 on top of it, for a probe to use up."""
    stack, counts = state.stack, state.node.counts
    size = int(stack.used[0, 0]) * state.work.table.shape[1]
    for array in stack[1:]:
        array[1] = array[0]
    stack.first[1] = size
    stack.pool[size : 2 * size] = stack.pool[:size]
    state.node.at[key.LIVE] = 0
    counts[[key.TOP, key.POOLED, key.PROBED]] = 2, 2 * size, 0


def searched(problem: Problem, waiting: list[State], X: Array) -> float:
    """The share of rows (N, d), all in the domain, that lie in none of the cells that wait."""
    u = problem.frame.from_user(X)
    open_rows = np.zeros(len(X), dtype=np.bool_)
    for cell in waiting:
        cuts = _cuts(cell)
        normals, offsets = (cuts[:, :-2], cuts[:, -2]) if cell.net.cone else (cuts[:, :-1], cuts[:, -1])
        open_rows |= (u @ normals.T + offsets >= 0.0).all(axis=1)
    return float((~open_rows).mean())


def _cuts(cell: State) -> Array:
    """The sides of the splits above a cell that waits in slot 0."""
    node, at = cell.node, cell.stack.at[0]
    cuts = node.cuts[: at[key.DEPTH]].copy()
    if at[key.OTHER]:
        cuts[-1] = node.rows[at[key.NEXT] - 1]
    return cuts


def uniform_points(domain: Domain, count: int, random: np.random.Generator) -> Array | None:
    """Points of a domain, uniform in its numbers and over the categories of every group; None where it is unbounded.

    Fewer than `count` where inequalities leave little of the box, None where they leave next to nothing.
    """
    if not np.isfinite([domain.lower, domain.upper]).all():
        return None
    found: list[Array] = []
    for _ in range(_TRIES):
        X = random.uniform(domain.lower, domain.upper, size=(count, len(domain)))
        for group in domain.groups:
            X[:, group] = np.eye(len(group))[_picked(domain, group, count, random)]
        found.append(X[domain.contains(X)])
        if sum(map(len, found)) >= count:
            break
    points = np.vstack(found)[:count]
    return points if len(points) >= 2 else None


def _picked(domain: Domain, group: tuple[int, ...], count: int, random: np.random.Generator) -> NDArray[np.intp]:
    """One category of a group for every point, among those that the domain admits."""
    columns = np.array(group)
    sure, possible = domain.lower[columns] > 0, domain.upper[columns] > 0
    return random.choice(np.flatnonzero(sure if sure.any() else possible), size=count)
