"""Links at the end of an ONNX model, and the class labels that classifiers give beside their
probabilities.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.ir import Head, Network
from relurules.links.table import LINKS
from relurules.tracing.affine import AffineTensor, Array, add_weighted
from relurules.tracing.heads import LinkedTensor, apply_link, rearrange_heads
from relurules.tracing.onnx.call import (
    Continuous,
    LabelLookup,
    OperatorCall,
    Value,
    call_error,
    get_constant,
    get_input,
    get_variable,
)
from relurules.tracing.onnx.classifiers import (
    AFTER_LINK,
    LINEAR_CLASSIFIER,
    label_error,
    trace_linear_classifier,
)
from relurules.tracing.onnx.layers import apply_linear
from relurules.tracing.onnx.nodes import Constant, Operator, run_operator, widen_inputs
from relurules.tracing.onnx.operators import AFFINE, rearrange_entries

#: Operator -> the link that it is at the model's end.
HEADS: Mapping[str, str] = {
    "Sigmoid": "sigmoid",
    "Exp": "exp",
    "Softplus": "softplus",
    "Tanh": "tanh",
    "Softmax": "softmax",
    "LogSoftmax": "log_softmax",
    "ArgMax": "argmax",
    "ArgMin": "argmax",
}
_PROBABILITIES = frozenset({"sigmoid", "softmax", "log_softmax"})
_RESHAPES = ("Reshape", "Squeeze", "Unsqueeze", "Flatten")
_IDENTITY_OPERATORS = frozenset({"Identity", "ai.onnx.ml.ZipMap"})


def trace_link(call: OperatorCall) -> list[Value | None]:
    """An operator of HEADS, or a linear classifier, on affine values."""
    if call.op.name == LINEAR_CLASSIFIER:
        return trace_linear_classifier(call)
    kind, x = HEADS[call.op.name], get_variable(call)
    if not LINKS[kind].joint:
        return [apply_link(kind, x)]

    axis, rank = call.op.attributes["axis"], x.constant.ndim
    if not -rank <= axis < max(rank, 1):
        raise call_error(call, f"its axis {axis} doesn't fit an input of rank {rank}")
    if kind == "argmax":
        _check_first_index(call)
        x = add_weighted((-1.0, x)) if call.op.name == "ArgMin" else x
        return [apply_link(kind, x, axis, bool(call.op.attributes["keepdims"]))]

    if call.op.version >= 13:
        return [apply_link(kind, x, axis)]

    rows = math.prod(x.shape[axis % max(rank, 1) :])
    # Of all dimensions from the axis on.
    flat = apply_link(kind, apply_linear(lambda t: t.reshape(len(t), -1, rows), x), -1)
    return [LinkedTensor(flat.index.reshape(x.constant.shape), flat.heads, flat.scores)]


def trace_after_link(call: OperatorCall, origin: Operator) -> list[Value | None]:
    """An operator on what a link gave: it may move entries about; anything else is refused, naming
    the link.
    """
    first = next(value for value in call.values if isinstance(value, LinkedTensor | LabelLookup))
    name = call.op.name
    known = AFTER_LINK[name](call, first) if name in AFTER_LINK else None
    if known is not None:
        return [known]
    told = isinstance(first, LabelLookup)
    if (
        name in _IDENTITY_OPERATORS
        or (told and name in _RESHAPES)
        or (name == "Cast" and (isinstance(first, LabelLookup) or _is_lossless_cast(call, first)))
    ):
        return [first]

    if (
        isinstance(first, LinkedTensor)
        and first is get_input(call, 0)
        and name in ("ArgMax", "ArgMin")
    ):
        return [_trace_argmax(call, first)]

    if (
        isinstance(first, LinkedTensor)
        and first is get_input(call, 1)
        and isinstance(get_input(call, 0), Constant)
    ):
        if name == "ai.onnx.ml.ArrayFeatureExtractor" and first.links == {"argmax"}:
            return [LabelLookup(tuple(np.ravel(get_input(call, 0).native).tolist()), first)]  # type: ignore[union-attr]
        after = name == "Sub" and call.op.inputs[1] in origin.outputs and origin.name == "Sigmoid"
        if after and _is_all_ones(get_constant(call, 0), first):
            return [LinkedTensor(first.index, first.heads, add_weighted((-1.0, first.scores)))]

    if (
        name in AFFINE
        and AFFINE[name].rule is rearrange_entries
        and not isinstance(first, LabelLookup)
    ):
        return _rearrange_by_index(call)

    raise call_error(
        call._replace(op=origin),
        f"it is inside the model, since {name} in node {call.op.node.name!r} goes on from it; it "
        "is supported at the "
        "model's end, with nothing after it but reshapes, slices and concatenations",
    )


def separate_labels(
    names: Sequence[str], values: Sequence[Continuous], where: str
) -> tuple[list[str], list[AffineTensor | LinkedTensor | Constant], tuple[Any, ...] | None]:
    """Outputs without the labels that probabilities beside them tell, and the classes, where labels
    name them.
    """
    labels = [value for value in values if isinstance(value, LabelLookup)]
    told = any(isinstance(value, LinkedTensor) and value.links & _PROBABILITIES for value in values)
    kept: list[tuple[str, AffineTensor | LinkedTensor | Constant]] = []

    for name, value in zip(names, values, strict=True):
        if not isinstance(value, LabelLookup):
            kept.append((name, value))
        elif not told and value.classes and value.classes == tuple(range(len(value.classes))):
            kept.append((name, value.heads))
        elif not told:
            raise label_error(where, name, value)

    classes = labels[0].classes if labels and len(kept) == 1 else None
    return [name for name, _ in kept], [value for _, value in kept], classes


def pair_opposite_heads(
    network: Network, heads: tuple[Head, ...]
) -> tuple[Network, tuple[Head, ...]]:
    """sigmoid(-z), sigmoid(z) of two classes as 1 - sigmoid(z), sigmoid(z): one score; all else as
    it is.
    """
    opposite = [head.link for head in heads] == ["sigmoid", "sigmoid"] and all(
        np.array_equal(-part[heads[0].scores[0]], part[heads[1].scores[0]])
        for part in (network.C, network.U, network.c)
    )
    if not opposite or len(network.c) != 2:
        return network, heads

    one = [heads[1].scores[0]]
    network = replace(network, C=network.C[one], U=network.U[one], c=network.c[one])
    return network, (Head("complement", (0,)), Head("sigmoid", (0,)))


def _is_lossless_cast(call: OperatorCall, value: LinkedTensor) -> bool:
    """Whether a cast changes nothing: any of a class's number, of other values to a float type."""
    return value.links == {"argmax"} or call.op.attributes["to"] in (1, 10, 11, 16)


def _is_all_ones(ones: Array, value: LinkedTensor) -> bool:
    return bool((ones == 1.0).all()) and np.broadcast_shapes(ones.shape, value.shape) == tuple(
        value.shape
    )


def _check_first_index(call: OperatorCall) -> None:
    if call.op.attributes.get("select_last_index"):
        raise call_error(
            call, "it has select_last_index=1; supported: the first of several largest entries"
        )


def _trace_argmax(call: OperatorCall, value: LinkedTensor) -> LinkedTensor:
    """The argmax of a link's outputs is that of its scores, where the link keeps their order."""
    _check_first_index(call)
    if call.op.name == "ArgMin":
        raise call_error(call, "it follows a link; supported there: ArgMax")

    axis, keep = call.op.attributes["axis"], call.op.attributes["keepdims"]
    along = np.moveaxis(value.index, axis, -1)
    heads = []

    for row in along.reshape(-1, along.shape[-1]).tolist():
        taken = _rank_scores([value.heads[i] for i in row], value.scores)
        if taken is None:
            raise call_error(
                call,
                (
                    "it compares values of several links; supported: of one softmax, or "
                    "sigmoid(z), 1 - sigmoid(z)"
                ),
            )
        heads.append(Head("argmax", taken))

    index = np.arange(len(heads)).reshape(along.shape[:-1])
    return LinkedTensor(np.expand_dims(index, axis) if keep else index, tuple(heads), value.scores)


def _rank_scores(heads: Sequence[Head], scores: AffineTensor) -> tuple[int, ...] | None:
    """Scores in the order of which these heads stand; None where that isn't known."""
    links = {one.link for one in heads}
    if links <= {"softmax"} or links <= {"log_softmax"}:
        return (
            tuple(one.scores[one.component] for one in heads)
            if len({one.scores for one in heads}) == 1
            else None
        )

    taken = tuple(one.scores[0] for one in heads)
    if links <= {"exp"} or links <= {"identity"}:
        return taken

    opposite = len(taken) == 2 and bool((scores.columns[:, list(taken)].sum(axis=1) == 0).all())
    return (
        taken
        if links <= {"sigmoid"} and opposite and scores.constant[list(taken)].sum() == 0
        else None
    )


def _rearrange_by_index(call: OperatorCall) -> list[Value | None]:
    """Run the operator on the numbers of the heads, from 1; what it fills in shows as 0."""
    places = AFFINE[call.op.name].data
    data = [
        i
        for i, value in enumerate(call.values)
        if value is not None and (places is None or i in places)
    ]
    fixed_values = [
        value if isinstance(value, Constant) and i not in data else None
        for i, value in enumerate(call.values)
    ]

    if any(
        isinstance(value, LinkedTensor | AffineTensor) and i not in data
        for i, value in enumerate(call.values)
    ):
        raise call_error(
            call, "it looks up entries by what the model gives; supported: by constants"
        )

    items = [
        v if isinstance(v, LinkedTensor | AffineTensor) else get_constant(call, i)
        for i in data
        for v in [call.values[i]]
    ]

    def operator(*indices: NDArray[np.intp]) -> list[NDArray[np.intp]]:
        arrays = widen_inputs(call.op, fixed_values)
        for i, index in zip(data, indices, strict=True):
            arrays[i] = index + 1.0

        results = [
            result
            for result in run_operator(call.op, arrays)
            if result is not None and result.dtype == np.float64
        ]

        if any(result.size and result.min() < 1 for result in results):
            raise call_error(
                call,
                "it fills in values after the model's link; supported: what only moves entries",
            )

        return [result.astype(np.intp) - 1 for result in results]

    moved: list[Value | None] = rearrange_heads(items, operator)
    return moved
