"""What lines gain where trends must be kept: by a quadratic model of the loss with constraints."""

from collections.abc import Sequence

import numpy as np

from relurules.ir.network import Array
from relurules.training.lines.line_model import HingeLine, LineModel, compute_reach
from relurules.training.lines.refits import FitTerms, build_slope_basis, get_factors
from relurules.training.lines.trends import guard_factors, minimize_within_trends

#: What is added to the curvature, so that it is positive definite.
_FLOOR = 1e-9
#: Gains and factors below are noise.
_LEAST = 1e-9


def measure_gains_within_trends(
    model: LineModel, lines: Sequence[HingeLine], terms: FitTerms
) -> list[tuple[float, HingeLine]]:
    """Lines that gain something, with what the objective falls by once the constant, the base and
    the factors of all lines are fitted.
    """
    rows, found = terms.rows, []
    first, second = rows.derivatives(rows.evaluate(model))
    basis, (values, pulls) = build_slope_basis(model, rows), get_factors(model)
    size = len(values)
    hessian, slope = np.zeros((size + 1, size + 1)), np.zeros(size + 1)
    hessian[:size, :size] = (basis * second) @ basis.T + np.diag(pulls * terms.ridge + _FLOOR)
    slope[:size] = basis @ first + pulls * terms.ridge * values
    own = slice(0, size)
    without, _ = _lower(model, terms, hessian[own, own], slope[own])

    for line in lines:
        reach = line.sign * np.maximum(compute_reach(line, rows.X), 0.0)
        penalty = terms.ridge * float(line.pulls @ line.weights**2) + _FLOOR
        hessian[size, own] = hessian[own, size] = basis @ (second * reach)
        hessian[size, size], slope[size] = (second * reach) @ reach + penalty, first @ reach
        gain, factor = _lower(model.with_line(line), terms, hessian, slope, fresh=1)
        if gain - without > _LEAST and abs(factor) > _LEAST:
            found.append((gain - without, line.scaled(factor)))

    return found


def _lower(
    model: LineModel, terms: FitTerms, hessian: Array, slope: Array, fresh: int = 0
) -> tuple[float, float]:
    """What a quadratic falls by within the trends, and the last parameter there; the last `fresh`
    lines start at 0.
    """
    start, _ = get_factors(model)
    start[len(start) - fresh :] = 0.0
    guard = guard_factors(model, terms.columns)
    best = minimize_within_trends(hessian, slope, start, guard)
    change = best - start

    return -float(slope @ change + change @ hessian @ change / 2), float(best[-1])
