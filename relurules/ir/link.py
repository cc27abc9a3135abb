"""Links: what a model does to its scores at the very end, y = link(f(x)). One row of `LINKS` each."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from relurules.ir.network import Array


class Head(NamedTuple):
    """One output: entry `component` of the link of the scores (indices of the network's own outputs f)."""

    link: str
    scores: tuple[int, ...]
    component: int = 0


class Link(NamedTuple):
    """apply: (N, k) scores -> (N, k), or (N, 1) where `reduces`; slack: how rounding of the scores shows in the output.

    slack takes the scores (N, k), the sizes of their absolute terms (N, k) and a tolerance, and returns (N, k) or
    (N, 1): by how much each output may differ when every score is off by at most the tolerance times its size.
    """

    apply: Callable[[Array], Array]
    slack: Callable[[Array, Array, float], Array]
    reduces: bool = False


def _sigmoid(s: Array) -> Array:
    small = np.exp(-np.abs(s))
    return np.where(s >= 0, 1.0, small) / (1.0 + small)


def _softmax(s: Array) -> Array:
    powers = np.exp(s - s.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _log_softmax(s: Array) -> Array:
    shifted = s - s.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


def _argmax(s: Array) -> Array:
    return np.asarray(s.argmax(axis=1), dtype=np.float64)[:, None]


def _scaled(factor: float) -> Callable[[Array, Array, float], Array]:
    """For a link whose outputs change by at most `factor` times the largest change of a score."""
    return lambda s, size, tolerance: np.broadcast_to(
        tolerance * (1.0 + factor * size.max(axis=1, keepdims=True)), s.shape
    )


def _elementwise(gain: Callable[[Array], Array]) -> Callable[[Array, Array, float], Array]:
    """For a link of single scores whose slope at s is at most gain(s) nearby."""
    return lambda s, size, tolerance: tolerance * gain(s) * size


def _tied(s: Array, size: Array, tolerance: float) -> Array:
    """An argmax may be any class where another score comes as close to the largest as rounding can move both."""
    room = tolerance * size
    best = s.argmax(axis=1)[:, None]
    lead = np.take_along_axis(s - room, best, axis=1)
    rivals = s + room >= lead
    return np.where(rivals.sum(axis=1, keepdims=True) > 1, np.inf, 0.0)


def _grown(s: Array) -> Array:
    """A bound on exp near s: its size, and the smallest number for what underflows."""
    return np.exp(np.minimum(s, 700.0)) * 2.0 + 1e-300


#: Name of a link -> what it does. Softmax and argmax run over all scores of their head.
LINKS: Mapping[str, Link] = {
    "identity": Link(lambda s: s, _elementwise(np.ones_like)),
    "sigmoid": Link(_sigmoid, _scaled(0.25)),
    "exp": Link(np.exp, _elementwise(_grown)),
    "expm1": Link(np.expm1, _elementwise(lambda s: _grown(s) + 1.0)),
    "softmax": Link(_softmax, _scaled(0.5)),
    "log_softmax": Link(_log_softmax, _scaled(2.0)),
    "argmax": Link(_argmax, _tied, reduces=True),
}


def identity_heads(count: int) -> tuple[Head, ...]:
    """The scores as they are."""
    return tuple(Head("identity", (i,)) for i in range(count))


def linked(heads: Sequence[Head], scores: Array) -> Array:
    """(N, s) scores -> (N, m) outputs, NaN where a score is NaN."""
    columns = []
    with np.errstate(over="ignore", invalid="ignore"):
        for head in heads:
            taken = scores[:, head.scores]
            result = LINKS[head.link].apply(taken)[:, head.component]
            columns.append(np.where(np.isnan(taken).any(axis=1), np.nan, result))
    return np.column_stack(columns) if columns else np.empty((len(scores), 0))


def slack(heads: Sequence[Head], scores: Array, magnitude: Array, tolerance: float) -> Array:
    """(N, s) scores and the sizes of their terms -> (N, m): how far outputs may be off, see `Link`."""
    parts = [
        LINKS[head.link].slack(scores[:, head.scores], magnitude[:, head.scores], tolerance)[:, head.component]
        for head in heads
    ]
    return np.column_stack(parts)
