"""Which columns lines may read where only some may be: those by which a quick boosting tells rows
that it wasn't fitted to best.

Forward choice (A. Whitney, "A direct method of nonparametric measurement selection", 1971). Lines
themselves would have to be chosen anew for every set of columns, which takes a hundred times as
long; and what a column adds to lines of all columns says little of what it adds to a few.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.ir.limits import NEVER, Deadline
from relurules.ir.network import Array
from relurules.training.lines.line_columns import LineColumn
from relurules.training.lines.line_model import LineRows

#: Parts of the rows, each told by trees that were fitted to the others.
_FOLDS = 2
#: Trees, their leaves, rows and learning rate: about as much as a dozen lines can say. On Taiwan
#: credit, 12 lines of 5 columns, seeds 10 to 14, the AUC is .7722 on average and .7675 at worst;
#: dropping columns of lines of all columns came to .7708 and .7622; exchanging columns afterwards
#: gained nothing in twice the time. A boosting of columns chosen like this is at .774 itself.
_TREES, _LEAVES, _LEAF_ROWS, _RATE, _BINS = 30, 8, 40, 0.15, 63
#: From the second column on, only so many of those that were best beside the first are tried.
_TRIED = 12


@dataclass(frozen=True, kw_only=True, eq=False)
class ColumnJudge:
    """Tells how good sets of columns are.

    rows: of one score. columns: of them. seed: by which the rows are dealt.
    """

    rows: LineRows
    columns: Sequence[LineColumn]
    seed: int

    @property
    def classes(self) -> bool:
        """Whether the target is one of two classes."""
        return self.rows.task.measure != "R2"

    @cached_property
    def targets(self) -> Array:
        """(N,) numbers, or 0 and 1: a teacher softens them by less than half."""
        return (self.rows.y > 0.5).astype(float) if self.classes else self.rows.y

    @cached_property
    def values(self) -> Array:
        """(N, columns) a number for each: of categories, their place by the mean target."""
        found = np.empty((len(self.rows), len(self.columns)))
        for number, column in enumerate(self.columns):
            places = list(column.coordinates)
            if column.is_number:
                found[:, number] = self.rows.X[places[0]]
                continue
            indicators = self.rows.X[places]
            means = average_by_category(indicators, self.targets, self.rows.weights)
            found[:, number] = means.argsort().argsort() @ indicators

        return found

    @cached_property
    def folds(self) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Numbers of the rows to fit to, and of those to tell, of every fold."""
        order = np.random.default_rng(self.seed).permutation(len(self.rows))
        parts = [np.sort(order[start::_FOLDS]) for start in range(_FOLDS)]
        return [(np.setdiff1d(order, part), part) for part in parts]

    def judge(self, chosen: Sequence[int]) -> float:
        """The task's measure of columns, by number."""
        some = sorted(chosen)
        values, weights = self.values[:, some], self.rows.weights
        scores = np.empty(len(self.rows))

        for training, others in self.folds:
            trees = self._make_trees([self.columns[number].trend for number in some])
            trees.fit(values[training], self.targets[training], weights[training])
            scores[others] = (
                trees.decision_function(values[others]) if self.classes
                else trees.predict(values[others])
            )  # fmt: skip

        return replace(self.rows, y=self.targets).measure_score(scores)

    def _make_trees(self, trends: Sequence[int]) -> Any:
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

        kind = HistGradientBoostingClassifier if self.classes else HistGradientBoostingRegressor
        return kind(
            max_iter=_TREES,
            max_leaf_nodes=_LEAVES,
            min_samples_leaf=_LEAF_ROWS,
            learning_rate=_RATE,
            max_bins=_BINS,
            l2_regularization=5.0,
            monotonic_cst=list(trends),
            early_stopping=False,
        )


def average_by_category(indicators: Array, targets: Array, weights: Array) -> Array:
    """(C, N) -> (C,) the mean target of every category."""
    counts = indicators @ weights
    return np.asarray(indicators @ (weights * targets) / np.maximum(counts, 1e-9))


def search_columns(
    judge: Callable[[Sequence[int]], float], total: int, count: int, deadline: Deadline = NEVER
) -> list[int]:
    """Numbers of so many columns of all, ascending: each is the best beside those before it.

    judge: how good some columns are, more is better. At the deadline there are fewer of them.
    """
    chosen: list[int] = []
    tried = list(range(total))
    while len(chosen) < count and not (chosen and deadline.is_over()):
        found = {number: judge([*chosen, number]) for number in tried}
        tried.sort(key=lambda number: -found[number])
        chosen.append(tried.pop(0))
        if len(chosen) == 2:
            tried = tried[: max(_TRIED, count - 2)]

    return sorted(chosen)
