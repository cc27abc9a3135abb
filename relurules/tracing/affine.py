"""Affine tensors: every entry of a tensor as an affine form of the inputs and of the neurons met so
far.
"""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from relurules.errors import ModelError
from relurules.ir import Network, Neuron

#: The most entries that one tensor may have, counting its columns (a gigabyte).
LARGEST = 2**27


@dataclass(frozen=True, slots=True)
class AffineTensor:
    """constant + sum over the basis of columns[i] * basis[i].

    constant: float64 of the tensor's own shape; columns: (n, *shape), for the first n variables of
    the basis: the d inputs, then one phi(z) per neuron. Variables past n have no part in this
    tensor.
    """

    constant: Tensor
    columns: Tensor

    @property
    def shape(self) -> torch.Size:
        """The tensor's shape."""
        return self.constant.shape

    def widened(self, count: int) -> Tensor:
        """The columns for the first `count` variables."""
        missing = count - len(self.columns)
        return torch.cat([self.columns, self.columns.new_zeros((missing, *self.constant.shape))])


def apply_affine(
    data: Sequence[AffineTensor | Tensor],
    operator: Callable[..., Any],
    linear_part: Callable[..., Any],
) -> Any:
    """An affine operator on `data`: the operator itself on the constants, its linear part on every
    column.

    Returns an AffineTensor, or a list of them where the operator returns several tensors.
    """
    count = max(len(item.columns) for item in data if isinstance(item, AffineTensor))
    constants = [item.constant if isinstance(item, AffineTensor) else item for item in data]
    columns = [
        item.widened(count)
        if isinstance(item, AffineTensor)
        else item.new_zeros((count, *item.shape))
        for item in data
    ]
    whole, parts = operator(*constants), torch.vmap(linear_part)(*columns)

    if isinstance(whole, tuple | list):
        return [AffineTensor(constant, part) for constant, part in zip(whole, parts, strict=True)]
    return AffineTensor(whole, parts)


def add_weighted(*terms: tuple[float, AffineTensor | Tensor]) -> AffineTensor:
    """Sum of factor * tensor, shapes broadcast; at least one of them affine."""

    def total(*items: Tensor) -> Tensor:
        parts = [factor * item for (factor, _), item in zip(terms, items, strict=True)]
        return functools.reduce(torch.add, parts)

    result: AffineTensor = apply_affine([tensor for _, tensor in terms], total, total)
    return result


class Basis:
    """The variables met so far, d inputs, then neurons and what is made of the inputs, and each
    neuron's own affine form.
    """

    def __init__(self, inputs: int) -> None:
        self.inputs = inputs
        #: Of every variable, whether it is an input: one of the first, or one that was added.
        self.input_marks: list[bool] = [True] * inputs
        self.forms: list[Tensor] = []
        self.slopes: list[float] = []
        self.neurons: list[Neuron] = []
        self.identities = 0

    def __len__(self) -> int:
        """Number of variables."""
        return len(self.input_marks)

    def add_input(self) -> int:
        """One more input, such as whether a column is one of its categories; its place among the
        variables.
        """
        self.input_marks.append(True)
        return len(self) - 1

    def activate(self, tensor: AffineTensor, slope: Tensor, layer: str) -> AffineTensor:
        """PReLU of the given slope (broadcast to the tensor): one new neuron per entry, none where
        the slope is 1.
        """
        slopes = slope.expand(tensor.constant.shape).reshape(-1)
        kinks = torch.nonzero(slopes != 1.0).reshape(-1)
        self.identities += len(slopes) - len(kinks)
        first = len(self)
        if (first + len(kinks)) * max(first + len(kinks), len(slopes)) > LARGEST:
            raise ModelError(
                f"layer {layer!r} of {len(kinks)} neurons brings the network to "
                f"{len(self.neurons) + len(kinks)}, too many to be traced; make the network smaller"
            )

        flat = tensor.widened(first).reshape(first, -1)
        self.forms.extend(
            torch.cat([flat[:, kinks].T, tensor.constant.reshape(-1)[kinks, None]], dim=1)
        )
        self.slopes.extend(slopes[kinks].tolist())
        self.neurons.extend(Neuron(layer, int(i)) for i in kinks)
        self.input_marks.extend([False] * len(kinks))
        constant = tensor.constant.reshape(-1).clone()
        constant[kinks] = 0.0
        columns = torch.cat([flat, flat.new_zeros((len(kinks), flat.shape[1]))])
        columns[:, kinks] = 0.0
        columns[first + torch.arange(len(kinks)), kinks] = 1.0
        shape = tensor.constant.shape

        return AffineTensor(constant.reshape(shape), columns.reshape(len(columns), *shape))

    def network(self, outputs: Sequence[AffineTensor]) -> Network:
        """The canonical form, the outputs flattened in order and concatenated; its inputs are all
        that there are, those that were added last.
        """
        count, K = len(self), len(self.neurons)
        rows = np.zeros((K, count + 1))
        for i, form in enumerate(self.forms):
            rows[i, : len(form) - 1] = form[:-1]
            rows[i, -1] = form[-1]

        last = torch.cat(
            [out.widened(count).reshape(count, -1) for out in outputs], dim=1
        ).T.numpy()
        taken = np.array(self.input_marks)
        inputs, neurons = np.flatnonzero(taken), np.flatnonzero(~taken)
        constant = torch.cat([out.constant.reshape(-1) for out in outputs]).numpy()
        return Network(
            A=rows[:, inputs], L=rows[:, neurons], b=rows[:, -1],
            C=last[:, inputs], U=last[:, neurons], c=constant,
            slope=np.array(self.slopes), neurons=tuple(self.neurons),
        )  # fmt: skip
