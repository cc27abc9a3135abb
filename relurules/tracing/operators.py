"""The ATen operators that the tracer knows. Whatever isn't a row here is refused by name.

Affine operators are listed by the roles of their arguments; the tracer evaluates the operator itself, so no row holds
any algebra. `data` arguments may be affine tensors, in which the operator is linear; `offset` arguments are only added,
so they vanish from its linear part; all others must be constants. Activations are listed with the slope of their PReLU.
https://docs.pytorch.org/docs/stable/torch.compiler_ir.html names the operators.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor

from relurules.activations import SLOPES

aten = torch.ops.aten


class Roles(NamedTuple):
    """Argument names of an affine operator, as in its schema, and what to call where it needs a stand-in."""

    data: frozenset[str]
    offset: frozenset[str] = frozenset()
    call: Callable[..., Any] | None = None


def _roles(data: str, offset: str = "", call: Callable[..., Any] | None = None) -> Roles:
    return Roles(frozenset(data.split()), frozenset(offset.split()), call)


def _batch_norm(x: Tensor, weight: Any, bias: Any, mean: Tensor, var: Tensor, momentum: float, eps: float) -> Tensor:
    """The same as its namesake below, which torch.vmap can't batch."""
    result: Tensor = aten.batch_norm.default(x, weight, bias, mean, var, False, momentum, eps, False)
    return result


AFFINE: Mapping[Any, Roles] = {
    aten.linear.default: _roles("input", "bias"),
    aten.batch_norm.default: _roles("input", "bias running_mean"),
    aten._native_batch_norm_legit_no_training.default: _roles("input", "bias running_mean", _batch_norm),
    aten.add.Tensor: _roles("self other"),
    aten.cat.default: _roles("tensors"),
    aten.flatten.using_ints: _roles("self"),
    aten.view.default: _roles("self"),
    aten.reshape.default: _roles("self"),
    aten.dropout.default: _roles("input"),
    aten.alias.default: _roles("self"),
    aten.clone.default: _roles("self"),
}

#: Operators whose flag must be false: in training mode they are random, or depend on the batch.
TRAINING_FLAG: Mapping[Any, str] = {aten.dropout.default: "train", aten.batch_norm.default: "training"}


def _prelu_slope(bound: Mapping[str, Any]) -> Tensor:
    weight: Tensor = bound["weight"]
    rank = bound["self"].constant.dim()
    return weight if weight.numel() == 1 or rank < 2 else weight.reshape(1, -1, *[1] * (rank - 2))


def _fixed(name: str) -> Callable[[Mapping[str, Any]], Tensor]:
    return lambda _: torch.tensor(SLOPES[name], dtype=torch.float64)


#: Activation -> its PReLU slope, from the operator's arguments by name; the input is called `self` in all of them.
ACTIVATIONS: Mapping[Any, Callable[[Mapping[str, Any]], Tensor]] = {
    aten.relu.default: _fixed("relu"),
    aten.leaky_relu.default: lambda bound: torch.tensor(float(bound["negative_slope"]), dtype=torch.float64),
    aten.prelu.default: _prelu_slope,
}

SUPPORTED = (
    "Linear, ReLU, LeakyReLU, PReLU, Identity, Dropout, BatchNorm1d (eval), Flatten, nested Sequential, sums and "
    "concatenations of tensors (ATen: " + ", ".join(sorted(op.name() for op in (*AFFINE, *ACTIVATIONS))) + ")"
)
