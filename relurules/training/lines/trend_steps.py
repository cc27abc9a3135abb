"""Steps on all numbers of a model that keep its trends, and keep parallel lines parallel.

Lines that are turned each for itself hold alone somewhere far off, however little they are turned,
and there a trend breaks that they keep together.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array
from relurules.training.lines.line_columns import LineColumn
from relurules.training.lines.line_model import LineModel
from relurules.training.lines.parallels import group_parallels
from relurules.training.lines.trend_guard import TrendGuard
from relurules.training.lines.trends import guard_parameters


@dataclass(frozen=True, kw_only=True)
class TiedLine:
    """One of several parallel lines.

    weights: (q,) as they are. own: where they are among all parameters. factor: where the factor of
    all of them is among the fewer; turn: where the turn that parallel lines share is.
    """

    weights: Array
    own: slice
    factor: int
    turn: slice


@dataclass(frozen=True, kw_only=True)
class StepFrame:
    """Parameters of a step: all of them, or fewer by which parallel lines turn together.

    start: (F,). guard: the trends by them; None for none. basis: (P, F) of all parameters by the
    fewer, to first order; None where they are the same.
    """

    start: Array
    guard: TrendGuard | None
    basis: Array | None = None
    lines: Sequence[TiedLine] = ()

    def minimize(self, hessian: Array, gradient: Array) -> Array:
        """(P,) the parameters of least gradient' step + step' hessian step / 2, (P,), (P, P), that
        keep the trends.
        """
        if self.guard is None:
            return np.asarray(self.start - np.linalg.solve(hessian, gradient))
        if self.basis is None:
            return self.guard.minimize(hessian, gradient, self.start)

        fewer = self.basis.T @ hessian @ self.basis
        few = self.guard.minimize(fewer, self.basis.T @ gradient, self.start)
        values = self.basis @ few

        for line in self.lines:
            turned = line.weights + self.basis[line.own, line.turn] @ few[line.turn]
            values[line.own] = few[line.factor] * turned

        return np.asarray(values)


def frame_step(model: LineModel, values: Array, columns: Sequence[LineColumn]) -> StepFrame:
    """The frame of a model's step; values: (P,) in the order of `refits.get_line_parameters`."""
    guard = guard_parameters(model, columns)
    groups = [] if guard is None else _list_tied(model)
    if guard is None or not groups:
        return StepFrame(start=values, guard=guard)

    owns = _list_owns(model)
    basis, start, factors = _share_factors(values, groups, owns)
    lines: list[TiedLine] = []

    for group in groups:
        ways = _list_turns(model, group, owns, len(values))
        turn = slice(basis.shape[1], basis.shape[1] + ways.shape[1])
        basis, start = np.hstack([basis, ways]), np.append(start, np.zeros(ways.shape[1]))
        lines += [
            TiedLine(weights=values[owns[k]], own=owns[k], factor=factors[k], turn=turn)
            for k in group
        ]

    return StepFrame(start=start, guard=guard.through(basis), basis=basis, lines=lines)


def _share_factors(
    values: Array, groups: Sequence[Sequence[int]], owns: Sequence[slice]
) -> tuple[Array, Array, dict[int, int]]:
    """(P, F) and (F,): parameters in which every parallel line has one factor in place of its
    weights, what they are, and where each line's factor is among them.
    """
    basis, start = np.eye(len(values)), values.copy()
    kept = np.ones(len(values), dtype=np.bool_)
    tied = [k for group in groups for k in group]

    for k in tied:
        own = owns[k]
        basis[own, own.start], start[own.start] = values[own], 1.0
        kept[own.start + 1 : own.stop] = False

    places = np.cumsum(kept) - 1
    return basis[:, kept], start[kept], {k: int(places[owns[k].start]) for k in tied}


def _list_tied(model: LineModel) -> list[list[int]]:
    """Numbers of parallel lines that could turn."""
    return [
        group for group in group_parallels(model)
        if len(group) > 1 and np.count_nonzero(model.lines[group[0]].weights) > 1
    ]  # fmt: skip


def _list_owns(model: LineModel) -> list[slice]:
    """Where the weights of each line are among all parameters."""
    ends = 1 + int(model.read.sum()) + np.cumsum([len(line.weights) + 1 for line in model.lines])
    return [
        slice(int(end) - len(line.weights) - 1, int(end) - 1)
        for end, line in zip(ends, model.lines, strict=True)
    ]


def _list_turns(
    model: LineModel, group: Sequence[int], owns: Sequence[slice], size: int
) -> NDArray[np.float64]:
    """(P, q - 1): all parameters by each way in which a direction of q numbers can turn."""
    first = max((model.lines[k].weights for k in group), key=np.linalg.norm)
    across = np.linalg.svd(first[None])[2][1:].T
    ways = np.zeros((size, across.shape[1]))

    for k in group:
        ways[owns[k]] = across * float(model.lines[k].weights @ first) / float(first @ first)

    return ways
