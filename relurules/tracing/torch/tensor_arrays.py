"""Between torch's tensors, on which its operators run, and the arrays that tracing works with."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils._pytree import tree_map

from relurules.tracing.affine import AffineTensor


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
    count = max(len(item.columns) for item in data if isinstance(item, AffineTensor))
    constants = [
        to_tensor(item.constant) if isinstance(item, AffineTensor) else item for item in data
    ]
    columns = [
        to_tensor(item.widened(count))
        if isinstance(item, AffineTensor)
        else item.new_zeros((count, *item.shape))
        for item in data
    ]
    whole, parts = to_arrays((operator(*constants), torch.vmap(linear_part)(*columns)))

    if isinstance(whole, tuple | list):
        return [AffineTensor(constant, part) for constant, part in zip(whole, parts, strict=True)]
    return AffineTensor(whole, parts)


def move_indices(operator: Callable[..., Any]) -> Callable[..., Any]:
    """An operator of torch that only moves entries about, as one of arrays."""
    return lambda *indices: to_arrays(operator(*map(to_tensor, indices)))
