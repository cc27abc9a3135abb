"""What continuous piecewise linear operators are made of, whatever their framework: affine maps
around ReLUs.

max(u, v) = v + relu(u - v); clipping and pooling follow.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.errors import ModelError
from relurules.tracing.affine import AffineTensor, Array, Basis, add_weighted, apply_affine

Refuse = Callable[[str], ModelError]

_RELU = np.zeros(())


def as_float64(value: Any) -> Array:
    """A number or an array in float64."""
    return np.asarray(value, dtype=np.float64)


def relu(basis: Basis, tensor: AffineTensor, layer: str) -> AffineTensor:
    """max(tensor, 0)."""
    return basis.activate(tensor, _RELU, layer)


def take_larger(
    basis: Basis, u: AffineTensor | Array, v: AffineTensor | Array, layer: str
) -> AffineTensor:
    """max(u, v), shapes broadcast; at least one of them affine."""
    lead = add_weighted((1.0, u), (-1.0, v))
    fixed = ~lead.columns.any(axis=0)  # entries of which both are constants need no neuron
    settled = np.where(fixed, np.maximum(lead.constant, 0.0), lead.constant)
    kink = basis.activate(replace(lead, constant=settled), as_float64(fixed), layer)
    return add_weighted((1.0, v), (1.0, kink))


def take_smaller(
    basis: Basis, u: AffineTensor | Array, v: AffineTensor | Array, layer: str
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
    rank = x.constant.ndim
    kept = [
        1 if d in dims else size for d, size in enumerate(x.constant.shape) if keep or d not in dims
    ]
    order = [*(d for d in range(rank) if d not in dims), *dims]

    def slices(t: Array) -> tuple[Array, ...]:
        moved = sign * t.transpose(0, *(d + 1 for d in order))
        flat = moved.reshape(*moved.shape[: 1 + rank - len(dims)], -1)
        return tuple(flat[..., i].reshape(len(t), *kept) for i in range(flat.shape[-1]))

    return add_weighted((sign, take_largest(basis, apply_affine([x], slices, slices), layer)))


def index_windows(
    size: Sequence[int],
    out: Sequence[int],
    kernel: Sequence[int],
    stride: Sequence[int],
    dilation: Sequence[int],
    begin: Sequence[int],
) -> NDArray[np.intp]:
    """(places, windows): which entry of the flattened input stands at each place of each window, -1
    in the padding.

    size, out: shapes of the input and of the windows; begin: padding before the input.
    """
    index = np.zeros((1, 1), dtype=np.intp)
    for n, o, k, s, d, b in zip(size, out, kernel, stride, dilation, begin, strict=True):
        at = np.arange(k)[:, None] * d + np.arange(o) * s - b
        joined = index[:, None, :, None] * n + at[None, :, None, :]
        inside = (index[:, None, :, None] >= 0) & ((at >= 0) & (at < n))[None, :, None, :]
        index = np.where(inside, joined, -1).reshape(len(index) * k, -1)

    return index


def max_pool(
    basis: Basis, x: AffineTensor, index: NDArray[np.intp], out: Sequence[int], layer: str
) -> AffineTensor:
    """The largest entry of every window; x: batch, channels and more; places in the padding repeat
    another entry.
    """
    filled = np.where(index < 0, index.max(axis=0), index)

    def candidates(t: Array) -> tuple[Array, ...]:
        flat = t.reshape(*t.shape[:3], -1)
        return tuple(flat[..., place].reshape(*t.shape[:3], *out) for place in filled)

    return take_largest(basis, apply_affine([x], candidates, candidates), layer)
