"""Runs a compiled search: grows its arrays, answers its questions, takes out what it found."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from relurules.domain import Domain, Normalisation
from relurules.ir import Network
from relurules.ir.network import Array, Pattern
from relurules.lp import Polytope
from relurules.lp.compilation import is_machine_code_used
from relurules.partitioning import state_layout
from relurules.partitioning.admissible_points import AdmissiblePoints
from relurules.partitioning.engine import advance
from relurules.partitioning.exact_search import ExactSearch
from relurules.partitioning.exact_space import ExactSpace
from relurules.partitioning.initial_state import (
    grow_state,
    make_initial_state,
    make_search_box,
    raise_without_interior,
)
from relurules.partitioning.maps import MapWriter
from relurules.partitioning.state import Int, SearchState

#: Tests of neurons between two looks at the clock, some 20 ms in few coordinates, fewer in many;
#: where every split asks a question, of some ms each, as with categories beside open numbers.
_TESTS, _ASKING = 20_000, 20
#: Those while nothing is compiled, so that the rest may soon be.
_UNCOMPILED = 100
#: Regions that are taken out at once.
_BUFFER = 4096
#: Up to so many coordinates looking ahead pays: cells are crossed by few of the neurons.
_LOOK_AHEAD = 10
#: More tests, and more regions, than there will ever be.
ALL = 2**62


class RegionOutputs(NamedTuple):
    """What is wanted of every region beside its number: its pattern and a point, its map, the tree
    above it.
    """

    points: bool = False
    maps: bool = False
    tree: bool = False


class SearchProblem(NamedTuple):
    """What a search is about; all that another process needs to go on with a state."""

    network: Network
    domain: Domain
    frame: Normalisation
    wanted: RegionOutputs

    @property
    def asks(self) -> bool:
        """Whether cells may hold no admissible point, since groups of indicators allow only
        corners.
        """
        return any(len(tie) > 1 for tie in self.frame.ties)


@dataclass(frozen=True, kw_only=True)
class RegionBatch:
    """Regions and splits in the order in which they were found."""

    #: (n, K) in the network's order.
    patterns: Pattern
    #: (n, d), empty where not wanted.
    points: Array
    #: (n, m, d + 1), empty where not wanted.
    maps: Array
    #: (n, 2) the split and side above each region.
    places: Int
    #: (s,) of each split.
    neurons: Int
    #: (s, K) decided above each split, 0 for the others.
    signs: Pattern
    #: (s, 2) the split and side above each split.
    split_places: Int
    #: (t, 2) neurons decided by a certificate, and in exact arithmetic, in each of t parts.
    decided: Int


def join_batches(batches: Sequence[RegionBatch]) -> RegionBatch:
    """Batches of one search, one after the other."""
    return RegionBatch(
        **{
            name: np.concatenate([vars(batch)[name] for batch in batches])
            for name in vars(batches[0])
        }
    )


def begin_search(problem: SearchProblem) -> SearchState:
    """The state of a search that hasn't done anything yet."""
    options = np.zeros(8, dtype=np.int64)
    options[[state_layout.POINTS, state_layout.MAPS, state_layout.TREE]] = problem.wanted
    options[[state_layout.ASK, state_layout.EACH]] = problem.asks
    options[state_layout.LOOK] = len(problem.frame.free) <= _LOOK_AHEAD
    state = make_initial_state(problem.network, problem.domain, problem.frame, options, _BUFFER)
    state.node.counts[state_layout.MOST] = ALL

    if (
        state.node.at[state_layout.THIN]
        and not ExactSpace(problem.domain, problem.frame).has_interior()
    ):
        raise_without_interior(problem.domain, problem.frame)

    return state


class SearchRun:
    """A search under way: its state, and what it takes to answer its questions."""

    def __init__(self, problem: SearchProblem, state: SearchState) -> None:
        self.problem, self.state = problem, state
        self.box = make_search_box(problem.domain, problem.frame)
        self.walls = problem.domain.polytope(problem.frame)
        self.order = np.concatenate([np.empty(0, dtype=np.intp), *problem.network.levels])
        self.map_writer = MapWriter(problem.network, self.order) if problem.wanted.maps else None
        self.exact = ExactSearch(problem.network, problem.domain, problem.frame, self.order)
        #: Points of regions in the buffers that exact arithmetic found, by their place there.
        self.exact_points: dict[int, Array] = {}

    @cached_property
    def witnesses(self) -> AdmissiblePoints:
        """Points met so far; most searches ask for none, and random ones take a while to draw."""
        return AdmissiblePoints(self.problem.frame, self.walls)

    @property
    def found(self) -> int:
        """Regions so far."""
        return int(self.state.node.counts[state_layout.REGIONS])

    def stop_at(self, regions: float) -> None:
        """Pause once so many regions were found."""
        self.state.node.counts[state_layout.MOST] = min(regions, ALL)

    def step(self, tests: int | None = None) -> int:
        """Go on for so many tests of neurons at most: DONE, FULL, PAUSE, or what an option asks
        for.
        """
        counts = self.state.node.counts
        F = len(self.state.node.center)
        slow = self.problem.asks and not len(self.state.net.indicators)
        most = _ASKING if slow else max(_ASKING, _TESTS // (1 + F * F // 64))
        most = most if is_machine_code_used() else min(most, _UNCOMPILED)
        end = counts[state_layout.TESTS] + (tests or most)

        while True:
            why = advance(self.state, end - counts[state_layout.TESTS])
            if why == state_layout.GROW:
                self.state = grow_state(self.state)
            elif why == state_layout.QUESTION:
                self.state.node.at[state_layout.ANSWER] = self._admissible()
            elif why == state_layout.UNSURE:
                self._answer_exactly()
            elif (
                why == state_layout.REACHED
                and not self.state.node.at[state_layout.LIVE]
                and not self.state.node.options[state_layout.PROBE]
            ):
                self._settle_point()
            else:
                return int(why)

    def taken(self) -> RegionBatch:
        """What the buffers hold; they are empty then."""
        node, out, frame = self.state.node, self.state.out, self.problem.frame
        n, s = int(node.counts[state_layout.LEAVES_OUT]), int(node.counts[state_layout.SPLITS_OUT])
        decided = node.counts[[[state_layout.CERTIFIED, state_layout.EXACT]]]
        node.counts[
            [
                state_layout.LEAVES_OUT,
                state_layout.SPLITS_OUT,
                state_layout.CERTIFIED,
                state_layout.EXACT,
            ]
        ] = 0
        patterns, signs = (np.empty((rows, len(self.order)), dtype=np.int8) for rows in (n, s))
        patterns[:, self.order], signs[:, self.order] = out.patterns[:n], out.split_patterns[:s]
        points, maps = np.empty((0, len(self.problem.domain))), np.empty((0, 0, 0))

        if node.options[state_layout.POINTS]:
            points = frame.to_user(self.box.points(out.centers[:n]))
            for i, point in self.exact_points.items():
                points[i] = point
            points = np.clip(points, self.problem.domain.lower, self.problem.domain.upper)

        self.exact_points = {}
        if self.map_writer is not None:
            maps = self.map_writer.write(out.patterns[:n])

        return RegionBatch(
            patterns=patterns,
            points=points,
            maps=maps,
            places=out.places[:n].copy(),
            neurons=self.order[out.split_neurons[:s]],
            signs=signs,
            split_places=out.split_places[:s].copy(),
            decided=decided,
        )

    def _admissible(self) -> int:
        """Which sides of the split in question hold an admissible point, where compiled code can't
        tell.
        """
        node = self.state.node
        k = int(node.at[state_layout.ASKED]) - 1
        G, h = self._cell()
        normal, offset = self.box.half_spaces(node.rows[k : k + 1])
        answer = state_layout.NEGATIVE * self.witnesses.admits(G, h, normal[0], -offset[0])
        answer += state_layout.POSITIVE * self.witnesses.admits(G, h, -normal[0], offset[0])
        return int(answer)

    def _answer_exactly(self) -> None:
        """Which sides of the neuron in question the cell has; where there are categories, by
        admissible points.
        """
        node = self.state.node
        k = int(node.at[state_layout.ASKED]) - 1
        node.counts[state_layout.EXACT] += 1
        node.at[state_layout.ANSWER] = self.exact.sides(node.pattern, self._cuts(), k)

    def _cuts(self) -> Int:
        """Neurons + 1 of the splits above the current cell, negative on the negative side."""
        node = self.state.node
        return node.cut_of[len(self.box.walls) : node.at[state_layout.DEPTH]]

    def _settle_point(self) -> None:
        """Give the region that was just found a point: an admissible one, or one that is inside
        exactly.
        """
        out, last = self.state.out, int(self.state.node.counts[state_layout.LEAVES_OUT]) - 1
        if self.state.node.at[state_layout.THIN] and last >= 0:
            point = self.exact.point(self.state.node.pattern, self._cuts())
            if point is not None:
                self.exact_points[last] = point
        elif last >= 0 and self.problem.asks:
            u = self.box.points(out.centers[last : last + 1])[0]
            u = self.witnesses.inside(*self._cell(), u)
            out.centers[last] = np.append(u, 1.0) if self.box.cone else u

    def _cell(self) -> Polytope:
        """The current cell in the frame's coordinates, the walls of the domain first."""
        cuts = self.box.half_spaces(
            self.state.node.cuts[len(self.box.walls) : self.state.node.at[state_layout.DEPTH]]
        )
        return self.walls.cut(*cuts)


__all__ = [
    "RegionBatch",
    "RegionOutputs",
    "SearchProblem",
    "SearchRun",
    "begin_search",
    "join_batches",
]
