"""ONNX's layers with weights and windows: numpy on the constant and, without bias, on columns.

Functions of tensors take many at once, one more dimension in front.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from relurules.tracing.affine import (
    AffineTensor,
    Array,
    add_weighted,
    align_rank,
    apply_affine,
)
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
from relurules.tracing.windows import convolve, spread, sum_windows


def apply_linear(function: Callable[[Array], Array], x: AffineTensor) -> AffineTensor:
    """A linear function of one tensor."""
    result: AffineTensor = apply_affine([x], function, function)
    return result


def multiply_operands(
    call: OperatorCall, function: Callable[[Any, Any], Any], a: Any, b: Any
) -> Any:
    """function(a, b), linear in both and entry by entry; one is a constant, or both are."""
    if isinstance(a, AffineTensor) and isinstance(b, AffineTensor):
        raise call_error(call, "it multiplies two values that depend on the input")
    if isinstance(a, AffineTensor):
        return apply_linear(lambda t: function(align_rank(t, b.ndim), b), a)

    return (
        apply_linear(lambda t: function(a, align_rank(t, a.ndim)), b)
        if isinstance(b, AffineTensor)
        else function(a, b)
    )


def multiply_matrices(call: OperatorCall, a: Any, b: Any) -> Any:
    """The product as numpy.matmul has it, of which one is a constant, or both are."""
    if isinstance(a, AffineTensor) and isinstance(b, AffineTensor):
        raise call_error(call, "it multiplies two values that depend on the input")
    if isinstance(a, AffineTensor):
        return apply_linear(lambda t: _multiply_many(t, b, -2), a)
    return (
        apply_linear(lambda t: _multiply_many(t, a, -1), b)
        if isinstance(b, AffineTensor)
        else np.matmul(a, b)
    )


def _multiply_many(tensors: Array, other: Array, added: int) -> Array:
    """Many tensors times a constant (added -2), or a constant times them (added -1); added: where a
    vector among the tensors gets another dimension.
    """
    taken = {added} if tensors.ndim == 2 else set()
    many = np.expand_dims(tensors, added) if taken else tensors
    if other.ndim == 1:
        taken.add(-3 - added)
        other = np.expand_dims(other, -3 - added)

    many = align_rank(many, other.ndim)
    found: Array = many @ other if added == -2 else other @ many
    return found.squeeze(tuple(taken)) if taken else found


def _trace_gemm(call: OperatorCall) -> list[Value | None]:
    """The sum alpha A B + beta C, A and B transposed where the attributes say so."""
    a, b = (
        _transpose(get_operand(call, i)) if call.op.attributes[turn] else get_operand(call, i)
        for i, turn in enumerate(("transA", "transB"))
    )
    terms: list[tuple[float, Any]] = [
        (float(call.op.attributes["alpha"]), multiply_matrices(call, a, b))
    ]

    if get_input(call, 2) is not None:
        terms.append((float(call.op.attributes["beta"]), get_operand(call, 2)))
    return [add_weighted(*terms)]


def _transpose(matrix: AffineTensor | Array) -> AffineTensor | Array:
    if isinstance(matrix, AffineTensor):
        return apply_linear(lambda t: t.swapaxes(-1, -2), matrix)
    return matrix.T


def _spatial_rank(call: OperatorCall, x: AffineTensor) -> int:
    """Number of spatial dimensions of batch, channels and more."""
    rank = x.constant.ndim - 2
    if not 1 <= rank <= 3:
        raise call_error(
            call, f"its input has rank {rank + 2}; supported: batch, channels and one to three more"
        )
    return rank


def _read_kernel(call: OperatorCall) -> tuple[Array, Array | None]:
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
    size, groups = x.constant.shape[2:], call.op.attributes["group"]
    _check_channels(call, x, groups * weights.shape[1])
    shape = compute_windows(call.op, size, weights.shape[2:])
    index = index_windows(
        size, shape.out, weights.shape[2:], shape.stride, shape.dilation, shape.begin
    )
    result = apply_linear(lambda t: convolve(t, weights, index, groups, shape.out), x)
    return [
        result if bias is None else add_weighted((1.0, result), (1.0, per_channel(bias, rank + 2)))
    ]


def _check_channels(call: OperatorCall, x: AffineTensor, channels: int) -> None:
    if x.shape[1] != channels:
        raise call_error(
            call, f"its input has {x.shape[1]} channels, its weights are for {channels}"
        )


def _trace_transposed_convolution(call: OperatorCall) -> list[Value | None]:
    """Every entry of the input, times the kernel, added to the window that it makes."""
    x = variable_input(call)
    rank, (weights, bias) = _spatial_rank(call, x), _read_kernel(call)
    size, groups = x.constant.shape[2:], call.op.attributes["group"]
    _check_channels(call, x, len(weights))
    shape = compute_transposed_windows(call.op, size, weights.shape[2:])
    index = index_windows(
        shape.out, size, weights.shape[2:], shape.stride, shape.dilation, shape.begin
    )
    result = apply_linear(lambda t: spread(t, weights, index, groups, shape.out), x)
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

    places = (counted >= 0).sum(axis=0)
    if not places.all():
        raise call_error(call, "one of its windows lies in the padding alone")
    return [apply_linear(lambda t: sum_windows(t, index, 1.0 / places, shape.out), x)]


def sum_pool(call: OperatorCall, x: AffineTensor) -> AffineTensor:
    """For every window of a pooling the sum over its places."""
    size = x.constant.shape[2:]
    shape = compute_windows(call.op, size)
    index = index_windows(size, shape.out, shape.kernel, shape.stride, shape.dilation, shape.begin)
    return apply_linear(lambda t: sum_windows(t, index, 1.0, shape.out), x)


def _trace_batch_norm(call: OperatorCall) -> list[Value | None]:
    """Scale (x - mean) / sqrt(var + epsilon) + bias, per channel."""
    check_single_output(call)
    if call.op.attributes.get("training_mode"):
        raise call_error(call, "it is in training mode; export the model in eval mode")
    if call.op.attributes.get("spatial") == 0:
        raise call_error(call, "it has spatial=0; supported: one scale per channel")

    x = variable_input(call)
    scale, bias, mean, var = (
        per_channel(get_constant(call, i), x.constant.ndim) for i in range(1, 5)
    )
    factor = scale / np.sqrt(var + float(call.op.attributes["epsilon"]))

    return [apply_affine([x], lambda t: factor * (t - mean) + bias, lambda t: factor * t)]


def reduce_axes(call: OperatorCall, x: AffineTensor, function: Any) -> AffineTensor:
    """numpy.sum or numpy.mean over the operator's axes."""
    dims, keep = get_reduction_axes(call, x.constant.ndim), bool(call.op.attributes["keepdims"])
    axes = tuple(d + 1 for d in dims)
    return apply_linear(lambda t: function(t, axis=axes, keepdims=keep), x) if dims else x


def _trace_global_average(call: OperatorCall) -> list[Value | None]:
    x = variable_input(call)
    dims = tuple(range(3, x.constant.ndim + 1))
    return [apply_linear(lambda t: t.mean(axis=dims, keepdims=True), x)]


def _trace_einsum(call: OperatorCall) -> list[Value | None]:
    """Linear in each operand; one may depend on the input."""
    operands: list[Any] = [get_operand(call, i) for i in range(len(call.values))]
    positions = [i for i, item in enumerate(operands) if isinstance(item, AffineTensor)]
    if len(positions) > 1:
        raise call_error(call, "it multiplies two values that depend on the input")

    equation, at = call.op.attributes["equation"].replace(" ", ""), positions[0]

    def run(tensors: Array) -> Array:
        return np.stack(
            [np.einsum(equation, *operands[:at], t, *operands[at + 1 :]) for t in tensors]
        )

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
        lambda call: [multiply_matrices(call, get_operand(call, 0), get_operand(call, 1))],
        None,
    ),
    "Einsum": OperatorRule(_trace_einsum, None),
    "Conv": OperatorRule(_trace_convolution),
    "ConvTranspose": OperatorRule(_trace_transposed_convolution),
    "AveragePool": OperatorRule(_trace_average_pool),
    "GlobalAveragePool": OperatorRule(_trace_global_average),
    "BatchNormalization": OperatorRule(_trace_batch_norm),
    "ReduceSum": OperatorRule(lambda call: [reduce_axes(call, variable_input(call), np.sum)]),
    "ReduceMean": OperatorRule(lambda call: [reduce_axes(call, variable_input(call), np.mean)]),
    "ai.onnx.ml.Scaler": OperatorRule(_trace_scaler),
    "ai.onnx.ml.LinearRegressor": OperatorRule(_trace_regressor),
}
