"""Intervals of measured numbers: by resampling rows, of shares, and of their ratios."""

from collections.abc import Callable
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from relurules.ir.network import Array

#: Share of the intervals that are to hold the true value.
LEVEL = 0.95
#: Resamples of the rows where nobody asks for another number.
ROUNDS = 1000


class MeasuredValue(NamedTuple):
    """A number that rows give, and its interval; None where there is none."""

    value: float
    low: float | None = None
    high: float | None = None


def bootstrap(
    measure: Callable[[Array], Array],
    rows: int,
    *,
    rounds: int = ROUNDS,
    seed: int = 0,
    level: float = LEVEL,
) -> tuple[MeasuredValue, ...]:
    """Percentile intervals of k numbers of so many rows, each resampled with replacement.

    measure: (N,) how often each row counts -> (k,). Rounds in which a number can't be told, such as
    those of one class, are left out of its interval. The draws are those of scipy.stats.bootstrap
    with `method="percentile"` and the same seed.
    """
    values = measure(np.ones(rows))
    if not rows or rounds < 1:
        return tuple(MeasuredValue(float(value)) for value in values)

    random = np.random.default_rng(seed)
    found = np.empty((rounds, len(values)))
    for i in range(rounds):
        drawn = random.integers(0, rows, rows)
        found[i] = measure(np.bincount(drawn, minlength=rows).astype(np.float64))

    return tuple(
        _bound_value(float(value), column, level)
        for value, column in zip(values, found.T, strict=True)
    )


def _bound_value(value: float, resampled: Array, level: float) -> MeasuredValue:
    known = resampled[np.isfinite(resampled)]
    if not len(known) or not np.isfinite(value):
        return MeasuredValue(value)
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return MeasuredValue(value, float(low), float(high))


def bound_share(count: float, rows: float, level: float = LEVEL) -> tuple[float, float]:
    """Interval of the share count / rows by Wilson's score (E. B. Wilson, 1927); (0, 1) of no
    rows.
    """
    if rows <= 0:
        return 0.0, 1.0
    z = normal_quantile(level)
    share, room = count / rows, z**2 / rows
    middle = (share + room / 2) / (1 + room)
    half = z / (1 + room) * np.sqrt(share * (1 - share) / rows + z**2 / (4 * rows**2))

    return float(max(0.0, middle - half)), float(min(1.0, middle + half))


def bound_ratio(
    count: float, rows: float, other_count: float, other_rows: float, level: float = LEVEL
) -> tuple[float | None, float | None]:
    """Interval of the ratio of two shares, count / rows over other_count / other_rows, of rows that
    aren't the same, by the normal interval of its logarithm (D. Katz et al., 1978); None for an
    end that isn't known, as a count is 0.
    """
    if not (count > 0 and other_count > 0):
        return (0.0 if other_count > 0 else None), None
    ratio = (count / rows) / (other_count / other_rows)
    variance = 1 / count - 1 / rows + 1 / other_count - 1 / other_rows
    factor = np.exp(normal_quantile(level) * np.sqrt(variance))

    return float(ratio / factor), float(ratio * factor)


def normal_quantile(level: float) -> float:
    """How many standard deviations to either side hold such a share of a normal distribution."""
    return NormalDist().inv_cdf((1 + level) / 2)
