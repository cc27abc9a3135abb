"""What rules are made of: convex unions of regions, in the partition's normalised coordinates."""

from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from relurules.domain import ExactRows, Normalisation, row_lengths
from relurules.ir import UNEXPLORED, AffineMap, Partition, Tree
from relurules.ir.adjacency import build_adjacency_graph
from relurules.ir.compensated_forms import compute_map_pairs, express_in_frame, round_maps
from relurules.ir.limits import NEVER, Deadline
from relurules.ir.network import Array
from relurules.ir.partition import RegionCell, Side
from relurules.ir.rule_table import Sides
from relurules.lp import Polytope
from relurules.lp.enclosure import Enclosure
from relurules.lp.redundancy import find_implied_rows

#: Rounding of a score, as a share of the network's absolute terms over the domain.
ROUNDING = 1e-13
#: Coefficients that were rounded once count as the same when they differ by no more than this share
#: of themselves.
_SAME = 2.0**-50
#: So many answers to what holds on which sides are kept, of at most so many sides: up to 40 MB.
_MOST_HELD, _LONGEST_HELD = 10_000, 200


class AffineFit(NamedTuple):
    """A map for several regions. forms: (m, f + 1); error: bounds |function - forms| there."""

    forms: Array
    error: float


class AffinePiece(NamedTuple):
    """A convex part of the domain."""

    #: The sides of the partition's tree that bound it, irredundant; None where there was no time to
    #: tell which.
    splits: Sides | None
    #: Those of the partition that it consists of, whole.
    regions: tuple[int, ...]
    #: (m, f + 1) what the rules give there.
    forms: Array
    #: A bound on |function - forms| over it.
    error: float

    @property
    def sides(self) -> Sides:
        """The pairs that bound it, of a piece that they are known of."""
        if self.splits is None:
            raise ValueError("what bounds this piece isn't known")
        return self.splits


@dataclass(frozen=True)
class PiecewiseFunction:
    """A partition and the function on its R regions that rules are to give. maps: weights (R, m,
    d), constants (R, m).

    That is the network itself, or what it decides. least: (m,) rounding of the scores over the
    domain. framed: (R, m, f + 1) the maps in the frame's coordinates, where they are known more
    exactly than `maps` tells. fits: sets of regions -> the closest map that was found for them,
    None within that limit. highest: scores -> the largest value of any of them. held: sides and
    claims -> which of these hold, of the last that were asked for: merges that are tried in several
    ways ask the same again. deadline: when work on all this must end.
    """

    partition: Partition
    maps: AffineMap
    least: Array
    framed: Array | None = None
    fits: dict[frozenset[int], tuple[float, "AffineFit | None"]] = field(
        default_factory=dict, repr=False
    )
    highest: dict[tuple[int, ...], float] = field(default_factory=dict, repr=False)
    held: dict[tuple[int, bytes], NDArray[np.bool_]] = field(default_factory=dict, repr=False)
    deadline: Deadline = NEVER

    @property
    def frame(self) -> Normalisation:
        """The coordinates u that everything here is in."""
        return self.partition.frame

    @cached_property
    def forms(self) -> Array:
        """(R, m, f + 1) the maps as forms of u, constants last."""
        if self.framed is not None:
            return self.framed
        R, m, d = self.maps.weights.shape
        rows, offsets = self.frame.rows(
            self.maps.weights.reshape(R * m, d), self.maps.constants.reshape(R * m)
        )
        return np.column_stack([rows, offsets]).reshape(R, m, -1)

    @cached_property
    def cells(self) -> "CellCache":
        """The regions as polytopes."""
        return CellCache(self)

    @cached_property
    def walls(self) -> Polytope:
        """The domain."""
        return self.tops.cut(*self.partition.walls)

    @cached_property
    def enclosure(self) -> Enclosure:
        """The domain, for asking which of many half-spaces bound a part of it."""
        return Enclosure(self.walls)

    @cached_property
    def tops(self) -> Polytope:
        """Upper bounds of indicators, which follow from their sum: so every coordinate has two of
        its own.
        """
        tied = np.array([column for tie in self.frame.ties for column in tie], dtype=np.intp)
        G = np.eye(len(self.frame.free))[np.isin(self.frame.free, tied)]
        return Polytope(G, np.ones(len(G)))

    @cached_property
    def split_rows(self) -> Array:
        """(S, f + 1) the tree's splits as unit forms of u that are >= 0 on side 1."""
        return make_unit_rows(self.frame, self.partition.tree.normals, self.partition.tree.offsets)

    @cached_property
    def split_room(self) -> Array:
        """(S,) how far rounding may move a split's test of a float64 point, in `split_rows`."""
        return bound_row_rounding(
            self.partition, self.partition.tree.normals, self.partition.tree.offsets
        )

    @cached_property
    def exact_walls(self) -> ExactRows:
        """The domain, without rounding."""
        return self.partition.domain.exact_polytope(self.frame)

    @cached_property
    def adjacent(self) -> list[tuple[int, int]]:
        """Pairs of regions that share a facet; those found by the deadline."""
        return list(build_adjacency_graph(self.partition, self.deadline).edges)

    @cached_property
    def centers(self) -> Array:
        """(R, f) a point strictly inside each region."""
        return self.frame.from_user(self.partition.points)

    def polytope(self, splits: Sequence[Side]) -> Polytope:
        """The part of the domain on these sides of these splits, and what rounding may take for
        it.
        """
        return self.within(self.sides(splits))

    def sides(self, splits: Sequence[Side]) -> Array:
        """(n, f + 1) rows (G, h) of G u <= h for these sides, moved outward by `split_room`."""
        return orient_rows(self.split_rows, self.split_room, splits)

    def exact(self, splits: Sequence[Side]) -> ExactRows:
        """The rows of `polytope`, without rounding: the domain's first, in another number."""
        return self.exact_walls.and_also(self.exact_sides(splits))

    def exact_sides(self, splits: Sequence[Side]) -> ExactRows:
        """The rows of `sides`, without rounding."""
        return orient_exact_rows(self.partition, self.partition.tree, splits)

    def holds(self, splits: Sequence[Side], claims: Sequence[Side]) -> NDArray[np.bool_]:
        """(n,) which sides hold all over the part that `splits` bound, but for the rounding of
        their tests.

        No in doubt: so much is certified.
        """
        if len(splits) + len(claims) > _LONGEST_HELD:
            return self._certify_sides(splits, claims)

        key = len(splits), np.array([*splits, *claims], dtype=np.int64).tobytes()
        found = self.held.get(key)
        if found is None:
            found = self._certify_sides(splits, claims)
            if len(self.held) >= _MOST_HELD:
                self.held.pop(next(iter(self.held)))
            self.held[key] = found
        return found.copy()

    def _certify_sides(self, splits: Sequence[Side], claims: Sequence[Side]) -> NDArray[np.bool_]:
        own = set(splits)
        found = np.array([claim in own for claim in claims], dtype=np.bool_)
        asked = [claim for claim, known in zip(claims, found, strict=True) if not known]
        if asked:
            rows = self.sides(asked)
            room = self.split_room[[split for split, _ in asked]]
            found[~found] = find_implied_rows(
                *self.polytope(splits), rows[:, :-1], rows[:, -1], room,
                lambda: (self.exact(splits), self.exact_sides(asked)),
            )  # fmt: skip

        return found

    def is_thin(self, splits: Sequence[Side]) -> bool:
        """Whether the part that `splits` bound is certified to have no more room than rounding
        makes of its tests.
        """
        rows, (G, h) = self.sides(splits), self.walls
        f = G.shape[1]
        limits = np.zeros((2, f + 1))
        limits[:, f] = 1.0, -1.0
        wide = np.vstack(
            [np.insert(G, f, 0.0, axis=1), np.insert(rows[:, :-1], f, 1.0, axis=1), limits]
        )
        room = self.split_room[[split for split, _ in splits]].max(initial=0.0)
        widened = Polytope(wide, np.concatenate([h, rows[:, -1], [1.0, 1.0]]))
        ball = widened.maxima(np.eye(f + 2)[[f]])

        return self.partition.domain.is_bounded and bool(ball.bounds[0] <= 4.0 * room)

    def lies_in(self, splits: Sequence[Side], regions: Container[int]) -> bool:
        """Whether the part that `splits` bound is certified to consist of these regions, rounding
        of tests aside.

        The part goes down the partition's tree, and on either side of a split unless it lies on one
        of them.
        """
        children = self.partition.tree.children
        stack: list[tuple[int, tuple[Side, ...]]] = [(0 if len(children) else -1, tuple(splits))]
        while stack:
            at, sides = stack.pop()
            if at == UNEXPLORED:
                return False
            if at < 0:
                if ~at not in regions and not self.is_thin(sides):
                    return False
                continue
            pair = [Side(at, 0), Side(at, 1)]
            no, yes = self.holds(sides, pair).tolist()
            for side, (holds, other) in enumerate(((no, yes), (yes, no))):
                if holds or not other:
                    stack.append(
                        (int(children[at, side]), sides if holds else (*sides, pair[side]))
                    )

        return True

    def same_plane(self, split: int, others: NDArray[np.intp]) -> NDArray[np.int8]:
        """(n,) 1 or -1 where a split has the hyperplane of another one, in its direction or the
        other; else 0.

        Rounding of their tests aside; where a column is open no rounding is small, and only the
        same numbers count.
        """
        row, rows = self.split_rows[split], self.split_rows[others]
        room = (
            self.split_room[split] + self.split_room[others]
            if self.partition.domain.is_bounded
            else 0.0
        )
        found = np.zeros(len(others), dtype=np.int8)

        for sign in (-1, 1):
            found[np.abs(rows - sign * row).sum(axis=1) <= room] = sign

        return found

    def within(self, rows: Array) -> Polytope:
        """The part of the domain where rows (n, f + 1), (g, limit), hold, these last."""
        return self.walls.cut_by_rows(rows)

    def same(self, one: Array, other: Array) -> bool:
        """Whether two forms (m, f + 1), each rounded about once, are the same but for that."""
        return bool(is_same_form(one[None], other[None])[0])

    def rounding(self, output: int, form: Array) -> float:
        """What rounding may make of the difference of a form (f + 1,) and an output's own, anywhere
        in the domain.
        """
        frame, domain = self.frame, self.partition.domain
        weights = np.zeros((1, len(frame.origin)))
        weights[0, frame.free] = form[:-1] / frame.scale[frame.free]
        constant = np.abs(form[-1:]) + np.abs(weights) @ np.abs(frame.origin)
        return float(domain.rounding(weights, constant)[0]) + float(self._rounding[output])

    @cached_property
    def _rounding(self) -> Array:
        """(m,) the same of the outputs' own forms."""
        R, m, d = self.maps.weights.shape
        rounding = self.partition.domain.rounding(
            self.maps.weights.reshape(R * m, d), self.maps.constants.reshape(-1)
        )
        return np.asarray(rounding.reshape(R, m).max(axis=0))


def is_same_form(one: Array, other: Array) -> NDArray[np.bool_]:
    """(n,) whether forms (n, m, f + 1), each rounded about once, are the same but for that."""
    return np.asarray(
        (np.abs(one - other) <= _SAME * (np.abs(one) + np.abs(other))).all(axis=(1, 2))
    )


class CellCache(Sequence[RegionCell]):
    """The regions of a ground as polytopes, with `tops`; those looked at last are kept, in so many
    bytes at most.
    """

    most = 2**28

    def __init__(self, ground: PiecewiseFunction) -> None:
        self._ground, self._kept, self._bytes = ground, dict[int, RegionCell](), 0

    def __len__(self) -> int:
        """Number of regions."""
        return len(self._ground.partition)

    @overload
    def __getitem__(self, index: int) -> RegionCell: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[RegionCell]: ...
    def __getitem__(self, index: int | slice) -> RegionCell | Sequence[RegionCell]:
        """A region's cell."""
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        i = range(len(self))[index]
        if i not in self._kept:
            self._keep(i)
        return self._kept[i]

    def _keep(self, i: int) -> None:
        cell = self._ground.partition.cell(i)
        cell = cell._replace(polytope=self._ground.tops.cut(*cell.polytope))
        self._bytes += cell.polytope.G.nbytes
        while self._kept and self._bytes > self.most:
            self._bytes -= self._kept.pop(next(iter(self._kept))).polytope.G.nbytes
        self._kept[i] = cell


def orient_rows(forms: Array, room: Array, splits: Sequence[Side]) -> Array:
    """(n, f + 1) rows (G, h) of G u <= h for these sides of splits, moved outward by their room
    (S,).

    forms: (S, f + 1), >= 0 on side 1.
    """
    if not splits:
        return np.empty((0, forms.shape[1]))
    at, side = np.array(splits, dtype=np.intp).T
    rows = forms[at] * (2.0 * side - 1.0)[:, None]
    return np.column_stack([-rows[:, :-1], rows[:, -1] + room[at]])


def orient_exact_rows(partition: Partition, tree: Tree, splits: Sequence[Side]) -> ExactRows:
    """The same for a tree's splits, without rounding and room."""
    at, side = np.array(splits, dtype=np.intp).reshape(-1, 2).T
    sign = 1.0 - 2.0 * side
    return partition.frame.exact_rows(tree.normals[at] * sign[:, None], -tree.offsets[at] * sign)


def bound_row_rounding(partition: Partition, normals: Array, offsets: Array) -> Array:
    """(n,) how far rounding may move the tests normals·x + offsets >= 0 of float64 points, as rows
    of unit length, as `make_unit_rows` has them.
    """
    rows, _ = partition.frame.rows(normals, offsets)
    return np.asarray(partition.domain.rounding(normals, offsets) / _find_scales(rows))


def _find_scales(rows: Array) -> Array:
    """(n,) lengths of rows, 1 for a test that nothing in the domain moves: it is as it stands."""
    length = row_lengths(rows)
    return np.where(length > 0, length, 1.0)


def make_unit_rows(frame: Normalisation, normals: Array, offsets: Array) -> Array:
    """Half-spaces normals·x + offsets >= 0 as forms of u, (n, f + 1), of unit length."""
    rows, constants = frame.rows(normals, offsets)
    return np.asarray(np.column_stack([rows, constants]) / _find_scales(rows)[:, None])


def make_network_function(partition: Partition, deadline: Deadline = NEVER) -> PiecewiseFunction:
    """The network itself."""
    frame = partition.frame
    reach = np.abs(frame.origin) + frame.scale
    least = ROUNDING * partition.network.magnitude(reach[None, :])[0]
    maps = compute_map_pairs(partition.network, partition.patterns)
    return PiecewiseFunction(
        partition, round_maps(maps), least, express_in_frame(maps, frame), deadline=deadline
    )


def convert_to_user(frame: Normalisation, forms: Array) -> AffineMap:
    """Forms of u, (m, f + 1), as maps of x; columns that can't move, or only with others, have
    weight 0.
    """
    weights = np.zeros((len(forms), len(frame.origin)))
    weights[:, frame.free] = forms[:, :-1] / frame.scale[frame.free]
    return AffineMap(weights, forms[:, -1] - weights @ frame.origin)
