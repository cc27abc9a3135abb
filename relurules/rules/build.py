"""Partition -> RuleSet: merge and simplify, scale the half-spaces so that they read well, number
the rules.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.errors import OutOfTimeError
from relurules.ir import (
    UNEXPLORED,
    AffineMap,
    CollapseStats,
    Decision,
    Head,
    Partition,
    RuleSet,
    Tree,
)
from relurules.ir.limits import NEVER, Deadline
from relurules.ir.network import Array, make_read_only
from relurules.ir.partition import Side
from relurules.ir.rule_table import RuleTable, Sides, pack_sides
from relurules.ir.ruleset import Tradeoff
from relurules.links.heads import is_identity, make_identity_heads
from relurules.networks.decisions import read_decisions
from relurules.rules.boundary_rounding import BoundaryRounding, round_boundaries
from relurules.rules.error_budget import bound_output_error, find_score_budget
from relurules.rules.map_rounding import round_map, shorten_numbers
from relurules.rules.merge_hierarchy import count_leaves
from relurules.rules.pieces import (
    AffinePiece,
    PiecewiseFunction,
    convert_to_user,
    make_network_function,
)
from relurules.rules.simplify import SimplificationResult, simplify_partition

#: What pieces with few terms and digits may cost of a bound; the rest is for moving boundaries.
_SHARE = 0.9


class MergeBudget(NamedTuple):
    """What rules may cost: error, of an output; rules: how many there may be, None for any number.

    on_rows: whether so many rules are to be close to the network on the rows, and not everywhere.
    """

    error: float = 0.0
    rules: int | None = None
    on_rows: bool = False


@dataclass(frozen=True, kw_only=True)
class _RuleDraft:
    """Rules without numbers, the i-th for leaf i of a tree."""

    #: The tree.
    tree: Tree
    #: Those of each that it needs; None: all those of its branch.
    sides: list[Sides | None]
    #: Weights (R, m, d), constants (R, m).
    maps: AffineMap
    #: (R, d) a point inside each.
    points: Array
    #: Bounds |function - maps|.
    error: float


@dataclass(frozen=True, kw_only=True)
class RuleRequest:
    """What rules of a partition are to be."""

    #: Names of the outputs.
    outputs: tuple[str, ...]
    #: Links of the outputs; none for the scores as they are.
    heads: tuple[Head, ...] = ()
    #: What a network with decision neurons decides; the rules then say that and nothing else.
    decision: Decision | None = None
    #: What the collapse removed, for the rules to tell.
    stats: CollapseStats
    #: What the partition's network is off already, in units of the scores.
    score_error: float = 0.0
    #: (N, d) rows to count, None without any.
    data: Array | None = None
    #: What the rules may cost in all.
    budget: MergeBudget = field(default_factory=MergeBudget)


def build_rules(
    partition: Partition,
    request: RuleRequest,
    progress: Callable[[int], None] | None = None,
    deadline: Deadline = NEVER,
) -> RuleSet:
    """One rule per piece, numbered by the rows of data they hold, most first; else in tree order.

    At the deadline pieces stay unmerged, and conditions unshortened: rules are right all the same.
    OutOfTimeError where that isn't what was asked for.
    """
    budget, count = request.budget, len(partition.network.c)
    heads = request.heads or make_identity_heads(count)
    make_function = _make_decision_function if request.decision else make_network_function
    ground = make_function(partition, deadline)

    room = 0.0
    if budget.error:
        room = max(0.0, find_score_budget(ground, heads, budget.error) - request.score_error)
    close_on = request.data if budget.on_rows else None
    found = simplify_partition(ground, room, budget.rules, progress, close_on=close_on)

    table, error = _number_rules(partition, request, ground, found)
    bound = bound_output_error(ground, heads, error)
    return RuleSet(
        request.outputs,
        partition.domain,
        table,
        table.tree,
        table.network,
        error,
        partition.complete,
        request.stats,
        heads,
        output_error=None if is_identity(heads, count) else bound,
        tradeoffs=_list_tradeoffs(ground, request, heads, found, bound),
        decision=request.decision,
        estimate=partition.estimate,
    )


def _number_rules(
    partition: Partition,
    request: RuleRequest,
    ground: PiecewiseFunction,
    found: SimplificationResult,
) -> tuple[RuleTable, float]:
    """The rules in their order, and the error of their scores."""
    shape = _draft_rules(ground, found, strict=request.decision is not None)
    counts = None if request.data is None else _count_rows(partition, shape, request.data)
    order = _order_leaves(shape, counts, request.decision)
    regions = np.array([piece.regions[0] for piece in found.pieces], dtype=np.intp)[order]
    maps = shape.maps

    table = RuleTable(
        tree=_renumber_leaves(shape.tree, np.argsort(order)),
        # Rules stand for the collapsed numbers, and files hold these.
        network=replace(partition.network, lifting=None),
        bounds=pack_sides([shape.sides[leaf] for leaf in order.tolist()]),
        maps=AffineMap(make_read_only(maps.weights[order]), make_read_only(maps.constants[order])),
        points=make_read_only(shape.points[order]),
        rows=None if counts is None else counts[order],
        given=partition.patterns[regions],
    )
    return table, request.score_error + shape.error


def _list_tradeoffs(
    ground: PiecewiseFunction,
    request: RuleRequest,
    heads: tuple[Head, ...],
    found: SimplificationResult,
    bound: float,
) -> tuple[Tradeoff, ...]:
    """What every step of the merging costs of the outputs; none where nothing was asked for."""
    if request.budget == MergeBudget():
        return ()
    before = [
        step._replace(error=bound_output_error(ground, heads, request.score_error + step.error))
        for step in found.steps[:-1]
    ]
    return (*before, found.steps[-1]._replace(error=bound))


def _make_decision_function(partition: Partition, deadline: Deadline) -> PiecewiseFunction:
    """What is decided on every region, as maps without weights."""
    values = read_decisions(partition)
    maps = AffineMap(np.zeros((*values.shape, partition.network.A.shape[1])), values)
    return PiecewiseFunction(partition, maps, np.full(values.shape[1], 0.5), deadline=deadline)


def _draft_rules(
    ground: PiecewiseFunction, found: SimplificationResult, *, strict: bool
) -> _RuleDraft:
    """strict: what holds on a boundary matters, as where two classes tie."""
    tree, turned = _scale_splits(found.grown.tree, ground.partition.domain.widths, strict=strict)
    regions = np.array([piece.regions[0] for piece in found.pieces], dtype=np.intp)
    points = ground.partition.points[regions]
    sides = [_translate_sides(piece, found, turned) for piece in found.pieces]
    if found.room is not None:
        short = [shorten_numbers(ground, piece, found.room) for piece in found.pieces]
        return _RuleDraft(
            tree=tree,
            sides=sides,
            maps=_stack_maps([own for _, own in short]),
            points=points,
            error=max(piece.error for piece, _ in short),
        )

    if not found.limit:
        return _RuleDraft(
            tree=tree,
            sides=sides,
            maps=AffineMap(*(part[regions] for part in ground.maps)),
            points=points,
            error=0.0,
        )

    tidy = [_round_map_in_time(ground, piece, _SHARE * found.limit) for piece in found.pieces]
    pieces, maps = [piece for piece, _ in tidy], _stack_maps([own for _, own in tidy])
    shape = _RuleDraft(
        tree=tree, sides=sides, maps=maps, points=points, error=max(piece.error for piece in pieces)
    )
    if count_leaves(tree) > len(pieces) or len(pieces) == 1 or ground.deadline.is_over():
        return shape

    straight = round_boundaries(
        ground, tree, np.array([piece.forms for piece in pieces]), found.limit
    )
    admitted = None if straight is None else _choose_admitted_points(ground, straight, pieces)
    if straight is None or admitted is None:
        return shape
    return _RuleDraft(
        tree=straight.tree,
        sides=list(straight.sides),
        maps=maps,
        points=admitted,
        error=straight.error,
    )


def _choose_admitted_points(
    ground: PiecewiseFunction, straight: BoundaryRounding, pieces: Sequence[AffinePiece]
) -> Array | None:
    """(R, d) points of the leaves that are rows of the domain: centres may be of no one category.

    None where a leaf holds no point of its regions any more.
    """
    points, partition = straight.points.copy(), ground.partition
    for i in np.flatnonzero(~partition.domain.contains(points)).tolist():
        known = partition.points[list(pieces[i].regions)]
        inside = known[straight.tree.route(known) == i]
        if not len(inside):
            return None
        points[i] = inside[0]
    return points


def _round_map_in_time(
    ground: PiecewiseFunction, piece: AffinePiece, limit: float
) -> tuple[AffinePiece, AffineMap]:
    """With few terms and digits, where there is time for that."""
    if piece.splits is not None and not ground.deadline.is_over():
        with suppress(OutOfTimeError):
            return round_map(ground, piece, limit)
    return piece, convert_to_user(ground.frame, piece.forms)


def _stack_maps(maps: list[AffineMap]) -> AffineMap:
    return AffineMap(
        np.stack([own.weights for own in maps]), np.stack([own.constants for own in maps])
    )


def _order_leaves(
    shape: _RuleDraft, counts: NDArray[np.intp] | None, decision: Decision | None
) -> NDArray[np.intp]:
    """Leaves by the rows they hold, most first; decisions class by class, those with the fewest
    rules first.

    So the last class is what is left when no rule above applies.
    """
    rows = np.zeros(len(shape.sides), dtype=np.intp) if counts is None else counts
    if decision is None:
        return np.argsort(-rows, kind="stable")
    scores = shape.maps.constants
    classes = scores.argmax(axis=1) if scores.shape[1] > 1 else (scores[:, 0] > 0).astype(np.intp)
    number = np.bincount(classes, minlength=len(decision.classes))
    return np.lexsort((-rows, classes, number[classes]))


def _translate_sides(
    piece: AffinePiece, found: SimplificationResult, turned: NDArray[np.bool_]
) -> Sides | None:
    """What bounds the piece, as splits of the rules' tree; None where that isn't known."""
    if piece.splits is None:
        return None
    placed = [(found.grown.place[split], side) for split, side in piece.splits]
    return tuple(Side(at, int(side ^ other ^ bool(turned[at]))) for (at, other), side in placed)


def _count_rows(partition: Partition, shape: _RuleDraft, data: Array) -> NDArray[np.intp]:
    leaves = shape.tree.route(data[partition.domain.contains(data)])
    return np.bincount(leaves[leaves >= 0], minlength=len(shape.sides))


def _scale_splits(tree: Tree, widths: Array, *, strict: bool) -> tuple[Tree, NDArray[np.bool_]]:
    """Scale every split so that the column that moves it most has coefficient 1; also tell where
    that swapped sides.

    A column's influence is |coefficient| times its width in the domain. strict: where that would
    swap sides, the coefficient is -1, so that the boundary stays on its side.
    """
    rows = np.arange(len(tree.neurons))
    lead = (
        tree.normals[rows, np.argmax(np.abs(tree.normals) * widths, axis=1)]
        if len(rows)
        else np.empty(0)
    )
    lead = np.abs(lead) if strict else lead
    turned = lead < 0
    children = np.where(turned[:, None], tree.children[:, ::-1], tree.children).astype(np.int32)
    scaled = replace(
        tree,
        normals=tree.normals / lead[:, None] + 0.0,
        offsets=tree.offsets / lead + 0.0,
        children=children,
    )

    return scaled, turned


def _renumber_leaves(tree: Tree, rank: NDArray[np.intp]) -> Tree:
    """Leaf i becomes leaf rank[i]."""
    children = tree.children.copy()
    leaf = (children < 0) & (children != UNEXPLORED)
    children[leaf] = ~rank[~children[leaf]]
    return replace(tree, children=children)
