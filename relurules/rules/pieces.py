"""What rules are made of: convex unions of regions, in the partition's normalised coordinates."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np

from relurules.domain import Frame
from relurules.ir import AffineMap, Partition
from relurules.ir.accurate import accurate_map_pairs, frame_maps, round_maps
from relurules.ir.network import Array
from relurules.ir.partition import Cell

#: Maps count as the same when they differ by less than this share of the network's absolute terms over the domain.
ROUNDING = 1e-13
#: Coefficients that were rounded once count as the same when they differ by no more than this share of themselves.
_SAME = 2.0**-50

Sides = tuple[tuple[int, int], ...]


class Fit(NamedTuple):
    """A map for several regions. forms: (m, f + 1); error: bound on |function - forms| over them."""

    forms: Array
    error: float


class Piece(NamedTuple):
    """A convex part of the domain. splits: the (split, side) pairs of the partition's tree that bound it, irredundant.

    regions: those of the partition that it consists of, whole; forms: (m, f + 1) what the rules give there; error:
    bound on |function - forms| over it.
    """

    splits: Sides
    regions: tuple[int, ...]
    forms: Array
    error: float


@dataclass(frozen=True)
class Ground:
    """A partition and the function on its R regions that rules are to give. maps: weights (R, m, d), constants (R, m).

    least: (m,) maps that differ by no more than this over the domain are the same one. That is the network itself, or
    what it decides. framed: (R, m, f + 1) the maps in the frame's coordinates, where they are known more exactly than
    `maps` tells. fits: sets of regions -> the closest map that was found for them, None within that limit.
    """

    partition: Partition
    maps: AffineMap
    least: Array
    framed: Array | None = None
    fits: dict[frozenset[int], tuple[float, "Fit | None"]] = field(default_factory=dict, repr=False)

    @property
    def frame(self) -> Frame:
        """The coordinates u that everything here is in."""
        return self.partition.frame

    @cached_property
    def forms(self) -> Array:
        """(R, m, f + 1) the maps as forms of u, constants last."""
        if self.framed is not None:
            return self.framed
        R, m, d = self.maps.weights.shape
        rows, offsets = self.frame.rows(self.maps.weights.reshape(R * m, d), self.maps.constants.reshape(R * m))
        return np.column_stack([rows, offsets]).reshape(R, m, -1)

    @cached_property
    def cells(self) -> list[Cell]:
        """The regions as polytopes."""
        G, h = self._tops
        return [
            cell._replace(G=np.vstack([G, cell.G]), h=np.concatenate([h, cell.h])) for cell in self.partition.cells()
        ]

    @cached_property
    def walls(self) -> tuple[Array, Array]:
        """The domain, G u <= h."""
        G, h = self.partition.domain.polytope(self.frame)
        return np.vstack([self._tops[0], G]), np.concatenate([self._tops[1], h])

    @property
    def _tops(self) -> tuple[Array, Array]:
        """Upper bounds of indicators, which follow from their sum: so every coordinate has two of its own."""
        tied = np.array([column for tie in self.frame.ties for column in tie], dtype=np.intp)
        G = np.eye(len(self.frame.free))[np.isin(self.frame.free, tied)]
        return G, np.ones(len(G))

    @cached_property
    def split_rows(self) -> Array:
        """(S, f + 1) the tree's splits as unit forms of u that are >= 0 on side 1."""
        return unit_rows(self.frame, self.partition.tree.normals, self.partition.tree.offsets)

    @cached_property
    def adjacent(self) -> list[tuple[int, int]]:
        """Pairs of regions that share a facet."""
        return list(self.partition.adjacency().edges)

    @cached_property
    def centers(self) -> Array:
        """(R, f) a point strictly inside each region."""
        return self.frame.from_user(self.partition.points)

    def polytope(self, splits: Sequence[tuple[int, int]]) -> tuple[Array, Array]:
        """The part of the domain on these sides of these splits, G u <= h."""
        return self.within(self.sides(splits))

    def sides(self, splits: Sequence[tuple[int, int]]) -> Array:
        """(n, f + 1) rows (G, h) of G u <= h for these sides."""
        return facing(self.split_rows, splits)

    def within(self, rows: Array) -> tuple[Array, Array]:
        """The part of the domain where rows (n, f + 1), (G, h), hold: G u <= h, these last."""
        return np.vstack([self.walls[0], rows[:, :-1]]), np.concatenate([self.walls[1], rows[:, -1]])

    def same(self, one: Array, other: Array) -> bool:
        """Whether two forms (m, f + 1), each rounded about once, are the same but for that."""
        return bool((np.abs(one - other) <= _SAME * (np.abs(one) + np.abs(other))).all())


def facing(forms: Array, splits: Sequence[tuple[int, int]]) -> Array:
    """(n, f + 1) rows (G, h) of G u <= h for these sides of splits; forms: (S, f + 1), >= 0 on side 1."""
    if not splits:
        return np.empty((0, forms.shape[1]))
    at, side = np.array(splits, dtype=np.intp).T
    rows = forms[at] * (2.0 * side - 1.0)[:, None]
    return np.column_stack([-rows[:, :-1], rows[:, -1]])


def unit_rows(frame: Frame, normals: Array, offsets: Array) -> Array:
    """Half-spaces normals·x + offsets >= 0 as forms of u, (n, f + 1), of unit length."""
    rows, constants = frame.rows(normals, offsets)
    length = np.linalg.norm(rows, axis=1) if len(rows) else np.ones(0)
    return np.asarray(np.column_stack([rows, constants]) / length[:, None])


def network_ground(partition: Partition) -> Ground:
    """The network itself."""
    frame = partition.frame
    reach = np.abs(frame.origin) + frame.scale
    least = ROUNDING * partition.network.magnitude(reach[None, :])[0]
    maps = accurate_map_pairs(partition.network, partition.patterns)
    return Ground(partition, round_maps(maps), least, frame_maps(maps, frame))


def to_user(frame: Frame, forms: Array) -> AffineMap:
    """Forms of u, (m, f + 1), as maps of x; columns that can't move, or only with others, have weight 0."""
    weights = np.zeros((len(forms), len(frame.origin)))
    weights[:, frame.free] = forms[:, :-1] / frame.scale[frame.free]
    return AffineMap(weights, forms[:, -1] - weights @ frame.origin)
