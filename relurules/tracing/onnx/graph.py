"""ONNX ModelProto -> Program: its nodes in order, its constants, its inputs and outputs, every name
checked.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any, NamedTuple

import onnx.shape_inference
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto, numpy_helper

from relurules.errors import ModelError, summarise_error
from relurules.tracing.input_rows import InputKind
from relurules.tracing.input_shapes import InputShape, list_row_shapes
from relurules.tracing.network_size import LARGEST
from relurules.tracing.onnx.file import read_opsets
from relurules.tracing.onnx.nodes import Constant, Operator, make_constant, read_operator

#: Element types of inputs, and what a column of them holds.
_KINDS: Mapping[int, InputKind] = {
    TensorProto.FLOAT: "number",
    TensorProto.DOUBLE: "number",
    TensorProto.FLOAT16: "number",
    TensorProto.BFLOAT16: "number",
    TensorProto.INT32: "whole",
    TensorProto.INT64: "whole",
    TensorProto.STRING: "text",
}


class OnnxInput(NamedTuple):
    """One input of the model; shape: of one row, with a leading 1 where the first dimension is the
    batch.
    """

    name: str
    shape: tuple[int, ...]
    batched: bool
    kind: InputKind = "number"

    @property
    def size(self) -> int:
        """How many columns it takes."""
        return math.prod(self.shape)


@dataclass(frozen=True, kw_only=True)
class OnnxProgram:
    """What is left of a model once it is read: only nodes that an output needs."""

    #: The file, for messages.
    where: str
    #: In the model's order.
    inputs: tuple[OnnxInput, ...]
    #: Names in the graph.
    outputs: tuple[str, ...]
    #: Name -> value.
    constants: Mapping[str, Constant]
    #: In an order in which they can run.
    operators: tuple[Operator, ...]


def read_program(model: ModelProto, where: str, input_shape: InputShape | None) -> OnnxProgram:
    """Read a model without functions and external data.

    ModelError names what is wrong, and where.
    """
    graph, versions = model.graph, read_opsets(model, where)
    _check_unique(graph, where)
    if graph.sparse_initializer:
        raise ModelError(f"{where}: has sparse initialisers; supported: dense ones")

    constants = {
        tensor.name: make_constant(_read_array(tensor, where)) for tensor in graph.initializer
    }
    given = [value for value in graph.input if value.name not in constants]
    shapes = list_row_shapes(input_shape)
    if shapes is not None and len(given) != len(shapes):
        raise ModelError(
            f"{where}: has {len(given)} inputs, and input_shape= has {len(shapes)} shapes; give a "
            "list of one for each"
        )

    inputs = tuple(
        _read_input(value, where, shape)
        for value, shape in zip(given, shapes or repeat(None, len(given)), strict=True)
    )
    outputs = tuple(value.name for value in graph.output)
    if not outputs or not inputs:
        raise ModelError(
            f"{where}: has no {'input' if outputs else 'output'}; supported: one or more of each"
        )

    _check_order(graph, {*constants, *(value.name for value in given)}, where)
    _check_sizes(model, where)
    operators = tuple(
        read_operator(graph.node[number], number, versions, where)
        for number in find_needed_nodes(list(graph.node), outputs)
    )

    return OnnxProgram(
        where=where, inputs=inputs, outputs=outputs, constants=constants, operators=operators
    )


def _read_array(tensor: TensorProto, where: str) -> Any:
    shape = list(tensor.dims)
    place = f"{where}: initialiser {tensor.name!r} of shape {shape}"
    if any(size < 0 for size in shape):
        raise ModelError(f"{place} can't be read; supported: sizes of 0 and more")
    if math.prod(shape) > LARGEST:
        raise ModelError(f"{place} has {math.prod(shape)} numbers; supported: up to {LARGEST}")

    try:
        return numpy_helper.to_array(tensor)
    except Exception as error:
        raise ModelError(
            f"{place} can't be read ({summarise_error(error)}); is the file cut short?"
        ) from error


def _read_input(value: ValueInfoProto, where: str, input_shape: Sequence[int] | None) -> OnnxInput:
    kind = value.type.WhichOneof("value")
    tensor = value.type.tensor_type
    if kind != "tensor_type" or tensor.elem_type not in _KINDS:
        found = TensorProto.DataType.Name(tensor.elem_type) if kind == "tensor_type" else f"{kind}"
        raise ModelError(
            f"{where}: input {value.name!r} is of type {found}; supported: tensors of "
            f"{', '.join(map(TensorProto.DataType.Name, _KINDS))}"
        )

    fixed = [dim.dim_value if dim.HasField("dim_value") else None for dim in tensor.shape.dim]
    if 0 in fixed[1:]:
        raise ModelError(
            f"{where}: input {value.name!r} has the shape {_format_shape(fixed)}, which holds no "
            "number"
        )

    declared = [dim.dim_value if dim.dim_value > 0 else None for dim in tensor.shape.dim]
    if not tensor.HasField("shape"):
        declared = [None] * (0 if input_shape is None else 1 + len(input_shape))

    batched = not tensor.HasField("shape") or (bool(declared) and declared[0] is None)
    row = declared[1:] if batched else declared
    if input_shape is not None:
        if len(row) != len(input_shape) or any(
            a not in (None, b) for a, b in zip(row, input_shape, strict=True)
        ):
            raise ModelError(
                f"{where}: input {value.name!r} takes rows of shape {_format_shape(row)}, not "
                f"{tuple(input_shape)}"
            )
        row = [int(size) for size in input_shape]

    if not tensor.HasField("shape") and input_shape is None:
        raise ModelError(
            f"{where}: input {value.name!r} doesn't tell its shape; export it with one, or give "
            "that of a row in Python as input_shape="
        )

    if None in row:
        raise ModelError(
            f"{where}: input {value.name!r} has the shape {_format_shape(declared)}; supported: "
            "no dynamic dimension but the "
            "first. Export it so, or give the shape of a row in Python as input_shape="
        )

    return OnnxInput(
        value.name,
        tuple(size or 0 for size in ([1, *row] if batched else row)),
        batched,
        _KINDS[tensor.elem_type],
    )


def _check_sizes(model: ModelProto, where: str) -> None:
    """Refuse values that would be too large before anything is computed: a few nodes can ask for
    terabytes.

    Shapes that can't be told ahead are looked at node by node (`onnx_nodes.check_size`).
    """
    try:
        found = onnx.shape_inference.infer_shapes(model, data_prop=True).graph.value_info
    except Exception:  # sizes that don't fit are told better by the node that they don't fit
        return

    places = {name: (i, node) for i, node in enumerate(model.graph.node) for name in node.output}
    for value in found:
        sizes = [
            dim.dim_value if dim.HasField("dim_value") else 1
            for dim in value.type.tensor_type.shape.dim
        ]
        if math.prod(sizes) > LARGEST:
            number, node = places[value.name]
            raise ModelError(
                f"{where}: operator {node.op_type} in node {node.name or number!r}: its result of "
                f"shape {sizes} "
                f"is too large: {math.prod(sizes)} numbers; supported: up to {LARGEST}"
            )


def _format_shape(shape: Sequence[int | None]) -> str:
    return "(" + ", ".join("?" if size is None else str(size) for size in shape) + ")"


def _check_unique(graph: GraphProto, where: str) -> None:
    """Every name is given once; an initialiser may repeat the name of an input, whose default it
    then is.
    """
    names = [
        *(tensor.name for tensor in graph.initializer),
        *(name for node in graph.node for name in node.output),
    ]
    inputs = [value.name for value in graph.input]
    outputs = {name for node in graph.node for name in node.output}
    seen: set[str] = set()

    for name in names:
        if name and (name in seen or (name in outputs and name in inputs)):
            raise ModelError(
                f"{where}: the name {name!r} is given to two values; supported: one value per name"
            )
        seen.add(name)

    if len(set(inputs)) < len(inputs):
        raise ModelError(f"{where}: two inputs have the same name")


def _check_order(graph: GraphProto, known: set[str], where: str) -> None:
    later = {name for node in graph.node for name in node.output}
    for number, node in enumerate(graph.node):
        for name in node.input:
            if name and name not in known:
                why = (
                    "is only computed later: a cycle, or nodes out of order"
                    if name in later
                    else "is nowhere defined"
                )
                raise ModelError(
                    f"{where}: node {node.name or number!r} ({node.op_type}) reads {name!r}, "
                    f"which {why}"
                )
        known.update(node.output)

    for value in graph.output:
        if value.name not in known:
            raise ModelError(f"{where}: output {value.name!r} is nowhere defined")


def find_needed_nodes(nodes: Sequence[NodeProto | Operator], outputs: Sequence[str]) -> list[int]:
    """Numbers of the nodes that an output needs, in order."""
    wanted, found = set(outputs), list[int]()
    for number, node in reversed(list(enumerate(nodes))):
        given, taken = (
            (node.outputs, node.inputs) if isinstance(node, Operator) else (node.output, node.input)
        )
        if wanted.intersection(filter(None, given)):
            found.append(number)
            wanted.update(taken)

    return found[::-1]
