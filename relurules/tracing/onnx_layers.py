"""ONNX's layers with weights and windows: torch's operator on the constant and, without bias, on columns."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from relurules.tracing.affine import AffineTensor, apply_affine, weighted
from relurules.tracing.onnx_call import Call, Roles, Value, axes_of, fixed, given, only_first_output, operand, refused
from relurules.tracing.onnx_call import variable as variable_input
from relurules.tracing.onnx_nodes import per_channel
from relurules.tracing.onnx_spatial import transposed, windowed
from relurules.tracing.pieces import number, windows

_CONVOLUTIONS: Mapping[int, Any] = {1: functional.conv1d, 2: functional.conv2d, 3: functional.conv3d}
_TRANSPOSED: Mapping[int, Any] = {
    1: functional.conv_transpose1d,
    2: functional.conv_transpose2d,
    3: functional.conv_transpose3d,
}


def linear(function: Callable[[Tensor], Tensor], x: AffineTensor) -> AffineTensor:
    """A linear function of one tensor."""
    result: AffineTensor = apply_affine([x], function, function)
    return result


def product(call: Call, function: Callable[[Any, Any], Any], a: Any, b: Any) -> Any:
    """function(a, b), linear in both, of which one is a constant, or both are."""
    if isinstance(a, AffineTensor) and isinstance(b, AffineTensor):
        raise refused(call, "it multiplies two values that depend on the input")
    if isinstance(a, AffineTensor):
        return linear(lambda t: function(t, b), a)
    return linear(lambda t: function(a, t), b) if isinstance(b, AffineTensor) else function(a, b)


def _gemm(call: Call) -> list[Value | None]:
    """The sum alpha A B + beta C, A and B transposed where the attributes say so."""
    turn_a, turn_b = call.op.attributes["transA"], call.op.attributes["transB"]
    a, b = operand(call, 0), operand(call, 1)
    multiplied = product(call, lambda s, t: (s.T if turn_a else s) @ (t.T if turn_b else t), a, b)
    terms: list[tuple[float, Any]] = [(float(call.op.attributes["alpha"]), multiplied)]
    if given(call, 2) is not None:
        terms.append((float(call.op.attributes["beta"]), operand(call, 2)))
    return [weighted(*terms)]


def _spatial(call: Call, x: AffineTensor) -> int:
    """Number of spatial dimensions of batch, channels and more."""
    rank = x.constant.dim() - 2
    if not 1 <= rank <= 3:
        raise refused(call, f"its input has rank {rank + 2}; supported: batch, channels and one to three more")
    return rank


def _around(begin: Any, end: Any) -> list[int]:
    """Padding in torch's order: the last dimension first."""
    return [size for pair in reversed(list(zip(begin, end, strict=True))) for size in pair]


def _weights(call: Call) -> tuple[Tensor, Tensor | None]:
    """Kernel and bias of a convolution; a kernel_shape must be the kernel's."""
    weights, shape = fixed(call, 1), call.op.attributes["kernel_shape"]
    if shape is not None and list(shape) != list(weights.shape[2:]):
        raise refused(call, f"its kernel_shape is {list(shape)}, its weights have the shape {list(weights.shape)}")
    return weights, None if given(call, 2) is None else fixed(call, 2)


def _convolution(call: Call) -> list[Value | None]:
    x = variable_input(call)
    rank, (weights, bias) = _spatial(call, x), _weights(call)
    shape = windowed(call.op, x.constant.shape[2:], weights.shape[2:])
    pads, groups = _around(shape.begin, shape.end), call.op.attributes["group"]

    def run(t: Tensor, bias: Tensor | None = None) -> Tensor:
        padded = functional.pad(t, pads)
        result: Tensor = _CONVOLUTIONS[rank](padded, weights, bias, shape.stride, 0, shape.dilation, groups)
        return result

    return [apply_affine([x], lambda t: run(t, bias), run)]


def _transposed_convolution(call: Call) -> list[Value | None]:
    x = variable_input(call)
    rank, (weights, bias) = _spatial(call, x), _weights(call)
    shape = transposed(call.op, x.constant.shape[2:], weights.shape[2:])
    ends = [out + begin - full for out, begin, full in zip(shape.out, shape.begin, shape.full, strict=True)]
    pads, groups = _around([-begin for begin in shape.begin], ends), call.op.attributes["group"]

    def run(t: Tensor) -> Tensor:
        full = _TRANSPOSED[rank](t, weights, None, shape.stride, 0, 0, groups, shape.dilation)
        return functional.pad(full, pads)

    result = linear(run, x)
    return [result if bias is None else weighted((1.0, result), (1.0, per_channel(bias, rank + 2)))]


def _average_pool(call: Call) -> list[Value | None]:
    """The sum of every window over the number of its places; those in the padding count where the attribute says so."""
    x = variable_input(call)
    size = x.constant.shape[2:]
    shape = windowed(call.op, size)
    index = windows(size, shape.out, shape.kernel, shape.stride, shape.dilation, shape.begin)
    counted = index
    if call.op.attributes["count_include_pad"]:
        padded = [n + b + e for n, b, e in zip(size, shape.begin, shape.end, strict=True)]
        counted = windows(padded, shape.out, shape.kernel, shape.stride, shape.dilation, [0] * len(size))
    share = 1.0 / (counted >= 0).sum(dim=0).double()
    if not bool(share.isfinite().all()):
        raise refused(call, "one of its windows lies in the padding alone")
    return [linear(lambda t: _summed(t, index, share, shape.out), x)]


def _summed(t: Tensor, index: Tensor, share: Tensor, out: tuple[int, ...]) -> Tensor:
    """For every window the sum over its places, times its share."""
    flat = t.flatten(start_dim=2)
    total = torch.stack([flat[..., place.clamp(min=0)] * (place >= 0) for place in index]).sum(dim=0)
    return (total * share).reshape(*t.shape[:2], *out)


def window_sums(call: Call, x: AffineTensor) -> AffineTensor:
    """For every window of a pooling the sum over its places."""
    size = x.constant.shape[2:]
    shape = windowed(call.op, size)
    index = windows(size, shape.out, shape.kernel, shape.stride, shape.dilation, shape.begin)
    return linear(lambda t: _summed(t, index, number(1.0), shape.out), x)


def _batch_norm(call: Call) -> list[Value | None]:
    """Scale (x - mean) / sqrt(var + epsilon) + bias, per channel."""
    only_first_output(call)
    if call.op.attributes.get("training_mode"):
        raise refused(call, "it is in training mode; export the model in eval mode")
    if call.op.attributes.get("spatial") == 0:
        raise refused(call, "it has spatial=0; supported: one scale per channel")
    x = variable_input(call)
    scale, bias, mean, var = (per_channel(fixed(call, i), x.constant.dim()) for i in range(1, 5))
    factor = scale / torch.sqrt(var + float(call.op.attributes["epsilon"]))
    return [apply_affine([x], lambda t: factor * (t - mean) + bias, lambda t: factor * t)]


def reduced(call: Call, x: AffineTensor, function: Any) -> AffineTensor:
    """torch.sum or torch.mean over the operator's axes."""
    dims, keep = axes_of(call, x.constant.dim()), bool(call.op.attributes["keepdims"])
    return linear(lambda t: function(t, dim=dims, keepdim=keep), x) if dims else x


def _global_average(call: Call) -> list[Value | None]:
    x = variable_input(call)
    dims = list(range(2, x.constant.dim()))
    return [linear(lambda t: t.mean(dim=dims, keepdim=True), x)]


def _einsum(call: Call) -> list[Value | None]:
    """Linear in each operand; one may depend on the input."""
    operands = [operand(call, i) for i in range(len(call.values))]
    positions = [i for i, item in enumerate(operands) if isinstance(item, AffineTensor)]
    if len(positions) > 1:
        raise refused(call, "it multiplies two values that depend on the input")
    equation, at = call.op.attributes["equation"].replace(" ", ""), positions[0]

    def run(t: Tensor) -> Tensor:
        result: Tensor = torch.einsum(equation, *operands[:at], t, *operands[at + 1 :])
        return result

    return [linear(run, variable_input(call, at))]


def _scaler(call: Call) -> list[Value | None]:
    """(x - offset) * scale, one number for all features or one for each."""
    offset, scale = (number(call.op.attributes[name]) for name in ("offset", "scale"))
    return [apply_affine([variable_input(call)], lambda t: (t - offset) * scale, lambda t: t * scale)]


def _regressor(call: Call) -> list[Value | None]:
    attributes = call.op.attributes
    if attributes["post_transform"] != "NONE":
        raise refused(call, f"its post_transform is {attributes['post_transform']!r}; supported: NONE")
    weights = number(attributes["coefficients"]).reshape(attributes["targets"], -1)
    result = linear(lambda t: t @ weights.T, variable_input(call))
    return [weighted((1.0, result), (1.0, number(attributes["intercepts"] or [0.0])))]


LAYERS: Mapping[str, Roles] = {
    "Gemm": Roles(_gemm, None),
    "MatMul": Roles(lambda call: [product(call, torch.matmul, operand(call, 0), operand(call, 1))], None),
    "Einsum": Roles(_einsum, None),
    "Conv": Roles(_convolution),
    "ConvTranspose": Roles(_transposed_convolution),
    "AveragePool": Roles(_average_pool),
    "GlobalAveragePool": Roles(_global_average),
    "BatchNormalization": Roles(_batch_norm),
    "ReduceSum": Roles(lambda call: [reduced(call, variable_input(call), torch.sum)]),
    "ReduceMean": Roles(lambda call: [reduced(call, variable_input(call), torch.mean)]),
    "ai.onnx.ml.Scaler": Roles(_scaler),
    "ai.onnx.ml.LinearRegressor": Roles(_regressor),
}
