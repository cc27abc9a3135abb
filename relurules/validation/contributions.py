"""What every column, or set of columns, adds to the scores of some rows."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.ir import AdditiveRules, RuleSet
from relurules.ir.network import Array

if TYPE_CHECKING:
    import pandas

#: Rows that are looked at, evenly spread over the table, so that no seed is needed.
ROWS = 150


class ContributionSample(NamedTuple):
    """names: of the parts, those that spread most first; rows: (n,) numbers of rows from 0, among
    those that the rules say something of; points: (n, P), what parts add against the reference;
    places: (n, P), where the column's value lies among those of the rows, 0 to 1, NaN for
    categories and for sets of columns.
    """

    part: str
    names: tuple[str, ...]
    rows: NDArray[np.intp]
    points: Array
    places: Array

    def to_frame(self) -> "pandas.DataFrame":
        """A row each, with its number and a column for every part."""
        import pandas

        found = pandas.DataFrame(self.points, columns=list(self.names))
        found.insert(0, "row", self.rows, allow_duplicates=True)
        return found


def sample_contributions(
    rules: RuleSet | AdditiveRules, forms: Array, X: Array, part: str
) -> ContributionSample | None:
    """Of rows in coordinates (N, d), to the first of the scores that are judged; None of partition
    rules, and without rows.
    """
    if not isinstance(rules, AdditiveRules) or not len(X) or not rules.parts:
        return None
    rows = np.unique(np.linspace(0, len(X) - 1, ROWS).astype(np.intp))
    added = (rules.evaluate_parts(X[rows]) - rules.reference_parts) @ forms[0]
    order = np.argsort(-added.std(axis=0), kind="stable")
    places = np.full(added.shape, np.nan)
    for i, own in enumerate(rules.parts):
        column = rules.domain.columns[own.columns[0]]
        if len(own.columns) == 1 and not column.categories:
            places[:, i] = _rank(X[rows, rules.domain.places[own.columns[0]][0]])

    return ContributionSample(
        part,
        tuple(rules.parts[i].name for i in order),
        rows,
        added[:, order],
        places[:, order],
    )


def _rank(values: Array) -> Array:
    """The share of the values that are smaller, and half of those that are as large."""
    ordered = np.sort(values)
    ends = np.searchsorted(ordered, values), np.searchsorted(ordered, values, side="right")
    return np.asarray((ends[0] + ends[1]) / 2 / len(values))
