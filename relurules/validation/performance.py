"""Figures of parts side by side: metrics with intervals, bands, curves, confusion."""

from collections.abc import Iterator, Sequence

import numpy as np

from relurules.ir.network import Array
from relurules.links.table import LINKS
from relurules.statistics.binary_figures import (
    average,
    list_log_losses,
    measure_auc,
    measure_ks,
    order_scores,
    trace_roc,
    turn_to_gini,
)
from relurules.statistics.linear_baseline import fit_linear_baseline
from relurules.statistics.population_stability import NumberBands
from relurules.statistics.resampling import MeasuredValue, bootstrap, bound_share, normal_quantile
from relurules.validation.class_report import Confusion
from relurules.validation.judged_rows import Judge, JudgedRows
from relurules.validation.report import Figure, PartSize, RocPoint, ScoreBand

#: What the rules are called beside baselines.
RULES = "the rules"
#: Corners of an ROC curve that are kept.
_CORNERS = 200


def measure_sizes(parts: Sequence[JudgedRows], task: str | None) -> tuple[PartSize, ...]:
    """The rows of every part, and their means; numbers of classes have none."""
    return tuple(
        PartSize(
            one.part,
            one.rows,
            one.rows - len(one),
            len(one),
            None
            if one.values is None or not len(one) or task == "multiclass"
            else float(one.values.mean()),
            None if one.prediction is None or not len(one) else float(one.prediction.mean()),
            float(one.score.mean()) if len(one) else np.nan,
            one.digest,
        )
        for one in parts
    )


def measure_figures(
    judge: Judge, part: JudgedRows, rounds: int, seed: int, model: str = RULES
) -> tuple[Figure, ...]:
    """Every metric of a part."""
    if part.values is None or not len(part):
        return ()
    found = dict(_list_metrics(judge, part, part.values, rounds, seed))

    return tuple(
        Figure(model, part.part, metric, measured.value, measured.low, measured.high)
        for metric, measured in found.items()
        if np.isfinite(measured.value)
    )


def _list_metrics(
    judge: Judge, part: JudgedRows, values: Array, rounds: int, seed: int
) -> Iterator[tuple[str, MeasuredValue]]:
    if judge.task == "regression":
        yield from _list_regression_metrics(part, values, rounds, seed)
        return
    if judge.task == "multiclass":
        yield from _list_class_metrics(judge, part, values, rounds, seed)
        return

    positive = values > 0.5
    if judge.ranked:
        area = measure_auc(part.score, positive)
        yield "AUC", area
        yield "Gini", turn_to_gini(area)
    yield from _list_resampled_metrics(judge, part, values, rounds, seed)


def _list_resampled_metrics(
    judge: Judge, part: JudgedRows, values: Array, rounds: int, seed: int
) -> Iterator[tuple[str, MeasuredValue]]:
    positive = values > 0.5
    ordered = order_scores(part.score, positive)
    means: dict[str, Array] = {}
    if judge.certain and part.prediction is not None:
        means["log loss"] = list_log_losses(part.score, positive)
        means["Brier score"] = (part.prediction - values) ** 2
    if part.positive is not None:
        means["accuracy"] = (part.positive == positive).astype(float)
    ranked = ["KS"] if judge.ranked else []

    columns = np.array(list(means.values())).reshape(len(means), len(values))

    def measure(weights: Array) -> Array:
        distances = [measure_ks(ordered, weights) for _ in ranked]
        return np.append(distances, columns @ weights / weights.sum())

    yield from zip(
        [*ranked, *means], bootstrap(measure, len(values), rounds=rounds, seed=seed), strict=True
    )


def _list_regression_metrics(
    part: JudgedRows, values: Array, rounds: int, seed: int
) -> Iterator[tuple[str, MeasuredValue]]:
    if part.prediction is None:
        return
    off = part.prediction - values

    def measure(weights: Array) -> Array:
        squares = average(off**2, weights)
        around = average((values - average(values, weights)) ** 2, weights)
        share = 1 - squares / around if around > 0 else np.nan
        return np.array([share, average(np.abs(off), weights), np.sqrt(squares)])

    found = bootstrap(measure, len(values), rounds=rounds, seed=seed)
    yield from zip(("R2", "MAE", "RMSE"), found, strict=True)


def _list_class_metrics(
    judge: Judge, part: JudgedRows, values: Array, rounds: int, seed: int
) -> Iterator[tuple[str, MeasuredValue]]:
    classes = values.astype(np.intp)
    means = {"accuracy": (part.scores.argmax(axis=1) == classes).astype(float)}
    if judge.certain:
        shares = LINKS["log_softmax"].apply(part.scores)
        means["log loss"] = -shares[np.arange(len(classes)), classes]

    def measure(weights: Array) -> Array:
        return np.array([average(one, weights) for one in means.values()])

    yield from zip(means, bootstrap(measure, len(values), rounds=rounds, seed=seed), strict=True)


def measure_calibration_slope(part: JudgedRows) -> float | None:
    """The slope of the outcome's log odds over those of the score: 1 where probabilities are as
    far apart as they should be, less where they are too far; None of one class or one score.
    """
    if part.values is None or len(np.unique(part.values)) < 2 or np.ptp(part.score) == 0:
        return None
    fitted = fit_linear_baseline(part.score[:, None], part.values, binary=True)
    return float(fitted.beta[1] / fitted.widths[0])


def list_score_bands(part: JudgedRows, bands: NumberBands) -> tuple[ScoreBand, ...]:
    """The rows of every band of the score, the true values there, and what was predicted."""
    if part.values is None:
        return ()
    place, shares = bands.place(part.score), are_flags(part.values)
    found = []
    for band in range(len(bands)):
        rows = place == band
        count = int(rows.sum())
        if count:
            prediction = None if part.prediction is None else float(part.prediction[rows].mean())
            ends = bound_mean(part.values[rows], shares=shares)
            found.append(
                ScoreBand(
                    part.part,
                    band + 1,
                    *bands.limits(band),
                    count,
                    count / len(part),
                    prediction,
                    float(part.values[rows].mean()),
                    *ends,
                )
            )

    return tuple(found)


def are_flags(values: Array) -> bool:
    """Whether all true values of a part are 0 or 1, so that their means are shares."""
    return bool(((values == 0.0) | (values == 1.0)).all())


def bound_mean(values: Array, *, shares: bool) -> tuple[float | None, float | None]:
    """Wilson's interval of shares, the normal one of means of numbers; none of a single number."""
    if shares:
        return bound_share(float(values.sum()), len(values))
    if len(values) < 2:
        return None, None
    half = normal_quantile(0.95) * float(values.std(ddof=1)) / np.sqrt(len(values))
    return float(values.mean() - half), float(values.mean() + half)


def list_roc_points(part: JudgedRows) -> tuple[RocPoint, ...]:
    """The curve, at most so many corners evenly along it, the ends included; none of one class."""
    if part.values is None or len(np.unique(part.values > 0.5)) < 2:
        return ()
    curve = trace_roc(part.score, part.values > 0.5)
    along = curve.false_rate + curve.true_rate
    wanted = np.searchsorted(along, np.linspace(0, 2, min(_CORNERS, len(along))) - 1e-12)
    shown = np.unique(np.append(np.minimum(wanted, len(along) - 1), [0, len(along) - 1]))

    return tuple(
        RocPoint(part.part, *map(float, point))
        for point in zip(
            curve.thresholds[shown], curve.false_rate[shown], curve.true_rate[shown], strict=True
        )
    )


def count_confusion(judge: Judge, part: JudgedRows) -> Confusion | None:
    """Classes told beside those that came; None where no class is told."""
    if part.positive is None or part.values is None or judge.cut is None:
        return None
    came, told = part.values > 0.5, part.positive

    return Confusion(
        part.part,
        judge.cut,
        int((told & came).sum()),
        int((told & ~came).sum()),
        int((~told & came).sum()),
        int((~told & ~came).sum()),
    )
