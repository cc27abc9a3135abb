"""Continuous piecewise linear ATen operators that are more than one PReLU: affine maps around
ReLUs.

A row takes the basis, the operator's arguments by name, a way to refuse, and the layer's name; it
returns what the operator returns.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from relurules.tracing.affine import AffineTensor, Basis, add_weighted
from relurules.tracing.relu_blocks import (
    Refuse,
    as_float64,
    clip,
    index_windows,
    max_pool,
    reduce_extreme,
    relu,
    take_larger,
    take_smaller,
)
from relurules.tracing.switches import Switch, compare_values, select_by_switch
from relurules.tracing.torch.aten_operators import ACTIVATIONS, AFFINE, CASTS, LINK_OPERATORS

aten = torch.ops.aten

Bound = Mapping[str, Any]
Rule = Callable[[Basis, Bound, Refuse, str], Any]


def _trace_hardsigmoid(basis: Basis, bound: Bound, refuse: Refuse, layer: str) -> AffineTensor:
    """relu6(x + 3) / 6."""
    x = add_weighted((1.0, bound["self"]), (1.0, as_float64(3.0)))
    return add_weighted((1.0 / 6.0, clip(basis, x, 0.0, 6.0, refuse, layer)))


def _trace_threshold(basis: Basis, bound: Bound, refuse: Refuse, layer: str) -> AffineTensor:
    if bound["threshold"] != bound["value"]:
        raise refuse(
            f"it jumps from {bound['value']} to {bound['threshold']}, so it isn't continuous"
        )
    return take_larger(basis, bound["self"], as_float64(bound["threshold"]), layer)


def _trace_softshrink(basis: Basis, bound: Bound, _: Refuse, layer: str) -> AffineTensor:
    """relu(x - lambda) - relu(-x - lambda)."""
    x, margin = bound["self"], as_float64(bound["lambd"])
    above = relu(basis, add_weighted((1.0, x), (-1.0, margin)), layer)
    return add_weighted(
        (1.0, above), (-1.0, relu(basis, add_weighted((-1.0, x), (-1.0, margin)), layer))
    )


def _trace_maximum(basis: Basis, bound: Bound, _: Refuse, layer: str) -> AffineTensor:
    return take_larger(basis, bound["self"], bound["other"], layer)


def _trace_minimum(basis: Basis, bound: Bound, _: Refuse, layer: str) -> AffineTensor:
    return take_smaller(basis, bound["self"], bound["other"], layer)


def _make_extreme_rule(sign: float, places: bool = False) -> Rule:
    """Amax or amin over the dimensions `dim`; with `places`, max or min, whose second result are
    places.
    """

    def rule(basis: Basis, bound: Bound, refuse: Refuse, layer: str) -> Any:
        x: AffineTensor = bound["self"]
        rank = x.constant.ndim
        dims = sorted(
            {d % rank for d in ([bound["dim"]] if isinstance(bound["dim"], int) else bound["dim"])}
        )

        if (not dims or 0 in dims) and x.shape[:1] == (1,):
            raise refuse("it compares rows of the batch")

        found = reduce_extreme(basis, x, dims or range(rank), bound["keepdim"], sign, layer)
        return [found, None] if places else found

    return rule


def _trace_adaptive_max_pool(basis: Basis, bound: Bound, refuse: Refuse, layer: str) -> Any:
    """Pooling over windows that share the input evenly, as far as its size allows; then their
    places.
    """
    x: AffineTensor = bound["self"]
    if x.constant.ndim != 4:
        raise refuse(f"its input has rank {x.constant.ndim}; supported: batch, channels and 2 more")

    size, out = x.constant.shape[2:], bound["output_size"]
    flat = np.arange(math.prod(size)).reshape(size)
    rows, columns = (
        [slice(i * n // m, -(-(i + 1) * n // m)) for i in range(m)]
        for n, m in zip(size, out, strict=True)
    )
    cells = [flat[row, column].reshape(-1) for row in rows for column in columns]
    index = np.full((max(map(len, cells)), len(cells)), -1)
    for window, cell in enumerate(cells):
        index[: len(cell), window] = cell

    return [max_pool(basis, x, index, out, layer), None]


def _make_max_pool_rule(spatial: int) -> Rule:
    """The largest entry of every window; the windows' shape is what torch's own pooling gives."""
    pool = getattr(torch.nn.functional, f"max_pool{spatial}d")

    def rule(basis: Basis, bound: Bound, refuse: Refuse, layer: str) -> AffineTensor:
        x: AffineTensor = bound["self"]
        if x.constant.ndim != spatial + 2:
            raise refuse(
                f"its input has rank {x.constant.ndim}; supported: batch, channels and {spatial} "
                "more"
            )

        size = x.constant.shape[2:]
        kernel, stride, padding, dilation = (
            [value] * spatial
            if isinstance(value, int)
            else list(value) * (spatial // len(value))
            if value
            else []
            for value in (
                bound["kernel_size"],
                bound["stride"],
                bound["padding"],
                bound["dilation"],
            )
        )
        stride = stride or kernel
        out = pool(
            torch.zeros(1, 1, *size), kernel, stride, padding, dilation, bound["ceil_mode"]
        ).shape[2:]

        return max_pool(
            basis, x, index_windows(size, out, kernel, stride, dilation, padding), out, layer
        )

    return rule


def _make_comparison_rule(sign: float, closed: bool) -> Rule:
    return lambda _, bound, *__: compare_values(bound["self"], bound["other"], sign, closed)


#: Operator -> what it is in PReLUs; of a comparison, what it compares.
PIECEWISE: Mapping[Any, Rule] = {
    aten.clamp.default: lambda basis, b, refuse, layer: clip(
        basis, b["self"], b["min"], b["max"], refuse, layer
    ),
    aten.clamp.Tensor: lambda basis, b, refuse, layer: clip(
        basis, b["self"], b["min"], b["max"], refuse, layer
    ),
    aten.clamp_min.default: lambda basis, b, refuse, layer: clip(
        basis, b["self"], b["min"], None, refuse, layer
    ),
    aten.clamp_min.Tensor: lambda basis, b, refuse, layer: clip(
        basis, b["self"], b["min"], None, refuse, layer
    ),
    aten.clamp_max.Tensor: lambda basis, b, refuse, layer: clip(
        basis, b["self"], None, b["max"], refuse, layer
    ),
    aten.clamp_max.default: lambda basis, b, refuse, layer: clip(
        basis, b["self"], None, b["max"], refuse, layer
    ),
    aten.hardtanh.default: lambda basis, b, refuse, layer: clip(
        basis, b["self"], b["min_val"], b["max_val"], refuse, layer
    ),
    aten.relu6.default: lambda basis, b, refuse, layer: clip(
        basis, b["self"], 0.0, 6.0, refuse, layer
    ),
    aten.hardsigmoid.default: _trace_hardsigmoid,
    aten.threshold.default: _trace_threshold,
    aten.softshrink.default: _trace_softshrink,
    aten.maximum.default: _trace_maximum,
    aten.minimum.default: _trace_minimum,
    aten.max.other: _trace_maximum,
    aten.min.other: _trace_minimum,
    aten.fmax.default: _trace_maximum,
    aten.fmin.default: _trace_minimum,
    aten.max.dim: _make_extreme_rule(1.0, places=True),
    aten.min.dim: _make_extreme_rule(-1.0, places=True),
    aten.amax.default: _make_extreme_rule(1.0),
    aten.amin.default: _make_extreme_rule(-1.0),
    aten.max_pool1d.default: _make_max_pool_rule(1),
    aten.max_pool2d.default: _make_max_pool_rule(2),
    aten.max_pool3d.default: _make_max_pool_rule(3),
    aten.adaptive_max_pool2d.default: _trace_adaptive_max_pool,
    **dict.fromkeys((aten.gt.Tensor, aten.gt.Scalar), _make_comparison_rule(1.0, closed=False)),
    **dict.fromkeys((aten.ge.Tensor, aten.ge.Scalar), _make_comparison_rule(1.0, closed=True)),
    **dict.fromkeys((aten.lt.Tensor, aten.lt.Scalar), _make_comparison_rule(-1.0, closed=False)),
    **dict.fromkeys((aten.le.Tensor, aten.le.Scalar), _make_comparison_rule(-1.0, closed=True)),
}


def _trace_where(basis: Basis, bound: Bound, refuse: Refuse, layer: str) -> AffineTensor:
    """where(condition, self, other)."""
    if not isinstance(bound["condition"], Switch):
        raise refuse("it chooses between comparisons")
    return select_by_switch(basis, bound["condition"], bound["self"], bound["other"], refuse, layer)


def _trace_masked_fill(basis: Basis, bound: Bound, refuse: Refuse, layer: str) -> AffineTensor:
    """`value` where the mask is true."""
    return select_by_switch(basis, bound["mask"], bound["value"], bound["self"], refuse, layer)


def _trace_gate(basis: Basis, bound: Bound, refuse: Refuse, layer: str) -> AffineTensor:
    """A product by 1 where a comparison holds and by 0 elsewhere."""
    one, two = bound["self"], bound["other"]
    if isinstance(one, Switch) and isinstance(two, Switch):
        raise refuse("it multiplies two comparisons, so that it jumps")
    switch, value = (one, two) if isinstance(one, Switch) else (two, one)
    return select_by_switch(basis, switch, value, 0.0, refuse, layer)


def _return_switch(_: Basis, bound: Bound, *__: Any) -> Switch:
    """A comparison as 0 and 1 is still the comparison."""
    switch: Switch = bound["self"]
    return switch


def _negate_switch(_: Basis, bound: Bound, *__: Any) -> Switch:
    switch: Switch = bound["self"]
    return switch.negated()


#: Operator on a comparison of values that depend on the input -> what it is in PReLUs, where it is
#: continuous.
SWITCH_RULES: Mapping[Any, Rule] = {
    aten.where.self: _trace_where,
    aten.masked_fill.Scalar: _trace_masked_fill,
    aten.mul.Tensor: _trace_gate,
    aten.logical_not.default: _negate_switch,
    aten.bitwise_not.default: _negate_switch,
    **dict.fromkeys(CASTS, _return_switch),
}

_NAMES = sorted(
    {
        op.name().removeprefix("aten::").partition(".")[0]
        for op in (*AFFINE, *ACTIVATIONS, *PIECEWISE)
    }
)
SUPPORTED = (
    "Linear, ReLU, LeakyReLU, PReLU, BatchNorm (eval), convolutions, pooling and other affine or "
    f"continuous piecewise linear operators (aten: {', '.join(_NAMES)}); at the model's end "
    f"{', '.join(dict.fromkeys(LINK_OPERATORS.values()))}"
)
