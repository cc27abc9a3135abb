"""skorch nets: the torch module inside, and the nonlinearity that skorch puts after it for the loss in use."""

from typing import Any

import numpy as np

from relurules.errors import ModelError
from relurules.ir.link import Head, identity_heads, linked
from relurules.tables import default_names
from relurules.tracing import from_torch
from relurules.tracing.from_sklearn import Ending, both_signs, classifier_heads

#: Loss -> link that `predict_proba` applies to the module's output.
_LINKS = {"CrossEntropyLoss": "softmax", "BCEWithLogitsLoss": "sigmoid"}


def ending(net: Any) -> Ending:
    """The last step of a pipeline that is a fitted skorch net, in float64."""
    if not getattr(net, "initialized_", False):
        raise ModelError("the skorch net isn't fitted; call fit first")
    if net.predict_nonlinearity not in ("auto", None):
        raise ModelError(f"predict_nonlinearity={net.predict_nonlinearity!r} can't be traced; supported: auto, None")
    graph, run = from_torch.trace(net.module_.eval(), None)
    loss = type(net.criterion_).__name__ if net.predict_nonlinearity == "auto" else ""
    link = _LINKS.get(loss, "identity")
    m = len(graph.outputs)
    heads, network = graph.heads, graph.network
    if link != "identity":
        if heads != identity_heads(m):
            raise ModelError(f"the module ends with {heads[0].link}, and {loss} would put {link} after it; remove one")
        heads = classifier_heads(link == "softmax", m)
    names = _names(net, m)
    layers = [(str(data["operator"]), int(data["size"])) for _, data in graph.layers.nodes(data=True)][1:]
    if link == "sigmoid" and m == 1 and len(names) == 2:
        network, heads = both_signs(network), (Head("sigmoid", (0,)), Head("sigmoid", (1,)))
        return Ending(network, heads, names, layers, graph.identities, lambda X: linked(heads, _pair(run(X))))
    function = run if link == "identity" else lambda X: linked(heads, run(X))
    return Ending(network, heads, names, layers, graph.identities, function)


def _pair(scores: Any) -> Any:
    return np.hstack([-scores, scores])


def _names(net: Any, m: int) -> tuple[str, ...]:
    if hasattr(net, "classes_") and len(net.classes_) == max(m, 2):
        return tuple(f"p_{label}" for label in net.classes_)
    return ("y",) if m == 1 else default_names(m, "y")
