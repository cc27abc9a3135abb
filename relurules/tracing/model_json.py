"""A model as its numbers in a JSON file, which `prove` and `Linearized.save` write -> Graph.

The file has names of columns and outputs, links and categories beside the weights, so rules of it
are those of the model that it was written from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.checker import MODEL_FORMAT, MODEL_VERSION, RefusedError, Unit, build_units
from relurules.domain.columns import make_number_columns, name_coordinates
from relurules.domain.domain_json import columns_from_json
from relurules.errors import InputError, ModelError
from relurules.files.writing import read_json
from relurules.ir import ClassLabels, Graph, Network, Neuron
from relurules.ir.class_labels import make_labels
from relurules.links.heads import Head
from relurules.tracing.network_size import NetworkSizeError, check_network_size

Array = NDArray[np.float64]

#: What a file's neurons stand in, as it has no names of layers.
_LAYER = "model.json"


def is_model_json(found: Any) -> bool:
    """Whether JSON values say that they are a model's numbers."""
    return isinstance(found, Mapping) and found.get("format") == MODEL_FORMAT


def trace(model: Any, input_shape: Sequence[int] | None = None) -> tuple[Graph, Any]:  # noqa: ARG001
    """The network of a model.json file, and its own function, (N, d) -> (N, m).

    input_shape: of no use, as the file tells its columns.

    Layers are multiplied exactly, and every number is rounded once. Raises ModelError for a file
    that isn't one.
    """
    path = Path(model)
    try:
        found = read_json(path)
    except InputError as error:
        raise ModelError(str(error)) from error
    if not is_model_json(found):
        raise ModelError(
            f"{path}: holds no model; expected {MODEL_FORMAT!r}, as `relurules prove` and "
            "`relurules linearize` write it (a rules file goes to commands that take rules)"
        )
    if found.get("version") != MODEL_VERSION:
        raise ModelError(
            f"{path}: version {found.get('version')!r} of the format; this release reads version "
            f"{MODEL_VERSION}"
        )

    try:
        graph = _build_graph(found)
    except NetworkSizeError:
        raise
    except (KeyError, IndexError, TypeError, ValueError, OverflowError, RefusedError) as error:
        raise ModelError(f"{path}: parts of the model don't fit together: {error}") from error
    return graph, graph.evaluate


def _build_graph(found: Mapping[str, Any]) -> Graph:
    neurons, scores = build_units(found)
    d, K = len(found["features"]), len(neurons)
    if any(unit.reads for unit in neurons):
        check_network_size(K, d, {_LAYER: K})
    A, L, b = _read_units(neurons, d, K)
    C, U, c = _read_units(scores, d, K)
    network = Network(
        A=A,
        L=L,
        b=b,
        C=C,
        U=U,
        c=c,
        slope=np.array([float(unit.slope) for unit in neurons]),
        neurons=tuple(Neuron(_LAYER, k) for k in range(K)),
    )

    features = tuple(str(name) for name in found["features"])
    columns = columns_from_json(found.get("columns", ())) or make_number_columns(features)
    if name_coordinates(columns) != features:
        raise ValueError("columns become other features than those listed")
    heads = tuple(
        Head(item["link"], tuple(item["scores"]), item["component"])
        for item in found.get("heads", ())
    )
    import networkx

    return Graph(
        features=features,
        outputs=tuple(found["outputs"]),
        network=network,
        layers=networkx.DiGraph(),
        heads=heads,
        columns=columns,
        labels=_read_labels(found.get("labels")),
    )


def _read_labels(found: Mapping[str, Any] | None) -> ClassLabels | None:
    """With the class that scores speak of, which turned scores are another one than the default."""
    if found is None:
        return None
    labels = make_labels(found["values"], threshold=found["threshold"])
    return replace(
        labels,
        positive=found.get("positive", labels.positive),
        origin=found.get("origin", labels.origin),
    )


def _read_units(units: Sequence[Unit], d: int, K: int) -> tuple[Array, Array, Array]:
    """Coefficients of the columns (n, d) and of the neurons (n, K), and constants (n,)."""
    inputs, reads = np.zeros((len(units), d)), np.zeros((len(units), K))
    for i, unit in enumerate(units):
        for j, value in unit.inputs.items():
            inputs[i, j] = float(value)
        for k, value in unit.reads.items():
            reads[i, k] = float(value)
    return inputs, reads, np.array([float(unit.constant) for unit in units])
