"""How many lines, and how strong a ridge, by rows that weren't fitted to.

On small tables by cross-validation and the one-standard-error rule (L. Breiman et al.,
"Classification and Regression Trees", 1984): the simplest model whose loss isn't distinguishably
above the least, by a standard error that knows that folds share rows (C. Nadeau and Y. Bengio,
"Inference for the generalization error", 2003). On larger ones by one part of the rows together
with those that were fitted to, where each line must explain more than the best of as many
candidates explains of noise (D. Foster and E. George, "The risk inflation criterion for multiple
regression", 1994): one part alone is too few rows to tell a line's worth. The linear model is
always among them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array
from relurules.training.lines.front_walk import LineBudget, fit_linear_model, walk_line_front
from relurules.training.lines.line_columns import LineColumn
from relurules.training.lines.line_model import LineModel, LineRows
from relurules.training.lines.refits import FitTerms
from relurules.training.lines.walk import WalkOptions

#: Up to so many rows, by cross-validation in so many parts, dealt so many times.
SMALL, FOLDS, DEALS = 5000, 5, 2
#: What a line must explain: the logarithm of some ten thousand candidates, and of its own numbers;
#: one more for each further slope.
_LINE_COST = 4.0
#: The ridge of larger tables by the measure of a task, in shares of a row's loss. What is left of
#: the loss of standardised numbers may be any fraction of that of classes. Much of it forbids steep
#: lines among the few rows that have some income or loss at all (adult, 24 lines, seed 10: AUC .918
#: with 2, .920 with 0.05; Taiwan credit is alike).
STRENGTHS = {"R2": 0.2, "AUC": 0.05, "accuracy": 2.0}
#: Those within trends, where a weak ridge is no better at all (Taiwan credit, 16 monotone lines,
#: seeds 10 and 12 to 14: AUC .7805 with 2, .7779 with 0.05).
TREND_STRENGTHS = {**STRENGTHS, "AUC": 2.0}
#: Ridges that are tried on small tables. The linear model's is the best of them: as fine a choice
#: as any other linear model has.
SMALL_STRENGTHS = (0.01, 0.03, 0.1, 0.3, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 50.0, 100.0, 300.0)
#: A linear model that explains little likes a ridge that would leave nothing of lines: where it is
#: stronger by more than this factor than these, they are tried too.
_STRONGER, _WEAK_STRENGTHS = 3.0, {"R2": 0.2, "AUC": 2.0, "accuracy": 2.0}


@dataclass(frozen=True, kw_only=True)
class FittedRows:
    """Rows to fit to, and the same rows as they are judged by.

    fitted: their targets may be softened by a teacher; true: the targets themselves. columns: of
    both. least_share: see `FitTerms`.
    """

    fitted: LineRows
    true: LineRows
    columns: Sequence[LineColumn]
    least_share: float = 0.0

    def part(self, some: NDArray[np.intp]) -> "FittedRows":
        """Some of the rows, by number."""
        return replace(self, fitted=self.fitted.part(some), true=self.true.part(some))

    def with_pulls(self, pulls: Array) -> "FittedRows":
        """The rows of bases that bear these shares of the ridge, (d,)."""
        return replace(
            self,
            fitted=replace(self.fitted, base_pulls=pulls),
            true=replace(self.true, base_pulls=pulls),
        )

    def terms(self, strength: float) -> FitTerms:
        """What is minimised; strength: of the ridge, in shares of a row's loss."""
        return FitTerms(
            rows=self.fitted,
            ridge=strength / len(self.fitted),
            columns=self.columns,
            least_share=self.least_share,
        )


@dataclass(frozen=True, kw_only=True)
class LineChoice:
    """What was chosen, and the front that it was chosen from.

    lines, strength: what was chosen. models: the front, fitted to the training rows.
    validation: the score of each of them on rows that weren't fitted to; a mean over the folds.
    folds: how many; 1 for one part of the rows.
    """

    lines: int
    strength: float
    models: Sequence[LineModel]
    validation: Sequence[float]
    folds: int


def choose_by_part(
    rows: FittedRows,
    parts: tuple[NDArray[np.intp], NDArray[np.intp]],
    budget: LineBudget,
    options: WalkOptions,
) -> LineChoice:
    """By one part of the rows; parts: numbers of those to train on, and of those to choose by."""
    training, others = rows.part(parts[0]), rows.part(parts[1]).true
    within_trends = any(column.trend for column in rows.columns)
    strength = (TREND_STRENGTHS if within_trends else STRENGTHS)[others.task.measure]
    models = walk_line_front(training.terms(strength), budget, options)
    cost = _LINE_COST + others.free_slopes - 1
    lengths = [
        measure_misfit(model, training.true) + measure_misfit(model, others) + cost * lines
        for lines, model in enumerate(models)
    ]

    return LineChoice(
        lines=int(np.argmin(lengths)),
        strength=strength,
        models=models,
        validation=[score_lines(model, others) for model in models],
        folds=1,
    )


def measure_misfit(model: LineModel, rows: LineRows) -> float:
    """Minus the logarithm of the likelihood of rows, up to a constant."""
    loss = rows.loss(rows.evaluate(model))
    if rows.task.measure == "R2":
        loss = rows.scores * np.log(max(loss / rows.scores, 1e-300)) / 2
    return len(rows) * loss


@dataclass(frozen=True, kw_only=True)
class FoldScores:
    """What models of 0, 1, .. lines come to on rows that weren't fitted to.

    losses: (lines + 1, F), the mean loss of every fold. scores: the same shape, the task's measure.
    """

    losses: Array
    scores: Array

    def join(self, other: "FoldScores") -> "FoldScores":
        """Those of all folds; the last number of lines stands for more of them."""
        return FoldScores(
            losses=_join_folds(self.losses, other.losses),
            scores=_join_folds(self.scores, other.scores),
        )


def _join_folds(one: Array, other: Array) -> Array:
    rows = max(len(one), len(other))
    padded = [np.pad(each, ((0, rows - len(each)), (0, 0)), mode="edge") for each in (one, other)]
    return np.concatenate(padded, axis=1)


def choose_by_folds(
    rows: FittedRows,
    deals: Sequence[Sequence[NDArray[np.intp]]],
    budget: LineBudget,
    options: WalkOptions,
) -> LineChoice:
    """By cross-validation; deals: numbers of the rows of each fold, dealt anew each time.

    The ridge is the best one of the linear model, or a weaker one. Only lines that are better than
    that model by the first deal are judged by the others.
    """
    linear = choose_linear_strength(rows, [fold for folds in deals for fold in folds])
    weak = _WEAK_STRENGTHS[rows.true.task.measure]
    walked = [linear, weak] if linear > _STRONGER * weak else [linear]
    found = {each: judge_lines(rows, deals[0], each, (budget, options)) for each in walked}
    best = min(walked, key=lambda each: float(found[each].losses.mean(axis=1).min()))
    if best != linear:
        found[linear] = FoldScores(losses=found[linear].losses[:1], scores=found[linear].scores[:1])
    found = {each: found[each] for each in sorted({linear, best})}

    if found[best].losses.mean(axis=1).argmin() > 0:
        for folds in deals[1:]:
            for each in found:
                own = budget if each == best else replace(budget, lines=0)
                found[each] = found[each].join(judge_lines(rows, folds, each, (own, options)))

    losses = {each: list(found[each].losses) for each in found}
    strength, lines = apply_one_error_rule(losses, 1 / max(1, len(deals[0]) - 1))
    means = found[strength].scores.mean(axis=1)
    seen = replace(budget, lines=len(means) - 1)
    models = walk_line_front(rows.terms(strength), seen, options, quick=not lines)

    return LineChoice(
        lines=min(lines, len(models) - 1),
        strength=strength,
        models=models,
        validation=means[: len(models)].tolist(),
        folds=len(deals[0]),
    )


def choose_linear_strength(rows: FittedRows, folds: Sequence[NDArray[np.intp]]) -> float:
    """The ridge by which the linear model is best on rows that weren't fitted to."""
    means = dict.fromkeys(SMALL_STRENGTHS, 0.0)
    for training, others in _part_by_folds(rows, folds):
        for strength in means:
            model = fit_linear_model(training.terms(strength))
            means[strength] += float(others.losses(others.evaluate(model)).sum())

    return min(means, key=lambda each: means[each])


def judge_lines(
    rows: FittedRows,
    folds: Sequence[NDArray[np.intp]],
    strength: float,
    limits: tuple[LineBudget, WalkOptions],
) -> FoldScores:
    """Models of each number of lines with one ridge, fitted to all folds but one."""
    parts = []
    for training, others in _part_by_folds(rows, folds):
        models = walk_line_front(training.terms(strength), *limits, others, quick=True)
        losses = [[others.loss(others.evaluate(model))] for model in models]
        scores = [[score_lines(model, others)] for model in models]
        parts.append(FoldScores(losses=np.array(losses), scores=np.array(scores)))

    return reduce(FoldScores.join, parts)


def _part_by_folds(
    rows: FittedRows, folds: Sequence[NDArray[np.intp]]
) -> Iterator[tuple[FittedRows, LineRows]]:
    """The rows to fit to, and those to judge by, of every fold."""
    everything = np.arange(len(rows.true))
    for fold in folds:
        yield rows.part(np.setdiff1d(everything, fold)), rows.part(fold).true


def apply_one_error_rule(
    losses: dict[float, list[Array]], share: float = 0.25
) -> tuple[float, int]:
    """The strength and the number of lines of the simplest model that is as good as the best.

    losses: by strength, and then for every number of lines, the mean loss of each fold. As good:
    the mean of the differences from the best is at most their standard error, which is larger than
    that of independent folds; share: how many rows a fold has for each that was fitted to.
    Simplest: the fewest lines, then the least loss.
    """
    means = {
        (strength, lines): float(each.mean())
        for strength, per_lines in losses.items()
        for lines, each in enumerate(per_lines)
    }
    best = min(means, key=lambda key: means[key])
    least = losses[best[0]][best[1]]
    good = []

    for (strength, lines), mean in means.items():
        differences = losses[strength][lines] - least
        folds = len(differences)
        spread = float(differences.std(ddof=1)) if folds > 1 else 0.0
        if differences.mean() <= spread * np.sqrt(1 / folds + share):
            good.append((lines, mean, strength))

    lines, _, strength = min(good)
    return strength, lines


def score_lines(model: LineModel, rows: LineRows) -> float:
    """The task's measure."""
    return rows.measure_score(rows.evaluate(model))
