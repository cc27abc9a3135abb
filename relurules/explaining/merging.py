"""Fewer local models: neighbours with like coefficients become one, refitted."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.errors import UnsupportedError
from relurules.explaining.score_view import choose_judged_view, measure_spread, scale_effects
from relurules.ir.local_models import Sample
from relurules.ir.network import Array
from relurules.statistics.response import Response

#: Local models that are clustered: so many, those with the most rows; each is tied to so many
#: neighbours.
_MOST, _NEIGHBOURS = 1500, 5
#: Weight of the squared coefficients, of standardised columns, beside the squared errors of
#: numbers.
_RIDGE = 1.0


@dataclass(frozen=True)
class LocalModelClusters:
    """M local models in place of R; a row has that of the nearest centre.

    weights: (M, d), constants: (M,), in the user's units; of: (R,) which of the M each of the R
    became, -1 for one that no row has or that wasn't clustered; centres: (C, d) means of the rows
    of the R models that were merged; members: (C,) which of the M each belongs to; means, scales:
    (d,) that distances are measured in; rows: (M,) that each was fitted to.
    """

    weights: Array
    constants: Array
    of: NDArray[np.intp]
    centres: Array
    members: NDArray[np.intp]
    means: Array
    scales: Array
    rows: NDArray[np.intp]

    def __len__(self) -> int:
        """Number of models M."""
        return len(self.weights)

    def locate(self, X: Array) -> NDArray[np.intp]:
        """(N, d) coordinates -> (N,) which model each row has."""
        near = _make_nearest().fit((self.centres - self.means) / self.scales)
        return np.asarray(self.members[near.kneighbors((X - self.means) / self.scales)[1][:, 0]])

    def neighbours(self) -> list[tuple[int, int]]:
        """Pairs of the M models, the lower first, of which some centres are neighbours."""
        if len(self.centres) < 2:
            return []

        U = (self.centres - self.means) / self.scales
        near = (
            _import_sklearn()[1].NearestNeighbors(n_neighbors=min(_NEIGHBOURS, len(U) - 1)).fit(U)
        )
        others = self.members[near.kneighbors(return_distance=False)]
        pairs = {
            (int(min(a, b)), int(max(a, b)))
            for a, row in zip(self.members, others, strict=True)
            for b in row
        }

        return sorted(pair for pair in pairs if pair[0] != pair[1])

    def predict(self, X: Array) -> Array:
        """(N, d) coordinates -> (N,) scores: numbers, or log odds."""
        of = self.locate(X)
        return np.asarray((X * self.weights[of]).sum(axis=1) + self.constants[of])


def merge_models(sample: Sample, response: Response, models: int) -> LocalModelClusters:
    """At most so many local models, each refitted to its rows: by ridge or logistic regression.

    Local models are joined by agglomerative clustering (Ward's) of their coefficients in units that
    compare, among neighbours by the means of their rows; those beyond the first 1500 by rows follow
    the nearest centre. After A. Sudjianto, W. Knauth, R. Singh, Z. Yang and A. Zhang, "Unwrapping
    The Black Box of Deep ReLU Networks: Interpretability, Diagnostics, and Simplification", 2020.
    The result isn't continuous. Raises UnsupportedError for more than two classes, and where
    scikit-learn isn't installed.
    """
    view = choose_judged_view(sample.models, response)
    known = np.argsort(-sample.counts, kind="stable")[:_MOST]
    known = known[sample.counts[known] > 0]
    sums = np.zeros((len(sample.models), sample.X.shape[1]))
    np.add.at(sums, sample.of, sample.X)
    centres = sums[known] / sample.counts[known, None]
    scales = np.where(sample.deviations > 0, sample.deviations, 1.0)
    forms = scale_effects(sample.models, view, measure_spread(sample))[known]
    members = _cluster_models(forms, (centres - sample.means) / scales, models)
    near = _make_nearest().fit((centres - sample.means) / scales)
    place = members[near.kneighbors((sample.X - sample.means) / scales)[1][:, 0]]
    M = int(members.max()) + 1
    U = (sample.X - sample.means) / scales
    fits = [
        fit_regression(response.task, U[place == c], response.values[place == c]) for c in range(M)
    ]
    weights = np.array([fit[0] for fit in fits]) / scales
    constants = np.array([fit[1] for fit in fits]) - weights @ sample.means
    of = np.full(len(sample.models), -1, dtype=np.intp)
    of[known] = members

    return LocalModelClusters(
        weights,
        constants,
        of,
        centres,
        members,
        sample.means,
        scales,
        np.bincount(place, minlength=M),
    )


def _cluster_models(forms: Array, centres: Array, most: int) -> NDArray[np.intp]:
    """(C,) which cluster each model belongs to, numbered by their rows, as models are: the first
    one met first.
    """
    if len(forms) <= most:
        return np.arange(len(forms))
    if most == 1:
        return np.zeros(len(forms), dtype=np.intp)

    cluster, neighbors = _import_sklearn()
    near = neighbors.kneighbors_graph(centres, min(_NEIGHBOURS, len(forms) - 1))
    # Parts without a neighbour in another are joined by scikit-learn itself.
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "the number of connected components", UserWarning)
        found = cluster.AgglomerativeClustering(
            most, connectivity=0.5 * (near + near.T)
        ).fit_predict(forms)

    _, first, place = np.unique(found, return_index=True, return_inverse=True)
    return np.asarray(np.argsort(np.argsort(first))[place], dtype=np.intp)


def fit_regression(task: str, U: Array, y: Array) -> tuple[Array, float]:
    """Coefficients and constant of a regression; of rows of one class, the log odds of a share half
    a row off.
    """
    if task == "binary" and (len(y) == 0 or np.ptp(y) == 0):
        return np.zeros(U.shape[1]), float(np.log((y.sum() + 0.5) / (len(y) - y.sum() + 0.5)))
    if len(y) == 0:
        return np.zeros(U.shape[1]), 0.0

    _import_sklearn()
    from sklearn.linear_model import LogisticRegression, Ridge

    model: Any = LogisticRegression(max_iter=1000) if task == "binary" else Ridge(_RIDGE)
    model.fit(U, y)
    return np.asarray(model.coef_, dtype=np.float64).reshape(-1), float(
        np.ravel(model.intercept_)[0]
    )


def _make_nearest() -> Any:
    return _import_sklearn()[1].NearestNeighbors(n_neighbors=1)


def _import_sklearn() -> tuple[Any, Any]:
    try:
        from sklearn import cluster, neighbors
    except ImportError as error:
        raise UnsupportedError(
            "merging needs scikit-learn: pip install 'relurules[sklearn]'"
        ) from error
    return cluster, neighbors
