"""Means and standard deviations of rows that come in blocks.

Blocks are put together by the formula of T. Chan, G. Golub and R. LeVeque, "Algorithms for
computing the sample variance", 1983, with what rounding leaves of each mean, so that values far
from 0 lose nothing to it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array
from relurules.statistics.metrics import Groups

Counts = NDArray[np.int64]


@dataclass(frozen=True, eq=False, kw_only=True)
class Moments:
    """Of some rows' values in each of K columns or groups; the arrays have one shape, counts may be
    one number.

    means: rounded ones, to which `rests` are to be added; variances: divided by the count; low,
    high: the least and the largest value. Of a group without rows all are 0 but the latter.
    """

    counts: Counts
    means: Array
    rests: Array
    variances: Array
    low: Array
    high: Array

    @property
    def deviations(self) -> Array:
        """Standard deviations, exactly 0 where no value differs."""
        return np.where(self.low < self.high, np.sqrt(np.maximum(self.variances, 0.0)), 0.0)


def measure_columns(values: Array) -> Moments:
    """Of the columns of n rows, (n, ...), at least one."""
    means = values.mean(axis=0)
    apart = values - means
    rests = apart.mean(axis=0)
    np.multiply(apart, apart, out=apart)
    return Moments(
        counts=np.array(len(values)),
        means=means,
        rests=rests,
        variances=apart.mean(axis=0) - rests**2,
        low=values.min(axis=0),
        high=values.max(axis=0),
    )


def measure_groups(values: Array, of: Groups, groups: int) -> Moments:
    """Of the values (n,) of each group of rows, of (n,) numbers below `groups`."""
    counts = np.bincount(of, minlength=groups)
    some = np.maximum(counts, 1)
    low, high = np.full(groups, np.inf), np.full(groups, -np.inf)
    np.minimum.at(low, of, values)
    np.maximum.at(high, of, values)

    means = np.bincount(of, weights=values, minlength=groups) / some
    apart = values - means[of]
    rests = np.bincount(of, weights=apart, minlength=groups) / some
    squares = np.bincount(of, weights=apart**2, minlength=groups) / some
    return Moments(
        counts=counts,
        means=means,
        rests=rests,
        variances=squares - rests**2,
        low=low,
        high=high,
    )


#: Of no rows, whatever they would be.
NO_MOMENTS = Moments(
    counts=np.array(0),
    means=np.zeros(()),
    rests=np.zeros(()),
    variances=np.zeros(()),
    low=np.array(np.inf),
    high=np.array(-np.inf),
)


def merge_moments(one: Moments, other: Moments) -> Moments:
    """Of the rows of both."""
    if not one.counts.any():
        return other
    counts = one.counts + other.counts
    some = np.maximum(counts, 1)
    share, rest = other.counts / some, one.counts / some
    apart = (other.means - one.means) + (other.rests - one.rests)
    shift = one.rests + apart * share
    means = one.means + shift
    return Moments(
        counts=counts,
        means=means,
        rests=shift - (means - one.means),
        variances=one.variances * rest + other.variances * share + apart**2 * (share * rest),
        low=np.minimum(one.low, other.low),
        high=np.maximum(one.high, other.high),
    )
