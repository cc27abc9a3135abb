"""What affine forms are between over a domain's box and categories, in rational arithmetic."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from relurules.domain import Domain
from relurules.ir.network import Array
from relurules.networks.programs import Rationals

_ZERO = Fraction(0)


@dataclass(frozen=True, kw_only=True, eq=False)
class BoundedBox:
    """The box of a domain; its inequalities are left out, so what holds here holds in the domain.

    low, high: (d,), infinite where a column is open; free: (f,) coordinates of numbers; choices:
    for each group of categories the coordinates that may be 1.
    """

    low: Array
    high: Array
    free: NDArray[np.intp]
    choices: tuple[NDArray[np.intp], ...]

    @property
    def open(self) -> NDArray[np.bool_]:
        """(d,): which coordinates have a side without a bound."""
        return np.asarray(~np.isfinite(self.low) | ~np.isfinite(self.high))

    @property
    def middle(self) -> Array:
        """(d,) of every column; of a category half of what it can be; 0 where it is open."""
        with np.errstate(invalid="ignore"):
            middle = self.low / 2 + self.high / 2
        return np.where(self.open, 0.0, middle)

    def bound(self, form: Rationals) -> tuple[Fraction, Fraction]:
        """Least and largest value of a form (d + 1,), constant last, exactly.

        Open columns must have coefficient 0.
        """
        least = most = form[-1]
        for j in self.free.tolist():
            if form[j]:
                ends = form[j] * Fraction(self.low[j]), form[j] * Fraction(self.high[j])
                least, most = least + min(ends), most + max(ends)
        for choice in self.choices:
            values = form[choice].tolist()
            least, most = least + min(values), most + max(values)

        return least, most

    def estimate(self, forms: Array) -> tuple[Array, Array]:
        """(n,) each: least and largest values of forms (n, d + 1), as float64 gives them."""
        weights = forms[:, self.free]
        with np.errstate(invalid="ignore"):
            one = np.where(weights == 0.0, 0.0, weights * self.low[self.free])
            other = np.where(weights == 0.0, 0.0, weights * self.high[self.free])
        least = forms[:, -1] + np.minimum(one, other).sum(axis=1)
        most = forms[:, -1] + np.maximum(one, other).sum(axis=1)
        for choice in self.choices:
            least += forms[:, choice].min(axis=1)
            most += forms[:, choice].max(axis=1)

        return least, most


def make_box(domain: Domain) -> BoundedBox:
    """The box of a domain, and which categories it admits."""
    grouped = np.array([j for group in domain.groups for j in group], dtype=np.intp)
    return BoundedBox(
        low=domain.lower,
        high=domain.upper,
        free=np.setdiff1d(np.arange(len(domain)), grouped),
        choices=tuple(_list_choices(domain, np.array(group)) for group in domain.groups),
    )


def _list_choices(domain: Domain, group: NDArray[np.intp]) -> NDArray[np.intp]:
    forced = group[domain.lower[group] > 0.0]
    return forced if len(forced) else group[domain.upper[group] >= 1.0]
