"""ONNX files and models -> Graph, by evaluating the nodes in order on affine tensors.

Weights are exact rational numbers whatever their type; they are read into float64, and so is the
model that the result is compared with: onnx's own reference, mended where it is wrong
(`onnx_reference.py`).
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import networkx
import numpy as np
from numpy.typing import NDArray

from relurules.domain.columns import name_coordinates
from relurules.errors import ModelError, summarise_error
from relurules.ir import Graph
from relurules.ir.class_labels import find_class_test, make_labels
from relurules.tables.names import make_default_names
from relurules.tracing.affine import AffineTensor, Basis, join_spans
from relurules.tracing.column_layout import lay_out_inputs
from relurules.tracing.heads import LinkedTensor, collect_scores
from relurules.tracing.input_columns import InputColumns
from relurules.tracing.input_rows import ModelRows
from relurules.tracing.input_shapes import InputShape
from relurules.tracing.neuron_count import refuse_large_network
from relurules.tracing.onnx.call import (
    CodeTensor,
    Continuous,
    LabelLookup,
    OperatorCall,
    OperatorRule,
    Value,
)
from relurules.tracing.onnx.classifiers import AFTER_LINK, LINEAR_CLASSIFIER, REFUSED
from relurules.tracing.onnx.code_moves import reads_codes, trace_codes
from relurules.tracing.onnx.codes import CODE_RULES
from relurules.tracing.onnx.file import load_model
from relurules.tracing.onnx.graph import OnnxProgram, find_needed_nodes, read_program
from relurules.tracing.onnx.heads import (
    HEADS,
    pair_opposite_heads,
    separate_labels,
    trace_after_link,
    trace_link,
)
from relurules.tracing.onnx.inputs import (
    bind_inputs,
    convert_output,
    list_input_kinds,
    list_outputs,
    name_features,
    read_batch_size,
)
from relurules.tracing.onnx.nodes import Constant, Operator, check_size, run_constant, widen_inputs
from relurules.tracing.onnx.operators import AFFINE, ON_CONSTANTS
from relurules.tracing.onnx.piecewise import PIECEWISE, trace_switch
from relurules.tracing.onnx.run import make_reference
from relurules.tracing.switches import Switch

Array = NDArray[np.float64]

_TABLE: Mapping[str, OperatorRule] = {**AFFINE, **PIECEWISE}
_KNOWN = frozenset(
    {*_TABLE, *ON_CONSTANTS, *HEADS, *CODE_RULES, *AFTER_LINK, LINEAR_CLASSIFIER}
    | {"ai.onnx.ml.ZipMap"}
)
_AFFINE_OR_PIECEWISE = ", ".join(sorted(_TABLE))
SUPPORTED = (
    f"affine and continuous piecewise linear operators ({_AFFINE_OR_PIECEWISE}); at the "
    f"model's end {', '.join(HEADS)}"
)


def trace(model: Any, input_shape: InputShape | None) -> tuple[Graph, Callable[[Array], Array]]:
    """Graph of an ONNX model (path or ModelProto), and the model itself as a float64 function (N,
    d) -> (N, m).

    A classifier's label is left out where its probabilities are an output too; these are then named
    by class.
    """
    read = _fold_constants(read_program(*load_model(model), input_shape))
    kinds = list_input_kinds(read)
    refuse_large_network(lambda make: _evaluate(read, _make_columns(read, make)))
    inputs = _make_columns(read, Basis)
    given, layers = _evaluate(read, inputs)
    outputs, ends, classes = separate_labels(read.outputs, given, read.where)
    scores, heads = collect_scores(
        [convert_output(read, name, value) for name, value in zip(outputs, ends, strict=True)]
    )
    columns, network = lay_out_inputs(inputs, inputs.basis.network(scores))
    count = len(heads or network.c)
    names = ("y",) if count == 1 else make_default_names(count, "y")

    labels = None
    if classes is not None and len(set(map(str, classes))) == count:
        names = tuple(map(str, classes))
        network, heads = pair_opposite_heads(network, heads)
        test = find_class_test(heads, len(network.c))
        labels = make_labels(classes) if test is not None and test.count == count > 1 else None

    operators = tuple(read.operators[i] for i in find_needed_nodes(read.operators, outputs))
    kept = replace(read, outputs=tuple(outputs), operators=operators)
    graph = Graph(
        name_coordinates(columns),
        names,
        network,
        layers,
        inputs.basis.identities,
        heads,
        columns,
        batch=read_batch_size(read),
        labels=labels,
    )

    return graph, make_reference(kept, ModelRows.of_graph(graph, kinds))


def _make_columns(read: OnnxProgram, make_basis: Callable[[int], Basis]) -> InputColumns:
    kinds = list_input_kinds(read)
    return InputColumns(make_basis(len(kinds)), name_features(read), kinds)


def _evaluate(
    read: OnnxProgram, inputs: InputColumns
) -> tuple[list[Continuous], "networkx.DiGraph[str]"]:
    """What the model's outputs are of its inputs, and the graph of its layers."""
    layers: networkx.DiGraph[str] = networkx.DiGraph()
    values: dict[str, Value] = {**read.constants, **bind_inputs(read, inputs.basis, layers)}
    origins: dict[str, Operator] = {}

    for op in read.operators:
        results = _apply_operator(
            op, [values[name] if name else None for name in op.inputs], inputs, origins
        )
        values.update(
            {
                name: value
                for name, value in zip(op.outputs, results, strict=False)
                if value is not None
            }
        )
        _record_layer(op, values, layers)

    return list_outputs(read, values), layers


def _fold_constants(read: OnnxProgram) -> OnnxProgram:
    """Compute what depends on constants alone; the operators that are left depend on the input, or
    on its shape.
    """
    constants, left = dict(read.constants), []
    for op in read.operators:
        if op.name not in _KNOWN:
            why = REFUSED.get(op.name)
            raise ModelError(f"{op.place}: {why or f'{_UNKNOWN}. {_HELP}'}")
        if all(not name or name in constants for name in op.inputs):
            results = run_constant(op, [constants.get(name) for name in op.inputs])
            constants.update(
                {
                    n: value
                    for n, value in zip(op.outputs, results, strict=False)
                    if value is not None
                }
            )
        else:
            left.append(op)

    return replace(read, constants=constants, operators=tuple(left))


def _apply_operator(
    op: Operator,
    values: Sequence[Value | None],
    inputs: InputColumns,
    origins: dict[str, Operator],
) -> Sequence[Value | None]:
    """One operator on values of which some depend on the input, or only on its shape.

    origins: the links met so far, by what came of them.
    """
    constants = [value for value in values if value is None or isinstance(value, Constant)]
    if len(constants) == len(values):
        return run_constant(op, constants)

    layer = _clean_layer_name(op.node.name or op.outputs[0])
    call = OperatorCall(op, values, inputs.basis, layer)
    if reads_codes(call, inputs):
        return trace_codes(
            call, inputs, lambda plain: _apply_operator(op, plain.values, inputs, origins)
        )

    linked = [
        name
        for name, value in zip(op.inputs, values, strict=True)
        if isinstance(value, LinkedTensor | LabelLookup)
    ]

    if linked or op.name in (*HEADS, LINEAR_CLASSIFIER):
        origin = origins[linked[0]] if linked else op
        origins.update(dict.fromkeys(op.outputs, origin))
        return trace_after_link(call, origin) if linked else trace_link(call)

    if any(isinstance(value, Switch) for value in values):
        return trace_switch(call)
    return _trace_operator(call)


def _trace_operator(call: OperatorCall) -> Sequence[Value | None]:
    """An operator of the tables, on values of which one is affine."""
    op, values = call.op, call.values
    variable = [i for i, value in enumerate(values) if isinstance(value, AffineTensor)]
    roles = _TABLE.get(op.name)
    if roles is None:
        why = REFUSED.get(op.name)
        raise ModelError(f"{op.place}: {why or f'{_UNKNOWN}. {_HELP}'}")

    if wrong := [i for i in variable if roles.data is not None and i not in roles.data]:
        raise ModelError(
            f"{op.place}: its input {wrong[0]} ({op.inputs[wrong[0]]!r}) depends on the input; "
            f"there it must be a constant. {_HELP}"
        )

    arrays = widen_inputs(
        op,
        [v.constant if isinstance(v, AffineTensor) else _constant_or_none(v) for v in values],
    )
    check_size(op, arrays, 1 + len(join_spans(values)))

    try:
        results = roles.rule(call)
    except ModelError as error:
        raise error if op.place in str(error) else ModelError(f"{op.place}: {error}") from error
    except (RuntimeError, IndexError, TypeError, ValueError) as error:
        shapes = [None if array is None else list(array.shape) for array in arrays]
        raise ModelError(
            f"{op.place}: can't be computed on inputs of shapes {shapes}: {summarise_error(error)}"
        ) from error

    for result in results:
        if isinstance(result, AffineTensor) and not bool(
            np.isfinite(result.constant).all() and np.isfinite(result.columns).all()
        ):
            raise ModelError(
                f"{op.place}: gives values that aren't finite, so the network has no rules"
            )

    return results


def _constant_or_none(value: Value | None) -> Constant | None:
    return value if isinstance(value, Constant) else None


def _clean_layer_name(name: str) -> str:
    """A name from a file as a layer's name: it may reach comments of emitted code."""
    return re.sub(r"[^\w./:-]", "_", name, flags=re.ASCII)[:80]


def _record_layer(
    op: Operator, values: Mapping[str, Value], layers: "networkx.DiGraph[str]"
) -> None:
    for name in op.outputs:
        value = values.get(name)
        if isinstance(value, AffineTensor | LinkedTensor | CodeTensor):
            layers.add_node(
                name, operator=op.name, module=op.node.name, size=math.prod(value.shape)
            )
            layers.add_edges_from((source, name) for source in op.inputs if source in layers)


_HELP = f"Supported: {SUPPORTED}"
_UNKNOWN = "the operator is neither known to be affine nor piecewise linear"

__all__ = ["SUPPORTED", "Constant", "trace"]
