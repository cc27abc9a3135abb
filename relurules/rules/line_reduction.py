"""Fewer lines within a bound: the cheapest step first, of whatever columns."""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.ir import AdditiveRules
from relurules.ir.limits import Deadline
from relurules.networks.programs import Rationals, to_rationals
from relurules.rules.curve_merging import CurveSearch, ExactCurve
from relurules.rules.exact_box import BoundedBox
from relurules.rules.hinge_merging import HingeSearch, list_hinges
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
    columns; hinges: these, `sources` the indices of those that are as they were, by number; curves:
    of lines of one column, by its coordinate, `members` their indices; moves: what was done to
    hinges.
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
            j: CurveSearch(
                make_curve(list_hinges(*table, own), j, box, rules.score_count), len(own)
            )
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
    now = state.bound_scores()
    costs = {j: curve.peek() for j, curve in state.curves.items()}
    refused = 0

    while (most is None or len(state) > most) and not deadline.is_over():
        column = min(costs, key=costs.__getitem__, default=-1)
        along, across = costs.get(column, np.inf), state.hinges.peek()
        if along == across == np.inf or refused > _PATIENCE:
            return

        step = (
            _propose_hinges(state, now) if across <= along else _propose_curve(state, column, now)
        )
        error = max((step.after[1] - step.after[0]).tolist()) / 2

        if limit is not None and error > limit:
            refused += 1
        else:
            refused, now = 0, step.after
            step.take()
            state.steps.append(ReductionStep(lines=len(state), error=error))
            if progress is not None:
                progress(len(state))

        if along < across:
            costs[column] = state.curves[column].peek()


class _ProposedStep(NamedTuple):
    """A step: between which values scores' changes lie after it, (m,) each, and what takes it."""

    after: tuple[Rationals, Rationals]
    take: Callable[[], None]


def _propose_hinges(state: LineReduction, now: tuple[Rationals, Rationals]) -> _ProposedStep:
    effect = state.hinges.propose()

    def take() -> None:
        state.moves.append(effect.move)
        state.hinges.take(effect)
        for k in effect.taken:
            state.sources.pop(k, None)

    return _ProposedStep((now[0] + effect.move.low, now[1] + effect.move.high), take)


def _propose_curve(
    state: LineReduction, column: int, now: tuple[Rationals, Rationals]
) -> _ProposedStep:
    curve = state.curves[column]
    effect = curve.propose()
    kept = (curve.low, curve.high) if curve.changed else (now[0] * 0, now[1] * 0)
    after = now[0] - kept[0] + effect.low, now[1] - kept[1] + effect.high
    return _ProposedStep(after, lambda: curve.take(effect))
