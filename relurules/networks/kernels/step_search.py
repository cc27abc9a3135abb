"""A search of the parts of a domain for the steepest slope: each part is bounded in closed form,
with multipliers of a linear program, and split by the step or the derivative that its bound
overstates most, or by a column of categories.

Beyond what a derivative lies between in a part, its chord is below what is measured of it, so that
rows needn't be kept there by multipliers.
"""

from relurules.lp.compilation import compile_cached
from relurules.networks.kernels.climbs import (
    PartStack,
    copy_numbers,
    keep_row,
    write_mean_row,
)
from relurules.networks.kernels.leaf_programs import (
    EMPTY,
    SOLVED,
    LeafProgram,
    enlarge_duals,
    solve_leaf,
    write_form,
    write_point,
)
from relurules.networks.kernels.part_search import (
    DONE,
    FULL,
    PAUSED,
    SETTLED,
    close_beaten_part,
    copy_part,
    drop_columns,
    find_open_group,
    hold_category,
    keep_child,
    raise_best,
    start_child,
)
from relurules.networks.kernels.step_duals import StepTableau, solve_steps
from relurules.networks.kernels.steps import (
    SIZES,
    SLOPE,
    StepPart,
    StepPoint,
    StepProgram,
    bound_slope,
    enter_part,
    find_arguments,
    measure_derivative,
    measure_slope,
)

#: So many parts in a row are those of the largest bounds, and then as many in depth; of so many
#: parts one has its row improved.
_SPELL, _CLIMB = 64, 4
#: Steps count as settled that are overstated by less than this share of what is above the target.
_SETTLED = 1e-3
#: By what a part is split: nothing is left, a step's side, a column of categories, between which
#: values a derivative lies.
NOWHERE, BY_STEP, BY_GROUP, BY_RANGE = range(4)
#: A derivative is split no nearer to an end than this share of what it lies between.
_INNER = 0.1
#: How far beside a step a row may be, in shares of a column's width.
_BESIDE = (1e-2, -1e-2, 1e-5, -1e-5)


@compile_cached
def advance_steps(  # noqa: C901
    P: StepProgram,
    stack: PartStack,
    at: StepPoint,
    leaf: LeafProgram,
    tableau: StepTableau,
    budget: int,
) -> int:
    """Look at so many parts."""
    for _ in range(budget):
        if stack.numbers[0] == 0:
            return DONE
        stack.numbers[1] += 1
        deep = stack.numbers[1] // _SPELL % 2 == 1
        i = stack.numbers[0] - 1 if deep else raise_best(stack)
        part = take_steps(stack, i)
        if stack.bounds[i] > stack.levels[0]:
            if not enter_part(P, part, at):
                stack.numbers[0] = i
                continue
            stack.bounds[i] = min(stack.bounds[i], _improve_part(P, part, stack, at, tableau))
            if stack.bounds[i] > stack.levels[0]:
                drop_columns(P, part, stack, at, at.shift[3] - stack.levels[0])
            if stack.numbers[1] % _CLIMB == 1:
                _climb_from_mean(P, part, stack, at)
        if close_beaten_part(stack, i):
            continue
        if i + len(part.low) + 2 >= len(stack.bounds):
            return FULL
        split, chosen = _choose_split(P, part, stack, at, stack.bounds[i] - stack.levels[0])
        if split == NOWHERE:
            if _close_part(P, part, stack, at, leaf):
                continue
            return SETTLED
        _split_part(P, stack, at, split, chosen)

    return PAUSED


@compile_cached
def take_steps(stack: PartStack, i: int) -> StepPart:
    """A part, by its row."""
    return StepPart(stack.low[i], stack.high[i], stack.signs[i], stack.weights[i], stack.lines[i])


@compile_cached
def _improve_part(
    P: StepProgram, part: StepPart, stack: PartStack, at: StepPoint, tableau: StepTableau
) -> float:
    """The least bound that multipliers give, which stay with the part."""
    n, K = len(part.low), len(P.b)
    solve_steps(P, part, at, tableau, stack.levels[0] - at.shift[0])
    find_arguments(P, at)
    copy_numbers(at.x, stack.mean[:n])
    copy_numbers(at.own, stack.mean[n : n + K])
    copy_numbers(at.shares, stack.mean[n + K :])
    for k in range(K):
        part.weights[k] = min(max(part.weights[k], at.limits[0, k]), at.limits[1, k])

    bound = bound_slope(P, part, at)
    keep_row(stack, at.x, _measure_row(P, at))
    return bound


@compile_cached
def _close_part(
    P: StepProgram, part: StepPart, stack: PartStack, at: StepPoint, leaf: LeafProgram
) -> bool:
    """Whether a linear program tells the part on top, which nothing is left to split by: then it is
    closed.
    """
    i = stack.numbers[0] - 1
    _write_leaf(P, part, leaf)
    outcome = solve_leaf(leaf)
    if outcome == EMPTY:
        bound_slope(P, part, at)
        enlarge_duals(leaf, at.shift[3] - stack.levels[0])
        for k in range(len(part.weights)):
            part.weights[k] += leaf.duals[k] * part.signs[k]
        stack.bounds[i] = min(stack.bounds[i], bound_slope(P, part, at))
    if outcome == SOLVED:
        write_point(leaf, P, part, at.x)
        keep_row(stack, at.x, _measure_row(P, at))
    return close_beaten_part(stack, i)


@compile_cached
def _write_leaf(P: StepProgram, part: StepPart, leaf: LeafProgram) -> None:
    """Sides of a part all of whose categories are known, over its numbers and one more: how far all
    arguments are beyond their kinks, which is to be large.
    """
    K, f, forms = len(P.b), len(leaf.point), leaf.forms
    for k in range(K):
        write_form(leaf, P, part, k)
        for c in range(f + 1):
            forms[k, c] *= part.signs[k]
        if part.signs[k] != 0:
            forms[k, f] -= P.gaps[k]
            forms[k, f - 1] = -P.sizes[k]

    for c in range(f + 1):
        forms[K, c] = 1.0 if c == f - 1 else 0.0


@compile_cached
def _choose_split(
    P: StepProgram, part: StepPart, stack: PartStack, at: StepPoint, above: float
) -> tuple[int, int]:
    """By what a part is split, and which: the step or the derivative that is overstated most, or
    else the group whose categories are least decided.
    """
    n, K = len(part.low), len(P.b)
    split, chosen, most = NOWHERE, -1, _SETTLED * above
    for k in range(K):
        if part.signs[k] == 0 and at.steps[k] != 0.0:
            side = 1.0 if stack.mean[n + k] >= 0.0 else 0.0
            off = at.steps[k] * (stack.mean[n + K + k] - side)
            if off > most:
                split, chosen, most = BY_STEP, k, off

    for q in range(len(P.derivatives) if P.sought != SLOPE else 0):
        derivative = _relax_derivative(P, part, stack, q)
        line = at.chords[q, 2] * derivative + at.chords[q, 3]
        off = line - measure_derivative(P.sought, derivative)
        if off > most:
            split, chosen, most = BY_RANGE, q, off

    if split != NOWHERE:
        return split, chosen

    group, least = find_open_group(P, part, stack.mean)
    if group >= 0 and least < 1.0:
        return BY_GROUP, group
    for k in range(K):
        if part.signs[k] == 0 and at.steps[k] != 0.0:
            return BY_STEP, k

    return (BY_GROUP if group >= 0 else NOWHERE), group


@compile_cached
def _relax_derivative(P: StepProgram, part: StepPart, stack: PartStack, q: int) -> float:
    """What a derivative is where shares of steps count."""
    n, K = len(part.low), len(P.b)
    found = P.derivatives[q, K]
    for k in range(K):
        if part.signs[k] == 0:
            found += P.derivatives[q, k] * stack.mean[n + K + k]
        elif part.signs[k] > 0:
            found += P.derivatives[q, k]

    return float(found)


@compile_cached
def _split_part(P: StepProgram, stack: PartStack, at: StepPoint, split: int, chosen: int) -> None:
    """Put the parts of the one on top in its place, the most promising on top."""
    first, spare = stack.numbers[0] - 1, len(stack.bounds) - 1
    copy_part(stack, first, spare)
    stack.numbers[0] = first
    if split == BY_STEP:
        for sign in (1, -1):
            child = start_child(stack, spare)
            child.signs[chosen] = sign
            _add_child(P, stack, at, first)
        return

    if split == BY_RANGE:
        q = len(P.derivatives)
        middle = _choose_middle(P, take_steps(stack, spare), stack, at, chosen)
        for end in (chosen, q + chosen):
            start_child(stack, spare)
            stack.lines[stack.numbers[0], end] = middle
            _add_child(P, stack, at, first)
        return

    for i in range(P.starts[chosen], P.starts[chosen + 1]):
        if stack.high[spare, P.members[i]] > 0.0:
            hold_category(P, start_child(stack, spare), chosen, i)
            _add_child(P, stack, at, first)


@compile_cached
def _choose_middle(
    P: StepProgram, part: StepPart, stack: PartStack, at: StepPoint, q: int
) -> float:
    """Where to split what a derivative lies between."""
    low, high = at.chords[q, 0], at.chords[q, 1]
    if P.sought == SIZES:
        return 0.0
    room = _INNER * (high - low)
    return float(min(max(_relax_derivative(P, part, stack, q), low + room), high - room))


@compile_cached
def _add_child(P: StepProgram, stack: PartStack, at: StepPoint, first: int) -> None:
    """Keep the part above all that wait where more may be found there."""
    i = stack.numbers[0]
    part = take_steps(stack, i)
    if not enter_part(P, part, at):
        return
    stack.bounds[i] = min(stack.bounds[i], bound_slope(P, part, at))
    keep_child(stack, first)


@compile_cached
def _climb_from_mean(P: StepProgram, part: StepPart, stack: PartStack, at: StepPoint) -> None:
    """From the row nearest to the middle of a part's points to better ones."""
    write_mean_row(P, part, stack, at)
    climb_row(P, part, stack, at)


@compile_cached
def climb_row(P: StepProgram, part: StepPart, stack: PartStack, at: StepPoint) -> None:
    """Change the row x column by column, each to its best value, while that is worth it."""
    most = _measure_row(P, at)
    for _ in range(4):
        before = most
        for g in range(len(P.starts) - 1):
            most = _climb_group(P, part, at, g, most)
        for j in range(len(part.low)):
            if P.single[j] and part.low[j] < part.high[j]:
                most = _climb_number(P, part, at, j, most)
        if not most > before:
            break

    keep_row(stack, at.x, most)


@compile_cached
def _climb_group(P: StepProgram, part: StepPart, at: StepPoint, g: int, most: float) -> float:
    """The best category of a column."""
    best = -1
    for i in range(P.starts[g], P.starts[g + 1]):
        if at.x[P.members[i]] == 1.0:
            best = P.members[i]

    for i in range(P.starts[g], P.starts[g + 1]):
        j = P.members[i]
        if part.high[j] > 0.0 and j != best:
            if best >= 0:
                at.x[best] = 0.0
            at.x[j] = 1.0
            goal = _measure_row(P, at)
            if goal > most or best < 0:
                best, most = j, goal
            else:
                at.x[j] = 0.0
                at.x[best] = 1.0

    return most


@compile_cached
def _climb_number(P: StepProgram, part: StepPart, at: StepPoint, j: int, most: float) -> float:
    """The best value of a number: an end, or one beside the kink of a neuron."""
    find_arguments(P, at)
    best = start = at.x[j]
    for k in range(-2, len(P.b)):
        if k >= 0 and P.A[k, j] == 0.0:
            continue
        kink = (
            (part.low[j] if k == -2 else part.high[j]) if k < 0 else start - at.own[k] / P.A[k, j]
        )
        for beside in _BESIDE:
            tried = kink + beside * (part.high[j] - part.low[j])
            if part.low[j] <= tried <= part.high[j]:
                for m in range(len(P.b)):
                    at.moved[m] = at.own[m] + P.A[m, j] * (tried - start)
                goal = measure_slope(P, at.moved)
                if goal > most:
                    best, most = tried, goal

    at.x[j] = best
    return most


@compile_cached
def _measure_row(P: StepProgram, at: StepPoint) -> float:
    """What is measured at x."""
    find_arguments(P, at)
    return float(measure_slope(P, at.own))
