"""The ATen operators that are read without torch: in numpy, with their arguments by name and
torch's defaults. Whatever isn't a row here is left to torch, whose tables are in `tracing/torch`.

Functions of tensors take one, with the batch as its first dimension.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.links.functions import sigmoid, softplus
from relurules.networks.activations import SLOPES
from relurules.tracing.affine import AffineTensor, Array, Basis
from relurules.tracing.pt2.program import UnreadError
from relurules.tracing.relu_blocks import (
    Refuse,
    as_float64,
    clip,
    index_windows,
    max_pool,
    reduce_extreme,
    take_larger,
    take_smaller,
)
from relurules.tracing.windows import convolve, sum_windows, take_window_maxima


class AffineOperator(NamedTuple):
    """data, offset, factors: its arguments, as in `aten_operators.ArgumentRoles`; function: takes
    many tensors at once where `many`; moves: whether it only moves entries about.
    """

    function: Callable[..., Any]
    data: frozenset[str]
    offset: frozenset[str] = frozenset()
    factors: frozenset[str] = frozenset()
    many: bool = False
    moves: bool = False


class PiecewiseOperator(NamedTuple):
    """trace: what it is in PReLUs; function: what it does to numbers."""

    trace: Callable[[Basis, Mapping[str, Any], Refuse, str], AffineTensor]
    function: Callable[[Mapping[str, Any]], Array]


class LinkOperator(NamedTuple):
    """The link that it is at the model's end, and what it does to numbers."""

    link: str
    function: Callable[[Mapping[str, Any]], Array]


def _add(self: Any, other: Any, alpha: float = 1) -> Any:
    return self + alpha * other


def _subtract(self: Any, other: Any, alpha: float = 1) -> Any:
    return self - alpha * other


def _multiply(self: Any, other: Any) -> Any:
    return self * other


def _divide(self: Any, other: Any) -> Any:
    if not np.all(other):
        raise UnreadError("it divides by 0")
    return self / other


def _linear(input: Any, weight: Array, bias: Any = None) -> Any:  # noqa: A002
    found = input @ weight.T
    return found if bias is None else found + bias


def _addmm(self: Any, mat1: Any, mat2: Any, beta: float = 1, alpha: float = 1) -> Any:
    return beta * self + alpha * (mat1 @ mat2)


def _batch_norm(
    input: Any,  # noqa: A002
    weight: Any,
    bias: Any,
    running_mean: Array,
    running_var: Array,
    training: bool,
    eps: float,
    **_: Any,
) -> Any:
    if training or input.ndim < 2:
        raise UnreadError("it is in training mode")
    shape = (-1, *[1] * (input.ndim - 2))
    factor = (1.0 if weight is None else weight) / np.sqrt(running_var + eps)
    moved = (input - running_mean.reshape(shape)) * factor.reshape(shape)
    return moved if bias is None else moved + bias.reshape(shape)


def _lay_windows(
    x: Any,
    kernel: Sequence[int],
    stride: Any,
    padding: Any,
    dilation: Any,
) -> tuple[NDArray[np.intp], list[int]]:
    """The windows over the last dimensions of x, and how many there are in each."""
    rank = len(kernel)
    stride, padding, dilation = (
        list(value) * (rank // len(value)) if isinstance(value, list) else [value] * rank
        for value in (stride, padding, dilation)
    )
    if any(p >= k * d for p, k, d in zip(padding, kernel, dilation, strict=True)):
        raise UnreadError("its padding is as wide as its windows")
    size = x.shape[x.ndim - rank :]
    out = [
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, s, p, d in zip(size, kernel, stride, padding, dilation, strict=True)
    ]
    return index_windows(size, out, kernel, stride, dilation, padding), out


def _convolve(
    input: Any,  # noqa: A002
    weight: Array,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    kernel = weight.shape[2:]
    if input.ndim < 2 + len(kernel) or isinstance(padding, str):
        raise UnreadError("its input has no batch")
    index, out = _lay_windows(input, kernel, stride, padding, dilation)
    found = convolve(input, weight, index, groups, out)
    return found if bias is None else found + bias.reshape(-1, *[1] * len(kernel))


def _pool_average(
    self: Any,
    kernel_size: Sequence[int],
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:
    if ceil_mode or divisor_override is not None or np.any(padding):
        raise UnreadError("it has padding or a mode that torch reads")
    del count_include_pad
    index, out = _lay_windows(self, kernel_size, stride or kernel_size, 0, 1)
    return sum_windows(self, index, 1.0 / len(index), out)


def _flatten(self: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    first, last = start_dim % self.ndim, end_dim % self.ndim
    return self.reshape(*self.shape[:first], -1, *self.shape[last + 1 :])


def _unflatten(self: Any, dim: int, sizes: Sequence[int]) -> Any:
    place = dim % self.ndim
    return self.reshape(*self.shape[:place], *sizes, *self.shape[place + 1 :])


def _reshape(self: Any, shape: Sequence[int]) -> Any:
    return self.reshape(shape)


def _view(self: Any, size: Sequence[int]) -> Any:
    return self.reshape(size)


def _permute(self: Any, dims: Sequence[int]) -> Any:
    return self.transpose(dims)


def _transpose(self: Any, dim0: int, dim1: int) -> Any:
    return self.swapaxes(dim0, dim1)


def _unsqueeze(self: Any, dim: int) -> Any:
    return np.expand_dims(self, dim)


def _squeeze(self: Any, dim: int) -> Any:
    return self.squeeze(dim) if self.shape[dim] == 1 else self


def _concatenate(tensors: Sequence[Any], dim: int = 0) -> Any:
    return np.concatenate(tensors, axis=dim)


def _stack(tensors: Sequence[Any], dim: int = 0) -> Any:
    return np.stack(tensors, axis=dim)


def _slice(
    self: Any, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Any:
    return self[(*[slice(None)] * (dim % self.ndim), slice(start, end, step))]


def _select(self: Any, dim: int, index: int) -> Any:
    return self.take(index, axis=dim)


def _sum(self: Any, dim: Sequence[int] | None, keepdim: bool = False, dtype: Any = None) -> Any:
    return _reduce(np.sum, self, dim, keepdim, dtype)


def _mean(self: Any, dim: Sequence[int] | None, keepdim: bool = False, dtype: Any = None) -> Any:
    return _reduce(np.mean, self, dim, keepdim, dtype)


def _reduce(
    function: Callable[..., Any], value: Any, dim: Sequence[int] | None, keep: bool, dtype: Any
) -> Any:
    if dtype is not None or not dim:
        raise UnreadError("it reduces all dimensions, or to another type")
    return function(value, axis=tuple(dim), keepdims=keep)


def _return_itself(**given: Any) -> Any:
    return given.get("self", given.get("input"))


def _drop_out(input: Any, p: float, train: bool) -> Any:  # noqa: A002
    del p
    if train:
        raise UnreadError("it is in training mode")
    return input


def _make_affine(
    function: Callable[..., Any],
    data: str = "",
    offset: str = "",
    factors: str = "",
    *,
    many: bool = False,
    moves: bool = False,
) -> AffineOperator:
    return AffineOperator(
        function,
        frozenset(data.split()),
        frozenset(offset.split()),
        frozenset(factors.split()),
        many=many,
        moves=moves,
    )


AFFINE: Mapping[str, AffineOperator] = {
    "aten.linear.default": _make_affine(_linear, "input", "bias", many=True),
    "aten.addmm.default": _make_affine(_addmm, "self", factors="mat1 mat2"),
    "aten.mm.default": _make_affine(lambda self, mat2: self @ mat2, factors="self mat2"),
    "aten.matmul.default": _make_affine(lambda self, other: self @ other, factors="self other"),
    "aten.add.Tensor": _make_affine(_add, "self other"),
    "aten.sub.Tensor": _make_affine(_subtract, "self other"),
    "aten.mul.Tensor": _make_affine(_multiply, factors="self other"),
    "aten.div.Tensor": _make_affine(_divide, "self"),
    "aten.neg.default": _make_affine(lambda self: -self, "self", many=True),
    "aten.sum.dim_IntList": _make_affine(_sum, "self"),
    "aten.mean.dim": _make_affine(_mean, "self"),
    "aten.batch_norm.default": _make_affine(_batch_norm, "input", "bias running_mean"),
    "aten.conv1d.default": _make_affine(_convolve, "input", "bias", many=True),
    "aten.conv2d.default": _make_affine(_convolve, "input", "bias", many=True),
    "aten.avg_pool2d.default": _make_affine(_pool_average, "self", many=True),
    "aten.dropout.default": _make_affine(_drop_out, "input", many=True),
    **{
        f"aten.{name}": _make_affine(function, data, moves=True)
        for name, function, data in (
            ("flatten.using_ints", _flatten, "self"),
            ("view.default", _view, "self"),
            ("reshape.default", _reshape, "self"),
            ("unflatten.int", _unflatten, "self"),
            ("permute.default", _permute, "self"),
            ("transpose.int", _transpose, "self"),
            ("unsqueeze.default", _unsqueeze, "self"),
            ("squeeze.dim", _squeeze, "self"),
            ("cat.default", _concatenate, "tensors"),
            ("stack.default", _stack, "tensors"),
            ("slice.Tensor", _slice, "self"),
            ("select.int", _select, "self"),
        )
    },
    **{
        f"aten.{name}.default": _make_affine(_return_itself, "self", many=True, moves=True)
        for name in ("alias", "clone", "contiguous", "detach", "detach_", "lift_fresh_copy")
    },
}


def _read_slope(given: Mapping[str, Any]) -> Array:
    weight, rank = given["weight"], given["self"].constant.ndim
    if not isinstance(weight, np.ndarray):
        raise UnreadError("its slope depends on the input")
    return weight if weight.size == 1 or rank < 2 else weight.reshape(1, -1, *[1] * (rank - 2))


#: Activation -> its PReLU slope, from the operator's arguments by name.
ACTIVATIONS: Mapping[str, Callable[[Mapping[str, Any]], Array]] = {
    "aten.relu.default": lambda _: np.array(SLOPES["relu"]),
    "aten.abs.default": lambda _: np.array(SLOPES["abs"]),
    "aten.leaky_relu.default": lambda given: np.array(float(given.get("negative_slope", 0.01))),
    "aten.prelu.default": _read_slope,
}


def _trace_clip(low: str, high: str) -> PiecewiseOperator:
    """Clipping between arguments of these names."""

    def trace(basis: Basis, given: Mapping[str, Any], refuse: Refuse, layer: str) -> AffineTensor:
        return clip(basis, given["self"], given.get(low), given.get(high), refuse, layer)

    def compute(given: Mapping[str, Any]) -> Array:
        found: Array = given["self"]
        if (least := given.get(low)) is not None:
            found = np.maximum(found, least)
        return found if (most := given.get(high)) is None else np.minimum(found, most)

    return PiecewiseOperator(trace, compute)


def _trace_hardtanh(low: float, high: float) -> PiecewiseOperator:
    between = _trace_clip("min_val", "max_val")

    def fill(given: Mapping[str, Any]) -> dict[str, Any]:
        return {"min_val": low, "max_val": high} | dict(given)

    return PiecewiseOperator(
        lambda basis, given, refuse, layer: between.trace(basis, fill(given), refuse, layer),
        lambda given: between.function(fill(given)),
    )


def _make_pair_rule(
    choose: Callable[..., AffineTensor], function: Callable[..., Any]
) -> PiecewiseOperator:
    """The larger or the smaller one of two tensors, entry by entry."""

    def trace(basis: Basis, given: Mapping[str, Any], _: Refuse, layer: str) -> AffineTensor:
        items = [
            item if isinstance(item, AffineTensor) else as_float64(item)
            for item in (given["self"], given["other"])
        ]
        return choose(basis, *items, layer)

    return PiecewiseOperator(trace, lambda given: function(given["self"], given["other"]))


def _make_extreme_rule(sign: float, function: Callable[..., Any]) -> PiecewiseOperator:
    """Amax or amin over some dimensions, none of them the batch."""

    def trace(basis: Basis, given: Mapping[str, Any], _: Refuse, layer: str) -> AffineTensor:
        rank = given["self"].constant.ndim
        dims = sorted({d % rank for d in given.get("dim", [])})
        if not dims or 0 in dims:
            raise UnreadError("it compares rows of the batch")
        return reduce_extreme(basis, given["self"], dims, given.get("keepdim", False), sign, layer)

    def compute(given: Mapping[str, Any]) -> Array:
        found: Array = function(
            given["self"], axis=tuple(given["dim"]), keepdims=given.get("keepdim", False)
        )
        return found

    return PiecewiseOperator(trace, compute)


def _lay_pool(given: Mapping[str, Any], x: Any) -> tuple[NDArray[np.intp], list[int]]:
    kernel = given["kernel_size"]
    if given.get("ceil_mode") or x.ndim != len(kernel) + 2:
        raise UnreadError("it rounds sizes up, or its input has no batch")
    return _lay_windows(
        x,
        kernel,
        given.get("stride") or kernel,
        given.get("padding", 0),
        given.get("dilation", 1),
    )


def _trace_max_pool(basis: Basis, given: Mapping[str, Any], _: Refuse, layer: str) -> AffineTensor:
    index, out = _lay_pool(given, given["self"].constant)
    return max_pool(basis, given["self"], index, out, layer)


_MAX_POOL = PiecewiseOperator(
    _trace_max_pool,
    lambda given: take_window_maxima(given["self"], *_lay_pool(given, given["self"])),
)

#: Operator -> what it is in PReLUs.
PIECEWISE: Mapping[str, PiecewiseOperator] = {
    "aten.clamp.default": _trace_clip("min", "max"),
    "aten.clamp_min.default": _trace_clip("min", ""),
    "aten.clamp_max.default": _trace_clip("", "max"),
    "aten.hardtanh.default": _trace_hardtanh(-1.0, 1.0),
    "aten.relu6.default": _trace_hardtanh(0.0, 6.0),
    "aten.max_pool1d.default": _MAX_POOL,
    "aten.max_pool2d.default": _MAX_POOL,
    "aten.maximum.default": _make_pair_rule(take_larger, np.maximum),
    "aten.minimum.default": _make_pair_rule(take_smaller, np.minimum),
    "aten.amax.default": _make_extreme_rule(1.0, np.max),
    "aten.amin.default": _make_extreme_rule(-1.0, np.min),
}


def _compute_softmax(given: Mapping[str, Any]) -> Array:
    if given.get("dtype") not in (None, 7, 8):  # torch's float32 and float64
        raise UnreadError("it casts to fewer digits")
    score, dim = given["self"], given["dim"]
    powers = np.exp(score - score.max(axis=dim, keepdims=True))
    return np.asarray(powers / powers.sum(axis=dim, keepdims=True))


def _compute_log_softmax(given: Mapping[str, Any]) -> Array:
    if given.get("dtype") not in (None, 7, 8):
        raise UnreadError("it casts to fewer digits")
    score, dim = given["self"], given["dim"]
    shifted = score - score.max(axis=dim, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=dim, keepdims=True)))


def _compute_softplus(given: Mapping[str, Any]) -> Array:
    if given.get("beta", 1) != 1 or given.get("threshold", 20) < 20:
        raise UnreadError("its beta isn't 1, or its threshold is below 20")
    return softplus(given["self"])


def _compute_argmax(given: Mapping[str, Any]) -> NDArray[Any]:
    if given.get("dim") is None:
        raise UnreadError("it compares rows of the batch")
    keep = given.get("keepdim", False)
    return np.asarray(given["self"].argmax(axis=given["dim"], keepdims=keep), dtype=np.float64)


def _make_link(link: str, function: Callable[[Any], Any]) -> LinkOperator:
    return LinkOperator(link, lambda given: np.asarray(function(given["self"])))


LINK_OPERATORS: Mapping[str, LinkOperator] = {
    "aten.sigmoid.default": _make_link("sigmoid", sigmoid),
    "aten.exp.default": _make_link("exp", np.exp),
    "aten.expm1.default": _make_link("expm1", np.expm1),
    "aten.tanh.default": _make_link("tanh", np.tanh),
    "aten.softplus.default": LinkOperator("softplus", _compute_softplus),
    "aten.softmax.int": LinkOperator("softmax", _compute_softmax),
    "aten.log_softmax.int": LinkOperator("log_softmax", _compute_log_softmax),
    "aten.argmax.default": LinkOperator("argmax", _compute_argmax),
}
