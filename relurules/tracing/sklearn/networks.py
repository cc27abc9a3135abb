"""Estimators that are networks: scikit-learn's own, and those of this package."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.errors import ModelError
from relurules.ir import ClassLabels, Graph, Network, Neuron
from relurules.ir.class_labels import make_labels
from relurules.ir.local_tree import LocalTree
from relurules.ir.network import close_array
from relurules.links.heads import Head
from relurules.links.table import LINKS
from relurules.tracing.large_zeros import make_large_zeros
from relurules.tracing.network_size import check_network_size
from relurules.tracing.sklearn.last_estimator import (
    LastEstimator,
    check_fitted,
    get_class_name,
    make_class_heads,
    name_class_outputs,
    name_numbers,
)

Array = NDArray[np.float64]


def read_perceptron(mlp: Any) -> LastEstimator:
    """MLPRegressor and MLPClassifier."""
    check_fitted(mlp, "coefs_")
    if mlp.activation not in ("relu", "identity"):
        raise ModelError(
            f"{get_class_name(mlp)}'s activation {mlp.activation!r} isn't piecewise linear; "
            "supported: relu, identity. Train it with one of them"
        )

    heads, outputs = _read_outputs(mlp)
    if unknown := [head.link for head in heads if head.link not in LINKS]:
        raise ModelError(
            f"{get_class_name(mlp)}'s output activation {unknown[0]!r} can't be traced; supported: "
            f"{', '.join(LINKS)}"
        )

    units = sum(len(b) for b in mlp.intercepts_[:-1])
    return LastEstimator(
        network=_build_network(mlp, "mlp"),
        heads=heads,
        outputs=outputs,
        layers=[("linear", len(b)) for b in mlp.intercepts_],
        identities=0 if mlp.activation == "relu" else units,
        labels=_read_labels(mlp, heads),
    )


def read_rule_estimator(estimator: Any) -> LastEstimator:
    """An estimator of this package, which tells its network."""
    network, graph = getattr(estimator, "network_", None), getattr(estimator, "graph_", None)
    if not isinstance(network, Network) or not isinstance(graph, Graph):
        raise ModelError(f"the {get_class_name(estimator)} isn't fitted; call fit first")
    if len(set(graph.outputs)) < len(graph.outputs):
        raise ModelError(
            f"classes {list(estimator.classes_)!r} can't be told apart by name; rename one"
        )

    layers = [("linear", len(level)) for level in (*network.levels, network.c)]
    if isinstance(network, LocalTree):
        layers = [("tree of linear models", len(network.maps.constants))]
    classes = getattr(estimator, "classes_", None)
    return LastEstimator(
        network=network,
        heads=graph.heads,
        outputs=graph.outputs,
        layers=layers,
        labels=None if classes is None else make_labels(classes),
        fitted=getattr(estimator, "_form", "partition") == "additive",
        decision=() if classes is None else tuple(range(len(network.c))),
    )


def _read_labels(mlp: Any, heads: Sequence[Head]) -> ClassLabels | None:
    """The classes of a classifier; none where several may hold together (multilabel)."""
    several = len(heads) > 1 and all(head.link == "sigmoid" for head in heads)
    if get_class_name(mlp) == "MLPRegressor" or several or len(mlp.classes_) < 2:
        return None
    return make_labels(mlp.classes_)


def _read_outputs(mlp: Any) -> tuple[tuple[Head, ...], tuple[str, ...]]:
    """The link of an MLP and the names of its outputs."""
    m = int(mlp.n_outputs_)
    if get_class_name(mlp) == "MLPRegressor":
        link = mlp.out_activation_  # identity, or exp after the Poisson loss
        return tuple(Head(link, (i,)) for i in range(m)), name_numbers(m)

    if len(mlp.classes_) < 2 and mlp.out_activation_ != "softmax":
        only = ", ".join(map(repr, mlp.classes_.tolist()))
        raise ModelError(
            f"the {get_class_name(mlp)} was trained on one class alone ({only}), so there is "
            "nothing to decide; train it on rows of two or more classes"
        )

    names = name_class_outputs(mlp.classes_)
    link = "softmax" if mlp.out_activation_ == "softmax" else "sigmoid"
    return make_class_heads(link, m, len(names)), names


def _build_network(mlp: Any, layer: str) -> Network:
    """The MLP's layers in canonical form."""
    weights = [np.asarray(w, dtype=np.float64).T for w in mlp.coefs_]
    constants = [np.asarray(b, dtype=np.float64) for b in mlp.intercepts_]
    if mlp.activation == "identity":
        while len(weights) > 1:
            constants[:2] = [constants[1] + weights[1] @ constants[0]]
            weights[:2] = [weights[1] @ weights[0]]

    sizes = [len(b) for b in constants[:-1]]
    K, d, m = sum(sizes), weights[0].shape[1], len(constants[-1])
    if len(sizes) > 1:
        check_network_size(K, d, {f"{layer}.{i}": size for i, size in enumerate(sizes)})
    A, L, U = np.zeros((K, d)), make_large_zeros(K, K), np.zeros((m, K))
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
    neurons = tuple(
        Neuron(f"{layer}.{i}", unit) for i, size in enumerate(sizes) for unit in range(size)
    )
    return Network(
        A,
        close_array(L),
        np.concatenate([*constants[:-1], np.empty(0)]),
        C,
        U,
        constants[-1],
        np.zeros(K),
        neurons,
    )
