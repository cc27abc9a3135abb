"""What continuous piecewise linear operators are made of, whatever their framework: affine maps
around ReLUs.

max(u, v) = v + relu(u - v); clipping and pooling follow.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from relurules.errors import ModelError
from relurules.tracing.affine import AffineTensor, Basis, add_weighted, apply_affine

Refuse = Callable[[str], ModelError]

_RELU = torch.zeros((), dtype=torch.float64)


def as_float64(value: Any) -> Tensor:
    """A number or a tensor in float64."""
    return torch.as_tensor(value, dtype=torch.float64)


def relu(basis: Basis, tensor: AffineTensor, layer: str) -> AffineTensor:
    """max(tensor, 0)."""
    return basis.activate(tensor, _RELU, layer)


def take_larger(
    basis: Basis, u: AffineTensor | Tensor, v: AffineTensor | Tensor, layer: str
) -> AffineTensor:
    """max(u, v), shapes broadcast; at least one of them affine."""
    lead = add_weighted((1.0, u), (-1.0, v))
    fixed = (lead.columns == 0).all(dim=0)  # entries of which both are constants need no neuron
    lead = AffineTensor(
        torch.where(fixed, lead.constant.clamp(min=0.0), lead.constant), lead.columns
    )
    return add_weighted((1.0, v), (1.0, basis.activate(lead, fixed.double(), layer)))


def take_smaller(
    basis: Basis, u: AffineTensor | Tensor, v: AffineTensor | Tensor, layer: str
) -> AffineTensor:
    """min(u, v) = -max(-u, -v)."""
    negative = [add_weighted((-1.0, t)) if isinstance(t, AffineTensor) else -t for t in (u, v)]
    return add_weighted((-1.0, take_larger(basis, negative[0], negative[1], layer)))


def take_largest(basis: Basis, tensors: Sequence[AffineTensor], layer: str) -> AffineTensor:
    """Elementwise maximum, by pairs, so that the neurons stand in as few levels as possible."""
    while len(tensors) > 1:
        pairs = [tensors[i : i + 2] for i in range(0, len(tensors), 2)]
        tensors = [
            pair[0] if len(pair) == 1 else take_larger(basis, pair[0], pair[1], layer)
            for pair in pairs
        ]
    return tensors[0]


def clip(
    basis: Basis, x: AffineTensor, low: Any, high: Any, refuse: Refuse, layer: str
) -> AffineTensor:
    """min(max(x, low), high) = low + relu(x - low) - relu(x - high) for low <= high."""
    if isinstance(low, AffineTensor) or isinstance(high, AffineTensor):
        raise refuse("its limits depend on the input")

    low, high = (
        None if isinstance(limit, float) and math.isinf(limit) else limit for limit in (low, high)
    )
    if low is None and high is None:
        return x
    if high is None:
        return take_larger(basis, x, as_float64(low), layer)
    if low is None:
        return take_smaller(basis, x, as_float64(high), layer)

    low, high = as_float64(low), as_float64(high)
    if not (low <= high).all():
        raise refuse("its lower limit exceeds its upper one")

    above = relu(basis, add_weighted((1.0, x), (-1.0, low)), layer)
    return add_weighted(
        (1.0, low), (1.0, above), (-1.0, relu(basis, add_weighted((1.0, x), (-1.0, high)), layer))
    )


def reduce_extreme(
    basis: Basis, x: AffineTensor, dims: Sequence[int], keep: bool, sign: float, layer: str
) -> AffineTensor:
    """The largest (sign 1) or smallest (sign -1) entry over the dimensions `dims`, which are kept
    as 1 or dropped.
    """
    rank = x.constant.dim()
    kept = [
        1 if d in dims else size for d, size in enumerate(x.constant.shape) if keep or d not in dims
    ]
    order = [*(d for d in range(rank) if d not in dims), *dims]

    def slices(t: Tensor) -> tuple[Tensor, ...]:
        moved = t.permute(order).flatten(start_dim=rank - len(dims))
        return tuple(item.reshape(kept) for item in (sign * moved).unbind(dim=-1))

    return add_weighted((sign, take_largest(basis, apply_affine([x], slices, slices), layer)))


def index_windows(
    size: Sequence[int],
    out: Sequence[int],
    kernel: Sequence[int],
    stride: Sequence[int],
    dilation: Sequence[int],
    begin: Sequence[int],
) -> Tensor:
    """(places, windows): which entry of the flattened input stands at each place of each window, -1
    in the padding.

    size, out: shapes of the input and of the windows; begin: padding before the input.
    """
    index = torch.zeros((1, 1), dtype=torch.long)
    for n, o, k, s, d, b in zip(size, out, kernel, stride, dilation, begin, strict=True):
        at = torch.arange(k)[:, None] * d + torch.arange(o) * s - b
        joined = index[:, None, :, None] * n + at[None, :, None, :]
        inside = (index[:, None, :, None] >= 0) & ((at >= 0) & (at < n))[None, :, None, :]
        index = torch.where(inside, joined, -1).reshape(len(index) * k, -1)
    return index


def max_pool(
    basis: Basis, x: AffineTensor, index: Tensor, out: Sequence[int], layer: str
) -> AffineTensor:
    """The largest entry of every window; x: batch, channels and more; places in the padding repeat
    another entry.
    """
    filled = torch.where(index < 0, index.max(dim=0).values, index)

    def candidates(t: Tensor) -> tuple[Tensor, ...]:
        flat = t.flatten(start_dim=2)
        return tuple(flat[..., place].reshape(*flat.shape[:2], *out) for place in filled)

    return take_largest(basis, apply_affine([x], candidates, candidates), layer)
