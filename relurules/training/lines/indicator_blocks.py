"""Coordinates of encoded rows that say which category a column has, found by their values."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array

#: Fewer indicators aren't worth a look-up.
_LEAST_INDICATORS = 3


@dataclass(frozen=True, kw_only=True)
class IndicatorBlock:
    """Coordinates that are 0 or 1, of which at most one is 1 in a row.

    places: (n,) the coordinates. codes: (N,) which of them is 1, n for none.
    """

    places: NDArray[np.intp]
    codes: NDArray[np.intp]

    def __len__(self) -> int:
        """The number of coordinates n."""
        return len(self.places)

    def look_up(self, weights: Array) -> Array:
        """(d,) by coordinate -> (N,) the weight of each row's category."""
        return np.asarray(np.append(weights[self.places], 0.0)[self.codes])

    def sum_rows(self, values: Array, every: int = 1) -> Array:
        """(n,) sums of values, of every so many rows, by category."""
        found = np.bincount(self.codes[::every], weights=values, minlength=len(self) + 1)
        return np.asarray(found[:-1])


def find_indicator_blocks(X: Array) -> list[IndicatorBlock]:
    """Neighbours among the coordinates that are 0 or 1, as many as never are 1 together."""
    found, places = [], list[int]()
    taken = np.zeros(X.shape[1], dtype=np.bool_)

    for place, values in enumerate([*X, None]):
        holds = None if values is None else values == 1.0
        if holds is not None and values is not None and (holds | (values == 0.0)).all():
            if not (holds & taken).any():
                places.append(place)
                taken |= holds
                continue
            rest, taken = [place], holds
        else:
            rest, taken = [], np.zeros(X.shape[1], dtype=np.bool_)
        if len(places) >= _LEAST_INDICATORS:
            found.append(_make_block(X, places))
        places = rest

    return found


def _make_block(X: Array, places: list[int]) -> IndicatorBlock:
    some = X[places]
    codes = np.where(some.any(axis=0), some.argmax(axis=0), len(places))
    return IndicatorBlock(places=np.array(places, dtype=np.intp), codes=codes)
