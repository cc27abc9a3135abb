"""A model's inputs as columns of a table, and its outputs as what the tracer goes on with."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from relurules.errors import ModelError
from relurules.tables.names import make_default_names
from relurules.tracing.affine import AffineTensor, Basis, make_constant_tensor
from relurules.tracing.heads import LinkedTensor
from relurules.tracing.input_rows import InputKind
from relurules.tracing.network_size import LARGEST
from relurules.tracing.onnx.call import CodeTensor, Continuous, Value
from relurules.tracing.onnx.code_moves import unwrap_output
from relurules.tracing.onnx.graph import OnnxProgram
from relurules.tracing.onnx.nodes import Constant
from relurules.tracing.relu_blocks import as_float64
from relurules.tracing.switches import Switch

if TYPE_CHECKING:
    import networkx


def read_batch_size(read: OnnxProgram) -> int:
    """The first size of every input, where all fix the same and have more dimensions; else 1."""
    sizes = {1 if item.batched or len(item.shape) < 2 else item.shape[0] for item in read.inputs}
    return sizes.pop() if len(sizes) == 1 else 1


def name_features(read: OnnxProgram) -> tuple[str, ...]:
    """The inputs' own names where each of several inputs is one column, else x0, x1, ..."""
    if len(read.inputs) > 1 and all(item.size == 1 for item in read.inputs):
        return tuple(item.name for item in read.inputs)
    return make_default_names(sum(item.size for item in read.inputs))


def list_input_kinds(read: OnnxProgram) -> list[InputKind]:
    """What every column holds."""
    return [item.kind for item in read.inputs for _ in range(item.size)]


def bind_inputs(
    read: OnnxProgram, basis: Basis, layers: "networkx.DiGraph[str]"
) -> dict[str, Value]:
    """The inputs as affine tensors, one column for each of their entries."""
    total, first, values = sum(item.size for item in read.inputs), 0, dict[str, Value]()
    if total**2 > LARGEST or not total:
        raise ModelError(
            f"{read.where}: its inputs have {total} entries; supported: 1 to {int(LARGEST**0.5)}"
        )

    for item in read.inputs:
        tensor = basis.make_input(item.shape, first)
        is_code = item.kind != "number"
        values[item.name] = CodeTensor(tensor, item.kind == "text") if is_code else tensor
        layers.add_node(item.name, operator="input", module="", size=item.size)
        first += item.size

    return values


def list_outputs(read: OnnxProgram, values: Mapping[str, Value]) -> list[Continuous]:
    """The model's outputs; refused where one is a comparison, or a text."""
    found: list[Continuous] = []
    for name in read.outputs:
        value = unwrap_output(values[name], name, read.where)
        if isinstance(value, Switch):
            place = next(op.place for op in read.operators if name in op.outputs)
            raise ModelError(
                f"{place}: it jumps, and its result is the output {name!r}; supported: continuous "
                "outputs"
            )
        found.append(value)

    return found


def convert_output(
    read: OnnxProgram, name: str, value: AffineTensor | LinkedTensor | Constant
) -> AffineTensor | LinkedTensor:
    """An output as a tensor. ModelError where it holds no number."""
    shape: Sequence[int] = value.wide.shape if isinstance(value, Constant) else value.shape
    if 0 in shape:
        raise ModelError(
            f"{read.where}: output {name!r} has the shape {list(shape)} for a row, which holds no "
            "number; supported: one or more"
        )

    if not isinstance(value, Constant):
        return value
    if value.wide.dtype.kind not in "fiub":
        raise ModelError(
            f"{read.where}: output {name!r} is a constant of type {value.wide.dtype}; supported: "
            "numbers"
        )

    constant = as_float64(value.wide.astype(np.float64))
    return make_constant_tensor(constant)
