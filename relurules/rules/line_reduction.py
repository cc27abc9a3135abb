"""Fewer lines within a bound: the cheapest step first, of whatever columns."""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from relurules.ir import AdditiveRules
from relurules.ir.limits import Deadline
from relurules.networks.programs import Rationals, to_rationals
from relurules.rules.curve_merging import CurveEffect, CurveSearch, ExactCurve
from relurules.rules.exact_box import BoundedBox
from relurules.rules.hinge_merging import HingeSearch, StepEffect, list_hinges
from relurules.rules.hinge_moves import ExactHinge, MoveBound

#: Steps in a row that a limit may refuse before the search ends.
_PATIENCE = 40


@dataclass(frozen=True, kw_only=True)
class ReductionStep:
    """So many lines, and what the scores are off by then at most."""

    lines: int
    error: Fraction


@dataclass(kw_only=True, eq=False)
class LineReduction:
    """Lines of additive rules, taken apart, and what became of them so far.

    fixed: indices of lines that stay, as their columns are open; several: of those of several
    columns, hinges: these, `sources` the indices of those that are as they were, by number; curves: those of one column by its coordinate, and
    `members` their lines' indices; moves: what was done to hinges.
    """

    box: BoundedBox
    scores: int
    fixed: NDArray[np.intp]
    several: NDArray[np.intp]
    hinges: HingeSearch
    sources: dict[int, int]
    curves: dict[int, CurveSearch]
    members: dict[int, NDArray[np.intp]]
    moves: list[MoveBound] = field(default_factory=list)
    steps: list[ReductionStep] = field(default_factory=list)

    def __len__(self) -> int:
        """How many lines there are."""
        return len(self.fixed) + len(self.hinges) + sum(map(len, self.curves.values()))

    def bound_scores(self) -> tuple[Rationals, Rationals]:
        """(m,) each: between which values the change of every score lies, but for an affine one."""
        low, high = to_rationals(np.zeros(self.scores)), to_rationals(np.zeros(self.scores))
        for move in self.moves:
            low, high = low + move.low, high + move.high
        for curve in self.curves.values():
            if curve.changed:
                low, high = low + curve.low, high + curve.high
        return low, high


def take_lines_apart(rules: AdditiveRules, box: BoundedBox) -> LineReduction:
    """The lines by their columns; those of open columns stay."""
    open_ = (rules.normals[:, box.open] != 0).any(axis=1)
    alone = (rules.normals != 0).sum(axis=1) == 1
    of_part = np.zeros(len(rules.lines), dtype=np.intp)
    for number, part in enumerate(rules.parts):
        of_part[part.lines] = number

    several = np.flatnonzero(~open_ & ~alone)
    columns = np.argmax(rules.normals != 0, axis=1) if len(rules.lines) else alone.astype(np.intp)
    members = {
        j: np.flatnonzero(~open_ & alone & (columns == j))
        for j in np.unique(columns[~open_ & alone]).tolist()
    }
    table = rules.normals, rules.bounds, rules.slopes
    return LineReduction(
        box=box,
        scores=rules.score_count,
        fixed=np.flatnonzero(open_),
        several=several,
        hinges=HingeSearch(list_hinges(*table, several), of_part[several].tolist(), box),
        sources=dict(enumerate(several.tolist())),
        curves={
            j: CurveSearch(make_curve(list_hinges(*table, own), j, box, rules.score_count), len(own))
            for j, own in members.items()
        },
        members=members,
    )


def make_curve(hinges: list[ExactHinge], column: int, box: BoundedBox, scores: int) -> ExactCurve:
    """What hinges of one column add over its range."""
    return ExactCurve(hinges, column, (float(box.low[column]), float(box.high[column])), scores)


def reduce_lines(
    state: LineReduction,
    limit: Fraction | None,
    most: int | None,
    deadline: Deadline,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Take the cheapest steps until there are `most` lines, or none that keeps the error within the
    limit; None is no limit, and no number.
    """
    low, high = state.bound_scores()
    costs = {j: curve.peek() for j, curve in state.curves.items()}
    refused = 0
    while (most is None or len(state) > most) and not deadline.is_over():
        column = min(costs, key=costs.__getitem__, default=None)
        best = np.inf if column is None else costs[column]
        cheapest = state.hinges.peek()
        if cheapest == best == np.inf or refused > _PATIENCE:
            return
        if column is None or cheapest <= best:
            effect = state.hinges.propose()
            changed = low + effect.move.low, high + effect.move.high
        else:
            before, effect = state.curves[column], state.curves[column].propose()
            kept = (before.low, before.high) if before.changed else (low * 0, high * 0)
            changed = low - kept[0] + effect.low, high - kept[1] + effect.high

        error = max((changed[1] - changed[0]).tolist()) / 2
        if limit is not None and error > limit:
            refused += 1
        else:
            refused, (low, high) = 0, changed
            _take_step(state, effect, column)
            state.steps.append(ReductionStep(lines=len(state), error=error))
            if progress is not None:
                progress(len(state))
        if isinstance(effect, CurveEffect) and column is not None:
            costs[column] = state.curves[column].peek()


def _take_step(
    state: LineReduction, effect: StepEffect | CurveEffect, column: int | None
) -> None:
    if isinstance(effect, CurveEffect):
        assert column is not None  # noqa: S101
        state.curves[column].take(effect)
        return
    state.moves.append(effect.move)
    state.hinges.take(effect)
    for k in effect.taken:
        state.sources.pop(k, None)
