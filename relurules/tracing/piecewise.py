"""Continuous piecewise linear ATen operators that are more than one PReLU: affine maps around ReLUs.

max(u, v) = v + relu(u - v); clipping, shrinking and pooling follow. A row takes the basis, the operator's arguments by
name, a way to refuse, and the layer's name; it returns what the operator returns.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from relurules.errors import ModelError
from relurules.tracing.affine import AffineTensor, Basis, apply_affine, weighted
from relurules.tracing.operators import ACTIVATIONS, AFFINE, LINKED

aten = torch.ops.aten

Bound = Mapping[str, Any]
Refuse = Callable[[str], ModelError]
Rule = Callable[[Basis, Bound, Refuse, str], Any]

_RELU = torch.zeros((), dtype=torch.float64)


def _relu(basis: Basis, tensor: AffineTensor, layer: str) -> AffineTensor:
    return basis.activate(tensor, _RELU, layer)


def _larger(basis: Basis, u: AffineTensor | Tensor, v: AffineTensor | Tensor, layer: str) -> AffineTensor:
    return weighted((1.0, v), (1.0, _relu(basis, weighted((1.0, u), (-1.0, v)), layer)))


def _largest(basis: Basis, tensors: Sequence[AffineTensor], layer: str) -> AffineTensor:
    """Elementwise maximum, by pairs, so that the neurons stand in as few levels as possible."""
    while len(tensors) > 1:
        pairs = [tensors[i : i + 2] for i in range(0, len(tensors), 2)]
        tensors = [pair[0] if len(pair) == 1 else _larger(basis, pair[0], pair[1], layer) for pair in pairs]
    return tensors[0]


def _number(value: float) -> Tensor:
    return torch.as_tensor(value, dtype=torch.float64)


def _clip(basis: Basis, x: AffineTensor, low: Any, high: Any, refuse: Refuse, layer: str) -> AffineTensor:
    """min(max(x, low), high) = low + relu(x - low) - relu(x - high) for low <= high."""
    if isinstance(low, AffineTensor) or isinstance(high, AffineTensor):
        raise refuse("its limits depend on the input")
    low, high = (None if isinstance(limit, float) and math.isinf(limit) else limit for limit in (low, high))
    if low is None and high is None:
        return x
    if high is None:
        return _larger(basis, x, _number(low), layer)
    if low is None:
        return weighted((-1.0, _larger(basis, weighted((-1.0, x)), -_number(high), layer)))
    low, high = _number(low), _number(high)
    if not (low <= high).all():
        raise refuse("its lower limit exceeds its upper one")
    above = _relu(basis, weighted((1.0, x), (-1.0, low)), layer)
    return weighted((1.0, low), (1.0, above), (-1.0, _relu(basis, weighted((1.0, x), (-1.0, high)), layer)))


def _hardsigmoid(basis: Basis, bound: Bound, refuse: Refuse, layer: str) -> AffineTensor:
    """relu6(x + 3) / 6."""
    x = weighted((1.0, bound["self"]), (1.0, _number(3.0)))
    return weighted((1.0 / 6.0, _clip(basis, x, 0.0, 6.0, refuse, layer)))


def _threshold(basis: Basis, bound: Bound, refuse: Refuse, layer: str) -> AffineTensor:
    if bound["threshold"] != bound["value"]:
        raise refuse(f"it jumps from {bound['value']} to {bound['threshold']}, so it isn't continuous")
    return _larger(basis, bound["self"], _number(bound["threshold"]), layer)


def _softshrink(basis: Basis, bound: Bound, _: Refuse, layer: str) -> AffineTensor:
    """relu(x - lambda) - relu(-x - lambda)."""
    x, margin = bound["self"], _number(bound["lambd"])
    above = _relu(basis, weighted((1.0, x), (-1.0, margin)), layer)
    return weighted((1.0, above), (-1.0, _relu(basis, weighted((-1.0, x), (-1.0, margin)), layer)))


def _maximum(basis: Basis, bound: Bound, _: Refuse, layer: str) -> AffineTensor:
    return _larger(basis, bound["self"], bound["other"], layer)


def _minimum(basis: Basis, bound: Bound, _: Refuse, layer: str) -> AffineTensor:
    u, v = bound["self"], bound["other"]
    negative = [weighted((-1.0, t)) if isinstance(t, AffineTensor) else -t for t in (u, v)]
    return weighted((-1.0, _larger(basis, negative[0], negative[1], layer)))


def _extreme(sign: float) -> Rule:
    """Amax or amin over the dimensions `dim`."""

    def rule(basis: Basis, bound: Bound, refuse: Refuse, layer: str) -> AffineTensor:
        x: AffineTensor = bound["self"]
        rank = x.constant.dim()
        dims = sorted({d % rank for d in ([bound["dim"]] if isinstance(bound["dim"], int) else bound["dim"])})
        if not dims or 0 in dims:
            raise refuse("it compares rows of the batch")
        shape = [1 if d in dims else size for d, size in enumerate(x.constant.shape)]
        order = [d for d in range(rank) if d not in dims] + dims

        def slices(t: Tensor) -> tuple[Tensor, ...]:
            moved = t.permute(order).flatten(start_dim=rank - len(dims))
            kept = shape if bound["keepdim"] else [size for d, size in enumerate(shape) if d not in dims]
            return tuple(item.reshape(kept) for item in (sign * moved).unbind(dim=-1))

        return weighted((sign, _largest(basis, apply_affine([x], slices, slices), layer)))

    return rule


def _max_pool(spatial: int) -> Rule:
    """The largest entry of every window, each window a list of entries of the input."""

    def rule(basis: Basis, bound: Bound, refuse: Refuse, layer: str) -> AffineTensor:
        x: AffineTensor = bound["self"]
        if x.constant.dim() != spatial + 2:
            raise refuse(f"its input has rank {x.constant.dim()}; supported: batch, channels and {spatial} more")
        size = x.constant.shape[2:]
        entries = torch.arange(1, 1 + size.numel(), dtype=torch.float64).reshape(1, 1, *size)
        windows, out = _windows(entries, bound, spatial)

        def candidates(t: Tensor) -> tuple[Tensor, ...]:
            flat = t.flatten(start_dim=2)
            return tuple(flat[..., column].reshape(*flat.shape[:2], *out) for column in windows)

        return _largest(basis, apply_affine([x], candidates, candidates), layer)

    return rule


def _windows(entries: Tensor, bound: Bound, spatial: int) -> tuple[list[Tensor], tuple[int, ...]]:
    """For the k-th place of a window, which entry of the input stands there in every window; and the windows' shape.

    Places in the padding repeat an entry of their window. The shape is what torch's own pooling gives.
    """
    pool = torch.nn.functional.max_pool1d if spatial == 1 else torch.nn.functional.max_pool2d
    kernel, stride, padding, dilation = (
        [value] * spatial if isinstance(value, int) else list(value) * (spatial // len(value)) if value else []
        for value in (bound["kernel_size"], bound["stride"], bound["padding"], bound["dilation"])
    )
    stride = stride or kernel
    largest = pool(entries, kernel, stride, padding, dilation, bound["ceil_mode"])
    out = tuple(largest.shape[2:])
    starts = [torch.arange(n) * s - p for n, s, p in zip(out, stride, padding, strict=True)]
    columns = []
    for place in torch.cartesian_prod(*(torch.arange(k) * d for k, d in zip(kernel, dilation, strict=True))):
        at = [start + offset for start, offset in zip(starts, place.reshape(-1), strict=True)]
        index = torch.zeros(out, dtype=torch.long)
        inside = torch.ones(out, dtype=torch.bool)
        for axis, (coordinate, limit) in enumerate(zip(at, entries.shape[2:], strict=True)):
            along = coordinate.reshape([-1 if d == axis else 1 for d in range(spatial)])
            index = index * limit + along.clamp(0, limit - 1)
            inside &= (along >= 0) & (along < limit)
        columns.append(torch.where(inside, index, largest[0, 0].long() - 1).reshape(-1))
    return columns, out


#: Operator -> what it is in PReLUs.
PIECEWISE: Mapping[Any, Rule] = {
    aten.clamp.default: lambda basis, b, refuse, layer: _clip(basis, b["self"], b["min"], b["max"], refuse, layer),
    aten.clamp.Tensor: lambda basis, b, refuse, layer: _clip(basis, b["self"], b["min"], b["max"], refuse, layer),
    aten.clamp_min.default: lambda basis, b, refuse, layer: _clip(basis, b["self"], b["min"], None, refuse, layer),
    aten.clamp_max.default: lambda basis, b, refuse, layer: _clip(basis, b["self"], None, b["max"], refuse, layer),
    aten.hardtanh.default: lambda basis, b, refuse, layer: _clip(
        basis, b["self"], b["min_val"], b["max_val"], refuse, layer
    ),
    aten.relu6.default: lambda basis, b, refuse, layer: _clip(basis, b["self"], 0.0, 6.0, refuse, layer),
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
