"""Rows on which a dbt model is tried, and what the rules give for them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from relurules.domain import Domain
from relurules.domain.columns import Column, list_required_columns, list_table_columns
from relurules.domain.derived_columns import encode_derived
from relurules.emitting.sql.outputs import OutputColumn
from relurules.ir import AdditiveRules, RuleSet
from relurules.ir.coordinate_rules import take_coordinates
from relurules.ir.network import Array

if TYPE_CHECKING:
    import pandas as pd

#: So many rows are drawn, of which at most so many are kept.
_DRAWN, _MOST = 400, 10
#: Rows are moved by this share of a column's width; what changes then may differ between engines.
_NUDGE = 1e-7
#: A number rounds the same everywhere unless it is this near to the middle of two.
_DOUBTFUL = 0.05
#: Digits behind the point, and in all, that numbers are compared to.
_DECIMALS, _DIGITS = 9, 11

#: Sizes of numbers among which those are looked for that derived columns may be made of, and how
#: many of either sign.
_SIZES, _GRID = (1e-4, 1e12), 10_000

#: Columns whose values follow from the row alone; contributions and reasons are left to `verify`.
_EXPECTED = ("output", "score", "class", "rule", "lines")


@dataclass(frozen=True, kw_only=True)
class UnitRows:
    """given: rows of the table, by column; expected: by column of the model; scales: of columns of
    numbers by name, what they are multiplied by before they are rounded to whole numbers.
    """

    given: Sequence[Mapping[str, Any]]
    expected: Sequence[Mapping[str, Any]]
    scales: Mapping[str, float]


def choose_unit_rows(
    rules: RuleSet | AdditiveRules, columns: Sequence[OutputColumn], *, outside: str, missing: str
) -> UnitRows:
    """Rows of as many rules, or sets of lines, as there are, one outside, one with a missing value;
    whole numbers where a column holds any, so that they suit columns of whole numbers too.
    """
    import pandas as pd

    rng = np.random.default_rng(0)
    table = list_table_columns(rules.domain.columns)
    drawn = {name: _draw_values(rules, column, rng) for name, column in table.items()}
    frame = pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in drawn.items()})
    frame = _restore_numbers(frame, table)
    X = rules.domain.rows(frame)
    kind = [column for column in columns if column.kind in _EXPECTED]

    values = _compute_columns(rules, frame, kind)

    scales = {column.name: _choose_scale(values[column.name]) for column in kind
              if _is_rounded(rules, column)}  # fmt: skip
    chosen = _choose_distinct(rules, X, _find_doubtful(values, scales))
    given = [{name: _plain(drawn[name][i]) for name in table} for i in chosen]
    expected = [
        {name: _round(told[i], scales.get(name)) for name, told in values.items()} for i in chosen
    ]

    if given:
        nothing = {column.name: 0 if column.kind == "rule" else None for column in kind}
        for row in _spoil_rows(rules, given[0], outside=outside, missing=missing):
            given.append(row)
            expected.append(nothing)

    return UnitRows(given=given, expected=expected, scales=scales)


def _draw_values(
    rules: RuleSet | AdditiveRules, column: Column, rng: np.random.Generator
) -> list[Any]:
    """Values of one column of the table, in its range or among its admitted categories."""
    domain = rules.domain
    if column not in domain.columns:  # which is read by derived ones alone
        return _draw_numbers(*_find_source_range(domain, column.name), rng)
    place = domain.places[domain.columns.index(column)]
    if column.categories:
        known = [value for value, i in column.lookup.items() if domain.upper[place[i]] > 0]
        return (
            [known[i] for i in rng.integers(len(known), size=_DRAWN)] if known else [None] * _DRAWN
        )

    return _draw_numbers(float(domain.lower[place.start]), float(domain.upper[place.start]), rng)


def _find_source_range(domain: Domain, name: str) -> tuple[float, float]:
    """Between which numbers of a column of the table those lie whose derived columns are in their
    ranges, near enough to draw of.
    """
    sizes = np.geomspace(*_SIZES, _GRID)
    grid = np.concatenate([-sizes[::-1], [0.0], sizes])
    fits = np.ones(len(grid), dtype=bool)
    for column, place in zip(domain.columns, domain.places, strict=True):
        if column.derivation is None:
            continue
        sources = [argument.column for argument in column.derivation.arguments]
        if name in sources:
            own = slice(place.start, place.stop)
            X = encode_derived(column.derivation.evaluate([grid] * len(sources)), column)
            fits &= ((domain.lower[own] <= X) & (domain.upper[own] >= X)).all(axis=1)

    kept = grid[fits] if fits.any() else grid
    return float(kept[0]), float(kept[-1])


def _draw_numbers(low: float, high: float, rng: np.random.Generator) -> list[Any]:
    low = low if math.isfinite(low) else min(-10.0, high - 20.0)
    high = high if math.isfinite(high) else max(10.0, low + 20.0)
    first, last = math.ceil(low), math.floor(high)
    if last > first and max(abs(first), abs(last)) < 2**31:
        return [float(value) for value in rng.integers(first, last + 1, size=_DRAWN)]
    digits = 3 - math.floor(math.log10(high - low)) if high > low else 17
    return [min(max(round(v, digits), low), high) for v in rng.uniform(low, high, _DRAWN).tolist()]


def _restore_numbers(frame: "pd.DataFrame", table: Mapping[str, Column]) -> "pd.DataFrame":
    numbers = [name for name, column in table.items() if not column.categories]
    return frame.astype(dict.fromkeys(numbers, "float64"))


def _compute_columns(
    rules: RuleSet | AdditiveRules, frame: "pd.DataFrame", columns: Sequence[OutputColumn]
) -> dict[str, list[Any]]:
    """What the rules give for every row, column by column."""
    found = dict[str, list[Any]]()
    for column in columns:
        if column.kind == "class" or (column.kind == "output" and rules.tells_label):
            found[column.name] = [_plain(label) for label in rules.classify(frame)]
        elif column.kind == "output":
            found[column.name] = rules.predict_numbers(frame)[:, column.which].tolist()
        elif column.kind == "score":
            found[column.name] = rules.predict_scores(frame)[:, column.which].tolist()
        elif isinstance(rules, RuleSet):
            found[column.name] = rules.apply(frame).tolist()
        else:
            applying = rules.find_applying_lines(frame)
            found[column.name] = [
                ",".join(str(i + 1) for i in np.flatnonzero(row)) for row in applying
            ]

    return found


def _is_rounded(rules: RuleSet | AdditiveRules, column: OutputColumn) -> bool:
    return column.kind == "score" or (column.kind == "output" and not rules.tells_label)


def _choose_scale(values: Sequence[float]) -> float:
    """A power of ten that leaves no digits that engines may differ in."""
    largest = max((abs(value) for value in values if math.isfinite(value)), default=1.0)
    whole = math.ceil(math.log10(max(largest, 1e-300)))
    return float(10.0 ** min(_DECIMALS, _DIGITS - whole))


def _find_doubtful(
    values: Mapping[str, Sequence[Any]], scales: Mapping[str, float]
) -> NDArray[np.bool_]:
    """(N,) whether some number is none, or so near to the middle of two that it may round to
    either.
    """
    found = np.zeros(len(next(iter(values.values()), ())), dtype=bool)
    for name, scale in scales.items():
        scaled = np.array(values[name], dtype=np.float64) * scale
        rest = np.abs(scaled - np.floor(scaled) - 0.5)
        found |= ~np.isfinite(scaled) | (rest < _DOUBTFUL)

    return found


def _choose_distinct(
    rules: RuleSet | AdditiveRules, X: Array, doubtful: NDArray[np.bool_]
) -> list[int]:
    """Numbers of rows, each of another rule or of other lines as far as there are."""
    rules = take_coordinates(rules)
    steady = rules.domain.contains(X) & ~doubtful
    kinds = _describe_rows(rules, X)
    widths = np.where(np.isfinite(rules.domain.widths), rules.domain.widths, 1.0)
    numbers = np.concatenate(
        [np.full(column.width, not column.categories) for column in rules.domain.columns]
    )

    for way in (-_NUDGE, _NUDGE):
        for signs in (np.ones(X.shape[1]), np.resize([1.0, -1.0], X.shape[1])):
            moved = rules.domain.clamped(X + way * signs * widths * numbers)
            steady &= [a == b for a, b in zip(kinds, _describe_rows(rules, moved), strict=True)]

    firsts = dict[Any, int]()
    for i in np.flatnonzero(steady).tolist():
        firsts.setdefault(kinds[i], i)
    return list(firsts.values())[:_MOST]


def _describe_rows(rules: RuleSet | AdditiveRules, X: Array) -> list[Any]:
    """What a row is, so far as engines must agree in it: its rule or lines, and its class."""
    told: list[Any] = (
        rules.apply(X).tolist()
        if isinstance(rules, RuleSet)
        else [row.tobytes() for row in rules.find_applying_lines(X)]
    )
    labels = [None] * len(X) if rules.class_test is None else rules.classify(X)
    return list(zip(told, map(str, labels), strict=True))


def _spoil_rows(
    rules: RuleSet | AdditiveRules, row: Mapping[str, Any], *, outside: str, missing: str
) -> list[dict[str, Any]]:
    """The row once outside of a column's range, and once without a value."""
    domain, found = rules.domain, list[dict[str, Any]]()
    for column, place in zip(domain.columns, domain.places, strict=True):
        high = float(domain.upper[place.start])
        if not (column.categories or column.derivation) and outside == "null" and abs(high) < 2**30:
            found.append({**row, column.name: math.floor(high) + 1000})
            break

    for name in list_required_columns(domain.columns):
        column = list_table_columns(domain.columns)[name]
        shared = sum(other.table_name == name for other in domain.columns) > 1
        fills = column.fill is not None or None in column.lookup or column.other is not None
        if missing == "propagate" and not fills and not shared:
            found.append({**row, name: None})
            break

    return found


def _round(value: Any, scale: float | None) -> Any:
    return value if scale is None else math.floor(value * scale + 0.5) / scale


def _plain(value: Any) -> Any:
    """A value of Python's own types; whole numbers without a point."""
    plain = value.item() if isinstance(value, np.generic) else value
    return int(plain) if isinstance(plain, float) and plain.is_integer() else plain
