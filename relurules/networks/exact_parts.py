"""Programs that are solved exactly: of one column, of categories alone, and with all signs known.

All of it is rational arithmetic on the numbers as they are stored.
"""

import itertools
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.domain.ranges import list_open_members
from relurules.ir.network import Array
from relurules.lp import certified
from relurules.networks.program_cells import ProgramCell
from relurules.networks.programs import PiecewiseProgram, Rationals, to_rationals

#: So many choices of categories are tried one by one.
_CHOICES = 500
_ZERO = Fraction(0)


class ExactMaximum(NamedTuple):
    """The largest value of a program, None where there is no end to it, and a row (d,) near it.

    empty: whether there is no row.
    """

    value: Fraction | None
    point: Array | None
    empty: bool = False


_NOTHING = ExactMaximum(None, None, empty=True)


def solve_exactly(program: PiecewiseProgram) -> ExactMaximum | None:
    """The largest value of a program that is simple enough; None for others."""
    if program.extras or len(program.rows):
        return None
    own = {i for group in program.groups for i in group}
    if len(own) == program.columns:
        return _try_categories(program)
    if program.columns == 1 and not own and not program.L.any() and not program.whole.any():
        return _sweep_column(program)

    return None


def _try_categories(program: PiecewiseProgram) -> ExactMaximum | None:
    """Each choice of categories by itself; None where there are too many."""
    options = list_open_members(program.groups, program.low, program.high)
    if np.prod([len(one) for one in options], dtype=float) > _CHOICES:
        return None

    best = _NOTHING
    for chosen in itertools.product(*options):
        x = np.zeros(program.columns)
        x[list(chosen)] = 1.0
        if (program.walls[:, :-1] @ x + program.walls[:, -1] + program.room < 0.0).any():
            continue
        value = program.evaluate_exactly(x)
        if best.value is None or value > best.value:
            best = ExactMaximum(value, x)

    return best


def _sweep_column(program: PiecewiseProgram) -> ExactMaximum | None:
    """From breakpoint to breakpoint of a sum of PReLUs of one column."""
    low, high = _find_ends(program, program.room)
    if low is not None and high is not None and low > high:
        return _NOTHING
    inner = _find_ends(program, -program.room)  # where rounding leaves no doubt of walls

    slope, constant, steps = _start_at_left_end(program)
    at = sorted(t for t in steps if (low is None or t > low) and (high is None or t < high))
    for t in [] if low is None else [t for t in steps if t <= low]:
        slope, constant = slope + steps[t][0], constant + steps[t][1]
    if (low is None and slope < 0) or (low is None and not at and high is None and slope != 0):
        return ExactMaximum(None, None)

    best: ExactMaximum | None = None
    for stop in [low, *at, high]:
        if stop is None:
            continue
        value = slope * stop + constant
        if best is None or best.value is None or value > best.value:
            best = ExactMaximum(value, _round_inside(stop, *inner))
        if stop in steps and stop in at:
            slope, constant = slope + steps[stop][0], constant + steps[stop][1]

    if high is None and slope > 0:
        return ExactMaximum(None, None)
    if best is None:
        return ExactMaximum(constant, np.zeros(1))

    return best


def _find_ends(program: PiecewiseProgram, room: Array) -> tuple[Fraction | None, Fraction | None]:
    """Between which values a column lies, with so much room at walls; None where it is open."""
    low, high = float(program.low[0]), float(program.high[0])
    least = [Fraction(low)] if np.isfinite(low) else []
    most = [Fraction(high)] if np.isfinite(high) else []
    for (weight, limit), own in zip(program.walls.tolist(), room.tolist(), strict=True):
        if weight != 0:
            at = -(Fraction(limit) + Fraction(own)) / Fraction(weight)
            (least if weight > 0 else most).append(at)

    return max(least, default=None), min(most, default=None)


def _start_at_left_end(
    program: PiecewiseProgram,
) -> tuple[Fraction, Fraction, dict[Fraction, tuple[Fraction, Fraction]]]:
    """Slope and constant far to the left, and by how much both change at every breakpoint."""
    slope, constant = program.goal[0], program.goal[-1]
    steps: dict[Fraction, tuple[Fraction, Fraction]] = {}
    for k in range(len(program.b)):
        a, b = Fraction(float(program.A[k, 0])), Fraction(float(program.b[k]))
        gain, bent = program.goal[1 + k], Fraction(float(program.slope[k]))
        if a == 0:
            constant += gain * (b if b >= 0 else bent * b)
            continue
        left, right = (bent, Fraction(1)) if a > 0 else (Fraction(1), bent)
        slope, constant = slope + gain * left * a, constant + gain * left * b
        one, other = steps.get(-b / a, (_ZERO, _ZERO))
        change = gain * (right - left)
        steps[-b / a] = one + change * a, other + change * b

    return slope, constant, steps


def _round_inside(t: Fraction, low: Fraction | None, high: Fraction | None) -> Array:
    """The float next to a number, between two ends where one is."""
    t = t if low is None else max(t, low)
    near = certified.round_up(t if high is None else min(t, high))
    for value in (near, float(np.nextafter(near, -np.inf)), float(np.nextafter(near, np.inf))):
        if np.isfinite(value) and (low is None or value >= low) and (high is None or value <= high):
            return np.array([value])

    return np.array([near])


def bound_known_cell(program: PiecewiseProgram, cell: ProgramCell) -> float | None:
    """What the goal doesn't exceed where the sign of every neuron is known, in whole numbers; -inf
    where there is nothing; None where the program is too large.
    """
    n, m = len(program.low), len(cell.low)
    free = np.flatnonzero(cell.low[:n] < cell.high[:n])
    rows = 2 * len(free) + len(program.constraints) + len(program.b)
    if (cell.signs == 0).any() or not certified.is_exactly_solvable(rows, len(free)):
        return None

    forms = express_neurons(program, cell)
    constraints = [_substitute(row, forms, n) for row in _list_exact_constraints(program)]
    signs = [f * int(s) for (f, _), s in zip(forms, cell.signs, strict=True)]
    sides = _list_sides(cell, free, n)
    fixed = np.setdiff1d(np.arange(n), free)
    at = to_rationals(cell.low[fixed])
    goal = _substitute(program.goal, forms, n)
    every = [_fix(row, free, fixed, at) for row in (*constraints, *signs, *sides, goal)]
    if any(not row[:-1].any() and row[-1] < 0 for row in every[:-1]):
        return -np.inf

    table = np.array([row for row in every[:-1] if row[:-1].any()], dtype=object)
    if not len(free):
        return certified.round_up(every[-1][-1])
    table = table.reshape(-1, len(free) + 1)
    assert m == program.variables  # noqa: S101
    found = certified.bound_exactly(-table[:, :-1], table[:, -1], every[-1])

    return None if found is None else found.value


def express_neurons(
    program: PiecewiseProgram, cell: ProgramCell
) -> list[tuple[Rationals, Fraction]]:
    """Every neuron's z as a form of columns and further variables, and the slope of its side."""
    n, found = len(program.low), list[tuple[Rationals, Fraction]]()
    for k, row in enumerate(program.arguments):
        used = np.flatnonzero(program.L[k]).tolist()
        form = np.append(to_rationals(row[:n]), to_rationals(row[-1:]))
        for i in used:
            form = form + found[i][0] * (Fraction(float(program.L[k, i])) * found[i][1])
        side = Fraction(1) if cell.signs[k] > 0 else Fraction(float(program.slope[k]))
        found.append((form, side))

    return found


def _list_exact_constraints(program: PiecewiseProgram) -> list[Rationals]:
    """The constraints without any rounding."""
    n, c = program.variables, len(program.walls)
    exact = [to_rationals(row) for row in program.constraints]
    for i, room in enumerate(program.room.tolist()):
        exact[i][-1] = Fraction(float(program.walls[i, -1])) + Fraction(room)
    for i, row in enumerate(program.rows):
        exact[c + i] = np.asarray(row)
    assert all(len(row) == n + 1 for row in exact)  # noqa: S101

    return exact


def _substitute(row: Rationals, forms: list[tuple[Rationals, Fraction]], n: int) -> Rationals:
    """A form of all variables as one of columns and further variables."""
    found = np.append(row[:n], row[-1:])
    for (form, side), weight in zip(forms, row[n:-1], strict=True):
        if weight != 0 and side != 0:
            found = found + form * (weight * side)

    return np.asarray(found, dtype=object)


def _list_sides(cell: ProgramCell, free: NDArray[np.intp], n: int) -> list[Rationals]:
    """The finite sides of the box, as forms >= 0."""
    found = []
    for j in free.tolist():
        for sign, limit in ((1, float(cell.low[j])), (-1, float(cell.high[j]))):
            if np.isfinite(limit):
                row = to_rationals(np.zeros(n + 1))
                row[j], row[-1] = Fraction(sign), -sign * Fraction(limit)
                found.append(row)

    return found


def _fix(
    row: Rationals, free: NDArray[np.intp], fixed: NDArray[np.intp], at: Rationals
) -> Rationals:
    """A form in which some variables have values."""
    constant = row[-1] + sum((row[j] * v for j, v in zip(fixed, at, strict=True)), _ZERO)
    return np.append(row[free], np.array([constant], dtype=object))
