"""Largest values of affine forms over polytopes, with bounds that don't rest on a solver's
arithmetic.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.lp import certified, highs
from relurules.lp.compilation import compile_cached
from relurules.lp.dictionary import TOP, Dictionary, express_form, maximise_form, write_vertex
from relurules.lp.lengths import row_lengths
from relurules.lp.polytope import Box
from relurules.lp.program_starts import clone_dictionary, find_program_start

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

#: A solver's answer that misses walls or its own bound by more than this share of their terms is
#: looked at again.
_NEAR = 1e-9


class Maxima(NamedTuple):
    """Of n affine forms over a polytope: bounds (n,), which none of its points exceeds, and points
    (n, f) near them.

    Points are a solver's, and may lie outside.
    """

    bounds: Array
    points: Array


def bound_maxima(G: Array, h: Array, forms: Array) -> Maxima:
    """Largest values of forms (n, f + 1), constants last, over {u : G u <= h}; -inf where that is
    empty.

    Rows of G have about unit length. Where they bound every coordinate from above and below, a
    bound is that of weak duality: the simplex method proposes multipliers, `certified` makes them a
    bound. Where these are no good, or where a coordinate is open, the program is solved in whole
    numbers; where it is too large for that, the bound is what it is, at worst that of the box
    alone, infinite where there is none.
    """
    n, f = len(forms), G.shape[1]
    if f == 0:
        return _evaluate_constants(h, forms)

    box, start = find_program_start(G, h)
    if box.cone:
        return _bound_open_maxima(G, h, forms)
    if start is None or _is_refuted(box, start.refutation):
        return _make_empty_maxima(n, f)

    vertex = None if start.dictionary is None else clone_dictionary(start.dictionary)
    points, multipliers, done = _propose_multipliers(box, vertex, forms)
    bounds = certified.compute_upper_bounds(box.low, box.width, box.walls, forms, multipliers)
    tight = done & _are_tight(box, forms, bounds, points)
    if tight.all():
        certified.record_decisions(rounded=n)
        return Maxima(bounds, points)
    if _is_refuted(box, highs.propose_refutation(box.walls, box.low, box.low + box.width)):
        return _make_empty_maxima(n, f)

    certified.record_decisions(rounded=int(tight.sum()))
    of_box = certified.compute_upper_bounds(
        box.low, box.width, box.walls, forms, np.zeros_like(multipliers)
    )
    bounds = np.minimum(bounds, of_box)

    return Maxima(_tighten_exactly(G, h, forms, ~tight, bounds), points)


def bound_extents(G: Array, h: Array, forms: Array) -> Array:
    """(n, 2) between which values forms (n, f + 1), constants last, lie over {u : G u <= h}: bounds
    as of `maxima`.
    """
    bounds = bound_maxima(G, h, np.vstack([forms, -forms])).bounds
    return np.column_stack([-bounds[len(forms) :], bounds[: len(forms)]])


def _evaluate_constants(h: Array, forms: Array) -> Maxima:
    """Where no coordinate is left, all numbers stand as they are."""
    certified.record_decisions(exact=len(forms))
    values = np.full(len(forms), -np.inf) if (h < 0.0).any() else forms[:, -1].copy()
    return Maxima(values, np.zeros((len(forms), 0)))


def _is_refuted(box: Box, multipliers: Array | None) -> bool:
    """Whether multipliers of the walls show that a polytope is empty."""
    return multipliers is not None and certified.is_refutation(
        box.low, box.width, box.walls, multipliers
    )


def _make_empty_maxima(n: int, f: int) -> Maxima:
    """Of n forms over a polytope that was shown to be empty."""
    certified.record_decisions(rounded=n)
    return Maxima(np.full(n, -np.inf), np.zeros((n, f)))


def _propose_multipliers(box: Box, D: Dictionary | None, forms: Array) -> tuple[Array, Array, Mask]:
    """Points (n, f), multipliers of the walls (n, w), and which forms a solver gave these for,
    (n,).
    """
    n, f = len(forms), len(box.low)
    sizes = row_lengths(forms[:, :-1])
    sizes = np.where((sizes > 0) & np.isfinite(sizes), sizes, 1.0)
    unit = scale_forms(forms, sizes)
    points, multipliers = np.zeros((n, f)), np.zeros((n, len(box.walls)))
    done = np.zeros(n, dtype=np.bool_)

    if D is not None:
        maximise_forms(D, unit, points, multipliers, done)

    for i in np.flatnonzero(~done):
        found = highs.propose_maximum(
            unit[i, :-1], -box.walls[:, :-1], box.walls[:, -1], box.low, box.low + box.width
        )
        if found is not None:
            points[i], multipliers[i], done[i] = *found, True

    return points, multipliers * sizes[:, None], done


def scale_forms(forms: Array, sizes: Array) -> Array:
    """Forms (n, f + 1) over their sizes (n,), without constants, as `maximise_forms` takes them: in
    rows, whatever the order of forms in memory, since another order would be compiled anew.
    """
    unit = np.zeros(forms.shape)
    unit[:, :-1] = forms[:, :-1] / sizes[:, None]
    return unit


def _are_tight(box: Box, forms: Array, bounds: Array, points: Array) -> Mask:
    """(n,) whether a solver's points are in the polytope, near enough, and its bounds are reached
    there.
    """
    reach = np.append(np.abs(box.low) + box.width, 1.0)
    at = np.column_stack([points, np.ones(len(points))])
    inside = (at @ box.walls.T >= -_NEAR * (np.abs(box.walls) @ reach)).all(axis=1)
    inside &= (np.abs(points - box.low - box.width / 2) <= (0.5 + _NEAR) * box.width + _NEAR).all(
        axis=1
    )

    return np.asarray(
        inside & (bounds - (at * forms).sum(axis=1) <= _NEAR * (np.abs(forms) @ reach))
    )


def _tighten_exactly(G: Array, h: Array, forms: Array, which: Mask, otherwise: Array) -> Array:
    """(n,) largest values of some of the forms in whole numbers; what is known otherwise where that
    takes too long.
    """
    bounds = otherwise.copy()
    for i in np.flatnonzero(which):
        value = certified.maximise_exactly(G, h, forms[i])
        bounds[i] = otherwise[i] if value is None else min(value, otherwise[i])
    return bounds


def _bound_open_maxima(G: Array, h: Array, forms: Array) -> Maxima:
    """Where a coordinate has no two bounds: in whole numbers, or by multipliers that leave rounding
    alone.
    """
    n, f = len(forms), G.shape[1]
    bounds, points = np.full(n, np.inf), np.zeros((n, f))
    for i, form in enumerate(forms):
        exact = certified.bound_exactly(G, h, form)
        if exact is not None and exact.value < np.inf:
            tight = list(exact.rows)
            bounds[i], points[i] = exact.value, np.linalg.lstsq(G[tight], h[tight], rcond=None)[0]
            certified.record_decisions(exact=1)
            continue
        proposal = highs.propose_maximum(form[:-1], G, h, np.full(f, -np.inf), np.full(f, np.inf))
        if proposal is not None:
            points[i], bounds[i] = (
                proposal.point,
                certified.bound_open_form(G, h, form, proposal.multipliers),
            )
        rounded = bool(bounds[i] < np.inf)
        certified.record_decisions(
            rounded=rounded,
            exact=exact is not None and not rounded,
            kept=exact is None and not rounded,
        )

    return Maxima(bounds, points)


@compile_cached
def maximise_forms(
    D: Dictionary, forms: Array, points: Array, multipliers: Array, done: Mask
) -> None:
    """A vertex where each form is largest, and the multipliers of the half-spaces that say so."""
    f = len(D.low)
    for i in range(len(forms)):
        n = D.used[0]
        express_form(D, forms[i], D.table[n])
        if maximise_form(D, np.inf) != TOP:
            continue
        done[i] = True
        write_vertex(D, points[i])
        for column in range(f):
            if D.nonbasic[column] >= f:
                multipliers[i, D.nonbasic[column] - f] = max(0.0, -D.table[n, 1 + column])
