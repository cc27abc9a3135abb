"""What the rules do to the groups of a column."""

import numpy as np
from numpy.typing import NDArray

from relurules.statistics.binary_figures import measure_auc
from relurules.statistics.resampling import MeasuredValue
from relurules.validation.bands import group_rows
from relurules.validation.judged_rows import Judge, JudgedRows
from relurules.validation.report import GroupFigures


def measure_groups(
    judge: Judge, part: JudgedRows, column: str, *, adverse: str, least: int
) -> tuple[GroupFigures, ...]:
    """Figures of every group. adverse: whether "higher" or "lower" scores are; least: rows below
    which a group counts as few, and sets no standard for the others.
    """
    groups = group_rows(part.frame, column)
    masks = [groups.place == i for i in range(len(groups.labels))]
    favoured = _tell_favourable(part, adverse)
    shares = [
        None if favoured is None or not rows.any() else float(favoured[rows].mean())
        for rows in masks
    ]
    enough = [
        share
        for share, rows in zip(shares, masks, strict=True)
        if share is not None and rows.sum() >= least
    ]
    best = max(enough, default=None)
    found = []
    for label, rows, share in zip(groups.labels, masks, shares, strict=True):
        if rows.any():
            ratio = None if share is None or not best else share / best
            found.append(_measure_group(judge, part, (column, label), rows, (share, ratio), least))
    return tuple(found)


def _tell_favourable(part: JudgedRows, adverse: str) -> NDArray[np.bool_] | None:
    """(n,) which rows get the favourable class; None where there are no two classes."""
    if part.positive is None:
        return None
    return ~part.positive if adverse == "higher" else part.positive


def _measure_group(
    judge: Judge,
    part: JudgedRows,
    named: tuple[str, str],
    rows: NDArray[np.bool_],
    decided: tuple[float | None, float | None],
    least: int,
) -> GroupFigures:
    values = None if part.values is None else part.values[rows]
    prediction = None if part.prediction is None else part.prediction[rows]
    area = MeasuredValue(np.nan)
    if judge.task == "binary" and judge.ranked and values is not None:
        area = measure_auc(part.score[rows], values > 0.5)
    error = None
    if values is not None and prediction is not None:
        error = float(np.abs(prediction - values).mean())

    known = np.isfinite(area.value)
    return GroupFigures(
        part.part,
        *named,
        int(rows.sum()),
        None if values is None or judge.task == "multiclass" else float(values.mean()),
        None if prediction is None else float(prediction.mean()),
        *decided,
        float(area.value) if known else None,
        area.low,
        area.high,
        error,
        bool(rows.sum() < least),
    )
