"""The reference search, by the linear programs of HiGHS: slow and simple, the judge of
the compiled one.

Depth-first: a cell is split by the next neuron wherever both sides have an interior. A cell is a
full-dimensional polytope with a ball inside it. The neurons are tested in topological order, so
that on it every earlier neuron is an affine form already, and so is the one tested. The side that
the ball's centre lies on surely has an interior; the other side takes one linear program, none
where the ball itself reaches well across the hyperplane. A linear program only finds sides; that a
side has none is told by exact arithmetic. In a domain with groups of indicators a side also needs
an admissible point.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from relurules import lp
from relurules.domain import Domain, row_lengths
from relurules.errors import DomainError
from relurules.ir import UNEXPLORED, Network, Partition, Tree
from relurules.ir.compensated_forms import compute_accurate_rows
from relurules.ir.limits import SearchLimits
from relurules.ir.network import Array, Pattern
from relurules.ir.partition import Side
from relurules.lp import Ball, Polytope
from relurules.partitioning import state_layout
from relurules.partitioning.admissible_points import AdmissiblePoints
from relurules.partitioning.exact_search import ExactSearch
from relurules.partitioning.initial_state import raise_without_interior

#: A ball cut out of the parent's is used when its radius is at least this; else a linear program
#: finds the best.
_ROOMY = 0.01

Progress = Callable[[int], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Cell:
    """A node of the search, and what is known of its first neurons."""

    polytope: Polytope
    #: Inside.
    ball: Ball
    #: Signs of its first neurons in the order of the search.
    pattern: tuple[int, ...]
    #: (K, d + 1) affine forms of these neurons' phi(z) in x, constants last.
    active: Array
    #: (K,) largest absolute term sums of phi(z).
    sizes: Array
    #: What leads here, None at the root.
    place: Side | None


class _ReferenceSearch:
    """State of one run: the splits and regions found so far, and the cells still to look at."""

    def __init__(self, network: Network, domain: Domain) -> None:
        self.order = np.concatenate([np.empty(0, dtype=np.intp), *network.levels])
        self.network, self.domain = network, domain
        self.frame = domain.frame(compute_length_scales(network))
        reach = np.abs(self.frame.origin) + self.frame.scale
        self.linear = np.column_stack([network.A, network.b])
        self.base = np.abs(network.A) @ reach + np.abs(network.b)
        self.place_of = np.argsort(self.order)
        self.neurons: list[int] = []
        self.signs: list[Pattern] = []
        self.above: list[Side | None] = []
        self.children: list[list[int]] = []
        self.patterns: list[tuple[int, ...]] = []
        self.points: list[Array] = []
        self.exact = ExactSearch(network, domain, self.frame, self.order)
        root = self._root()
        self.witnesses = AdmissiblePoints(self.frame, root.polytope)
        self.stack = [root]

    def _root(self) -> _Cell:
        walls = self.domain.polytope(self.frame)
        if not self.exact.space.has_interior():
            raise_without_interior(self.domain, self.frame)
        ball = lp.find_inscribed_ball(*walls)
        K, d = self.network.A.shape
        return _Cell(
            polytope=walls,
            ball=ball,
            pattern=(),
            active=np.zeros((K, d + 1)),
            sizes=np.zeros(K),
            place=None,
        )

    def step(self) -> None:
        """Take the next cell down to its first split, or record it as a region."""
        cell = self.stack.pop()
        for k in self.order[len(cell.pattern) :]:
            form = self.linear[k] + self.network.L[k] @ cell.active
            size = self.base[k] + np.abs(self.network.L[k]) @ cell.sizes
            kink = self.network.slope[k] != 1.0
            sides = self._sides(cell, form, size) if kink else (None, cell.ball)
            if sides[0] is not None and sides[1] is not None:
                self._split(cell, k, form, size, sides[0], sides[1])
                return
            cell = self._descend(cell, k, form, size, 1 if sides[1] is not None else -1)

        self._link(cell.place, ~len(self.patterns))
        self.patterns.append(cell.pattern)
        exact = None
        if cell.ball.radius <= lp.RADIUS and not self.witnesses.needed:
            exact = self.exact.point(self._in_search_order(cell.pattern), self._cuts(cell))

        inside = self.frame.to_user(self.witnesses.inside(*cell.polytope, cell.ball.center))
        self.points.append(inside if exact is None else exact)

    def _sides(self, cell: _Cell, form: Array, size: float) -> tuple[Ball | None, Ball | None]:
        """A ball on the negative and on the positive side of the form in the cell; None where there
        is no interior.
        """
        rows, offsets = self.frame.rows(form[None, :-1], form[-1:])
        length = float(row_lengths(rows)[0])
        noise = lp.ROUNDING * size
        if length <= 8 * noise or cell.ball.radius <= lp.RADIUS:
            return self._exact_sides(cell)

        w, g, least = rows[0] / length, offsets[0] / length, max(lp.RADIUS, noise / length)
        at = float(w @ cell.ball.center) + g
        negative, positive = (self._side(cell, w, g, at, sign, least) for sign in (-1.0, 1.0))
        if negative is None or positive is None:
            exact = self._exact_sides(cell)
            negative, positive = (
                None if one is None else ball or one
                for one, ball in zip(exact, (negative, positive), strict=True)
            )

        if negative is not None and positive is not None:
            negative, positive = (
                ball if self.witnesses.admits(*cell.polytope, sign * w, sign * g) else None
                for sign, ball in ((-1.0, negative), (1.0, positive))
            )

        if negative is None and positive is None:  # no admissible point is clear of the hyperplane
            return (None, cell.ball) if at >= 0 else (cell.ball, None)
        return negative, positive

    def _exact_sides(self, cell: _Cell) -> tuple[Ball | None, Ball | None]:
        """The same by exact arithmetic; a side that no larger ball is known for gets the cell's
        centre, of radius 0.
        """
        point = Ball(0.0, cell.ball.center)
        sides = self.exact.sides(
            self._in_search_order(cell.pattern), self._cuts(cell), len(cell.pattern)
        )
        if sides == state_layout.NEITHER:
            return None, point

        return (
            point if sides & state_layout.NEGATIVE else None,
            point if sides & state_layout.POSITIVE else None,
        )

    def _in_network_order(self, pattern: tuple[int, ...]) -> Pattern:
        signs = np.zeros(len(self.network), dtype=np.int8)
        signs[self.order[: len(pattern)]] = pattern
        return signs

    def _in_search_order(self, pattern: tuple[int, ...]) -> Pattern:
        signs = np.zeros(len(self.network), dtype=np.int8)
        signs[: len(pattern)] = pattern
        return signs

    def _cuts(self, cell: _Cell) -> NDArray[np.int64]:
        """Neurons + 1 of the splits above a cell, in the order of the search, negative on the
        negative side.
        """
        found = list[int]()
        place = cell.place
        while place is not None:
            split, side = place
            at = self.place_of[self.neurons[split]] + 1
            found.append(at if side else -at)
            place = self.above[split]

        return np.array(found[::-1], dtype=np.int64)

    def _side(
        self, cell: _Cell, w: Array, g: float, at: float, sign: float, least: float
    ) -> Ball | None:
        radius, center = cell.ball
        if sign * at >= radius:
            return cell.ball
        if (shrunk := (radius + sign * at) / 2) > max(_ROOMY, least):
            return Ball(shrunk, center + sign * w * (radius - sign * at) / 2)
        ball = lp.find_inscribed_ball(*cell.polytope.cut(-sign * w[None], np.array([sign * g])))
        return ball if ball.radius > least else None

    def _split(
        self, cell: _Cell, k: int, form: Array, size: float, negative: Ball, positive: Ball
    ) -> None:
        rows, offsets = self.frame.rows(form[None, :-1], form[-1:])
        length = row_lengths(rows)[0]
        split = len(self.neurons)
        self._link(cell.place, split)
        self.neurons.append(k)
        self.signs.append(self._in_network_order(cell.pattern))
        self.above.append(cell.place)
        self.children.append([UNEXPLORED, UNEXPLORED])

        for side, sign, ball in ((1, 1, positive), (0, -1, negative)):
            part = cell.polytope.cut(-sign * rows / length, sign * offsets / length)
            child = replace(cell, polytope=part, ball=ball, place=Side(split, side))
            self.stack.append(self._descend(child, k, form, size, sign))

    def _descend(self, cell: _Cell, k: int, form: Array, size: float, sign: int) -> _Cell:
        slope = 1.0 if sign > 0 else float(self.network.slope[k])
        active, sizes = cell.active.copy(), cell.sizes.copy()
        active[k], sizes[k] = slope * form, abs(slope) * size
        return replace(cell, pattern=(*cell.pattern, sign), active=active, sizes=sizes)

    def _link(self, place: Side | None, child: int) -> None:
        if place is not None:
            self.children[place.split][place.positive] = child

    def result(self) -> Partition:
        K, d = self.network.A.shape
        signs = np.array(self.signs, dtype=np.int8).reshape(len(self.signs), K)
        rows = compute_accurate_rows(self.network, np.array(self.neurons, dtype=np.intp), signs)
        children = np.array(self.children, dtype=np.int32).reshape(-1, 2)
        tree = Tree(np.array(self.neurons, dtype=np.intp), rows[:, :-1], rows[:, -1], children)
        patterns = np.empty((len(self.patterns), K), dtype=np.int8)
        patterns[:, self.order] = np.array(self.patterns, dtype=np.int8).reshape(
            len(self.patterns), K
        )
        points = np.clip(
            np.array(self.points).reshape(len(self.points), d), self.domain.lower, self.domain.upper
        )

        return Partition(
            self.network, self.domain, self.frame, tree, patterns, points, not self.stack
        )


def search_with_highs(
    network: Network,
    domain: Domain,
    *,
    limits: SearchLimits | None = None,
    progress: Progress | None = None,
) -> Partition:
    """All linear regions of `network` in `domain`, or the first ones, one at least, where a limit
    ends the search.

    progress: called with the regions found.
    Raises DomainError where the domain doesn't fit the network or has no interior.
    """
    if len(domain) != network.A.shape[1]:
        raise DomainError(
            f"the domain has {len(domain)} columns, the network reads {network.A.shape[1]}"
        )

    run = _ReferenceSearch(network, domain)
    limits = limits or SearchLimits()
    most = np.inf if limits.regions is None else limits.regions

    while run.stack and (
        not run.patterns or not (limits.deadline.is_over() or len(run.patterns) >= most)
    ):
        run.step()
        if progress is not None:
            progress(len(run.patterns))

    return run.result()


def compute_length_scales(network: Network) -> Array:
    """(d,) length scale of a column without two bounds: where the steepest neuron that reads it
    changes by one.
    """
    steepest = np.abs(network.A).max(axis=0, initial=0.0)
    return np.where(steepest > 0, 1.0 / np.where(steepest > 0, steepest, 1.0), 1.0)
