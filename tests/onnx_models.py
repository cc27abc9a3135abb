"""Small ONNX models, written as exporters write them."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

Shape = Sequence[int | str | None]


def model(
    nodes: Sequence[NodeProto],
    inputs: Mapping[str, Shape | None],
    outputs: Sequence[str],
    weights: Mapping[str, Any] | None = None,
    opset: int = 13,
    kind: int = TensorProto.FLOAT,
    ml: int | None = None,
) -> ModelProto:
    """A model of these nodes; weights that are lists become arrays of the model's own type."""
    dtype = helper.tensor_dtype_to_np_dtype(kind)
    arrays = {
        name: value if isinstance(value, np.ndarray) else np.array(value, dtype=dtype)
        for name, value in (weights or {}).items()
    }
    graph = helper.make_graph(
        list(nodes),
        "graph",
        [helper.make_tensor_value_info(name, kind, shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info(name, kind, None) for name in outputs],
        [numpy_helper.from_array(array, name) for name, array in arrays.items()],
    )
    opsets = [helper.make_opsetid("", opset)]
    opsets += [helper.make_opsetid("ai.onnx.ml", ml)] if ml else []
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def single(
    op: str,
    x: Shape,
    *others: Any,
    opset: int = 13,
    outputs: int = 1,
    domain: str = "",
    **attributes: Any,
) -> ModelProto:
    """A model of one node: its input x, then constants; None for one that isn't given."""
    names = [f"w{i}" if other is not None else "" for i, other in enumerate(others)]
    weights = {name: other for name, other in zip(names, others, strict=True) if name}
    results = [f"y{i}" for i in range(outputs)]
    node = helper.make_node(op, ["x", *names], results, name="it", domain=domain, **attributes)
    return model([node], {"x": x}, results, weights, opset, ml=1 if domain else None)


def mlp(
    sizes: Sequence[int], seed: int = 0, opset: int = 13, kind: int = TensorProto.FLOAT
) -> ModelProto:
    """Gemm and Relu in turn, as pytorch exports a Sequential; batch dynamic."""
    random = np.random.default_rng(seed)
    nodes, weights, last = [], {}, "x"
    for i, (fan_in, width) in enumerate(pairwise(sizes)):
        dtype = helper.tensor_dtype_to_np_dtype(kind)
        weights[f"{i}.weight"] = (random.normal(size=(width, fan_in)) / np.sqrt(fan_in)).astype(
            dtype
        )
        weights[f"{i}.bias"] = random.normal(size=width).astype(dtype)
        nodes.append(
            helper.make_node("Gemm", [last, f"{i}.weight", f"{i}.bias"], [f"z{i}"], transB=1)
        )
        last = f"z{i}"
        if i < len(sizes) - 2:
            nodes.append(helper.make_node("Relu", [last], [f"a{i}"], name=f"relu{i}"))
            last = f"a{i}"
    return model(nodes, {"x": ["batch", sizes[0]]}, [last], weights, opset, kind)
