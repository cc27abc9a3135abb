"""Floating point formats: how far one rounding moves a number."""

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import numpy as np

from relurules.rounding.expression import UnreadableError


@dataclass(frozen=True)
class FloatFormat:
    """A binary format of IEEE 754, rounded to nearest, ties to even.

    bits: of the significand; lowest: exponent of the smallest positive number; highest: numbers are
    smaller than 2^highest.
    """

    name: str
    bits: int
    lowest: int
    highest: int

    def bound_rounding(self, size: Fraction) -> Fraction:
        """The largest distance of a number of at most this magnitude from the nearest float.

        Half a unit in the last place; just above a power of two, no more than the way back to it.
        """
        if not size:
            return Fraction(0)
        power = _find_exponent(size)
        if power >= self.highest:
            raise UnreadableError(f"a sum or product may be too large for {self.name}")
        half = _raise_two(max(power - self.bits + 1, self.lowest) - 1)
        beyond = size - _raise_two(power)
        if beyond >= half:
            return half

        return max(_raise_two(max(power - self.bits, self.lowest) - 1), beyond)

    def is_exact(self, size: Fraction, grid: int) -> bool:
        """Whether all multiples of 2^grid of at most this magnitude are floats."""
        return grid >= self.lowest and size <= _raise_two(grid + self.bits)

    def round(self, value: Fraction) -> float:
        """The nearest float. value: of a few bits more than it, such as a sum of two floats."""
        near = float(value)
        return near if self.bits == 53 else float(np.float32(near))


DOUBLE = FloatFormat("float64", 53, -1074, 1024)
SINGLE = FloatFormat("float32", 24, -149, 128)


def find_grid(value: Fraction) -> int:
    """The largest k such that a float is a multiple of 2^k."""
    top, bottom = value.numerator, value.denominator
    trailing = (top & -top).bit_length() - 1

    return trailing - (bottom.bit_length() - 1)


def _find_exponent(size: Fraction) -> int:
    """The k of 2^k <= size < 2^(k + 1)."""
    top, bottom = size.numerator, size.denominator
    k = top.bit_length() - bottom.bit_length()
    reaches = bottom << k <= top if k >= 0 else bottom <= top << -k
    return k if reaches else k - 1


@cache
def _raise_two(k: int) -> Fraction:
    return Fraction(1 << k) if k >= 0 else Fraction(1, 1 << -k)


def round_up(value: Fraction) -> Fraction:
    """A float at or above a number: short, where exact sums grow long."""
    near = float(value)
    top, bottom = near.as_integer_ratio()
    if top * value.denominator < value.numerator * bottom:
        top, bottom = math.nextafter(near, math.inf).as_integer_ratio()
    return Fraction(top, bottom)
