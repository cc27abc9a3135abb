"""What the rules do to the groups of a column."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from relurules.statistics.binary_figures import measure_auc
from relurules.statistics.resampling import MeasuredValue
from relurules.validation.bands import BandedRows, group_rows
from relurules.validation.class_figures import list_right
from relurules.validation.judged_rows import Judge, JudgedRows
from relurules.validation.performance import bound_mean
from relurules.validation.report import GroupFigures


def measure_groups(
    judge: Judge, parts: Sequence[JudgedRows], column: str, *, adverse: str, least: int
) -> Iterator[GroupFigures]:
    """Figures of every group in every part. adverse: whether "higher" or "lower" scores are;
    least: rows below which a group counts as few, and sets no standard for the others.
    """
    for part, groups in zip(parts, group_rows([one.frame for one in parts], column), strict=True):
        yield from _measure_part(judge, part, groups, adverse, least)


def _measure_part(
    judge: Judge, part: JudgedRows, groups: BandedRows, adverse: str, least: int
) -> Iterator[GroupFigures]:
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
    named = [(groups.name, label) for label in groups.labels]

    for name, rows, share in zip(named, masks, shares, strict=True):
        if rows.any():
            ratio = None if share is None or not best else share / best
            yield _measure_group(judge, part, name, rows, (share, ratio), least)


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

    if judge.task == "multiclass" and (right := list_right(part)) is not None:
        values = right[rows]
        error = float(1.0 - values.mean())

    known = np.isfinite(area.value)

    return GroupFigures(
        part.part,
        *named,
        int(rows.sum()),
        None if values is None else float(values.mean()),
        None if prediction is None else float(prediction.mean()),
        *decided,
        float(area.value) if known else None,
        area.low,
        area.high,
        error,
        bool(rows.sum() < least),
        *((None, None) if values is None else bound_mean(values)),
    )
