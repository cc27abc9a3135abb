"""ONNX's layers with weights and windows: torch's operator on the constant and, without bias, on
columns.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from relurules.tracing.affine import AffineTensor, add_weighted, apply_affine
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
)
from relurules.tracing.onnx.call import get_variable as variable_input
from relurules.tracing.onnx.nodes import per_channel
from relurules.tracing.onnx.spatial import compute_transposed_windows, compute_windows
from relurules.tracing.relu_blocks import as_float64, index_windows

_CONVOLUTIONS: Mapping[int, Any] = {
    1: functional.conv1d,
    2: functional.conv2d,
    3: functional.conv3d,
}
_TRANSPOSED: Mapping[int, Any] = {
    1: functional.conv_transpose1d,
    2: functional.conv_transpose2d,
    3: functional.conv_transpose3d,
}


def apply_linear(function: Callable[[Tensor], Tensor], x: AffineTensor) -> AffineTensor:
    """A linear function of one tensor."""
    result: AffineTensor = apply_affine([x], function, function)
    return result


def multiply_operands(
    call: OperatorCall, function: Callable[[Any, Any], Any], a: Any, b: Any
) -> Any:
    """function(a, b), linear in both, of which one is a constant, or both are."""
    if isinstance(a, AffineTensor) and isinstance(b, AffineTensor):
        raise call_error(call, "it multiplies two values that depend on the input")
    if isinstance(a, AffineTensor):
        return apply_linear(lambda t: function(t, b), a)

    return (
        apply_linear(lambda t: function(a, t), b) if isinstance(b, AffineTensor) else function(a, b)
    )


def _trace_gemm(call: OperatorCall) -> list[Value | None]:
    """The sum alpha A B + beta C, A and B transposed where the attributes say so."""
    turn_a, turn_b = call.op.attributes["transA"], call.op.attributes["transB"]
    a, b = get_operand(call, 0), get_operand(call, 1)
    multiplied = multiply_operands(
        call, lambda s, t: (s.T if turn_a else s) @ (t.T if turn_b else t), a, b
    )
    terms: list[tuple[float, Any]] = [(float(call.op.attributes["alpha"]), multiplied)]

    if get_input(call, 2) is not None:
        terms.append((float(call.op.attributes["beta"]), get_operand(call, 2)))
    return [add_weighted(*terms)]


def _spatial_rank(call: OperatorCall, x: AffineTensor) -> int:
    """Number of spatial dimensions of batch, channels and more."""
    rank = x.constant.dim() - 2
    if not 1 <= rank <= 3:
        raise call_error(
            call, f"its input has rank {rank + 2}; supported: batch, channels and one to three more"
        )
    return rank


def _torch_padding(begin: Any, end: Any) -> list[int]:
    """Padding in torch's order: the last dimension first."""
    return [size for pair in reversed(list(zip(begin, end, strict=True))) for size in pair]


def _read_kernel(call: OperatorCall) -> tuple[Tensor, Tensor | None]:
    """Kernel and bias of a convolution; a kernel_shape must be the kernel's."""
    weights, shape = get_constant(call, 1), call.op.attributes["kernel_shape"]
    if shape is not None and list(shape) != list(weights.shape[2:]):
        raise call_error(
            call,
            f"its kernel_shape is {list(shape)}, its weights have the shape {list(weights.shape)}",
        )
    return weights, None if get_input(call, 2) is None else get_constant(call, 2)


def _trace_convolution(call: OperatorCall) -> list[Value | None]:
    x = variable_input(call)
    rank, (weights, bias) = _spatial_rank(call, x), _read_kernel(call)
    shape = compute_windows(call.op, x.constant.shape[2:], weights.shape[2:])
    pads, groups = _torch_padding(shape.begin, shape.end), call.op.attributes["group"]

    def run(t: Tensor, bias: Tensor | None = None) -> Tensor:
        padded = functional.pad(t, pads)
        result: Tensor = _CONVOLUTIONS[rank](
            padded, weights, bias, shape.stride, 0, shape.dilation, groups
        )
        return result

    return [apply_affine([x], lambda t: run(t, bias), run)]


def _trace_transposed_convolution(call: OperatorCall) -> list[Value | None]:
    x = variable_input(call)
    rank, (weights, bias) = _spatial_rank(call, x), _read_kernel(call)
    shape = compute_transposed_windows(call.op, x.constant.shape[2:], weights.shape[2:])
    ends = [
        out + begin - full
        for out, begin, full in zip(shape.out, shape.begin, shape.full, strict=True)
    ]
    pads, groups = (
        _torch_padding([-begin for begin in shape.begin], ends),
        call.op.attributes["group"],
    )

    def run(t: Tensor) -> Tensor:
        full = _TRANSPOSED[rank](t, weights, None, shape.stride, 0, 0, groups, shape.dilation)
        return functional.pad(full, pads)

    result = apply_linear(run, x)
    return [
        result if bias is None else add_weighted((1.0, result), (1.0, per_channel(bias, rank + 2)))
    ]


def _trace_average_pool(call: OperatorCall) -> list[Value | None]:
    """The sum of every window over the number of its places; those in the padding count where the
    attribute says so.
    """
    x = variable_input(call)
    size = x.constant.shape[2:]
    shape = compute_windows(call.op, size)
    index = index_windows(size, shape.out, shape.kernel, shape.stride, shape.dilation, shape.begin)
    counted = index

    if call.op.attributes["count_include_pad"]:
        padded = [n + b + e for n, b, e in zip(size, shape.begin, shape.end, strict=True)]
        counted = index_windows(
            padded, shape.out, shape.kernel, shape.stride, shape.dilation, [0] * len(size)
        )

    share = 1.0 / (counted >= 0).sum(dim=0).double()
    if not bool(share.isfinite().all()):
        raise call_error(call, "one of its windows lies in the padding alone")
    return [apply_linear(lambda t: _sum_windows(t, index, share, shape.out), x)]


def _sum_windows(t: Tensor, index: Tensor, share: Tensor, out: tuple[int, ...]) -> Tensor:
    """For every window the sum over its places, times its share."""
    flat = t.flatten(start_dim=2)
    total = torch.stack([flat[..., place.clamp(min=0)] * (place >= 0) for place in index]).sum(
        dim=0
    )
    return (total * share).reshape(*t.shape[:2], *out)


def sum_pool(call: OperatorCall, x: AffineTensor) -> AffineTensor:
    """For every window of a pooling the sum over its places."""
    size = x.constant.shape[2:]
    shape = compute_windows(call.op, size)
    index = index_windows(size, shape.out, shape.kernel, shape.stride, shape.dilation, shape.begin)
    return apply_linear(lambda t: _sum_windows(t, index, as_float64(1.0), shape.out), x)


def _trace_batch_norm(call: OperatorCall) -> list[Value | None]:
    """Scale (x - mean) / sqrt(var + epsilon) + bias, per channel."""
    check_single_output(call)
    if call.op.attributes.get("training_mode"):
        raise call_error(call, "it is in training mode; export the model in eval mode")
    if call.op.attributes.get("spatial") == 0:
        raise call_error(call, "it has spatial=0; supported: one scale per channel")

    x = variable_input(call)
    scale, bias, mean, var = (
        per_channel(get_constant(call, i), x.constant.dim()) for i in range(1, 5)
    )
    factor = scale / torch.sqrt(var + float(call.op.attributes["epsilon"]))

    return [apply_affine([x], lambda t: factor * (t - mean) + bias, lambda t: factor * t)]


def reduce_axes(call: OperatorCall, x: AffineTensor, function: Any) -> AffineTensor:
    """torch.sum or torch.mean over the operator's axes."""
    dims, keep = get_reduction_axes(call, x.constant.dim()), bool(call.op.attributes["keepdims"])
    return apply_linear(lambda t: function(t, dim=dims, keepdim=keep), x) if dims else x


def _trace_global_average(call: OperatorCall) -> list[Value | None]:
    x = variable_input(call)
    dims = list(range(2, x.constant.dim()))
    return [apply_linear(lambda t: t.mean(dim=dims, keepdim=True), x)]


def _trace_einsum(call: OperatorCall) -> list[Value | None]:
    """Linear in each operand; one may depend on the input."""
    operands = [get_operand(call, i) for i in range(len(call.values))]
    positions = [i for i, item in enumerate(operands) if isinstance(item, AffineTensor)]
    if len(positions) > 1:
        raise call_error(call, "it multiplies two values that depend on the input")

    equation, at = call.op.attributes["equation"].replace(" ", ""), positions[0]

    def run(t: Tensor) -> Tensor:
        result: Tensor = torch.einsum(equation, *operands[:at], t, *operands[at + 1 :])
        return result

    return [apply_linear(run, variable_input(call, at))]


def _trace_scaler(call: OperatorCall) -> list[Value | None]:
    """(x - offset) * scale, one number for all features or one for each."""
    offset, scale = (as_float64(call.op.attributes[name]) for name in ("offset", "scale"))
    return [
        apply_affine([variable_input(call)], lambda t: (t - offset) * scale, lambda t: t * scale)
    ]


def _trace_regressor(call: OperatorCall) -> list[Value | None]:
    attributes = call.op.attributes
    if attributes["post_transform"] != "NONE":
        raise call_error(
            call, f"its post_transform is {attributes['post_transform']!r}; supported: NONE"
        )
    weights = as_float64(attributes["coefficients"]).reshape(attributes["targets"], -1)
    result = apply_linear(lambda t: t @ weights.T, variable_input(call))
    return [add_weighted((1.0, result), (1.0, as_float64(attributes["intercepts"] or [0.0])))]


LAYERS: Mapping[str, OperatorRule] = {
    "Gemm": OperatorRule(_trace_gemm, None),
    "MatMul": OperatorRule(
        lambda call: [
            multiply_operands(call, torch.matmul, get_operand(call, 0), get_operand(call, 1))
        ],
        None,
    ),
    "Einsum": OperatorRule(_trace_einsum, None),
    "Conv": OperatorRule(_trace_convolution),
    "ConvTranspose": OperatorRule(_trace_transposed_convolution),
    "AveragePool": OperatorRule(_trace_average_pool),
    "GlobalAveragePool": OperatorRule(_trace_global_average),
    "BatchNormalization": OperatorRule(_trace_batch_norm),
    "ReduceSum": OperatorRule(lambda call: [reduce_axes(call, variable_input(call), torch.sum)]),
    "ReduceMean": OperatorRule(lambda call: [reduce_axes(call, variable_input(call), torch.mean)]),
    "ai.onnx.ml.Scaler": OperatorRule(_trace_scaler),
    "ai.onnx.ml.LinearRegressor": OperatorRule(_trace_regressor),
}
