"""Links in sympy: from scores, and the place of the one that is asked for."""

from collections.abc import Sequence
from typing import Any

Expression = Any


def build_power(exponent: Expression) -> Expression:
    """Its exponent stays together, so that no part of it is computed alone and overflows."""
    import sympy

    return sympy.exp(exponent, evaluate=False)


def build_softplus(s: Expression) -> Expression:
    import sympy

    return sympy.log(1 + build_power(s))


def build_tanh(s: Expression) -> Expression:
    import sympy

    return sympy.tanh(s, evaluate=False)


def build_log_odds(s: Expression) -> Expression:
    import sympy

    return sympy.log(s / (1 - s), evaluate=False)


def build_softmax(s: Sequence[Expression], i: int) -> Expression:
    """With the score itself taken out of every power, so that none of them is infinite over
    infinite.
    """
    import sympy

    return 1 / sympy.Add(*(build_power(other - s[i]) for other in s))


def build_log_softmax(s: Sequence[Expression], i: int) -> Expression:
    import sympy

    return -sympy.log(sympy.Add(*(build_power(other - s[i]) for other in s)))


def build_step(s: Sequence[Expression], _: int) -> Expression:
    """1 where the score isn't negative, 0 elsewhere."""
    import sympy

    return sympy.Piecewise((1, sympy.Ge(s[0], 0, evaluate=False)), (0, sympy.true), evaluate=False)


def build_argmax(s: Sequence[Expression], _: int) -> Expression:
    """The number of the first score that no later one exceeds."""
    import sympy

    pieces = [
        (
            i,
            sympy.And(
                *(sympy.Ge(score, other, evaluate=False) for other in s[i + 1 :]), evaluate=False
            ),
        )
        for i, score in enumerate(s[:-1])
    ]

    return sympy.Piecewise(*pieces, (len(s) - 1, sympy.true), evaluate=False)
