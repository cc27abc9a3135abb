"""Where onnx's own reference is wrong, lacks an operator, or follows a type that is float64 here:
numpy in its place.

Seen with onnx 1.23, and tested against torch and the operator sets' own cases: BatchNormalization
before opset 14 uses the batch's statistics, ConvTranspose mixes up its groups, pooling with
ceil_mode shifts its windows, Softmax before opset 13 doesn't flatten, LogSoftmax underflows,
RoiAlign before opset 16 shifts its coordinates, AffineGrid and GridSample compute in float32, and
Upsample, Scatter and GlobalLpPool are missing; Conv was wrong with auto_pad up to 1.19.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from onnx import GraphProto, ValueInfoProto, helper
from onnx.reference import ReferenceEvaluator

from relurules.links.functions import sigmoid, softmax
from relurules.tracing.onnx.nodes import Operator, per_channel
from relurules.tracing.onnx.spatial import compute_transposed_windows, compute_windows

Array = NDArray[Any]
Compute = Callable[[Operator, Sequence[Any]], list[Any]]


def _compute_cast(op: Operator, arrays: Sequence[Any]) -> list[Any]:
    """The identity between float types, and of truth 0 or 1; any other cast is left to the
    reference.
    """
    to = (
        op.attributes["to"]
        if op.name == "Cast"
        else helper.np_dtype_to_tensor_dtype(arrays[1].dtype)
    )
    floating = np.dtype(helper.tensor_dtype_to_np_dtype(to)).kind in "fV"

    return (
        [arrays[0].astype(np.float64)]
        if floating and arrays[0].dtype.kind in "fb"
        else op.reference(arrays)
    )


def _compute_batch_norm(op: Operator, arrays: Sequence[Any]) -> list[Any]:
    x = arrays[0]
    scale, bias, mean, var = (per_channel(array, x.ndim) for array in arrays[1:])
    return [scale * (x - mean) / np.sqrt(var + op.attributes["epsilon"]) + bias]


def _gather_windows(
    op: Operator, x: Array, padding: float, kernel: tuple[int, ...] | None = None
) -> tuple[Array, Array]:
    """Every window of x, its places flattened into the last dimension; and whether each place
    counts as padding.
    """
    shape = compute_windows(op, x.shape[2:], kernel)
    places = zip(
        x.shape[2:], shape.begin, shape.end, shape.out, shape.stride, shape.span, strict=True
    )
    ends = [max(e, (o - 1) * s + span - n - b) for n, b, e, o, s, span in places]
    widths = [(0, 0), (0, 0), *zip(shape.begin, ends, strict=True)]
    inside = np.pad(np.ones(x.shape), [(0, 0), (0, 0), *zip(shape.begin, shape.end, strict=True)])
    padded = np.pad(x, widths, constant_values=padding)
    extra = [(0, p - q) for p, q in zip(padded.shape, inside.shape, strict=True)]
    axes = tuple(range(2, x.ndim))
    cut: tuple[Any, ...] = (
        ...,
        *(slice(0, o * s, s) for o, s in zip(shape.out, shape.stride, strict=True)),
    )
    taken: tuple[Any, ...] = (*cut, *(slice(None, None, d) for d in shape.dilation))
    flat = (*x.shape[:2], *shape.out, -1)
    views = [
        sliding_window_view(array, shape.span, axis=axes)[taken].reshape(flat)
        for array in (padded, np.pad(inside, extra, constant_values=2.0))
    ]

    return views[0], views[1]


def _compute_max_pool(op: Operator, arrays: Sequence[Any]) -> list[Any]:
    return [_gather_windows(op, arrays[0], -np.inf)[0].max(axis=-1)]


def _compute_average_pool(op: Operator, arrays: Sequence[Any]) -> list[Any]:
    values, kind = _gather_windows(op, arrays[0], 0.0)
    counted = kind < 2.0 if op.attributes["count_include_pad"] else kind == 1.0
    return [values.sum(axis=-1) / counted.sum(axis=-1)]


def _compute_lp_pool(op: Operator, arrays: Sequence[Any]) -> list[Any]:
    p = op.attributes["p"]
    return [(np.abs(_gather_windows(op, arrays[0], 0.0)[0]) ** p).sum(axis=-1) ** (1.0 / p)]


def _compute_global_lp_pool(op: Operator, arrays: Sequence[Any]) -> list[Any]:
    p, axes = op.attributes["p"], tuple(range(2, arrays[0].ndim))
    return [(np.abs(arrays[0]) ** p).sum(axis=axes, keepdims=True) ** (1.0 / p)]


def _compute_conv(op: Operator, arrays: Sequence[Any]) -> list[Any]:
    x, weights, bias = (*arrays, None)[:3]
    values = _gather_windows(op, x, 0.0, weights.shape[2:])[0]
    kernels, groups = weights.reshape(*weights.shape[:2], -1), op.attributes["group"]
    parts = zip(np.split(values, groups, axis=1), np.split(kernels, groups), strict=True)
    joined = np.concatenate([np.tensordot(v, k, axes=([1, -1], [1, 2])) for v, k in parts], axis=-1)
    result = np.moveaxis(joined, -1, 1)
    return [result if bias is None else result + per_channel(bias, x.ndim)]


def _compute_conv_transpose(op: Operator, arrays: Sequence[Any]) -> list[Any]:
    """Every entry of the input, times the kernel, added where it belongs; then the padding is cut
    off.
    """
    x, weights, bias = (*arrays, None)[:3]
    shape, groups = (
        compute_transposed_windows(op, x.shape[2:], weights.shape[2:]),
        op.attributes["group"],
    )
    n, channels = x.shape[0], weights.shape[1]
    full = np.zeros((n, channels * groups, *shape.full))

    for g in range(groups):
        mine, kernel = np.split(x, groups, axis=1)[g], np.split(weights, groups)[g]
        for place in np.ndindex(*weights.shape[2:]):
            share = np.moveaxis(np.tensordot(mine, kernel[(..., *place)], axes=([1], [0])), -1, 1)
            at = [
                slice(p * d, p * d + (m - 1) * s + 1, s)
                for p, d, m, s in zip(place, shape.dilation, x.shape[2:], shape.stride, strict=True)
            ]
            full[(slice(None), slice(g * channels, (g + 1) * channels), *at)] += share

    for axis, (begin, out) in enumerate(zip(shape.begin, shape.out, strict=True), start=2):
        low = np.pad(
            full, [(max(0, -begin), max(0, out)) if i == axis else (0, 0) for i in range(full.ndim)]
        )
        full = np.take(low, np.arange(out) + max(0, begin), axis=axis)

    return [full if bias is None else full + per_channel(bias, x.ndim)]


def run_reference(kind: str, version: int, arrays: Sequence[Any], **attributes: Any) -> list[Any]:
    """Another operator of the default domain, by onnx's reference."""
    names = [f"i{i}" if array is not None else "" for i, array in enumerate(arrays)]
    node = helper.make_node(kind, names, ["o"], **attributes)
    infos = [ValueInfoProto(name=name) for name in names if name]
    graph = GraphProto(node=[node], input=infos, output=[ValueInfoProto(name="o")])
    feeds = {name: array for name, array in zip(names, arrays, strict=True) if name}
    return list(ReferenceEvaluator(graph, opsets={"": version}).run(None, feeds))


def _compute_resize(op: Operator, arrays: Sequence[Any]) -> list[Any]:
    """Upsample, and Resize of opset 10, are the later Resize with asymmetric coordinates."""
    if op.name == "Resize" and op.version > 10:
        return op.reference(arrays)

    given = op.attributes.get("scales") if len(arrays) == 1 else arrays[1]
    scales = np.asarray(given, dtype=np.float32)
    mode = {
        "coordinate_transformation_mode": "asymmetric",
        "nearest_mode": "floor",
        "mode": op.attributes["mode"],
    }

    return run_reference("Resize", 13, [arrays[0], None, scales], **mode)


def _compute_pad(op: Operator, arrays: Sequence[Any]) -> list[Any]:
    """Before opset 11 all but the data are attributes."""
    if op.version > 10:
        return op.reference(arrays)
    value = np.array(op.attributes["value"], dtype=arrays[0].dtype)
    return run_reference(
        "Pad", 13, [arrays[0], np.array(op.attributes["pads"]), value], mode=op.attributes["mode"]
    )


def _compute_regressor(op: Operator, arrays: Sequence[Any]) -> list[Any]:
    weights = np.reshape(op.attributes["coefficients"], (op.attributes["targets"], -1))
    return [arrays[0].astype(np.float64) @ weights.T + np.array(op.attributes["intercepts"] or 0.0)]


def _compute_classifier(op: Operator, arrays: Sequence[Any]) -> list[Any]:
    """Numbers of the classes, in place of their labels, and what it makes of the scores."""
    given = op.attributes
    (scores,) = _compute_regressor(
        replace(
            op, attributes={**given, "targets": len(given["coefficients"]) // arrays[0].shape[1]}
        ),
        arrays,
    )
    links = {"LOGISTIC": sigmoid, "SOFTMAX": softmax}
    link = links.get(given["post_transform"])
    return [scores.argmax(axis=1), scores if link is None else link(scores)]


def _compute_gather(op: Operator, arrays: Sequence[Any]) -> list[Any]:
    """Codes are whole numbers in float64 here."""
    codes = arrays[1]
    return op.reference([arrays[0], codes.astype(np.int64) if codes.dtype.kind == "f" else codes])


def _compute_roi_align(op: Operator, arrays: Sequence[Any]) -> list[Any]:
    """Before opset 16 coordinates aren't shifted by half a pixel."""
    if op.version > 15:
        return op.reference(arrays)
    mode = {"coordinate_transformation_mode": "output_half_pixel"}
    return run_reference("RoiAlign", 16, arrays, **op.attributes, **mode)


def _compute_scatter(op: Operator, arrays: Sequence[Any]) -> list[Any]:
    return run_reference("ScatterElements", 11, arrays, axis=op.attributes["axis"])


def _compute_softmax(op: Operator, arrays: Sequence[Any]) -> list[Any]:
    """Over one axis; before opset 13 over all dimensions from the axis on."""
    x, axis = arrays[0], op.attributes["axis"]
    flat = x if op.version >= 13 or not x.ndim else x.reshape(*x.shape[: axis % x.ndim], -1)
    axis = axis if op.version >= 13 else -1
    shifted = flat - flat.max(axis=axis, keepdims=True)
    total = np.exp(shifted).sum(axis=axis, keepdims=True)
    result = np.exp(shifted) / total if op.name == "Softmax" else shifted - np.log(total)
    return [result.reshape(x.shape)]


def _return_first(_: Operator, arrays: Sequence[Any]) -> list[Any]:
    return [arrays[0]]


def _compute_affine_grid(op: Operator, arrays: Sequence[Any]) -> list[Any]:
    """Every point of the output, x first, through the affine map theta."""
    theta, sizes, corners = arrays[0], arrays[1].tolist()[2:], op.attributes["align_corners"]
    lines = [
        np.linspace(-1, 1, n) if corners and n > 1 else (2 * np.arange(n) + 1) / n - 1
        for n in sizes
    ]
    points = np.stack([*reversed(np.meshgrid(*lines, indexing="ij")), np.ones(sizes)], axis=-1)
    return [np.einsum("nij,...j->n...i", theta, points)]


#: ONNX's names of a sampling mode -> torch's.
SAMPLING: Mapping[str, str] = {"linear": "bilinear", "cubic": "bicubic"}


def _compute_grid_sample(op: Operator, arrays: Sequence[Any]) -> list[Any]:
    import torch

    x, grid = (torch.as_tensor(array.astype(np.float64)) for array in arrays)
    mode = SAMPLING.get(op.attributes["mode"], op.attributes["mode"])
    padding, corners = op.attributes["padding_mode"], bool(op.attributes["align_corners"])
    return [torch.nn.functional.grid_sample(x, grid, mode, padding, corners).numpy()]


#: Operator -> what computes it, on constants and on variable values alike.
OVERRIDES: Mapping[str, Compute] = {
    "AffineGrid": _compute_affine_grid,
    "GridSample": _compute_grid_sample,
    "AveragePool": _compute_average_pool,
    "BatchNormalization": _compute_batch_norm,
    "Conv": _compute_conv,
    "ConvTranspose": _compute_conv_transpose,
    "Gather": _compute_gather,
    "GlobalLpPool": _compute_global_lp_pool,
    "LpPool": _compute_lp_pool,
    "MaxPool": _compute_max_pool,
    "Pad": _compute_pad,
    "LogSoftmax": _compute_softmax,
    "Resize": _compute_resize,
    "RoiAlign": _compute_roi_align,
    "Scatter": _compute_scatter,
    "Softmax": _compute_softmax,
    "Upsample": _compute_resize,
    "ai.onnx.ml.LinearClassifier": _compute_classifier,
    "ai.onnx.ml.LinearRegressor": _compute_regressor,
    "ai.onnx.ml.ZipMap": _return_first,
}

#: Operator -> what computes it in float64, whatever the precision that it names.
IN_FLOAT64: Mapping[str, Compute] = {"Cast": _compute_cast, "CastLike": _compute_cast}
