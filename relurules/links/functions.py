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
#: Beyond this torch computes softplus as the score itself.
_LINEAR = 20.0


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


def softplus(s: Array) -> Array:
    """log(1 + exp(s)), which keeps the digits of numbers far below 0 and doesn't overflow."""
    return np.asarray(np.maximum(s, 0.0) + np.log1p(np.exp(-np.abs(s))))


def log_odds(s: Array) -> Array:
    """log(s / (1 - s)), infinite at 0 and 1, no number beyond."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log(s / (1.0 - s)))


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


def bound_softplus(s: Array, off: Array, rounding: float) -> Array:
    """Beyond 20, where it is s but for exp(-s), frameworks may take s itself."""
    cut = np.where(s + off > _LINEAR, np.exp(-np.maximum(s, _LINEAR)), 0.0)
    return np.asarray(make_power_slack(softplus)(s, off, rounding) + cut)


def bound_log_odds(s: Array, off: Array, rounding: float) -> Array:
    """Anything where rounding may take the score to 0 or 1, or beyond."""
    low, high = s - off, s + off
    inside = (low > 0.0) & (high < 1.0)
    found = make_power_slack(log_odds)(s, off, rounding) + _COMPLEMENT
    return np.where(inside, found, np.inf)


def make_power_slack(exp: Callable[[Array], Array]) -> Callable[[Array, Array, float], Array]:
    """For links that rise: nothing where it is infinite in any case, anything where rounding may
    make it so.
    """

    def slack(s: Array, off: Array, rounding: float) -> Array:
        low, high = exp(s - off), exp(s + off)
        size = np.maximum(np.abs(low), np.abs(high))
        return np.where(np.isinf(low), 0.0, (high - low) + rounding * size + _TINY)

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


def invert_softplus(value: float) -> float:
    """The score at which softplus is a value. ValueError where it never is."""
    if value <= 0.0:
        raise ValueError(f"{value} isn't above 0")
    return value + math.log(-math.expm1(-value))


def expit(odds: float) -> float:
    """The share of 1 whose log odds these are."""
    small = math.exp(-abs(odds))
    return (1.0 if odds >= 0.0 else small) / (1.0 + small)


def logit(share: float) -> float:
    """The score at which a sigmoid is this share of 1."""
    return math.log(share / (1.0 - share))
