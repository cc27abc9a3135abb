"""The part of a domain that the certificate of an answer is about, in words."""

from collections.abc import Mapping
from typing import Any

from relurules import checker


def describe_given(given: Mapping[str, Any]) -> str:
    """`0.0 <= age <= 30.0 and debt + -1.0 income <= 5.0`; nothing for the whole domain."""
    parts = [_describe_bounds(name, *ends) for name, ends in given["bounds"].items()]
    parts += [_describe_constraint(item) for item in given["constraints"]]
    return " and ".join(part for part in parts if part)


def _describe_constraint(item: Mapping[str, Any]) -> str:
    """An inequality; -x <= -1 as x >= 1."""
    coefficients, at_most = item["coefficients"], item["at_most"]
    if list(coefficients.values()) == [-1]:
        return f"{checker.print_plain_name(*coefficients)} >= {0 - at_most!r}"

    terms = [(weight, name) for name, weight in coefficients.items()]
    return f"{checker.print_weighted_names(terms)} <= {at_most!r}"


def _describe_bounds(name: str, low: float | None, high: float | None) -> str:
    """A column between two numbers, of which one that is None doesn't count."""
    said = checker.print_plain_name(name)
    if low == high:
        return "" if low is None else f"{said} = {low!r}"
    before = "" if low is None else f"{low!r} <= "
    after = "" if high is None else f" <= {high!r}"
    return f"{before}{said}{after}"
