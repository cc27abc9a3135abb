"""What a table says about local models: how many rows each has, the response there, how well it
tells the response.
"""

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from relurules.domain.linear_forms import combine_scores
from relurules.ir.evidence import Evidence, RuleFacts
from relurules.ir.limits import NEVER, Deadline
from relurules.ir.local_models import Sample
from relurules.ir.network import Array, make_read_only
from relurules.links.table import LINKS
from relurules.statistics import metrics
from relurules.statistics.response import Response, read_response

if TYPE_CHECKING:
    from relurules.ir.ruleset import RuleSet

Indices = NDArray[np.intp]

#: So many scores are worked on at once: what a core's cache holds.
_BLOCK = 2**20


@dataclass(frozen=True)
class LocalModelStats:
    """What rows say about R local models, as arrays; NaN where something can't be told.

    counts: (R,); shares: (R,) of the rows that have a model; means, deviations: (R,) of the
    response, None without one; local, whole: metric -> (R,), of each model on its own rows and on
    all; metrics: of all rows by their own models; typical: (R,) number of the row, of those that
    have a model, nearest to the mean of each one's rows, -1 without any.
    """

    counts: Indices
    shares: Array
    means: Array | None
    deviations: Array | None
    local: dict[str, Array]
    whole: dict[str, Array]
    metrics: dict[str, float]
    typical: Indices


def compute_statistics(
    sample: Sample, response: Response | None, deadline: Deadline = NEVER
) -> LocalModelStats:
    """Everything about every model; `response` holds the values of the sample's rows.

    At the deadline `whole` is left out: it takes every model on every row.
    """
    R, counts = len(sample.models), sample.counts
    shares = counts / max(1, len(sample))
    if response is None:
        return LocalModelStats(counts, shares, None, None, {}, {}, {}, find_typical_rows(sample))

    numeric = response.task != "multiclass"
    own = combine_scores(sample.predictions, response.forms)
    return LocalModelStats(
        counts,
        shares,
        metrics.group_means(response.values, sample.of, R) if numeric else None,
        metrics.group_deviations(response.values, sample.of, R) if numeric else None,
        compute_group_metrics(own, response, sample.of, R),
        _compute_global_metrics(sample, response, deadline),
        metrics.drop_nan_scores(
            {
                name: found[0]
                for name, found in compute_group_metrics(
                    own, response, np.zeros_like(sample.of), 1
                ).items()
            }
        ),
        find_typical_rows(sample),
    )


def find_typical_rows(sample: Sample) -> Indices:
    """(R,) row nearest to the mean of each model's rows, distances in standard deviations of the
    coordinates.
    """
    found = np.full(len(sample.models), -1, dtype=np.intp)
    if not len(sample):
        return found

    R = len(sample.models)
    scale = np.where(sample.deviations > 0, sample.deviations, 1.0)
    sums = np.array(
        [np.bincount(sample.of, weights=column, minlength=R) for column in sample.X.T]
    ).reshape(-1, R)
    centres: Array = sums.T / np.maximum(sample.counts, 1)[:, None]
    distance = np.empty(len(sample))
    step = max(1, _BLOCK // max(1, len(scale)))

    for start in range(0, len(sample), step):
        at = slice(start, start + step)
        distance[at] = (((sample.X[at] - centres[sample.of[at]]) / scale) ** 2).sum(axis=1)

    order = np.lexsort((distance.round(12), sample.of))
    starts = np.cumsum(sample.counts) - sample.counts
    found[sample.counts > 0] = order[starts[sample.counts > 0]]
    return found


def compute_group_metrics(own: Array, response: Response, of: Any, R: int) -> dict[str, Array]:
    """Metrics within groups of rows. own: (N, p) the scores that are judged, each row's by its own
    model.
    """
    values = response.values
    if response.task == "regression":
        squares = (LINKS[response.link].apply(own)[:, 0] - values) ** 2
        mse, around = metrics.group_means(squares, of, R), metrics.group_deviations(values, of, R)
        return {"R2": _compute_r2(mse, around), "MSE": mse}

    if response.task == "binary":
        score, positive = own[:, 0], values > 0.5
        found = {"AUC": metrics.group_aucs(score, positive, of, R)} if response.ranked else {}
        if response.link == "sigmoid":
            found["accuracy"] = metrics.group_means(((score > 0) == positive).astype(float), of, R)
        if response.certain:
            found["log loss"] = metrics.group_means(
                np.logaddexp(0.0, np.where(positive, -score, score)), of, R
            )
        return found

    classes = values.astype(np.intp)
    found = {"accuracy": metrics.group_means((own.argmax(axis=1) == classes).astype(float), of, R)}
    if response.certain:
        loss = -LINKS["log_softmax"].apply(own)[np.arange(len(own)), classes]
        found["log loss"] = metrics.group_means(loss, of, R)

    return found


def _compute_r2(mse: Array, around: Array) -> Array:
    """R2, NaN where the response doesn't vary."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(around > 0, 1.0 - mse / around**2, np.nan)


def _compute_global_metrics(
    sample: Sample, response: Response, deadline: Deadline
) -> dict[str, Array]:
    """One metric, or two, of every model's formula on all rows."""
    R, N, p = len(sample.models), len(sample), len(response.forms)
    if not N:
        return {}

    weights = np.einsum("ps,rsd->rpd", response.forms, sample.models.weights)
    constants = sample.models.constants @ response.forms.T
    step, found = max(1, _BLOCK // (N * p)), []

    for start in range(0, R, step):
        if deadline.is_over():
            return {}
        at = slice(start, start + step)
        scores = weights[at].reshape(-1, weights.shape[2]) @ sample.X.T + constants[at].reshape(
            -1, 1
        )
        found.append(_score_models(scores.reshape(-1, p, N), response))

    return {name: np.concatenate([part[name] for part in found]) for name in found[0]}


def _score_models(scores: Array, response: Response) -> dict[str, Array]:
    """Metrics of many models' scores (r, p, N) on all rows: (r,) each."""
    values = response.values
    if response.task == "multiclass":
        return {"accuracy": (scores.argmax(axis=1) == values).mean(axis=1)}
    if response.task == "binary":
        positive = values > 0.5
        if not response.ranked:
            return {"accuracy": ((scores[:, 0] > 0) == positive).mean(axis=1)}
        one_class = positive.all() or not positive.any()
        return {
            "AUC": np.full(len(scores), np.nan)
            if one_class
            else metrics.compute_aucs(scores[:, 0], positive)
        }

    with np.errstate(over="ignore"):
        numbers = LINKS[response.link].apply(scores[:, 0])
        mse = np.asarray(((numbers - values) ** 2).mean(axis=1))

    return {
        "R2": _compute_r2(mse, np.full(len(mse), values.std() if np.ptp(values) else 0.0)),
        "MSE": mse,
    }


def hash_rows(X: Array) -> str:
    """SHA-256 of rows in coordinates, (N, d), as evidence keeps it."""
    return hashlib.sha256(np.ascontiguousarray(X + 0.0, dtype="<f8").tobytes()).hexdigest()


def gather_evidence(
    rules: "RuleSet", table: Any, y: Any = None, deadline: Deadline = NEVER
) -> Evidence:
    """What a table, and the true values y (N,) of its rows if given, say about every rule.

    y: numbers, or classes as `response_of` reads them; a Series brings its name. DataError where
    they don't fit.
    """
    X = rules.domain.rows(table)
    number = rules.number_rows(X)
    sample = Sample.from_numbers(rules.local_models, X, number)
    response = None if y is None else read_response(sample.models, y, len(X)).part(number > 0)
    found = compute_statistics(sample, response, deadline)

    return Evidence(
        digest=hash_rows(X),
        rows=len(X),
        outside=len(X) - len(sample),
        response=None if response is None else response.name,
        task=None if response is None else response.task,
        metrics=found.metrics,
        means=make_read_only(sample.means),
        deviations=make_read_only(sample.deviations),
        rules=tuple(_make_rule_facts(found, sample.X, i) for i in range(len(rules))),
        positive=None if response is None else response.positive,
    )


def add_evidence(
    rules: "RuleSet", table: Any, y: Any = None, deadline: Deadline = NEVER
) -> "RuleSet":
    """The same rules with `evidence_of` the table; without a table as they are."""
    return (
        rules
        if table is None
        else replace(rules, evidence=gather_evidence(rules, table, y, deadline))
    )


def _make_rule_facts(found: LocalModelStats, X: Array, i: int) -> RuleFacts:
    row = int(found.typical[i])
    return RuleFacts(
        int(found.counts[i]),
        float(found.shares[i]),
        _read_number(found.means, i),
        _read_number(found.deviations, i),
        metrics.drop_nan_scores({name: values[i] for name, values in found.local.items()}),
        metrics.drop_nan_scores({name: values[i] for name, values in found.whole.items()}),
        None if row < 0 else make_read_only(X[row]),
    )


def _read_number(values: Array | None, i: int) -> float | None:
    return None if values is None or not np.isfinite(values[i]) else float(values[i])
