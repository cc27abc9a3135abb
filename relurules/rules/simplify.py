"""Partition -> pieces and a tree that leads to them: as few as an error bound, or a number of rules, allows."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from relurules.errors import UnsupportedError
from relurules.ir import Tradeoff
from relurules.ir.network import Array
from relurules.rules.agglomerate import Goal, Merged, agglomerate
from relurules.rules.facets import bounding_sides
from relurules.rules.fit import Measure, anywhere
from relurules.rules.grow import grow
from relurules.rules.merge import Grown, Ladder, ladder, leaf_count, regrouped
from relurules.rules.on_rows import lighter, on_rows, table_of
from relurules.rules.pieces import Ground, Piece
from relurules.rules.siblings import siblings

Progress = Callable[[int], None]

#: Pieces that aren't siblings are merged where there are no more regions, and no more pieces, than these.
_MOST_REGIONS, _MOST_PIECES = 5000, 1000
#: A tree is grown anew for at most so many pieces.
_MOST_GROWN = 300
#: What pieces may cost of a bound; the rest is for terms and digits.
_SHARE = 0.8
#: The first bound tried, as a share of the maps' spread, where a number of rules is asked for; then twice as much.
_FIRST = 1e-3
#: Room for terms, digits and boundaries beyond the error that a number of rules takes, as a share of that.
_ROOM = 0.02
#: So many ways are tried from siblings to so many rules that are close on rows; what terms that are left out may add,
#: as a share of the squared difference there; what rounding a number may move a score by, as a share of its root.
_WAYS, _OF_SQUARES, _OF_DIFFERENCE = 6, 0.1, 1e-3
#: So often the interval that holds the least error for a number of rules is halved, on the ladder's own steps.
_HALVINGS = 8


class Simplified(NamedTuple):
    """pieces, and a tree that leads to them; limit: how far they may be off; steps: rules left at which error.

    room: (m,) what rounding a number may move each score by, where that is no matter of the limit.
    """

    grown: Grown
    pieces: list[Piece]
    limit: float = 0.0
    steps: tuple[Tradeoff, ...] = ()
    room: Array | None = None


def simplified(
    ground: Ground, error: float, rules: int | None, progress: Progress | None = None, *, close_on: Array | None = None
) -> Simplified:
    """Merge while the certified error stays within `error`, or until `rules` are left; by equal maps where neither is.

    error: of the function, 0 for none, and no limit where `rules` are asked for. close_on: rows (N, d) on which these
    are to be close to the function, None for anywhere; pieces' errors are no bounds then. Raises UnsupportedError where
    so few rules would take a larger error, or the domain or the partition doesn't allow any.
    """
    if error == 0.0 or rules is not None:
        exact = _alike_merged(ground, progress)
        if rules is None or len(exact.pieces) <= rules:
            return exact._replace(steps=(Tradeoff(len(exact.pieces), 0.0),))
    _check(ground)
    if rules is not None and close_on is not None:
        few = _few_on_rows(ground, rules, close_on, progress)
        return few._replace(steps=(Tradeoff(len(exact.pieces), 0.0), Tradeoff(len(few.pieces), np.inf)))
    if rules is not None:
        return _few(ground, rules, error or np.inf, progress)
    spent = error * _SHARE
    steps = ladder(ground, anywhere(ground, spent))
    tries = [_reached(ground, steps, at, Goal(spent), progress) for at in (spent, 0.0)]
    best = min(tries, key=lambda found: len(found.pieces))
    return best._replace(limit=error, steps=_all(steps, best))


def _alike_merged(ground: Ground, progress: Progress | None) -> Simplified:
    """With the same map everywhere in a piece: siblings, and then neighbours."""
    found = siblings(ground)
    count, places = len(found.first), found.splits.tolist()
    sides = bounding_sides(ground, found.tree, places, count, ground.deadline)
    members = np.split(np.argsort(found.leaf_of, kind="stable"), np.cumsum(np.bincount(found.leaf_of))[:-1])
    pieces = [
        Piece(own, tuple(regions.tolist()), ground.forms[first], 0.0)
        for own, regions, first in zip(sides, members, found.first.tolist(), strict=True)
    ]
    grown = Grown(found.tree, {old: (new, False) for new, old in enumerate(places)})
    return _joined(ground, grown, pieces, Goal(0.0), anywhere(ground), progress)


def _few_on_rows(ground: Ground, rules: int, rows: Array, progress: Progress | None) -> Simplified:
    """So many rules that are close to the function on the rows (N, d); errors are as `on_rows` counts them.

    Siblings are merged down to several numbers of pieces, then neighbours; of these ways the closest one counts.
    """
    table = table_of(ground, rows)
    measure = on_rows(table)
    steps = ladder(ground, measure)
    if steps.tradeoffs(np.inf)[-1].rules > rules:
        ground.deadline.check(f"merging {len(ground.partition)} regions to max_rules={rules}")
    left = [step for step in steps.tradeoffs(np.inf) if step.rules > rules]
    starts = [left[i] for i in np.unique(np.geomspace(1, len(left), _WAYS).astype(int) - 1)]
    last = next(step for step in steps.tradeoffs(np.inf) if step.rules <= rules)
    ways = [_joined(ground, *steps.cut(at), Goal(np.inf, rules), measure, progress) for _, at in (*starts, last)]
    best = min((way for way in ways if len(way.pieces) <= rules), key=lambda way: sum(p.error for p in way.pieces))
    pieces = lighter(table, best.pieces, _OF_SQUARES * sum(piece.error for piece in best.pieces))
    off = sum(piece.error for piece in pieces)
    return best._replace(pieces=pieces, room=_OF_DIFFERENCE * np.sqrt(off) * table.spread)


def _few(ground: Ground, rules: int, limit: float, progress: Progress | None) -> Simplified:
    """So many rules with about the least error: siblings up to some error, then neighbours; the best of both shares."""
    steps = _reaching(ground, rules, limit)
    errors = [step.error for step in steps.tradeoffs(np.inf)]
    best = _reached(ground, steps, errors[-1], Goal(errors[-1], rules), progress)
    low, high = 0, len(errors) - 1
    alone = _reached(ground, steps, 0.0, Goal(best.limit, rules), progress)
    if len(alone.pieces) <= rules and alone.limit < best.limit:
        best = alone
    for _ in range(_HALVINGS):
        if low >= high or ground.deadline.is_over():
            break
        middle = (low + high) // 2
        found = _reached(ground, steps, errors[middle], Goal(best.limit, rules), progress)
        if len(found.pieces) <= rules and found.limit <= best.limit:
            best, high = found, middle
        else:
            low = middle + 1
    if len(best.pieces) > rules:
        ground.deadline.check(f"merging regions to max_rules={rules}, with {len(best.pieces)} rules left")
    return best._replace(limit=min(limit, best.limit * (1 + _ROOM)), steps=_all(steps, best))


def _reached(ground: Ground, steps: Ladder, at: float, goal: Goal, progress: Progress | None) -> Simplified:
    """Siblings merged up to some error, then neighbours up to the goal's."""
    return _joined(ground, *steps.cut(at), goal, anywhere(ground, goal.error), progress)


def _all(steps: Ladder, best: Simplified) -> tuple[Tradeoff, ...]:
    """The way down by siblings, and what was reached in the end."""
    reached = Tradeoff(len(best.pieces), best.limit)
    return (
        *(step for step in steps.tradeoffs(np.inf) if step.rules > reached.rules and step.error < reached.error),
        reached,
    )


def _joined(
    ground: Ground, grown: Grown, pieces: list[Piece], goal: Goal, measure: Measure, progress: Progress | None
) -> Simplified:
    """With neighbours merged that aren't siblings, where that can be of use; limit: what error that came to."""
    start = max(piece.error for piece in pieces)
    many = len(ground.partition) > _MOST_REGIONS or len(pieces) > _MOST_PIECES
    many = many or any(piece.splits is None for piece in pieces)
    if many or not ground.partition.complete or len(pieces) <= goal.rules:
        return Simplified(grown, pieces, start)
    if goal.error == 0.0 and not _alike(ground, pieces):
        return Simplified(grown, pieces, start)
    merged = agglomerate(ground, pieces, _neighbours(ground, pieces), goal, measure, progress)
    if len(merged.pieces) < len(pieces):
        grown = _tree(ground, grown, merged)
    return Simplified(grown, merged.pieces, max(piece.error for piece in merged.pieces))


def _tree(ground: Ground, grown: Grown, merged: Merged) -> Grown:
    """The smaller one of the partition's tree, for the merged pieces, and one grown for them."""
    old = regrouped(grown, merged.members)
    if not len(merged.pieces) < leaf_count(old.tree) or len(merged.pieces) > _MOST_GROWN:
        return old
    return grow(ground, merged.pieces, leaf_count(old.tree)) or old


def _reaching(ground: Ground, rules: int, limit: float) -> Ladder:
    """The way down to so many pieces by siblings; UnsupportedError where that takes an error above `limit`."""
    error = _FIRST * float(np.ptp(ground.forms, axis=0).sum(axis=1).max())
    while True:
        steps = ladder(ground, anywhere(ground, min(error, limit)))
        left = steps.tradeoffs(np.inf)[-1].rules
        if left <= rules:
            return steps
        ground.deadline.check(f"merging {len(ground.partition)} regions to max_rules={rules}, with {left} rules left")
        if error >= limit:
            raise UnsupportedError(
                f"max_rules={rules}: with this max_error {left} rules are needed; allow more rules, or a larger error"
            )
        error *= 2


def _check(ground: Ground) -> None:
    domain = ground.partition.domain
    if not ground.partition.complete:
        raise UnsupportedError(
            f"max_error and max_rules need all linear regions, and the search ended after {len(ground.partition)}; "
            "raise max_regions, time_limit or memory_limit"
        )
    if not np.isfinite([domain.lower, domain.upper]).all():
        name = next(
            n for n, a, b in zip(domain.names, domain.lower, domain.upper, strict=True) if not np.isfinite(b - a)
        )
        raise UnsupportedError(
            f"max_error and max_rules need a bounded domain, and column {name!r} is open; give its range"
        )


def _alike(ground: Ground, pieces: list[Piece]) -> bool:
    """Whether any two pieces may have the same forms: a sum of them that is the same."""
    forms = np.array([piece.forms for piece in pieces]).reshape(len(pieces), -1)
    sums = np.sort(forms @ np.random.default_rng(0).uniform(0.5, 1.0, forms.shape[1]))
    return bool((np.diff(sums) <= ground.least.sum()).any())


def _neighbours(ground: Ground, pieces: list[Piece]) -> list[tuple[int, int]]:
    """Pairs of pieces that share a facet of their regions."""
    piece_of = {region: i for i, piece in enumerate(pieces) for region in piece.regions}
    pairs = {(piece_of[a], piece_of[b]) for a, b in ground.adjacent}
    return sorted({(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]})
