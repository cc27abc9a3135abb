"""What every part of additive rules moves on rows: deviation, share, mean size, and how much of it
is interaction.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from relurules.ir.network import Array
from relurules.ir.score_parts import ScorePart

if TYPE_CHECKING:
    from relurules.ir.additive import AdditiveRules

#: Rows that interactions are measured on, each beside every other, and products of a row and a line
#: that this may take: with fewer rows where a part has many lines.
_FEWEST_ROWS, _ROWS, _PRODUCTS = 20, 200, 2.0**25
#: Rows that are evaluated at once.
_BLOCK = 2**14


@dataclass(frozen=True, kw_only=True, eq=False)
class PartMovement:
    """What the P parts do to one combination of scores on rows.

    deviations: (P,) standard deviations (divided by n) of what they add; sizes: (P,) mean size of
    what they add beside the reference; interactions: (P,) deviation of what is left of a part of
    several columns beyond functions of each of them alone, NaN for one column.
    """

    deviations: Array
    sizes: Array
    interactions: Array

    @property
    def shares(self) -> Array:
        """(P,) of all variances, 0 where nothing moves; parts may also move together."""
        total = float((self.deviations**2).sum())
        return self.deviations**2 / total if total else np.zeros(len(self.deviations))


def measure_movement(rules: "AdditiveRules", X: Array, weights: Array) -> PartMovement:
    """Rows of the domain (N, d), at least one, and the combination (m,) of scores."""
    added = rules.evaluate_parts(X) @ weights
    return PartMovement(
        deviations=np.where(np.ptp(added, axis=0) > 0, added.std(axis=0), 0.0),
        sizes=np.abs(added - rules.reference_parts @ weights).mean(axis=0),
        interactions=np.array([_measure_interaction(rules, p, X, weights) for p in rules.parts]),
    )


def evaluate_part(rules: "AdditiveRules", part: ScorePart, X: Array) -> Array:
    """(N, d) rows -> (N, m) what one part adds, as it stands."""
    added = X[:, part.coordinates] @ part.weights.T
    beyond = np.maximum(0.0, X @ rules.normals[part.lines].T - rules.bounds[part.lines])
    added += beyond @ rules.slopes[part.lines]
    for group in part.groups:
        added += rules.groups[group].evaluate(X)
    return np.asarray(added)


def _measure_interaction(
    rules: "AdditiveRules", part: ScorePart, X: Array, weights: Array
) -> float:
    """Deviation of g - sum of E[g | one column] + (columns - 1) E[g], rows being independent, on
    some of the rows: J. Friedman and B. Popescu, "Predictive learning via rule ensembles", 2008.
    """
    count = len(part.columns)
    if count < 2:
        return np.nan

    most = (_PRODUCTS / (count * (1 + len(part.lines)))) ** 0.5
    step = max(1, -(-len(X) // int(np.clip(most, _FEWEST_ROWS, _ROWS))))
    rows = X[::step]
    own = evaluate_part(rules, part, rows) @ weights
    alone = np.zeros(len(rows))
    for column in part.columns:
        alone += _average_others(rules, part, rows, column) @ weights
    left = own - alone + (count - 1) * own.mean()
    return float(left.std()) if np.ptp(own) > 0 else 0.0


def _average_others(rules: "AdditiveRules", part: ScorePart, rows: Array, column: int) -> Array:
    """(n, m): for every row, what the part adds with its own value of the column, on average over
    the other columns of all rows.
    """
    at = list(rules.domain.places[column])
    found = np.empty((len(rows), rules.score_count))
    size = max(1, _BLOCK // len(rows))
    for start in range(0, len(rows), size):
        own = rows[start : start + size]
        mixed = np.tile(rows, (len(own), 1))
        mixed[:, at] = np.repeat(own[:, at], len(rows), axis=0)
        added = evaluate_part(rules, part, mixed)
        found[start : start + size] = added.reshape(len(own), len(rows), -1).mean(axis=1)

    return found
