"""Decimals in SQL that an engine takes for the float64 that is meant."""

import math
import re
from fractions import Fraction
from functools import lru_cache

from relurules.emitting.sql.dialect import Dialect
from relurules.emitting.sql.names import build_quoted_pattern

#: A share of a number that SQLite's own reader is off by at most, before it rounds: it multiplies
#: digits by a power of ten in 64 bits (`sqlite3AtoF` of versions before 3.43).
_SLACK = Fraction(1, 1 << 58)
#: So many digits are nearer to the float64 itself than to the middle between it and the next one.
_DIGITS = 17
#: Numbers nearer to 0, or larger, are read in other ways.
_LEAST, _MOST = 1e-250, 1e290


def respell_decimals(text: str, dialect: Dialect) -> str:
    """The statement with more digits for numbers whose shortest ones are so near to the middle of
    two float64 that the engine may take the other one. Texts, names and comments stay.
    """
    if not dialect.rounds_decimals_twice:
        return text
    other = rf"--[^\n]*|{build_quoted_pattern(dialect)}|[^\W\d]\w*"
    return re.sub(rf"{other}|[\d.]+E[-+]?\d+", lambda found: _respell(found.group()), text)


@lru_cache(maxsize=1 << 16)
def _respell(token: str) -> str:
    if not re.fullmatch(r"[\d.]+E[-+]?\d+", token) or is_read_alike(token):
        return token
    return f"{float(token):.{_DIGITS - 1}E}"


def is_read_alike(token: str) -> bool:
    """Whether this decimal is the same float64 to an engine that is a little off."""
    value, exact = float(token), Fraction(token)
    if not _LEAST < value < _MOST:
        return True
    neighbours = math.nextafter(value, 0.0), math.nextafter(value, math.inf)
    below, above = ((Fraction(value) + Fraction(other)) / 2 for other in neighbours)

    return below < exact * (1 - _SLACK) and exact * (1 + _SLACK) < above
