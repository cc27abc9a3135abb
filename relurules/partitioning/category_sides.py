"""Which sides of a split hold an admissible point, where columns have categories, compiled.

A side has one where a witness is found: the cell's own one, another one with its categories, or one
with those that prevail at a vertex of the cell, in which indicators may be fractions. Else branch
and bound over categories goes on until it has a witness or every part is certified to have none.
Where it can't tell, the question is left to `admissible_points`.
"""

from typing import NamedTuple

import numpy as np

from relurules.lp.compilation import compile_cached
from relurules.lp.dictionary import (
    STUCK,
    Dictionary,
    copy_vector,
    express_form,
    maximise_form,
    negate_form,
    write_vertex,
)
from relurules.lp.fixing import AT_BOUND, copy_dictionary, fix_coordinate, move_to_bound
from relurules.lp.tolerances import RADIUS, UNIT
from relurules.partitioning import state_layout
from relurules.partitioning.balls import side_bit
from relurules.partitioning.category_climb import climb_categories
from relurules.partitioning.category_rows import (
    enter_row,
    is_clear,
    pick_categories,
    reach_side,
)
from relurules.partitioning.cells import load_dictionary
from relurules.partitioning.certificates import certify_maximum
from relurules.partitioning.state import CellStack, CurrentCell, SearchNetwork

#: Parts that one search looks at; where they are not enough, the question is left open.
_PARTS = 3000
#: Indicators this near to 0 or 1 are no fractions.
_WHOLE = 1e-9
#: An indicator that is 0 since nothing is left where it is 1.
_EXCLUDED = 2
#: What a part of the cell, or a side, comes to.
_NONE, _SOME, _OPEN, _MIXED = range(4)


class CellParts(NamedTuple):
    """The dictionaries that a search for witnesses works on, see `SearchState`."""

    stack: CellStack
    work: Dictionary
    part: Dictionary
    row: Dictionary
    trial: Dictionary


@compile_cached
def find_admissible_sides(net: SearchNetwork, node: CurrentCell, parts: CellParts, k: int) -> int:
    """The answer for a split by neuron k: sides with an admissible point, UNANSWERED where that
    isn't certain.

    Both sides' vertices are at hand: one in the work dictionary, the other in `spare` and on the
    stack's free slot.
    """
    mark_witnessed_side(net, node, k)
    if not len(node.witness):
        return state_layout.UNANSWERED

    answer = node.at[state_layout.SEEN]
    for sign in (-1, 1):
        if answer & side_bit(sign):
            continue
        found = _find_side_witness(net, node, parts, k, sign)
        if found == _OPEN:
            return state_layout.UNANSWERED
        if found == _SOME:
            answer |= side_bit(sign)
            node.at[state_layout.SEEN] = answer

    return int(answer)


@compile_cached
def mark_witnessed_side(net: SearchNetwork, node: CurrentCell, k: int) -> None:
    """The cell's witness becomes that of the side of neuron k that it is clearly on."""
    at = node.at
    at[state_layout.SEEN] = 0
    if not at[state_layout.WITNESSED]:
        return

    pick_categories(net, node.witness, node.picked)
    for sign in (-1, 1):
        if is_clear(net, node, k, sign, node.witness):
            copy_vector(node.witness, node.witnesses[(sign + 1) // 2])
            at[state_layout.SEEN] = side_bit(sign)


@compile_cached
def _find_side_witness(
    net: SearchNetwork, node: CurrentCell, parts: CellParts, k: int, sign: int
) -> int:
    """A witness of a side, by what is at hand, then by branch and bound."""
    if node.at[state_layout.WITNESSED]:
        pick_categories(net, node.witness, node.picked)
        if _reach_by_changes(net, node, parts, k, sign):
            return _SOME

    if sign == node.at[state_layout.HERE]:
        write_vertex(parts.work, node.middle)
    else:
        copy_vector(node.spare, node.middle)

    changed = pick_categories(net, node.middle, node.picked)
    if (changed or not node.at[state_layout.WITNESSED]) and _reach_by_changes(
        net, node, parts, k, sign
    ):
        return _SOME
    return int(_search_parts(net, node, parts, k, sign))


@compile_cached
def _reach_by_changes(
    net: SearchNetwork, node: CurrentCell, parts: CellParts, k: int, sign: int
) -> bool:
    """Whether a witness of a side has the categories picked, or others after some changes."""
    return enter_row(net, node, parts.row) and (
        reach_side(net, node, parts.row, k, sign)
        or climb_categories(net, node, parts.row, parts.trial, k, sign)
    )


@compile_cached
def _search_parts(
    net: SearchNetwork, node: CurrentCell, parts: CellParts, k: int, sign: int
) -> int:
    """Branch and bound, depth first: an indicator is 1, then it is 0."""
    fixed, depth, done, D = node.fixed, 0, 0, parts.part
    _take_cell(node, parts, sign)
    for _ in range(_PARTS):
        found = _fix_indicators(net, node, D, done, depth)
        if found == _MIXED:
            found = _judge_part(net, node, parts, k, sign)
        if found in (_SOME, _OPEN):
            return found
        if found == _MIXED:
            done = depth
            depth = _exclude_indicators(net, node, D, depth)
            fixed[depth, 0], fixed[depth, 1] = _find_fraction(net, node), 1
            depth += 1
            continue

        while depth > 0 and fixed[depth - 1, 1] != 1:
            depth -= 1
        if depth == 0:
            return _NONE
        fixed[depth - 1, 1] = 0
        done = 0
        _take_cell(node, parts, sign)

    return _OPEN


@compile_cached
def _take_cell(node: CurrentCell, parts: CellParts, sign: int) -> None:
    """Make `part` the current cell, at the vertex on this side of the split."""
    copy_dictionary(parts.work, parts.part)
    if sign != node.at[state_layout.HERE]:
        top, pooled = node.counts[state_layout.TOP], node.counts[state_layout.POOLED]
        load_dictionary(parts.stack, top, pooled, parts.work.used[0], parts.part)


@compile_cached
def _fix_indicators(
    net: SearchNetwork, node: CurrentCell, D: Dictionary, first: int, end: int
) -> int:
    """Hold indicators fixed in the part at their values; NONE where no point of the cell has all of
    them, MIXED where one may.
    """
    for i in range(first, end):
        j, value = node.fixed[i, 0], 1 if node.fixed[i, 1] == 1 else 0
        if D.width[j] == 0.0:
            if D.low[j] != value:
                return _NONE
            continue
        if move_to_bound(D, j, value) == STUCK:
            return _OPEN
        if D.table[D.used[0], 0] < -AT_BOUND:
            return _NONE if _is_out_of_reach(node, D, j, value) else _OPEN
        fix_coordinate(D, j, float(value))
        if value == 1 and not _clear_others(net, D, j):
            return _OPEN

    return _MIXED


@compile_cached
def _is_out_of_reach(node: CurrentCell, D: Dictionary, j: int, value: int) -> bool:
    """Whether it is certain that indicator j, whose distance is the form in question, nowhere has
    a value.
    """
    F, row, sign = len(D.low), node.system[0], 2.0 * value - 1.0
    row[:] = 0.0
    row[j] = 1.0
    rounding = 16.0 * (F + 4) * UNIT
    most = certify_maximum(
        D, node.cuts, node.cut_error, node.middle, row, -float(value), sign, rounding, RADIUS
    )
    return bool(most < 0.0)


@compile_cached
def _clear_others(net: SearchNetwork, D: Dictionary, j: int) -> bool:
    """Hold the other indicators of j's group at 0, where they are; False where one isn't."""
    for g in range(len(net.firsts) - 1):
        if not _is_member(net, g, j):
            continue
        for i in range(net.firsts[g], net.firsts[g + 1]):
            other = net.indicators[i]
            if other == j or D.width[other] == 0.0:
                continue
            at = D.place[other]
            value = D.table[at, 0] if at >= 0 else 0.0
            value = 1.0 - value if D.flipped[other] else value
            if abs(value) > _WHOLE:
                return False
            fix_coordinate(D, other, 0.0)

    return True


@compile_cached
def _is_member(net: SearchNetwork, g: int, j: int) -> bool:
    found = False
    for i in range(net.firsts[g], net.firsts[g + 1]):
        found |= net.indicators[i] == j
    return found


@compile_cached
def _judge_part(net: SearchNetwork, node: CurrentCell, parts: CellParts, k: int, sign: int) -> int:
    """Whether a part of the cell has a witness of a side, or is certified to have none; MIXED where
    its farthest vertex mixes categories.
    """
    D, form = parts.part, node.rows[k]
    n = D.used[0]
    express_form(D, form, D.table[n])
    if sign < 0:
        negate_form(D)
    if maximise_form(D, np.inf) == STUCK:
        return _OPEN

    most = certify_maximum(
        D,
        node.cuts,
        node.cut_error,
        node.middle,
        form,
        form[len(form) - 1],
        float(sign),
        node.error[k],
        RADIUS,
    )
    if most <= RADIUS:
        return _NONE

    node.most[0] = most
    copy_vector(node.middle, node.gain)
    write_vertex(D, node.middle)
    pick_categories(net, node.middle, node.picked)
    if _reach_by_changes(net, node, parts, k, sign):
        return _SOME
    return _MIXED if _find_fraction(net, node) >= 0 else _OPEN


@compile_cached
def _exclude_indicators(net: SearchNetwork, node: CurrentCell, D: Dictionary, depth: int) -> int:
    """Fix at 0 what leaves nothing of a part where it is 1; the number fixed then.

    The form that `gain` adds up to is at most `most` in the part, which is its largest value over
    the box; there indicators whose gain is negative are 0.
    """
    for j in net.indicators:
        if D.width[j] == 0.0 or node.gain[j] >= 0.0:
            continue
        if node.most[0] + node.gain[j] * (1.0 - 1e-12) <= RADIUS:
            node.fixed[depth, 0], node.fixed[depth, 1] = j, _EXCLUDED
            depth += 1

    return depth


@compile_cached
def _find_fraction(net: SearchNetwork, node: CurrentCell) -> int:
    """The indicator of the vertex in `middle` to branch on: the largest of the group whose largest
    share is least; -1 where none is a fraction.
    """
    u, best, least = node.middle, -1, 1.0 - _WHOLE
    for g in range(len(net.firsts) - 1):
        left, most, largest = 1.0, 0.0, -1
        for i in range(net.firsts[g], net.firsts[g + 1]):
            j = net.indicators[i]
            left -= u[j]
            if u[j] > most:
                most, largest = u[j], j
        share = max(left, most)
        if share < least and largest >= 0:
            best, least = largest, share

    return int(best)
