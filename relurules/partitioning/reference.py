"""The reference search, by scipy's linear programming: slow and simple, the judge of the compiled one.

Depth-first: a cell is split by the next neuron wherever both sides have an interior.
A cell is a full-dimensional polytope with a ball inside it. The neurons are tested in topological order, so that on it
every earlier neuron is an affine form already, and so is the one tested. The side that the ball's centre lies on surely
has an interior; the other side takes one linear program, none where the ball itself reaches well across the hyperplane
or the domain's box lies on one side of it. In a domain with groups of indicators a side also needs an admissible point.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from relurules import lp
from relurules.domain import Domain
from relurules.errors import DomainError
from relurules.ir import UNEXPLORED, Network, Partition, Tree
from relurules.ir.network import Array
from relurules.lp import Ball
from relurules.partitioning.admissible import Witnesses

#: A ball cut out of the parent's is used when its radius is at least this; else a linear program finds the best.
_ROOMY = 0.01

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class _Cell:
    """A node of the search: its half-spaces G u <= h, a ball inside, and what is known of its first neurons.

    pattern: signs of its first neurons in the order of the search; of these, active: (K, d + 1) affine forms of phi(z)
    in x, constants last, and sizes: (K,) largest absolute term sums of phi(z). place: (split, side) that leads here.
    """

    G: Array
    h: Array
    ball: Ball
    pattern: tuple[int, ...]
    active: Array
    sizes: Array
    place: tuple[int, int] | None


class _Search:
    """State of one run: the splits and regions found so far, and the cells still to look at."""

    def __init__(self, network: Network, domain: Domain) -> None:
        self.order = np.concatenate([np.empty(0, dtype=np.intp), *network.levels])
        self.network, self.domain = network, domain
        self.frame = domain.frame(units(network))
        reach = np.abs(self.frame.origin) + self.frame.scale
        self.linear = np.column_stack([network.A, network.b])
        self.base = np.abs(network.A) @ reach + np.abs(network.b)
        self.boxed = bool(np.isfinite([domain.lower, domain.upper]).all())
        self.neurons: list[int] = []
        self.rows: list[Array] = []
        self.children: list[list[int]] = []
        self.patterns: list[tuple[int, ...]] = []
        self.points: list[Array] = []
        root = self._root()
        self.witnesses = Witnesses(self.frame, (root.G, root.h))
        self.stack = [root]

    def _root(self) -> _Cell:
        G, h = self.domain.polytope(self.frame)
        ball = lp.inscribed_ball(G, h)
        if ball.radius <= lp.RADIUS:
            raise DomainError(
                "the domain has no interior: its inequalities leave no room "
                f"(largest ball inside it, in units of the box: {ball.radius:.1e}); loosen or drop one of "
                f"{list(self.domain.texts) or 'its bounds'}"
            )
        K, d = self.network.A.shape
        return _Cell(G, h, ball, (), np.zeros((K, d + 1)), np.zeros(K), None)

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
        self.points.append(self.frame.to_user(self.witnesses.inside(cell.G, cell.h, cell.ball.center)))

    def _sides(self, cell: _Cell, form: Array, size: float) -> tuple[Ball | None, Ball | None]:
        """A ball on the negative and on the positive side of the form in the cell; None where there is no interior."""
        rows, offsets = self.frame.rows(form[None, :-1], form[-1:])
        length = float(np.linalg.norm(rows))
        noise = lp.ROUNDING * size
        if length <= noise:
            return (None, cell.ball) if offsets[0] >= -noise else (cell.ball, None)
        w, g, least = rows[0] / length, offsets[0] / length, max(lp.RADIUS, noise / length)
        if self.boxed and abs(g) > np.abs(w).sum():
            return (None, cell.ball) if g > 0 else (cell.ball, None)
        at = float(w @ cell.ball.center) + g
        negative, positive = (self._side(cell, w, g, at, sign, least) for sign in (-1.0, 1.0))
        if negative is not None and positive is not None:
            negative, positive = (
                ball if self.witnesses.admits(cell.G, cell.h, sign * w, sign * g) else None
                for sign, ball in ((-1.0, negative), (1.0, positive))
            )
        if negative is None and positive is None:  # thinner than the tolerance on both sides: it stays one cell
            return (None, cell.ball) if at >= 0 else (cell.ball, None)
        return negative, positive

    def _side(self, cell: _Cell, w: Array, g: float, at: float, sign: float, least: float) -> Ball | None:
        radius, center = cell.ball
        if sign * at >= radius:
            return cell.ball
        if (shrunk := (radius + sign * at) / 2) > max(_ROOMY, least):
            return Ball(shrunk, center + sign * w * (radius - sign * at) / 2)
        ball = lp.inscribed_ball(np.vstack([cell.G, -sign * w]), np.append(cell.h, sign * g))
        return ball if ball.radius > least else None

    def _split(self, cell: _Cell, k: int, form: Array, size: float, negative: Ball, positive: Ball) -> None:
        rows, offsets = self.frame.rows(form[None, :-1], form[-1:])
        length = np.linalg.norm(rows)
        split = len(self.neurons)
        self._link(cell.place, split)
        self.neurons.append(k)
        self.rows.append(form)
        self.children.append([UNEXPLORED, UNEXPLORED])
        for side, sign, ball in ((1, 1, positive), (0, -1, negative)):
            G = np.vstack([cell.G, -sign * rows / length])
            h = np.append(cell.h, sign * offsets[0] / length)
            child = _Cell(G, h, ball, cell.pattern, cell.active, cell.sizes, (split, side))
            self.stack.append(self._descend(child, k, form, size, sign))

    def _descend(self, cell: _Cell, k: int, form: Array, size: float, sign: int) -> _Cell:
        slope = 1.0 if sign > 0 else float(self.network.slope[k])
        active, sizes = cell.active.copy(), cell.sizes.copy()
        active[k], sizes[k] = slope * form, abs(slope) * size
        return _Cell(cell.G, cell.h, cell.ball, (*cell.pattern, sign), active, sizes, cell.place)

    def _link(self, place: tuple[int, int] | None, child: int) -> None:
        if place is not None:
            self.children[place[0]][place[1]] = child

    def result(self) -> Partition:
        K, d = self.network.A.shape
        rows = np.array(self.rows).reshape(-1, d + 1)
        children = np.array(self.children, dtype=np.int32).reshape(-1, 2)
        tree = Tree(np.array(self.neurons, dtype=np.intp), rows[:, :-1], rows[:, -1], children)
        patterns = np.empty((len(self.patterns), K), dtype=np.int8)
        patterns[:, self.order] = np.array(self.patterns, dtype=np.int8).reshape(len(self.patterns), K)
        points = np.clip(np.array(self.points).reshape(len(self.points), d), self.domain.lower, self.domain.upper)
        return Partition(self.network, self.domain, self.frame, tree, patterns, points, not self.stack)


def search(
    network: Network,
    domain: Domain,
    *,
    max_regions: int | None = None,
    time_limit: float | None = None,
    progress: Progress | None = None,
) -> Partition:
    """All linear regions of `network` in `domain`, or the first ones, one at least, where a budget ends the search.

    max_regions: stop after so many; time_limit: stop after so many seconds; progress: called with the regions found.
    Raises DomainError where the domain doesn't fit the network or has no interior.
    """
    if len(domain) != network.A.shape[1]:
        raise DomainError(f"the domain has {len(domain)} columns, the network reads {network.A.shape[1]}")
    run = _Search(network, domain)
    end = np.inf if time_limit is None else time.monotonic() + time_limit
    most = np.inf if max_regions is None else max_regions
    while run.stack and (not run.patterns or (time.monotonic() < end and len(run.patterns) < most)):
        run.step()
        if progress is not None:
            progress(len(run.patterns))
    return run.result()


def units(network: Network) -> Array:
    """(d,) length scale of a column without two bounds: where the steepest neuron that reads it changes by one."""
    steepest = np.abs(network.A).max(axis=0, initial=0.0)
    return np.where(steepest > 0, 1.0 / np.where(steepest > 0, steepest, 1.0), 1.0)
