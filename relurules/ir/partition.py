"""A domain cut into the linear regions of a network: a decision tree whose leaves are regions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from relurules.domain import Domain, ExactRows, Normalisation, row_lengths
from relurules.ir.estimate import Estimate
from relurules.ir.network import AffineMap, Array, Network, Pattern, validate_rows
from relurules.ir.tree_routing import (
    UNEXPLORED,
    TreeForms,
    find_doubtful,
    find_tree_forms,
    is_many,
    route_many,
)
from relurules.lp import Polytope

if TYPE_CHECKING:
    import networkx

    from relurules.lp.enclosure import Enclosure


class Side(NamedTuple):
    """One side of a split of a tree. It compares and sorts as the pair of numbers that it is."""

    #: Number of the split.
    split: int
    #: 1 where its form is at least 0, 0 on the other side: the place of the child in the tree.
    positive: int


@dataclass(frozen=True)
class Tree:
    """Splits normals x + offsets >= 0. Child 0 is the negative side, child 1 the other.

    neurons: (S,) index of the neuron that cuts, -1 where a split is no neuron's sign; normals: (S,
    d); offsets: (S,); children: (S, 2) int32: a split where >= 0, leaf ~child where negative,
    UNEXPLORED where a search stopped. Without splits, leaf 0 is everything.
    """

    neurons: NDArray[np.intp]
    normals: Array
    offsets: Array
    children: NDArray[np.int32]

    def route(self, X: Array) -> NDArray[np.intp]:
        """(N, d) -> (N,) leaf of every row, -1 where unexplored."""
        at = (
            np.zeros(len(X), dtype=np.int64)
            if len(self.neurons)
            else np.full(len(X), -1, dtype=np.int64)
        )
        forms = self._forms if is_many(len(X)) else None
        if forms is not None:
            ends = route_many(forms, X)
            at[:] = ends
            at[find_doubtful(ends)] = 0

        while len(active := np.flatnonzero(at >= 0)):
            split = at[active]
            # of rows one after the other in memory, every row's sum takes the same steps
            rows = np.ascontiguousarray(X[active])
            side = np.einsum("ij,ij->i", rows, self.normals[split]) + self.offsets[split] >= 0
            at[active] = self.children[split, side.astype(np.intp)]

        return np.where(at == UNEXPLORED, -1, ~at)

    @cached_property
    def _forms(self) -> TreeForms | None:
        return find_tree_forms(self.normals, self.offsets, self.children)

    @cached_property
    def above(self) -> tuple[list[int], list[int]]:
        """What leads to each split and to each leaf: twice the split above and its side, -1 at the
        root.

        Of a leaf that several branches lead to it is one of them.
        """
        flat = self.children.reshape(-1)
        is_leaf = (flat < 0) & (flat != UNEXPLORED)
        leaves = np.full(int((~flat[is_leaf]).max(initial=0)) + 1, -1)
        splits = np.full(len(self.neurons), -1)
        leaves[~flat[is_leaf]] = np.flatnonzero(is_leaf)
        splits[flat[flat >= 0]] = np.flatnonzero(flat >= 0)
        return splits.tolist(), leaves.tolist()

    def path(self, leaf: int) -> list[Side]:
        """The sides from the root down to a leaf, where one branch leads to it."""
        splits, leaves = self.above
        found, at = list[Side](), leaves[leaf]
        while at >= 0:
            found.append(Side(at >> 1, at & 1))
            at = splits[at >> 1]
        return found[::-1]

    def paths(self, leaves: int) -> list[list[Side]]:
        """For every leaf the sides from the root down, where one branch leads to each."""
        return [self.path(leaf) for leaf in range(leaves)]

    def branches(self) -> "Iterator[tuple[int, list[Side]]]":
        """Every branch: the leaf it leads to, and its sides from the root down."""
        stack: list[tuple[int, list[Side]]] = [(0 if len(self.neurons) else -1, [])]
        while stack:
            at, path = stack.pop()
            if at >= 0:
                stack += [
                    (child, [*path, Side(at, side)])
                    for side, child in enumerate(self.children[at].tolist())
                ]
            elif at != UNEXPLORED:
                yield ~at, path


class DecisionCounts(NamedTuple):
    """How a search decided that neurons don't cut cells: by a certificate in floating point, or in
    exact arithmetic.

    Splits aren't counted: a point inside each side shows them.
    """

    certified: int
    exact: int


@dataclass(frozen=True, kw_only=True)
class Region:
    """One linear region."""

    #: (K,) +1 / -1.
    pattern: Pattern
    #: The sides of the tree's splits that its irredundant half-spaces come from.
    splits: tuple[Side, ...]
    #: (h, d) of those half-spaces, normals x >= bounds, within the domain.
    normals: Array
    #: (h,) theirs.
    bounds: Array
    #: (d,) strictly inside.
    point: Array
    #: What the network is there.
    map: AffineMap


class RegionCell(NamedTuple):
    """A region by all splits above it."""

    #: The splits, from the root down, and their sides.
    path: list[Side]
    #: (n, d) with `bounds`: the half-spaces normals x >= bounds of these sides.
    normals: Array
    #: (n,)
    bounds: Array
    #: The same and the domain's walls in the frame's coordinates, the walls first. These rows are
    #: moved outward by as much as rounding may move the test of a float64 point.
    polytope: Polytope


@dataclass(frozen=True)
class Partition:
    """All linear regions of `network` in `domain`; R regions.

    patterns: (R, K) int8, +1 / -1; points: (R, d), one strictly inside each region; frame: the
    normalised coordinates the search worked in; complete: False where a budget stopped it; then the
    tree has unexplored children, and `estimate` says how much is in them. decided: how the search
    decided, None where that isn't known.
    """

    network: Network
    domain: Domain
    frame: Normalisation
    tree: Tree
    patterns: Pattern
    points: Array
    complete: bool
    estimate: Estimate | None = None
    decided: DecisionCounts | None = None

    def __len__(self) -> int:
        """Number of regions: distinct activation patterns whose cell has an interior."""
        return len(self.patterns)

    def locate(self, X: Array) -> NDArray[np.intp]:
        """(N, d) -> (N,) region of every row, -1 outside the domain or where the search did not
        look.
        """
        X = validate_rows(X, len(self.domain))
        inside = self.domain.contains(X)
        found = np.full(len(X), -1, dtype=np.intp)
        found[inside] = self.tree.route(X[inside])
        return found

    def regions(self) -> list[Region]:
        """Every region with its irredundant half-spaces."""
        return [self.region(i) for i in range(len(self))]

    def balls(self) -> tuple[Array, Array]:
        """Chebyshev centres (R, d) in the user's units, radii (R,) in normalised coordinates."""
        balls = [cell.polytope.ball() for cell in self.cells()]
        return self.frame.to_user(np.array([ball.center for ball in balls])), np.array(
            [b.radius for b in balls]
        )

    def extent(self, region: int, forms: Array) -> Array:
        """(n, 2) smallest and largest value of affine forms of x on the closure of a region,
        infinite where unbounded.

        forms: (n, d + 1), constants last, in the user's units.
        """
        rows, offsets = self.frame.rows(forms[:, :-1], forms[:, -1])
        return self.cell(region).polytope.extent(np.column_stack([rows, offsets]))

    def ranges(self) -> Array:
        """(R, m, 2) smallest and largest value of every score on the closure of every region."""
        found = []
        for pattern, cell in zip(self.patterns, self.cells(), strict=True):
            rows, offsets = self.frame.rows(*self.network.affine_map(pattern))
            found.append(cell.polytope.extent(np.column_stack([rows, offsets])))
        return np.array(found).reshape(len(self), -1, 2)

    def adjacency(self) -> "networkx.Graph[int]":
        """The dual graph: regions as nodes, an edge with its `neuron` for every facet that two of
        them share.
        """
        from relurules.ir.adjacency import build_adjacency_graph

        return build_adjacency_graph(self)

    def cells(self) -> "RegionCells":
        """All regions as polytopes of the frame's coordinates, each worked out when it is looked
        at.
        """
        return RegionCells(self)

    @cached_property
    def walls(self) -> Polytope:
        """The domain in the frame's coordinates, and what rounding may take for it."""
        return self.domain.polytope(self.frame, outward=True)

    def cell(self, region: int) -> RegionCell:
        """A region as a polytope of the frame's coordinates."""
        path = self.tree.path(region)
        normals, bounds = self._half_spaces(path)
        part = self.walls.cut_by_rows(self._rows(normals, bounds))
        return RegionCell(path, normals, bounds, part)

    @cached_property
    def _enclosure(self) -> "Enclosure":
        from relurules.lp.enclosure import Enclosure

        return Enclosure(self.walls)

    def region(self, i: int) -> Region:
        """A region with its irredundant half-spaces."""
        path, pattern = self.tree.path(i), self.patterns[i]
        normals, bounds = self._half_spaces(path)
        room = self.domain.rounding(normals, bounds) / row_lengths(
            self.frame.rows(normals, bounds)[0]
        )

        def exact() -> ExactRows:
            return self._exact_walls.and_also(self.frame.exact_rows(-normals, -bounds))

        keep = self._enclosure.needed(self._rows(normals, bounds), room, exact)
        kept = tuple(pair for pair, kept in zip(path, keep, strict=True) if kept)
        return Region(
            pattern=pattern,
            splits=kept,
            normals=normals[keep],
            bounds=bounds[keep],
            point=self.points[i],
            map=self.network.affine_map(pattern),
        )

    @cached_property
    def _exact_walls(self) -> ExactRows:
        return self.domain.exact_polytope(self.frame)

    def _half_spaces(self, path: list[Side]) -> tuple[Array, Array]:
        """The sides of splits, normals (n, d) and bounds (n,): normals x >= bounds."""
        splits = np.array([split for split, _ in path], dtype=np.intp)
        sign = np.array([2.0 * side - 1.0 for _, side in path])
        return self.tree.normals[splits] * sign[:, None], -(self.tree.offsets[splits] * sign)

    def _rows(self, normals: Array, bounds: Array) -> Array:
        """Half-spaces as (n, f + 1) unit rows (g, limit) of the frame's coordinates, g u <= limit,
        moved outward.

        That is by what rounding may make of their test of a float64 point.
        """
        G, g = self.frame.rows(-normals, bounds)
        limits = self.domain.rounding(normals, bounds) - g
        return np.asarray(np.column_stack([G, limits]) / row_lengths(G)[:, None])


class RegionCells(Sequence[RegionCell]):
    """The regions of a partition as polytopes.

    None is kept: their walls would take far more room than the regions.
    """

    def __init__(self, partition: Partition) -> None:
        self._partition = partition

    def __len__(self) -> int:
        """Number of regions."""
        return len(self._partition)

    @overload
    def __getitem__(self, index: int) -> RegionCell: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[RegionCell]: ...
    def __getitem__(self, index: int | slice) -> RegionCell | Sequence[RegionCell]:
        """A region's cell."""
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        return self._partition.cell(range(len(self))[index])
