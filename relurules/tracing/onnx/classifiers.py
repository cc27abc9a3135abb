"""What classifiers of ai.onnx.ml are, and what converters write after probabilities: labels beside
them, and sums to 1 that they have already.
"""

from collections.abc import Callable, Mapping

from relurules.errors import ModelError
from relurules.tracing.affine import add_weighted
from relurules.tracing.heads import LinkedTensor, apply_link
from relurules.tracing.onnx.call import (
    LabelLookup,
    OperatorCall,
    Value,
    call_error,
    get_variable,
)
from relurules.tracing.onnx.layers import apply_linear
from relurules.tracing.relu_blocks import as_float64

LINEAR_CLASSIFIER = "ai.onnx.ml.LinearClassifier"
#: What a link gave, or labels told by it.
Ended = LinkedTensor | LabelLookup
#: What a classifier does to its scores -> the link that it is.
_POST_TRANSFORMS: Mapping[str, str] = {
    "NONE": "identity",
    "LOGISTIC": "sigmoid",
    "SOFTMAX": "softmax",
}


def trace_linear_classifier(call: OperatorCall) -> list[Value | None]:
    """The label of the largest score, and what the classifier makes of its scores, one a class."""
    given = call.op.attributes
    texts = [text.decode() for text in given["classlabels_strings"] or ()]
    classes = tuple(texts or given["classlabels_ints"] or ())
    link = _POST_TRANSFORMS.get(given["post_transform"])
    if link is None:
        raise call_error(
            call,
            f"its post_transform is {given['post_transform']!r}; supported: "
            f"{', '.join(_POST_TRANSFORMS)}",
        )

    x = get_variable(call)
    weights = as_float64(given["coefficients"]).reshape(-1, max(x.shape[-1], 1))
    if len(weights) != len(classes) or len(classes) < 2:
        raise call_error(
            call,
            f"it has {len(weights)} scores for {len(classes)} classes; supported: one score for "
            "each of two or more classes",
        )

    intercepts = as_float64(given["intercepts"] or [0.0] * len(classes))
    scores = add_weighted((1.0, apply_linear(lambda t: t @ weights.T, x)), (1.0, intercepts))
    label = LabelLookup(classes, apply_link("argmax", scores))
    return [label, scores if link == "identity" else apply_link(link, scores)]


def _trace_binarizer(call: OperatorCall, value: Ended) -> Value | None:
    """Which of several labels hold together; their probabilities tell it."""
    if isinstance(value, LabelLookup):
        return None

    half = call.op.attributes["threshold"] == 0.5
    return LabelLookup((), value) if half and value.links == {"sigmoid"} else None


def _trace_normalizer(call: OperatorCall, value: Ended) -> Value | None:
    """Shares that sum to 1 stay what they are; None where they may not."""
    if isinstance(value, LabelLookup):
        return None

    rows = value.index.reshape(-1, value.index.shape[-1]).tolist()
    whole = all(
        [value.heads[i].component for i in row] == list(range(len(value.heads[row[0]].scores)))
        and len({value.heads[i].scores for i in row}) == 1
        for row in rows
    )
    given = call.op.attributes["norm"]
    return value if given == "L1" and value.links == {"softmax"} and whole else None


#: Operator on what a link gave -> what it is there, None where it can't be told.
AFTER_LINK: Mapping[str, Callable[[OperatorCall, Ended], Value | None]] = {
    "ai.onnx.ml.Binarizer": _trace_binarizer,
    "ai.onnx.ml.Normalizer": _trace_normalizer,
}

_TREES = (
    "it is an ensemble of trees, whose scores jump; rules of trees are out of scope. Read a tree's "
    "own rules, or fit additive rules to the same table: relurules fit, or rr.fit"
)
#: Operators that are known and can't be traced -> why, and what to do.
REFUSED: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "ai.onnx.ml.TreeEnsemble",
            "ai.onnx.ml.TreeEnsembleClassifier",
            "ai.onnx.ml.TreeEnsembleRegressor",
        ),
        _TREES,
    ),
    "ai.onnx.ml.Normalizer": (
        "it divides a row by its own length, which isn't piecewise linear; supported: Scaler, and "
        "a Normalizer of softmax probabilities"
    ),
    "ai.onnx.ml.Binarizer": (
        "it jumps at its threshold; supported: behind the probabilities of a model of several "
        "labels"
    ),
}


def label_error(where: str, name: str, label: LabelLookup) -> ModelError:
    """The error for class labels that are no numbers of classes."""
    shown = ", ".join(map(repr, label.classes[:5])) or "several that may hold together"
    return ModelError(
        f"{where}: output {name!r} is a class label ({shown}); supported: the labels 0, 1, ... or "
        "probabilities as an output too"
    )
