"""Between torch's tensors, on which its operators run, and the arrays that tracing works with."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils._pytree import tree_map

from relurules.tracing.affine import AffineTensor, join_spans, pack_results


def to_tensor(array: Any) -> Tensor:
    """An array, or a number, as a tensor, which shares its memory where it can."""
    return torch.from_numpy(np.require(array, requirements=("C", "W")))


def to_arrays(value: Any) -> Any:
    """Nested values with arrays in place of their tensors."""
    return tree_map(lambda item: item.numpy() if isinstance(item, Tensor) else item, value)


def apply_affine_operator(
    data: Sequence[AffineTensor | Tensor],
    operator: Callable[..., Any],
    linear_part: Callable[..., Any],
) -> Any:
    """An affine operator of torch on `data`: the operator itself on the constants, its linear part
    on every column.

    Returns an AffineTensor, or a list of them where the operator returns several tensors.
    """
    span = join_spans(data)
    constants = [
        to_tensor(item.constant) if isinstance(item, AffineTensor) else item for item in data
    ]
    whole = to_arrays(operator(*constants))
    if not span:
        return pack_results(whole, None)

    columns = [
        to_tensor(item.widen_columns(span))
        if isinstance(item, AffineTensor)
        else item.new_zeros((len(span), *item.shape))
        for item in data
    ]
    return pack_results(whole, to_arrays(torch.vmap(linear_part)(*columns)), span.start)


def move_indices(operator: Callable[..., Any]) -> Callable[..., Any]:
    """An operator of torch that only moves entries about, as one of arrays."""
    return lambda *indices: to_arrays(operator(*map(to_tensor, indices)))
