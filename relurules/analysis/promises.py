"""What rules were promised to keep, and whether they still do: trends of columns, and limits of
what a column adds.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from relurules.analysis.questions import ask
from relurules.errors import RelurulesError
from relurules.ir import AdditiveRules, RuleSet
from relurules.ir.evidence import read_column_setting
from relurules.statistics.certified_parts import certify_effect, find_least_step

#: Settings of a fit that are promises about the rules.
_TRENDS, _SIGNS, _BOUNDS = "monotone", "signs", "effect_bounds"
#: Which way a score goes, by the answer to a question.
_WAYS = {"rises": (1,), "falls": (-1,), "doesn't matter": (1, -1), "both": ()}
#: How it is said.
_WORDS = {1: "only rises", -1: "only falls"}
#: Share of a limit by which sums may be off.
_ROUNDING = 1e-12


class BrokenPromise(NamedTuple):
    """setting: of the rules, that holds it; column; text: what was promised, and what is so now."""

    setting: str
    column: str
    text: str


@dataclass(frozen=True, kw_only=True)
class PromiseCheck:
    """broken: promises that the new rules don't keep; notes: trends that nobody had asked for, and
    that are gone.
    """

    broken: tuple[BrokenPromise, ...]
    notes: tuple[str, ...]


def check_promises(old: RuleSet | AdditiveRules, new: RuleSet | AdditiveRules) -> PromiseCheck:
    """What the rules before were promised to keep, certified anew of the rules after."""
    settings = old.provenance.settings
    broken, told = list[BrokenPromise](), set[str]()
    for column, way in read_column_setting(settings, _TRENDS).items():
        told.add(column)
        broken += _check_trend(old, new, column, int(np.sign(way)), _TRENDS)

    notes = list[str]()
    for column, way in _list_trends(old) if _knows_trends(old, settings) else ():
        if column in told:
            continue
        lost = list(_check_trend(old, new, column, way, _SIGNS))
        if settings.get(_SIGNS) is not None:
            broken += lost
        else:
            notes += [one.text.replace("the rules promise", "before") for one in lost]

    broken += _check_bounds(new, settings)
    return PromiseCheck(broken=tuple(broken), notes=tuple(notes))


def list_broken_promises(
    old: RuleSet | AdditiveRules, new: RuleSet | AdditiveRules
) -> tuple[BrokenPromise, ...]:
    """Promises of rules, written in their settings, that rules made of them don't keep.

    Effects of columns are known of lines alone: of other rules none is promised.
    """
    settings = old.provenance.settings
    if not any(settings.get(name) for name in (_TRENDS, _SIGNS, _BOUNDS)):
        return ()
    broken = list(check_promises(old, new).broken)
    if not isinstance(new, AdditiveRules):
        broken += [
            BrokenPromise(
                _BOUNDS,
                column,
                f"the rules promise that {column} adds {low:g} to {high:g}, which can't be "
                "certified of rules of which one applies",
            )
            for column, (low, high) in read_column_setting(settings, _BOUNDS).items()
        ]
    return tuple(broken)


def remove_promises(
    settings: Mapping[str, Any], broken: tuple[BrokenPromise, ...]
) -> dict[str, Any]:
    """The settings without these promises; signs, which hold for all columns, go as a whole."""
    left = dict(settings)
    for setting in dict.fromkeys(one.setting for one in broken):
        gone = {one.column for one in broken if one.setting == setting}
        kept = {
            name: value
            for name, value in read_column_setting(left, setting).items()
            if name not in gone
        }
        if setting == _SIGNS or not kept:
            left.pop(setting, None)
        else:
            left[setting] = str(kept)

    return left


def _knows_trends(rules: RuleSet | AdditiveRules, settings: Mapping[str, Any]) -> bool:
    """Whether trends are looked for that are written nowhere: quick of lines alone."""
    return settings.get(_SIGNS) is not None or (
        isinstance(rules, AdditiveRules) and rules.score_count == 1
    )


def _list_trends(rules: RuleSet | AdditiveRules) -> Iterator[tuple[str, int]]:
    """Columns of numbers that the score only rises, or only falls with."""
    for column in rules.domain.columns:
        if not column.categories:
            ways = _find_ways(rules, column.name)
            if len(ways) == 1:
                yield column.name, ways[0]


def _find_ways(rules: RuleSet | AdditiveRules, column: str) -> tuple[int, ...]:
    """Which ways the score may be said to go with a column: both where it doesn't matter; none
    where it isn't known.
    """
    if any(one.name == column and one.categories for one in rules.domain.columns):
        return _find_level_ways(rules, column)
    try:
        answer = ask(rules, "monotone", feature=column)
    except RelurulesError:
        return ()
    return _WAYS.get(answer.values["direction"] or "both", ())


def _find_level_ways(rules: RuleSet | AdditiveRules, column: str) -> tuple[int, ...]:
    """The same of categories in an order, whose points are known where lines read nothing else with
    them.
    """
    known = None if rules.schema is None else rules.schema.columns.get(column)
    if known is None or not known.levels or not isinstance(rules, AdditiveRules):
        return ()
    steps = {way: find_least_step(rules, column, known.levels, way) for way in (1, -1)}
    return tuple(way for way, step in steps.items() if step is not None and step >= -_ROUNDING)


def _check_trend(
    old: RuleSet | AdditiveRules, new: RuleSet | AdditiveRules, column: str, way: int, setting: str
) -> Iterator[BrokenPromise]:
    """Nothing where the trend is kept. Scores of another class go the other way."""
    before = _find_ways(old, column)
    if way not in before and -way in before:
        way = -way
    if way in _find_ways(new, column):
        return
    yield BrokenPromise(
        setting,
        column,
        f"the rules promise that the score {_WORDS[way]} with {column}, all else equal, and that "
        "can't be certified any more",
    )


def _check_bounds(
    rules: RuleSet | AdditiveRules, settings: Mapping[str, Any]
) -> Iterator[BrokenPromise]:
    if not isinstance(rules, AdditiveRules):
        return
    for column, (low, high) in read_column_setting(settings, _BOUNDS).items():
        least, most = _bound_effect(rules, column)
        room = _ROUNDING * (1.0 + max(abs(least), abs(most)))
        if least < low - room or most > high + room:
            yield BrokenPromise(
                _BOUNDS,
                column,
                f"the rules promise that {column} adds {low:g} to {high:g}, and now it adds "
                f"{least:g} to {most:g}",
            )


def _bound_effect(rules: AdditiveRules, column: str) -> tuple[float, float]:
    """The least and the most that a column adds in itself beside the reference."""
    found = certify_effect(rules, column)
    if found.low is not None and found.high is not None:
        return float(found.low), float(found.high)
    if column in rules.points:
        values = np.asarray(rules.points[column])
        return float(values.min()), float(values.max())
    if column not in rules.curves:
        return 0.0, 0.0
    curve, at = rules.curves[column], rules.domain.names.index(column)
    least, most = float(curve.values.min()), float(curve.values.max())
    ends = [-curve.below] if rules.domain.lower[at] == -np.inf else []
    ends += [curve.above] if rules.domain.upper[at] == np.inf else []
    for slopes in ends:
        least = -np.inf if slopes.min() < 0 else least
        most = np.inf if slopes.max() > 0 else most

    return least, most
