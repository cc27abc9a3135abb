"""Affine tensors: every entry of a tensor as an affine form of the inputs and of the neurons met so
far.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.ir import Network, Neuron
from relurules.ir.network import close_array
from relurules.tracing.large_zeros import make_large_zeros
from relurules.tracing.network_size import LARGEST, check_network_size, refuse_tensor

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class AffineTensor:
    """constant + sum over i of columns[i] * basis[first + i].

    The basis is the d inputs, then one phi(z) per neuron. Only a span of it has columns, as most
    layers read only the one before them; all other variables have no part in this tensor.

    constant: float64 of the tensor's own shape; columns: (n, *shape), for n variables of the basis
    from the one numbered `first` on.
    """

    constant: Array
    columns: Array
    first: int = 0

    @property
    def shape(self) -> tuple[int, ...]:
        """The tensor's shape."""
        return self.constant.shape

    @property
    def size(self) -> int:
        """Number of entries."""
        return math.prod(self.constant.shape)

    @property
    def span(self) -> range:
        """The variables that have columns."""
        return range(self.first, self.first + len(self.columns))

    def widen_columns(self, span: range) -> Array:
        """The columns for these variables, which hold all that have any."""
        if span == self.span:
            return self.columns
        wide = np.zeros((len(span), *self.constant.shape))
        if len(self.columns):
            before = self.first - span.start
            wide[before : before + len(self.columns)] = self.columns
        return wide


def join_spans(tensors: Iterable[Any]) -> range:
    """The smallest span that holds those of all affine tensors among these values."""
    spans = [
        tensor.span
        for tensor in tensors
        if isinstance(tensor, AffineTensor) and len(tensor.columns)
    ]
    if not spans:
        return range(0)
    return range(min(span.start for span in spans), max(span.stop for span in spans))


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
    span = join_spans(data)
    constants = [item.constant if isinstance(item, AffineTensor) else item for item in data]
    whole = operator(*(constant[None] for constant in constants))
    whole = [one[0] for one in whole] if isinstance(whole, tuple | list) else whole[0]
    if not span:
        return pack_results(whole, None)

    columns = [
        item.widen_columns(span)
        if isinstance(item, AffineTensor)
        else np.zeros((len(span), *item.shape))
        for item in data
    ]
    return pack_results(whole, linear_part(*columns), span.start)


def pack_results(constants: Any, columns: Any, first: int = 0) -> Any:
    """The AffineTensor of what an operator gave of constants and of columns, None where no variable
    has a part; a list of them where it gave several.
    """
    if isinstance(constants, tuple | list):
        parts = [None] * len(constants) if columns is None else columns
        return [pack_results(*pair, first) for pair in zip(constants, parts, strict=True)]
    if columns is None:
        return make_constant_tensor(constants)
    return AffineTensor(constants, columns, first)


def make_constant_tensor(constant: Array) -> AffineTensor:
    """A tensor in which no variable has a part."""
    return AffineTensor(constant, np.zeros((0, *constant.shape)))


def align_rank(tensors: Array, rank: int) -> Array:
    """Many tensors (n, *shape), with dimensions of size 1 before those of the shape, up to this
    rank: as broadcasting adds them to one tensor.
    """
    missing = max(0, rank + 1 - tensors.ndim)
    return tensors.reshape(len(tensors), *[1] * missing, *tensors.shape[1:])


def add_weighted(*terms: tuple[float, AffineTensor | Array]) -> AffineTensor:
    """Sum of factor * tensor, shapes broadcast; at least one of them affine."""
    tensors = [tensor for _, tensor in terms]
    shape = np.broadcast_shapes(*(tensor.shape for tensor in tensors))
    span = join_spans(tensors)
    columns = np.zeros((len(span), *shape))
    for factor, tensor in terms:
        if not isinstance(tensor, AffineTensor) or not len(tensor.columns):
            continue
        before = tensor.first - span.start
        own = columns[before : before + len(tensor.columns)]
        part = align_rank(tensor.columns, len(shape))
        if factor == -1.0:
            own -= part
        else:
            own += part if factor == 1.0 else factor * part

    (scale, first), *rest = terms
    constant = scale * _get_constant(first)
    for scale, item in rest:
        constant = constant + scale * _get_constant(item)

    return AffineTensor(constant, columns, span.start)


def _get_constant(tensor: AffineTensor | Array) -> Array:
    return tensor.constant if isinstance(tensor, AffineTensor) else tensor


class FormBlock(NamedTuple):
    """Affine forms of some neurons: `weights` (k, n) of n variables from `first` on, `constants`
    (k,).
    """

    first: int
    weights: Array
    constants: Array


class Basis:
    """The variables met so far, d inputs, then neurons and what is made of the inputs, and the
    neurons' own affine forms.
    """

    def __init__(self, inputs: int) -> None:
        self.inputs = inputs
        #: Of every variable, whether it is an input: one of the first, or one that was added.
        self.input_marks: list[bool] = [True] * inputs
        self.forms: list[FormBlock] = []
        self.slopes: list[float] = []
        self.neurons: list[Neuron] = []
        self.identities = 0

    def __len__(self) -> int:
        """Number of variables."""
        return len(self.input_marks)

    def make_input(self, shape: Sequence[int], first: int = 0) -> AffineTensor:
        """A tensor of inputs, one for each entry, from the one numbered `first` on."""
        count = math.prod(shape)
        return AffineTensor(np.zeros(shape), np.eye(count).reshape(count, *shape), first)

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
        kept = np.flatnonzero(slopes == 1.0)
        self.identities += len(kept)
        first, end = len(self), len(self) + len(kinks)
        start = tensor.first if len(kept) and len(tensor.columns) else first
        if len(kinks):
            neurons = len(self.neurons) + len(kinks)
            check_network_size(neurons, end - neurons, {layer: len(kinks)})
        if (end - start) * len(slopes) > LARGEST:
            raise refuse_tensor(layer, tensor.shape, end - start)

        flat = tensor.columns.reshape(len(tensor.columns), len(slopes))
        constant = tensor.constant.reshape(-1).copy()
        own = flat if not len(kept) else flat[:, kinks]
        self.forms.append(FormBlock(tensor.first, own.T, constant[kinks]))
        self.slopes.extend(slopes[kinks].tolist())
        self.neurons.extend(Neuron(layer, int(i)) for i in kinks)
        self.input_marks.extend([False] * len(kinks))
        columns = np.zeros((end - start, len(slopes)))
        if len(kept):
            columns[: len(flat), kept] = flat[:, kept]
        columns[first - start + np.arange(len(kinks)), kinks] = 1.0
        constant[kinks] = 0.0

        return AffineTensor(
            constant.reshape(tensor.shape), columns.reshape(len(columns), *tensor.shape), start
        )

    def network(self, outputs: Sequence[AffineTensor]) -> Network:
        """The canonical form, the outputs flattened in order and concatenated; its inputs are all
        that there are, those that were added last.
        """
        last = [
            FormBlock(
                out.first,
                out.columns.reshape(len(out.columns), out.size).T,
                out.constant.reshape(-1),
            )
            for out in outputs
        ]
        A, L, b = self._join_forms(self.forms)
        C, U, c = self._join_forms(last)
        slope = np.array(self.slopes)
        return Network(A=A, L=L, b=b, C=C, U=U, c=c, slope=slope, neurons=tuple(self.neurons))

    def _join_forms(self, blocks: Sequence[FormBlock]) -> tuple[Array, Array, Array]:
        """Weights of inputs, weights of neurons, and constants, a row for each form; they are
        closed to changes, so that a network needn't copy them.
        """
        marks = np.array(self.input_marks, dtype=np.bool_)
        numbers = np.where(marks, np.cumsum(marks), np.cumsum(~marks)) - 1
        rows = sum(len(block.constants) for block in blocks)
        inputs = np.zeros((rows, int(marks.sum())))
        neurons = make_large_zeros(rows, len(self.neurons))
        done = 0
        for first, weights, constants in blocks:
            own = slice(done, done + len(constants))
            span = slice(first, first + weights.shape[1])
            of_inputs, at = marks[span], numbers[span]
            if of_inputs.any():
                inputs[own, at[of_inputs]] = weights[:, of_inputs]
                neurons[own, at[~of_inputs]] = weights[:, ~of_inputs]
            elif len(at):  # neurons alone, whose numbers follow one another
                neurons[own, at[0] : at[-1] + 1] = weights
            done = own.stop

        joined = np.concatenate([np.empty(0), *(block.constants for block in blocks)])
        return close_array(inputs), close_array(neurons), close_array(joined)
