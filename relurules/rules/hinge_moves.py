"""What a sum of hinges changes by when one is dropped, two become one, or numbers change: exactly.

Every move takes hinges out, may put one in, and leaves an affine rest, which belongs to the base,
and an interval that holds what is left. All of it is rational arithmetic on numbers as they are
stored; what a search proposes decides nothing but how narrow the interval is.
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from relurules.networks.programs import Rationals, to_rationals
from relurules.rules.exact_box import BoundedBox

_ZERO, _HALF = Fraction(0), Fraction(1, 2)


@dataclass(frozen=True, eq=False)
class ExactHinge:
    """Every score rises by slope * max(0, form): form (d + 1,), constant last, slopes (m,)."""

    form: Rationals
    slopes: Rationals


@dataclass(frozen=True, kw_only=True, eq=False)
class MoveBound:
    """What hinges before a move are: those after it, the affine rest, and something between low and
    high, (m,) each.

    affine: (m, d + 1); after: the hinge that is put in, None for none.
    """

    affine: Rationals
    low: Rationals
    high: Rationals
    after: ExactHinge | None = None

    def __add__(self, other: "MoveBound") -> "MoveBound":
        """Both moves, the other one after this one."""
        return MoveBound(
            affine=self.affine + other.affine,
            low=self.low + other.low,
            high=self.high + other.high,
            after=other.after,
        )

    @property
    def error(self) -> Fraction:
        """Half the widest interval of a score: what is left once its middle is a constant."""
        return Fraction(max((self.high - self.low).tolist())) / 2


def drop_hinge(hinge: ExactHinge, box: BoundedBox) -> MoveBound:
    """Without the hinge, but for about the chord of max(0, z) over z's range [l, u].

    max(0, z) less a line is largest and least at l, 0 or u. The line's numbers are rounded to
    floats, so that those of the rest stay short.
    """
    low, high = box.bound(hinge.form)
    if high <= 0 or low >= 0:
        part = Fraction(int(low >= 0 and high > 0))
        nothing = hinge.slopes * _ZERO
        return MoveBound(affine=_outer(hinge.slopes * part, hinge.form), low=nothing, high=nothing)

    gain = Fraction(float(high / (high - low)))
    depth = Fraction(float(low * high / (high - low)))
    chord = hinge.form * gain
    chord[-1] -= depth
    rest = [depth - gain * low, depth, depth + (1 - gain) * high]
    at = [(s * min(rest), s * max(rest)) for s in hinge.slopes]
    return MoveBound(
        affine=_outer(hinge.slopes, chord),
        low=_array([min(pair) for pair in at]),
        high=_array([max(pair) for pair in at]),
    )


def redirect_hinge(hinge: ExactHinge, form: Rationals, box: BoundedBox) -> MoveBound:
    """Another form in place of the hinge's.

    max(0, z) = z / 2 + |z| / 2, and |z| differs from |w| by no more than |z - w|.
    """
    rest = hinge.form - form
    low, high = box.bound(rest)
    off = max(abs(low), abs(high)) / 2
    sizes = np.abs(hinge.slopes) * off

    return MoveBound(
        affine=_outer(hinge.slopes * _HALF, rest),
        low=-sizes,
        high=sizes,
        after=ExactHinge(form, hinge.slopes),
    )


def change_slopes(hinge: ExactHinge, slopes: Rationals, box: BoundedBox) -> MoveBound:
    """Other slopes in place of the hinge's."""
    rest = drop_hinge(ExactHinge(hinge.form, hinge.slopes - slopes), box)
    return replace(rest, after=ExactHinge(hinge.form, slopes))


def exchange_hinge(hinge: ExactHinge, after: ExactHinge, box: BoundedBox) -> MoveBound:
    """Another hinge of about the same form, or of one score about the same form times slope."""
    if len(hinge.slopes) == 1 and (hinge.slopes[0] > 0) == (after.slopes[0] > 0):
        sign = _array([Fraction(1 if hinge.slopes[0] > 0 else -1)])
        whole = redirect_hinge(
            ExactHinge(hinge.form * abs(hinge.slopes[0]), sign),
            after.form * abs(after.slopes[0]),
            box,
        )
        return replace(whole, after=after)
    turned = redirect_hinge(hinge, after.form, box)
    return turned + change_slopes(ExactHinge(after.form, hinge.slopes), after.slopes, box)


def turn_hinge(hinge: ExactHinge) -> MoveBound:
    """The other side: max(0, z) = z + max(0, -z)."""
    nothing = hinge.slopes * _ZERO
    return MoveBound(
        affine=_outer(hinge.slopes, hinge.form),
        low=nothing,
        high=nothing,
        after=ExactHinge(-hinge.form, hinge.slopes),
    )


def merge_hinges(
    one: ExactHinge, other: ExactHinge, shares: tuple[float, float], box: BoundedBox
) -> MoveBound:
    """One hinge in place of two, of one score.

    With a, b the forms times the sizes of their slopes: max(0, a) + max(0, b) - max(0, a + b) is
    min(|a|, |b|) where a and b differ in sign, else 0. Slopes of opposite signs: the same for a - b
    and b, which add up to a. shares: see `bound_opposition`.
    """
    a, b = one.form * abs(one.slopes[0]), other.form * abs(other.slopes[0])
    sign = Fraction(1 if one.slopes[0] > 0 else -1)
    same = (one.slopes[0] > 0) == (other.slopes[0] > 0)
    first = a if same else a - b
    most = bound_opposition(first, b, shares, box)
    at = sign * most if same else -sign * most

    return MoveBound(
        affine=np.asarray([a * _ZERO]),
        low=_array([min(at, _ZERO)]),
        high=_array([max(at, _ZERO)]),
        after=ExactHinge(a + b if same else first, _array([sign])),
    )


def merge_parallel_hinges(
    one: ExactHinge, other: ExactHinge, ratio: Fraction, box: BoundedBox
) -> MoveBound:
    """One hinge, with the form of the first, in place of two: the second form becomes so many times
    the first.
    """
    move = redirect_hinge(other, one.form * ratio, box)
    rest = ExactHinge(one.form * ratio, other.slopes)
    if ratio < 0:
        turned = turn_hinge(rest)
        move, rest = move + turned, ExactHinge(-rest.form, rest.slopes)
    slopes = one.slopes + rest.slopes * abs(ratio)

    return replace(move, after=ExactHinge(one.form, slopes))


def bound_opposition(
    a: Rationals, b: Rationals, shares: tuple[float, float], box: BoundedBox
) -> Fraction:
    """What min(a, -b) and min(-a, b) don't exceed in the box.

    min(a, -b) <= r a - (1 - r) b for every share r between 0 and 1; any will do, these are good.
    """
    r, q = (Fraction(min(max(share, 0.0), 1.0)) for share in shares)
    return max(_ZERO, box.bound(a * r - b * (1 - r))[1], box.bound(b * (1 - q) - a * q)[1])


def add_moves(moves: list[MoveBound], scores: int, width: int) -> MoveBound:
    """All moves together, whatever hinges they leave."""
    nothing = to_rationals(np.zeros(scores))
    total = MoveBound(
        affine=to_rationals(np.zeros((scores, width))), low=nothing, high=nothing.copy()
    )
    for move in moves:
        total = total + replace(move, after=None)
    return total


def _outer(slopes: Rationals, form: Rationals) -> Rationals:
    return np.asarray(np.multiply.outer(slopes, form), dtype=object)


def _array(values: list[Any]) -> Rationals:
    return np.array(values, dtype=object)
