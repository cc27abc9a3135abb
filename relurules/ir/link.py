"""Links: what a model does to its scores at the very end, y = link(f(x)).

One row of `LINKS` each.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from relurules.errors import ModelError
from relurules.ir.network import Array
from relurules.tables.frames import find_text_flaw


class Head(NamedTuple):
    """One output: entry `component` of the link of the scores (indices of the network's own outputs
    f).
    """

    link: str
    scores: tuple[int, ...]
    component: int = 0


class Link(NamedTuple):
    """apply: (N, k) scores -> (N, k), or (N, 1) where `reduces`. joint: over all its scores; others
    are of one each.

    change takes how far each of k scores may be off, the largest that a score is, and k, and
    returns by how much any output may be off; only where the link `steepens` does the largest score
    matter. slack takes the scores (N, k), how far each may be off (N, k), and the relative rounding
    of the link itself, and returns (N, k) or (N, 1): by how much each output may then be off.
    """

    apply: Callable[[Array], Array]
    slack: Callable[[Array, Array, float], Array]
    change: Callable[[float, float, int], float]
    joint: bool = False
    reduces: bool = False
    steepens: bool = False


#: Numbers below this may be off altogether: they underflow.
_TINY = 1e-300
#: A model may compute a share as 1 minus the others, which rounds it like a number near 1.
_COMPLEMENT = 4 * np.finfo(np.float64).eps


def _sigmoid(s: Array) -> Array:
    small = np.exp(-np.abs(s))
    return np.where(s >= 0, 1.0, small) / (1.0 + small)


def _complement_sigmoid(s: Array) -> Array:
    """1 - sigmoid(s), the probability of the other one of two classes."""
    return _sigmoid(-s)


def _softmax(s: Array) -> Array:
    powers = np.exp(s - s.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _log_softmax(s: Array) -> Array:
    shifted = s - s.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


def _argmax(s: Array) -> Array:
    return np.asarray(s.argmax(axis=1), dtype=np.float64)[:, None]


def _make_share_slack(
    apply: Callable[[Array], Array], steepness: float
) -> Callable[[Array, Array, float], Array]:
    """For a share of 1 whose slope is at most `steepness`, and at most 4 * steepness times the
    share itself.
    """

    def slack(s: Array, off: Array, rounding: float) -> Array:
        share, most = apply(s), off.max(axis=1, keepdims=True)
        relative = np.maximum(share, _TINY) * np.expm1(4.0 * steepness * most)
        return np.asarray(np.fmin(steepness * most, relative) + rounding * share + _COMPLEMENT)

    return slack


def _bound_log_share(s: Array, off: Array, rounding: float) -> Array:
    return np.asarray(
        off + off.max(axis=1, keepdims=True) + rounding * (1.0 + np.abs(_log_softmax(s)))
    )


def _make_power_slack(exp: Callable[[Array], Array]) -> Callable[[Array, Array, float], Array]:
    """For exp and expm1: nothing where it is infinite in any case, anything where rounding may make
    it so.
    """

    def slack(s: Array, off: Array, rounding: float) -> Array:
        low, high = exp(s - off), exp(s + off)
        return np.where(np.isinf(low), 0.0, (high - low) + rounding * np.abs(high) + _TINY)

    return slack


def _bound_argmax(s: Array, off: Array, _: float) -> Array:
    """An argmax may be off as far as the classes whose scores come so close to the largest that
    they may pass it.
    """
    best = s.argmax(axis=1)[:, None]
    lead = np.take_along_axis(s - off, best, axis=1)
    rivals = s + off >= lead
    return np.asarray(
        (rivals * np.abs(np.arange(s.shape[1]) - best)).max(axis=1, keepdims=True), dtype=np.float64
    )


def _unit_step(s: Array) -> Array:
    """1 where the score isn't negative, 0 elsewhere."""
    return np.asarray(s >= 0, dtype=np.float64)


def _bound_step(s: Array, off: Array, _: float) -> Array:
    """A step may be off by 1 where the score is no larger than it may be off."""
    return np.asarray(np.abs(s) <= off, dtype=np.float64)


def _power_change(error: float, high: float, _: int) -> float:
    """exp(s + error) - exp(s) at the largest s; infinite where that is too large for a float64."""
    return math.exp(high) * math.expm1(error) if high < 700.0 and error < 700.0 else math.inf


#: Name of a link -> what it does.
LINKS: Mapping[str, Link] = {
    "identity": Link(lambda s: s, lambda _, off, __: off, lambda e, _, __: e),
    "sigmoid": Link(_sigmoid, _make_share_slack(_sigmoid, 0.25), lambda e, _, __: math.tanh(e / 4)),
    "complement": Link(
        _complement_sigmoid,
        _make_share_slack(_complement_sigmoid, 0.25),
        lambda e, _, __: math.tanh(e / 4),
    ),
    "exp": Link(np.exp, _make_power_slack(np.exp), _power_change, steepens=True),
    "expm1": Link(np.expm1, _make_power_slack(np.expm1), _power_change, steepens=True),
    "softmax": Link(
        _softmax, _make_share_slack(_softmax, 0.5), lambda e, _, __: math.tanh(e / 2), joint=True
    ),
    "log_softmax": Link(_log_softmax, _bound_log_share, lambda e, _, __: 2 * e, joint=True),
    "step": Link(_unit_step, _bound_step, lambda e, _, __: float(e > 0)),
    "argmax": Link(
        _argmax, _bound_argmax, lambda e, _, k: (k - 1.0) * (e > 0), joint=True, reduces=True
    ),
}


def make_identity_heads(count: int) -> tuple[Head, ...]:
    """The scores as they are."""
    return tuple(Head("identity", (i,)) for i in range(count))


def is_identity(heads: Sequence[Head], scores: int) -> bool:
    """True where the outputs are just the scores."""
    return tuple(heads) == make_identity_heads(scores)


def check_heads(heads: Sequence[Head], outputs: int, scores: int) -> None:
    """ValueError where the heads don't fit so many outputs and scores, naming the head."""
    if len(heads) != outputs:
        raise ValueError(
            f"heads has {len(heads)} entries for {outputs} outputs; expected one per output"
        )

    for i, head in enumerate(heads):
        if head.link not in LINKS:
            raise ValueError(f"heads[{i}].link is {head.link!r}; supported: {', '.join(LINKS)}")
        link = LINKS[head.link]
        if not head.scores or not all(0 <= score < scores for score in head.scores):
            raise ValueError(
                f"heads[{i}].scores is {list(head.scores)}; expected indices of the {scores} scores"
            )
        if not link.joint and len(head.scores) > 1:
            raise ValueError(
                f"heads[{i}].scores holds {len(head.scores)} scores; {head.link} is of one"
            )
        if not 0 <= head.component < (1 if link.reduces else len(head.scores)):
            raise ValueError(
                f"heads[{i}].component is {head.component}; {head.link} has no such part here"
            )


def check_outputs(names: Sequence[str]) -> None:
    """ModelError where there is no output, or where a name can't be written."""
    if not names:
        raise ModelError(
            "the model gives no numbers: all its outputs have width 0; supported: one or more "
            "per row"
        )

    for name in names:
        if flaw := find_text_flaw(name):
            raise ModelError(
                f"the output {name!r} holds {flaw}; rename the output, or the class that it is of"
            )


def name_scores(
    outputs: Sequence[str], heads: Sequence[Head], scores: int, taken: Sequence[str]
) -> tuple[str, ...]:
    """The outputs' names where the scores are the outputs; else names that start none of `outputs`
    and `taken`.
    """
    if is_identity(heads, scores):
        return tuple(outputs)
    name = "score"
    while any(other.lower().startswith(name) for other in (*outputs, *taken)):
        name = f"raw_{name}"
    return (name,) if scores == 1 else tuple(f"{name}_{i}" for i in range(1, scores + 1))


def apply_links(heads: Sequence[Head], scores: Array) -> Array:
    """(N, s) scores -> (N, m) outputs, NaN where a score is NaN."""

    def result(link: str, taken: tuple[int, ...]) -> Array:
        missing = np.isnan(scores[:, taken]).any(axis=1, keepdims=True)
        return np.where(missing, np.nan, LINKS[link].apply(scores[:, taken]))

    return _gather_components(heads, result, len(scores))


def bound_link_error(heads: Sequence[Head], scores: Array, off: Array, rounding: float) -> Array:
    """(N, s) scores and how far each may be off -> (N, m) the same of outputs, see `Link`."""
    return _gather_components(
        heads,
        lambda link, taken: LINKS[link].slack(scores[:, taken], off[:, taken], rounding),
        len(scores),
    )


def _gather_components(
    heads: Sequence[Head], result: Callable[[str, tuple[int, ...]], Array], rows: int
) -> Array:
    """The heads' components, (rows, m), of `result`, which is computed once for all heads that
    share it.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        results = {
            key: result(*key) for key in dict.fromkeys((head.link, head.scores) for head in heads)
        }
    parts = [results[head.link, head.scores][:, head.component] for head in heads]
    return np.column_stack(parts) if parts else np.empty((rows, 0))
