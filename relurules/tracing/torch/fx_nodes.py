"""Reading the nodes of an exported graph: shapes, places, arguments by name, and how one is
refused.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.export import ExportedProgram

from relurules.domain.columns import Column
from relurules.errors import ModelError
from relurules.tables.names import make_default_names
from relurules.tracing.affine import Basis
from relurules.tracing.input_columns import InputColumns
from relurules.tracing.torch.aten_piecewise import SUPPORTED

if TYPE_CHECKING:
    from relurules.tracing.input_rows import InputKind


def find_user_inputs(program: ExportedProgram) -> list[torch.fx.Node]:
    """The placeholders that the user gives."""
    wanted = set(program.graph_signature.user_inputs)
    nodes = [
        node for node in program.graph.nodes if node.op == "placeholder" and node.name in wanted
    ]
    if len(nodes) != len(wanted):
        raise ModelError(
            "the model takes an input that is no tensor; supported: one or more float tensors"
        )

    return nodes


def make_input_columns(nodes: Sequence[torch.fx.Node]) -> InputColumns:
    """A column for every entry of a row, input by input."""
    sizes = [int(np.prod(row_shape(node))) for node in nodes]
    kinds: list[InputKind] = [
        "number" if node.meta["val"].dtype.is_floating_point else "whole"
        for node, size in zip(nodes, sizes, strict=True)
        for _ in range(size)
    ]
    return InputColumns(Basis(sum(sizes)), make_default_names(sum(sizes)), kinds)


def name_by_input(columns: Sequence[Column], nodes: Sequence[torch.fx.Node]) -> tuple[Column, ...]:
    """The columns under the names of their inputs: x_num_0, x_num_1, ..., or x_num where it is one
    column.
    """
    sizes = [(node.name, int(np.prod(row_shape(node)))) for node in nodes]
    names = [name if n == 1 else f"{name}_{i}" for name, n in sizes for i in range(n)]
    if len(set(names)) < len(names):
        return tuple(columns)
    return tuple(column._replace(name=name) for column, name in zip(columns, names, strict=True))


def has_batch(node: torch.fx.Node) -> bool:
    """True where the first dimension of an input is dynamic: then it is the batch; a fixed one is
    part of the input.
    """
    shape = node.meta["val"].shape
    return len(shape) > 0 and not isinstance(shape[0], int)


def read_batch_size(nodes: Sequence[torch.fx.Node]) -> int:
    """The first size of every input, where all fix the same and have more dimensions; else 1."""
    shapes = [(1,) if has_batch(node) else row_shape(node) for node in nodes]
    sizes = {1 if len(shape) < 2 else shape[0] for shape in shapes}
    return sizes.pop() if len(sizes) == 1 else 1


def row_shape(node: torch.fx.Node) -> tuple[int, ...]:
    """Shape of what one row gives to this input."""
    shape = node.meta["val"].shape[1:] if has_batch(node) else node.meta["val"].shape
    if not all(isinstance(size, int) for size in shape):
        raise ModelError(
            f"input {node.name!r} has the shape {tuple(shape)}; supported: no dynamic dimension "
            "but the first"
        )

    return tuple(int(size) for size in shape)


def keeps_values(node: torch.fx.Node) -> bool:
    """True where every value of the node's first input, a float or the number of a class, is one of
    the node's type.
    """
    source, target = node.all_input_nodes[0].meta["val"].dtype, node.meta["val"].dtype
    if source.is_floating_point:
        return bool(target.is_floating_point and torch.promote_types(source, target) == target)
    return target in (torch.int32, torch.int64, torch.float32, torch.float64)


def bind_arguments(node: torch.fx.Node, args: Any, kwargs: Any) -> dict[str, Any]:
    """Arguments by the names of the operator's schema, defaults included."""
    schema = getattr(node.target, "_schema", None)
    if schema is None:
        raise node_error(node, "it is no ATen operator")
    bound = dict(zip((a.name for a in schema.arguments), args, strict=False)) | dict(kwargs)
    return {a.name: bound.get(a.name, a.default_value) for a in schema.arguments}


def flatten_nested(values: Sequence[Any]) -> list[Any]:
    """The values in nested lists and tuples."""
    return [
        item
        for value in values
        for item in (flatten_nested(value) if isinstance(value, tuple | list) else [value])
    ]


def operator_name(node: torch.fx.Node) -> str:
    """The operator's name, such as aten::linear."""
    return str(getattr(node.target, "name", lambda: node.target)())


def module_path(node: torch.fx.Node) -> str:
    """Module path of the operator's call, such as `features.2`; empty for the model's forward."""
    stack = list((node.meta.get("nn_module_stack") or {}).values())
    return str(stack[-1][0]) if stack else ""


def layer_name(node: torch.fx.Node) -> str:
    """A name for a layer: its module path, or the node's own name where a forward calls the
    activation itself.
    """
    kind = str(list((node.meta.get("nn_module_stack") or {"": ("", "")}).values())[-1][1])
    return (
        module_path(node)
        if kind.startswith("torch.nn.modules.activation")
        else ".".join(filter(None, (module_path(node), node.name)))
    )


def describe_operator(node: torch.fx.Node) -> str:
    """An operator and its place, for messages."""
    path = module_path(node)
    where = f"module {path!r}" if path else "the model's own forward"
    return f"operator {operator_name(node)} in {where} (node {node.name!r})"


def node_error(node: torch.fx.Node, why: str) -> ModelError:
    """An error that names the operator and its place."""
    return ModelError(f"{describe_operator(node)}: {why}. Supported: {SUPPORTED}")
