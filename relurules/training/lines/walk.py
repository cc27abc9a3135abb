"""Lines added and dropped, one at a time, all numbers fitted anew in between."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from relurules.ir.limits import NEVER, Deadline
from relurules.training.lines.candidates import (
    Direction,
    DirectionOptions,
    list_directions,
    tabulate_directions,
)
from relurules.training.lines.least_rows import tells_apart, widen_lines
from relurules.training.lines.line_losses import estimate_losses
from relurules.training.lines.line_model import HingeLine, LineModel, compute_objective
from relurules.training.lines.parallels import list_parallels
from relurules.training.lines.refits import (
    FitTerms,
    refine_lines,
    refit_slopes,
    take_evenly,
)
from relurules.training.lines.scoring import LineScorer, ScoredLines, choose_best, make_scorer
from relurules.training.lines.trend_gains import measure_gains_within_trends
from relurules.training.lines.triples import make_triple_grower
from relurules.training.lines.walk_effort import choose_effort

#: Rows that candidates are scored on, and those that the best of them are fitted to: at least so
#: many, and at least these shares, as what few rows have is told by many alone.
_SCORED_ROWS, _TRIED_ROWS = 4000, 8000
_SCORED_SHARE, _TRIED_SHARE = 0.2, 0.4
#: Directions that are scored in every step are the best so many of the last look at all of them,
#: which is taken every so many steps.
_KEPT, _ALL_EVERY = 250, 4
#: Candidates that are looked at more closely, at most so many for the same columns, and those that
#: are fitted.
_CLOSER, _SAME, _FITTED = 12, 2, 3
#: How far around a candidate is looked: ratios of a slanted direction, and shifts of the bound in
#: shares of the distance between two bounds.
_RATIOS = (0.6, 0.8, 1.0, 1.25, 1.65)
_SHIFTS = (-0.6, -0.3, 0.0, 0.3, 0.6)
#: With trends and limits, gains of many candidates are mistaken: so many times as many are tried.
_MORE = 4
#: Candidates parallel to lines of the model that are looked at.
_PARALLELS = 48
#: Of so few rows, as many as without trends: what sets the others apart is noise.
FEW_ROWS = 200
#: Lines that are tried when one is to go.
_DROPPED = 3
#: Fewer lines aren't drawn from.
_LEAST_RENEWED = 4


@dataclass(frozen=True, kw_only=True)
class WalkOptions:
    """How lines are chosen.

    condition_columns: the most that a line reads. apart: see `DirectionOptions`. told: called with
    the number of lines.
    """

    condition_columns: int = 2
    apart: frozenset[tuple[int, ...]] = frozenset()
    told: Callable[[int], None] = lambda _: None
    deadline: Deadline = NEVER


class LineWalk:
    """Adds lines to models and drops them, by the loss of one set of rows."""

    def __init__(self, terms: FitTerms, options: WalkOptions, read: NDArray[np.bool_]) -> None:
        self.terms, self.options = terms, options
        count = len(terms.rows)
        self.effort = choose_effort(count, has_trends=terms.has_trends)
        scored = max(_SCORED_ROWS, round(_SCORED_SHARE * count))
        tried = max(_TRIED_ROWS, round(_TRIED_SHARE * count))
        self._scored = replace(terms, rows=take_evenly(terms.rows, scored))
        self._tried = replace(terms, rows=take_evenly(terms.rows, tried))
        directions = DirectionOptions(
            condition_columns=options.condition_columns, read=read, apart=options.apart
        )
        found = list_directions(terms.rows, terms.columns, directions)
        self._directions = tabulate_directions(found) if found else None
        self._kept = self._directions
        self._grower = None
        if options.condition_columns > 2:
            self._grower = make_triple_grower(self._scored.rows, terms.columns, directions)
        self._looks = 0

    def measure(self, model: LineModel) -> float:
        """The objective of a model."""
        return compute_objective(model, self.terms.rows, self.terms.ridge)

    def add(self, model: LineModel) -> LineModel | None:
        """The model with the best line more; None where no line gains anything."""
        lines = self._propose(model)
        if not lines:
            return None

        tried = [self._try(model.with_line(line), fresh=1) for line in lines]
        tried.append(model)
        best = self._take(tried)
        present = self.measure(model)
        if len(best) > len(model) and self.measure(best) < present:
            return best

        for line in lines:  # what helps some of the rows need not help all
            best = refit_slopes(model.with_line(line), self.terms, fresh=1)
            if self.measure(best) < present * (1 - 1e-7):
                best = widen_lines(
                    refine_lines(best, self.terms, self.effort.taken_steps), self.terms
                )
                if len(best) > len(model) and self.measure(best) < present:
                    return best

        return None

    def drop(self, model: LineModel) -> LineModel:
        """The model without the line that is missed least."""
        order = np.argsort(estimate_losses(model, self._scored), kind="stable")
        return self._take([self._try(model.without(int(each))) for each in order[:_DROPPED]])

    def _try(self, model: LineModel, fresh: int = 0) -> LineModel:
        refitted = refit_slopes(model, self._tried, 4, fresh=fresh)
        return refine_lines(refitted, self._tried, self.effort.trial_steps)

    def _take(self, tried: Sequence[LineModel]) -> LineModel:
        """The best of what was tried, fitted to all rows."""
        terms = self._tried
        best = min(tried, key=lambda each: compute_objective(each, terms.rows, terms.ridge))
        best = refine_lines(refit_slopes(best, self.terms, 2), self.terms, self.effort.taken_steps)
        return widen_lines(best, self.terms)

    def exchange(self, model: LineModel, rounds: int) -> LineModel:
        """The model after lines were exchanged for better ones, until none helps."""
        objective = self.measure(model)
        for _ in range(rounds):
            more = self.add(model)
            if more is None or self.options.deadline.is_over():
                break
            tried = self.drop(more)
            reached = self.measure(tried)
            if reached >= objective * (1 - 1e-5):
                break
            model, objective = tried, reached

        return model

    def renew(self, model: LineModel, rounds: int, seed: int) -> LineModel:
        """The model after some of its lines, drawn at random, were replaced by others, so many
        times over, where that helped (P. Shaw, "Using constraint programming and local search
        methods to solve vehicle routing problems", 1998, has this kind of search).
        """
        random = np.random.default_rng(seed)
        objective, count = self.measure(model), len(model)

        for _ in range(rounds):
            if count < _LEAST_RENEWED or self.options.deadline.is_over():
                break
            kept = np.sort(random.choice(count, count - max(2, count // 4), replace=False))
            fewer = replace(model, lines=tuple(model.lines[each] for each in kept))
            tried: LineModel | None = self._take([self._try(fewer)])
            while tried is not None and len(tried) < count:
                tried = self.add(tried)
            if tried is not None and self.measure(tried) < objective:
                model, objective = tried, self.measure(tried)

        return model

    def _propose(self, model: LineModel) -> list[HingeLine]:
        """The few best candidates, looked at closely."""
        if self._directions is None or self._kept is None:
            return []
        scorer = make_scorer(model, self._scored)
        more = self._count_mistakes()
        everything = self._looks % _ALL_EVERY == 0
        self._looks += 1
        scored = scorer.score(self._directions if everything else self._kept)
        if everything:
            scored = self._keep_best(scored, scorer)

        chosen = choose_best(scored, _CLOSER * more, _SAME * more)
        found = [(float(scored.gains[each]), scored.line(each)) for each in chosen]
        closer = [
            near for each in chosen
            for near in list_nearby(scored.direction(each), float(scored.table.bounds[each]))
        ]  # fmt: skip
        if closer:
            near = scorer.score(tabulate_directions(closer))
            chosen = choose_best(near, _CLOSER * more, more)
            found += [(float(near.gains[each]), near.line(each)) for each in chosen]

        if self.terms.has_constraints:
            found += self._score_parallels(model, scorer)
            found = measure_gains_within_trends(model, [line for _, line in found], self._scored)
        found = [each for each in found if tells_apart(each[1], self.terms)]
        return _take_different(found, _FITTED)

    def _keep_best(self, scored: ScoredLines, scorer: LineScorer) -> ScoredLines:
        """What is scored in the next steps: the best directions, and those of three columns that
        are grown from them; these as scored now.
        """
        table = scored.table
        gains = np.zeros(len(table.directions))
        np.maximum.at(gains, table.numbers, scored.gains)
        best = np.argsort(-gains, kind="stable")[:_KEPT]
        self._kept = table.part(best)
        if self._grower is None:
            return scored

        grown = self._grower.grow(self._kept.directions)
        self._kept = tabulate_directions([*self._kept.directions, *grown])
        return scorer.score(self._kept)

    def _count_mistakes(self) -> int:
        """How many candidates are looked at for each that would be if all gains were right."""
        return _MORE if self.terms.has_constraints and len(self.terms.rows) > FEW_ROWS else 1

    def _score_parallels(
        self, model: LineModel, scorer: LineScorer
    ) -> list[tuple[float, HingeLine]]:
        """Candidates of the directions of lines and of single columns, whichever way they go."""
        every = [] if self._directions is None else self._directions.directions
        found = [one for one in every if len(one.columns) == 1]
        found += list_parallels(model, self._scored.rows)
        if not found:
            return []
        scored = scorer.score(tabulate_directions(found), any_way=True)
        more = self._count_mistakes()
        chosen = choose_best(scored, _PARALLELS * more // _MORE, _SAME * more)
        return [(float(scored.gains[each]), scored.line(each)) for each in chosen]


def list_nearby(direction: Direction, bound: float) -> list[Direction]:
    """Directions and bounds around a candidate."""
    bounds = np.sort(direction.bounds)
    gap = float(np.median(np.diff(bounds))) if len(bounds) > 1 else 0.0
    if not gap:
        return []

    around = bound + gap * np.array(_SHIFTS)
    slanted = len(direction.weights) == 2 and (direction.pulls == 1.0).all()
    if not slanted:
        return [replace(direction, bounds=around)]

    found = []
    for ratio in _RATIOS:
        weights = direction.weights * np.array([1.0, ratio])
        size = float(np.linalg.norm(weights))
        found.append(replace(direction, weights=weights / size, bounds=around / size))

    return found


def _take_different(found: Sequence[tuple[float, HingeLine]], count: int) -> list[HingeLine]:
    """The lines of the largest gains, each of other columns."""
    taken = set[tuple[int, ...]]()
    chosen: list[HingeLine] = []

    for _, line in sorted(found, key=lambda each: -each[0]):
        if line.columns not in taken and len(chosen) < count:
            chosen.append(line)
            taken.add(line.columns)

    return chosen
