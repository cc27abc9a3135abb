"""The row that contributions are measured from, kept with the rules."""

from dataclasses import dataclass

import numpy as np

from relurules.domain import Domain
from relurules.ir.evidence import Evidence
from relurules.ir.network import Array, make_read_only

#: How a reference may be chosen. "row" is one that the user gave.
ORIGINS = ("mean", "population", "neutral", "best", "highest", "middle", "row")


@dataclass(frozen=True, kw_only=True, eq=False)
class ReferenceRow:
    """values: (d,) in the domain's coordinates, finite; origin: how it was chosen, of `ORIGINS`."""

    values: Array
    origin: str


def make_mean_reference(domain: Domain, means: Array, origin: str = "mean") -> ReferenceRow:
    """The means of rows of the domain, (d,).

    They are brought into the box: a sum of equal numbers, divided by their count, may be another
    number, and a constant column would then contribute its rounding.
    """
    return ReferenceRow(
        values=make_read_only(np.clip(means, domain.lower, domain.upper)), origin=origin
    )


def find_default_reference(domain: Domain, evidence: Evidence | None) -> ReferenceRow:
    """The means of the rows that figures were kept of; without any, the middle of the box."""
    if evidence is not None and evidence.rows > evidence.outside:
        return make_mean_reference(domain, evidence.means)
    return find_middle(domain)


def find_middle(domain: Domain) -> ReferenceRow:
    """The middle of the box; 0, or the nearest bound, where a side is open.

    Of a category every one that the domain admits counts the same.
    """
    closed = np.isfinite(domain.lower) & np.isfinite(domain.upper)
    middle = np.where(closed, domain.lower, 0.0) / 2 + np.where(closed, domain.upper, 0.0) / 2
    middle = np.clip(middle, domain.lower, domain.upper)

    for group in domain.groups:
        at = list(group)
        admitted = domain.upper[at] > 0
        middle[at] = admitted / max(1, int(admitted.sum()))

    return ReferenceRow(values=make_read_only(middle), origin="middle")
