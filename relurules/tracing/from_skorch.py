"""skorch nets: the torch module inside, and the nonlinearity that skorch puts after it for the loss in use."""

from typing import Any

from relurules.errors import ModelError
from relurules.ir.link import identity_heads, linked
from relurules.tables import default_names
from relurules.tracing import from_torch
from relurules.tracing.from_sklearn import Ending, probabilities

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
    link, m = _LINKS.get(loss, "identity"), len(graph.outputs)
    names = _names(net, m)
    layers = [(str(data["operator"]), int(data["size"])) for _, data in graph.layers.nodes(data=True)][1:]
    if link == "identity":
        return Ending(graph.network, graph.heads, names, layers, graph.identities, run)
    if graph.heads != identity_heads(m):
        raise ModelError(f"the module ends with {graph.heads[0].link}, and {loss} puts {link} after it; remove one")
    heads = probabilities(link, m, len(names))
    return Ending(graph.network, heads, names, layers, graph.identities, lambda X: linked(heads, run(X)))


def _names(net: Any, m: int) -> tuple[str, ...]:
    if hasattr(net, "classes_") and len(net.classes_) == max(m, 2):
        return tuple(f"p_{label}" for label in net.classes_)
    return ("y",) if m == 1 else default_names(m, "y")
