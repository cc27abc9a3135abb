"""What lines gain where trends must be kept: by a quadratic model of the loss with constraints."""

from collections.abc import Sequence

import numpy as np

from relurules.training.lines.line_model import HingeLine, LineModel, compute_reach
from relurules.training.lines.refits import FitTerms, build_slope_basis, get_factors
from relurules.training.lines.trends import guard_factors

#: What is added to the curvature, so that it is positive definite.
_FLOOR = 1e-9


def measure_gains_within_trends(
    model: LineModel, lines: Sequence[HingeLine], terms: FitTerms
) -> list[tuple[float, HingeLine]]:
    """Lines that gain something, with what the objective falls by once the constant, the base and
    the factors of all lines are fitted.
    """
    rows = terms.rows
    first, second = rows.derivatives(model.evaluate(rows.X))
    basis, (values, pulls) = build_slope_basis(model, rows), get_factors(model)
    shared = (basis * second) @ basis.T
    found = []
    size = len(values)
    hessian, slope = np.zeros((size + 1, size + 1)), np.zeros(size + 1)
    hessian[:size, :size] = shared
    slope[:size] = basis @ first + pulls * terms.ridge * values
    start = np.append(values, 0.0)

    for line in [None, *lines]:
        tried = model if line is None else model.with_line(line)
        guard = guard_factors(tried, terms.columns)
        penalty = np.append(pulls, 0.0)
        if line is not None:
            own = line.sign * np.maximum(compute_reach(line, rows.X), 0.0)
            hessian[size, :size] = hessian[:size, size] = basis @ (second * own)
            hessian[size, size], slope[size] = (second * own) @ own, first @ own
            penalty[size] = line.pulls @ line.weights**2
        kept = size if line is None else size + 1
        matrix = hessian[:kept, :kept] + np.diag(penalty[:kept] * terms.ridge + _FLOOR)
        best = guard.minimize(matrix, slope[:kept], start[:kept])
        change = best - start[:kept]
        gain = -float(slope[:kept] @ change + change @ matrix @ change / 2)
        if line is None:
            least = gain
        elif gain - least > 1e-9 and abs(best[size]) > 1e-9:
            found.append((gain - least, line.scaled(float(best[size]))))

    return found
