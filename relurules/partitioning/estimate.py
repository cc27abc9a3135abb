"""How large a search would be, and how much of the domain a search has looked at, from random
probes.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.domain import Domain
from relurules.ir import Estimate
from relurules.ir.limits import NEVER, Deadline
from relurules.ir.network import Array
from relurules.partitioning import state_layout
from relurules.partitioning.initial_state import grow_state
from relurules.partitioning.pieces import (
    SearchProgress,
    count_waiting,
    isolate_cell,
    make_single_piece,
)
from relurules.partitioning.search_run import ALL, SearchProblem, SearchRun, begin_search
from relurules.partitioning.state import SearchState

#: Probes in all, and at least so many for each cell that waits.
_PROBES, _AT_LEAST = 10_000, 50
#: Points that weigh volume: so many, fewer where they would be more numbers than that, but no fewer
#: than these.
_POINTS, _NUMBERS, _FEWEST = 10_000, 2**21, 1000
#: The most probes where every split may take a mixed-integer program, and at least so many for each
#: cell.
_ASKING, _ASKING_AT_LEAST = 100, 5
#: Tests that take as long as one that is answered in exact arithmetic, as nearly all are in an open
#: domain.
_EXACT = 50_000
#: Points are drawn in a box until enough lie in the domain, but not more than so many times the
#: number wanted.
_TRIES = 1000


@dataclass(frozen=True, kw_only=True)
class ProbeBudget:
    """What an estimate may take: probes in all, at least so many for each cell that waits, tests of
    neurons.

    Where tests or the deadline end it, the cells that were probed, drawn at random, stand for all
    of them.
    """

    probes: int = _PROBES
    least: int = _AT_LEAST
    tests: float = math.inf
    deadline: Deadline = NEVER

    @property
    def bounded(self) -> bool:
        """Whether it may end before all cells were probed."""
        return self.tests < math.inf or self.deadline.is_set


class _RegionEstimate(NamedTuple):
    """Regions that are to be expected in the cells that wait, and the variance of that."""

    regions: float
    variance: float


def estimate_search(
    problem: SearchProblem,
    search: SearchProgress | None,
    rows: Array | None = None,
    effort: ProbeBudget | None = None,
    seed: int = 0,
) -> Estimate:
    """Estimate the size of a search and how far it has come; `search` None: it hasn't begun.

    rows: (N, d) data in the domain's coordinates. The same seed gives the same numbers, where no
    deadline ends it.
    """
    search, effort = (
        make_single_piece(problem, begin_search(problem)) if search is None else search,
        effort or ProbeBudget(),
    )
    states = [piece.state for piece in search.pieces if piece.state is not None]
    random = np.random.default_rng(seed)
    guess = _estimate_regions(problem, states, effort, random)
    volume = error = None
    count = max(_FEWEST, min(_POINTS, _NUMBERS // len(problem.domain)))
    points = draw_uniform_points(problem.domain, count, random, effort.deadline)

    if points is not None:
        volume = measure_searched_share(problem, states, points)
        error = float(np.sqrt(volume * (1.0 - volume) / len(points)))

    inside = None if rows is None else rows[problem.domain.contains(rows)]
    data = (
        None
        if inside is None or not len(inside)
        else measure_searched_share(problem, states, inside)
    )

    return Estimate(
        search.found + guess.regions, float(np.sqrt(guess.variance)), volume, error, data
    )


def estimate_region_count(
    problem: SearchProblem, search: SearchProgress, effort: ProbeBudget, seed: int = 0
) -> tuple[float, float]:
    """How many regions a search would find, and the standard error of that, without a look at the
    volume.
    """
    states = [piece.state for piece in search.pieces if piece.state is not None]
    guess = _estimate_regions(problem, states, effort, np.random.default_rng(seed))
    return search.found + guess.regions, float(np.sqrt(guess.variance))


def _estimate_regions(
    problem: SearchProblem,
    states: Sequence[SearchState],
    effort: ProbeBudget,
    random: np.random.Generator,
) -> _RegionEstimate:
    count = sum(map(count_waiting, states))
    if not count:
        return _RegionEstimate(0.0, 0.0)

    most, least = effort.probes, effort.least
    if problem.asks:
        most, least = min(most, _ASKING), min(least, _ASKING_AT_LEAST)

    probes = max(least, most // count)
    means, variances = list[float](), list[float]()
    walk, tests = SearchRun(problem, states[0]), 0

    for cell in _iterate_shuffled(states, random) if effort.bounded else _iterate_in_order(states):
        leaves, took = _probe_cell(walk, cell, probes, random, effort)
        tests += took
        with np.errstate(over="ignore", invalid="ignore"):
            means.append(float(leaves.mean()))
            variances.append(float(leaves.var(ddof=1)) / len(leaves))
        if tests >= effort.tests or effort.deadline.is_over():
            break

    return _extrapolate_cells(np.array(means), np.array(variances), count)


def _extrapolate_cells(means: Array, variances: Array, count: int) -> _RegionEstimate:
    """From some cells, drawn at random, to all: so many wait.

    Infinite where float64 has no such numbers.
    """
    scale = count / len(means)
    with np.errstate(over="ignore", invalid="ignore"):
        between = float(means.var(ddof=1)) if 1 < len(means) < count else 0.0
        variance = scale**2 * float(variances.sum() + len(means) * between * (1.0 - 1.0 / scale))
        return _RegionEstimate(
            scale * float(means.sum()), np.inf if np.isnan(variance) else variance
        )


def _iterate_in_order(states: Sequence[SearchState]) -> Iterator[SearchState]:
    """The cells that wait, each as a state of its own."""
    for state in states:
        yield from (
            isolate_cell(state, slot, emits=False) for slot in reversed(range(count_waiting(state)))
        )


def _iterate_shuffled(
    states: Sequence[SearchState], random: np.random.Generator
) -> Iterator[SearchState]:
    """The same in a random order."""
    places = [(i, slot) for i, state in enumerate(states) for slot in range(count_waiting(state))]
    order = random.permutation(len(places))
    for i, slot in (places[j] for j in order.tolist()):
        yield isolate_cell(states[i], slot, emits=False)


def _probe_cell(
    walk: SearchRun,
    cell: SearchState,
    probes: int,
    random: np.random.Generator,
    effort: ProbeBudget,
) -> tuple[Array, int]:
    """Regions below a cell that waits, as every probe estimates them: 2 to the number of splits
    that it met.

    Also how many tests of neurons that took, or would take in the same time. Two probes are made in
    any case.
    """
    walk.state = _grow_for_copy(cell)
    node = walk.state.node
    node.options[[state_layout.PROBE, state_layout.EACH]] = 1
    node.options[[state_layout.POINTS, state_layout.MAPS, state_layout.TREE]] = 0
    node.counts[state_layout.MOST], node.counts[state_layout.EXACT] = ALL, 0
    node.counts[state_layout.RANDOM] = int(random.integers(2**62))
    leaves, tests = list[float](), 0

    while len(leaves) < probes:
        _copy_cell_on_top(walk.state)
        walk.step(ALL)
        leaves.append(float(np.ldexp(1.0, int(walk.state.node.counts[state_layout.PROBED]))))
        counts = walk.state.node.counts
        tests = int(counts[state_layout.TESTS] + _EXACT * counts[state_layout.EXACT])
        if len(leaves) > 1 and (effort.deadline.is_over() or tests >= effort.tests):
            break

    return np.array(leaves), tests


def _grow_for_copy(cell: SearchState) -> SearchState:
    """The cell's state with room for a second copy of it."""
    return grow_state(cell, 2 * int(cell.stack.used[0, 0]) * cell.work.table.shape[1])


def _copy_cell_on_top(state: SearchState) -> None:
    """Put a copy of the cell in slot 0 on top of it, for a probe to use up."""
    stack, counts = state.stack, state.node.counts
    size = int(stack.used[0, 0]) * state.work.table.shape[1]
    for array in stack[1:]:
        array[1] = array[0]
    stack.first[1] = size
    stack.pool[size : 2 * size] = stack.pool[:size]
    state.node.at[state_layout.LIVE] = 0
    counts[[state_layout.TOP, state_layout.POOLED, state_layout.PROBED]] = 2, 2 * size, 0


def measure_searched_share(
    problem: SearchProblem, states: Sequence[SearchState], X: Array
) -> float:
    """The share of rows (N, d), all in the domain, that lie in none of the cells that wait."""
    u = problem.frame.from_user(X)
    u = np.column_stack([u, np.ones(len(u))])
    open_rows = np.zeros(len(X), dtype=np.bool_)
    for state in states:
        _mark_open_rows(state, u, open_rows)
    return float((~open_rows).mean())


def _mark_open_rows(state: SearchState, u: Array, open_rows: NDArray[np.bool_]) -> None:
    """Mark the rows (N, f + 1) in cells of one search that wait: all of them branch off one way
    down.
    """
    node, top = state.node, int(state.node.counts[state_layout.TOP])
    turned = state.stack.at[:top, state_layout.OTHER] != 0
    shared = state.stack.at[:top, state_layout.DEPTH] - turned
    left, passed = np.arange(len(u)), 0

    for i in np.argsort(shared, kind="stable").tolist():
        left, passed = _filter_by_cuts(state, u, left, passed, int(shared[i])), int(shared[i])
        last = node.rows[state.stack.at[i, state_layout.NEXT] - 1]
        open_rows[left[u[left] @ _convert_row(state, last) >= 0.0] if turned[i] else left] = True

    if node.at[state_layout.LIVE]:
        open_rows[_filter_by_cuts(state, u, left, passed, int(node.at[state_layout.DEPTH]))] = True


def _filter_by_cuts(
    state: SearchState, u: Array, left: NDArray[np.intp], start: int, end: int
) -> NDArray[np.intp]:
    """Those of some rows that are on the sides of the splits from `start` to `end`."""
    for cut in state.node.cuts[start:end]:
        left = left[u[left] @ _convert_row(state, cut) >= 0.0]
    return left


def _convert_row(state: SearchState, row: Array) -> Array:
    """A row of the search as a form of (u, 1)."""
    return row[:-1] if state.net.cone else row


def draw_uniform_points(
    domain: Domain, count: int, random: np.random.Generator, deadline: Deadline = NEVER
) -> Array | None:
    """Points of a domain, uniform in its numbers and over the categories of every group; None where
    it is unbounded.

    Fewer than `count` where inequalities leave little of the box, None where they leave next to
    nothing.
    """
    if not np.isfinite([domain.lower, domain.upper]).all():
        return None

    found: list[Array] = []
    for _ in range(_TRIES):
        X = random.uniform(domain.lower, domain.upper, size=(count, len(domain)))
        for group in domain.groups:
            X[:, group] = np.eye(len(group))[_draw_categories(domain, group, count, random)]
        found.append(X[domain.contains(X)])
        if sum(map(len, found)) >= count or deadline.is_over():
            break

    points = np.vstack(found)[:count]
    return points if len(points) >= 2 else None


def _draw_categories(
    domain: Domain, group: tuple[int, ...], count: int, random: np.random.Generator
) -> NDArray[np.intp]:
    """One category of a group for every point, among those that the domain admits."""
    columns = np.array(group)
    sure, possible = domain.lower[columns] > 0, domain.upper[columns] > 0
    return random.choice(np.flatnonzero(sure if sure.any() else possible), size=count)
