"""Continuous piecewise linear ATen operators that are more than one PReLU: affine maps around ReLUs.

A row takes the basis, the operator's arguments by name, a way to refuse, and the layer's name; it returns what the
operator returns.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch

from relurules.tracing.affine import AffineTensor, Basis, weighted
from relurules.tracing.operators import ACTIVATIONS, AFFINE, LINKED
from relurules.tracing.pieces import Refuse, clip, extreme, larger, max_pool, number, relu, smaller, windows

aten = torch.ops.aten

Bound = Mapping[str, Any]
Rule = Callable[[Basis, Bound, Refuse, str], Any]


def _hardsigmoid(basis: Basis, bound: Bound, refuse: Refuse, layer: str) -> AffineTensor:
    """relu6(x + 3) / 6."""
    x = weighted((1.0, bound["self"]), (1.0, number(3.0)))
    return weighted((1.0 / 6.0, clip(basis, x, 0.0, 6.0, refuse, layer)))


def _threshold(basis: Basis, bound: Bound, refuse: Refuse, layer: str) -> AffineTensor:
    if bound["threshold"] != bound["value"]:
        raise refuse(f"it jumps from {bound['value']} to {bound['threshold']}, so it isn't continuous")
    return larger(basis, bound["self"], number(bound["threshold"]), layer)


def _softshrink(basis: Basis, bound: Bound, _: Refuse, layer: str) -> AffineTensor:
    """relu(x - lambda) - relu(-x - lambda)."""
    x, margin = bound["self"], number(bound["lambd"])
    above = relu(basis, weighted((1.0, x), (-1.0, margin)), layer)
    return weighted((1.0, above), (-1.0, relu(basis, weighted((-1.0, x), (-1.0, margin)), layer)))


def _maximum(basis: Basis, bound: Bound, _: Refuse, layer: str) -> AffineTensor:
    return larger(basis, bound["self"], bound["other"], layer)


def _minimum(basis: Basis, bound: Bound, _: Refuse, layer: str) -> AffineTensor:
    return smaller(basis, bound["self"], bound["other"], layer)


def _extreme(sign: float) -> Rule:
    """Amax or amin over the dimensions `dim`."""

    def rule(basis: Basis, bound: Bound, refuse: Refuse, layer: str) -> AffineTensor:
        x: AffineTensor = bound["self"]
        rank = x.constant.dim()
        dims = sorted({d % rank for d in ([bound["dim"]] if isinstance(bound["dim"], int) else bound["dim"])})
        if not dims or 0 in dims:
            raise refuse("it compares rows of the batch")
        return extreme(basis, x, dims, bound["keepdim"], sign, layer)

    return rule


def _max_pool(spatial: int) -> Rule:
    """The largest entry of every window; the windows' shape is what torch's own pooling gives."""
    pool = torch.nn.functional.max_pool1d if spatial == 1 else torch.nn.functional.max_pool2d

    def rule(basis: Basis, bound: Bound, refuse: Refuse, layer: str) -> AffineTensor:
        x: AffineTensor = bound["self"]
        if x.constant.dim() != spatial + 2:
            raise refuse(f"its input has rank {x.constant.dim()}; supported: batch, channels and {spatial} more")
        size = x.constant.shape[2:]
        kernel, stride, padding, dilation = (
            [value] * spatial if isinstance(value, int) else list(value) * (spatial // len(value)) if value else []
            for value in (bound["kernel_size"], bound["stride"], bound["padding"], bound["dilation"])
        )
        stride = stride or kernel
        out = pool(torch.zeros(1, 1, *size), kernel, stride, padding, dilation, bound["ceil_mode"]).shape[2:]
        return max_pool(basis, x, windows(size, out, kernel, stride, dilation, padding), out, layer)

    return rule


#: Operator -> what it is in PReLUs.
PIECEWISE: Mapping[Any, Rule] = {
    aten.clamp.default: lambda basis, b, refuse, layer: clip(basis, b["self"], b["min"], b["max"], refuse, layer),
    aten.clamp.Tensor: lambda basis, b, refuse, layer: clip(basis, b["self"], b["min"], b["max"], refuse, layer),
    aten.clamp_min.default: lambda basis, b, refuse, layer: clip(basis, b["self"], b["min"], None, refuse, layer),
    aten.clamp_max.default: lambda basis, b, refuse, layer: clip(basis, b["self"], None, b["max"], refuse, layer),
    aten.hardtanh.default: lambda basis, b, refuse, layer: clip(
        basis, b["self"], b["min_val"], b["max_val"], refuse, layer
    ),
    aten.relu6.default: lambda basis, b, refuse, layer: clip(basis, b["self"], 0.0, 6.0, refuse, layer),
    aten.hardsigmoid.default: _hardsigmoid,
    aten.threshold.default: _threshold,
    aten.softshrink.default: _softshrink,
    aten.maximum.default: _maximum,
    aten.minimum.default: _minimum,
    aten.max.other: _maximum,
    aten.min.other: _minimum,
    aten.amax.default: _extreme(1.0),
    aten.amin.default: _extreme(-1.0),
    aten.max_pool1d.default: _max_pool(1),
    aten.max_pool2d.default: _max_pool(2),
}

_NAMES = sorted({op.name().removeprefix("aten::").partition(".")[0] for op in (*AFFINE, *ACTIVATIONS, *PIECEWISE)})
SUPPORTED = (
    "Linear, ReLU, LeakyReLU, PReLU, BatchNorm (eval), convolutions, pooling and other affine or continuous piecewise "
    f"linear operators (aten: {', '.join(_NAMES)}); at the model's end {', '.join(dict.fromkeys(LINKED.values()))}"
)
