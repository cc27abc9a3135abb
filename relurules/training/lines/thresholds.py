"""Thresholds that lines of one number may have: quantiles, with few rows told apart too."""

import numpy as np

from relurules.ir.network import Array

#: Thresholds, and the shares of rows that lie beyond the first and the last of them.
_THRESHOLDS, _OUTER = 20, 0.02
#: Whole numbers of at most so many values have a threshold at each.
_WHOLE_VALUES = 40
#: A value that a larger share of rows has counts as this share of the others.
_FREQUENT, _TIED = 0.3, 0.25


def list_thresholds(values: Array, *, whole: bool) -> Array:
    """Quantiles; every value but the outermost of a column of few whole numbers."""
    if whole:
        known = np.unique(values)
        if len(known) <= _WHOLE_VALUES:
            return np.asarray(known[1:-1])

    values = thin_ties(values)
    inner = np.unique(
        np.quantile(
            values, np.linspace(_OUTER, 1 - _OUTER, _THRESHOLDS), method="closest_observation"
        )
    )

    return np.asarray(inner[(inner > values.min()) & (inner < values.max())])


def thin_ties(values: Array) -> Array:
    """The values, ascending, with fewer of those that many rows share, so that quantiles tell the
    others apart.
    """
    known, counts = np.unique(values, return_counts=True)
    frequent = counts > _FREQUENT * len(values)
    if not frequent.any():
        return values
    others = int(counts[~frequent].sum())
    kept = np.where(frequent, np.minimum(counts, max(1, round(_TIED * others))), counts)

    return np.repeat(known, kept)
