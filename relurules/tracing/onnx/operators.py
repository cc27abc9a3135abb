"""The ONNX operators that are affine, and those that only constants may meet.

Whatever no table has is refused by name.

No row holds any algebra. An operator that only moves entries is run by onnx's reference on the
entries' numbers, which tells where each one goes; any other affine operator is run on the constant
and on every column.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from onnx import helper

from relurules.tracing.affine import AffineTensor, Array, add_weighted, apply_affine, join_spans
from relurules.tracing.onnx.call import (
    OperatorCall,
    OperatorRule,
    Value,
    call_error,
    get_constant,
    get_input,
    get_operand,
    get_variable,
)
from relurules.tracing.onnx.layers import LAYERS, multiply_operands
from relurules.tracing.onnx.nodes import (
    Constant,
    make_constant,
    run_constant,
    run_operator,
    widen_inputs,
)
from relurules.tracing.relu_blocks import as_float64

_ALL_INPUTS = None


def _make_rearrange_rule(*data: int) -> OperatorRule:
    """An operator that only moves entries of the inputs at these places (none given: of all), or
    fills in zeros.
    """
    return OperatorRule(rearrange_entries, frozenset(data) if data else _ALL_INPUTS)


def rearrange_entries(call: OperatorCall, fill: float = 0.0) -> list[Value | None]:
    """Run the operator on the entries' numbers, from 1; 0 stands for `fill`."""
    places = AFFINE[call.op.name].data
    arrays: list[np.ndarray | None] = []
    pool, first = [as_float64([fill])], 1

    for i, value in enumerate(call.values):
        if value is None or (places is not None and i not in places):
            arrays.append(None if value is None else widen_inputs(call.op, [value])[0])  # type: ignore[list-item]
            continue
        item = value.constant if isinstance(value, AffineTensor) else get_constant(call, i)
        arrays.append(np.arange(first, first + item.size, dtype=np.float64).reshape(item.shape))
        first += item.size
        pool.append(value if isinstance(value, AffineTensor) else item)  # type: ignore[arg-type]

    return [
        None if index is None else _take_entries(call, pool, index, first)
        for index in run_operator(call.op, arrays)
    ]


def _take_entries(
    call: OperatorCall, pool: Sequence[AffineTensor | Array], index: np.ndarray, count: int
) -> Value:
    """The entries of the pool that an index tells."""
    if index.dtype != np.float64:
        return make_constant(index)  # such as a mask

    at = index.astype(np.intp)
    if not np.array_equal(at, index) or (
        index.size and not 0 <= index.min() <= index.max() < count
    ):
        raise call_error(
            call, "it doesn't only move entries of its input, as expected; please report it"
        )

    def take(*items: Array) -> Array:
        flat = np.concatenate(
            [item.reshape(len(item), math.prod(item.shape[1:])) for item in items], axis=1
        )
        return flat[:, at.reshape(-1)].reshape(len(flat), *at.shape)

    result: AffineTensor = apply_affine(pool, take, take)
    return result


def apply_by_columns(call: OperatorCall) -> list[Value | None]:
    """Run the operator by onnx's reference on the constant, and on every column without what it
    gives for zeros.
    """
    at = [i for i, value in enumerate(call.values) if isinstance(value, AffineTensor)]
    items = [get_variable(call, i) for i in at]
    span = join_spans(items)
    columns = [item.widen_columns(span) for item in items]

    def apply(parts: list[np.ndarray]) -> np.ndarray:
        fixed = [None if v is None or i in at else v for i, v in enumerate(call.values)]
        arrays = widen_inputs(call.op, fixed)  # type: ignore[arg-type]
        for i, part in zip(at, parts, strict=True):
            arrays[i] = part
        result = run_operator(call.op, arrays)[0]
        return np.empty(0) if result is None else result.astype(np.float64)

    zero = apply([np.zeros(item.shape) for item in items])
    linear = np.array([apply([column[k] for column in columns]) - zero for k in range(len(span))])
    constant = apply([item.constant for item in items])
    parts = as_float64(linear).reshape(len(span), *constant.shape)
    return [AffineTensor(as_float64(constant), parts, span.start)]


def _make_sum_rule(*factors: float) -> OperatorRule:
    """A sum of the inputs with these factors; none given: a plain sum of all."""

    def rule(call: OperatorCall) -> list[Value | None]:
        count = len(call.values)
        return [
            add_weighted(
                *((f, get_operand(call, i)) for i, f in enumerate(factors or [1.0] * count))
            )
        ]

    return OperatorRule(rule, _ALL_INPUTS)


def _trace_mean(call: OperatorCall) -> list[Value | None]:
    total = add_weighted(*((1.0, get_operand(call, i)) for i in range(len(call.values))))
    return [apply_affine([total], lambda t: t / len(call.values), lambda t: t / len(call.values))]


def _trace_division(call: OperatorCall) -> list[Value | None]:
    divisor = get_constant(call, 1)
    if bool((divisor == 0).any()):
        raise call_error(call, f"its divisor {call.op.inputs[1]!r} has a zero")
    return [multiply_operands(call, np.divide, get_variable(call), divisor)]


def _trace_cast(call: OperatorCall) -> list[Value | None]:
    """A cast to a float type is the identity on real numbers."""
    to = call.op.attributes.get("to")
    like = get_input(call, 1)
    if to is None and isinstance(like, Constant):
        to = helper.np_dtype_to_tensor_dtype(like.native.dtype)

    value = get_input(call, 0)
    if isinstance(value, Constant):
        return [Constant(value.wide.astype(np.float64), value.wide.astype(np.float64))]

    name = "FLOAT" if to is None else helper.tensor_dtype_to_string(to).removeprefix("TensorProto.")
    if name not in ("FLOAT", "DOUBLE", "FLOAT16", "BFLOAT16"):
        raise call_error(
            call, f"it casts values that depend on the input to {name}, which isn't continuous"
        )

    return [get_variable(call)]


def _trace_pad(call: OperatorCall) -> list[Value | None]:
    """Before opset 11 the value is an attribute, which then stands for the entries' number 0."""
    value = float(call.op.attributes.get("value") or 0.0)
    return rearrange_entries(
        call._replace(op=replace(call.op, attributes={**call.op.attributes, "value": 0.0})), value
    )


def _trace_resize(call: OperatorCall) -> list[Value | None]:
    mode, attributes = call.op.attributes["mode"], call.op.attributes
    early = call.op.name == "Upsample" or call.op.version < 11
    if attributes.get("coordinate_transformation_mode") in ("align_corners", "tf_crop_and_resize"):
        _check_whole_sizes(call)
    if (
        mode != "nearest"
        or attributes.get("coordinate_transformation_mode") == "tf_crop_and_resize"
    ):
        return _check_single_entry(call, apply_by_columns(call))

    if early and any(scale < 1 for scale in _read_scales(call) or []):
        raise call_error(
            call,
            (
                "opset 10 and older don't say which entries a smaller output takes; export with "
                "opset 11"
            ),
        )

    results = _check_single_entry(call, rearrange_entries(call))
    _check_rounding(call, results[0])
    return results


def _check_single_entry(call: OperatorCall, results: list[Value | None]) -> list[Value | None]:
    """Where pytorch_half_pixel makes one entry of several, the operator set and onnx's reference
    may start apart.
    """
    before, result = get_variable(call).shape, results[0]
    after = result.shape if isinstance(result, AffineTensor) else before
    apart = call.op.attributes["mode"] == "cubic" or _read_scales(call) is not None
    single = any(n > 1 and m == 1 for n, m in zip(before, after, strict=True))
    if (
        single
        and apart
        and call.op.attributes.get("coordinate_transformation_mode") == "pytorch_half_pixel"
    ):
        raise call_error(
            call,
            (
                f"it makes {list(after)} of {list(before)}, which runtimes do in different ways; "
                "use half_pixel"
            ),
        )

    return results


def _check_rounding(call: OperatorCall, result: Value | None) -> None:
    """Refuse where float32 and float64 round to different entries: then runtimes do too."""
    attributes = call.op.attributes
    before, after = (
        get_variable(call).shape,
        result.shape if isinstance(result, AffineTensor) else (),
    )
    scales = _read_scales(call) or [m / n for n, m in zip(before, after, strict=True)]
    mode = attributes.get("coordinate_transformation_mode", "asymmetric")
    turn = _ROUNDINGS[attributes.get("nearest_mode", "floor")]

    for n, m, scale in zip(before, after, scales, strict=True):
        found = [
            turn(_sample_positions(mode, n, m, kind(scale), kind))
            for kind in (np.float32, np.float64)
        ]
        if not np.array_equal(*(np.clip(indices, 0, n - 1) for indices in found)):
            raise call_error(
                call,
                (
                    f"its scale {scale} lets rounding decide which entries are taken; supported: "
                    "clear cases"
                ),
            )


def _sample_positions(mode: str, n: int, m: int, scale: Any, kind: Any) -> Any:
    """Where the m entries of an output lie among the n entries of the input, computed in this
    precision.
    """
    x = np.arange(m).astype(kind)
    if mode == "asymmetric":
        return x / scale
    if mode == "align_corners":
        return x * kind(n - 1) / kind(max(1, m - 1))
    shift = kind(n / 2) * (1 - m / (scale * kind(n))) if mode == "half_pixel_symmetric" else kind(0)
    return shift + (x + kind(0.5)) / scale - kind(0.5)


_ROUNDINGS: Mapping[str, Callable[[Any], Any]] = {
    "floor": np.floor,
    "ceil": np.ceil,
    "round_prefer_floor": lambda x: np.ceil(x - 0.5),
    "round_prefer_ceil": lambda x: np.floor(x + 0.5),
}


def _check_whole_sizes(call: OperatorCall) -> None:
    """Runtimes don't agree on corners where an output has no whole number of entries before it is
    cut.
    """
    scales, shape = _read_scales(call), get_variable(call).shape
    sizes = np.array(scales) * np.array(shape) if scales else np.zeros(1)
    if np.abs(sizes - sizes.round()).max() > 1e-5 * max(shape):
        raise call_error(
            call, f"its scales {scales} give {sizes.tolist()} entries; supported: whole ones"
        )


def _read_scales(call: OperatorCall) -> list[float] | None:
    """One factor for each dimension, None where the output's sizes are given instead."""
    attributes, rank = call.op.attributes, get_variable(call).constant.ndim
    value = get_input(call, 1 if call.op.version < 11 else 2)
    listed = attributes.get("scales") or (
        value.native.tolist() if isinstance(value, Constant) else []
    )
    axes = attributes.get("axes") or range(rank)
    found = dict(zip((axis % rank for axis in axes), listed, strict=False))
    return [found.get(i, 1.0) for i in range(rank)] if listed else None


def _trace_scatter(call: OperatorCall) -> list[Value | None]:
    reduction = call.op.attributes.get("reduction") or "none"
    if reduction not in ("none", "add"):
        raise call_error(call, f"its reduction is {reduction!r}; supported: none, add")
    return rearrange_entries(call) if reduction == "none" else apply_by_columns(call)


def _trace_dropout(call: OperatorCall) -> list[Value | None]:
    training = get_input(call, 2)
    if isinstance(training, Constant) and bool(training.native.any()):
        raise call_error(
            call, "it is in training mode, where it is random; export the model in eval mode"
        )
    return rearrange_entries(call)


def _trace_roi_align(call: OperatorCall) -> list[Value | None]:
    if call.op.attributes["mode"] != "avg":
        raise call_error(call, f"its mode is {call.op.attributes['mode']!r}; supported: avg")
    return apply_by_columns(call)


def _trace_grid_sample(call: OperatorCall) -> list[Value | None]:
    if call.op.attributes["mode"] == "nearest":
        raise call_error(
            call,
            (
                "its mode is 'nearest', where rounding decides which entry is taken; supported: "
                "linear, cubic"
            ),
        )

    return apply_by_columns(call)


def _trace_shape_only(call: OperatorCall) -> list[Value | None]:
    """What depends on the input's shape alone."""
    x = get_variable(call).constant
    return list(run_constant(call.op, [Constant(x, x)]))


#: What depends on the shape of its input alone.
SHAPE_ONLY = frozenset({"Shape", "Size", "EyeLike"})

AFFINE: Mapping[str, OperatorRule] = {
    **LAYERS,
    "Add": _make_sum_rule(1.0, 1.0),
    "Sub": _make_sum_rule(1.0, -1.0),
    "Neg": _make_sum_rule(-1.0),
    "Sum": _make_sum_rule(),
    "Mean": OperatorRule(_trace_mean, _ALL_INPUTS),
    "Mul": OperatorRule(
        lambda call: [
            multiply_operands(call, np.multiply, get_operand(call, 0), get_operand(call, 1))
        ],
        _ALL_INPUTS,
    ),
    "Div": OperatorRule(_trace_division),
    "Identity": OperatorRule(lambda call: [get_variable(call)]),
    "Cast": OperatorRule(_trace_cast),
    "CastLike": OperatorRule(_trace_cast, _ALL_INPUTS),
    **dict.fromkeys(SHAPE_ONLY, OperatorRule(_trace_shape_only)),
    # entries that move
    **dict.fromkeys(
        (
            "Reshape",
            "Flatten",
            "Transpose",
            "Squeeze",
            "Unsqueeze",
            "Slice",
            "Split",
            "Gather",
            "GatherElements",
            "GatherND",
            "Expand",
            "Tile",
            "DepthToSpace",
            "SpaceToDepth",
            "Trilu",
            "Compress",
            "ReverseSequence",
            "CenterCropPad",
            "MaxUnpool",
            "ai.onnx.ml.ArrayFeatureExtractor",
        ),
        _make_rearrange_rule(0),
    ),
    "Concat": _make_rearrange_rule(),
    "ai.onnx.ml.FeatureVectorizer": _make_rearrange_rule(),
    "Where": _make_rearrange_rule(1, 2),
    "TensorScatter": _make_rearrange_rule(0, 1),
    "Dropout": OperatorRule(_trace_dropout),
    "Pad": OperatorRule(_trace_pad, frozenset({0, 2})),
    "Scatter": OperatorRule(_trace_scatter, frozenset({0, 2})),
    "ScatterElements": OperatorRule(_trace_scatter, frozenset({0, 2})),
    "ScatterND": OperatorRule(_trace_scatter, frozenset({0, 2})),
    "Resize": OperatorRule(_trace_resize),
    "Upsample": OperatorRule(_trace_resize),
    # sums of entries
    **dict.fromkeys(
        ("CumSum", "Col2Im", "AffineGrid", "DeformConv"), OperatorRule(apply_by_columns)
    ),
    "RotaryEmbedding": OperatorRule(apply_by_columns),
    "GridSample": OperatorRule(_trace_grid_sample),
    "RoiAlign": OperatorRule(_trace_roi_align),
}

#: Operators that may compute constants, such as shapes and masks, but not meet values that depend
#: on the input.
ON_CONSTANTS = frozenset({
    "And", "ArgMax", "ArgMin", "BitwiseAnd", "BitwiseNot", "BitwiseOr", "BitwiseXor",
    "BlackmanWindow", "Ceil", "Constant", "ConstantOfShape", "Cos", "CumProd", "Equal", "Erf",
    "Exp", "Floor", "HammingWindow", "HannWindow", "IsInf", "IsNaN", "Log", "MelWeightMatrix",
    "Mod", "NonZero", "Not", "OneHot", "Or", "Pow", "Range", "Reciprocal", "ReduceL2",
    "ReduceLogSum", "ReduceLogSumExp", "ReduceProd", "ReduceSumSquare", "Round", "Sigmoid", "Sign",
    "Sin", "Sqrt", "Tanh", "TopK", "Unique", "Xor",
})  # fmt: skip
