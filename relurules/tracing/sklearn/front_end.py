"""Fitted scikit-learn MLP or skorch net, alone or at the end of a Pipeline -> Graph in the table's
own columns.

Preprocessing is read by `sklearn_columns`: what is affine goes into the network's first layer,
categories become indicators, imputed values become what a missing one counts as.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import networkx
import numpy as np
from numpy.typing import NDArray

from relurules.domain.columns import (
    Column,
    check_texts,
    decode_rows,
    list_derived_columns,
    list_table_columns,
    make_number_columns,
    name_coordinates,
)
from relurules.errors import DataError, ModelError
from relurules.ir import ClassLabels, Graph, Network, Neuron
from relurules.ir.class_labels import make_labels
from relurules.ir.local_tree import LocalTree
from relurules.ir.network import AffineMap, validate_rows
from relurules.links.heads import Head, make_identity_heads
from relurules.links.table import LINKS
from relurules.tables.names import make_default_names
from relurules.tables.table import DataColumn, read_column_names, read_table
from relurules.tracing.missing_marks import check_marks, is_object_column
from relurules.tracing.sklearn.columns import SUPPORTED as STEPS
from relurules.tracing.sklearn.columns import apply_step
from relurules.tracing.sklearn.forms import RawColumn, find_marks
from relurules.tracing.sklearn.hinges import lay_out_features, prepend_preprocessing

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class LastEstimator:
    """What the last estimator is: a network of the pipeline's features, and what it does to its
    scores.
    """

    #: Of the features.
    network: Network
    #: Of its scores.
    heads: tuple[Head, ...]
    #: Their names.
    outputs: tuple[str, ...]
    #: (operator, size) of each.
    layers: Sequence[tuple[str, int]]
    #: Activation units left out of `network`, see `Graph`.
    identities: int = 0
    #: What the estimator computes of features (N, n), where its own framework's prediction isn't in
    #: float64; None: the pipeline's own predict_proba or predict.
    run: Callable[[Array], Array] | None = None
    #: What a classifier calls its classes.
    labels: ClassLabels | None = None
    #: Whether it is lines that were fitted to its rows, and no network that was trained.
    fitted: bool = False


def trace(model: Any, input_shape: Sequence[int] | None) -> tuple[Graph, Callable[[Any], Array]]:
    """Graph of the estimator in the columns of its table, and its own predictions of a table or of
    coordinates.

    A classifier's outputs are its `predict_proba`, called p_<class>; a regressor's its `predict`.
    """
    del input_shape  # the fitted estimator tells
    target, inner = (
        (model.transformer_, model.regressor_)
        if _class_name(model) == TARGET and _check_fitted(model)
        else (None, model)
    )
    steps, estimator = _split_pipeline(inner)

    if _class_name(estimator) == TARGET and _check_fitted(estimator):
        target, (further, estimator) = estimator.transformer_, _split_pipeline(estimator.regressor_)
        steps = [*steps, *further]

    ending = _read_last_estimator(estimator)
    source: Any = steps[0][1] if steps else estimator
    count: Any = getattr(source, "n_features_in_", ending.network.A.shape[1])
    d = int(count)
    named = getattr(source, "feature_names_in_", None)
    names = make_default_names(d) if named is None else tuple(map(str, named))
    columns = make_number_columns(names)
    before: AffineMap | Network = AffineMap(np.eye(d), np.zeros(d))
    check_texts(columns)
    marks: dict[str, str] = {}

    if steps:
        signals: list[Any] = [RawColumn(j) for j in range(d)]
        for name, step in steps:
            signals = apply_step(name, step, signals)
        columns, before = lay_out_features(signals, names)
        marks = find_marks(signals, names)

    _check_names(columns, named is None)
    network, heads = _undo_target_transform(
        prepend_preprocessing(before, ending.network), ending.heads, target
    )
    layers = _build_layers(
        [(f"{name}: {_class_name(step)}", _class_name(step), 0) for name, step in steps],
        ending.layers,
    )
    graph = Graph(
        name_coordinates(columns),
        ending.outputs,
        network,
        layers,
        ending.identities,
        heads,
        columns,
        labels=ending.labels,
        marks=marks,
        fitted=ending.fitted,
    )

    return graph, _make_predictor(model, ending, graph, names, named is None)


def _check_names(columns: Sequence[Column], positional: bool) -> None:
    """ModelError for derived columns of a model that was fitted to an array: nothing would tell
    rows of its columns from rows of what is derived of them.
    """
    derived = list_derived_columns(columns)
    if derived and positional:
        raise ModelError(
            f"the pipeline derives columns ({derived[0].name!r}) of an array; supported: pipelines "
            "that were fitted to a frame, whose columns have names"
        )


def _make_predictor(
    model: Any,
    ending: LastEstimator,
    graph: Graph,
    names: Sequence[str],
    positional: bool,
) -> Callable[[Any], Array]:
    """The model's own predictions of a table with its columns, or of rows in coordinates (N, d)."""

    def predict(table: Any) -> Array:
        check_marks(graph, table)
        rows = _rebuild_raw_rows(table, graph, names, positional)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if ending.run is not None:
                return ending.run(
                    np.asarray(
                        model[:-1].transform(rows) if _class_name(model) == "Pipeline" else rows
                    )
                )
            given = (
                model.predict_proba(rows)
                if hasattr(model, "predict_proba")
                else model.predict(rows)
            )

        return np.asarray(given, dtype=np.float64).reshape(len(rows), -1)

    return predict


def _rebuild_raw_rows(table: Any, graph: Graph, names: Sequence[str], positional: bool) -> Any:
    import pandas

    columns = graph.columns
    given = read_column_names(table)
    if given is None:
        if derived := list_derived_columns(columns):
            raise DataError(
                f"rows in coordinates don't tell what {derived[0].name!r} is made of; pass a frame "
                "with the pipeline's columns"
            )
        raw = decode_rows(validate_rows(table, sum(len(c.coordinates) for c in columns)), columns)
        found: Mapping[str, Any] = {
            # a list would become a column of texts, in which None is NaN
            name: _make_objects(values) if graph.marks.get(name) == "None" else values
            for name, values in raw.items()
        }
    else:
        read = set(list_table_columns(columns))
        wanted = [name for name in names if name in given or name in read]
        parts = read_table(table).select(wanted)
        found = {
            part.name: _as_pandas_column(part, graph.marks.get(part.name, "")) for part in parts
        }

    nothing = np.full(len(table), np.nan, dtype=object)  # in columns that count for nothing
    frame = pandas.DataFrame({name: found.get(name, nothing) for name in names})
    for name, column in list_table_columns(columns).items():
        if not column.categories:
            frame[name] = frame[name].astype(float)

    return frame.to_numpy() if positional else frame


def _make_objects(values: Sequence[Any]) -> Any:
    """A column of objects, in which None stays None."""
    import pandas

    return pandas.Series(values, dtype=object)


def _as_pandas_column(column: DataColumn, mark: str) -> Any:
    """A column for a pandas frame: of pandas as it is, of any other library its values. mark: what
    a missing value must be where its library knows but one.
    """
    if mark == "None" and not is_object_column(column.source):
        return _make_objects(column.entries)
    return column.source if hasattr(column.source, "iloc") else column.values


def _split_pipeline(model: Any) -> tuple[list[tuple[str, Any]], Any]:
    """The preprocessing steps of a Pipeline and its last estimator; none and the model itself where
    it is alone.
    """
    if _class_name(model) != "Pipeline":
        return [], model
    *steps, (_, estimator) = model.steps
    inner, last = _split_pipeline(estimator)
    return [*((n, step) for n, step in steps if step not in (None, "passthrough")), *inner], last


def _read_last_estimator(estimator: Any) -> LastEstimator:
    if hasattr(estimator, "module_"):
        from relurules.tracing.sklearn.skorch import read_skorch_net

        return read_skorch_net(estimator)

    if any(base.__name__ in RELURULES for base in type(estimator).__mro__):
        return _read_rule_estimator(estimator)
    if _class_name(estimator) not in ("MLPRegressor", "MLPClassifier"):
        raise ModelError(
            f"scikit-learn estimator {_class_name(estimator)} can't be traced; supported: "
            f"{SUPPORTED}"
        )

    if not hasattr(estimator, "coefs_"):
        raise ModelError(f"the {_class_name(estimator)} isn't fitted; call fit first")
    if estimator.activation not in ("relu", "identity"):
        raise ModelError(
            f"{_class_name(estimator)}'s activation {estimator.activation!r} isn't piecewise "
            f"linear; supported: {SUPPORTED}"
        )

    identities = (
        0 if estimator.activation == "relu" else sum(len(b) for b in estimator.intercepts_[:-1])
    )
    heads, outputs = _read_outputs(estimator)
    if unknown := [head.link for head in heads if head.link not in LINKS]:
        raise ModelError(
            f"{_class_name(estimator)}'s output activation {unknown[0]!r} can't be traced; "
            f"supported: {SUPPORTED}"
        )

    return LastEstimator(
        network=_build_network(estimator, "mlp"),
        heads=heads,
        outputs=outputs,
        layers=[("linear", len(b)) for b in estimator.intercepts_],
        identities=identities,
        labels=_read_labels(estimator, heads),
    )


def _read_labels(mlp: Any, heads: Sequence[Head]) -> ClassLabels | None:
    """The classes of a classifier; none where several may hold together (multilabel)."""
    several = len(heads) > 1 and all(head.link == "sigmoid" for head in heads)
    if _class_name(mlp) == "MLPRegressor" or several or len(mlp.classes_) < 2:
        return None
    return make_labels(mlp.classes_)


def _read_rule_estimator(estimator: Any) -> LastEstimator:
    """An estimator of this package, which tells its network."""
    network, graph = getattr(estimator, "network_", None), getattr(estimator, "graph_", None)
    if not isinstance(network, Network) or not isinstance(graph, Graph):
        raise ModelError(f"the {_class_name(estimator)} isn't fitted; call fit first")
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
    )


def _read_outputs(mlp: Any) -> tuple[tuple[Head, ...], tuple[str, ...]]:
    """The link of an MLP and the names of its outputs."""
    m = int(mlp.n_outputs_)
    if _class_name(mlp) == "MLPRegressor":
        link = mlp.out_activation_  # identity, or exp after the Poisson loss
        return tuple(Head(link, (i,)) for i in range(m)), ("y",) if m == 1 else make_default_names(
            m, "y"
        )

    if len(mlp.classes_) < 2 and mlp.out_activation_ != "softmax":
        only = ", ".join(map(repr, mlp.classes_.tolist()))
        raise ModelError(
            f"the {_class_name(mlp)} was trained on one class alone ({only}), so there is nothing "
            "to decide; train it on rows of two or more classes"
        )

    names = tuple(f"p_{label}" for label in mlp.classes_)
    if len(set(names)) < len(names):
        raise ModelError(f"classes {list(mlp.classes_)!r} can't be told apart by name; rename one")
    return make_class_heads(
        "softmax" if mlp.out_activation_ == "softmax" else "sigmoid", m, len(names)
    ), names


def make_class_heads(link: str, scores: int, classes: int) -> tuple[Head, ...]:
    """Heads of classes: of two with one score, its complement and its sigmoid; else the link of the
    scores.
    """
    if (link, scores, classes) == ("sigmoid", 1, 2):
        return Head("complement", (0,)), Head("sigmoid", (0,))
    every = tuple(range(scores))
    return tuple(
        Head("softmax", every, i) if link == "softmax" else Head(link, (i,)) for i in every
    )


def _undo_target_transform(
    network: Network, heads: tuple[Head, ...], target: Any
) -> tuple[Network, tuple[Head, ...]]:
    """The predictions in the target's own units: what TransformedTargetRegressor does after its
    regressor.
    """
    if target is None:
        return network, heads
    if heads != make_identity_heads(len(network.c)):
        raise ModelError(
            f"{TARGET} around a regressor that ends with {heads[0].link} can't be traced; "
            "supported: none"
        )

    if _class_name(target) == "FunctionTransformer":
        name = getattr(target.inverse_func, "__name__", target.inverse_func)
        if name not in INVERSES:
            raise ModelError(
                f"{TARGET} turns its predictions back with {name}; supported: "
                f"{', '.join(map(str, INVERSES))}"
            )
        return network, tuple(head._replace(link=INVERSES[name]) for head in heads)

    (weights, constants), m = _invert_scaler(target, len(network.c)), len(network.c)
    if isinstance(network, LocalTree):
        return network.rescale(weights, constants), make_identity_heads(m)
    C, U, c = (
        weights[:, None] * network.C,
        weights[:, None] * network.U,
        weights * network.c + constants,
    )

    return Network(
        network.A, network.L, network.b, C, U, c, network.slope, network.neurons
    ), make_identity_heads(m)


def _invert_scaler(target: Any, m: int) -> tuple[Array, Array]:
    if _class_name(target) not in (
        "StandardScaler",
        "MinMaxScaler",
        "MaxAbsScaler",
        "RobustScaler",
    ):
        raise ModelError(
            f"{TARGET} with the transformer {_class_name(target)} can't be traced; supported: "
            "scalers"
        )

    constants = np.asarray(target.inverse_transform(np.zeros((1, m))), dtype=np.float64)[0]
    if _class_name(target) == "MinMaxScaler":
        return 1.0 / target.scale_, -target.min_ / target.scale_

    scale = np.ones(m) if target.scale_ is None else np.asarray(target.scale_, dtype=np.float64)
    return scale, constants


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
    neurons = tuple(
        Neuron(f"{layer}.{i}", unit) for i, size in enumerate(sizes) for unit in range(size)
    )
    return Network(
        A,
        L,
        np.concatenate([*constants[:-1], np.empty(0)]),
        C,
        U,
        constants[-1],
        np.zeros(K),
        neurons,
    )


def _build_layers(
    steps: Sequence[tuple[str, str, int]], after: Sequence[tuple[str, int]]
) -> "networkx.DiGraph[str]":
    layers: networkx.DiGraph[str] = networkx.DiGraph()
    rows = [
        ("input", "input", 0),
        *steps,
        *((f"layer {i}", kind, size) for i, (kind, size) in enumerate(after)),
    ]

    for name, kind, size in rows:
        layers.add_node(
            name, operator=kind, module=name.partition(":")[0] if ":" in name else "", size=size
        )

    layers.add_edges_from(pairwise(name for name, _, _ in rows))
    return layers


def _check_fitted(model: Any) -> bool:
    if not hasattr(model, "regressor_"):
        raise ModelError(f"the {TARGET} isn't fitted; call fit first")
    return True


def _class_name(estimator: Any) -> str:
    return type(estimator).__name__


TARGET = "TransformedTargetRegressor"

#: Estimators of this package, which are known by name: `relurules.estimators` stands above the
#: tracer.
RELURULES = ("ReLURulesClassifier", "ReLURulesRegressor")

#: Function that turns predictions back into the target's units -> the link that it is.
INVERSES: Mapping[str | None, str] = {"expm1": "expm1", "exp": "exp", None: "identity"}

SUPPORTED = (
    "MLPClassifier and MLPRegressor with activation relu or identity, skorch nets, "
    f"{' and '.join(RELURULES)}, alone, in a {TARGET}, or at the end of a Pipeline of {STEPS}"
)
