"""Networks that decide: which output is the largest, or whether one reaches a cut-off (Network -> Network)."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from relurules.errors import UnsupportedError
from relurules.ir import AffineMap, Decision, Head, Network, Neuron, Partition
from relurules.ir.network import Array
from relurules.rules.pieces import Ground

#: Link -> the score at which its output reaches a value, and the sign with which the score counts.
_CUTS: Mapping[str, tuple[Callable[[float], float], float]] = {
    "identity": (lambda t: t, 1.0),
    "sigmoid": (lambda t: math.log(t / (1.0 - t)), 1.0),
    "complement": (lambda t: math.log(t / (1.0 - t)), -1.0),
    "exp": (math.log, 1.0),
    "expm1": (math.log1p, 1.0),
}
#: Links of all scores that keep their order.
_ORDERED = ("softmax", "log_softmax")
#: A score counts as the largest when it is within this share of the absolute terms of the one that is.
_TIE = 1e-12


class Deciding(NamedTuple):
    """A network with one score per class, or one that isn't negative where the cut-off is reached.

    Its last neurons, which it doesn't read, are where the decision changes; head: the decision, of its scores.
    """

    network: Network
    head: Head
    decision: Decision


def deciding(network: Network, heads: Sequence[Head], outputs: Sequence[str], wanted: str | float) -> Deciding:
    """The network as it decides. wanted: "argmax", or a number that an output must reach.

    UnsupportedError where the outputs don't allow that, naming what they allow.
    """
    if isinstance(wanted, str):
        if wanted != "argmax":
            raise UnsupportedError(f"decision={wanted!r}; supported: 'argmax', or a number that the output must reach")
        return _largest(network, heads, outputs)
    head = heads[-1]
    if len({one.scores for one in heads}) > 1 or head.link not in _CUTS:
        raise UnsupportedError(f"decision={wanted!r}: the model has outputs of several scores; supported: 'argmax'")
    try:
        cut, sign = _CUTS[head.link][0](float(wanted)), _CUTS[head.link][1]
    except (ValueError, ZeroDivisionError):
        raise UnsupportedError(f"decision={wanted!r}: {outputs[-1]} never reaches it, or always does") from None
    classes = (f"{outputs[-1]} < {wanted:g}", f"{outputs[-1]} >= {wanted:g}")
    return _step(network, head.scores[0], cut, sign, Decision(classes, float(wanted)))


def _largest(network: Network, heads: Sequence[Head], outputs: Sequence[str]) -> Deciding:
    links, first = {head.link for head in heads}, heads[0]
    decision = Decision(_class_names(outputs), None)
    if len(heads) == 2 and links == {"sigmoid", "complement"} and first.scores == heads[1].scores:
        return _step(network, first.scores[0], 0.0, 1.0 if heads[1].link == "sigmoid" else -1.0, decision)
    if links == {"argmax"} and len(heads) == 1:
        order, decision = first.scores, Decision(tuple(map(str, range(len(first.scores)))), None)
    elif links == {"identity"} and len(heads) > 1:
        order = tuple(head.scores[0] for head in heads)
    elif len(links) == 1 and first.link in _ORDERED and all(head.scores == first.scores for head in heads):
        order = tuple(head.scores[head.component] for head in heads)
    else:
        raise UnsupportedError(
            f"decision='argmax': the outputs {', '.join(outputs)} aren't the scores or shares of several classes; "
            "supported: a number that the output must reach"
        )
    chosen = list(order)
    network = replace(network, C=network.C[chosen], U=network.U[chosen], c=network.c[chosen])
    return Deciding(_with_rivals(network), Head("argmax", tuple(range(len(chosen)))), decision)


def _class_names(outputs: Sequence[str]) -> tuple[str, ...]:
    """The outputs' names, without the p_ that probabilities have."""
    plain = all(name.startswith("p_") and len(name) > 2 for name in outputs)
    return tuple(name[2:] if plain else name for name in outputs)


def _step(network: Network, score: int, cut: float, sign: float, decision: Decision) -> Deciding:
    """Class 1 where sign * score - cut >= 0."""
    C, U, c = sign * network.C[[score]], sign * network.U[[score]], sign * network.c[[score]] - cut
    network = replace(network, C=C, U=U, c=c)
    return Deciding(_with(network, np.hstack([C, U]), c), Head("step", (0,)), decision)


def _with_rivals(network: Network) -> Network:
    """With one neuron for each score but the first: how far the largest one before exceeds it."""
    scores = np.hstack([network.C, network.U])
    top, constant = scores[0], network.c[0]
    for score, other in zip(scores[1:], network.c[1:], strict=True):
        row = np.append(score, np.zeros(len(top) - len(score)))
        network = _with(network, (top - row)[None], np.array([constant - other]))
        top, constant = np.append(row, 1.0), other  # row + relu(top - row)
    return network


def _with(network: Network, row: Array, constant: Array) -> Network:
    """With one more ReLU, z = row·(x, phi(z)) + constant, that no score reads."""
    d, K = network.A.shape[1], len(network)
    L = np.zeros((K + 1, K + 1))
    L[:K, :K], L[K, :K] = network.L, row[0, d:]
    return replace(
        network,
        A=np.vstack([network.A, row[:, :d]]),
        L=L,
        b=np.append(network.b, constant),
        U=np.column_stack([network.U, np.zeros(len(network.U))]),
        slope=np.append(network.slope, 0.0),
        neurons=(*network.neurons, Neuron("decision", sum(n.layer == "decision" for n in network.neurons))),
    )


def decided_ground(partition: Partition) -> Ground:
    """What is decided on every region, as constant scores: 1 for the class, 0 for others; 1 and -1 for a cut-off."""
    scores = partition.network.evaluate(partition.points)
    room = _TIE * partition.network.magnitude(partition.points)
    if scores.shape[1] == 1:
        values = np.where(scores >= -room, 1.0, -1.0)
    else:
        best = (scores >= (scores - room).max(axis=1, keepdims=True)).argmax(axis=1)
        values = np.eye(scores.shape[1])[best]
    weights = np.zeros((*values.shape, partition.network.A.shape[1]))
    return Ground(partition, AffineMap(weights, values), np.full(values.shape[1], 0.5))
