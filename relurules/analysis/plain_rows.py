"""Rows that a person recognises: whole numbers where columns hold them, and few digits.

What rows show is asked of the rules themselves for every change, so it holds for the rows that come
out.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

import numpy as np

from relurules.analysis.restricted import QuestionSpace, RestrictedScorer
from relurules.analysis.witnesses import find_admissible_rows
from relurules.domain import Domain
from relurules.ir.answers import Witness
from relurules.ir.network import Array
from relurules.lp import Polytope
from relurules.lp.branch_and_bound import maximise_over_integers
from relurules.tables.values import Value

#: Numbers of more digits differ from these by rounding.
_DIGITS = 15
#: All choices of the whole numbers below and above are tried for so many columns.
_CHOICES = 4
#: A number smaller than this share of its column's width is nearly 0.
_NOTHING = 1e-6


@dataclass(frozen=True, kw_only=True)
class RowClaim:
    """What rows are shown for."""

    #: (s, d) rows -> a number, NaN where they don't show it.
    value: Callable[[Array], Array]
    #: They show it from this number on.
    least: float
    #: (d,) the columns that may be rounded; None for all that move.
    columns: Array | None = None

    def holds(self, ground: RestrictedScorer, rows: Array) -> bool:
        """Whether rows (s, d) are in the domain and show it."""
        return bool(ground.domain.contains(rows).all() and self.value(rows) >= self.least)


class _Entry(NamedTuple):
    """A number in some of the rows: in all of them where they share it."""

    rows: tuple[int, ...]
    column: int


def choose_plain_rows(
    ground: RestrictedScorer,
    space: Sequence[QuestionSpace],
    rows: Array,
    claim: RowClaim,
    cell: tuple[Polytope, Array] | None = None,
) -> Array:
    """Rows (s, d), one per space, that show the same in whole numbers and in few digits.

    cell: a polytope and a form of v to be large, by which rows of whole numbers are looked for
    where rounding finds none. What is given comes back where nothing plainer shows the same.
    """
    entries = _list_entries(ground, space, rows, claim)
    found = _round_to_whole(ground, rows, claim, entries)
    if cell is not None and list_fractional_columns(ground, space, found):
        whole = _find_whole_rows(ground, space, cell, claim)
        found = found if whole is None else whole
        entries = _list_entries(ground, space, found, claim)

    for entry in entries:
        if ground.deadline.is_over():
            break
        found = _shorten_entry(ground, found, claim, entry)
    return found


def find_best_row(
    domain: Domain, X: Array | None, value: Callable[[Array], Array], least: float
) -> int | None:
    """The row of a table (N, d), in a domain, with the largest value; None where that is below
    `least`, and without a table.

    value: (n, d) -> (n,), NaN for a row that shows nothing.
    """
    if X is None:
        return None

    inside = np.flatnonzero(domain.contains(X))
    if not len(inside):
        return None
    values = np.asarray(value(X[inside]), dtype=float)
    if np.isnan(values).all():
        return None
    best = int(np.nanargmax(values))
    return int(inside[best]) if values[best] >= least else None


def list_fractional_columns(
    ground: RestrictedScorer, space: Sequence[QuestionSpace], rows: Array
) -> list[str]:
    """Names of the whole-number columns that rows aren't whole in, though they could move."""
    domain = ground.domain
    moves = [one.spread.any(axis=1) for one in space]
    off = np.array([m & (x != np.round(x)) for m, x in zip(moves, rows, strict=True)]).any(axis=0)
    return [domain.names[j] for j in np.flatnonzero(off & domain.integer)]


def note_fractions(
    ground: RestrictedScorer, witnesses: Sequence[Witness], *, held: Sequence[str] = ()
) -> tuple[str, ...]:
    """Notes on rows made up that aren't whole where the data are. held: columns whose values were
    given.
    """
    return tuple(
        describe_fractions(witness.shows, columns)
        for witness in witnesses
        if witness.data_row is None
        and (columns := find_fractions(ground.domain, witness.row, held=held))
    )


def find_fractions(
    domain: Domain, row: Mapping[str, Value], *, held: Sequence[str] = ()
) -> list[str]:
    """Columns of whole numbers that a row isn't whole in, but for those that are held or pinned."""
    found = []
    for column, at in zip(domain.columns, domain.places, strict=True):
        value, j = row[column.name if column.derivation else column.table_name], at.start
        if column.categories or column.name in held or not isinstance(value, float):
            continue
        if domain.integer[j] and domain.lower[j] < domain.upper[j] and not value.is_integer():
            found.append(column.name)

    return found


def describe_fractions(shows: str, columns: Sequence[str]) -> str:
    """What is said of a row that isn't whole in these columns."""
    *others, last = map(repr, columns)
    names = f"{', '.join(others)} and {last}" if others else last
    return (
        f"'{shows}' is shown by a row between whole numbers of {names} only: no row of whole "
        "numbers was found that shows it."
    )


def _list_entries(
    ground: RestrictedScorer, space: Sequence[QuestionSpace], rows: Array, claim: RowClaim
) -> list[_Entry]:
    """The numbers that may change; whole-number columns first."""
    own = {i for group in ground.domain.groups for i in group}
    found = []
    for j in range(rows.shape[1]):
        if j in own or (claim.columns is not None and not claim.columns[j]):
            continue
        moving = [i for i, one in enumerate(space) if one.spread[j].any()]
        if len(moving) == len(rows) and (rows[:, j] == rows[0, j]).all():
            found.append(_Entry(tuple(moving), j))
        else:
            found += [_Entry((i,), j) for i in moving if len(moving) == len(rows)]

    return sorted(found, key=lambda entry: not ground.domain.integer[entry.column])


def _round_to_whole(
    ground: RestrictedScorer, rows: Array, claim: RowClaim, entries: Sequence[_Entry]
) -> Array:
    """With as many whole numbers in whole-number columns as still show it."""
    left = [
        e for e in entries
        if ground.domain.integer[e.column] and not _read_entry(rows, e).is_integer()
    ]  # fmt: skip
    for values in _list_whole_choices([_read_entry(rows, e) for e in left]):
        tried = rows
        for entry, value in zip(left, values, strict=True):
            tried = _write_entry(tried, entry, value)
        if left and claim.holds(ground, tried):
            return tried

    for entry in left:
        value = _read_entry(rows, entry)
        for one in sorted((np.floor(value), np.ceil(value)), key=lambda w: abs(w - value)):
            tried = _write_entry(rows, entry, float(one))
            if claim.holds(ground, tried):
                rows = tried
                break
    return rows


def _list_whole_choices(values: Sequence[float]) -> Iterator[tuple[float, ...]]:
    """The nearest whole numbers; of few values then all choices of those below and above."""
    yield tuple(float(np.round(v)) for v in values)
    if len(values) <= _CHOICES:
        yield from itertools.product(*((float(np.floor(v)), float(np.ceil(v))) for v in values))


def _find_whole_rows(
    ground: RestrictedScorer,
    space: Sequence[QuestionSpace],
    cell: tuple[Polytope, Array],
    claim: RowClaim,
) -> Array | None:
    """Rows of whole numbers that show it, from one integer program over a cell."""
    polytope, form = cell
    whole = np.vstack([ground.whole(one, integers=True) for one in space])
    # A form that is 0 says nothing: then any point will do.
    floor, enough = (claim.least,) * 2 if form[:-1].any() else (-np.inf, -1.0)
    point = maximise_over_integers(*polytope, form, whole, floor, enough).point
    if point is None:
        return None

    def value(rows: Array) -> Array:
        kept = not list_fractional_columns(ground, space, rows) and claim.holds(ground, rows)
        return claim.value(rows) if kept else np.asarray(np.nan)

    seat = find_admissible_rows(ground, space, polytope, point, value)
    return None if seat is None else seat[0]


def _shorten_entry(ground: RestrictedScorer, rows: Array, claim: RowClaim, entry: _Entry) -> Array:
    """With fewer and fewer digits in one number, as long as the rows still show it."""
    column = entry.column
    if abs(_read_entry(rows, entry)) <= _NOTHING * ground.domain.widths[column]:
        tried = _write_entry(rows, entry, 0.0)
        return tried if claim.holds(ground, tried) else rows

    for digits in range(_DIGITS, 0, -1):
        value = _read_entry(rows, entry)
        whole = ground.domain.integer[column] and value.is_integer()
        shorter = [v for v in _round_to_digits(value, digits) if v.is_integer() or not whole]
        if value in shorter:
            continue
        candidates = [_write_entry(rows, entry, v) for v in shorter]
        kept = next((one for one in candidates if claim.holds(ground, one)), None)
        if kept is None:
            break
        rows = kept

    return rows


def _round_to_digits(value: float, digits: int) -> list[float]:
    """A number to so many digits: the nearest, the one below and the one above."""
    exact = Decimal(value)
    step = Decimal(1).scaleb(exact.adjusted() - digits + 1)
    ways = (ROUND_HALF_EVEN, ROUND_FLOOR, ROUND_CEILING)
    return [float(exact.quantize(step, rounding=way)) for way in ways]


def _read_entry(rows: Array, entry: _Entry) -> float:
    return float(rows[entry.rows[0], entry.column])


def _write_entry(rows: Array, entry: _Entry, value: float) -> Array:
    changed = rows.copy()
    changed[list(entry.rows), entry.column] = value + 0.0
    return changed
