"""Partition -> RuleSet: merge and simplify, scale the half-spaces so that they read well, number the rules."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.ir import (
    UNEXPLORED,
    AffineMap,
    Condition,
    Decision,
    HalfSpace,
    Head,
    Partition,
    Reduction,
    Rule,
    RuleSet,
    Tree,
)
from relurules.ir.link import identity_heads, is_identity
from relurules.ir.network import Array
from relurules.rules.decide import decided_ground
from relurules.rules.merge import leaf_count
from relurules.rules.outputs import output_bound, score_budget
from relurules.rules.pieces import Ground, Piece, network_ground
from relurules.rules.simplify import Simplified, simplified
from relurules.rules.straighten import straightened
from relurules.rules.tidy import shortened, tidied

#: What pieces with few terms and digits may cost of a bound; the rest is for moving boundaries.
_SHARE = 0.9


class Asked(NamedTuple):
    """What rules may cost: error, of an output; rules: how many there may be, None for any number.

    on_rows: whether so many rules are to be close to the network on the rows, and not everywhere.
    """

    error: float = 0.0
    rules: int | None = None
    on_rows: bool = False


class _Shape(NamedTuple):
    """Rules without numbers, the i-th for leaf i of a tree. sides: the (split, side) pairs of each that it needs."""

    tree: Tree
    sides: list[tuple[tuple[int, int], ...]]
    maps: list[AffineMap]
    points: Array
    error: float


def build_rules(
    partition: Partition,
    outputs: tuple[str, ...],
    reduction: Reduction,
    score_error: float,
    data: Array | None,
    heads: tuple[Head, ...] = (),
    asked: Asked | None = None,
    decision: Decision | None = None,
    progress: Callable[[int], None] | None = None,
) -> RuleSet:
    """One rule per piece, numbered by the rows of `data` they hold, most first; else in tree order.

    score_error: what `partition.network` is off already; asked: what the rules may cost in all, by default nothing.
    decision: what the network, one of `deciding`, decides; then the rules say that and nothing else.
    """
    ground, asked = decided_ground(partition) if decision else network_ground(partition), asked or Asked()
    heads = heads or identity_heads(len(partition.network.c))
    room = max(0.0, score_budget(ground, heads, asked.error) - score_error) if asked.error else 0.0
    found = simplified(ground, room, asked.rules, progress, close_on=data if asked.on_rows else None)
    shape = _shape(ground, found)
    error = score_error + shape.error
    counts = None if data is None else _count(partition, shape, data)
    order = _order(shape, counts, decision)
    tree = _renumbered(shape.tree, np.argsort(order))
    half_spaces = _half_spaces(tree, partition)
    rules = tuple(
        Rule(
            number=number,
            conditions=tuple(Condition(half_spaces[split], bool(side)) for split, side in shape.sides[leaf]),
            map=shape.maps[leaf],
            pattern=partition.patterns[found.pieces[leaf].regions[0]],
            point=shape.points[leaf],
            rows=None if counts is None else int(counts[leaf]),
        )
        for number, leaf in enumerate(order.tolist(), start=1)
    )
    bound = output_bound(ground, heads, error)
    before = [step._replace(error=output_bound(ground, heads, score_error + step.error)) for step in found.steps[:-1]]
    network = replace(partition.network, lifting=None)
    return RuleSet(
        outputs, partition.domain, rules, tree, network, error, partition.complete, reduction, heads,
        output_error=None if is_identity(heads, len(partition.network.c)) else bound,
        tradeoffs=(*before, found.steps[-1]._replace(error=bound)) if asked != Asked() else (),
        decision=decision,
    )  # fmt: skip


def _half_spaces(tree: Tree, partition: Partition) -> list[HalfSpace]:
    """Of every split, with the neuron whose sign it tells, if it does."""
    neurons = [partition.network.neurons[k] if k >= 0 else None for k in tree.neurons.tolist()]
    rows = zip(tree.normals, tree.offsets, neurons, strict=True)
    return [HalfSpace(normal, float(-offset), neuron, i) for i, (normal, offset, neuron) in enumerate(rows)]


def _shape(ground: Ground, found: Simplified) -> _Shape:
    tree, turned = _readable(found.grown.tree, ground.partition.domain.widths)
    points = ground.partition.points[[piece.regions[0] for piece in found.pieces]]
    sides = [_sides(piece, found, turned) for piece in found.pieces]
    if found.room is not None:
        short = [shortened(ground, piece, found.room) for piece in found.pieces]
        return _Shape(tree, sides, [own for _, own in short], points, max(piece.error for piece, _ in short))
    if not found.limit:
        maps = [AffineMap(*(part[piece.regions[0]] for part in ground.maps)) for piece in found.pieces]
        return _Shape(tree, sides, maps, points, 0.0)
    tidy = [tidied(ground, piece, _SHARE * found.limit) for piece in found.pieces]
    pieces, maps = [piece for piece, _ in tidy], [own for _, own in tidy]
    shape = _Shape(tree, sides, maps, points, max(piece.error for piece in pieces))
    if leaf_count(tree) > len(pieces) or len(pieces) == 1:
        return shape
    straight = straightened(ground, tree, np.array([piece.forms for piece in pieces]), found.limit)
    if straight is None:
        return shape
    return _Shape(straight.tree, straight.sides, maps, straight.points, straight.error)


def _order(shape: _Shape, counts: NDArray[np.intp] | None, decision: Decision | None) -> NDArray[np.intp]:
    """Leaves by the rows they hold, most first; decisions class by class, those with the fewest rules first.

    So the last class is what is left when no rule above applies.
    """
    rows = np.zeros(len(shape.maps), dtype=np.intp) if counts is None else counts
    if decision is None:
        return np.argsort(-rows, kind="stable")
    scores = np.array([own.constants for own in shape.maps])
    classes = scores.argmax(axis=1) if scores.shape[1] > 1 else (scores[:, 0] > 0).astype(np.intp)
    number = np.bincount(classes, minlength=len(decision.classes))
    return np.lexsort((-rows, classes, number[classes]))


def _sides(piece: Piece, found: Simplified, turned: NDArray[np.bool_]) -> tuple[tuple[int, int], ...]:
    """What bounds the piece, as splits of the rules' tree."""
    placed = [(found.grown.place[split], side) for split, side in piece.splits]
    return tuple((at, int(side ^ other ^ bool(turned[at]))) for (at, other), side in placed)


def _count(partition: Partition, shape: _Shape, data: Array) -> NDArray[np.intp]:
    leaves = shape.tree.route(data[partition.domain.contains(data)])
    return np.bincount(leaves[leaves >= 0], minlength=len(shape.maps))


def _readable(tree: Tree, widths: Array) -> tuple[Tree, NDArray[np.bool_]]:
    """Scale every split so that the column that moves it most has coefficient 1; also tell where that swapped sides.

    A column's influence is |coefficient| times its width in the domain.
    """
    rows = np.arange(len(tree.neurons))
    lead = tree.normals[rows, np.argmax(np.abs(tree.normals) * widths, axis=1)] if len(rows) else np.empty(0)
    turned = lead < 0
    children = np.where(turned[:, None], tree.children[:, ::-1], tree.children).astype(np.int32)
    scaled = replace(
        tree, normals=tree.normals / lead[:, None] + 0.0, offsets=tree.offsets / lead + 0.0, children=children
    )
    return scaled, turned


def _renumbered(tree: Tree, rank: NDArray[np.intp]) -> Tree:
    """Leaf i becomes leaf rank[i]."""
    children = tree.children.copy()
    leaf = (children < 0) & (children != UNEXPLORED)
    children[leaf] = ~rank[~children[leaf]]
    return replace(tree, children=children)
