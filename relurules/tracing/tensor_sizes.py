"""How large the tensors of an exported graph are, before any is made: a few nodes can ask for
terabytes.
"""

import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves, tree_map

from relurules.errors import ModelError
from relurules.tracing.affine import AffineTensor, join_spans
from relurules.tracing.heads import LinkedTensor
from relurules.tracing.network_size import LARGEST
from relurules.tracing.switches import Switch
from relurules.tracing.torch.fx_nodes import node_error


def check_declared_sizes(nodes: Iterable[torch.fx.Node]) -> None:
    """Refuse a program that says itself that it needs a larger tensor than LARGEST, before any of
    it is run.
    """
    for node in nodes:
        for leaf in tree_leaves(node.meta.get("val")):
            if isinstance(leaf, Tensor):
                known = math.prod(size for size in leaf.shape if isinstance(size, int))
                if known > LARGEST:
                    shape = tuple(leaf.shape)
                    raise node_error(
                        node,
                        (
                            f"its result of shape {shape} is too large: {known} numbers; at most "
                            f"{LARGEST}"
                        ),
                    )


def check_result_size(node: torch.fx.Node, args: Any, kwargs: Any) -> None:
    """Refuse an operator whose result would have more entries than LARGEST, one set for each input
    and neuron that it may depend on.
    """
    columns = 1 + len(join_spans(tree_leaves((args, kwargs))))

    for shape in _infer_shapes(node, args, kwargs):
        if columns * shape.numel() > LARGEST:
            raise node_error(
                node,
                f"its result of shape {tuple(shape)} is too large: {columns * shape.numel()} "
                f"numbers, one set for each input and neuron; up to {LARGEST} can be",
            )


def check_weight_size(value: Tensor, name: str) -> None:
    """Refuse a weight that claims more entries than LARGEST, as a view of few stored ones may."""
    if value.numel() > LARGEST:
        raise ModelError(
            f"{name} has the shape {tuple(value.shape)}, {value.numel()} numbers; supported: up to "
            f"{LARGEST}"
        )


def _infer_shapes(node: torch.fx.Node, args: Any, kwargs: Any) -> list[torch.Size]:
    """Shapes of what the operator gives, told by torch without computing it; none where torch can't
    tell.
    """
    args, kwargs = tree_map(_move_to_meta, (args, kwargs))
    try:
        with torch.device("meta"), torch.no_grad():
            result = node.target(*args, **kwargs)  # type: ignore[operator]
    except Exception:  # what doesn't fit is told when it is computed
        return []
    return [leaf.shape for leaf in tree_leaves(result) if isinstance(leaf, Tensor)]


def _move_to_meta(value: Any) -> Any:
    """A tensor of the same shape and type that holds nothing; the device of such tensors."""
    if isinstance(value, AffineTensor | LinkedTensor | Switch):
        return torch.empty(value.shape, dtype=torch.float64, device="meta")
    if isinstance(value, Tensor):
        return value.to("meta")
    return torch.device("meta") if isinstance(value, torch.device) else value
