"""Linear programs as HiGHS answers them, called by its own interface: for the small programs here,
scipy's wrapper takes most of the time.

Nothing is checked here but what no solver can be wrong about; see `highs` for what may be done with
an answer.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.lp.tolerances import FEASIBILITY

if TYPE_CHECKING:
    from highspy import Highs

Array = NDArray[np.float64]

#: Of every attempt. One thread: more would be started anew in every process, and not live through a
#: fork.
_SHARED: Mapping[str, str | float | bool] = {"output_flag": False, "threads": 1, "presolve": "on"}
#: HiGHS may end without an answer (tolerances missed, unbounded not told from infeasible): then the
#: next is tried.
_ATTEMPTS: Sequence[Mapping[str, str | float | bool]] = (
    {"primal_feasibility_tolerance": FEASIBILITY, "dual_feasibility_tolerance": FEASIBILITY},
    {},
    {"solver": "simplex", "presolve": "off"},
    {"solver": "ipm"},
)
#: Solvers at rest, by attempt: making one takes as long as solving a small program. One that solves
#: is taken out, so that no other thread and no signal's handler meets it, and one that is
#: interrupted is gone.
_IDLE: Sequence[list["Highs"]] = tuple([] for _ in _ATTEMPTS)
#: A solver that was given more coefficients isn't kept, and neither is its memory.
_MOST_KEPT = 1_000_000

#: An optimum that breaks a row or bound by more is none: what scipy's linprog allows.
_BROKEN = 10.0 * np.sqrt(1e-9)
#: As HiGHS numbers them: a matrix by columns, the smallest value.
_BY_COLUMNS, _SMALLEST = 1, 1


class Outcome(Enum):
    """What HiGHS says of a program; UNKNOWN where it has no answer."""

    OPTIMAL = "optimal"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    UNKNOWN = "unknown"


class ProgramAnswer(NamedTuple):
    """HiGHS' answer to a program of n columns and m rows; numbers only where it is OPTIMAL."""

    outcome: Outcome
    #: What HiGHS says, for people.
    message: str
    #: The smallest value, and a point (n,) where it is taken.
    value: float = np.nan
    point: Array = np.empty(0)
    #: (m,) what the value changes by where a row's limit grows by 1: <= 0 where it is an upper one.
    marginals: Array = np.empty(0)


class _ProgramArrays(NamedTuple):
    """A program as HiGHS takes it: cost, bounds of columns, bounds of rows, entries by columns."""

    cost: Array
    low: Array
    high: Array
    row_low: Array
    row_high: Array
    start: NDArray[np.int32]
    rows: NDArray[np.int32]
    entries: Array


def solve_program(
    cost: Array, G: Array, h: Array, low: Array, high: Array, *, equations: int = 0
) -> ProgramAnswer:
    """Smallest cost·x over {x : G x <= h, low <= x <= high}; the last so many rows are equations.

    cost, low, high: (n,); G: (m, n), h: (m,). A bound that is infinite or NaN is none. ValueError
    where shapes don't fit, or where cost, G or h hold what is no finite number.
    """
    arrays = _lay_out_program(cost, G, h, low, high, equations)

    for turn in range(len(_ATTEMPTS)):
        answer = _attempt_program(turn, arrays)
        if answer.outcome is not Outcome.UNKNOWN:
            break

    return answer


def _lay_out_program(
    cost: Array, G: Array, h: Array, low: Array, high: Array, equations: int
) -> _ProgramArrays:
    """The program's arrays, their lengths checked: HiGHS reads from where they begin."""
    m, n = G.shape
    shapes = (cost.shape, h.shape, low.shape, high.shape)
    if shapes != ((n,), (m,), (n,), (n,)):
        raise ValueError(f"a program's matrix is {m} x {n}; cost, limits and bounds are {shapes}")
    if not (np.isfinite(cost).all() and np.isfinite(G).all() and np.isfinite(h).all()):
        raise ValueError("a program's cost, matrix and limits must be finite numbers")

    row_low = np.full(m, -np.inf)
    row_low[m - equations :] = h[m - equations :]
    columns, rows = np.nonzero(G.T)
    start = np.zeros(n + 1, dtype=np.int32)
    np.cumsum(np.bincount(columns, minlength=n), out=start[1:])

    return _ProgramArrays(
        cost=np.asarray(cost, dtype=np.float64),
        low=np.where(np.isnan(low), -np.inf, low),
        high=np.where(np.isnan(high), np.inf, high),
        row_low=row_low,
        row_high=np.asarray(h, dtype=np.float64),
        start=start,
        rows=rows.astype(np.int32),
        entries=np.asarray(G[rows, columns], dtype=np.float64),
    )


def _attempt_program(turn: int, arrays: _ProgramArrays) -> ProgramAnswer:
    """What one attempt says."""
    try:
        solver = _IDLE[turn].pop()
    except IndexError:
        solver = _make_solver(turn)

    if _pass_program(solver, arrays):
        _run_alone(solver)
        answer = _read_answer(solver, arrays)
    else:
        answer = ProgramAnswer(Outcome.UNKNOWN, "HiGHS refuses the program's numbers")
    if len(arrays.entries) <= _MOST_KEPT:
        _IDLE[turn].append(solver)
    return answer


def _make_solver(turn: int) -> "Highs":
    """A solver with the settings of an attempt.

    It is of the class beneath `highspy.Highs`, which prints a line once it is made, and by its
    callbacks holds itself, so that it is never freed.
    """
    from highspy import HighsStatus
    from highspy import _Highs as QuietHighs  # type: ignore[attr-defined]  # not in its stubs

    solver: Highs = QuietHighs()
    for name, value in {**_SHARED, **_ATTEMPTS[turn]}.items():
        if solver.setOptionValue(name, value) != HighsStatus.kOk:
            raise RuntimeError(f"HiGHS {solver.version()} has no setting {name} = {value!r}")

    return solver


def _pass_program(solver: "Highs", arrays: _ProgramArrays) -> bool:
    """Give the solver a program in place of the one that it had; whether it takes it."""
    from highspy import HighsStatus

    n, m = len(arrays.cost), len(arrays.row_high)
    status = solver.passModel(
        n,
        m,
        len(arrays.entries),
        _BY_COLUMNS,
        _SMALLEST,
        0.0,
        arrays.cost,
        arrays.low,
        arrays.high,
        arrays.row_low,
        arrays.row_high,
        arrays.start,
        arrays.rows,
        arrays.entries,
        np.zeros(n, dtype=np.int32),  # no column is a whole number
    )
    return bool(status != HighsStatus.kError)


def _run_alone(solver: "Highs") -> None:
    """Solve in one thread, whatever HiGHS was used for here before, and is used for later.

    It keeps the number of threads that the first solver asked for, and refuses any that asks for
    another: so what is kept, by us or by a user's own programs, is let go.
    """
    from highspy import Highs, HighsStatus

    if solver.run() == HighsStatus.kError:
        Highs.resetThreadScheduler(False)
        solver.run()
    Highs.resetThreadScheduler(False)


def _read_answer(solver: "Highs", arrays: _ProgramArrays) -> ProgramAnswer:
    """What the solver says once it has run."""
    from highspy import HighsModelStatus

    status = solver.getModelStatus()
    message = solver.modelStatusToString(status)
    if status == HighsModelStatus.kInfeasible:
        return ProgramAnswer(Outcome.INFEASIBLE, message)
    if status == HighsModelStatus.kUnbounded:
        return ProgramAnswer(Outcome.UNBOUNDED, message)
    if status != HighsModelStatus.kOptimal:
        return ProgramAnswer(Outcome.UNKNOWN, message)

    solution = solver.getSolution()
    point, at_rows = np.array(solution.col_value), np.array(solution.row_value)
    value = float(solver.getObjectiveValue())
    inside = (point >= arrays.low - _BROKEN) & (point <= arrays.high + _BROKEN)
    kept = (at_rows >= arrays.row_low - _BROKEN) & (at_rows <= arrays.row_high + _BROKEN)
    if not (inside.all() and kept.all() and np.isfinite(value)):
        return ProgramAnswer(Outcome.UNKNOWN, "an optimum that isn't in the polytope")

    return ProgramAnswer(Outcome.OPTIMAL, message, value, point, np.array(solution.row_dual))
