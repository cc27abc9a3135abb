"""Artefacts: numbers that operations of binary64 give, as exact forms and a bound of rounding."""

from fractions import Fraction
from typing import NamedTuple

from relurules.checker.artefact_domain import ArtefactDomain, ArtefactForm, add_artefact_forms
from relurules.checker.json_values import RefusedError
from relurules.checker.wide_domain import CONSTANT

#: Binary64: bits of the significand, exponent of the smallest positive number.
_BITS, _LOWEST = 53, -1074
#: SQLite on x86: bits of what numbers are read in, the largest power of ten that is exact there,
#: how far larger ones may be off, numbers beyond which it takes other ways.
_SQLITE_BITS, _SQLITE_POWER, _SQLITE_SLACK = 64, 27, Fraction(1, 1 << 58)
_SQLITE_LEAST, _SQLITE_MOST = Fraction(1, 10**250), Fraction(10**290)


class FloatValue(NamedTuple):
    """A number that is computed: the exact one is `form`, between low and high; the one computed is
    off by at most error, and a multiple of 2^grid. is_double: its type in SQL is no decimal one.
    """

    form: ArtefactForm
    low: Fraction
    high: Fraction
    error: Fraction
    grid: int
    is_double: bool = True


def _raise_two(k: int) -> Fraction:
    return Fraction(1 << k) if k >= 0 else Fraction(1, 1 << -k)


def _find_power(size: Fraction) -> int:
    """The k of 2^k <= size < 2^(k + 1)."""
    k = size.numerator.bit_length() - size.denominator.bit_length()
    return k if _raise_two(k) <= size else k - 1


def _find_grid(value: Fraction) -> int:
    """The largest k such that a float is a multiple of 2^k."""
    if not value:
        return 2 * -_LOWEST
    top = value.numerator
    return (top & -top).bit_length() - value.denominator.bit_length()


def bound_half_ulp(size: Fraction) -> Fraction:
    """How far a number of at most this magnitude is from the nearest float, at most: half a unit in
    the last place; just above a power of two no more than the way back to it.
    """
    if not size:
        return size
    power = _find_power(size)
    if power >= 1023:
        raise RefusedError("a sum or product of an artefact may be too large for binary64")
    half, below = (_raise_two(max(k, _LOWEST) - 1) for k in (power - _BITS + 1, power - _BITS))

    return min(half, max(below, size - _raise_two(power)))


def is_misread(digits: int, exponent: int) -> bool:
    """Whether SQLite may take digits 10^exponent for another float than the nearest: before 3.43 it
    multiplies or divides the digits by a power of ten in 64 bits, where powers beyond 10^27 are
    off, and rounds the outcome to 53.
    """
    exact = digits * Fraction(10) ** exponent
    if not exact:
        return False
    if not _SQLITE_LEAST < exact < _SQLITE_MOST:
        return True

    unit = _raise_two(_find_power(exact) - _SQLITE_BITS + 1)
    slack = Fraction(0) if abs(exponent) <= _SQLITE_POWER else _SQLITE_SLACK
    ends = (round(exact * (1 + sign * slack) / unit) * unit for sign in (-1, 1))

    return any(float(end) != float(exact) for end in ends)


class FloatArithmetic:
    """Operations of binary64, rounded to nearest, on numbers computed of rows of a domain."""

    def __init__(self, domain: ArtefactDomain) -> None:
        self.domain = domain

    def read_literal(self, value: float, is_double: bool = True) -> FloatValue:
        """A number that is written."""
        exact = Fraction(value)
        form = {CONSTANT: exact} if exact else {}
        return FloatValue(form, exact, exact, Fraction(0), _find_grid(exact), is_double)

    def read_feature(self, j: int) -> FloatValue:
        """A column, or whether a category is that of the row."""
        low, high = self.domain.low[j], self.domain.high[j]
        least = max(low, -high)  # no row is nearer to 0
        grid = _find_power(least) - _BITS + 1 if least > 0 else _LOWEST
        if self.domain.whole[j]:
            grid = min(0, _find_grid(self.domain.fills.get(j, Fraction(0))))
        return FloatValue({j: Fraction(1)}, low, high, Fraction(0), max(grid, _LOWEST))

    def add(self, one: FloatValue, other: FloatValue, sign: int) -> FloatValue:
        """A sum, or a difference. Both operands are floats, and the nearest to a sum is no further
        from it than they are: so rounding is at most the smaller one.
        """
        low, high = (other.low, other.high) if sign > 0 else (-other.high, -other.low)
        form = add_artefact_forms(one.form, other.form, Fraction(sign))
        most = min(max(-own.low, own.high) + own.error for own in (one, other))
        grid = min(one.grid, other.grid)
        error = one.error + other.error
        is_double = one.is_double or other.is_double
        found = FloatValue(form, one.low + low, one.high + high, error, grid, is_double)

        return self._round(found, most)

    def multiply(self, one: FloatValue, other: FloatValue) -> FloatValue:
        """A product, of which one factor is a number that is written."""
        if set(one.form) - {CONSTANT} or one.error:
            one, other = other, one
        if set(one.form) - {CONSTANT} or one.error:
            raise RefusedError("an artefact multiplies two columns")
        by = one.low
        form = add_artefact_forms({}, other.form, by)

        low, high = sorted((by * other.low, by * other.high))
        is_double = one.is_double or other.is_double
        error, grid = abs(by) * other.error, one.grid + other.grid

        return self._round(FloatValue(form, low, high, error, grid, is_double))

    def negate(self, one: FloatValue) -> FloatValue:
        """Minus a number, exactly."""
        form = add_artefact_forms({}, one.form, Fraction(-1))
        return one._replace(form=form, low=-one.high, high=-one.low)

    def cut_below_zero(self, one: FloatValue) -> FloatValue:
        """max(0, a number), exactly."""
        if any(isinstance(key, tuple) for key in one.form):
            raise RefusedError("an artefact nests max in max")
        form, zero = self.domain.make_hinge(one.form), Fraction(0)
        return one._replace(form=form, low=max(zero, one.low), high=max(zero, one.high))

    def _round(self, value: FloatValue, most: Fraction | None = None) -> FloatValue:
        """The value once it is rounded; most: a bound of that which is known already."""
        form = self.domain.reduce(value.form)
        low, high = self.domain.find_range(form)
        low, high = max(low, value.low), min(high, value.high)

        size, error = max(-low, high) + value.error, value.error
        group = self.domain.find_only_group(form)
        if group and not error:  # a number that the category alone tells
            values = [form.get(CONSTANT, Fraction(0)) + form.get(j, 0) for j in group]
            error = max(abs(own - Fraction(float(own))) for own in values)
        elif value.grid < _LOWEST or size > _raise_two(value.grid + _BITS):
            half = bound_half_ulp(size)
            error += half if most is None else min(half, most)

        bound_half_ulp(size)  # refuses what may overflow

        return value._replace(form=form, low=low, high=high, error=error)
