"""A search of the parts of a program's domain, each bounded in closed form: the one of the largest
bound first, and once many wait, in depth.
"""

from typing import Any

import numpy as np

from relurules.lp.compilation import compile_cached
from relurules.networks.kernels.climbs import PartStack, climb_from_mean, copy_numbers, keep_row
from relurules.networks.kernels.lagrangian import (
    Array,
    ColumnBox,
    ColumnForms,
    RelaxedPart,
    RelaxedPoint,
    RelaxedProgram,
    bound_arguments,
    bound_part,
    evaluate_point,
)
from relurules.networks.kernels.leaf_programs import (
    EMPTY,
    SOLVED,
    UNSOLVED,
    LeafProgram,
    enlarge_duals,
    read_columns,
    solve_leaf,
    write_form,
    write_point,
)
from relurules.networks.kernels.part_duals import PartTableau, solve_part

#: What a search says when it returns: nothing is left; it is to be called again; the part on top
#: has nothing left to be split by; no room is left.
DONE, PAUSED, SETTLED, FULL = range(4)
#: Steps along subgradients for a part, and what a step that was none makes of the next ones.
_STEPS, _SHORTER = 12, 0.6
#: So many parts in a row are those of the largest bounds, and then as many in depth; of so many
#: parts one has its row improved.
_SPELL, _CLIMB = 64, 4
#: Neurons count as settled that are relaxed by less than this share of what is above the target.
_SETTLED = 1e-3


@compile_cached
def take_part(stack: PartStack, i: int) -> RelaxedPart:
    """A part, by its row."""
    return RelaxedPart(
        stack.low[i], stack.high[i], stack.signs[i], stack.lines[i], stack.weights[i]
    )


@compile_cached
def advance_parts(  # noqa: C901
    P: RelaxedProgram,
    stack: PartStack,
    at: RelaxedPoint,
    leaf: LeafProgram,
    tableau: PartTableau,
    budget: int,
) -> int:
    """Look at so many parts."""
    for _ in range(budget):
        if stack.numbers[0] == 0:
            return DONE
        stack.numbers[1] += 1
        deep = stack.numbers[1] // _SPELL % 2 == 1
        i = stack.numbers[0] - 1 if deep else raise_best(stack)
        part = take_part(stack, i)
        if stack.bounds[i] > stack.levels[0] and bound_arguments(P, part, at):
            stack.bounds[i] = min(stack.bounds[i], _improve_part(P, part, stack, at))
            if stack.bounds[i] > stack.levels[0] and tableau.worth:
                stack.bounds[i] = min(stack.bounds[i], _solve_part(P, part, stack, at, tableau))
            if stack.bounds[i] > stack.levels[0]:
                room = bound_part(P, part, at) - stack.levels[0] + P.share * P.sizes[-1]
                drop_columns(P, part, stack, at, room)
            if P.binding == 0 and stack.numbers[1] % _CLIMB == 1:
                climb_from_mean(P, part, stack, at)
        elif stack.bounds[i] > stack.levels[0]:
            stack.numbers[0] = i
            continue
        if close_beaten_part(stack, i):
            continue
        if i + len(part.low) + 2 >= len(stack.bounds):
            return FULL
        neuron, group = _choose_split(P, part, stack, at, stack.bounds[i] - stack.levels[0])
        if neuron < 0 and group < 0:
            if _close_part(P, part, stack, at, leaf):
                continue
            return SETTLED
        _split_part(P, stack, at, neuron, group)

    return PAUSED


@compile_cached
def raise_best(stack: PartStack) -> int:
    """Put the part of the largest bound on top, while there is room for many; the row on top."""
    top, spare = stack.numbers[0] - 1, len(stack.bounds) - 1
    if 2 * top > len(stack.bounds):
        return int(top)
    best = top
    for i in range(top):
        if stack.bounds[i] > stack.bounds[best]:
            best = i

    if best != top:
        copy_part(stack, top, spare)
        copy_part(stack, best, top)
        copy_part(stack, spare, best)

    return int(top)


@compile_cached
def _improve_part(
    P: RelaxedProgram, part: RelaxedPart, stack: PartStack, at: RelaxedPoint
) -> float:
    """The least bound along subgradients; the multipliers that gave it stay with the part."""
    n, K = len(part.low), len(P.b)
    bound, pace, kept = np.inf, 1.0, stack.kept
    for j in range(len(stack.mean)):
        stack.mean[j] = 0.0

    for step in range(_STEPS):
        now = bound_part(P, part, at)
        if now < bound:
            bound = now
            copy_numbers(part.lines, kept[:K])
            copy_numbers(part.weights, kept[K:])
        else:
            pace *= _SHORTER
        goal = evaluate_point(P, at)
        if P.binding == 0:
            keep_row(stack, at.x, goal)
        if bound <= stack.levels[0]:
            break
        share = 2.0 / (step + 2.0)
        for j in range(n):
            stack.mean[j] += share * (at.x[j] - stack.mean[j])
        for k in range(K):
            stack.mean[n + k] += share * (at.z[k] - stack.mean[n + k])
            stack.mean[n + K + k] += share * (at.p[k] - stack.mean[n + K + k])
        if not _step_down(P, part, at, pace * (now - stack.levels[0])):
            break

    copy_numbers(kept[:K], part.lines)
    copy_numbers(kept[K:], part.weights)
    return bound


@compile_cached
def _solve_part(
    P: RelaxedProgram, part: RelaxedPart, stack: PartStack, at: RelaxedPoint, tableau: PartTableau
) -> float:
    """The least bound that multipliers give, by a linear program; they stay with the part where
    they are better than those along subgradients.
    """
    n, K = len(part.low), len(P.b)
    known = bound_part(P, part, at)
    solve_part(P, part, at, tableau, stack.levels[0])
    copy_numbers(at.x, stack.mean[:n])
    copy_numbers(at.z, stack.mean[n : n + K])
    copy_numbers(at.p, stack.mean[n + K :])
    bound = bound_part(P, part, at)
    if bound > known:
        copy_numbers(stack.kept[:K], part.lines)
        copy_numbers(stack.kept[K:], part.weights)
        return known

    if P.binding == 0:
        keep_row(stack, at.x, evaluate_point(P, at))
    return bound


@compile_cached
def _close_part(
    P: RelaxedProgram, part: RelaxedPart, stack: PartStack, at: RelaxedPoint, leaf: LeafProgram
) -> bool:
    """Whether a linear program tells the part on top, which nothing is left to split by: then it is
    closed.
    """
    i, K = stack.numbers[0] - 1, len(P.b)
    _write_leaf(P, part, leaf)
    outcome = solve_leaf(leaf)
    if outcome == UNSOLVED:
        return False
    share = 0.0
    if outcome == EMPTY:
        share, beyond = 1.0, bound_part(P, part, at) - stack.levels[0]
        enlarge_duals(leaf, beyond)
    for k in range(len(part.weights)):
        own = leaf.duals[k] if k < K + P.binding else 0.0
        part.weights[k] = share * part.weights[k] + own
    stack.bounds[i] = min(stack.bounds[i], bound_part(P, part, at))
    if outcome == SOLVED and P.binding == 0:
        write_point(leaf, P, part, at.x)
        if _is_whole(P, at.x):
            keep_row(stack, at.x, evaluate_point(P, at))
    elif outcome == SOLVED:
        write_point(leaf, P, part, stack.best)  # to be tried
    return close_beaten_part(stack, i)


@compile_cached
def close_beaten_part(stack: PartStack, i: int) -> bool:
    """Whether no row of the part on top, in row i, has more than enough: then it is closed."""
    if stack.bounds[i] > stack.levels[0]:
        return False

    stack.levels[1] = max(stack.levels[1], stack.bounds[i])
    stack.numbers[0] = i
    return True


@compile_cached
def _is_whole(P: RelaxedProgram, x: Array) -> bool:
    """Whether columns of whole numbers hold such."""
    for j in range(len(x)):  # noqa: SIM110  # machine code has no generators
        if P.whole[j] and x[j] != np.floor(x[j]):
            return False

    return True


@compile_cached
def _write_leaf(P: RelaxedProgram, part: RelaxedPart, leaf: LeafProgram) -> None:
    """Signs, rows and the goal over the numbers of a part all of whose signs are known."""
    K, f, forms = len(P.b), len(leaf.point), leaf.forms
    for k in range(K):
        write_form(leaf, P, part, k)
        _read_neurons(P, part, leaf, P.L[k], k)

    for i in range(P.binding + 1):
        row, m = P.goal if i == P.binding else P.rows[i], K + i
        for c in range(f):
            forms[m, c] = 0.0
        forms[m, f] = row[len(row) - 1] + read_columns(leaf, P, part, row, m)
        _read_neurons(P, part, leaf, row[len(part.low) :], m)

    for k in range(K):
        for c in range(f + 1):
            forms[k, c] *= part.signs[k]


@compile_cached
def _read_neurons(
    P: RelaxedProgram, part: RelaxedPart, leaf: LeafProgram, weights: Array, i: int
) -> None:
    """Add weights of neurons to row i, which are read as their arguments, the first rows."""
    for k in range(min(i, len(P.b))):
        if weights[k] != 0.0:
            gain = weights[k] if part.signs[k] > 0 else weights[k] * P.slope[k]
            for c in range(len(leaf.point) + 1):
                leaf.forms[i, c] += gain * leaf.forms[k, c]


@compile_cached
def drop_columns(P: Any, part: Any, stack: PartStack, at: Any, room: float) -> None:
    """Drop categories, and ends of numbers, that no row has whose goal is more than enough.

    room: by how much a bound is above that. It is less by what another choice takes of it: by
    reduced costs (H. Crowder, E. Johnson and M. Padberg, "Solving large-scale zero-one linear
    programming problems", 1983). Bounds count rounding twice, so that differences are none.
    """
    if not room > 0.0:
        return
    stack.levels[1] = max(stack.levels[1], stack.levels[0])
    for g in range(len(P.starts) - 1):
        most = -np.inf
        for i in range(P.starts[g], P.starts[g + 1]):
            if part.high[P.members[i]] > 0.0:
                most = max(most, at.v[P.members[i]])
        for i in range(P.starts[g], P.starts[g + 1]):
            j = P.members[i]
            if part.high[j] > 0.0 and most - at.v[j] > room:
                part.high[j] = 0.0

    for j in range(len(part.low)):
        width, size = part.high[j] - part.low[j], abs(at.v[j])
        if P.numbers[j] and size * width > room:
            step = (1.0 + 1e-9) * room / size
            if at.v[j] > 0.0:
                part.low[j] = max(part.low[j], part.high[j] - step)
            else:
                part.high[j] = min(part.high[j], part.low[j] + step)


@compile_cached
def _step_down(  # noqa: C901
    P: RelaxedProgram, part: RelaxedPart, at: RelaxedPoint, drop: float
) -> bool:
    """A step along the subgradient that would lower a linear bound by so much; False where there is
    none.

    B. Polyak, "Minimization of unsmooth functionals", 1969.
    """
    K, norm = len(P.b), 0.0
    for k in range(K):
        if at.bent[k]:
            g = at.c[k] * at.z[k]
            least, most = min(P.slope[k], 1.0), max(P.slope[k], 1.0)
            if (g > 0.0 and part.lines[k] > least) or (g < 0.0 and part.lines[k] < most):
                norm += g * g
        elif part.signs[k] != 0:
            g = part.signs[k] * at.z[k]
            if g < 0.0 or part.weights[k] > 0.0:
                norm += P.scales[k] * g * g

    for i in range(len(P.rows)):
        if at.rows[i] < 0.0 or part.weights[K + i] > 0.0:
            norm += P.scales[K + i] * at.rows[i] * at.rows[i]

    if not norm > 0.0:
        return False

    step = drop / norm
    for k in range(K):
        if at.bent[k]:
            least, most = min(P.slope[k], 1.0), max(P.slope[k], 1.0)
            part.lines[k] = min(max(part.lines[k] - step * at.c[k] * at.z[k], least), most)
        elif part.signs[k] != 0:
            g = step * P.scales[k] * part.signs[k] * at.z[k]
            part.weights[k] = max(0.0, part.weights[k] - g)

    for i in range(len(P.rows)):
        g = step * P.scales[K + i] * at.rows[i]
        part.weights[K + i] = max(0.0, part.weights[K + i] - g)

    return True


@compile_cached
def _choose_split(
    P: RelaxedProgram, part: RelaxedPart, stack: PartStack, at: RelaxedPoint, above: float
) -> tuple[int, int]:
    """The neuron that is relaxed most, or else the group whose categories are least decided; -1 for
    none.
    """
    n, K, mean = len(part.low), len(P.b), stack.mean
    neuron, most = -1, _SETTLED * above
    for k in range(K):
        if part.signs[k] == 0:
            z = mean[n + k]
            own = z if z >= 0.0 else P.slope[k] * z
            off = abs(at.c[k]) * abs(mean[n + K + k] - own)
            if off > most:
                neuron, most = k, off
        twin = P.twins[k]
        bent = k if P.goal[n + k] > 0.0 else twin  # the other one is relaxed to what it is
        if twin >= 0 and part.signs[bent] == 0:
            off = _measure_twins(P.slope[k], P.goal[n + k], mean[n + k], mean[n + twin])
            if off > most:
                neuron, most = bent, off

    if neuron >= 0:
        return neuron, -1

    group, least = find_open_group(P, part, mean)
    if group >= 0 and least < 1.0:
        return -1, group

    most = -1.0
    for k in range(K):
        wide = abs(at.c[k]) * (at.ends[1, k] - at.ends[0, k])
        if part.signs[k] == 0 and wide > most:
            neuron, most = k, wide

    return neuron, -1 if neuron >= 0 else group


@compile_cached
def find_open_group(P: ColumnForms, part: ColumnBox, mean: Array) -> tuple[int, float]:
    """The group of several categories that are least decided, -1 for none, and the share of its
    most likely one.
    """
    group, least = -1, 2.0
    for g in range(len(P.starts) - 1):
        open_, sure = 0, 0.0
        for i in range(P.starts[g], P.starts[g + 1]):
            open_ += part.high[P.members[i]] > 0.0
            sure = max(sure, mean[P.members[i]])
        if open_ > 1 and sure < least:
            group, least = g, sure

    return group, least


@compile_cached
def _measure_twins(slope: float, gain: float, one: float, other: float) -> float:
    """By how much rows of two twins, with arguments one and other, overstate what gain times their
    difference is.
    """
    moved = one - other
    ends = min(moved, slope * moved), max(moved, slope * moved)
    one = one if one >= 0.0 else slope * one
    other = other if other >= 0.0 else slope * other
    return abs(gain * ((ends[1] if gain > 0.0 else ends[0]) - (one - other)))


@compile_cached
def _split_part(
    P: RelaxedProgram, stack: PartStack, at: RelaxedPoint, neuron: int, group: int
) -> None:
    """Put the parts of the one on top in its place, the most promising on top."""
    first, spare = stack.numbers[0] - 1, len(stack.bounds) - 1
    copy_part(stack, first, spare)
    stack.numbers[0] = first
    if neuron >= 0:
        for sign in (1, -1):
            child = start_child(stack, spare)
            child.signs[neuron] = sign
            _add_child(P, stack, at, first)
        return

    for i in range(P.starts[group], P.starts[group + 1]):
        if stack.high[spare, P.members[i]] > 0.0:
            hold_category(P, start_child(stack, spare), group, i)
            _add_child(P, stack, at, first)


@compile_cached
def start_child(stack: PartStack, spare: int) -> RelaxedPart:
    """A copy of the part that is split, above all that wait."""
    copy_part(stack, spare, stack.numbers[0])
    return take_part(stack, stack.numbers[0])


@compile_cached
def _add_child(P: RelaxedProgram, stack: PartStack, at: RelaxedPoint, first: int) -> None:
    """Keep the part above all that wait where more may be found there."""
    i = stack.numbers[0]
    part = take_part(stack, i)
    if not bound_arguments(P, part, at):
        return
    stack.bounds[i] = min(stack.bounds[i], bound_part(P, part, at))
    keep_child(stack, first)


@compile_cached
def hold_category(P: ColumnForms, child: ColumnBox, group: int, i: int) -> None:
    """Only the rows of a part that are of this member of a group."""
    for other in range(P.starts[group], P.starts[group + 1]):
        child.low[P.members[other]] = child.high[P.members[other]] = 1.0 if other == i else 0.0


@compile_cached
def keep_child(stack: PartStack, first: int) -> None:
    """The part above all that wait becomes one of them, where its bound is above what is enough."""
    i = stack.numbers[0]
    if stack.bounds[i] <= stack.levels[0]:
        stack.levels[1] = max(stack.levels[1], stack.bounds[i])
        return
    stack.numbers[0] = i + 1
    if i > first and stack.bounds[i - 1] > stack.bounds[i]:
        spare = len(stack.bounds) - 2
        copy_part(stack, i, spare)
        copy_part(stack, i - 1, i)
        copy_part(stack, spare, i - 1)


@compile_cached
def copy_part(stack: PartStack, one: int, other: int) -> None:
    """The part of a row in another one."""
    copy_numbers(stack.low[one], stack.low[other])
    copy_numbers(stack.high[one], stack.high[other])
    copy_numbers(stack.lines[one], stack.lines[other])
    copy_numbers(stack.weights[one], stack.weights[other])
    for k in range(stack.signs.shape[1]):
        stack.signs[other, k] = stack.signs[one, k]
    stack.bounds[other] = stack.bounds[one]
