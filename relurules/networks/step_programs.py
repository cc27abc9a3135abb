"""Slopes of sums of neurons that read no others, as a compiled search takes them: sums of steps."""

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from relurules.ir.limits import Deadline
from relurules.ir.network import Array
from relurules.lp.certified import rounding_gamma
from relurules.lp.compilation import get_store, is_compiling_off, is_machine_code_used
from relurules.networks.compiled_search import WAITING, OpenPart, PartOutcome, drive_search
from relurules.networks.gradients import SlopeMeasure
from relurules.networks.kernels.climbs import PartStack
from relurules.networks.kernels.leaf_programs import allocate_leaf
from relurules.networks.kernels.step_duals import allocate_tableau
from relurules.networks.kernels.step_search import advance_steps, climb_row
from relurules.networks.kernels.steps import SIZES, SLOPE, StepPart, StepPoint, StepProgram
from relurules.networks.programs import PiecewiseProgram

#: Rows that are drawn and improved before all parts.
_DRAWN = 40
#: Numbers up to this size don't overflow in sums of products, and what is added to all sizes, as
#: a product too small for a float is off by more than a share of itself.
_LARGE, _SMALL = 1e80, 1e-200
#: Sums of sizes or squares of slopes that differ by this share of their terms count as the same.
_NEAR = 1e-10


def is_step_search_compiled() -> bool:
    """Whether the compiled search needn't be made first."""
    return is_compiling_off() or get_store().has("step_search.advance_steps")


def list_steps(
    program: PiecewiseProgram, measure: SlopeMeasure, thinness: float, half: Array
) -> StepProgram | None:
    """What is measured of the slopes of a program whose neurons read no others; None for another
    one, and where a column is open or too large.

    thinness: what share of the columns' half widths, (d,), counts as no room; half: these.
    """
    if program.L.any() or program.extras or not np.isfinite([program.low, program.high]).all():
        return None

    d, K, c, rows = program.columns, len(program.b), len(program.walls), measure.told
    derivatives, spans = _list_derivatives(program, measure, rows)
    forms = np.vstack([np.column_stack([program.A, program.b]), program.walls])
    forms[K:, -1] = np.nextafter(forms[K:, -1] + program.room, np.inf)
    sizes = np.abs(forms) @ np.append(np.maximum(np.abs(program.low), np.abs(program.high)), 1.0)
    sizes += _SMALL
    if not max(sizes.max(initial=0.0), spans.max(initial=0.0) ** 2) < _LARGE:
        return None

    gaps = thinness * (np.abs(program.A) @ half)
    steps = np.append(np.abs(derivatives[:, :-1]).sum(axis=0), np.zeros(c))
    grouped = [i for group in program.groups for i in group]
    single = ~np.isin(np.arange(d), grouped)
    return StepProgram(
        A=np.array(forms[:, :-1], order="C"),
        b=np.array(forms[:, -1], order="C"),
        gaps=np.where(steps > 0, np.append(gaps, np.zeros(c)), 0.0),
        floors=np.concatenate([np.full(K, -np.inf), np.zeros(c)]),
        derivatives=np.insert(derivatives, [K] * c, 0.0, axis=1),
        spans=spans,
        sought=measure.sought,
        starts=np.cumsum([0, *map(len, program.groups)]).astype(np.int64),
        members=np.array(grouped, dtype=np.int64),
        single=single,
        numbers=single,
        sizes=sizes,
        share=2.0 * float(rounding_gamma(6.0 * (d + K + c) + 50.0)),
        few=2.0 * float(rounding_gamma(4.0 * (K + c) + 16.0)),
    )


def measure_step(steps: StepProgram) -> float:
    """What a measure of slopes is to be larger by to count as larger."""
    if steps.sought == SLOPE:
        return 8.0 * steps.few * float(steps.spans.sum())
    return _NEAR * float((steps.spans if steps.sought == SIZES else steps.spans**2).sum())


def _list_derivatives(
    program: PiecewiseProgram, measure: SlopeMeasure, rows: NDArray[np.bool_]
) -> tuple[Array, Array]:
    """(q, K + 1) what the right side of every neuron adds to derivatives, and these with all on the
    left, each rounded once; (q,) what their terms come to.
    """
    d, K, told = program.columns, len(program.b), np.flatnonzero(rows).tolist()
    found, spans = np.zeros((len(told), K + 1)), np.zeros(len(told))
    for i, j in enumerate(told):
        unit = Fraction(float(measure.units[j]))
        flat, size = unit * program.goal[j], abs(unit * program.goal[j])
        for k in np.flatnonzero(program.A[:, j]).tolist():
            gain = unit * program.goal[d + k] * Fraction(float(program.A[k, j]))
            left = gain * Fraction(float(program.slope[k]))
            found[i, k] = float(gain - left)
            flat, size = flat + left, size + abs(gain) + abs(left)
        found[i, K], spans[i] = float(flat), float(size) + _SMALL

    return found, spans


def search_steps(
    program: PiecewiseProgram,
    steps: StepProgram,
    parts: list[OpenPart],
    levels: tuple[float, float, float],
    try_row: Callable[[Array], float],
    deadline: Deadline,
) -> PartOutcome:
    """Look at parts until those are left that only linear programs tell, or more than is enough.

    levels: what is enough, the steepest row's slope, and what is added to a steeper one; try_row:
    keeps a row (d,), and gives what is enough then.
    """
    stack, at = _make_stack(steps, parts, levels), make_step_point(steps)
    leaf, tableau = allocate_leaf(steps.single, len(steps.b), 1), allocate_tableau(steps)
    _draw_rows(steps, stack, at)
    return drive_search(
        program,
        stack,
        levels[1],
        lambda budget: int(advance_steps(steps, stack, at, leaf, tableau, budget)),
        try_row,
        deadline,
    )


def _draw_rows(steps: StepProgram, stack: PartStack, at: StepPoint) -> None:
    """Rows drawn at random from the part on top, each improved."""
    i, random = int(stack.numbers[0]) - 1, np.random.default_rng(0)
    part = StepPart(stack.low[i], stack.high[i], stack.signs[i], stack.weights[i], stack.lines[i])
    for _ in range(_DRAWN if is_machine_code_used() else 1):
        drawn = part.low + (part.high - part.low) * random.random(len(part.low))
        at.x[:] = np.where(steps.single, drawn, 0.0)
        for first, last in pairwise(steps.starts.tolist()):
            group = steps.members[first:last]
            at.x[random.choice(group[part.high[group] > 0.0])] = 1.0
        climb_row(steps, part, stack, at)


def _make_stack(
    steps: StepProgram, parts: list[OpenPart], levels: tuple[float, float, float]
) -> PartStack:
    n, K, q = len(steps.single), len(steps.b), len(steps.derivatives)
    room = WAITING + len(parts) + n
    enough, value, gap = levels
    stack = PartStack(
        low=np.zeros((room, n)), high=np.zeros((room, n)),
        signs=np.zeros((room, K), dtype=np.int8), lines=np.full((room, 2 * q), np.inf),
        weights=np.full((room, K), np.nan), bounds=np.zeros(room),
        numbers=np.array([len(parts), 0]), levels=np.array([enough, -np.inf, value, gap]),
        best=np.zeros(n), kept=np.zeros(0), mean=np.zeros(n + 2 * K),
    )  # fmt: skip
    stack.lines[:, :q] = -np.inf
    for i, part in enumerate(sorted(parts, key=lambda one: one.bound)):
        stack.low[i], stack.high[i] = part.cell.low[:n], part.cell.high[:n]
        stack.signs[i] = 1  # of walls
        stack.signs[i, : len(part.cell.signs)] = part.cell.signs
        stack.bounds[i] = part.bound

    return stack


def make_step_point(steps: StepProgram) -> StepPoint:
    n, K, q = len(steps.single), len(steps.b), len(steps.derivatives)
    return StepPoint(
        x=np.zeros(n), shares=np.zeros(K), ends=np.zeros((2, K)),
        limits=np.zeros((2, K)), steps=np.zeros(K), chords=np.zeros((q, 4)),
        shift=np.zeros(4), own=np.zeros(K), moved=np.zeros(K), v=np.zeros(n),
    )  # fmt: skip
