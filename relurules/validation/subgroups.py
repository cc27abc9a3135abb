"""What the rules do to the groups of a column."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.statistics.binary_figures import measure_auc
from relurules.statistics.resampling import MeasuredValue, bound_ratio
from relurules.validation.bands import BandedRows, group_rows
from relurules.validation.class_figures import list_right
from relurules.validation.judged_rows import Judge, JudgedRows
from relurules.validation.performance import are_flags, bound_mean
from relurules.validation.report import GroupFigures


class FavouredRows(NamedTuple):
    """Rows of a group, and how many get the favourable class; None where there are no two."""

    rows: int
    favoured: int | None

    @property
    def share(self) -> float | None:
        """None without rows."""
        return self.favoured / self.rows if self.rows and self.favoured is not None else None


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
    counts = [
        FavouredRows(int(rows.sum()), None if favoured is None else int(favoured[rows].sum()))
        for rows in masks
    ]
    enough = [one for one in counts if one.share is not None and one.rows >= least]
    best = max(enough, key=lambda one: one.share or 0.0, default=None)
    named = [(groups.name, label) for label in groups.labels]

    for name, rows, own in zip(named, masks, counts, strict=True):
        if own.rows:
            found = _measure_group(judge, part, name, rows, own.share)
            ratio, low, high = _compare_shares(own, best)
            yield found._replace(
                impact_ratio=ratio, ratio_low=low, ratio_high=high, few=own.rows < least
            )


def _compare_shares(
    own: FavouredRows, best: FavouredRows | None
) -> tuple[float | None, float | None, float | None]:
    """The ratio of the shares with its interval, which the standard's own has none of."""
    if own.share is None or own.favoured is None or best is None or not best.favoured:
        return None, None, None
    ratio = own.share / (best.favoured / best.rows)
    if own is best:
        return ratio, None, None
    return ratio, *bound_ratio(own.favoured, own.rows, best.favoured, best.rows)


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
    share: float | None,
) -> GroupFigures:
    """All but what comes of comparing groups."""
    values = None if part.values is None else part.values[rows]
    prediction = None if part.prediction is None else part.prediction[rows]
    area = MeasuredValue(np.nan)
    if judge.task == "binary" and judge.ranked and values is not None:
        area = measure_auc(part.score[rows], values > 0.5)
    shares = part.values is not None and are_flags(part.values)
    error = None
    if values is not None and prediction is not None:
        error = float(np.abs(prediction - values).mean())

    if judge.task == "multiclass" and (right := list_right(part)) is not None:
        values, shares = right[rows], True
        error = float(1.0 - values.mean())

    known = np.isfinite(area.value)
    low, high = (None, None) if values is None else bound_mean(values, shares=shares)

    return GroupFigures(
        part.part,
        *named,
        int(rows.sum()),
        outcome=None if values is None else float(values.mean()),
        prediction=None if prediction is None else float(prediction.mean()),
        favourable=share,
        impact_ratio=None,
        auc=float(area.value) if known else None,
        auc_low=area.low,
        auc_high=area.high,
        error=error,
        few=False,
        outcome_low=low,
        outcome_high=high,
    )
