"""Merged local models as one hidden layer, and what merging and flattening cost."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from relurules.domain.linear_forms import combine_scores
from relurules.explaining.merging import LocalModelClusters, fit_regression, merge_models
from relurules.ir import Graph, Head, Network, Neuron
from relurules.ir.local_models import Sample
from relurules.ir.network import Array
from relurules.statistics.metrics import auc, r2
from relurules.statistics.response import Response

#: Every so many rows one is kept back, to be scored only.
_TEST_EVERY = 5


@dataclass(frozen=True, kw_only=True)
class ModelCountScores:
    """What fewer local models cost."""

    #: (n,) of models.
    counts: tuple[int, ...]
    #: (n,) scores of rows held back, by merged models.
    merged: tuple[float, ...]
    #: (n,) the same, by flattened ones.
    flattened: tuple[float, ...]
    #: Its own score.
    network: float
    #: How many there are of the network.
    models: int
    #: Of local models.
    kind: str
    #: R2 or AUC.
    measure: str
    #: Rows that were held back.
    held: int


def flatten_models(sample: Sample, response: Response, merged: LocalModelClusters) -> Graph:
    """A network of one hidden layer that bends where two neighbouring merged models are equal.

    Its ReLUs read their differences, and its output, which reads the columns too, is fitted to the
    rows by ridge or logistic regression. It is continuous, unlike the merged models, so that it can
    be extracted as any network. A single hidden layer made of the merged models is an idea of the
    paper of `merge`; that its ReLUs read differences isn't: a continuous function with these pieces
    has its bends there. The output is the number, or the log odds with a sigmoid.
    """
    import networkx

    pairs = np.array(merged.neighbours(), dtype=np.intp).reshape(-1, 2)
    A = merged.weights[pairs[:, 0]] - merged.weights[pairs[:, 1]]
    b = merged.constants[pairs[:, 0]] - merged.constants[pairs[:, 1]]
    Z = np.hstack([sample.X, np.maximum(sample.X @ A.T + b, 0.0)])
    means, scales = Z.mean(axis=0), np.where(np.ptp(Z, axis=0) > 0, Z.std(axis=0), 1.0)
    weights, constant = fit_regression(response.task, (Z - means) / scales, response.values)
    weights = weights / scales
    K, d = A.shape
    network = Network(
        A=A,
        L=np.zeros((K, K)),
        b=b,
        C=weights[None, :d],
        U=weights[None, d:],
        c=np.array([constant - float(weights @ means)]),
        slope=np.zeros(K),
        neurons=tuple(Neuron("flat", k) for k in range(K)),
    )
    heads = (Head("sigmoid" if response.task == "binary" else "identity", (0,)),)
    domain = sample.models.domain

    return Graph(
        domain.names,
        (response.name,),
        network,
        networkx.DiGraph(),
        heads=heads,
        columns=domain.columns,
    )


def score_model_counts(
    sample: Sample, response: Response, counts: tuple[int, ...] = (1, 2, 4, 8, 16, 32)
) -> ModelCountScores:
    """Merge and flatten to several numbers of models, fitted to four rows in five and scored on the
    others.
    """
    held = np.arange(len(sample)) % _TEST_EVERY == _TEST_EVERY - 1
    train, test = _select_rows(sample, ~held), _select_rows(sample, held)
    taught, true = response.part(~held), response.values[held]
    reached = int((train.counts > 0).sum())
    found = []

    for size in sorted({min(count, reached) for count in counts}):
        merged = merge_models(train, taught, size)
        flat = flatten_models(train, taught, merged).network.evaluate(test.X)[:, 0]
        scores = (
            _score_predictions(response.task, F, true) for F in (merged.predict(test.X), flat)
        )
        found.append((len(merged), *scores))

    own = combine_scores(test.predictions, response.forms)[:, 0]
    numbers, merges, flats = zip(*found, strict=True)
    return ModelCountScores(
        counts=numbers,
        merged=merges,
        flattened=flats,
        network=_score_predictions(response.task, own, true),
        models=reached,
        kind=sample.models.kind,
        measure="AUC" if response.task == "binary" else "R2",
        held=int(held.sum()),
    )


def _select_rows(sample: Sample, rows: NDArray[np.bool_]) -> Sample:
    return Sample(sample.models, sample.X[rows], sample.of[rows], int(rows.sum()))


def _score_predictions(task: str, scores: Array, true: Array) -> float:
    if task == "binary":
        return auc(scores, true > 0.5)
    return r2(scores[:, None], true[:, None], np.ones(len(true)))
