"""Affine tensors: every entry of a tensor as an affine form of the inputs and of the neurons met so
far.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.errors import ModelError
from relurules.ir import Network, Neuron

Array = NDArray[np.float64]

#: The most entries that one tensor may have, counting its columns (a gigabyte).
LARGEST = 2**27


@dataclass(frozen=True, slots=True, eq=False)
class AffineTensor:
    """constant + sum over the basis of columns[i] * basis[i].

    constant: float64 of the tensor's own shape; columns: (n, *shape), for the first n variables of
    the basis: the d inputs, then one phi(z) per neuron. Variables past n have no part in this
    tensor.
    """

    constant: Array
    columns: Array

    @property
    def shape(self) -> tuple[int, ...]:
        """The tensor's shape."""
        return self.constant.shape

    @property
    def size(self) -> int:
        """Number of entries."""
        return math.prod(self.constant.shape)

    def widened(self, count: int) -> Array:
        """The columns for the first `count` variables."""
        if count == len(self.columns):
            return self.columns
        missing = np.zeros((count - len(self.columns), *self.constant.shape))
        return np.concatenate([self.columns, missing])


def apply_affine(
    data: Sequence[AffineTensor | Array],
    operator: Callable[..., Any],
    linear_part: Callable[..., Any],
) -> Any:
    """An affine operator on `data`: the operator itself on the constants, its linear part on the
    columns.

    Both take many tensors at once, one more dimension in front. Returns an AffineTensor, or a list
    of them where the operator returns several tensors.
    """
    count = max(len(item.columns) for item in data if isinstance(item, AffineTensor))
    constants = [item.constant if isinstance(item, AffineTensor) else item for item in data]
    columns = [
        item.widened(count) if isinstance(item, AffineTensor) else np.zeros((count, *item.shape))
        for item in data
    ]
    whole, parts = operator(*(constant[None] for constant in constants)), linear_part(*columns)

    if isinstance(whole, tuple | list):
        return [AffineTensor(one[0], part) for one, part in zip(whole, parts, strict=True)]
    return AffineTensor(whole[0], parts)


def align_rank(tensors: Array, rank: int) -> Array:
    """Many tensors (n, *shape), with dimensions of size 1 before those of the shape, up to this
    rank: as broadcasting adds them to one tensor.
    """
    missing = max(0, rank + 1 - tensors.ndim)
    return tensors.reshape(len(tensors), *[1] * missing, *tensors.shape[1:])


def add_weighted(*terms: tuple[float, AffineTensor | Array]) -> AffineTensor:
    """Sum of factor * tensor, shapes broadcast; at least one of them affine."""
    tensors = [tensor for _, tensor in terms]
    affine = [(factor, one) for factor, one in terms if isinstance(one, AffineTensor)]
    shape = np.broadcast_shapes(*(tensor.shape for tensor in tensors))
    columns = np.zeros((max(len(tensor.columns) for _, tensor in affine), *shape))
    for factor, tensor in affine:
        own, part = columns[: len(tensor.columns)], align_rank(tensor.columns, len(shape))
        if factor == -1.0:
            own -= part
        else:
            own += part if factor == 1.0 else factor * part

    (scale, first), *rest = terms
    constant = scale * _get_constant(first)
    for scale, item in rest:
        constant = constant + scale * _get_constant(item)

    return AffineTensor(constant, columns)


def _get_constant(tensor: AffineTensor | Array) -> Array:
    return tensor.constant if isinstance(tensor, AffineTensor) else tensor


class Basis:
    """The variables met so far, d inputs, then neurons and what is made of the inputs, and each
    neuron's own affine form.
    """

    def __init__(self, inputs: int) -> None:
        self.inputs = inputs
        #: Of every variable, whether it is an input: one of the first, or one that was added.
        self.input_marks: list[bool] = [True] * inputs
        self.forms: list[Array] = []
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

    def activate(self, tensor: AffineTensor, slope: Array, layer: str) -> AffineTensor:
        """PReLU of the given slope (broadcast to the tensor): one new neuron per entry, none where
        the slope is 1.
        """
        slopes = np.broadcast_to(slope, tensor.shape).reshape(-1)
        kinks = np.flatnonzero(slopes != 1.0)
        self.identities += len(slopes) - len(kinks)
        first = len(self)
        if (first + len(kinks)) * max(first + len(kinks), len(slopes)) > LARGEST:
            raise ModelError(
                f"layer {layer!r} of {len(kinks)} neurons brings the network to "
                f"{len(self.neurons) + len(kinks)}, too many to be traced; make the network smaller"
            )

        flat = tensor.columns.reshape(len(tensor.columns), len(slopes))
        constant = tensor.constant.reshape(-1).copy()
        self.forms.extend(np.concatenate([flat[:, kinks].T, constant[kinks, None]], axis=1))
        self.slopes.extend(slopes[kinks].tolist())
        self.neurons.extend(Neuron(layer, int(i)) for i in kinks)
        self.input_marks.extend([False] * len(kinks))
        columns = np.zeros((first + len(kinks), len(slopes)))
        kept = np.flatnonzero(slopes == 1.0)
        columns[: len(flat), kept] = flat[:, kept]
        columns[first + np.arange(len(kinks)), kinks] = 1.0
        constant[kinks] = 0.0

        return AffineTensor(
            constant.reshape(tensor.shape), columns.reshape(len(columns), *tensor.shape)
        )

    def network(self, outputs: Sequence[AffineTensor]) -> Network:
        """The canonical form, the outputs flattened in order and concatenated; its inputs are all
        that there are, those that were added last.
        """
        count, K = len(self), len(self.neurons)
        rows = np.zeros((K, count + 1))
        for i, form in enumerate(self.forms):
            rows[i, : len(form) - 1] = form[:-1]
            rows[i, -1] = form[-1]

        last = np.concatenate(
            [out.widened(count).reshape(count, out.size) for out in outputs], axis=1
        ).T
        taken = np.array(self.input_marks)
        inputs, neurons = np.flatnonzero(taken), np.flatnonzero(~taken)
        constant = np.concatenate([out.constant.reshape(-1) for out in outputs])
        return Network(
            A=rows[:, inputs], L=rows[:, neurons], b=rows[:, -1],
            C=last[:, inputs], U=last[:, neurons], c=constant,
            slope=np.array(self.slopes), neurons=tuple(self.neurons),
        )  # fmt: skip
