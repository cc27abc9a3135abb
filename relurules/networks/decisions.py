"""Networks that decide: which output is the largest, or whether one reaches a cut-off (Network ->
Network).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from relurules.errors import UnsupportedError
from relurules.ir import Decision, Graph, Head, Network, Neuron, Partition
from relurules.ir.class_labels import ClassTest, find_class_test
from relurules.ir.network import Array
from relurules.links.table import LINKS

#: Layers of the neurons that a decision adds: scores, which aren't kinks, and where the decision
#: changes.
_SCORE, _DECISION = "score", "decision"


class DecisionNetwork(NamedTuple):
    """A network with one score per class, or one that isn't negative where the cut-off is reached.

    Its last neurons, which it doesn't read, are where the decision changes; head: the decision, of
    its scores.
    """

    network: Network
    head: Head
    decision: Decision


def add_decision_neurons(network: Network, graph: Graph, wanted: str | float) -> DecisionNetwork:
    """The network as it decides. graph: its outputs and their heads; wanted: "argmax", the class
    that the model itself tells, or a number that an output must reach.

    A collapsed network's source decides in the same way. UnsupportedError where the outputs don't
    allow that, naming what they allow.
    """
    found = _build_decision_network(network, graph, wanted)
    if network.lifting is None:
        return found

    source, added = network.lifting.source, len(found.network) - len(network)
    lifting = replace(
        network.lifting,
        source=_build_decision_network(source, graph, wanted).network,
        origin=np.append(network.lifting.origin, len(source) + np.arange(added)),
        kept=np.append(network.lifting.kept, len(network) + np.arange(added)),
        signs=np.append(network.lifting.signs, np.ones(added, dtype=np.int8)),
    )

    return found._replace(network=replace(found.network, lifting=lifting))


def _build_decision_network(network: Network, graph: Graph, wanted: str | float) -> DecisionNetwork:
    heads, outputs = graph.heads, graph.outputs
    if isinstance(wanted, str):
        if wanted != "argmax":
            raise UnsupportedError(
                f"decision={wanted!r}; supported: 'argmax', or a number that the output must reach"
            )
        return _decide_largest(network, graph)

    head, link = heads[-1], LINKS[heads[-1].link]
    if len({one.scores for one in heads}) > 1 or link.inverse is None:
        raise UnsupportedError(
            f"decision={wanted!r}: the model has outputs of several scores; supported: 'argmax'"
        )

    try:
        cut = link.inverse(float(wanted))
    except (ValueError, ZeroDivisionError):
        raise UnsupportedError(
            f"decision={wanted!r}: {outputs[-1]} never reaches it, or always does"
        ) from None

    classes = (f"{outputs[-1]} < {wanted:g}", f"{outputs[-1]} >= {wanted:g}")
    return _decide_threshold(
        network, head.scores[0], cut, link.sign, Decision(classes, float(wanted))
    )


def _decide_largest(network: Network, graph: Graph) -> DecisionNetwork:
    heads, outputs, labels = graph.heads, graph.outputs, graph.labels
    links, first = {head.link for head in heads}, heads[0]
    decision = Decision(_name_classes(outputs), None)
    threshold = None if labels is None else labels.threshold
    pair = links == {"sigmoid", "complement"} and first.scores == heads[-1].scores
    if pair and len(heads) == 2:
        test = find_class_test(heads, len(network.c), threshold)
        assert test is not None  # noqa: S101  # a pair of shares is told by its score
        return DecisionNetwork(
            _add_rival_neurons(_make_two_scores(network, test)), Head("argmax", (0, 1)), decision
        )

    if links == {"argmax"} and len(heads) == 1:
        order, decision = first.scores, Decision(tuple(map(str, range(len(first.scores)))), None)
    elif links == {"identity"} and len(heads) > 1:
        order = tuple(head.scores[0] for head in heads)
    elif (
        len(links) == 1
        and LINKS[first.link].keeps_order
        and all(head.scores == first.scores for head in heads)
    ):
        order = tuple(head.scores[head.component] for head in heads)
    else:
        raise UnsupportedError(
            f"decision='argmax': the outputs {', '.join(outputs)} aren't the scores or shares of "
            "several classes; supported: a number that the output must reach"
        )

    chosen = list(order)
    network = replace(network, C=network.C[chosen], U=network.U[chosen], c=network.c[chosen])
    return DecisionNetwork(
        _add_rival_neurons(network), Head("argmax", tuple(range(len(chosen)))), decision
    )


def _make_two_scores(network: Network, test: ClassTest) -> Network:
    """With the scores 0 and how far the one score is beyond the cut: at the cut the first class is
    told, as models do.
    """
    score, sign = test.scores[0], 1.0 if test.rises else -1.0
    zero = np.zeros((1, network.C.shape[1])), np.zeros((1, network.U.shape[1])), np.zeros(1)
    own = network.C[[score]], network.U[[score]], network.c[[score]] - test.cut
    C, U, c = (np.concatenate([none, sign * one]) for none, one in zip(zero, own, strict=True))
    return replace(network, C=C, U=U, c=c)


def _name_classes(outputs: Sequence[str]) -> tuple[str, ...]:
    """The outputs' names, without the p_ that probabilities have."""
    plain = all(name.startswith("p_") and len(name) > 2 for name in outputs)
    return tuple(name[2:] if plain else name for name in outputs)


def _decide_threshold(
    network: Network, score: int, cut: float, sign: float, decision: Decision
) -> DecisionNetwork:
    """Class 1 where sign * score - cut >= 0."""
    K = len(network)
    scored = _add_score_neurons(network, [score])
    one = _add_neuron(scored, {}, 1.0, _SCORE, 1.0)
    decided = _add_neuron(one, {K: sign, K + 1: -cut}, 0.0, _DECISION, 0.0)
    output = np.zeros((1, len(decided)))
    output[0, K], output[0, K + 1] = sign, -cut

    return DecisionNetwork(
        replace(decided, C=np.zeros((1, network.A.shape[1])), U=output, c=np.zeros(1)),
        Head("step", (0,)),
        decision,
    )


def _add_rival_neurons(network: Network) -> Network:
    """With one neuron for each score but the first: how far the largest one before exceeds it."""
    K, m = len(network), len(network.c)
    network = _add_score_neurons(network, range(m))
    top = {K: 1.0}
    for i in range(1, m):
        network = _add_neuron(network, {**top, K + i: -1.0}, 0.0, _DECISION, 0.0)
        top = {K + i: 1.0, len(network) - 1: 1.0}  # s_i + relu(top - s_i)
    return network


def _add_score_neurons(network: Network, scores: Iterable[int]) -> Network:
    """With one more neuron for each of these scores that is the score itself: so differences of
    them aren't rounded.
    """
    for score in scores:
        reads = dict(enumerate(network.U[score].tolist()))
        network = _add_neuron(
            network, reads, float(network.c[score]), _SCORE, 1.0, network.C[score]
        )

    return network


def _add_neuron(
    network: Network,
    reads: Mapping[int, float],
    constant: float,
    layer: str,
    slope: float,
    linear: Array | None = None,
) -> Network:
    """With one more neuron, which no score reads: z adds `reads` times their phi(z), linear·x and
    the constant.
    """
    K, d = len(network), network.A.shape[1]
    L = np.zeros((K + 1, K + 1))
    L[:K, :K] = network.L
    L[K, list(reads)] = list(reads.values())
    return replace(
        network,
        A=np.vstack([network.A, np.zeros(d) if linear is None else linear]),
        L=L,
        b=np.append(network.b, constant),
        U=np.column_stack([network.U, np.zeros(len(network.U))]),
        slope=np.append(network.slope, slope),
        neurons=(*network.neurons, Neuron(layer, sum(n.layer == layer for n in network.neurons))),
        lifting=None,
    )


def read_decisions(partition: Partition) -> Array:
    """(R, classes) what is decided on every region, as constant scores: 1 for the class, 0 for
    others; 1 and -1 for a cut-off.

    The signs of the decision's own neurons tell, which is exact: where two scores are equal, the
    first one is chosen.
    """
    lifting = partition.network.source_lifting
    deciders = [k for k, neuron in enumerate(lifting.source.neurons) if neuron.layer == _DECISION]
    negative = lifting.lift_patterns(partition.patterns)[:, deciders] < 0
    classes = len(partition.network.c)
    if classes == 1:
        values = np.where(negative[:, -1:], -1.0, 1.0)
    else:
        best = np.zeros(len(negative), dtype=np.intp)
        for i in range(negative.shape[1]):
            best[negative[:, i]] = i + 1
        values = np.eye(classes)[best]

    return values
