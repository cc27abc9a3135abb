"""The compiled depth-first search for the linear regions of a network.

A cell of the search is a full-dimensional polytope, kept as a simplex dictionary of one of its
vertices (`lp`), with a ball inside. It is split by the first neuron, in the order of the search,
that is negative somewhere in it and positive somewhere else. The vertex at hand shows one side; the
simplex method looks for a vertex on the other and stops at the first. A vertex clearly on a side
proves that the side is full-dimensional, as the cell is; and between it and the ball's centre lies
the centre of a ball on that side. Nothing starts from infeasible points. The negative side is
searched first, so that regions come in the lexicographic order of their patterns whatever path the
vertices took.
"""

from relurules.lp.compilation import compile_cached, compile_inline
from relurules.lp.dictionary import (
    STUCK,
    copy_vector,
    express_form,
    has_rising_edge,
    maximise_form,
    negate_form,
    refactor_basis,
    write_vertex,
)
from relurules.lp.tolerances import GOAL, REFACTOR_AFTER, THIN
from relurules.partitioning import state_layout
from relurules.partitioning.balls import evaluate_row, find_side_balls, recentre_ball, side_bit
from relurules.partitioning.category_rows import find_clear_point
from relurules.partitioning.category_sides import (
    CellParts,
    find_admissible_sides,
    mark_witnessed_side,
)
from relurules.partitioning.cells import (
    exchange_if_positive,
    load_dictionary,
    pop_cell,
    push_positive_side,
    store_dictionary,
    take_side,
)
from relurules.partitioning.certificates import certify_maximum
from relurules.partitioning.levels import enter_level, find_next_neuron
from relurules.partitioning.output import emit_region, emit_split, is_full
from relurules.partitioning.state import SearchState


@compile_cached
def advance(s: SearchState, tests: int) -> int:
    """Go on until something is to be done outside, or so many neurons were tested; the state can
    then be saved.
    """
    at, counts = s.node.at, s.node.counts
    end = counts[state_layout.TESTS] + tests
    while True:
        if not at[state_layout.LIVE]:
            if counts[state_layout.TOP] == 0:
                return state_layout.DONE
            pop_cell(s)
        if not _has_room(s):
            return state_layout.GROW
        if (
            counts[state_layout.TESTS] >= end
            or counts[state_layout.REGIONS] >= counts[state_layout.MOST]
        ):
            return state_layout.PAUSE
        if at[state_layout.ASKED]:
            waits = state_layout.UNSURE if at[state_layout.DOUBT] else state_layout.QUESTION
            why = waits if at[state_layout.ANSWER] == state_layout.UNANSWERED else _split_cell(s)
        else:
            k = find_next_neuron(s)
            why = _decide_neuron(s, k) if k >= 0 else _finish_level(s)
        if why != state_layout.ON:
            return why


@compile_inline
def _finish_level(s: SearchState) -> int:
    """All neurons of a level are decided: go on to the next one, or write the region."""
    if s.node.at[state_layout.LEVEL] < len(s.net.starts) - 2:
        enter_level(s)
        return state_layout.ON
    if is_full(s):
        return state_layout.FULL

    settled = _settle_center(s)
    emit_region(s)
    s.node.at[state_layout.LIVE] = 0
    return state_layout.ON if settled else state_layout.REACHED


@compile_inline
def _settle_center(s: SearchState) -> bool:
    """Whether the region's centre can serve as its point; where there are categories, one that is
    clear of its walls and has the witness's takes its place.
    """
    at, options = s.node.at, s.node.options
    if at[state_layout.THIN] or options[state_layout.PROBE]:
        return False
    if not options[state_layout.ASK]:
        return not options[state_layout.EACH]
    if not options[state_layout.POINTS]:
        return True
    return bool(at[state_layout.WITNESSED]) and find_clear_point(s.net, s.node, s.row, s.row_ball)


@compile_inline
def _decide_neuron(s: SearchState, k: int) -> int:
    """Decide neuron k where it doesn't cut the cell; else ask for the split."""
    at = s.node.at
    if is_full(s):
        return state_layout.FULL

    s.node.counts[state_layout.TESTS] += 1
    found = state_layout.UNSURE if at[state_layout.THIN] else _test_sides(s, k)
    at[state_layout.NEXT] = k + 1
    one_sided = found in (state_layout.NEGATIVE, state_layout.POSITIVE)
    if at[state_layout.SCAN] and not one_sided:
        return state_layout.ON
    if found == state_layout.BOTH:
        found = (
            state_layout.BOTH if find_side_balls(s, k) == state_layout.BOTH else state_layout.UNSURE
        )

    if one_sided:
        s.node.counts[state_layout.CERTIFIED] += 1
        s.node.pattern[k] = -1 if found == state_layout.NEGATIVE else 1
        return state_layout.ON

    at[state_layout.ASKED] = k + 1
    at[state_layout.DOUBT] = found == state_layout.UNSURE
    at[state_layout.ANSWER] = state_layout.BOTH
    if at[state_layout.DOUBT]:
        at[state_layout.ANSWER] = state_layout.UNANSWERED
        mark_witnessed_side(s.net, s.node, k)
    elif s.node.options[state_layout.ASK]:
        at[state_layout.ANSWER] = find_admissible_sides(
            s.net, s.node, CellParts(s.stack, s.work, s.part, s.row, s.trial), k
        )

    return state_layout.ON


@compile_inline
def _has_room(s: SearchState) -> bool:
    """Whether one more split has room in all arrays."""
    n, counts = s.work.used[0], s.node.counts
    room = len(s.stack.pool) - counts[state_layout.POOLED]
    return bool(
        n + 1 < s.work.table.shape[0]
        and s.node.at[state_layout.DEPTH] < len(s.node.cuts)
        and counts[state_layout.TOP] < len(s.stack.first)
        and (n + 1) * s.work.table.shape[1] <= room
    )


@compile_inline
def _test_sides(s: SearchState, k: int) -> int:  # noqa: C901, PLR0911
    """Which sides of neuron k hold a vertex; of both, the first one's dictionary is kept on the
    stack's free slot.

    Only one side: then a certificate says that the other has none. UNSURE where there is no such
    certificate.
    """
    D, node, n = s.work, s.node, s.work.used[0]
    room = 2.0 * (THIN + node.error[k])
    if not room < 1.0:
        return state_layout.UNSURE
    if D.used[1] > REFACTOR_AFTER and refactor_basis(D, node.cuts, node.system):
        node.counts[state_layout.REFACTORED] += 1

    express_form(D, node.rows[k], D.table[n])
    here = 1 if D.table[n, 0] > 0.0 else -1
    if here < 0:
        negate_form(D)
    if D.table[n, 0] <= room:  # the vertex is on the hyperplane: any way up, then any way down
        if maximise_form(D, GOAL) == STUCK:
            return state_layout.UNSURE
        if D.table[n, 0] <= room:
            empty = _is_side_empty(s, k, here)
            here = -here
            negate_form(D)
            if not empty or maximise_form(D, GOAL) == STUCK or D.table[n, 0] <= room:
                return state_layout.UNSURE
            return side_bit(here)

    node.at[state_layout.HERE] = -here
    write_vertex(D, node.spare)
    node.radii[(here + 1) // 2] = D.table[n, 0]
    negate_form(D)
    if not has_rising_edge(D):
        return side_bit(here) if _is_side_empty(s, k, -here) else state_layout.UNSURE

    store_dictionary(
        D,
        s.stack,
        node.counts[state_layout.TOP],
        node.counts[state_layout.POOLED],
        len(D.low) + node.at[state_layout.DEPTH],
    )

    if maximise_form(D, GOAL) == STUCK:
        return state_layout.UNSURE

    node.radii[(1 - here) // 2] = D.table[n, 0]
    if D.table[n, 0] > room:
        return state_layout.BOTH
    return side_bit(here) if _is_side_empty(s, k, -here) else state_layout.UNSURE


@compile_inline
def _is_side_empty(s: SearchState, k: int, side: int) -> bool:
    """Whether it is certain that no point of the cell lies strictly on this side of neuron k."""
    node, row = s.node, s.node.rows[k]
    constant = row[len(row) - 1]
    return (
        certify_maximum(
            s.work,
            node.cuts,
            node.cut_error,
            node.middle,
            row,
            constant,
            float(side),
            node.error[k],
            0.0,
        )
        <= 0.0
    )


@compile_inline
def _choose_sign(s: SearchState, k: int, found: int) -> int:
    """The sign of a neuron that doesn't cut the cell; where it is 0 in all of it, +1."""
    # No admissible point is clear of it.
    if found == state_layout.NEITHER and not s.node.at[state_layout.DOUBT]:
        return 1 if evaluate_row(s.node.rows[k], s.node.center) >= 0.0 else -1
    return -1 if found == state_layout.NEGATIVE else 1


@compile_inline
def _split_cell(s: SearchState) -> int:
    """Split the cell by the neuron asked about, or decide it where one side isn't wanted."""
    node, at = s.node, s.node.at
    k, answer = at[state_layout.ASKED] - 1, at[state_layout.ANSWER]
    at[state_layout.ASKED] = 0
    if answer != state_layout.BOTH:
        node.pattern[k] = _choose_sign(s, k, answer)
        at[state_layout.DOUBT] = 0
        return state_layout.ON

    thick = _find_thick_side(s, k) if at[state_layout.DOUBT] else state_layout.BOTH
    at[state_layout.DOUBT] = 0
    if node.options[state_layout.PROBE]:
        return _follow_random_side(s, k, thick)

    split = node.counts[state_layout.SPLITS]
    node.counts[state_layout.SPLITS] += 1
    if node.options[state_layout.TREE]:
        emit_split(s, k)

    exchange_if_positive(s)
    push_positive_side(s, k, split)
    s.stack.at[node.counts[state_layout.TOP] - 1, state_layout.THIN] = (
        not thick & state_layout.POSITIVE
    )
    take_side(s.work, node, k, -1)
    at[state_layout.SPLIT], at[state_layout.SIDE] = split, 0
    at[state_layout.THIN] = not thick & state_layout.NEGATIVE

    return state_layout.REACHED if node.options[state_layout.STEP] else state_layout.ON


@compile_inline
def _find_thick_side(s: SearchState, k: int) -> int:
    """Which sides of a split that exact arithmetic found floating point can go on with; their balls
    and dictionaries.

    One at most, or none. The work dictionary is on that side then; the stack's free slot holds a
    copy, which the other side has in name only.
    """
    D, node, n = s.work, s.node, s.work.used[0]
    express_form(D, node.rows[k], D.table[n])
    node.at[state_layout.HERE] = 1
    thick = state_layout.NEITHER
    if not node.at[state_layout.THIN] and node.error[k] < 1.0:
        for sign in (-1, 1):
            if thick != state_layout.NEITHER:
                continue
            i = (sign + 1) // 2
            copy_vector(node.center, node.sides[i])
            if node.at[state_layout.HERE] != sign:
                negate_form(D)
                node.at[state_layout.HERE] = sign
            if maximise_form(D, GOAL) == STUCK or D.table[n, 0] <= 0.0:
                continue
            node.radii[i] = recentre_ball(s, k, sign)
            if node.radii[i] > THIN:
                thick = side_bit(sign)

    store_dictionary(
        D,
        s.stack,
        node.counts[state_layout.TOP],
        node.counts[state_layout.POOLED],
        len(D.low) + node.at[state_layout.DEPTH],
    )

    return thick


@compile_inline
def _follow_random_side(s: SearchState, k: int, thick: int) -> int:
    """Go on with either side at random; where only one isn't thin, with that one."""
    counts = s.node.counts
    if thick == state_layout.NEITHER:
        s.node.at[state_layout.LIVE] = 0
        return state_layout.REACHED

    counts[state_layout.RANDOM] = (
        counts[state_layout.RANDOM] * 6364136223846793005 + 1442695040888963407
    ) & 0x7FFFFFFFFFFFFFFF
    sign = 1 if (counts[state_layout.RANDOM] >> 40) & 1 else -1
    if thick != state_layout.BOTH:
        sign = s.node.at[state_layout.HERE]

    counts[state_layout.PROBED] += 1
    if sign != s.node.at[state_layout.HERE]:
        n = s.work.used[0]
        load_dictionary(
            s.stack, counts[state_layout.TOP], counts[state_layout.POOLED], n + 1, s.work
        )
        s.work.used[0] = n

    take_side(s.work, s.node, k, sign)
    return state_layout.ON
