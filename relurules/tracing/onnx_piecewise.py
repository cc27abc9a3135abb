"""The ONNX operators that are continuous and piecewise linear: affine maps around PReLUs, one function each."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from relurules.activations import SLOPES
from relurules.tracing.affine import AffineTensor, weighted
from relurules.tracing.onnx_call import (
    Call,
    Roles,
    Value,
    axes_of,
    fixed,
    given,
    only_first_output,
    operand,
    refused,
    variable,
)
from relurules.tracing.onnx_layers import linear, reduced, window_sums
from relurules.tracing.onnx_nodes import Constant
from relurules.tracing.onnx_spatial import windowed
from relurules.tracing.pieces import clip, extreme, larger, max_pool, number, relu, smaller, windows
from relurules.tracing.switches import Switch, compared, switched

_NO_LIMITS = frozenset(float(np.finfo(kind).max) for kind in (np.float32, np.float64))


def _activated(slope: str) -> Roles:
    return Roles(lambda call: [call.basis.activate(variable(call), number(SLOPES[slope]), call.layer)])


def _leaky(call: Call) -> list[Value | None]:
    return [call.basis.activate(variable(call), number(float(call.op.attributes["alpha"])), call.layer)]


def _prelu(call: Call) -> list[Value | None]:
    x, slope = variable(call), fixed(call, 1)
    try:
        return [call.basis.activate(x, slope.expand(x.constant.shape), call.layer)]
    except RuntimeError as error:
        shapes = f"{list(slope.shape)}, its input {list(x.constant.shape)}"
        raise refused(call, f"its slope has the shape {shapes}; supported: a slope that broadcasts") from error


def _limit(call: Call, name: str, i: int) -> Any:
    """A limit of Clip, in older operator sets an attribute; None where it limits nothing.

    The largest number of float32, which is the attributes' default, or of float64 stands for no limit.
    """
    value = given(call, i)
    if isinstance(value, AffineTensor):
        return value
    found = _scalar(call, value) if isinstance(value, Constant) else call.op.attributes.get(name)
    return None if found is None or abs(found) in _NO_LIMITS else float(found)


def _scalar(call: Call, value: Constant) -> float:
    if value.wide.size != 1 or value.wide != value.wide:
        raise refused(call, f"a limit is {value.wide.tolist()}; supported: one number")
    return float(value.wide.item())


def _clip(call: Call) -> list[Value | None]:
    x, low, high = variable(call), _limit(call, "min", 1), _limit(call, "max", 2)
    if isinstance(low, float) and isinstance(high, float):
        low = min(low, high)  # the upper limit is applied last
    return [clip(call.basis, x, low, high, lambda why: refused(call, why), call.layer)]


def _among(sign: int) -> Roles:
    """Max (sign 1) or Min (sign -1) of all inputs."""

    def rule(call: Call) -> list[Value | None]:
        found = operand(call, 0)
        choose = larger if sign > 0 else smaller
        for i in range(1, len(call.values)):
            other = operand(call, i)
            if isinstance(found, AffineTensor) or isinstance(other, AffineTensor):
                found = choose(call.basis, found, other, call.layer)
            else:
                found = torch.maximum(found, other) if sign > 0 else torch.minimum(found, other)
        return [found]  # type: ignore[list-item]

    return Roles(rule, None)


def _hard_sigmoid(call: Call) -> list[Value | None]:
    """max(0, min(1, alpha x + beta))."""
    alpha, beta = float(call.op.attributes["alpha"]), float(call.op.attributes["beta"])
    x = weighted((alpha, variable(call)), (1.0, number(beta)))
    return [clip(call.basis, x, 0.0, 1.0, lambda why: refused(call, why), call.layer)]


def _thresholded(call: Call) -> list[Value | None]:
    alpha = float(call.op.attributes["alpha"])
    if alpha != 0.0:
        raise refused(call, f"it jumps from 0 to {alpha}, so it isn't continuous; supported: alpha = 0")
    return [relu(call.basis, variable(call), call.layer)]


def _shrink(call: Call) -> list[Value | None]:
    """Relu(x - lambd) - relu(-x - lambd), where the bias is lambd."""
    margin, bias = float(call.op.attributes["lambd"]), float(call.op.attributes["bias"])
    if margin != bias or margin < 0.0:
        raise refused(call, f"it jumps, with lambd {margin} and bias {bias}; supported: lambd = bias >= 0")
    x, room = variable(call), number(margin)
    above = relu(call.basis, weighted((1.0, x), (-1.0, room)), call.layer)
    return [weighted((1.0, above), (-1.0, relu(call.basis, weighted((-1.0, x), (-1.0, room)), call.layer)))]


def _reduce(sign: float) -> Roles:
    def rule(call: Call) -> list[Value | None]:
        x = variable(call)
        dims = axes_of(call, x.constant.dim())
        keep = bool(call.op.attributes["keepdims"])
        return [extreme(call.basis, x, dims, keep, sign, call.layer) if dims else x]

    return Roles(rule)


def _global_max(call: Call) -> list[Value | None]:
    x = variable(call)
    return [extreme(call.basis, x, range(2, x.constant.dim()), True, 1.0, call.layer)]


def _max_pool(call: Call) -> list[Value | None]:
    only_first_output(call)
    x = variable(call)
    size = x.constant.shape[2:]
    shape = windowed(call.op, size)
    index = windows(size, shape.out, shape.kernel, shape.stride, shape.dilation, shape.begin)
    if bool((index < 0).all(dim=0).any()):
        raise refused(call, "one of its windows lies in the padding alone")
    return [max_pool(call.basis, x, index, shape.out, call.layer)]


def _absolute(call: Call) -> AffineTensor:
    return call.basis.activate(variable(call), number(SLOPES["abs"]), call.layer)


def _of_order_one(call: Call) -> None:
    if call.op.attributes["p"] != 1:
        raise refused(call, f"its p is {call.op.attributes['p']}; supported: p = 1")


def _lp_pool(call: Call) -> list[Value | None]:
    _of_order_one(call)
    return [window_sums(call, _absolute(call))]


def _global_lp(call: Call) -> list[Value | None]:
    _of_order_one(call)
    x = _absolute(call)
    dims = list(range(2, x.constant.dim()))
    return [linear(lambda t: t.sum(dim=dims, keepdim=True), x)]


def _comparison(sign: float, *, closed: bool) -> Roles:
    return Roles(lambda call: [compared(operand(call, 0), operand(call, 1), sign, closed)], None)


def choose(call: Call) -> list[Value | None]:
    """An operator on a comparison of values that depend on the input; refused where it jumps."""
    if call.op.name not in SWITCHED:
        raise refused(call, "it reads a comparison of values that depend on the input, so that it jumps")
    return [SWITCHED[call.op.name](call)]


def _switch(call: Call, i: int = 0) -> Switch:
    value = given(call, i)
    if not isinstance(value, Switch):
        raise refused(call, f"it takes a comparison of values that depend on the input, but not as its input {i}")
    return value


def _where(call: Call) -> AffineTensor:
    yes, no = operand(call, 1), operand(call, 2)
    return switched(call.basis, _switch(call), yes, no, lambda why: refused(call, why), call.layer)


def _gated(call: Call) -> AffineTensor:
    """A product by 1 where a comparison holds and by 0 elsewhere."""
    at = 0 if isinstance(given(call, 0), Switch) else 1
    value = operand(call, 1 - at)
    return switched(call.basis, _switch(call, at), value, 0.0, lambda why: refused(call, why), call.layer)


#: Operator on a comparison of values that depend on the input -> what it is in PReLUs, where it is continuous.
SWITCHED: Mapping[str, Callable[[Call], Value]] = {
    "Where": _where,
    "Mul": _gated,
    "Not": lambda call: _switch(call).negated(),
    "Cast": _switch,
    "Identity": _switch,
}

#: Operator -> what it is in PReLUs; of a comparison, what it compares.
PIECEWISE: Mapping[str, Roles] = {
    "Relu": _activated("relu"),
    "Abs": _activated("abs"),
    "LeakyRelu": Roles(_leaky),
    "PRelu": Roles(_prelu),
    "Clip": Roles(_clip),
    "Max": _among(1),
    "Min": _among(-1),
    "HardSigmoid": Roles(_hard_sigmoid),
    "ThresholdedRelu": Roles(_thresholded),
    "Shrink": Roles(_shrink),
    "ReduceMax": _reduce(1.0),
    "ReduceMin": _reduce(-1.0),
    "ReduceL1": Roles(lambda call: [reduced(call, _absolute(call), torch.sum)]),
    "MaxPool": Roles(_max_pool),
    "GlobalMaxPool": Roles(_global_max),
    "LpPool": Roles(_lp_pool),
    "GlobalLpPool": Roles(_global_lp),
    "Greater": _comparison(1.0, closed=False),
    "GreaterOrEqual": _comparison(1.0, closed=True),
    "Less": _comparison(-1.0, closed=False),
    "LessOrEqual": _comparison(-1.0, closed=True),
}
