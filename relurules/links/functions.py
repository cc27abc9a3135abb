"""What links do to numbers: the links themselves, how far outputs may be off, and inverses."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Numbers below this may be off altogether: they underflow.
_TINY = 1e-300
#: A model may compute a share as 1 minus the others, which rounds it like a number near 1.
_COMPLEMENT = 4 * np.finfo(np.float64).eps


def sigmoid(s: Array) -> Array:
    small = np.exp(-np.abs(s))
    return np.where(s >= 0, 1.0, small) / (1.0 + small)


def complement_sigmoid(s: Array) -> Array:
    """1 - sigmoid(s), the probability of the other one of two classes."""
    return sigmoid(-s)


def softmax(s: Array) -> Array:
    powers = np.exp(s - s.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def log_softmax(s: Array) -> Array:
    shifted = s - s.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


def argmax(s: Array) -> Array:
    return np.asarray(s.argmax(axis=1), dtype=np.float64)[:, None]


def make_share_slack(
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


def bound_log_share(s: Array, off: Array, rounding: float) -> Array:
    return np.asarray(
        off + off.max(axis=1, keepdims=True) + rounding * (1.0 + np.abs(log_softmax(s)))
    )


def make_power_slack(exp: Callable[[Array], Array]) -> Callable[[Array, Array, float], Array]:
    """For exp and expm1: nothing where it is infinite in any case, anything where rounding may make
    it so.
    """

    def slack(s: Array, off: Array, rounding: float) -> Array:
        low, high = exp(s - off), exp(s + off)
        return np.where(np.isinf(low), 0.0, (high - low) + rounding * np.abs(high) + _TINY)

    return slack


def bound_argmax(s: Array, off: Array, _: float) -> Array:
    """An argmax may be off as far as the classes whose scores come so close to the largest that
    they may pass it.
    """
    best = s.argmax(axis=1)[:, None]
    lead = np.take_along_axis(s - off, best, axis=1)
    rivals = s + off >= lead
    return np.asarray(
        (rivals * np.abs(np.arange(s.shape[1]) - best)).max(axis=1, keepdims=True), dtype=np.float64
    )


def unit_step(s: Array) -> Array:
    """1 where the score isn't negative, 0 elsewhere."""
    return np.asarray(s >= 0, dtype=np.float64)


def bound_step(s: Array, off: Array, _: float) -> Array:
    """A step may be off by 1 where the score is no larger than it may be off."""
    return np.asarray(np.abs(s) <= off, dtype=np.float64)


def bound_power_change(error: float, high: float, _: int) -> float:
    """exp(s + error) - exp(s) at the largest s; infinite where that is too large for a float64."""
    return math.exp(high) * math.expm1(error) if high < 700.0 and error < 700.0 else math.inf


def logit(share: float) -> float:
    """The score at which a sigmoid is this share of 1."""
    return math.log(share / (1.0 - share))
