"""What lines gain where trends must be kept: by a quadratic model of the loss with constraints."""

from collections.abc import Sequence

import numpy as np

from relurules.ir.network import Array
from relurules.training.lines.line_columns import LineColumn
from relurules.training.lines.line_model import HingeLine, LineModel, compute_reach
from relurules.training.lines.refits import FitTerms, build_slope_basis, get_factors
from relurules.training.lines.trend_guard import TrendGuard, TrendPieces, Walls, join_walls
from relurules.training.lines.trends import list_factor_constraints

#: What is added to the curvature, so that it is positive definite.
_FLOOR = 1e-9
#: Gains and factors below are noise.
_LEAST = 1e-9


class _GuardStock:
    """The constraints of one model with one line more: those of columns that the line doesn't read
    are made once, and what binds without it most likely binds with it.
    """

    def __init__(self, model: LineModel, columns: Sequence[LineColumn]) -> None:
        self._model, self._columns = model, columns
        self._width = 1 + int(model.read.sum()) + len(model)
        numbers = [n for n, each in enumerate(columns) if each.trend or each.limit is not None]
        self._every = {n: list_factor_constraints(model, columns, [n]) for n in numbers}
        self._more: dict[int, tuple[list[TrendPieces], Walls, Walls]] = {}

    def find_best(self, hessian: Array, slope: Array) -> Array:
        """The best parameters without a further line, and what binds there."""
        pieces = [one for own, _ in self._every.values() for one in own]
        walls = [one for _, own in self._every.values() for one in own]
        guard = TrendGuard(pieces, join_walls(walls, self._width))
        best = guard.minimize(hessian, slope, get_factors(self._model)[0])

        for number, (own, ends) in self._every.items():
            joined = join_walls(ends, self._width)
            binding = TrendGuard(own, joined).find_binding(best)
            extended = [one.extend() for one in own]
            self._more[number] = extended, joined.extend(), binding.extend()

        return best

    def make_guard(self, line: HingeLine) -> TrendGuard:
        """The constraints of the model with a line more."""
        read = [number for number in line.columns if number in self._every]
        more = self._model.with_line(line)
        pieces, walls = list_factor_constraints(more, self._columns, read)
        others = [each for number, each in self._more.items() if number not in read]
        pieces += [one for own, _, _ in others for one in own]
        guard = TrendGuard(
            pieces, join_walls([*walls, *(own for _, own, _ in others)], self._width + 1)
        )
        for _, _, binding in others:
            guard.expect(binding)
        return guard


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
    own, stock = slice(0, size), _GuardStock(model, terms.columns)
    best = stock.find_best(hessian[own, own], slope[own])
    without = _measure_fall(best - values, hessian[own, own], slope[own])
    start = np.append(values, 0.0)

    for line in lines:
        reach = line.sign * np.maximum(compute_reach(line, rows.X), 0.0)
        penalty = terms.ridge * float(line.pulls @ line.weights**2) + _FLOOR
        hessian[size, own] = hessian[own, size] = basis @ (second * reach)
        hessian[size, size], slope[size] = (second * reach) @ reach + penalty, first @ reach
        best = stock.make_guard(line).minimize(hessian, slope, start)
        gain, factor = _measure_fall(best - start, hessian, slope) - without, float(best[-1])
        if gain > _LEAST and abs(factor) > _LEAST:
            found.append((gain, line.scaled(factor)))

    return found


def _measure_fall(change: Array, hessian: Array, slope: Array) -> float:
    """What a quadratic falls by."""
    return -float(slope @ change + change @ hessian @ change / 2)
