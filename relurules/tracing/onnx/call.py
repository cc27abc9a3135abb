"""One operator met while tracing, on values of which at least one depends on the input."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from relurules.errors import ModelError
from relurules.tracing.affine import AffineTensor, Array, Basis
from relurules.tracing.heads import LinkedTensor
from relurules.tracing.onnx.nodes import Constant, Operator
from relurules.tracing.relu_blocks import as_float64
from relurules.tracing.switches import Switch


class LabelLookup(NamedTuple):
    """What a classifier calls its classes, looked up by the number of the class: no number that
    rules could give.
    """

    classes: tuple[Any, ...]
    heads: LinkedTensor


class CodeTensor(NamedTuple):
    """Whole numbers or texts that depend on the input.

    texts: what the numbers of `tensor` stand for, none where these are a column's own texts.
    """

    tensor: AffineTensor
    is_text: bool = False
    texts: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """The tensor's shape."""
        return self.tensor.shape

    def replace_tensor(self, tensor: AffineTensor) -> "CodeTensor":
        """The same kind of codes, of another tensor."""
        return self._replace(tensor=tensor)


Continuous = AffineTensor | Constant | LinkedTensor | LabelLookup
Value = Continuous | Switch | CodeTensor


class OperatorCall(NamedTuple):
    """An operator, its inputs (None where one isn't given), the basis to add neurons to, and their
    layer's name.
    """

    op: Operator
    values: Sequence[Value | None]
    basis: Basis
    layer: str


Rule = Callable[[OperatorCall], list[Value | None]]


class OperatorRule(NamedTuple):
    """How an operator is traced, and which of its inputs may depend on the model's input; None: all
    of them.
    """

    rule: Rule
    data: frozenset[int] | None = frozenset({0})


def call_error(call: OperatorCall, why: str) -> ModelError:
    """The error for an operator that can't be traced."""
    return ModelError(f"{call.op.place}: {why}")


def get_input(call: OperatorCall, i: int) -> Value | None:
    """Input i, None where there is none."""
    return call.values[i] if i < len(call.values) else None


def get_variable(call: OperatorCall, i: int = 0) -> AffineTensor:
    """Input i, which must depend on the model's input."""
    value = get_input(call, i)
    if not isinstance(value, AffineTensor):
        raise call_error(
            call,
            (
                f"its input {i} is a constant, and another one depends on the input; supported: "
                "the reverse"
            ),
        )

    return value


def get_operand(call: OperatorCall, i: int) -> AffineTensor | Array:
    """Input i as a term of a sum or product: affine, or finite numbers in float64."""
    value = get_input(call, i)
    return value if isinstance(value, AffineTensor) else get_constant(call, i)


def get_constant(call: OperatorCall, i: int) -> Array:
    """Input i, a constant, as finite numbers in float64."""
    value = get_input(call, i)
    if not isinstance(value, Constant) or value.wide.dtype.kind not in "fiub":
        raise call_error(
            call,
            (
                f"its input {i} {'depends on the input' if value else 'is missing'}; supported: "
                "numbers that are constant"
            ),
        )

    bad = np.argwhere(~np.isfinite(value.wide))
    if len(bad):
        at = tuple(int(i) for i in bad[0])
        name = call.op.inputs[i]
        raise call_error(
            call,
            f"{name}{list(at)} is {value.wide[at]} ({len(bad)} of {value.wide.size} entries aren't "
            "finite); the network has no rules, train it again or mend the file",
        )

    return as_float64(value.wide)


def get_integers(call: OperatorCall, attribute: str, i: int) -> list[int] | None:
    """A list of integers that older operator sets take as an attribute and newer ones as input i;
    None: not given.
    """
    listed = call.op.attributes.get(attribute)
    value = get_input(call, i)
    if listed is None and isinstance(value, Constant):
        listed = value.native.reshape(-1).tolist()
    return None if listed is None else [int(entry) for entry in listed]


def get_reduction_axes(call: OperatorCall, rank: int) -> list[int]:
    """The dimensions that a reduction runs over."""
    axes = get_integers(call, "axes", 1)
    if not axes:
        return [] if call.op.attributes.get("noop_with_empty_axes") else list(range(rank))
    if any(not -rank <= axis < rank for axis in axes):
        raise call_error(call, f"its axes {axes} don't fit an input of rank {rank}")
    return sorted({axis % rank for axis in axes})


def check_single_output(call: OperatorCall) -> None:
    """Refuse where an output beside the first is wanted."""
    if any(call.op.outputs[1:]):
        raise call_error(
            call, f"its output {call.op.outputs[-1]!r} is used; supported: the first output alone"
        )
