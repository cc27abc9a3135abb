"""Measured numbers as cells of tables."""

from math import isnan

from relurules.wording import phrases as p
from relurules.wording.numbers import format_percent, format_short
from relurules.wording.phrases import Phrase

#: What stands where nothing can be told.
NOTHING = "\u2013"


def phrase_share(value: float | None) -> Phrase:
    """A share as a percentage."""
    return p.text(NOTHING) if value is None or isnan(value) else p.number(format_percent(value))


def phrase_value(value: float | None, digits: int = 4) -> Phrase:
    """A measured number."""
    return (
        p.text(NOTHING) if value is None or isnan(value) else p.number(format_short(value, digits))
    )


def write_measured(value: float) -> str:
    """Four decimals of numbers about 1, four digits of others."""
    return f"{round(value, 4) + 0.0:.4f}" if abs(value) < 10 else format_short(value)
