"""The columns as the page asks for them: ranges, choices, a typical row."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from relurules.domain.columns import Category, Column
from relurules.domain.encoding import decode_rows
from relurules.ir import AdditiveRules, RuleSet
from relurules.ir.network import Array

#: Half the width of a slider where a column has no end, in standard deviations.
_REACH = 3.0
#: So many times the range is a standard deviation, where there are no data.
_QUARTER = 0.25


def describe_columns(rules: RuleSet | AdditiveRules) -> list[dict[str, Any]]:
    """One object for every column of the rules, in order.

    table: the column of the table that it is read of; of: the place of the column of numbers that
    it says whether it is missing, None for any other column; gap: the place of the column that says
    so of this one. What is `of` another column isn't asked for: an empty number says it.
    """
    row, domain = choose_start(rules), rules.domain
    owners = list_gap_owners(domain.columns)
    gaps = {owner: place for place, owner in enumerate(owners) if owner is not None}
    found = []
    for i, (column, place) in enumerate(zip(domain.columns, domain.places, strict=True)):
        at = np.arange(place.start, place.stop)
        gap = domain.places[gaps[i]] if i in gaps else range(0)
        described = {
            "name": column.name,
            "table": column.table_name,
            "of": owners[i],
            "gap": gaps.get(i),
            "start": place.start,
            "read": owners[i] is None and bool(rules.read_coordinates[[*at, *gap]].any()),
        }
        if column.categories:
            found.append({**described, **_describe_choices(column, domain.upper[at], row[at])})
        else:
            number = _describe_number(rules, column, place.start, row)
            lacks = bool(gap) and row[gap.start] == 1.0
            found.append({**described, **number, **({"value": None} if lacks else {})})

    return found


def list_gap_owners(columns: Sequence[Column]) -> list[int | None]:
    """For every column that says whether another one is missing, the place of that one; None for
    all others, and where the rules don't have it.
    """
    own = {column.name: place for place, column in enumerate(columns) if not column.source}
    return [own.get(column.source) if column.source else None for column in columns]


def describe_coordinates(rules: RuleSet | AdditiveRules) -> list[dict[str, int | None]]:
    """Which column every coordinate belongs to, and which of its choices it stands for."""
    return [
        {"column": i, "choice": k if column.categories else None}
        for i, column in enumerate(rules.domain.columns)
        for k in range(column.width)
    ]


def choose_start(rules: RuleSet | AdditiveRules) -> Array:
    """(d,): a typical row of the data; without data, the reference, of categories the likeliest."""
    evidence = rules.evidence
    if evidence is not None and evidence.typical is not None:
        return evidence.typical
    facts = [] if evidence is None else [f for f in evidence.rules if f.typical is not None]
    if facts:
        largest = max(facts, key=lambda each: each.rows).typical
        assert largest is not None  # noqa: S101  # see above
        return largest

    row = np.array(rules.reference.values)
    whole = rules.domain.integer & np.isfinite(row)
    row[whole] = np.round(row[whole])
    for group in rules.domain.groups:
        at, values = list(group), rules.reference.values[list(group)]
        row[at] = np.arange(len(at)) == int(np.argmax(values))
    return np.clip(row, rules.domain.lower, rules.domain.upper)


def _describe_choices(column: Column, upper: Array, row: Array) -> dict[str, Any]:
    """known: [value, choice]; missing, other: the choice of such a value, -1 for none."""
    values = decode_rows(np.eye(column.width), [column])[column.table_name]
    choices = [
        {"label": _name_choice(category), "value": value, "admitted": bool(limit > 0)}
        for category, value, limit in zip(column.categories, values, upper.tolist(), strict=True)
    ]
    known = [[value, k] for value, k in column.lookup.items() if value is not None]

    return {
        "choices": choices,
        "fill": None,
        "value": int(np.argmax(row)),
        "spread": 1.0,
        "known": known,
        "missing": column.lookup.get(None, -1),
        "other": -1 if column.other is None else column.other,
        "text": not column.source and not all(isinstance(value, float) for value, _ in known),
    }


def _name_choice(category: Category) -> str:
    """`cook or smith`, `missing`, `any other value`."""
    if category.word:
        return category.word
    values = [value if isinstance(value, str) else f"{value:.15g}" for value in category.values]
    return " or ".join(
        [*values, *["missing"] * category.missing, *["any other value"] * category.other]
    )


def _describe_number(
    rules: RuleSet | AdditiveRules, column: Column, at: int, row: Array
) -> dict[str, Any]:
    """low, high: of the domain, None where it is open; from, to: of the slider."""
    domain, evidence = rules.domain, rules.evidence
    low, high, value = float(domain.lower[at]), float(domain.upper[at]), float(row[at])
    deviation = 0.0 if evidence is None else float(evidence.deviations[at])
    reach = _REACH * deviation or max(1.0, abs(value))
    start = low if np.isfinite(low) else value - reach
    end = high if np.isfinite(high) else value + reach

    return {
        "choices": None,
        "fill": column.fill,
        "value": value,
        "low": low if np.isfinite(low) else None,
        "high": high if np.isfinite(high) else None,
        "from": start,
        "to": end,
        "whole": bool(domain.integer[at]),
        "spread": deviation or _QUARTER * (end - start) or 1.0,
        "text": False,
    }
