"""The numbers of a model as plain JSON values, for a proof to start from: what its file holds,
layer by layer.

Where the layers are known one by one they are told as they are stored, so that nothing is
multiplied in floating point before the proof multiplies it exactly: torch.nn.Sequential of linear
layers and PReLUs, scikit-learn MLPs behind StandardScaler, MinMaxScaler, MaxAbsScaler and
RobustScaler. Everything else is told in the canonical form, which holds the stored numbers
themselves where linear layers and activations alternate; `read` says which it is. `named` says
whether columns and outputs have names of the model's own.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.checker import MODEL_FORMAT, MODEL_VERSION, STORED, TRACED
from relurules.domain import Domain
from relurules.domain.columns import is_plain
from relurules.domain.domain_json import domain_to_json
from relurules.ir import Graph
from relurules.ir.local_tree import require_network
from relurules.links.heads import is_identity
from relurules.tables.names import make_default_names

Array = NDArray[np.float64]
Layer = dict[str, Any]

#: Rows on which layers must give what the traced network gives, and to which share of its terms.
_PROBES, _RELATIVE_TOLERANCE = 16, 1e-9


def read_exact_weights(model: Any, graph: Graph) -> dict[str, Any]:
    """The model's numbers, in JSON values; graph: what it was traced to."""
    require_network(graph.network, "a proof, or a file of weights,")
    layers, read = _read_layers(model, graph), STORED
    if layers is None:
        arrays = {name: array.tolist() for name, array in graph.network.arrays.items()}
        layers, read = (
            [{"kind": "canonical", **arrays}],
            STORED if _is_alternating(graph) else TRACED,
        )

    heads = [
        {"link": h.link, "scores": list(h.scores), "component": h.component} for h in graph.heads
    ]
    columns = (
        {}
        if is_plain(graph.columns)
        else {"columns": domain_to_json(Domain.over(graph.columns))["columns"]}
    )

    own = graph.labels
    labels = {} if own is None else {"labels": {**asdict(own), "values": list(own.values)}}

    return {
        "format": MODEL_FORMAT,
        "version": MODEL_VERSION,
        "read": read,
        "named": {"columns": graph.named, "outputs": _has_named_outputs(graph)},
        "features": list(graph.features),
        "outputs": list(graph.outputs),
        **labels,
        **({} if is_identity(graph.heads, len(graph.network.c)) else {"heads": heads}),
        **columns,
        "layers": layers,
    }


def format_model_json(graph: Graph) -> str:
    """The text of a model.json file: a traced network with its names, links and categories."""
    return json.dumps(read_exact_weights(graph, graph), ensure_ascii=False, allow_nan=False) + "\n"


def _has_named_outputs(graph: Graph) -> bool:
    """Whether the model itself knows its outputs' names."""
    default = ("y",) if len(graph.outputs) == 1 else make_default_names(len(graph.outputs), "y")
    return graph.outputs != default


def _read_layers(model: Any, graph: Graph) -> list[Layer] | None:
    """The layers as they are stored, None where they aren't known or don't give what the traced
    network gives.
    """
    kind = type(model).__name__
    if kind == "Sequential" and type(model).__module__.startswith("torch."):
        layers = _read_torch_layers(model)
    elif kind in ("Pipeline", "MLPClassifier", "MLPRegressor") and is_plain(graph.columns):
        layers = _read_sklearn_layers(model)
    else:
        return None

    if layers is None:
        return None

    X = np.random.default_rng(0).normal(size=(_PROBES, len(graph.features))) * 10.0
    off = np.abs(_run_layers(layers, X) - graph.network.evaluate(X))
    return layers if bool((off <= _RELATIVE_TOLERANCE * graph.network.magnitude(X)).all()) else None


def _run_layers(layers: Sequence[Layer], X: Array) -> Array:
    """What the layers give, in float64."""
    for layer in layers:
        if layer["kind"] == "affine":
            X = X @ np.array(layer["weights"], dtype=np.float64).T + np.array(layer["constants"])
        elif layer["kind"] == "prelu":
            X = np.where(X >= 0, X, np.array(layer["slopes"]) * X)
        else:
            minus, over, times, plus = (
                np.array(layer.get(name, 1.0 if name in ("over", "times") else 0.0))
                for name in ("minus", "over", "times", "plus")
            )
            X = (X - minus) / over * times + plus

    return X


def _make_affine_layer(weights: Any, constants: Any) -> Layer:
    W = np.asarray(weights, dtype=np.float64)
    b = np.zeros(len(W)) if constants is None else np.asarray(constants, dtype=np.float64)
    return {"kind": "affine", "weights": W.tolist(), "constants": b.tolist()}


def _read_torch_layers(model: Any) -> list[Layer] | None:
    layers: list[Layer] = []
    modules, width = list(model), 0
    for i, module in enumerate(modules):
        kind = type(module).__name__
        if kind == "Linear":
            bias = None if module.bias is None else module.bias.detach().double().cpu().numpy()
            layers.append(_make_affine_layer(module.weight.detach().double().cpu().numpy(), bias))
            width = len(module.weight)
        elif kind in _SLOPES and width:
            slopes = np.broadcast_to(np.asarray(_SLOPES[kind](module), dtype=np.float64), (width,))
            layers.append({"kind": "prelu", "slopes": slopes.tolist()})
        elif kind not in ("Identity", "Dropout") and not (kind in _LINKS and i == len(modules) - 1):
            return None

    return layers if width else None


_SLOPES: Mapping[str, Callable[[Any], Any]] = {
    "ReLU": lambda _: 0.0,
    "LeakyReLU": lambda module: module.negative_slope,
    "PReLU": lambda module: module.weight.detach().double().cpu().numpy(),
}
_LINKS = ("Sigmoid", "Softmax", "LogSoftmax", "Softplus", "Tanh")


def _read_sklearn_layers(model: Any) -> list[Layer] | None:
    *steps, mlp = (
        [step for _, step in model.steps] if type(model).__name__ == "Pipeline" else [model]
    )
    layers = []

    for step in steps:
        if step in (None, "passthrough"):
            continue
        if type(step).__name__ not in _SCALERS:
            return None
        told = _SCALERS[type(step).__name__](step)
        layers.append(
            {
                "kind": "scale",
                **{k: np.asarray(v).tolist() for k, v in told.items() if v is not None},
            }
        )

    if type(mlp).__name__ not in ("MLPClassifier", "MLPRegressor") or mlp.activation not in (
        "relu",
        "identity",
    ):
        return None

    for i, (weights, constants) in enumerate(zip(mlp.coefs_, mlp.intercepts_, strict=True)):
        if i and mlp.activation == "relu":
            layers.append({"kind": "prelu", "slopes": [0.0] * len(weights)})
        layers.append(_make_affine_layer(np.asarray(weights).T, constants))

    return layers


#: What a fitted scaler holds: (x - minus) / over * times + plus.
_SCALERS: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    "StandardScaler": lambda s: {"minus": s.mean_ if s.with_mean else None, "over": s.scale_},
    "MinMaxScaler": lambda s: {"times": s.scale_, "plus": s.min_},
    "MaxAbsScaler": lambda s: {"over": s.scale_},
    "RobustScaler": lambda s: {
        "minus": s.center_ if s.with_centering else None,
        "over": s.scale_ if s.with_scaling else None,
    },
}


def _is_alternating(graph: Graph) -> bool:
    """Whether linear layers and activations alternate: then no two of them were multiplied by one
    another.
    """
    last = ""
    if graph.identities or any(degree > 1 for _, degree in graph.layers.out_degree):
        return False

    for _, said in graph.layers.nodes(data=True):
        kind = _KINDS.get(said["operator"].removeprefix("aten::"), "other")
        if kind == "linear" == last or kind == "other":
            return False
        last = last if kind == "constant" else kind

    return len(graph.layers) > 0


#: Operators of torch and ONNX between which weights stay what they are in the file.
_KINDS: Mapping[str, str] = {
    "input": "input", "linear": "linear", "Gemm": "linear", "MatMul": "linear", "Add": "constant",
    "relu": "kink", "Relu": "kink", "prelu": "kink", "PRelu": "kink", "leaky_relu": "kink",
    "LeakyRelu": "kink", "sigmoid": "end", "Sigmoid": "end", "softmax": "end", "Softmax": "end",
    "log_softmax": "end", "LogSoftmax": "end", "softplus": "end", "Softplus": "end",
    "tanh": "end", "Tanh": "end",
}  # fmt: skip
