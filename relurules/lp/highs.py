"""Proposals by HiGHS about a polytope {u : G u <= h}: points and multipliers, which decide nothing
by themselves.

Rows of G have unit length. HiGHS may call a polytope empty that isn't, or miss an optimum: whoever
takes a step that can't be taken back checks it with `certified`.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.errors import CheckError
from relurules.lp.programs import Outcome, ProgramAnswer, solve_program
from relurules.lp.tolerances import LARGEST_RADIUS, RADIUS

Array = NDArray[np.float64]


class Ball(NamedTuple):
    """A ball inside a polytope; `radius` is measured at `center` in float64, whatever the solver
    said.
    """

    radius: float
    center: Array


def find_inscribed_ball(G: Array, h: Array) -> Ball:
    """Largest ball in {u : G u <= h}, its radius at most LARGEST_RADIUS; negative where the
    polytope is empty.

    G: (c, d) unit rows, h: (c,). The Chebyshev centre of Boyd & Vandenberghe, Convex Optimization,
    section 8.5.1.
    """
    found = _solve_for_radius(np.column_stack([G, np.ones(len(G))]), h)

    if found.outcome is not Outcome.OPTIMAL:
        raise CheckError(
            f"the LP solver failed on an inscribed ball ({len(G)} rows, {G.shape[1]} columns): "
            f"{found.message}"
        )

    center = found.point[:-1]
    slack = h - G @ center
    return Ball(float(min(slack.min(initial=LARGEST_RADIUS), LARGEST_RADIUS)), center)


def find_facet_ball(G: Array, h: Array, normal: Array, bound: float) -> Ball | None:
    """Largest ball around a point of the hyperplane normal·u = bound in {u : G u <= h}; None where
    there is none.
    """
    rows = np.vstack([np.column_stack([G, np.ones(len(G))]), np.append(normal, 0.0)])
    found = _solve_for_radius(rows, np.append(h, bound), equations=1)

    if found.outcome is not Outcome.OPTIMAL or found.point[-1] <= RADIUS:
        return None
    return Ball(float(found.point[-1]), found.point[:-1])


def _solve_for_radius(rows: Array, limits: Array, equations: int = 0) -> ProgramAnswer:
    """The largest radius, the last of the coordinates, that rows allow, at most LARGEST_RADIUS."""
    free = np.full(rows.shape[1], np.inf)
    cost, high = np.zeros_like(free), free.copy()
    cost[-1], high[-1] = -1.0, LARGEST_RADIUS
    return solve_program(cost, rows, limits, -free, high, equations=equations)


def minimise_form(cost: Array, G: Array, h: Array) -> float:
    """Minimum of cost·u over {u : G u <= h}: -inf where unbounded, +inf where the polytope is
    empty.
    """
    if not cost.any():
        return 0.0

    free = np.full(len(cost), np.inf)
    found = solve_program(cost, G, h, -free, free)
    if found.outcome is Outcome.OPTIMAL:
        return found.value
    if found.outcome is Outcome.UNBOUNDED:
        return -np.inf
    if found.outcome is Outcome.INFEASIBLE:
        return np.inf

    raise CheckError(
        f"the LP solver failed on a minimum ({len(G)} rows, {len(cost)} columns): {found.message}"
    )


class Proposal(NamedTuple):
    """What a solver says of a largest value: a point, (f,), and rows' multipliers, (c,) >= 0."""

    point: Array
    multipliers: Array


def propose_maximum(form: Array, G: Array, h: Array, low: Array, high: Array) -> Proposal | None:
    """Where form·u is largest in {u : G u <= h, low <= u <= high}; None where the solver has no
    answer.
    """
    if not (np.isfinite(form).all() and np.isfinite(G).all() and np.isfinite(h).all()):
        return None

    found = solve_program(-form, G, h, low, high)
    if found.outcome is not Outcome.OPTIMAL:
        return None
    return Proposal(found.point, np.maximum(0.0, -found.marginals))


def propose_refutation(walls: Array, low: Array, high: Array) -> Array | None:
    """Multipliers of walls (w, f + 1), with a sum of 1, whose sum is as low as can be over a box:
    Farkas' lemma.

    It is negative everywhere in the box where the polytope is empty by more than the solver's
    tolerances. None where the solver has no answer.
    """
    f = len(low)
    rows = np.column_stack([-walls[:, :-1], np.ones(len(walls))])
    found = propose_maximum(
        np.append(np.zeros(f), 1.0), rows, walls[:, -1], np.append(low, -1e6), np.append(high, 1.0)
    )
    return None if found is None else found.multipliers


def fit_closest_form(points: Array, values: Array) -> tuple[Array, float]:
    """The affine form (f + 1,), constant last, that is nearest to values (n,) at points (n, f), and
    the distance.

    Chebyshev approximation as a linear program (Boyd & Vandenberghe, Convex Optimization, section
    6.1). The smallest largest |value - form| over the points is exact up to the solver's
    tolerances, relative to the values' spread. Where the solver has no answer: the constant that is
    nearest.
    """
    middle, spread = float(values.mean()), float(np.ptp(values)) or 1.0
    design, target = np.column_stack([points, np.ones(len(points))]), (values - middle) / spread
    rows = np.vstack(
        [
            np.column_stack([design, -np.ones(len(points))]),
            np.column_stack([-design, -np.ones(len(points))]),
        ]
    )
    cost = np.append(np.zeros(design.shape[1]), 1.0)
    low, high = np.append(np.full(design.shape[1], -np.inf), 0.0), np.full(len(cost), np.inf)
    found = solve_program(cost, rows, np.concatenate([target, -target]), low, high)

    if found.outcome is not Outcome.OPTIMAL:
        form = np.append(np.zeros(points.shape[1]), float(values.max() + values.min()) / 2.0)
        return form, float(np.ptp(values)) / 2.0

    form = found.point[:-1] * spread
    form[-1] += middle
    return form, found.value * spread


def propose_needed_rows(G: Array, h: Array, candidates: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Which rows are needed to describe {u : G u <= h}: (c,) bool; rows that aren't candidates
    stay.

    A candidate goes when the remaining rows keep G_i u within RADIUS of h_i; of two equal rows one
    stays. The polytope must not be empty; where the solver says it is, the row stays. A proposal,
    see `redundancy`.
    """
    keep, free = np.ones(len(G), dtype=bool), np.full(G.shape[1], np.inf)
    for i in candidates:
        keep[i] = False
        others = np.vstack([G[keep], G[i]])
        limits = np.append(h[keep], h[i] + 1.0)
        found = propose_maximum(G[i], others, limits, -free, free)
        keep[i] = found is None or G[i] @ found.point > h[i] + RADIUS
    return keep
