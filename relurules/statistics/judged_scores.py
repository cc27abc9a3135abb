"""How well local models tell a response: of their own rows and of all, from blocks of rows."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from relurules.domain.linear_forms import combine_scores
from relurules.ir.limits import Deadline
from relurules.ir.local_models import LocalModels
from relurules.ir.network import Array
from relurules.links.table import LINKS
from relurules.statistics import metrics
from relurules.statistics.moments import (
    NO_MOMENTS,
    Moments,
    measure_columns,
    measure_groups,
    merge_moments,
)
from relurules.statistics.response import Response
from relurules.statistics.row_passes import RowBlock, RowPasses

#: So many scores are worked on at once: what a core's cache holds.
_BLOCK = 2**20


@dataclass(frozen=True, eq=False, kw_only=True)
class JudgedScores:
    """Metrics of the rows' own scores. local: metric -> (R,) within each group; total: over all."""

    local: Mapping[str, Array]
    total: Mapping[str, float]


class OwnScores:
    """Each row's score by its own model beside the response, within R groups of rows and over all.

    moments, total: of the response, by group and over all.
    """

    def __init__(self, response: Response, groups: int) -> None:
        """Nothing was added yet."""
        self.response, self.groups = response, groups
        self.counts = np.zeros(groups, dtype=np.int64)
        no_rows, none = np.empty(0), np.empty(0, dtype=np.intp)
        self.moments = measure_groups(no_rows, none, groups)
        self.total = measure_groups(no_rows, none, 1)
        names = list(_compute_terms(np.empty((0, len(response.forms))), no_rows, response))
        self._sums: dict[str, Array] = {name: np.zeros(groups) for name in names}
        self._totals: dict[str, Array] = {name: np.zeros(1) for name in names}
        self._ranked: list[Array] = []

    def add(self, block: RowBlock, scores: Array) -> None:
        """scores: (n, m) of the block's rows."""
        own, none = combine_scores(scores, self.response.forms), np.zeros_like(block.of)
        self.counts += np.bincount(block.of, minlength=self.groups)
        if self.response.task != "multiclass":
            found = measure_groups(block.values, block.of, self.groups)
            total = measure_groups(block.values, none, 1) if self.groups > 1 else found
            self.moments = merge_moments(self.moments, found)
            self.total = merge_moments(self.total, total)
        if self._is_ranked:
            self._ranked.append(own[:, 0].copy())

        for name, terms in _compute_terms(own, block.values, self.response).items():
            by_group = np.bincount(block.of, weights=terms, minlength=self.groups)
            whole = np.bincount(none, weights=terms, minlength=1) if self.groups > 1 else by_group
            self._sums[name] += by_group
            self._totals[name] += whole

    @property
    def _is_ranked(self) -> bool:
        return self.response.task == "binary" and self.response.ranked

    def judge(self, of: NDArray[np.int32], values: Array) -> JudgedScores:
        """The metrics of the rows that were added. of: (N,) the group of each; values: (N,)."""
        none = np.array([self.counts.sum()])
        local = _finish_terms(self._sums, self.counts, self.moments)
        total = _finish_terms(self._totals, none, self.total)
        if self._is_ranked:
            scores = np.concatenate([np.empty(0), *self._ranked])
            self._ranked.clear()
            positive = values > 0.5
            order = np.argsort(scores)
            whole = metrics.group_aucs(scores, positive, np.zeros_like(of), 1, order)
            own = (
                metrics.group_aucs(scores, positive, of, self.groups, order)
                if self.groups > 1
                else whole
            )
            local, total = {"AUC": own, **local}, {"AUC": whole, **total}

        return JudgedScores(local=local, total={name: found[0] for name, found in total.items()})


class WholeScores:
    """Every model's formula on all rows, by metrics that are sums over rows."""

    def __init__(self, models: LocalModels, response: Response, deadline: Deadline) -> None:
        """Nothing was added yet."""
        self.forms = WholeForms(models, response)
        self.response, self.deadline = response, deadline
        self._moments = NO_MOMENTS
        self._sums = np.zeros(len(models))

    def add(self, block: RowBlock) -> None:
        """Nothing, once the deadline is over."""
        n, p = len(block.X), len(self.response.forms)
        step = max(1, _BLOCK // (n * p))
        self._moments = merge_moments(self._moments, measure_columns(block.values))
        for start in range(0, len(self._sums), step):
            if self.deadline.is_over():
                return
            at = slice(start, start + step)
            self._sums[at] += _sum_terms(self.forms.score(at, block.X), block.values, self.response)

    def judge(self) -> dict[str, Array]:
        """(R,) each; nothing without rows or time."""
        if not self._moments.counts or self.deadline.is_over():
            return {}
        means = self._sums / self._moments.counts
        if self.response.task != "regression":
            return {"accuracy": means}
        return {"R2": compute_r2(means, self._moments.deviations), "MSE": means}


class WholeForms:
    """The combinations of scores that are judged, of every model: (R, p, d) and (R, p)."""

    def __init__(self, models: LocalModels, response: Response) -> None:
        """Of all models."""
        self.weights = np.einsum("ps,rsd->rpd", response.forms, models.weights)
        self.constants = models.constants @ response.forms.T

    def score(self, at: slice, X: Array) -> Array:
        """Of some models on rows (n, d): (r, p, n)."""
        weights, p = self.weights[at], self.weights.shape[1]
        flat = weights.reshape(-1, weights.shape[2]) @ X.T + self.constants[at].reshape(-1, 1)
        return np.asarray(flat.reshape(-1, p, len(X)))

    def write_scores(self, at: slice, X: Array, found: Array) -> None:
        """The first combination of some models on rows (n, d) to `found`, (r, n)."""
        np.matmul(self.weights[at, 0], X.T, out=found)
        found += self.constants[at, :1]


class WholeRanks:
    """AUC of every model's formula on all rows, for which the scores of a few at a time are kept.

    parts: those whose scores are kept together.
    """

    def __init__(self, models: LocalModels, response: Response, passes: RowPasses) -> None:
        """passes: after the first one."""
        self.forms = WholeForms(models, response)
        self.positive = passes.values > 0.5
        self.found = np.full(len(models), np.nan)
        R, rows = len(models), len(self.positive)
        step = max(1, passes.source.numbers // max(1, rows))
        one_class = self.positive.all() or not self.positive.any()
        self.parts = [] if one_class else [slice(at, at + step) for at in range(0, R, step)]
        self._room = np.empty((min(step, R) if self.parts else 0, rows))

    def open(self, part: int) -> Array:
        """Room for the scores of a part, (r, N)."""
        return self._room[: len(self.found[self.parts[part]])]

    def add(self, part: int, block: RowBlock, scores: Array) -> None:
        """Of the block's rows; kept in `scores`."""
        self.forms.write_scores(self.parts[part], block.X, scores[:, block.at])

    def close(self, part: int, scores: Array) -> None:
        """Of all rows, whose scores are no longer needed."""
        self.found[self.parts[part]] = metrics.compute_aucs(scores, self.positive)


def compute_r2(mse: Array, around: Array) -> Array:
    """R2, NaN where the response doesn't vary."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(around > 0, 1.0 - mse / around**2, np.nan)


def _compute_terms(own: Array, values: Array, response: Response) -> dict[str, Array]:
    """What metrics that are means are means of: (n,) each. own: (n, p) scores that are judged."""
    if response.task == "regression":
        return {"MSE": (LINKS[response.link].apply(own)[:, 0] - values) ** 2}

    if response.task == "binary":
        score, positive = own[:, 0], values > 0.5
        found = {}
        if response.link == "sigmoid":
            found["accuracy"] = ((score > 0) == positive).astype(float)
        if response.certain:
            found["log loss"] = np.logaddexp(0.0, np.where(positive, -score, score))
        return found

    classes = values.astype(np.intp)
    found = {"accuracy": (own.argmax(axis=1) == classes).astype(float)}
    if response.certain:
        found["log loss"] = -LINKS["log_softmax"].apply(own)[np.arange(len(own)), classes]
    return found


def _finish_terms(
    sums: Mapping[str, Array], counts: Array | NDArray[np.int64], moments: Moments
) -> dict[str, Array]:
    """Means, NaN of a group without rows, and what follows from them."""
    with np.errstate(invalid="ignore", divide="ignore"):
        found = {name: total / counts for name, total in sums.items()}
    if "MSE" not in found:
        return found
    return {"R2": compute_r2(found["MSE"], moments.deviations), **found}


def _sum_terms(scores: Array, values: Array, response: Response) -> Array:
    """Sums over rows of many models' scores (r, p, n): (r,) rights, or squared errors."""
    if response.task == "multiclass":
        return np.asarray((scores.argmax(axis=1) == values).sum(axis=1), dtype=np.float64)
    if response.task == "binary":
        return np.asarray(((scores[:, 0] > 0) == (values > 0.5)).sum(axis=1), dtype=np.float64)
    with np.errstate(over="ignore"):
        numbers = LINKS[response.link].apply(scores[:, 0])
        return np.asarray(((numbers - values) ** 2).sum(axis=1))
