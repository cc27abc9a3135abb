"""Links as ONNX operators; a new link is a row of `PRINTERS` here."""

from collections.abc import Callable, Mapping

import numpy as np

from relurules.emitting.onnx.graph_builder import GraphBuilder
from relurules.ir import Head, Scorer
from relurules.links.heads import is_identity


def add_outputs(graph: GraphBuilder, rules: Scorer, scores: str) -> list[str]:
    """(N, m) scores -> of every output (N, 1)."""
    if is_identity(rules.heads, len(rules.scores)):
        if len(rules.outputs) == 1:
            return [scores]
        return [graph.take_columns(scores, [i]) for i in range(len(rules.outputs))]

    linked: dict[tuple[str, tuple[int, ...]], str] = {}
    return [_add_head(graph, head, scores, linked, len(rules.scores)) for head in rules.heads]


def _add_head(
    graph: GraphBuilder,
    head: Head,
    scores: str,
    linked: dict[tuple[str, tuple[int, ...]], str],
    count: int,
) -> str:
    """linked: what links gave so far, as outputs share it."""
    key = (head.link, head.scores)
    if key not in linked:
        whole = head.scores == tuple(range(count))
        taken = scores if whole else graph.take_columns(scores, head.scores)
        linked[key] = PRINTERS[head.link](graph, taken)
    if len(head.scores) == 1 or head.link == "argmax":
        return linked[key]

    return graph.take_columns(linked[key], [head.component])


def _print_sigmoid(graph: GraphBuilder, s: str) -> str:
    """Exp of numbers below 0 alone, so that nothing overflows."""
    return _print_share(graph, s, "GreaterOrEqual")


def _print_complement(graph: GraphBuilder, s: str) -> str:
    return _print_share(graph, s, "Less")


def _print_share(graph: GraphBuilder, s: str, comparison: str) -> str:
    """exp(-|s|) / (1 + exp(-|s|)), and 1 / (1 + exp(-|s|)) where `s` compares so with 0."""
    one = graph.add_constant("one", np.array([1.0]))
    zero = graph.add_constant("zero", np.array([0.0]))
    power = graph.apply("Exp", graph.apply("Neg", graph.apply("Abs", s)))
    upper = graph.apply("Where", graph.apply(comparison, s, zero), one, power)
    return graph.apply("Div", upper, graph.apply("Add", one, power), called="share")


def _print_exp(graph: GraphBuilder, s: str) -> str:
    return graph.apply("Exp", s)


def _print_expm1(graph: GraphBuilder, s: str) -> str:
    """Near 0, 2 tanh(s / 2) / (1 - tanh(s / 2)), which keeps the digits that exp(s) - 1 loses."""
    one = graph.add_constant("one", np.array([1.0]))
    half = graph.add_constant("half", np.array([0.5]))
    t = graph.apply("Tanh", graph.apply("Mul", s, half))
    twice = graph.apply("Add", t, t)
    near = graph.apply("Div", twice, graph.apply("Sub", one, t))
    far = graph.apply("Sub", graph.apply("Exp", s), one)
    return graph.apply("Where", graph.apply("Less", graph.apply("Abs", s), one), near, far)


def _print_softplus(graph: GraphBuilder, s: str) -> str:
    """The larger of s and 0, and log(1 + u), which keeps the digits of a small u (Kahan)."""
    one = graph.add_constant("one", np.array([1.0]))
    zero = graph.add_constant("zero", np.array([0.0]))
    u = graph.apply("Exp", graph.apply("Neg", graph.apply("Abs", s)))
    more = graph.apply("Add", one, u)
    rest = graph.apply("Sub", more, one)
    exact = graph.apply("Div", graph.apply("Mul", u, graph.apply("Log", more)), rest)
    log = graph.apply("Where", graph.apply("Equal", more, one), u, exact)
    top = graph.apply("Where", graph.apply("Greater", s, zero), s, zero)
    return graph.apply("Add", top, log)


def _print_logit(graph: GraphBuilder, s: str) -> str:
    one = graph.add_constant("one", np.array([1.0]))
    return graph.apply("Log", graph.apply("Div", s, graph.apply("Sub", one, s)))


def _print_softmax(graph: GraphBuilder, s: str) -> str:
    power = graph.apply("Exp", _subtract_largest(graph, s))
    return graph.apply("Div", power, graph.sum_rows(power), called="shares")


def _print_log_softmax(graph: GraphBuilder, s: str) -> str:
    shifted = _subtract_largest(graph, s)
    total = graph.apply("Log", graph.sum_rows(graph.apply("Exp", shifted)))
    return graph.apply("Sub", shifted, total)


def _subtract_largest(graph: GraphBuilder, s: str) -> str:
    return graph.apply("Sub", s, graph.apply("ReduceMax", s, axes=[1], keepdims=1))


def _print_step(graph: GraphBuilder, s: str) -> str:
    zero = graph.add_constant("zero", np.array([0.0]))
    return _keep_nan(graph, s, graph.as_numbers(graph.apply("GreaterOrEqual", s, zero)))


def _print_argmax(graph: GraphBuilder, s: str) -> str:
    """The first of the largest."""
    first = graph.apply("ArgMax", s, axis=1, keepdims=1)
    return _keep_nan(graph, graph.sum_rows(s), graph.as_numbers(first))


def _keep_nan(graph: GraphBuilder, s: str, value: str) -> str:
    """NaN where `s` is."""
    none = graph.add_constant("none", np.array([np.nan]))
    return graph.apply("Where", graph.apply("IsNaN", s), none, value)


#: Name of a link -> (N, k) scores -> (N, k), or (N, 1) where it gives one number for all.
PRINTERS: Mapping[str, Callable[[GraphBuilder, str], str]] = {
    "identity": lambda _, s: s,
    "sigmoid": _print_sigmoid,
    "complement": _print_complement,
    "exp": _print_exp,
    "expm1": _print_expm1,
    "softplus": _print_softplus,
    "tanh": lambda graph, s: graph.apply("Tanh", s),
    "logit": _print_logit,
    "softmax": _print_softmax,
    "log_softmax": _print_log_softmax,
    "step": _print_step,
    "argmax": _print_argmax,
}
