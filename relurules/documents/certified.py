"""What lines were asked to keep, as it is certified of the rules' own numbers."""

import ast
from collections.abc import Sequence
from fractions import Fraction

from relurules.ir import AdditiveRules
from relurules.statistics.certified_parts import certify_direction, certify_effect
from relurules.wording.numbers import format_short

#: Settings of a fit that ask for directions.
_DIRECTED = ("monotone", "signs")


def describe_certified(rules: AdditiveRules) -> list[str]:
    """Directions and effects of rules whose fit was asked to keep some; nothing of others."""
    settings, lines = rules.provenance.settings, list[str]()
    for score, name in enumerate(rules.scores):
        if any(settings.get(asked) for asked in _DIRECTED):
            lines += _describe_directions(rules, name, score)
        lines += _describe_effects(rules, name, score, settings.get("effect_bounds"))

    return lines


def _describe_directions(rules: AdditiveRules, score: str, number: int) -> list[str]:
    ways: dict[int, list[str]] = {1: [], -1: []}
    for column in rules.domain.columns:
        way = None if column.categories else certify_direction(rules, column.name, number)
        if way:
            ways[way].append(column.name)
    said = [
        f"never {verb} where {_join_names(names)} rises"
        for names, verb in ((ways[1], "falls"), (ways[-1], "rises"))
        if names
    ]
    if not said:
        return []
    return [
        f"Directions: {score} {', and '.join(said)}, all else equal, whatever the values. This is "
        "certified in rational arithmetic on the numbers of these rules."
    ]


def _describe_effects(rules: AdditiveRules, score: str, number: int, asked: object) -> list[str]:
    bounds = ast.literal_eval(asked) if isinstance(asked, str) else {}
    found = {name: certify_effect(rules, name, number) for name in bounds}
    return [
        f"Effect of {name}: it adds {_format_end(effect.low)} to {_format_end(effect.high)} to "
        f"{score}, beside what it adds at the reference, anywhere in its range; certified likewise."
        for name, effect in found.items()
        if effect.low is not None and effect.high is not None
    ]


def _format_end(end: Fraction | None) -> str:
    return "" if end is None else format_short(float(end), 4)


def _join_names(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
