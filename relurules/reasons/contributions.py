"""What every column adds to a score, as tables of numbers that all languages compute with alike.

A number contributes factor * (x - reference), a subtraction and a product of doubles; a category
the one factor that stands for it. Nothing else is computed, so that IEEE 754 leaves no choice and
every engine comes to the same number.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from relurules.domain import Domain
from relurules.ir.network import Array
from relurules.ir.reference import ReferenceRow
from relurules.reasons.score_choice import ScoreView


@dataclass(frozen=True, kw_only=True)
class ExplainedColumn:
    """A column with a coefficient in some rule."""

    #: Among the columns of the table.
    place: int
    #: In the table.
    name: str
    #: Its first coordinate.
    at: int
    #: Its first factor.
    start: int
    #: How many it has of either.
    width: int
    #: Whether a value is one of these, not a number.
    is_category: bool
    #: Of a number; 0 for a category.
    reference: float


@dataclass(frozen=True, kw_only=True, eq=False)
class ContributionTable:
    """columns: n of them, in the table's order; labels: outputs that the V scores are of; factors:
    (R, V, W).
    """

    columns: tuple[ExplainedColumn, ...]
    labels: tuple[str, ...]
    factors: Array

    def evaluate(self, numbers: NDArray[np.intp], X: Array) -> Array:
        """Rules of rows, (N,) from 1, and coordinates (N, d) -> (N, V, n)."""
        found = np.zeros((len(X), len(self.labels), len(self.columns)))
        factors = self.factors[numbers - 1]
        for i, column in enumerate(self.columns):
            own = factors[:, :, column.start : column.start + column.width]
            part = X[:, None, column.at : column.at + column.width]
            if column.is_category:
                # One indicator is 1, the others are 0: the sum has one term.
                found[:, :, i] = (own * part).sum(axis=2)
            else:
                found[:, :, i] = own[:, :, 0] * (part[:, :, 0] - column.reference)

        return found


def find_side(column: ExplainedColumn, x: Array) -> int:
    """Of a row in coordinates, (d,): 0 where the column is below the reference, else 1; a category
    is 1.
    """
    return int(column.is_category or not x[column.at] < column.reference)


def build_contribution_table(
    domain: Domain, views: Mapping[str, ScoreView], reference: ReferenceRow | None
) -> ContributionTable:
    """The factors of every column that has a coefficient anywhere. reference: None for 0."""
    weights = np.stack([view.weights for view in views.values()], axis=1)
    values = np.zeros(len(domain)) if reference is None else reference.values
    columns, parts = list[ExplainedColumn](), list[Array]()
    start = 0

    for place, (column, at) in enumerate(zip(domain.columns, domain.places, strict=True)):
        part, own = weights[:, :, at.start : at.stop], values[at.start : at.stop]
        is_category = bool(column.categories)
        factors = _compare_categories(part, own) if is_category and reference else part

        if factors.any():
            reference_value = 0.0 if is_category else float(own[0])
            columns.append(
                ExplainedColumn(
                    place=place,
                    name=column.name,
                    at=at.start,
                    start=start,
                    width=column.width,
                    is_category=is_category,
                    reference=reference_value,
                )
            )
            parts.append(factors)
            start += column.width

    empty = np.empty((*weights.shape[:2], 0))
    return ContributionTable(
        columns=tuple(columns), labels=tuple(views), factors=np.concatenate([empty, *parts], axis=2)
    )


def _compare_categories(weights: Array, shares: Array) -> Array:
    """(R, V, c) coefficients of a column's categories, less their mean in the reference.

    Only differences to the first one are added up: where all are equal, each contributes 0 to the
    last digit. `fsum` rounds once, in whatever order it adds.
    """
    gaps = weights - weights[:, :, :1]
    found: Array = np.empty_like(gaps)
    for rule, part in enumerate(gaps):
        for view, row in enumerate(part):
            found[rule, view] = row - math.fsum((row * shares).tolist())
    return found
