"""Questions about one polytope {u : G u <= h}, answered by compiled dictionaries: a vertex, a ball,
rows.

What these say of rows and of emptiness are proposals; `certified` and `redundancy` decide.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.lp import highs
from relurules.lp.chebyshev import allocate_ball_dictionary, find_ball_center
from relurules.lp.compilation import compile_cached
from relurules.lp.dictionary import (
    STUCK,
    Dictionary,
    append_half_space,
    choose_entering,
    copy_vector,
    express_form,
    flip_column,
    flip_row,
    maximise_form,
    negate_form,
    pivot,
    start_at_corner,
)
from relurules.lp.lengths import row_lengths
from relurules.lp.tolerances import (
    BLAND_AFTER,
    GOAL,
    LARGEST_RADIUS,
    MOST_STEPS,
    PIVOT,
    RADIUS,
    SLIP,
)

Array = NDArray[np.float64]

#: What cutting a box came to, beside STUCK.
CUT, REFUTED = 1, 0


@dataclass(frozen=True, kw_only=True)
class Box:
    """Coordinates of a search: a box low <= u <= low + width, and the walls in it."""

    #: (F,).
    low: Array
    #: (F,).
    width: Array
    #: (w, F + 1) unit rows.
    walls: Array
    #: (c,) which wall a row G u <= h became, -1 for a side of the box.
    row_of: NDArray[np.intp]
    #: Whether u is homogeneous, since the polytope has no two bounds for every coordinate: the
    #: points are u[:-1] / u[-1], so that an unbounded polytope is a bounded cone.
    cone: bool

    def points(self, u: Array) -> Array:
        """(N, F) -> (N, f) in the coordinates of G."""
        return u[:, :-1] / u[:, -1:] if self.cone else u

    def half_spaces(self, rows: Array) -> tuple[Array, Array]:
        """Rows of the search, (n, F + 1), as G u <= h, of unit length."""
        G, h = (-rows[:, :-2], rows[:, -2]) if self.cone else (-rows[:, :-1], rows[:, -1])
        length = row_lengths(G)
        return G / length[:, None], h / length


def make_box(G: Array, h: Array, high: Array | None = None, kept: int = 0) -> Box:
    """G u <= h as a box and walls. high: (f,) upper bounds known beside; the last `kept` rows are
    walls in any case.
    """
    f, first = G.shape[1], len(G) - kept
    low, high = np.full(f, -np.inf), np.full(f, np.inf) if high is None else high.copy()
    single = ((G != 0).sum(axis=1) == 1) & (np.arange(len(G)) < first)
    _, j = np.nonzero(G[single])
    entry = G[single, j]
    up, at = entry > 0, _round_outward(h[single] / entry, entry)
    np.minimum.at(high, j[up], at[up])
    np.maximum.at(low, j[~up], at[~up])

    if np.isfinite([low, high]).all():
        walls, row_of = (
            np.column_stack([-G, h])[~single],
            np.where(single, -1, np.cumsum(~single) - 1),
        )
        return Box(
            low=low, width=_round_width_up(low, high), walls=walls, row_of=row_of, cone=False
        )

    rows = np.column_stack([-G, h, np.zeros(len(G))])
    walls = rows / row_lengths(rows)[:, None]
    return Box(
        low=np.append(-np.ones(f), 0.0),
        width=np.append(np.full(f, 2.0), 1.0),
        walls=walls,
        row_of=np.arange(len(G)),
        cone=True,
    )


def _round_outward(bounds: Array, entry: Array) -> Array:
    """Quotients by `entry` moved by what their division may have rounded: up for positive entries,
    else down.
    """
    exact = np.abs(entry) == 1.0
    return np.where(exact, bounds, np.nextafter(bounds, np.where(entry > 0, np.inf, -np.inf)))


def _round_width_up(low: Array, high: Array) -> Array:
    """The least floats with low + width >= high; below 0 just where high < low."""
    with np.errstate(over="ignore", invalid="ignore"):
        width = high - low
        back = width + low  # D. Knuth's exact error of a difference
        lost = (high - back) + ((back - width) - low)
    return np.asarray(
        np.where((lost > 0.0) | ~np.isfinite(lost), np.nextafter(width, np.inf), width)
    )


class FeasibilityResult(NamedTuple):
    """Where programs over a polytope start: a vertex, or multipliers of its walls (w,) that say
    that it has no point.

    Both None where the simplex method gives up. The multipliers are a proposal, see
    `certified.refutes`.
    """

    dictionary: Dictionary | None
    refutation: Array | None


def find_feasible_vertex(box: Box) -> FeasibilityResult:
    """A vertex of the polytope, or why it has none."""
    D = start_at_corner(box.low, box.width, len(box.walls))
    multipliers = np.zeros(len(box.walls))
    found = _cut_box(D, box.walls, multipliers)
    return FeasibilityResult(D if found == CUT else None, multipliers if found == REFUTED else None)


def find_needed_rows(G: Array, h: Array, candidates: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Which rows are needed to describe {u : G u <= h}: (c,) bool; rows that aren't candidates
    stay.

    G: (c, f) unit rows; candidates are the last rows, in order. A candidate goes when the remaining
    rows keep G_i u within RADIUS of h_i; of two equal rows one stays. The polytope must have an
    interior. A proposal: see `redundancy`.
    """
    box = make_box(G, h, kept=len(candidates))
    D = find_dictionary(box)
    needed = np.ones(len(G), dtype=np.bool_)
    if D is None:
        return highs.propose_needed_rows(G, h, candidates)

    for i in candidates:
        found = _is_needed(D, len(box.low) + int(box.row_of[i]))
        if found == STUCK:
            return highs.propose_needed_rows(G, h, candidates)
        needed[i] = found == 1

    return needed


def find_dictionary(box: Box) -> Dictionary | None:
    """A vertex of the polytope; None where it has no interior, or where the simplex method gives
    up.
    """
    return find_feasible_vertex(box).dictionary


def find_largest_ball(G: Array, h: Array) -> highs.Ball:
    """As `highs.inscribed_ball`, by a dictionary where single rows bound the polytope."""
    box = make_box(G, h)
    D = None if box.cone else find_dictionary(box)
    if D is None:
        return highs.find_inscribed_ball(G, h)

    center = np.zeros(len(box.low))
    if (
        find_ball_center(D, allocate_ball_dictionary(len(box.low), len(D.basic)), center, np.inf)
        < 0.0
    ):
        return highs.find_inscribed_ball(G, h)

    return highs.Ball(float(min((h - G @ center).min(), LARGEST_RADIUS)), center)


@compile_cached
def _cut_box(D: Dictionary, walls: Array, multipliers: Array) -> int:
    """Cut a box by all walls, from vertex to vertex; where one of them leaves nothing, the
    multipliers that say so.
    """
    f = len(D.low)
    for i in range(len(walls)):
        express_form(D, walls[i], D.table[i])
        if maximise_form(D, GOAL) == STUCK:
            return STUCK
        if D.table[i, 0] < 0.0:
            for column in range(f):
                if D.nonbasic[column] >= f:
                    multipliers[D.nonbasic[column] - f] = max(0.0, -D.table[i, 1 + column])
            multipliers[i] = 1.0
            return REFUTED
        append_half_space(D, f + i)

    return CUT


@compile_cached
def _is_needed(D: Dictionary, variable: int) -> int:
    """1 where the slack `variable` can be below -RADIUS once its own bound is lifted; else its row
    goes, and 0.
    """
    row = _find_row(D, variable)
    if row < 0:
        row = _make_basic(D, -1 - row)
        if row < 0:
            return 1

    n = D.used[0]
    for turn in range(MOST_STEPS):
        copy_vector(D.table[row], D.table[n])
        negate_form(D)
        column = choose_entering(D, turn >= BLAND_AFTER)
        if column < 0:
            _drop_row(D, row)
            return 0
        step, blocking = _run_ratio_test(D, column, row, 1.0, turn >= BLAND_AFTER)
        if D.table[row, 0] + D.table[row, 1 + column] * step < -RADIUS:
            return 1
        if blocking < 0:
            flip_column(D, column)
        else:
            _exchange_variables(D, blocking, column, 1.0)

    return STUCK


@compile_cached
def _find_row(D: Dictionary, variable: int) -> int:
    """The row of a basic variable, -1 - column of a nonbasic one."""
    for i in range(D.used[0]):
        if D.basic[i] == variable:
            return i
    for c in range(len(D.nonbasic)):
        if D.nonbasic[c] == variable:
            return -1 - c
    return -1


@compile_cached
def _run_ratio_test(
    D: Dictionary, column: int, free: int, sign: float, bland: bool
) -> tuple[float, int]:
    """How far the column's variable can go in the direction `sign`, row `free` not counting, and
    the row that stops it.

    Of rows that stop it at once, the one with the largest pivot, or with Bland's rule that of the
    first variable.
    """
    variable = D.nonbasic[column]
    step = D.width[variable] if variable < len(D.width) and sign > 0.0 else np.inf
    blocking, most = -1, 0.0

    for i in range(D.used[0]):
        a = sign * D.table[i, 1 + column]
        if i == free or abs(a) <= PIVOT:
            continue
        if a < 0.0:
            room = max(D.table[i, 0], 0.0) / -a
        elif D.basic[i] < len(D.width):
            room = max(D.width[D.basic[i]] - D.table[i, 0], 0.0) / a
        else:
            continue
        tied = blocking >= 0 and abs(room - step) <= SLIP
        better = D.basic[i] < D.basic[blocking] if bland else abs(a) > most
        if better if tied else room < step:
            step, blocking, most = min(room, step), i, abs(a)

    return step, blocking


@compile_cached
def _make_basic(D: Dictionary, column: int) -> int:
    """Make a tight slack basic, by the row that stops it from going below 0; -1 where none does
    within RADIUS.
    """
    step, blocking = _run_ratio_test(D, column, -1, -1.0, False)
    if step > RADIUS or blocking < 0:
        return -1
    _exchange_variables(D, blocking, column, -1.0)
    return blocking


@compile_cached
def _exchange_variables(D: Dictionary, row: int, column: int, sign: float) -> None:
    """Pivot; the row's variable leaves at the bound that it meets as the column's moves in the
    direction `sign`.
    """
    if sign * D.table[row, 1 + column] > 0.0:
        flip_row(D, row)
    pivot(D, row, column)


@compile_cached
def _drop_row(D: Dictionary, row: int) -> None:
    """Forget a basic slack's row; the last row takes its place."""
    last = D.used[0] - 1
    if row != last:
        copy_vector(D.table[last], D.table[row])
        D.basic[row] = D.basic[last]
        if D.basic[row] < len(D.width):
            D.place[D.basic[row]] = row
    D.used[0] = last
