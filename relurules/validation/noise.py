"""What noise on the columns of numbers changes."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from relurules.domain.linear_forms import combine_scores
from relurules.ir import AdditiveRules, RuleSet
from relurules.ir.network import Array
from relurules.statistics.binary_figures import measure_auc
from relurules.validation.judged_rows import Judge, JudgedRows, predict_number, tell_class
from relurules.validation.report import NoiseEffect

#: Sizes of noise on all columns together, and on each alone, in standard deviations.
_SIZES, _ALONE = (0.01, 0.05, 0.1), 0.1
#: Rows that are tried.
_ROWS = 20_000


def measure_noise(
    rules: RuleSet | AdditiveRules, judge: Judge, part: JudgedRows, seed: int
) -> tuple[NoiseEffect, ...]:
    """Normal noise on the columns of numbers, kept within the domain, whole where they are whole;
    on the first rows of a part. A missing number stays missing.
    """
    domain = rules.domain
    named = [
        (column.name, places[0])
        for column, places in zip(domain.columns, domain.places, strict=True)
        if not column.categories and len(part) and np.ptp(part.X[:, places[0]]) > 0
    ]
    if not named:
        return ()

    missing = _find_missing(part, named)

    def measure(words: str, columns: list[int], size: float) -> NoiseEffect:
        X = add_noise(rules, part.X[:_ROWS], columns, size, seed, missing)
        return _compare_rows(
            judge, part, combine_scores(rules.predict_scores(X), judge.forms), words, size
        )

    everything = [place for _, place in named]
    found = [measure("all columns of numbers", everything, size) for size in _SIZES]

    return tuple(found + [measure(name, [place], _ALONE) for name, place in named])


def _find_missing(part: JudgedRows, named: list[tuple[str, int]]) -> NDArray[np.bool_]:
    """(n, d) numbers that a row lacks, and which count as something else."""
    found = np.zeros(part.X[:_ROWS].shape, dtype=np.bool_)
    for name, place in named:
        if name in part.frame:
            found[:, place] = part.frame[name][:_ROWS].isna()
    return found


def add_noise(
    rules: RuleSet | AdditiveRules,
    X: Array,
    columns: list[int],
    size: float,
    seed: int,
    missing: NDArray[np.bool_] | None = None,
) -> Array:
    """Rows (n, d) with noise on some coordinates; whole numbers are rounded up or down by chance,
    so that little noise moves few of them, by one. missing: (n, d) numbers that stay as they are;
    so do rows that noise takes out of the domain, past an inequality.
    """
    random = np.random.default_rng(seed)
    moved = X.copy()
    for place in columns:
        moved[:, place] += size * X[:, place].std() * random.standard_normal(len(X))
        if rules.domain.integer[place]:  # up or down by chance: on average as far as the noise
            moved[:, place] = np.floor(moved[:, place] + random.random(len(X)))

    moved = np.clip(moved, rules.domain.lower, rules.domain.upper)
    if missing is not None:
        moved[missing] = X[missing]
    outside = ~rules.domain.contains(moved)
    moved[outside] = X[outside]

    return moved


def _compare_rows(
    judge: Judge, part: JudgedRows, scores: Array, words: str, size: float
) -> NoiseEffect:
    before = part.scores[: len(scores)]
    inside = np.asarray(np.isfinite(scores).all(axis=1))
    change = np.abs(scores - before)[inside].max(axis=1)
    flips = None
    told = tell_class(judge, before)
    if told is not None:
        new = tell_class(judge, scores)
        flips = float((told != new)[inside].mean())
    elif judge.task == "multiclass":
        flips = float((before.argmax(axis=1) != scores.argmax(axis=1))[inside].mean())
    metric = dict(_list_quality(judge, part, (before[inside], scores[inside]), inside))
    name, (was, now) = next(iter(metric.items()), (None, (None, None)))

    return NoiseEffect(
        part.part, words, size, float(change.mean()), float(change.max()), flips, name, was, now
    )


def _list_quality(
    judge: Judge, part: JudgedRows, pair: tuple[Array, Array], inside: NDArray[np.bool_]
) -> Iterator[tuple[str, tuple[float, float]]]:
    """The metric before and after, where there is one."""
    if part.values is None:
        return
    values = part.values[: len(inside)][inside]
    if judge.task == "binary" and judge.ranked and len(np.unique(values)) == 2:
        areas = [measure_auc(one[:, 0], values > 0.5).value for one in pair]
        yield "AUC", (areas[0], areas[1])
    elif judge.task == "multiclass":
        shares = [float((one.argmax(axis=1) == values).mean()) for one in pair]
        yield "accuracy", (shares[0], shares[1])
    elif judge.task == "regression":
        numbers = [predict_number(judge, one) for one in pair]
        roots = [float(np.sqrt(((one - values) ** 2).mean())) for one in numbers if one is not None]
        yield "RMSE", (roots[0], roots[1])
