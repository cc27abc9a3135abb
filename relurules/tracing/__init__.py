"""Front doors: a model as the user has it -> Graph, and -> the function that its own framework
computes in float64.

A new front-end is one file here and one row in `_FRONTENDS`. Only the door that is needed loads its
framework.
"""

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.domain import Domain
from relurules.domain.encoding import encode_table
from relurules.errors import CheckError, ModelError
from relurules.ir import Graph, Scorer
from relurules.ir.local_tree import LocalTree
from relurules.ir.network import AFFINE_ARRAYS
from relurules.links.heads import bound_link_error, name_scores
from relurules.tables.table import read_column_names
from relurules.tracing.class_names import name_classes
from relurules.tracing.framework_check import draw_domain_rows, find_framework_function
from relurules.tracing.input_shapes import InputShape, check_input_shape
from relurules.tracing.pickle_file import PICKLE_SUFFIXES, load_pickled
from relurules.tracing.probe_rows import make_probe_rows
from relurules.tracing.rules_model import make_rules_graph

Array = NDArray[np.float64]
Reference = Callable[[Any], Array]

#: Does this row know the model? -> module of this package with a `trace(model, input_shape)` like
#: the one below.
_FRONTENDS: tuple[tuple[Callable[[Any], bool], str], ...] = (
    (lambda model: _is_a(model, "torch.nn.modules.module.Module"), "torch.front_end"),
    (
        lambda model: _is_a(model, "torch.export.exported_program.ExportedProgram"),
        "torch.front_end",
    ),
    (
        lambda model: isinstance(model, str | Path) and Path(model).suffix == ".pt2",
        "pt2.front_end",
    ),
    (
        lambda model: isinstance(model, str | Path) and Path(model).suffix == ".onnx",
        "onnx.front_end",
    ),
    (
        lambda model: isinstance(model, str | Path) and Path(model).suffix == ".json",
        "model_json",
    ),
    (lambda model: _is_a(model, "onnx.onnx_ml_pb2.ModelProto"), "onnx.front_end"),
    (lambda model: _is_a(model, "sklearn.base.BaseEstimator"), "sklearn.front_end"),
    (lambda model: isinstance(model, tuple), "sklearn.front_end"),
)

SUPPORTED = (
    "torch.nn.Module, torch.export.ExportedProgram, path of a .pt2 file, onnx.ModelProto, path of "
    "a .onnx file or of a model.json file, fitted scikit-learn networks, linear models, pipelines "
    "and wrappers of them, ReLURulesClassifier, ReLURulesRegressor, skorch net, relurules Graph, "
    "RuleSet or AdditiveRules"
)

#: How far a traced network may differ from the model that it came from.
_TOLERANCE = 1e-9


def trace(
    model: Any,
    input_shape: InputShape | None = None,
    labels: Sequence[Any] | None = None,
    positive: Any = None,
) -> tuple[Graph, Reference]:
    """Model -> Graph, and the model's own function, (N, d) -> (N, m) in float64, run by its own
    framework.

    Where the graph's columns aren't its inputs, the function takes the user's table too.

    input_shape: shape of one row where the model doesn't tell, such as (1, 8, 8), or a list of one
    for each input. labels, positive: see `class_names.name_classes`. The traced
    network is evaluated beside the model on a few rows before it is returned. Raises ModelError for
    what can't be traced, naming the operator and its place, and CheckError should the two disagree.
    """
    if isinstance(model, Scorer):
        model = make_rules_graph(model)
    if isinstance(model, Graph):
        return name_classes(model, labels, positive), _make_graph_function(model)

    check_input_shape(input_shape)
    graph, reference = _load_frontend(model).trace(model, input_shape)
    _check_finite(graph)
    _check_against_model(graph, reference, *make_probe_rows(graph))
    return name_classes(graph, labels, positive), reference


def check_by_framework(
    model: Any, graph: Graph, domain: Domain | None = None, input_shape: InputShape | None = None
) -> str:
    """Have the model's own framework compute random rows of a domain, and say how far the traced
    network is from it.

    graph: as `trace` gave it, without names for classes. A .pt2 file is computed by torch, which
    `trace` may not have needed. CheckError where they differ by more than rounding.
    """
    if isinstance(model, Graph | Scorer):
        return "the model is rules or a traced network, which has no framework"
    function = find_framework_function(model, _load_frontend(model).trace(model, input_shape)[1])
    X, given = draw_domain_rows(graph, domain)
    off = _check_against_model(graph, function, X, given)
    return (
        f"{len(X)} random rows, computed by the model's own framework: the traced network differs "
        f"by at most {off:.1e}"
    )


def _make_graph_function(graph: Graph) -> Reference:
    """A graph's own function of rows in coordinates, or of a frame with its columns."""

    def evaluate(table: Any) -> Array:
        named = read_column_names(table) is not None
        return graph.evaluate(encode_table(table, graph.columns) if named else table)

    return evaluate


def _load_frontend(model: Any) -> Any:
    for knows, module in _FRONTENDS:
        if knows(model):
            try:
                return import_module(f"relurules.tracing.{module}")
            except ModuleNotFoundError as error:
                raise ModelError(
                    f"{error.name} isn't installed, and this model needs it: pip install "
                    f"{error.name}"
                ) from error

    if isinstance(model, str | Path) and Path(model).suffix in PICKLE_SUFFIXES:
        load_pickled(Path(model), trusted=False)
    if isinstance(model, str | Path):
        raise ModelError(
            f"{model}: files of type {Path(model).suffix!r} can't be read; supported: {SUPPORTED}"
        )

    raise ModelError(
        f"a model of type {type(model).__name__} can't be traced; supported: {SUPPORTED}"
    )


def _is_a(model: Any, qualified: str) -> bool:
    """An isinstance check by name, so that asking doesn't load the framework."""
    return any(
        f"{base.__module__}.{base.__qualname__}" == qualified for base in type(model).__mro__
    )


def _check_finite(graph: Graph) -> None:
    network = graph.network
    if isinstance(network, LocalTree):
        if not all(np.isfinite(part).all() for part in (*network.maps, network.tree.offsets)):
            raise ModelError("the tree has numbers that aren't finite, so it has no rules")
        return
    scores = name_scores(graph.outputs, graph.heads, len(network.c), graph.features)
    for name in ("slope", *AFFINE_ARRAYS):
        array = getattr(network, name)
        bad = np.flatnonzero(~np.isfinite(array).all(axis=tuple(range(1, array.ndim))))
        if len(bad):
            where = scores[bad[0]] if name in "CUc" else network.neurons[bad[0]]
            what = "slope" if name == "slope" else "weights"
            raise ModelError(
                f"{where} has {what} that aren't finite, so the network has no rules; look at its "
                "layer"
            )


def _check_against_model(graph: Graph, function: Reference, X: Array, given: Any) -> float:
    """The largest difference on rows in coordinates, which the model takes as `given`."""
    expected, found = function(given), graph.evaluate(X)
    terms = graph.network.magnitude(X) + np.finfo(float).tiny
    allowed = bound_link_error(
        graph.heads, graph.network.evaluate(X), _TOLERANCE * terms, _TOLERANCE
    )

    with np.errstate(all="ignore"):
        difference = np.where(found == expected, 0.0, np.abs(found - expected))
        off = np.where(difference == 0.0, 0.0, difference / allowed)

    if not (off <= 1.0).all():
        raise CheckError(
            f"the traced network differs from the model by {_TOLERANCE * np.nanmax(off):.1e} of "
            f"the sum of its absolute terms (tolerance {_TOLERANCE:.0e}), so it can't be trusted; "
            "does the model compute in lower precision inside?"
        )
    return float(np.max(difference, initial=0.0))
