"""Numbers for people: as few digits as a reader needs, at most six, thousands set apart."""

from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal

import numpy as np

#: Fewer digits than the first aren't tried, more than the second aren't shown, unless numbers that
#: differ would look the same.
FEWEST, DIGITS = 4, 6
_ALL_DIGITS = 17


def round_number(
    value: float, step: float, digits: int = DIGITS, *, limit: float = np.inf
) -> float:
    """The number of four to `digits` significant digits, the fewest that keep it within `step` of
    the value; of more where it would be more than `limit` off.
    """
    for count in range(FEWEST, digits):
        candidate = float(f"{value:.{count}g}")
        if abs(candidate - value) <= min(step, limit):
            return candidate
    for count in range(digits, _ALL_DIGITS):
        candidate = float(f"{value:.{count}g}")
        if abs(candidate - value) <= limit:
            return candidate

    return float(value)


def round_apart(
    values: Sequence[float], step: float, *, limit: float = np.inf
) -> dict[float, float]:
    """Value -> what is shown, for values that may stand side by side: those that differ do so in
    what is shown. limit: no number is more than that off.
    """
    wanted = sorted(set(values))
    shown: dict[float, float] = {}
    for digits in range(DIGITS, _ALL_DIGITS + 1):
        shown = {value: round_number(value, step, digits, limit=limit) for value in wanted}
        if len(set(shown.values())) == len(wanted):
            return shown
        step /= 10.0

    return shown


def format_number(value: float) -> str:
    """The shortest text for a number, `12,500` from ten thousand on; very large and small ones with
    an exponent.
    """
    if value == 0:
        return "0"
    if not 1e-5 <= abs(value) < 1e9:
        return _format_exponent(value)

    text = (
        f"{Decimal(repr(float(value))):,f}"
        if abs(value) >= 1e4
        else f"{Decimal(repr(float(value))):f}"
    )

    return text.rstrip("0").rstrip(".") if "." in text else text


def _format_exponent(value: float) -> str:
    if not np.isfinite(value):
        return repr(float(value))
    sign, digits, _ = Decimal(repr(float(value))).normalize().as_tuple()
    first, *rest = map(str, digits)
    mantissa = f"{first}.{''.join(rest)}" if rest else first
    exponent = Decimal(repr(float(value))).adjusted()
    return f"{'-' if sign else ''}{mantissa}e{exponent}"


def split_exponent(text: str) -> tuple[str, str]:
    """Mantissa and exponent of a number's text, `3.24` and `-6` of `3.24e-06`; "" for none."""
    mantissa, mark, exponent = text.partition("e")
    if not mark or not exponent.lstrip("+-").isdigit():
        return text, ""
    return mantissa, str(int(exponent))


def format_short(value: float, digits: int = 4) -> str:
    """A measured number: so many significant digits."""
    return format_number(float(f"{value:.{digits}g}"))


def format_count(count: int, noun: str) -> str:
    """`1 rule`, `2 rules`, `1,884 rows`."""
    return f"{count:,} {inflect_noun(noun, count)}"


def inflect_noun(noun: str, count: int) -> str:
    """The noun as it stands after a number: `region` after 1, else `regions`."""
    return noun if count == 1 else f"{noun}s"


def format_percent(share: float) -> str:
    """A share of 1 as `12.3 %`."""
    return f"{100 * share:.1f}\u00a0%"


def format_bound(value: float) -> str:
    """A bound, of three digits and rounded up so that it stays one."""
    if value == 0 or not np.isfinite(value):
        return format_number(value)
    shown = float(f"{value:.2e}")
    if shown < value:
        exact = Decimal(float(value))
        last_digit = Decimal(1).scaleb(exact.adjusted() - 2)
        shown = float(exact.quantize(last_digit, rounding=ROUND_CEILING))

    return format_number(shown)
