"""Continuous piecewise linear ATen operators that are more than one PReLU: affine maps around ReLUs.

A row takes the basis, the operator's arguments by name, a way to refuse, and the layer's name; it returns what the
operator returns.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch

from relurules.tracing.affine import AffineTensor, Basis, weighted
from relurules.tracing.operators import ACTIVATIONS, AFFINE, CASTS, LINKED
from relurules.tracing.pieces import Refuse, clip, extreme, larger, max_pool, number, relu, smaller, windows
from relurules.tracing.switches import Switch, compared, switched

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


def _extreme(sign: float, places: bool = False) -> Rule:
    """Amax or amin over the dimensions `dim`; with `places`, max or min, whose second result are places."""

    def rule(basis: Basis, bound: Bound, refuse: Refuse, layer: str) -> Any:
        x: AffineTensor = bound["self"]
        rank = x.constant.dim()
        dims = sorted({d % rank for d in ([bound["dim"]] if isinstance(bound["dim"], int) else bound["dim"])})
        if (not dims or 0 in dims) and x.shape[:1] == (1,):
            raise refuse("it compares rows of the batch")
        found = extreme(basis, x, dims or range(rank), bound["keepdim"], sign, layer)
        return [found, None] if places else found

    return rule


def _adaptive_max_pool(basis: Basis, bound: Bound, refuse: Refuse, layer: str) -> Any:
    """Pooling over windows that share the input evenly, as far as its size allows; then their places."""
    x: AffineTensor = bound["self"]
    if x.constant.dim() != 4:
        raise refuse(f"its input has rank {x.constant.dim()}; supported: batch, channels and 2 more")
    size, out = x.constant.shape[2:], bound["output_size"]
    flat = torch.arange(size.numel()).reshape(tuple(size))
    rows, columns = (
        [slice(i * n // m, -(-(i + 1) * n // m)) for i in range(m)] for n, m in zip(size, out, strict=True)
    )
    cells = [flat[row, column].reshape(-1) for row in rows for column in columns]
    index = torch.nn.utils.rnn.pad_sequence(cells, padding_value=-1)
    return [max_pool(basis, x, index, out, layer), None]


def _max_pool(spatial: int) -> Rule:
    """The largest entry of every window; the windows' shape is what torch's own pooling gives."""
    pool = getattr(torch.nn.functional, f"max_pool{spatial}d")

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


def _comparison(sign: float, closed: bool) -> Rule:
    return lambda _, bound, *__: compared(bound["self"], bound["other"], sign, closed)


#: Operator -> what it is in PReLUs; of a comparison, what it compares.
PIECEWISE: Mapping[Any, Rule] = {
    aten.clamp.default: lambda basis, b, refuse, layer: clip(basis, b["self"], b["min"], b["max"], refuse, layer),
    aten.clamp.Tensor: lambda basis, b, refuse, layer: clip(basis, b["self"], b["min"], b["max"], refuse, layer),
    aten.clamp_min.default: lambda basis, b, refuse, layer: clip(basis, b["self"], b["min"], None, refuse, layer),
    aten.clamp_min.Tensor: lambda basis, b, refuse, layer: clip(basis, b["self"], b["min"], None, refuse, layer),
    aten.clamp_max.Tensor: lambda basis, b, refuse, layer: clip(basis, b["self"], None, b["max"], refuse, layer),
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
    aten.fmax.default: _maximum,
    aten.fmin.default: _minimum,
    aten.max.dim: _extreme(1.0, places=True),
    aten.min.dim: _extreme(-1.0, places=True),
    aten.amax.default: _extreme(1.0),
    aten.amin.default: _extreme(-1.0),
    aten.max_pool1d.default: _max_pool(1),
    aten.max_pool2d.default: _max_pool(2),
    aten.max_pool3d.default: _max_pool(3),
    aten.adaptive_max_pool2d.default: _adaptive_max_pool,
    **dict.fromkeys((aten.gt.Tensor, aten.gt.Scalar), _comparison(1.0, closed=False)),
    **dict.fromkeys((aten.ge.Tensor, aten.ge.Scalar), _comparison(1.0, closed=True)),
    **dict.fromkeys((aten.lt.Tensor, aten.lt.Scalar), _comparison(-1.0, closed=False)),
    **dict.fromkeys((aten.le.Tensor, aten.le.Scalar), _comparison(-1.0, closed=True)),
}


def _chosen(basis: Basis, bound: Bound, refuse: Refuse, layer: str) -> AffineTensor:
    """where(condition, self, other)."""
    if not isinstance(bound["condition"], Switch):
        raise refuse("it chooses between comparisons")
    return switched(basis, bound["condition"], bound["self"], bound["other"], refuse, layer)


def _masked(basis: Basis, bound: Bound, refuse: Refuse, layer: str) -> AffineTensor:
    """`value` where the mask is true."""
    return switched(basis, bound["mask"], bound["value"], bound["self"], refuse, layer)


def _gated(basis: Basis, bound: Bound, refuse: Refuse, layer: str) -> AffineTensor:
    """A product by 1 where a comparison holds and by 0 elsewhere."""
    one, two = bound["self"], bound["other"]
    if isinstance(one, Switch) and isinstance(two, Switch):
        raise refuse("it multiplies two comparisons, so that it jumps")
    switch, value = (one, two) if isinstance(one, Switch) else (two, one)
    return switched(basis, switch, value, 0.0, refuse, layer)


def _unchanged(_: Basis, bound: Bound, *__: Any) -> Switch:
    """A comparison as 0 and 1 is still the comparison."""
    switch: Switch = bound["self"]
    return switch


def _reversed(_: Basis, bound: Bound, *__: Any) -> Switch:
    switch: Switch = bound["self"]
    return switch.negated()


#: Operator on a comparison of values that depend on the input -> what it is in PReLUs, where it is continuous.
SWITCHED: Mapping[Any, Rule] = {
    aten.where.self: _chosen,
    aten.masked_fill.Scalar: _masked,
    aten.mul.Tensor: _gated,
    aten.logical_not.default: _reversed,
    aten.bitwise_not.default: _reversed,
    **dict.fromkeys(CASTS, _unchanged),
}

_NAMES = sorted({op.name().removeprefix("aten::").partition(".")[0] for op in (*AFFINE, *ACTIVATIONS, *PIECEWISE)})
SUPPORTED = (
    "Linear, ReLU, LeakyReLU, PReLU, BatchNorm (eval), convolutions, pooling and other affine or continuous piecewise "
    f"linear operators (aten: {', '.join(_NAMES)}); at the model's end {', '.join(dict.fromkeys(LINKED.values()))}"
)
