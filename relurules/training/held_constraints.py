"""What a fit was asked to keep, certified on the rules that are written down.

The refits keep trends and bounds of effects on the numbers that they fit; the rules have these
turned, scaled and added up, each rounded once. So it is the rules' own numbers that are looked at,
in exact arithmetic, and a weight is moved by some units in its last place where rounding broke a
trend.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from relurules.errors import CheckError
from relurules.ir import AdditiveRules, RuleSet
from relurules.statistics.certified_parts import bound_slope, certify_effect, hold_direction

#: Scores with a direction of their own: a trend is that of every one of them.
_Trends = Mapping[str, int]


def hold_constraints(
    rules: RuleSet | AdditiveRules,
    trends: _Trends,
    bounds: Any,
    ordered: Mapping[str, Sequence[str]],
) -> RuleSet | AdditiveRules:
    """The rules, certified to keep trends and bounds of effects; CheckError where they don't.

    trends, bounds: of the rules' own scores, by column. ordered: levels of the columns that are
    categories in an order, ascending.
    """
    if not isinstance(rules, AdditiveRules):
        return rules

    for name, trend in trends.items():
        for score in range(rules.score_count):
            if name in ordered:
                _check_levels(rules, name, trend, score)
                continue
            rules = hold_direction(rules, name, trend, score)
            least = bound_slope(rules, name, trend, score)
            if least is not None and least < 0:
                raise CheckError(
                    f"{rules.scores[score]} goes against monotone={{{name!r}: {trend}}} somewhere, "
                    f"by {float(-least):.3g} per unit of {name}; report this, with the table's "
                    "columns and the call, as a fault of the fit"
                )
    _check_effects(rules, bounds)

    return rules


def _check_levels(rules: AdditiveRules, name: str, trend: int, score: int) -> None:
    """Points of categories in an order, where nothing else reads them."""
    points = rules.points.get(name)
    if points is not None and (trend * np.diff(points[:, score]) < -1e-12).any():
        raise CheckError(
            f"the points of the levels of {name!r} go against monotone={{{name!r}: {trend}}}; "
            "report this, with the table's columns and the call, as a fault of the fit"
        )


def _check_effects(rules: AdditiveRules, bounds: Any) -> None:
    """CheckError where a column adds more to a score than it may, anywhere in the domain."""
    for name, (low, high) in (bounds or {}).items():
        for score in range(rules.score_count):
            found = certify_effect(rules, name, score)
            kept = (
                found.low is not None
                and found.high is not None
                and found.low >= Fraction(float(low))
                and found.high <= Fraction(float(high))
            )
            if not kept:
                raise CheckError(
                    f"{name!r} adds {_format_end(found.low)} to {_format_end(found.high)}, and "
                    f"effect_bounds allows {low:g} to {high:g}"
                )


def _format_end(end: Fraction | None) -> str:
    return "any number" if end is None else f"{float(end):.12g}"
