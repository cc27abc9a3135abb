"""Fitted scikit-learn regressors -> Graph: MLPRegressor, alone or at the end of a Pipeline of affine steps.

Nothing of scikit-learn is imported: a step is known by its class's name, and what it does is read from its fitted
attributes. The reference is the estimator's own `predict`, in float64.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import networkx
import numpy as np
from numpy.typing import NDArray

from relurules.errors import ModelError
from relurules.ir import Graph, Network, Neuron
from relurules.ir.network import AffineMap, rows_of
from relurules.tables import default_names

Array = NDArray[np.float64]


def trace(model: Any, input_shape: Sequence[int] | None) -> tuple[Graph, Callable[[Array], Array]]:
    """Graph of the estimator in its raw columns, and its `predict` as a function (N, d) -> (N, m)."""
    del input_shape  # the fitted estimator tells
    steps = _steps(model)
    name, network = steps[-1]
    d = _inputs(*steps[0])
    before = AffineMap(np.eye(d), np.zeros(d))
    for step, transformer in steps[:-1]:
        weights, constants = _affine(step, transformer, len(before.constants))
        before = AffineMap(weights @ before.weights, weights @ before.constants + constants)
    columns = getattr(steps[0][1], "feature_names_in_", None)
    features = default_names(d) if columns is None else tuple(map(str, columns))
    outputs = ("y",) if network.n_outputs_ == 1 else default_names(network.n_outputs_, "y")
    identities = 0 if network.activation == "relu" else sum(len(b) for b in network.intercepts_[:-1])
    canonical = _network(network, before, name or "mlp")
    return Graph(features, outputs, canonical, _layers(steps), identities), _function(model, steps[0][1])


def _function(model: Any, first: Any) -> Callable[[Array], Array]:
    """The estimator's own predictions, (N, d) -> (N, m); `first` is its first step, which knows the columns."""
    columns = getattr(first, "feature_names_in_", None)

    def predict(X: Array) -> Array:
        X = rows_of(X, int(first.n_features_in_))
        if columns is not None:
            import pandas

            table: Any = pandas.DataFrame(X, columns=columns)
        else:
            table = X
        return np.asarray(model.predict(table), dtype=np.float64).reshape(len(X), -1)

    return predict


def _steps(model: Any) -> list[tuple[str, Any]]:
    """The steps of a Pipeline, or the model alone; the last is a fitted MLPRegressor."""
    steps = [step for step in model.steps if step[1] not in (None, "passthrough")] if _kind(model) == "Pipeline" else []
    steps = steps or [("", model)]
    network = steps[-1][1]
    if _kind(network) != "MLPRegressor":
        raise ModelError(f"scikit-learn estimator {_kind(network)} can't be traced; supported: {SUPPORTED}")
    if not hasattr(network, "coefs_"):
        raise ModelError("the MLPRegressor isn't fitted; call fit first")
    if network.activation not in ("relu", "identity"):
        raise ModelError(
            f"MLPRegressor's activation {network.activation!r} isn't piecewise linear; supported: {SUPPORTED}"
        )
    return steps


def _network(mlp: Any, before: AffineMap, layer: str) -> Network:
    """The MLP's layers in canonical form; the affine map before it goes into its first layer."""
    weights = [np.asarray(w, dtype=np.float64).T for w in mlp.coefs_]
    constants = [np.asarray(b, dtype=np.float64) for b in mlp.intercepts_]
    constants[0] = constants[0] + weights[0] @ before.constants
    weights[0] = weights[0] @ before.weights
    if mlp.activation == "identity":
        while len(weights) > 1:
            constants[:2] = [constants[1] + weights[1] @ constants[0]]
            weights[:2] = [weights[1] @ weights[0]]
    sizes = [len(b) for b in constants[:-1]]
    K, d, m = sum(sizes), before.weights.shape[1], len(constants[-1])
    A, L, U = np.zeros((K, d)), np.zeros((K, K)), np.zeros((m, K))
    ends = np.cumsum([0, *sizes])
    for i, first in enumerate(ends[:-1]):
        rows = slice(first, ends[i + 1])
        if i == 0:
            A[rows] = weights[0]
        else:
            L[rows, ends[i - 1] : first] = weights[i]
    if K:
        U[:, ends[-2] :] = weights[-1]
    C = np.zeros((m, d)) if K else weights[-1]
    neurons = tuple(Neuron(f"{layer}.{i}", unit) for i, size in enumerate(sizes) for unit in range(size))
    return Network(A, L, np.concatenate([*constants[:-1], np.empty(0)]), C, U, constants[-1], np.zeros(K), neurons)


def _layers(steps: Sequence[tuple[str, Any]]) -> "networkx.DiGraph[str]":
    layers: networkx.DiGraph[str] = networkx.DiGraph()
    mlp = steps[-1][1]
    names = ["input", *(f"{name}: {_kind(step)}" for name, step in steps[:-1])]
    for i, name in enumerate(names):
        layers.add_node(name, operator=name.rpartition(" ")[2], module=name.partition(":")[0] if i else "", size=0)
    for i, bias in enumerate(mlp.intercepts_):
        names.append(f"layer {i}")
        layers.add_node(names[-1], operator="linear", module=steps[-1][0], size=len(bias))
    layers.add_edges_from(pairwise(names))
    return layers


def _affine(name: str, step: Any, d: int) -> AffineMap:
    rule = TRANSFORMERS.get(_kind(step))
    if rule is None:
        raise ModelError(
            f"step {name!r} of the pipeline is {_kind(step)}, which can't be traced; supported: {SUPPORTED}"
        )
    _inputs(name, step)
    weights, constants = rule(name, step, d)
    return AffineMap(np.asarray(weights, dtype=np.float64), np.asarray(constants, dtype=np.float64))


def _inputs(name: str, step: Any) -> int:
    """Number of columns that a fitted step takes."""
    if not hasattr(step, "n_features_in_"):
        raise ModelError(f"step {name!r} of the pipeline isn't fitted; call fit first")
    return int(step.n_features_in_)


def _scaled(parts: Callable[[Any], tuple[Any, Any]]) -> Callable[[str, Any, int], tuple[Any, Any]]:
    """(x - center) / scale; `parts` gives both from the step, None for what it leaves out."""

    def rule(_: str, step: Any, d: int) -> tuple[Any, Any]:
        center, scale = parts(step)
        center, scale = np.zeros(d) if center is None else center, np.ones(d) if scale is None else scale
        return np.diag(1.0 / scale), -center / scale

    return rule


def _min_max(name: str, step: Any, _: int) -> tuple[Any, Any]:
    if step.clip:
        raise ModelError(f"step {name!r} clips to its range; supported: MinMaxScaler with clip=False")
    return np.diag(step.scale_), step.min_


def _pca(name: str, step: Any, _: int) -> tuple[Any, Any]:
    if step.whiten:
        raise ModelError(f"step {name!r} whitens; supported: PCA with whiten=False")
    return step.components_, -step.components_ @ step.mean_


def _select(_: str, step: Any, d: int) -> tuple[Any, Any]:
    kept = np.eye(d)[step.get_support()]
    return kept, np.zeros(len(kept))


#: Class of a pipeline's step -> its weights and constants, from its name, itself and its number of inputs.
TRANSFORMERS: Mapping[str, Callable[[str, Any, int], tuple[Any, Any]]] = {
    "StandardScaler": _scaled(lambda step: (step.mean_ if step.with_mean else None, step.scale_)),
    "RobustScaler": _scaled(lambda step: (step.center_, step.scale_)),
    "MaxAbsScaler": _scaled(lambda step: (None, step.scale_)),
    "MinMaxScaler": _min_max,
    "PCA": _pca,
    "VarianceThreshold": _select,
    "SelectKBest": _select,
    "SelectPercentile": _select,
}

SUPPORTED = "MLPRegressor with activation relu or identity, alone or at the end of a Pipeline of " + ", ".join(
    sorted(TRANSFORMERS)
)


def _kind(estimator: Any) -> str:
    return type(estimator).__name__
