"""Spaces in which one column of the table has two values, and all others one."""

from typing import NamedTuple

import numpy as np

from relurules.analysis.changes import RowPair
from relurules.analysis.conditions import find_coordinates
from relurules.analysis.restricted import (
    QuestionSpace,
    RestrictedScorer,
    TableColumn,
    make_space,
)
from relurules.analysis.rule_cells import RestrictedRules
from relurules.domain.columns import Category
from relurules.errors import DataError, DomainError
from relurules.ir.network import Array
from relurules.lp import Polytope
from relurules.lp.branch_and_bound import maximise_over_integers
from relurules.lp.lengths import row_lengths


def find_column(ground: RestrictedScorer, name: str | None) -> TableColumn:
    """The column of this name; DataError for none."""
    domain = ground.domain
    if name is None:
        raise DataError(
            f"say which feature: one of {', '.join(repr(c.name) for c in domain.columns[:12])}"
        )

    at = find_coordinates(domain, name)
    if not any(set(at) == set(group) for group in domain.groups):
        return TableColumn(name, at, {})

    column = next(c for c in domain.columns if c.name == name)
    names = [_name_category(c) for c in column.categories] or [domain.names[i] for i in at]
    admitted = {place: names[place] for place, i in enumerate(at) if domain.upper[i] > 0}
    return TableColumn(name, at, admitted)


def list_columns(ground: RestrictedScorer) -> list[TableColumn]:
    """All columns, each one-hot group once."""
    found: dict[tuple[int, ...], TableColumn] = {}
    for column in ground.domain.columns:
        one = find_column(ground, column.name)
        found.setdefault(one.at, one)
    return list(found.values())


def _name_category(category: Category) -> str:
    if category.word:
        return category.word
    words = ["missing"] * category.missing + ["any other value"] * category.other
    return " or ".join(
        [f"{v:g}" if isinstance(v, float) else str(v) for v in category.values] + words
    )


def find_category_place(column: TableColumn, value: object) -> int:
    """The place of a category by its name; DataError for an unknown one."""
    text = f"{value:g}" if isinstance(value, float) else str(value)
    for place, name in column.categories.items():
        if name == text or text in name.split(" or "):
            return place

    raise DataError(
        f"column {column.name!r} has no category {text!r} here; it has "
        f"{', '.join(column.categories.values())}"
    )


def find_moving_coordinate(space: QuestionSpace, column: TableColumn) -> int | None:
    """The coordinate of v that moves a number column, None where it is pinned."""
    moving = np.flatnonzero(space.spread[column.at[0]])
    return int(moving[0]) if len(moving) else None


def fix_number(ground: RestrictedScorer, column: TableColumn, value: float) -> QuestionSpace:
    """All columns but this one of numbers, held at a value; DomainError outside its bounds."""
    space, j = ground.space, column.at[0]
    low, high = float(ground.domain.lower[j]), float(ground.domain.upper[j])
    if not low <= value <= high:
        raise DomainError(
            f"{column.name!r} is {value:g} nowhere in the domain, where it goes from {low:g} to "
            f"{high:g}"
        )

    c = find_moving_coordinate(space, column)
    if c is None:
        return space

    base = space.base.copy()
    base[j] = value
    return make_space(ground.domain, base, np.delete(space.spread, c, axis=1))


def fix_category(ground: RestrictedScorer, column: TableColumn, place: int) -> QuestionSpace:
    """All columns but this category column, which is held at a category."""
    space, at = ground.space, list(column.at)
    base, moving = space.base.copy(), space.spread[at].any(axis=0)
    base[at] = np.eye(len(at))[place]
    return make_space(ground.domain, base, space.spread[:, ~moving])


def make_free_pair(
    ground: RestrictedScorer, column: TableColumn, *, rising: bool
) -> RowPair | None:
    """A number column at any two values, the second no smaller with `rising`; None where it is
    pinned.
    """
    space = ground.space
    c = find_moving_coordinate(space, column)
    if c is None:
        return None

    n = space.spread.shape[1]
    before = np.column_stack([space.spread, np.zeros(len(space.base))])
    after = before.copy()
    after[:, c], after[:, n] = 0.0, space.spread[:, c]
    row = np.zeros((1, n + 1))
    row[0, c], row[0, n] = np.sqrt(0.5), -np.sqrt(0.5)
    ordered = Polytope(row, np.zeros(1)) if rising else None

    return RowPair(
        make_space(ground.domain, space.base, before),
        make_space(ground.domain, space.base, after),
        column,
        ordered,
    )


class Clearance(NamedTuple):
    """How far from its walls points of a cell are. bound: none is farther, below 0 where it is
    certified empty.

    reached: how far a point is, as measured; point: (n,) None where none was found inside.
    """

    bound: float
    reached: float
    point: Array | None


def find_roomiest_point(
    ground: RestrictedRules, space: QuestionSpace, polytope: Polytope, enough: float = np.inf
) -> Clearance:
    """A point of a cell far from its walls, one category at a time; the first that is so far as
    `enough` will do.

    Walls of categories alone don't count.
    """
    n, own = space.spread.shape[1], [i for group in ground.domain.groups for i in group]
    of_category = space.spread[own].any(axis=0)
    counts = (polytope.G[:, ~of_category] != 0).any(axis=1)
    limit = np.zeros((2, n + 1))
    limit[:, n] = 1.0, -1.0
    whole = ground.whole(space, integers=False)
    whole = np.column_stack([whole[:, :-1], np.zeros(len(whole)), whole[:, -1]])
    form = np.zeros(n + 2)
    form[n] = 1.0
    part = Polytope(np.column_stack([polytope.G, counts]), polytope.h).cut(limit, np.ones(2))
    found = maximise_over_integers(*part, form, whole, enough=enough)

    if found.point is None:
        return Clearance(found.bound, -np.inf, None)

    v = found.point[:n]
    # Measured, whatever the solver said.
    reached = float((polytope.h - polytope.G @ v)[counts].min(initial=1.0))
    return Clearance(found.bound, reached, v if reached > 0.0 else None)


def find_interior_point(
    ground: RestrictedRules, space: QuestionSpace, polytope: Polytope, enough: float = np.inf
) -> tuple[float, Array] | None:
    """A point of a cell away from its walls, and how far; None where none was found."""
    found = find_roomiest_point(ground, space, polytope, enough)
    return None if found.point is None else (found.reached, found.point)


def measure_least_room(ground: RestrictedRules, space: QuestionSpace) -> float:
    """A cell with no more room than this is where rounding may put rows that another one holds.

    Or it lies outside the domain's inequalities, by no more than these forgive.
    """
    domain = ground.domain
    lengths = row_lengths(domain.normals @ space.spread)
    moving = lengths > 0
    forgiven = (domain.limits - domain.bounds)[moving] / lengths[moving]
    return 4.0 * float(ground.splits(space).room.max(initial=0.0)) + 2.0 * float(
        forgiven.max(initial=0.0)
    )
