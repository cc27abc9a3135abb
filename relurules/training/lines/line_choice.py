"""How many lines, and how strong a ridge, by rows that weren't fitted to.

On small tables by cross-validation and the one-standard-error rule (L. Breiman et al.,
"Classification and Regression Trees", 1984): the simplest model whose loss isn't distinguishably
above the least. On larger ones by one part of the rows together with those that were fitted to,
where each line must explain more than the best of as many candidates explains of noise (D. Foster
and E. George, "The risk inflation criterion for multiple regression", 1994): one part alone is too
few rows to tell a line's worth. The linear model is always among them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array
from relurules.training.lines.front_walk import LineBudget, fit_linear_model, walk_line_front
from relurules.training.lines.line_columns import LineColumn
from relurules.training.lines.line_model import LineModel, LineRows
from relurules.training.lines.refits import FitTerms
from relurules.training.lines.walk import WalkOptions

#: Up to so many rows, by cross-validation in so many parts.
SMALL, FOLDS = 5000, 5
#: What a line must explain: the logarithm of some ten thousand candidates, and of its own numbers;
#: one more for each further slope.
_LINE_COST = 4.0
#: Ridges by the measure of a task, in shares of a row's loss: those that are tried on small tables,
#: and the one of larger ones. What is left of the loss of standardised numbers may be any fraction
#: of that of classes. Much of it forbids steep lines among the few rows that have some income or
#: loss at all (adult, 24 lines, seed 10: AUC .918 with 2, .920 with 0.05; Taiwan credit is alike).
SMALL_STRENGTHS = {
    "R2": (0.01, 0.3, 10.0, 100.0),
    "AUC": (1.0, 10.0, 100.0),
    "accuracy": (0.1, 1.0, 10.0, 100.0),
}
STRENGTHS = {"R2": 0.2, "AUC": 0.05, "accuracy": 2.0}
#: Those of large tables within trends, where a weak ridge is no better at all (Taiwan credit, 16
#: monotone lines, seeds 10 and 12 to 14: AUC .7805 with 2, .7779 with 0.05).
TREND_STRENGTHS = {**STRENGTHS, "AUC": 2.0}
#: Further ridges of the model without lines, which is fitted in no time: as fine a choice as any
#: other linear model has.
_LINEAR_STRENGTHS = (0.03, 0.1, 1.0, 3.0, 30.0, 300.0)


@dataclass(frozen=True, kw_only=True)
class FittedRows:
    """Rows to fit to, and the same rows as they are judged by.

    fitted: their targets may be softened by a teacher; true: the targets themselves. columns: of
    both.
    """

    fitted: LineRows
    true: LineRows
    columns: Sequence[LineColumn]

    def part(self, some: NDArray[np.intp]) -> "FittedRows":
        """Some of the rows, by number."""
        return replace(self, fitted=self.fitted.part(some), true=self.true.part(some))

    def terms(self, strength: float) -> FitTerms:
        """What is minimised; strength: of the ridge, in shares of a row's loss."""
        return FitTerms(rows=self.fitted, ridge=strength / len(self.fitted), columns=self.columns)


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


def choose_by_folds(
    rows: FittedRows, folds: Sequence[NDArray[np.intp]], budget: LineBudget, options: WalkOptions
) -> LineChoice:
    """By cross-validation; folds: numbers of the rows of each. The front is that of the chosen
    ridge, fitted to all rows.
    """
    everything = np.arange(len(rows.true))
    by_strength: dict[float, list[Array]] = {}
    scores: dict[float, list[list[float]]] = {}

    walked = _choose_strengths(rows, folds)
    for strength in walked:
        losses: list[list[Array]] = []
        for fold in folds:
            training = rows.part(np.setdiff1d(everything, fold))
            others = rows.part(fold).true
            models = walk_line_front(training.terms(strength), budget, options, others)
            models += [models[-1]] * (budget.lines + 1 - len(models))
            losses.append([others.losses(others.evaluate(model)) for model in models])
            scores.setdefault(strength, []).append([score_lines(one, others) for one in models])
        by_strength[strength] = [np.concatenate(part) for part in zip(*losses, strict=True)]

    if budget.columns is None:  # of fewer columns, those that are read depend on the ridge
        _judge_linear_models(rows, folds, by_strength, scores)
    strength, lines = apply_one_error_rule(by_strength)
    nearest = _find_nearest(strength, walked)
    models = walk_line_front(rows.terms(nearest), budget, options)
    means = np.mean(scores[nearest], axis=0)
    if nearest != strength:
        models[0], means[0] = fit_linear_model(rows.terms(strength)), np.mean(scores[strength])

    return LineChoice(
        lines=min(lines, len(models) - 1),
        strength=strength,
        models=models,
        validation=means[: len(models)].tolist(),
        folds=len(folds),
    )


def _choose_strengths(rows: FittedRows, folds: Sequence[NDArray[np.intp]]) -> list[float]:
    """The ridges that are tried: of several scores, which take longer, those two by which linear
    models are the best.
    """
    every = list(SMALL_STRENGTHS[rows.true.task.measure])
    if rows.true.scores == 1:
        return every

    means = dict.fromkeys(every, 0.0)
    for fold in folds:
        training = rows.part(np.setdiff1d(np.arange(len(rows.true)), fold))
        others = rows.part(fold).true
        for strength in every:
            model = fit_linear_model(training.terms(strength))
            means[strength] += float(others.losses(others.evaluate(model)).sum())

    return sorted(sorted(every, key=lambda each: means[each])[:2])


def _judge_linear_models(
    rows: FittedRows,
    folds: Sequence[NDArray[np.intp]],
    losses: dict[float, list[Array]],
    scores: dict[float, list[list[float]]],
) -> None:
    """Add to losses and scores those of the linear model with ridges that aren't there yet."""
    everything = np.arange(len(rows.true))
    for strength in _LINEAR_STRENGTHS:
        if strength in losses:
            continue
        found = list[Array]()
        for fold in folds:
            training = rows.part(np.setdiff1d(everything, fold))
            model, others = fit_linear_model(training.terms(strength)), rows.part(fold).true
            found.append(others.losses(others.evaluate(model)))
            scores.setdefault(strength, []).append([score_lines(model, others)])
        losses[strength] = [np.concatenate(found)]


def _find_nearest(strength: float, known: Sequence[float]) -> float:
    return min(known, key=lambda one: abs(np.log(one / strength)))


def apply_one_error_rule(losses: dict[float, list[Array]]) -> tuple[float, int]:
    """The strength and the number of lines of the simplest model that is as good as the best.

    losses: by strength, and then for every number of lines, the loss of each row. As good: the mean
    of the differences from the best is at most their standard error. Simplest: the fewest lines,
    then the least loss.
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
        error = float(differences.std()) / np.sqrt(len(differences))
        if differences.mean() <= error:
            good.append((lines, mean, strength))

    lines, _, strength = min(good)
    return strength, lines


def score_lines(model: LineModel, rows: LineRows) -> float:
    """The task's measure."""
    return rows.measure_score(rows.evaluate(model))
