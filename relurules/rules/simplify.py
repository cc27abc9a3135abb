"""Partition -> pieces and a tree that leads to them: as few as an error bound, or a number of
rules, allows.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from relurules.errors import UnsupportedError
from relurules.ir import Tradeoff
from relurules.ir.network import Array
from relurules.rules.agglomerate import AgglomerationResult, MergeLimit, agglomerate_pieces
from relurules.rules.facets import find_bounding_sides
from relurules.rules.fit import MergeCost, make_uniform_cost
from relurules.rules.merge_hierarchy import (
    MergeHierarchy,
    PieceTree,
    build_merge_hierarchy,
    count_leaves,
    regroup_leaves,
)
from relurules.rules.pieces import AffinePiece, PiecewiseFunction
from relurules.rules.row_moments import drop_light_terms, make_row_cost, summarise_rows
from relurules.rules.sibling_merge import merge_equal_siblings
from relurules.rules.tree_building import rebuild_tree

Progress = Callable[[int], None]

#: Pieces that aren't siblings are merged where there are no more regions, and no more pieces, than
#: these.
_MOST_REGIONS, _MOST_PIECES = 5000, 1000
#: A tree is grown anew for at most so many pieces.
_MOST_GROWN = 300
#: What pieces may cost of a bound; the rest is for terms and digits.
_SHARE = 0.8
#: The first bound tried, as a share of the maps' spread, where a number of rules is asked for; then
#: twice as much.
_FIRST = 1e-3
#: Room for terms, digits and boundaries beyond the error that a number of rules takes, as a share
#: of that.
_ROOM = 0.02
#: So many ways are tried from siblings to so many rules that are close on rows; what terms that are
#: left out may add, as a share of the squared difference there; what rounding a number may move a
#: score by, as a share of its root.
_WAYS, _OF_SQUARES, _OF_DIFFERENCE = 6, 0.1, 1e-3
#: So often the interval that holds the least error for a number of rules is halved, on the ladder's
#: own steps.
_HALVINGS = 8


@dataclass(frozen=True, kw_only=True)
class SimplificationResult:
    """Pieces, and a tree that leads to them."""

    #: The tree.
    grown: PieceTree
    #: What is left.
    pieces: list[AffinePiece]
    #: How far they may be off.
    limit: float = 0.0
    #: Rules left at which error.
    steps: tuple[Tradeoff, ...] = ()
    #: (m,) what rounding a number may move each score by, where that is no matter of the limit.
    room: Array | None = None


def simplify_partition(
    ground: PiecewiseFunction,
    error: float,
    rules: int | None,
    progress: Progress | None = None,
    *,
    close_on: Array | None = None,
) -> SimplificationResult:
    """Merge while the certified error stays within `error`, or until `rules` are left; by equal
    maps where neither is.

    error: of the function, 0 for none, and no limit where `rules` are asked for. close_on: rows (N,
    d) on which these are to be close to the function, None for anywhere; pieces' errors are no
    bounds then. Raises UnsupportedError where so few rules would take a larger error, or the domain
    or the partition doesn't allow any.
    """
    if error == 0.0 or rules is not None:
        exact = _merge_equal_maps(ground, progress)
        if rules is None or len(exact.pieces) <= rules:
            return replace(exact, steps=(Tradeoff(len(exact.pieces), 0.0),))

    _check_mergeable(ground)
    if rules is not None and close_on is not None:
        few = _fit_rules_to_rows(ground, rules, close_on, progress)
        return replace(
            few, steps=(Tradeoff(len(exact.pieces), 0.0), Tradeoff(len(few.pieces), np.inf))
        )

    if rules is not None:
        return _merge_to_rule_count(ground, rules, error or np.inf, progress)

    spent = error * _SHARE
    steps = build_merge_hierarchy(ground, make_uniform_cost(ground, spent))
    tries = [
        _merge_in_two_steps(ground, steps, at, MergeLimit(spent), progress) for at in (spent, 0.0)
    ]
    best = min(tries, key=lambda found: len(found.pieces))

    return replace(best, limit=error, steps=_list_tradeoffs(steps, best))


def _merge_equal_maps(ground: PiecewiseFunction, progress: Progress | None) -> SimplificationResult:
    """With the same map everywhere in a piece: siblings, and then neighbours."""
    found = merge_equal_siblings(ground)
    count, places = len(found.first), found.splits.tolist()
    sides = find_bounding_sides(ground, found.tree, places, count, ground.deadline)
    members = np.split(
        np.argsort(found.leaf_of, kind="stable"), np.cumsum(np.bincount(found.leaf_of))[:-1]
    )
    pieces = [
        AffinePiece(own, tuple(regions.tolist()), ground.forms[first], 0.0)
        for own, regions, first in zip(sides, members, found.first.tolist(), strict=True)
    ]
    grown = PieceTree(found.tree, {old: (new, False) for new, old in enumerate(places)})

    return _merge_neighbours(
        ground, grown, pieces, MergeLimit(0.0), make_uniform_cost(ground), progress
    )


def _fit_rules_to_rows(
    ground: PiecewiseFunction, rules: int, rows: Array, progress: Progress | None
) -> SimplificationResult:
    """So many rules that are close to the function on the rows (N, d); errors are as `on_rows`
    counts them.

    Siblings are merged down to several numbers of pieces, then neighbours; of these ways the
    closest one counts.
    """
    table = summarise_rows(ground, rows)
    measure = make_row_cost(table)
    steps = build_merge_hierarchy(ground, measure)
    if steps.tradeoffs(np.inf)[-1].rules > rules:
        ground.deadline.check(f"merging {len(ground.partition)} regions to max_rules={rules}")

    left = [step for step in steps.tradeoffs(np.inf) if step.rules > rules]
    starts = [left[i] for i in np.unique(np.geomspace(1, len(left), _WAYS).astype(int) - 1)]
    last = next(step for step in steps.tradeoffs(np.inf) if step.rules <= rules)
    ways = [
        _merge_neighbours(ground, *steps.cut(at), MergeLimit(np.inf, rules), measure, progress)
        for _, at in (*starts, last)
    ]
    best = min(
        (way for way in ways if len(way.pieces) <= rules),
        key=lambda way: sum(p.error for p in way.pieces),
    )
    pieces = drop_light_terms(
        table, best.pieces, _OF_SQUARES * sum(piece.error for piece in best.pieces)
    )
    off = sum(piece.error for piece in pieces)

    return replace(best, pieces=pieces, room=_OF_DIFFERENCE * np.sqrt(off) * table.spread)


def _merge_to_rule_count(
    ground: PiecewiseFunction, rules: int, limit: float, progress: Progress | None
) -> SimplificationResult:
    """So many rules with about the least error: siblings up to some error, then neighbours; the
    best of both shares.
    """
    steps = _find_hierarchy(ground, rules, limit)
    errors = [step.error for step in steps.tradeoffs(np.inf)]
    best = _merge_in_two_steps(ground, steps, errors[-1], MergeLimit(errors[-1], rules), progress)
    low, high = 0, len(errors) - 1
    alone = _merge_in_two_steps(ground, steps, 0.0, MergeLimit(best.limit, rules), progress)

    if len(alone.pieces) <= rules and alone.limit < best.limit:
        best = alone

    for _ in range(_HALVINGS):
        if low >= high or ground.deadline.is_over():
            break
        middle = (low + high) // 2
        found = _merge_in_two_steps(
            ground, steps, errors[middle], MergeLimit(best.limit, rules), progress
        )
        if len(found.pieces) <= rules and found.limit <= best.limit:
            best, high = found, middle
        else:
            low = middle + 1

    if len(best.pieces) > rules:
        ground.deadline.check(
            f"merging regions to max_rules={rules}, with {len(best.pieces)} rules left"
        )

    return replace(
        best, limit=min(limit, best.limit * (1 + _ROOM)), steps=_list_tradeoffs(steps, best)
    )


def _merge_in_two_steps(
    ground: PiecewiseFunction,
    steps: MergeHierarchy,
    at: float,
    goal: MergeLimit,
    progress: Progress | None,
) -> SimplificationResult:
    """Siblings merged up to some error, then neighbours up to the goal's."""
    return _merge_neighbours(
        ground, *steps.cut(at), goal, make_uniform_cost(ground, goal.error), progress
    )


def _list_tradeoffs(steps: MergeHierarchy, best: SimplificationResult) -> tuple[Tradeoff, ...]:
    """The way down by siblings, and what was reached in the end."""
    reached = Tradeoff(len(best.pieces), best.limit)
    return (
        *(
            step
            for step in steps.tradeoffs(np.inf)
            if step.rules > reached.rules and step.error < reached.error
        ),
        reached,
    )


def _merge_neighbours(
    ground: PiecewiseFunction,
    grown: PieceTree,
    pieces: list[AffinePiece],
    goal: MergeLimit,
    measure: MergeCost,
    progress: Progress | None,
) -> SimplificationResult:
    """With neighbours merged that aren't siblings, where that can be of use; limit: what error that
    came to.
    """
    start = max(piece.error for piece in pieces)
    many = len(ground.partition) > _MOST_REGIONS or len(pieces) > _MOST_PIECES
    many = many or any(piece.splits is None for piece in pieces)
    if many or not ground.partition.complete or len(pieces) <= goal.rules:
        return SimplificationResult(grown=grown, pieces=pieces, limit=start)
    if goal.error == 0.0 and not _has_equal_forms(ground, pieces):
        return SimplificationResult(grown=grown, pieces=pieces, limit=start)

    merged = agglomerate_pieces(
        ground, pieces, _list_neighbours(ground, pieces), goal, measure, progress
    )
    if len(merged.pieces) < len(pieces):
        grown = _choose_tree(ground, grown, merged)
    return SimplificationResult(
        grown=grown, pieces=merged.pieces, limit=max(piece.error for piece in merged.pieces)
    )


def _choose_tree(
    ground: PiecewiseFunction, grown: PieceTree, merged: AgglomerationResult
) -> PieceTree:
    """The smaller one of the partition's tree, for the merged pieces, and one grown for them."""
    old = regroup_leaves(grown, merged.members)
    if not len(merged.pieces) < count_leaves(old.tree) or len(merged.pieces) > _MOST_GROWN:
        return old
    return rebuild_tree(ground, merged.pieces, count_leaves(old.tree)) or old


def _find_hierarchy(ground: PiecewiseFunction, rules: int, limit: float) -> MergeHierarchy:
    """The way down to so many pieces by siblings; UnsupportedError where that takes an error above
    `limit`.
    """
    error = _FIRST * float(np.ptp(ground.forms, axis=0).sum(axis=1).max())
    while True:
        steps = build_merge_hierarchy(ground, make_uniform_cost(ground, min(error, limit)))
        left = steps.tradeoffs(np.inf)[-1].rules
        if left <= rules:
            return steps
        ground.deadline.check(
            f"merging {len(ground.partition)} regions to max_rules={rules}, with {left} rules left"
        )
        if error >= limit:
            raise UnsupportedError(
                f"max_rules={rules}: with this max_error {left} rules are needed; allow more "
                "rules, or a larger error"
            )
        error *= 2


def _check_mergeable(ground: PiecewiseFunction) -> None:
    domain = ground.partition.domain
    if not ground.partition.complete:
        raise UnsupportedError(
            "max_error and max_rules need all linear regions, and the search ended after "
            f"{len(ground.partition)}; raise max_regions, time_limit or memory_limit"
        )

    if not np.isfinite([domain.lower, domain.upper]).all():
        name = next(
            n
            for n, a, b in zip(domain.names, domain.lower, domain.upper, strict=True)
            if not np.isfinite(b - a)
        )
        raise UnsupportedError(
            f"max_error and max_rules need a bounded domain, and column {name!r} is open; give "
            "its range"
        )


def _has_equal_forms(ground: PiecewiseFunction, pieces: list[AffinePiece]) -> bool:
    """Whether any two pieces may have the same forms: a sum of them that is the same."""
    forms = np.array([piece.forms for piece in pieces]).reshape(len(pieces), -1)
    sums = np.sort(forms @ np.random.default_rng(0).uniform(0.5, 1.0, forms.shape[1]))
    return bool((np.diff(sums) <= ground.least.sum()).any())


def _list_neighbours(ground: PiecewiseFunction, pieces: list[AffinePiece]) -> list[tuple[int, int]]:
    """Pairs of pieces that share a facet of their regions."""
    piece_of = {region: i for i, piece in enumerate(pieces) for region in piece.regions}
    pairs = {(piece_of[a], piece_of[b]) for a, b in ground.adjacent}
    return sorted({(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]})
