"""Links at the end of an ONNX model, and the class labels that classifiers give beside their probabilities."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from relurules.ir import Head
from relurules.ir.link import LINKS
from relurules.tracing.affine import AffineTensor, weighted
from relurules.tracing.heads import Headed, head, rearrange
from relurules.tracing.onnx_call import Call, Continuous, Label, Value, fixed, given, refused, variable
from relurules.tracing.onnx_layers import linear
from relurules.tracing.onnx_nodes import Constant, Operator, run, wide_inputs
from relurules.tracing.onnx_operators import AFFINE, rearranged

#: Operator -> the link that it is at the model's end.
HEADS: Mapping[str, str] = {
    "Sigmoid": "sigmoid",
    "Exp": "exp",
    "Softmax": "softmax",
    "LogSoftmax": "log_softmax",
    "ArgMax": "argmax",
    "ArgMin": "argmax",
}
_PROBABILITIES = frozenset({"sigmoid", "softmax", "log_softmax"})
_SAME = frozenset({"Identity", "ai.onnx.ml.ZipMap"})


def link(call: Call) -> list[Value | None]:
    """An operator of HEADS on affine values."""
    kind, x = HEADS[call.op.name], variable(call)
    if not LINKS[kind].joint:
        return [head(kind, x)]
    axis, rank = call.op.attributes["axis"], x.constant.dim()
    if not -rank <= axis < max(rank, 1):
        raise refused(call, f"its axis {axis} doesn't fit an input of rank {rank}")
    if kind == "argmax":
        _first_index(call)
        x = weighted((-1.0, x)) if call.op.name == "ArgMin" else x
        return [head(kind, x, axis, bool(call.op.attributes["keepdims"]))]
    if call.op.version >= 13:
        return [head(kind, x, axis)]
    rows = x.constant.flatten(start_dim=axis).shape[-1] if rank else 1
    flat = head(kind, linear(lambda t: t.reshape(-1, rows), x), -1)  # of all dimensions from the axis on
    return [Headed(flat.index.reshape(x.constant.shape), flat.heads, flat.scores)]


def go_on(call: Call, origin: Operator) -> list[Value | None]:
    """An operator on what a link gave: it may move entries about; anything else is refused, naming the link."""
    first = next(value for value in call.values if isinstance(value, Headed | Label))
    name = call.op.name
    if name in _SAME or (name == "Cast" and (isinstance(first, Label) or _keeps(call, first))):
        return [first]
    if isinstance(first, Label) and name in ("Reshape", "Squeeze", "Unsqueeze", "Flatten"):
        return [first]
    if isinstance(first, Headed) and first is given(call, 0) and name in ("ArgMax", "ArgMin"):
        return [_class_of(call, first)]
    if isinstance(first, Headed) and first is given(call, 1) and isinstance(given(call, 0), Constant):
        if name == "ai.onnx.ml.ArrayFeatureExtractor" and _links(first) == {"argmax"}:
            return [Label(tuple(np.ravel(given(call, 0).native).tolist()), first)]  # type: ignore[union-attr]
        after = name == "Sub" and call.op.inputs[1] in origin.outputs and origin.name == "Sigmoid"
        if after and _is_one(fixed(call, 0), first):
            return [Headed(first.index, first.heads, weighted((-1.0, first.scores)))]
    if name in AFFINE and AFFINE[name].rule is rearranged and not isinstance(first, Label):
        return _moved(call)
    raise refused(
        call._replace(op=origin),
        f"it is inside the model, since {name} in node {call.op.node.name!r} goes on from it; it is supported at the "
        "model's end, with nothing after it but reshapes, slices and concatenations",
    )


def outputs_of(
    names: Sequence[str], values: Sequence[Continuous], where: str
) -> tuple[list[str], list[AffineTensor | Headed | Constant], tuple[str, ...] | None]:
    """Outputs without the labels that probabilities beside them tell, and the classes, where labels name them."""
    labels = [value for value in values if isinstance(value, Label)]
    told = any(isinstance(value, Headed) and _links(value) & _PROBABILITIES for value in values)
    kept: list[tuple[str, AffineTensor | Headed | Constant]] = []
    for name, value in zip(names, values, strict=True):
        if not isinstance(value, Label):
            kept.append((name, value))
        elif not told and value.classes == tuple(range(len(value.classes))):
            kept.append((name, value.heads))
        elif not told:
            raise refused_label(where, name, value)
    classes = tuple(str(name) for name in labels[0].classes) if labels and len(kept) == 1 else None
    return [name for name, _ in kept], [value for _, value in kept], classes


def refused_label(where: str, name: str, label: Label) -> Exception:
    """The error for class labels that are no numbers of classes."""
    from relurules.errors import ModelError

    shown = ", ".join(map(repr, label.classes[:5]))
    return ModelError(
        f"{where}: output {name!r} is a class label ({shown}); supported: the labels 0, 1, ... or probabilities as an "
        "output too"
    )


def _links(value: Headed) -> set[str]:
    return {value.heads[i].link for i in value.index.reshape(-1).tolist()}


def _keeps(call: Call, value: Headed) -> bool:
    """Whether a cast changes nothing: any of a class's number, of other values to a float type."""
    return _links(value) == {"argmax"} or call.op.attributes["to"] in (1, 10, 11, 16)


def _is_one(ones: Tensor, value: Headed) -> bool:
    return bool((ones == 1.0).all()) and np.broadcast_shapes(ones.shape, value.shape) == tuple(value.shape)


def _first_index(call: Call) -> None:
    if call.op.attributes.get("select_last_index"):
        raise refused(call, "it has select_last_index=1; supported: the first of several largest entries")


def _class_of(call: Call, value: Headed) -> Headed:
    """The argmax of what a link gave is the argmax of its scores, where the link keeps their order."""
    _first_index(call)
    if call.op.name == "ArgMin":
        raise refused(call, "it follows a link; supported there: ArgMax")
    axis, keep = call.op.attributes["axis"], call.op.attributes["keepdims"]
    along = value.index.movedim(axis, -1)
    heads = []
    for row in along.reshape(-1, along.shape[-1]).tolist():
        taken = _ranked([value.heads[i] for i in row], value.scores)
        if taken is None:
            raise refused(
                call, "it compares values of several links; supported: of one softmax, or sigmoid(z), 1 - sigmoid(z)"
            )
        heads.append(Head("argmax", taken))
    index = torch.arange(len(heads)).reshape(along.shape[:-1])
    return Headed(index.unsqueeze(axis) if keep else index, tuple(heads), value.scores)


def _ranked(heads: Sequence[Head], scores: AffineTensor) -> tuple[int, ...] | None:
    """Scores in the order of which these heads stand; None where that isn't known."""
    links = {one.link for one in heads}
    if links <= {"softmax"} or links <= {"log_softmax"}:
        return tuple(one.scores[one.component] for one in heads) if len({one.scores for one in heads}) == 1 else None
    taken = tuple(one.scores[0] for one in heads)
    if links <= {"exp"} or links <= {"identity"}:
        return taken
    opposite = len(taken) == 2 and bool((scores.columns[:, list(taken)].sum(dim=1) == 0).all())
    return taken if links <= {"sigmoid"} and opposite and scores.constant[list(taken)].sum() == 0 else None


def _moved(call: Call) -> list[Value | None]:
    """Run the operator on the numbers of the heads, from 1; what it fills in shows as 0."""
    places = AFFINE[call.op.name].data
    data = [i for i, value in enumerate(call.values) if value is not None and (places is None or i in places)]
    fixed_values = [
        value if isinstance(value, Constant) and i not in data else None for i, value in enumerate(call.values)
    ]
    if any(isinstance(value, Headed | AffineTensor) and i not in data for i, value in enumerate(call.values)):
        raise refused(call, "it looks up entries by what the model gives; supported: by constants")
    items = [v if isinstance(v, Headed | AffineTensor) else fixed(call, i) for i in data for v in [call.values[i]]]

    def operator(*indices: Tensor) -> list[Tensor]:
        arrays = wide_inputs(call.op, fixed_values)
        for i, index in zip(data, indices, strict=True):
            arrays[i] = index.numpy() + 1.0
        results = [result for result in run(call.op, arrays) if result is not None and result.dtype == np.float64]
        if any(result.size and result.min() < 1 for result in results):
            raise refused(call, "it fills in values after the model's link; supported: what only moves entries")
        return [torch.as_tensor(result.astype(np.int64) - 1) for result in results]

    moved: list[Value | None] = rearrange(items, operator)
    return moved
