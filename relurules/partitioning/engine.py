"""The compiled depth-first search for the linear regions of a network.

A cell of the search is a full-dimensional polytope, kept as a simplex dictionary of one of its vertices (`lp`), with a
ball inside. It is split by the first neuron, in the order of the search, that is negative somewhere in it and positive
somewhere else. The vertex at hand shows one side; the simplex method looks for a vertex on the other and stops at the
first. A vertex clearly on a side proves that the side is full-dimensional, as the cell is; and between it and the
ball's centre lies the centre of a ball on that side. Nothing starts from infeasible points. The negative side is
searched first, so that regions come in the lexicographic order of their patterns whatever path the vertices took.
"""

from relurules.lp.compiled import compiled, inlined
from relurules.lp.dictionary import STUCK, climb, copy, express, negate, refactor, rises, vertex
from relurules.lp.tolerances import GOAL, REFACTOR_AFTER, THIN
from relurules.partitioning import key
from relurules.partitioning.balls import balls, recentred, side_bit, value_at
from relurules.partitioning.cells import exchange_if_positive, keep, load, pop, push, take
from relurules.partitioning.certificates import certified_maximum
from relurules.partitioning.levels import enter, next_neuron
from relurules.partitioning.output import emit_region, emit_split, is_full
from relurules.partitioning.state import State


@compiled
def advance(s: State, tests: int) -> int:
    """Go on until something is to be done outside, or so many neurons were tested; the state can then be saved."""
    at, counts = s.node.at, s.node.counts
    end = counts[key.TESTS] + tests
    while True:
        if not at[key.LIVE]:
            if counts[key.TOP] == 0:
                return key.DONE
            pop(s)
        if not _fits(s):
            return key.GROW
        if counts[key.TESTS] >= end or counts[key.REGIONS] >= counts[key.MOST]:
            return key.PAUSE
        if at[key.ASKED]:
            waits = key.UNSURE if at[key.DOUBT] else key.QUESTION
            why = waits if at[key.ANSWER] == key.UNANSWERED else _split(s)
        else:
            k = next_neuron(s)
            why = _cut(s, k) if k >= 0 else _descend(s)
        if why != key.ON:
            return why


@inlined
def _descend(s: State) -> int:
    """All neurons of a level are decided: go on to the next one, or write the region."""
    if s.node.at[key.LEVEL] < len(s.net.starts) - 2:
        enter(s)
        return key.ON
    if is_full(s):
        return key.FULL
    emit_region(s)
    s.node.at[key.LIVE] = 0
    return key.REACHED if s.node.options[key.EACH] or s.node.at[key.THIN] else key.ON


@inlined
def _cut(s: State, k: int) -> int:
    """Decide neuron k where it doesn't cut the cell; else ask for the split."""
    at = s.node.at
    if is_full(s):
        return key.FULL
    s.node.counts[key.TESTS] += 1
    found = key.UNSURE if at[key.THIN] else _test(s, k)
    at[key.NEXT] = k + 1
    one_sided = found in (key.NEGATIVE, key.POSITIVE)
    if at[key.SCAN] and not one_sided:
        return key.ON
    if found == key.BOTH:
        found = key.BOTH if balls(s, k) == key.BOTH else key.UNSURE
    if one_sided:
        s.node.counts[key.CERTIFIED] += 1
        s.node.pattern[k] = -1 if found == key.NEGATIVE else 1
        return key.ON
    at[key.ASKED] = k + 1
    at[key.DOUBT] = found == key.UNSURE
    at[key.ANSWER] = key.UNANSWERED if s.node.options[key.ASK] or at[key.DOUBT] else key.BOTH
    return key.ON


@inlined
def _fits(s: State) -> bool:
    """Whether one more split has room in all arrays."""
    n, counts = s.work.used[0], s.node.counts
    room = len(s.stack.pool) - counts[key.POOLED]
    return bool(
        n + 1 < s.work.table.shape[0]
        and s.node.at[key.DEPTH] < len(s.node.cuts)
        and counts[key.TOP] < len(s.stack.first)
        and (n + 1) * s.work.table.shape[1] <= room
    )


@inlined
def _test(s: State, k: int) -> int:  # noqa: C901, PLR0911
    """Which sides of neuron k hold a vertex; of both, the first one's dictionary is kept on the stack's free slot.

    Only one side: then a certificate says that the other has none. UNSURE where there is no such certificate.
    """
    D, node, n = s.work, s.node, s.work.used[0]
    room = 2.0 * (THIN + node.error[k])
    if not room < 1.0:
        return key.UNSURE
    if D.used[1] > REFACTOR_AFTER and refactor(D, node.cuts, node.system):
        node.counts[key.REFACTORED] += 1
    express(D, node.rows[k], D.table[n])
    here = 1 if D.table[n, 0] > 0.0 else -1
    if here < 0:
        negate(D)
    if D.table[n, 0] <= room:  # the vertex is on the hyperplane: any way up, then any way down
        if climb(D, GOAL) == STUCK:
            return key.UNSURE
        if D.table[n, 0] <= room:
            empty = _is_empty(s, k, here)
            here = -here
            negate(D)
            if not empty or climb(D, GOAL) == STUCK or D.table[n, 0] <= room:
                return key.UNSURE
            return side_bit(here)
    node.at[key.HERE] = -here
    vertex(D, node.spare)
    node.radii[(here + 1) // 2] = D.table[n, 0]
    negate(D)
    if not rises(D):
        return side_bit(here) if _is_empty(s, k, -here) else key.UNSURE
    keep(D, s.stack, node.counts[key.TOP], node.counts[key.POOLED], len(D.low) + node.at[key.DEPTH])
    if climb(D, GOAL) == STUCK:
        return key.UNSURE
    node.radii[(1 - here) // 2] = D.table[n, 0]
    if D.table[n, 0] > room:
        return key.BOTH
    return side_bit(here) if _is_empty(s, k, -here) else key.UNSURE


@inlined
def _is_empty(s: State, k: int, side: int) -> bool:
    """Whether it is certain that no point of the cell lies strictly on this side of neuron k."""
    node, row = s.node, s.node.rows[k]
    constant = row[len(row) - 1]
    return certified_maximum(s.work, node.cuts, node.cut_error, node.middle, row, constant, side, node.error[k]) <= 0.0


@inlined
def _sign(s: State, k: int, found: int) -> int:
    """The sign of a neuron that doesn't cut the cell; where it is 0 in all of it, +1."""
    if found == key.NEITHER and not s.node.at[key.DOUBT]:  # no admissible point is clear of it
        return 1 if value_at(s.node.rows[k], s.node.center) >= 0.0 else -1
    return -1 if found == key.NEGATIVE else 1


@inlined
def _split(s: State) -> int:
    """Split the cell by the neuron asked about, or decide it where one side isn't wanted."""
    node, at = s.node, s.node.at
    k, answer = at[key.ASKED] - 1, at[key.ANSWER]
    at[key.ASKED] = 0
    if answer != key.BOTH:
        node.pattern[k] = _sign(s, k, answer)
        at[key.DOUBT] = 0
        return key.ON
    thick = _thick_side(s, k) if at[key.DOUBT] else key.BOTH
    at[key.DOUBT] = 0
    if node.options[key.PROBE]:
        return _follow(s, k, thick)
    split = node.counts[key.SPLITS]
    node.counts[key.SPLITS] += 1
    if node.options[key.TREE]:
        emit_split(s, k)
    exchange_if_positive(s)
    push(s, k, split)
    s.stack.at[node.counts[key.TOP] - 1, key.THIN] = not thick & key.POSITIVE
    take(s.work, node, k, -1)
    at[key.SPLIT], at[key.SIDE] = split, 0
    at[key.THIN] = not thick & key.NEGATIVE
    return key.REACHED if node.options[key.STEP] else key.ON


@inlined
def _thick_side(s: State, k: int) -> int:
    """Which sides of a split that exact arithmetic found floating point can go on with; their balls and dictionaries.

    One at most, or none. The work dictionary is on that side then; the stack's free slot holds a copy, which the other
    side has in name only.
    """
    D, node, n = s.work, s.node, s.work.used[0]
    express(D, node.rows[k], D.table[n])
    node.at[key.HERE] = 1
    thick = key.NEITHER
    if not node.at[key.THIN] and node.error[k] < 1.0:
        for sign in (-1, 1):
            if thick != key.NEITHER:
                continue
            i = (sign + 1) // 2
            copy(node.center, node.sides[i])
            if node.at[key.HERE] != sign:
                negate(D)
                node.at[key.HERE] = sign
            if climb(D, GOAL) == STUCK or D.table[n, 0] <= 0.0:
                continue
            node.radii[i] = recentred(s, k, sign)
            if node.radii[i] > THIN:
                thick = side_bit(sign)
    keep(D, s.stack, node.counts[key.TOP], node.counts[key.POOLED], len(D.low) + node.at[key.DEPTH])
    return thick


@inlined
def _follow(s: State, k: int, thick: int) -> int:
    """Go on with one of both sides at random; with the one that isn't thin, where only one isn't."""
    counts = s.node.counts
    if thick == key.NEITHER:
        s.node.at[key.LIVE] = 0
        return key.REACHED
    counts[key.RANDOM] = (counts[key.RANDOM] * 6364136223846793005 + 1442695040888963407) & 0x7FFFFFFFFFFFFFFF
    sign = 1 if (counts[key.RANDOM] >> 40) & 1 else -1
    if thick != key.BOTH:
        sign = s.node.at[key.HERE]
    counts[key.PROBED] += 1
    if sign != s.node.at[key.HERE]:
        n = s.work.used[0]
        load(s.stack, counts[key.TOP], counts[key.POOLED], n + 1, s.work)
        s.work.used[0] = n
    take(s.work, s.node, k, sign)
    return key.ON
