"""The ONNX operators that are continuous and piecewise linear: affine maps around PReLUs, one
function each.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from relurules.networks.activations import SLOPES
from relurules.tracing.affine import AffineTensor, add_weighted
from relurules.tracing.onnx.call import (
    OperatorCall,
    OperatorRule,
    Value,
    call_error,
    check_single_output,
    get_constant,
    get_input,
    get_operand,
    get_reduction_axes,
    get_variable,
)
from relurules.tracing.onnx.layers import apply_linear, reduce_axes, sum_pool
from relurules.tracing.onnx.nodes import Constant
from relurules.tracing.onnx.spatial import compute_windows
from relurules.tracing.relu_blocks import (
    as_float64,
    clip,
    index_windows,
    max_pool,
    reduce_extreme,
    relu,
    take_larger,
    take_smaller,
)
from relurules.tracing.switches import Switch, compare_values, select_by_switch

_NO_LIMITS = frozenset(float(np.finfo(kind).max) for kind in (np.float32, np.float64))


def _make_activation_rule(slope: str) -> OperatorRule:
    return OperatorRule(
        lambda call: [
            call.basis.activate(get_variable(call), as_float64(SLOPES[slope]), call.layer)
        ]
    )


def _trace_leaky_relu(call: OperatorCall) -> list[Value | None]:
    return [
        call.basis.activate(
            get_variable(call), as_float64(float(call.op.attributes["alpha"])), call.layer
        )
    ]


def _trace_prelu(call: OperatorCall) -> list[Value | None]:
    x, slope = get_variable(call), get_constant(call, 1)
    try:
        return [call.basis.activate(x, np.broadcast_to(slope, x.shape), call.layer)]
    except ValueError as error:
        shapes = f"{list(slope.shape)}, its input {list(x.constant.shape)}"
        raise call_error(
            call, f"its slope has the shape {shapes}; supported: a slope that broadcasts"
        ) from error


def _read_limit(call: OperatorCall, name: str, i: int) -> Any:
    """A limit of Clip, in older operator sets an attribute; None where it limits nothing.

    The largest number of float32, which is the attributes' default, or of float64 stands for no
    limit.
    """
    value = get_input(call, i)
    if isinstance(value, AffineTensor):
        return value
    found = (
        _read_scalar(call, value) if isinstance(value, Constant) else call.op.attributes.get(name)
    )
    return None if found is None or abs(found) in _NO_LIMITS else float(found)


def _read_scalar(call: OperatorCall, value: Constant) -> float:
    if value.wide.size != 1 or value.wide != value.wide:
        raise call_error(call, f"a limit is {value.wide.tolist()}; supported: one number")
    return float(value.wide.item())


def _trace_clip(call: OperatorCall) -> list[Value | None]:
    x, low, high = get_variable(call), _read_limit(call, "min", 1), _read_limit(call, "max", 2)
    if isinstance(low, float) and isinstance(high, float):
        low = min(low, high)  # the upper limit is applied last
    return [clip(call.basis, x, low, high, lambda why: call_error(call, why), call.layer)]


def _make_extreme_rule(sign: int) -> OperatorRule:
    """Max (sign 1) or Min (sign -1) of all inputs."""

    def rule(call: OperatorCall) -> list[Value | None]:
        found = get_operand(call, 0)
        choose = take_larger if sign > 0 else take_smaller
        for i in range(1, len(call.values)):
            other = get_operand(call, i)
            if isinstance(found, AffineTensor) or isinstance(other, AffineTensor):
                found = choose(call.basis, found, other, call.layer)
            else:
                found = np.maximum(found, other) if sign > 0 else np.minimum(found, other)

        return [found]  # type: ignore[list-item]

    return OperatorRule(rule, None)


def _trace_hard_sigmoid(call: OperatorCall) -> list[Value | None]:
    """max(0, min(1, alpha x + beta))."""
    alpha, beta = float(call.op.attributes["alpha"]), float(call.op.attributes["beta"])
    x = add_weighted((alpha, get_variable(call)), (1.0, as_float64(beta)))
    return [clip(call.basis, x, 0.0, 1.0, lambda why: call_error(call, why), call.layer)]


def _trace_thresholded_relu(call: OperatorCall) -> list[Value | None]:
    alpha = float(call.op.attributes["alpha"])
    if alpha != 0.0:
        raise call_error(
            call, f"it jumps from 0 to {alpha}, so it isn't continuous; supported: alpha = 0"
        )
    return [relu(call.basis, get_variable(call), call.layer)]


def _trace_shrink(call: OperatorCall) -> list[Value | None]:
    """Relu(x - lambd) - relu(-x - lambd), where the bias is lambd."""
    margin, bias = float(call.op.attributes["lambd"]), float(call.op.attributes["bias"])
    if margin != bias or margin < 0.0:
        raise call_error(
            call, f"it jumps, with lambd {margin} and bias {bias}; supported: lambd = bias >= 0"
        )

    x, room = get_variable(call), as_float64(margin)
    above = relu(call.basis, add_weighted((1.0, x), (-1.0, room)), call.layer)
    return [
        add_weighted(
            (1.0, above),
            (-1.0, relu(call.basis, add_weighted((-1.0, x), (-1.0, room)), call.layer)),
        )
    ]


def _make_reduce_rule(sign: float) -> OperatorRule:
    def rule(call: OperatorCall) -> list[Value | None]:
        x = get_variable(call)
        dims = get_reduction_axes(call, x.constant.ndim)
        keep = bool(call.op.attributes["keepdims"])
        return [reduce_extreme(call.basis, x, dims, keep, sign, call.layer) if dims else x]

    return OperatorRule(rule)


def _trace_global_max_pool(call: OperatorCall) -> list[Value | None]:
    x = get_variable(call)
    return [reduce_extreme(call.basis, x, range(2, x.constant.ndim), True, 1.0, call.layer)]


def _trace_max_pool(call: OperatorCall) -> list[Value | None]:
    check_single_output(call)
    x = get_variable(call)
    size = x.constant.shape[2:]
    shape = compute_windows(call.op, size)
    index = index_windows(size, shape.out, shape.kernel, shape.stride, shape.dilation, shape.begin)
    if bool((index < 0).all(axis=0).any()):
        raise call_error(call, "one of its windows lies in the padding alone")
    return [max_pool(call.basis, x, index, shape.out, call.layer)]


def _take_absolute(call: OperatorCall) -> AffineTensor:
    return call.basis.activate(get_variable(call), as_float64(SLOPES["abs"]), call.layer)


def _check_order_one(call: OperatorCall) -> None:
    if call.op.attributes["p"] != 1:
        raise call_error(call, f"its p is {call.op.attributes['p']}; supported: p = 1")


def _trace_lp_pool(call: OperatorCall) -> list[Value | None]:
    _check_order_one(call)
    return [sum_pool(call, _take_absolute(call))]


def _trace_global_lp_pool(call: OperatorCall) -> list[Value | None]:
    _check_order_one(call)
    x = _take_absolute(call)
    dims = tuple(range(3, x.constant.ndim + 1))
    return [apply_linear(lambda t: t.sum(axis=dims, keepdims=True), x)]


def _make_comparison_rule(sign: float, *, closed: bool) -> OperatorRule:
    return OperatorRule(
        lambda call: [compare_values(get_operand(call, 0), get_operand(call, 1), sign, closed)],
        None,
    )


def trace_switch(call: OperatorCall) -> list[Value | None]:
    """An operator on a comparison of values that depend on the input; refused where it jumps."""
    if call.op.name not in SWITCH_RULES:
        raise call_error(
            call, "it reads a comparison of values that depend on the input, so that it jumps"
        )
    return [SWITCH_RULES[call.op.name](call)]


def _get_switch(call: OperatorCall, i: int = 0) -> Switch:
    value = get_input(call, i)
    if not isinstance(value, Switch):
        raise call_error(
            call,
            f"it takes a comparison of values that depend on the input, but not as its input {i}",
        )
    return value


def _trace_where(call: OperatorCall) -> AffineTensor:
    yes, no = get_operand(call, 1), get_operand(call, 2)
    return select_by_switch(
        call.basis, _get_switch(call), yes, no, lambda why: call_error(call, why), call.layer
    )


def _trace_gate(call: OperatorCall) -> AffineTensor:
    """A product by 1 where a comparison holds and by 0 elsewhere."""
    at = 0 if isinstance(get_input(call, 0), Switch) else 1
    value = get_operand(call, 1 - at)
    return select_by_switch(
        call.basis, _get_switch(call, at), value, 0.0, lambda why: call_error(call, why), call.layer
    )


#: Operator on a comparison of values that depend on the input -> what it is in PReLUs, where it is
#: continuous.
SWITCH_RULES: Mapping[str, Callable[[OperatorCall], Value]] = {
    "Where": _trace_where,
    "Mul": _trace_gate,
    "Not": lambda call: _get_switch(call).negated(),
    "Cast": _get_switch,
    "Identity": _get_switch,
}

#: Operator -> what it is in PReLUs; of a comparison, what it compares.
PIECEWISE: Mapping[str, OperatorRule] = {
    "Relu": _make_activation_rule("relu"),
    "Abs": _make_activation_rule("abs"),
    "LeakyRelu": OperatorRule(_trace_leaky_relu),
    "PRelu": OperatorRule(_trace_prelu),
    "Clip": OperatorRule(_trace_clip),
    "Max": _make_extreme_rule(1),
    "Min": _make_extreme_rule(-1),
    "HardSigmoid": OperatorRule(_trace_hard_sigmoid),
    "ThresholdedRelu": OperatorRule(_trace_thresholded_relu),
    "Shrink": OperatorRule(_trace_shrink),
    "ReduceMax": _make_reduce_rule(1.0),
    "ReduceMin": _make_reduce_rule(-1.0),
    "ReduceL1": OperatorRule(lambda call: [reduce_axes(call, _take_absolute(call), np.sum)]),
    "MaxPool": OperatorRule(_trace_max_pool),
    "GlobalMaxPool": OperatorRule(_trace_global_max_pool),
    "LpPool": OperatorRule(_trace_lp_pool),
    "GlobalLpPool": OperatorRule(_trace_global_lp_pool),
    "Greater": _make_comparison_rule(1.0, closed=False),
    "GreaterOrEqual": _make_comparison_rule(1.0, closed=True),
    "Less": _make_comparison_rule(-1.0, closed=False),
    "LessOrEqual": _make_comparison_rule(-1.0, closed=True),
}
