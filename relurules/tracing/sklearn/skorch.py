"""skorch nets: the torch module inside, and the nonlinearity that skorch puts after it for the loss
in use.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from relurules.errors import ModelError
from relurules.ir import ClassLabels
from relurules.ir.class_labels import find_class_test, make_labels
from relurules.links.heads import Head, apply_links, make_identity_heads
from relurules.tracing.sklearn.last_estimator import LastEstimator, make_class_heads, name_numbers
from relurules.tracing.torch import front_end

#: Of two classes, by a threshold.
_BINARY = "NeuralNetBinaryClassifier"
#: Loss -> link that `predict_proba` applies to the module's output.
_LINKS = {"CrossEntropyLoss": "softmax", "BCEWithLogitsLoss": "sigmoid"}


def read_skorch_net(net: Any) -> LastEstimator:
    """The last step of a pipeline that is a fitted skorch net, in float64."""
    if not getattr(net, "initialized_", False):
        raise ModelError("the skorch net isn't fitted; call fit first")
    if net.predict_nonlinearity not in ("auto", None):
        raise ModelError(
            f"predict_nonlinearity={net.predict_nonlinearity!r} can't be traced; supported: auto, "
            "None"
        )

    graph, run = front_end.trace(net.module_.eval(), None)
    loss = type(net.criterion_).__name__ if net.predict_nonlinearity == "auto" else ""
    link, m = _LINKS.get(loss, "identity"), len(graph.outputs)
    names = _name_outputs(net, m)
    layers = [
        (str(data["operator"]), int(data["size"])) for _, data in graph.layers.nodes(data=True)
    ][1:]

    if link == "identity":
        return LastEstimator(
            network=graph.network,
            heads=graph.heads,
            outputs=names,
            layers=layers,
            identities=graph.identities,
            run=lambda X: run(np.asarray(X)),
            labels=_read_labels(net, graph.heads, m),
        )
    if graph.heads != make_identity_heads(m):
        raise ModelError(
            f"the module ends with {graph.heads[0].link}, and {loss} puts {link} after it; "
            "remove one"
        )

    heads = make_class_heads(link, m, len(names))
    return LastEstimator(
        network=graph.network,
        heads=heads,
        outputs=names,
        layers=layers,
        identities=graph.identities,
        run=lambda X: apply_links(heads, run(np.asarray(X))),
        labels=_read_labels(net, heads, m),
    )


def _read_labels(net: Any, heads: Sequence[Head], scores: int) -> ClassLabels | None:
    """The numbers that the net's own `predict` gives: of two classes by its threshold, else by the
    largest probability, whatever `classes_` calls them.
    """
    kinds, test = {base.__name__ for base in type(net).__mro__}, find_class_test(heads, scores)
    if test is None or not kinds & {_BINARY, "NeuralNetClassifier"}:
        return None
    threshold = float(net.threshold) if _BINARY in kinds else None
    return make_labels(range(test.count), threshold=threshold)


def _name_outputs(net: Any, m: int) -> tuple[str, ...]:
    if hasattr(net, "classes_") and len(net.classes_) == max(m, 2):
        return tuple(f"p_{label}" for label in net.classes_)
    return name_numbers(m)
