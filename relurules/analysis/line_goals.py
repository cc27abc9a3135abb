"""Whether additive rules' scores get to a class or a value, and the nearest row where they do."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import count
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.analysis.goals import Goal
from relurules.analysis.nearer_rows import draw_nearer, move_columns
from relurules.analysis.restricted_lines import RestrictedLines
from relurules.domain.encoding import fill_gaps
from relurules.ir.limits import Deadline
from relurules.ir.network import Array
from relurules.networks.gradients import evaluate_gradient, read_signs
from relurules.networks.maximum import ProgramMaximum, maximise_program, search_maximum, snap_row
from relurules.networks.program_cells import bound_forms, start_cell, tighten_cell
from relurules.networks.programs import (
    PiecewiseProgram,
    Rationals,
    combine_outputs,
    stack_forms,
    to_rationals,
)

#: A margin isn't looked for beyond this.
_FAR = 1e15
#: By which share of its terms it is to be beyond 0 where it has no end.
_BEYOND = 1e-6
#: By how much of a margin's terms a row is moved past a boundary until the rules decide otherwise.
_PAST = (1e-15, 1e-13, 1e-11, 1e-9, 1e-7, 1e-5)
#: So many rows of linear programs that don't meet the goal are drawn to where they do.
_DRAWN = 50
#: A row so near to the least distance, as a share of it, will do.
_NEAR = 1e-5


class DistanceForms(NamedTuple):
    """Distances from a row x, (d,). scales: (d,) of the number columns that count, 0 for others;
    current: coordinates of the row's categories; total: whether changes add up.
    """

    x: Array
    scales: Array
    current: tuple[int, ...]
    total: bool


def list_margins(ground: RestrictedLines, goal: Goal) -> list[Rationals]:
    """Forms of columns, neurons and 1 that aren't negative where a goal is met."""
    found = []
    for lead, offset in zip(goal.leads, goal.offsets, strict=True):
        form = combine_outputs(ground.network, lead)
        form[-1] += Fraction(float(offset))
        found.append(form)

    return found


def find_line_margin(ground: RestrictedLines, goal: Goal, *, integers: bool) -> ProgramMaximum:
    """The largest smallest margin of a goal; below 0: it isn't met, but for rounding."""
    margins = list_margins(ground, goal)
    base = ground.make_program(0.0 * goal.leads[0], integers=integers)
    room = max(ground.bound_rounding(lead) for lead in goal.leads)
    if len(margins) > 1:
        return maximise_least_margin(base, margins, ground.deadline.share(0.8), 4.0 * room)

    found = maximise_program(replace(base, goal=margins[0]), ground.deadline.share(0.8))
    if found.bound < np.inf or found.value > 4.0 * room:
        return found
    # without end: a row a little beyond the boundary will do
    past = max(16.0 * room, _BEYOND * (1.0 + ground.measure_terms(goal.leads[0])))
    some = maximise_least_margin(base, margins, ground.deadline.share(0.8), 4.0 * room, past)

    return found._replace(value=some.value, point=some.point)


def maximise_least_margin(
    base: PiecewiseProgram,
    margins: list[Rationals],
    deadline: Deadline,
    good: float,
    most: float = _FAR,
) -> ProgramMaximum:
    """The largest value that all margins reach together. good: a row with more will do, once the
    search gets long; most: nothing beyond that is looked for.
    """
    program = _add_least_margin(base, margins, most)
    if program is None:
        return ProgramMaximum(-np.inf, -np.inf, None)
    singles = [replace(base, goal=margin) for margin in margins]

    def value(x: Array) -> float:
        return min(one.evaluate(x) for one in singles) if base.contains(x) else np.nan

    return search_maximum(program, value, deadline=deadline, good=good)


def _add_least_margin(
    base: PiecewiseProgram, margins: list[Rationals], most: float
) -> PiecewiseProgram | None:
    """With one further variable t, to be large, that no margin is less than; None where there is no
    row at all.
    """
    d, cell = base.columns, start_cell(base)
    if not tighten_cell(base, cell):
        return None
    forms = np.array([[float(v) for v in margin] for margin in margins])
    low, high = bound_forms(forms, cell.low, cell.high)
    rows = stack_forms([_insert(margin, d, 1, Fraction(-1)) for margin in margins])
    goal = to_rationals(np.zeros(rows.shape[1]))
    goal[d] = Fraction(1)

    return replace(
        base,
        low=np.append(base.low, max(low.min(), -np.inf)),
        high=np.append(base.high, min(high.min(), most)),
        goal=goal,
        rows=rows,
    )


def find_nearest_line_row(
    ground: RestrictedLines, goal: Goal, forms: DistanceForms, measure: Callable[[Array], float],
    *, integers: bool, deadline: Deadline,
) -> ProgramMaximum:  # fmt: skip
    """Minus the least distance at which a goal is met, and a row there; a bound of -inf where there
    is none. measure: the distance of a row (d,).
    """
    base = ground.make_program(0.0 * goal.leads[0], integers=integers)
    margins = list_margins(ground, goal)
    room = max(ground.bound_rounding(lead) for lead in goal.leads)
    some = find_line_margin(ground, goal, integers=integers)
    if some.bound + room < 0.0:
        return ProgramMaximum(-np.inf, -np.inf, None)
    start = some.point if some.point is not None and goal.met(some.point[None])[0] else None
    settle = _make_settling(ground)
    draw = _make_drawing(ground, goal, forms, settle, integers=integers)
    if start is not None:
        start = draw(start, None)
        base = _narrow(base, forms, measure(start))

    def value(x: Array) -> float:
        whole = (settle(x) == x).all() and ground.domain.contains(x[None])[0]
        return -measure(x) if whole and goal.met(x[None])[0] else np.nan

    step = _make_repair([replace(base, goal=margin) for margin in margins], forms)
    drawn = count()

    def repair(x: Array) -> Iterator[Array]:
        x = settle(x)
        yield x
        yield from map(settle, step(x))
        if start is not None and next(drawn) < _DRAWN:
            yield draw(start, x)

    found = None
    for past in (0.0, *_PAST):
        program = _add_distances(base, [_move_past(form, past) for form in margins], forms)
        one = search_maximum(program, value, repair=repair, start=start, deadline=deadline)
        if found is None:
            found = one
        elif one.value > found.value:
            found = found._replace(value=one.value, point=one.point)
        if found.bound - found.value <= _NEAR * abs(found.bound) or deadline.is_over():
            break

    assert found is not None  # noqa: S101  # there was a first

    return found


def _make_settling(ground: RestrictedLines) -> Callable[[Array], Array]:
    """Makes a point a row of a table: linear programs hold a missing number at what it counts as
    but for rounding alone.
    """

    def settle(x: Array) -> Array:
        row = x.copy()
        fill_gaps(row[None], ground.domain.columns)
        return row

    return settle


def _make_drawing(
    ground: RestrictedLines, goal: Goal, forms: DistanceForms, settle: Callable[[Array], Array],
    *, integers: bool,
) -> Callable[[Array, Array | None], Array]:  # fmt: skip
    """Draws a row that meets the goal towards the given one, by way of another row or not."""
    domain = ground.domain
    whole = domain.integer if integers else np.zeros(len(domain), dtype=np.bool_)
    columns = np.flatnonzero(forms.scales)

    def met(rows: Array) -> NDArray[np.bool_]:
        return np.asarray(domain.contains(rows) & goal.met(rows))

    def draw(row: Array, way: Array | None) -> Array:
        if way is not None:
            row = move_columns(row, way, columns, whole, met)
        near = draw_nearer(row, forms.x, domain.groups, whole, forms.scales, met, settle)
        return near if met(near[None])[0] else row

    return draw


def _move_past(margin: Rationals, past: float) -> Rationals:
    """A margin that is so much, as a share of its terms, beyond a boundary."""
    moved = margin.copy()
    moved[-1] -= Fraction(past) * sum((abs(v) for v in margin), Fraction(0))
    return moved


def _narrow(base: PiecewiseProgram, forms: DistanceForms, far: float) -> PiecewiseProgram:
    """Only rows that are no farther than one that is known."""
    room = far * (1.0 + 1e-9) * forms.scales + 1e-12 * (np.abs(forms.x) + forms.scales)
    moving = forms.scales > 0
    low = np.where(moving, np.maximum(base.low, forms.x - room), base.low)
    high = np.where(moving, np.minimum(base.high, forms.x + room), base.high)
    return replace(base, low=low, high=high)


def _insert(form: Rationals, at: int, count: int, value: Fraction) -> Rationals:
    """A form of so many more variables, each with a coefficient."""
    more = to_rationals(np.zeros(count))
    more[:] = value
    return np.concatenate([form[:at], more, form[at:]])


def _add_distances(
    base: PiecewiseProgram, margins: list[Rationals], forms: DistanceForms
) -> PiecewiseProgram:
    """With further variables that are no less than the columns' changes, and whose sum is to be
    small.
    """
    d, K = base.columns, len(base.b)
    moving = np.flatnonzero(forms.scales).tolist()
    count = len(moving) if forms.total else 1
    n = d + count + K
    rows = [_insert(margin, d, count, Fraction(0)) for margin in margins]
    far = []
    for i, j in enumerate(moving):
        scale, at = Fraction(float(forms.scales[j])), d + (i if forms.total else 0)
        ends = [abs(float(side[j]) - forms.x[j]) for side in (base.low, base.high)]
        far.append(max(ends) / float(forms.scales[j]) * (1.0 + 1e-12))
        for sign in (1, -1):
            row = to_rationals(np.zeros(n + 1))
            row[at], row[j] = Fraction(1), Fraction(-sign) / scale
            row[-1] = sign * Fraction(float(forms.x[j])) / scale
            rows.append(row)

    goal = to_rationals(np.zeros(n + 1))
    goal[d : d + count] = Fraction(-1)
    for j in forms.current:
        if forms.total:
            goal[j], goal[-1] = Fraction(1), goal[-1] - 1
            continue
        row = to_rationals(np.zeros(n + 1))
        row[d], row[j], row[-1] = Fraction(1), Fraction(1), Fraction(-1)
        rows.append(row)

    most = np.array(far) if forms.total else np.array([max([1.0, *far])])

    return replace(
        base,
        low=np.append(base.low, np.zeros(count)),
        high=np.append(base.high, most),
        goal=goal,
        rows=stack_forms(rows),
    )


def _make_repair(
    singles: list[PiecewiseProgram], forms: DistanceForms
) -> Callable[[Array], Iterator[Array]]:
    """Rows a little beyond a boundary that a row lies on, in the columns that differ already."""

    def repair(x: Array) -> Iterator[Array]:
        values = [one.evaluate(x) for one in singles]
        worst = singles[int(np.argmin(values))]
        signs, _ = read_signs(worst, x)
        slope = sum(evaluate_gradient(worst, signs)) / 2.0
        moves = (x != forms.x) | (x == forms.x).all()
        way = slope * forms.scales**2 * moves * (forms.scales > 0)
        gain = float(slope @ way)
        if gain <= 0.0 or not np.isfinite(gain):
            return
        terms = float(np.abs(worst.goal_form).sum()) * (1.0 + np.abs(x).max(initial=0.0))
        for past in (0.0, *_PAST):
            step = (max(0.0, -min(values)) * 1.01 + past * terms) / gain
            yield snap_row(worst, x + step * way)

    return repair
