"""Questions about a polytope {u : G u <= h}, answered by HiGHS. Rows of G have unit length."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.errors import CheckError
from relurules.lp.tolerances import FEASIBILITY, LARGEST_RADIUS, RADIUS

Array = NDArray[np.float64]
_Bounds = Sequence[tuple[float | None, float | None]]

_OPTIMAL, _INFEASIBLE, _UNBOUNDED = 0, 2, 3

#: A mixed-integer program ends once no point can be better than the one found by more than this share.
_GAP = 0.5

_TIGHT = {"primal_feasibility_tolerance": FEASIBILITY, "dual_feasibility_tolerance": FEASIBILITY}
#: HiGHS may end without an answer (tolerances missed, unbounded not told from infeasible): then the next is tried.
_ATTEMPTS: Sequence[tuple[Any, Any]] = (
    ("highs", _TIGHT),
    ("highs", {}),
    ("highs-ds", {"presolve": False}),
    ("highs-ipm", {}),
)


class Ball(NamedTuple):
    """A ball inside a polytope; `radius` is measured at `center` in float64, whatever the solver said."""

    radius: float
    center: Array


def inscribed_ball(G: Array, h: Array) -> Ball:
    """Largest ball in {u : G u <= h}, its radius at most LARGEST_RADIUS; negative where the polytope is empty.

    G: (c, d) unit rows, h: (c,). The Chebyshev centre of Boyd & Vandenberghe, Convex Optimization, section 8.5.1.
    """
    d = G.shape[1]
    cost = np.zeros(d + 1)
    cost[-1] = -1.0
    rows = np.hstack([G, np.ones((len(G), 1))])
    bounds: _Bounds = [*[(None, None)] * d, (None, LARGEST_RADIUS)]
    result = _solve(cost, rows, h, bounds)
    if result.status != _OPTIMAL:
        raise CheckError(f"the LP solver failed on an inscribed ball ({len(G)} rows, {d} columns): {result.message}")
    center = np.asarray(result.x[:-1], dtype=np.float64)
    slack = h - G @ center
    return Ball(float(min(slack.min(initial=LARGEST_RADIUS), LARGEST_RADIUS)), center)


def facet_ball(G: Array, h: Array, normal: Array, bound: float) -> Ball | None:
    """Largest ball around a point of the hyperplane normal·u = bound in {u : G u <= h}; None where there is none."""
    d = G.shape[1]
    cost = np.zeros(d + 1)
    cost[-1] = -1.0
    rows = np.hstack([G, np.ones((len(G), 1))])
    equation = np.append(normal, 0.0)[None, :]
    bounds: _Bounds = [*[(None, None)] * d, (None, LARGEST_RADIUS)]
    result = _solve(cost, rows, h, bounds, A_eq=equation, b_eq=[bound])
    if result.status != _OPTIMAL or result.x[-1] <= RADIUS:
        return None
    return Ball(float(result.x[-1]), np.asarray(result.x[:-1], dtype=np.float64))


def minimum(cost: Array, G: Array, h: Array) -> float:
    """Minimum of cost·u over {u : G u <= h}: -inf where unbounded, +inf where the polytope is empty."""
    if not cost.any():
        return 0.0
    result = _solve(cost, G, h, [(None, None)] * len(cost))
    if result.status == _OPTIMAL:
        return float(result.fun)
    if result.status == _UNBOUNDED:
        return -np.inf
    if result.status == _INFEASIBLE:
        return np.inf
    raise CheckError(f"the LP solver failed on a minimum ({len(G)} rows, {len(cost)} columns): {result.message}")


def maximum(form: Array, G: Array, h: Array, low: Array, high: Array) -> tuple[Array, Array] | None:
    """A point of {u : G u <= h, low <= u <= high} where form·u is largest, and multipliers of the rows (c,) >= 0.

    None where there is no such point.
    """
    bounds: _Bounds = list(zip(low.tolist(), high.tolist(), strict=True))
    result = _solve(-form, G, h, bounds)
    if result.status == _INFEASIBLE:
        return None
    if result.status != _OPTIMAL:
        raise CheckError(f"the LP solver failed on a maximum ({len(G)} rows, {len(form)} columns): {result.message}")
    return np.asarray(result.x, dtype=np.float64), np.maximum(0.0, -np.asarray(result.ineqlin.marginals))


def propose_multipliers(form: Array, G: Array, h: Array, low: Array, high: Array) -> Array | None:
    """Multipliers (c,) >= 0 of the rows G u <= h that should show how large form·u is in the box; None where it fails.

    They prove nothing: weak duality, computed with rounding outward, makes them a bound.
    """
    bounds: _Bounds = list(zip(low.tolist(), high.tolist(), strict=True))
    try:
        result = _solve(-form, G, h, bounds)
    except ValueError:
        return None  # numbers that the solver doesn't take
    if result.status != _OPTIMAL:
        return None
    multipliers = np.maximum(0.0, -np.asarray(result.ineqlin.marginals, dtype=np.float64))
    return multipliers if np.isfinite(multipliers).all() else None


def closest_form(points: Array, values: Array) -> tuple[Array, float]:
    """The affine form (f + 1,), constant last, that is nearest to values (n,) at points (n, f), and the distance.

    Chebyshev approximation as a linear program (Boyd & Vandenberghe, Convex Optimization, section 6.1). The smallest
    largest |value - form| over the points is exact up to the solver's tolerances, relative to the values' spread.
    """
    middle, spread = float(values.mean()), float(np.ptp(values)) or 1.0
    design, target = np.column_stack([points, np.ones(len(points))]), (values - middle) / spread
    rows = np.vstack(
        [np.column_stack([design, -np.ones(len(points))]), np.column_stack([-design, -np.ones(len(points))])]
    )
    cost = np.append(np.zeros(design.shape[1]), 1.0)
    bounds: _Bounds = [*[(None, None)] * design.shape[1], (0.0, None)]
    result = _solve(cost, rows, np.concatenate([target, -target]), bounds)
    if result.status != _OPTIMAL:
        raise CheckError(f"the LP solver failed on a closest form ({len(points)} points): {result.message}")
    form = np.asarray(result.x[:-1], dtype=np.float64) * spread
    form[-1] += middle
    return form, float(result.fun) * spread


def whole_extent(cost: Array, G: Array, h: Array, whole: NDArray[np.intp]) -> tuple[float, float]:
    """Minimum and maximum of cost·u over {u : G u <= h} where the entries `whole` of u are whole numbers.

    (inf, -inf) where there is no such u. By branch and bound, closed to a relative gap of 1e-9.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    kind, found = np.zeros(len(cost), dtype=np.intp), list[float]()
    kind[whole] = 1
    rows, free = LinearConstraint(G, -np.inf, h), Bounds(-np.inf, np.inf)
    result: Any
    for sign in (1.0, -1.0):
        for presolve in (True, False):  # presolve may not tell unbounded from infeasible
            options: Any = {"mip_rel_gap": 1e-9, "presolve": presolve}
            result = milp(sign * cost, constraints=rows, bounds=free, integrality=kind, options=options)
            if result.status in (_OPTIMAL, _INFEASIBLE, _UNBOUNDED):
                break
        else:
            raise CheckError(f"the solver failed on an extreme ({len(G)} rows, {len(cost)} columns): {result.message}")
        value = {_OPTIMAL: result.fun, _INFEASIBLE: np.inf, _UNBOUNDED: -np.inf}[result.status]
        found.append(sign * float(value))
    return found[0], found[1]


def irredundant(G: Array, h: Array, candidates: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Which rows are needed to describe {u : G u <= h}: (c,) bool; rows that aren't candidates stay.

    A candidate goes when the remaining rows keep G_i u within RADIUS of h_i; of two equal rows one stays. The polytope
    must not be empty; where the solver says it is, the row stays.
    """
    keep = np.ones(len(G), dtype=bool)
    for i in candidates:
        keep[i] = False
        others = np.vstack([G[keep], G[i]])
        limits = np.append(h[keep], h[i] + 1.0)
        lowest = minimum(-G[i], others, limits)
        keep[i] = lowest == np.inf or -lowest > h[i] + RADIUS
    return keep


class Highest(NamedTuple):
    """A largest value: a bound that no point exceeds, and a point that nearly reaches it, if one was found."""

    bound: float
    point: Array | None


def highest_slack(G: Array, h: Array, inside: Array, limits: Array, whole: NDArray[np.intp]) -> Highest:
    """Large t <= LARGEST_RADIUS with G u + t <= h for a u with inside u <= limits whose entries `whole` are 0 or 1.

    Rows of G have unit length or less. The bound is what no t exceeds, and within _GAP of the t at the point, so that
    its sign is right; -inf where there is no such u. The point, (f,), has its whole entries rounded and is None where
    the solver gave none. By branch and bound; the bound is the solver's dual one: its tolerances can only raise it.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    f = G.shape[1]
    cost = np.append(np.zeros(f), -1.0)
    rows = np.vstack([np.column_stack([G, np.ones(len(G))]), np.column_stack([inside, np.zeros(len(inside))])])
    low, high = np.full(f + 1, -np.inf), np.append(np.full(f, np.inf), LARGEST_RADIUS)
    integrality = np.zeros(f + 1)
    low[whole], high[whole], integrality[whole] = 0.0, 1.0, 1
    constraint = LinearConstraint(rows, -np.inf, np.concatenate([h, limits]))
    gap: Any = {"mip_rel_gap": _GAP}
    result = milp(cost, constraints=constraint, bounds=Bounds(low, high), integrality=integrality, options=gap)
    if result.status == _INFEASIBLE:
        return Highest(-np.inf, None)
    if result.x is None:
        return Highest(np.inf, None)
    point = np.asarray(result.x[:-1], dtype=np.float64)
    point[whole] = np.round(point[whole])
    dual = result.mip_dual_bound
    return Highest(float(-result.fun if dual is None else max(-dual, -result.fun)), point)


def highest(form: Array, G: Array, h: Array) -> Highest:
    """Largest value of a form (n + 1,), constant last, over {u : G u <= h}, as the solver says, and where.

    (-inf, None) where there is no such u; (inf, None) where the form is unbounded.
    """
    result = _solve(-form[:-1], G, h, [(None, None)] * (len(form) - 1))
    if result.status == _OPTIMAL:
        return Highest(float(form[-1] - result.fun), np.asarray(result.x, dtype=np.float64))
    if result.status in (_UNBOUNDED, _INFEASIBLE):
        return Highest(np.inf if result.status == _UNBOUNDED else -np.inf, None)
    raise CheckError(f"the LP solver failed on a maximum ({len(G)} rows, {len(form) - 1} columns): {result.message}")


def _solve(cost: Array, G: Array, h: Array, bounds: _Bounds, **equations: Any) -> Any:
    from scipy.optimize import linprog  # loads in 0.4 s: only when a program is really solved

    for method, options in _ATTEMPTS:
        result = linprog(cost, A_ub=G, b_ub=h, bounds=bounds, method=method, options=options, **equations)
        if result.status in (_OPTIMAL, _INFEASIBLE, _UNBOUNDED):
            break
    return result
