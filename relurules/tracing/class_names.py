"""What the user says of a model's classes: their labels, where the model has none, and which of
them scores speak of.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from relurules.errors import ModelError
from relurules.ir import ClassLabels, Graph
from relurules.ir.class_labels import make_labels
from relurules.ir.class_turn import find_positive, needs_turn, turn_heads, turn_network


def name_classes(graph: Graph, labels: Sequence[Any] | None, positive: Any = None) -> Graph:
    """The graph with these labels, and with scores that speak of the positive class.

    ModelError where the model has labels of its own, or no classes; DataError for a class that
    isn't there.
    """
    if labels is not None:
        graph = replace(graph, labels=_choose_labels(graph, make_labels(labels)))
    if positive is None:
        return graph

    number = find_positive(graph.labels, positive)
    assert graph.labels is not None  # noqa: S101  # a class was found
    return _speak_of(graph, graph.labels, number)


def _choose_labels(graph: Graph, given: ClassLabels) -> ClassLabels:
    own = graph.labels
    if own is None:
        return given
    if repr(own.values) != repr(given.values):
        raise ModelError(
            f"labels={list(given.values)!r}: the model calls its classes "
            f"{', '.join(map(repr, own.values[:12]))} itself; leave labels out, or train it on "
            "these labels"
        )

    return own


def _speak_of(graph: Graph, labels: ClassLabels, number: int) -> Graph:
    """Of two classes told by one score, the other one's score is the same with its sign turned."""
    chosen = labels.with_positive(number)
    if not needs_turn(graph.heads, len(graph.network.c), labels, number):
        return replace(graph, labels=chosen)

    return replace(
        graph,
        labels=chosen,
        network=turn_network(graph.network),
        heads=turn_heads(graph.heads),
    )
