"""Conditions that a question is asked under, as a part of the domain."""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from relurules.analysis.restricted import RestrictedScorer
from relurules.domain import Array, Domain
from relurules.domain.columns import Column
from relurules.errors import DataError, DomainError
from relurules.lp.branch_and_bound import maximise_over_integers
from relurules.tables.values import Value

_EQUAL = re.compile(r"^\s*(?P<name>`[^`]+`|[^<>=]+?)\s*={1,2}\s*(?P<value>[^<>=]+?)\s*$")


def restrict_domain(domain: Domain, given: Sequence[str]) -> Domain:
    """The part of a domain where all conditions hold: `age >= 30`, `a + 2*b <= 1`, `job = clerk`,
    `job = clerk|none`.

    DomainError for one that can't be read, or that no row of the domain meets by itself.
    """
    for text in given:
        domain = _add_condition(domain, text)
    return domain


def require_rows(ground: RestrictedScorer, given: Sequence[str], *, integers: bool = False) -> None:
    """DataError where no row of the domain meets the conditions; integers: whether columns that
    hold whole numbers may hold nothing else.
    """
    if not has_rows(ground, integers=integers):
        raise DataError(f"no row of the domain meets these conditions: {'; '.join(given)}")


def has_rows(ground: RestrictedScorer, *, integers: bool = False) -> bool:
    """Whether a part of a domain has rows; one that is there by rounding alone counts as some."""
    space = ground.space
    still = np.zeros(space.spread.shape[1] + 1)
    whole = ground.whole(space, integers=integers)
    return maximise_over_integers(*space.walls, still, whole, enough=0.0).bound > -np.inf


def hold_missing_numbers(domain: Domain, feature: str | None = None) -> Domain:
    """The same rows, a number held at what a missing one counts as where it can only be missing.

    Inequalities alone would leave a domain without a middle, inside which no row is found.
    feature: a column that changes alone; where it says whether a number is missing, the number
    stays what a missing one counts as.
    """
    for column, place in zip(domain.columns, domain.places, strict=True):
        if column.source and (domain.lower[place.start] == 1.0 or column.name == feature):
            domain = _hold_missing_number(domain, column, place)
    return domain


def _hold_missing_number(domain: Domain, gap: Column, place: range) -> Domain:
    number = next((column for column in domain.columns if column.name == gap.source), None)
    if number is None or number.fill is None:
        return domain
    at, fill = domain.names.index(number.name), number.fill
    if not domain.lower[at] <= fill <= domain.upper[at]:
        return domain  # no row is there, as the inequalities say

    held = domain.bounded({number.name: (fill, fill)})
    others = np.setdiff1d(np.arange(len(domain)), [at, *place])
    met = np.array(domain.normals[:, place].any(axis=1) & ~domain.normals[:, others].any(axis=1))
    for k in (k for k in place if domain.upper[k] > 0):
        x = np.zeros(len(domain))
        x[[at, k]] = fill, 1.0
        met = np.array(met & (domain.normals @ x <= domain.limits))

    texts = tuple(text for text, done in zip(domain.texts, met.tolist(), strict=True) if not done)
    return replace(held, normals=held.normals[~met], bounds=held.bounds[~met], texts=texts)


def _add_condition(domain: Domain, text: str) -> Domain:
    equal = _EQUAL.match(text)
    if equal is None:
        return domain.where(text)

    name, value = equal["name"].strip("`"), equal["value"]
    column = next((column for column in domain.columns if column.name == name), None)
    if column is None:
        known = ", ".join(c.name for c in domain.columns[:12])
        raise DomainError(f"condition {text!r}: no column {name!r}; there are {known}")
    if not column.categories:
        return pin_column(domain, name, _parse_number(value, text))

    wanted = [_parse_category(column, part.strip().strip("'\""), text) for part in value.split("|")]
    return domain.admitting({name: wanted})


def pin_column(domain: Domain, name: str, value: float) -> Domain:
    """A number column held at a value; DomainError outside its bounds.

    A member of a one-hot group holds the group.
    """
    j = domain.names.index(name)
    low, high = float(domain.lower[j]), float(domain.upper[j])
    if not low <= value <= high:
        raise DomainError(
            f"{name!r} is {value:g} nowhere in the domain, where it goes from {low:g} to {high:g}"
        )

    group = next((group for group in domain.groups if j in group), None)
    if group is None:
        return domain.bounded({name: (value, value)})
    if value not in (0.0, 1.0):
        raise DomainError(f"{name!r} is 0 or 1 in the domain, found {value:g}")

    lower, upper = domain.lower.copy(), domain.upper.copy()
    if value == 1.0:
        lower[list(group)], upper[list(group)] = 0.0, 0.0
        lower[j] = upper[j] = 1.0
    else:
        upper[j] = 0.0
        left = [i for i in group if upper[i] > 0]
        if len(left) == 1:
            lower[left[0]] = 1.0

    return replace(domain, lower=lower, upper=upper)


def hold_column(domain: Domain, name: str, x: Array) -> Domain:
    """A column of the table held at a row's value, x: (d,)."""
    lower, upper = domain.lower.copy(), domain.upper.copy()
    for j in find_coordinates(domain, name):
        lower[j] = upper[j] = x[j]
    return replace(domain, lower=lower, upper=upper)


def find_coordinates(domain: Domain, name: str) -> tuple[int, ...]:
    """The coordinates of a column of the table, those of its one-hot group included; DataError for
    an unknown one.
    """
    for column, at in zip(domain.columns, domain.places, strict=True):
        if column.name == name:
            return next((group for group in domain.groups if at.start in group), tuple(at))

    raise DataError(
        f"no column {name!r}; there are {', '.join(repr(c.name) for c in domain.columns[:12])}"
        f"{domain.unread_note}"
    )


def _parse_category(column: Column, text: str, condition: str) -> Value:
    if text in column.lookup:
        return text
    if text == "missing" and None in column.lookup:
        return None
    if text in {category.word for category in column.categories if category.word}:
        return text

    try:
        if float(text) in column.lookup:
            return float(text)
    except ValueError:
        pass

    known = ", ".join(member for category in column.categories for member in category.members)
    raise DomainError(
        f"condition {condition!r}: column {column.name!r} has no category {text!r}; it has {known}"
    )


def _parse_number(text: str, condition: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise DomainError(f"condition {condition!r}: {text!r} is no number") from error
