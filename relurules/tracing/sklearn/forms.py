"""What preprocessing makes of the columns of a table, as sums that can be added, and laid out as
coordinates.

A step's output is a `FeatureForm`: a constant, plus weights times numbers, plus a table of values
for every category column, plus weights times hinges, which are forms cut off at 0.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.domain.columns import Category, Column, make_missing_column
from relurules.errors import ModelError
from relurules.ir.network import AffineMap
from relurules.tables.values import Value
from relurules.tracing.sklearn.derived_forms import (
    NO_STEPS,
    DerivedNumber,
    Factor,
    StepTable,
    lay_out_derived,
    lay_out_steps,
)

Array = NDArray[np.float64]

#: What an imputer makes of a missing value that it doesn't take.
REFUSED = "\0refused"


class RawColumn(NamedTuple):
    """A column of the table that only imputers have touched; replaced: value -> what they made of
    it; mark: what a missing value must be, "" for any, see `CategoryTable`.
    """

    column: int
    replaced: Mapping[Value, Value] = {}
    mark: str = ""


class NumericColumn(NamedTuple):
    """A column of the table used as a number; fill: what a missing one counts as, None where there
    is no answer.
    """

    column: int
    fill: float | None


class CategoryTable(NamedTuple):
    """A number for every known value (None: missing) and for any other.

    NaN where an imputer may still fill one in; None where there is no answer. mark: "NaN" or "None"
    where the steps take one of the two alone for a missing value, and the other for a value.
    """

    values: Mapping[Value, float | None]
    other: float | None
    mark: str = ""

    def at(self, value: Value) -> float | None:
        """The number of a value."""
        return self.values.get(value, self.other)

    def filled(self, fill: float) -> "CategoryTable":
        """The same with a number in place of NaN."""
        other = fill if self.other is not None and isnan(self.other) else self.other
        numbers = {
            key: fill if value is not None and isnan(value) else value
            for key, value in self.values.items()
        }

        return CategoryTable(numbers, other, self.mark)

    @property
    def refuses(self) -> bool:
        """True where some value has no number."""
        return any(value is None or isnan(value) for value in (*self.values.values(), self.other))


class FeatureForm(NamedTuple):
    """constant + sum of weights times numbers + sum of the tables' entries for columns' values +
    sum of weights times hinges + of weights times derived numbers + of what columns' bins give.
    """

    constant: float
    numbers: Mapping[NumericColumn, float]
    tables: Mapping[int, CategoryTable]
    hinges: Mapping["Hinge", float] = {}
    derived: Mapping[DerivedNumber, float] = {}
    steps: Mapping[int, StepTable] = {}

    @property
    def is_simple(self) -> bool:
        """Whether numbers and tables are all of it."""
        return not (self.hinges or self.derived or self.steps)


@dataclass(frozen=True, eq=False)
class Hinge:
    """max(0, form), a unit of the network; step: which step of the pipeline made it."""

    step: str
    form: FeatureForm


Signal = RawColumn | FeatureForm


def lay_out_columns(
    signals: Sequence[Signal], names: Sequence[str]
) -> tuple[tuple[Column, ...], AffineMap]:
    """The columns of the table that `signals` read, and the signals as affine forms of their
    coordinates.
    """
    forms = [to_feature_form(signal) for signal in signals]
    columns, parts = [], []
    for j, name in enumerate(names):
        forms = _unify_fills(forms, j)
        fills = {number.fill for form in forms for number in form.numbers if number.column == j}
        tables = [form.tables.get(j) for form in forms]
        gaps = _list_gaps(tables)
        if fills and gaps is None:
            raise ModelError(
                f"column {name!r} is used as a number and as a category; supported: one of them"
            )
        if fills:
            fill = fills.pop()
            columns.append(Column(name, (), fill))
            parts.append(
                np.array([[form.numbers.get(NumericColumn(j, fill), 0.0)] for form in forms])
            )
            if gaps:
                columns.append(make_missing_column(name))
                parts.append(np.array(gaps))
        elif any(table is not None for table in tables):
            categories, weights = _merge_categories(name, tables)
            columns.append(Column(name, categories))
            parts.append(weights)

        steps = [form.steps.get(j) for form in forms]
        if any(steps):
            binned, weights = lay_out_steps(name, steps)
            columns.append(binned)
            parts.append(weights)

    derived, more = lay_out_derived([form.derived for form in forms], names)
    columns, parts = [*columns, *derived], [*parts, *more]
    if not columns:
        raise ModelError("the pipeline uses none of its columns")

    return tuple(columns), AffineMap(np.hstack(parts), np.array([form.constant for form in forms]))


def _unify_fills(forms: list[FeatureForm], column: int) -> list[FeatureForm]:
    """The same forms, in which a missing number of a column counts as one number everywhere; what
    another imputer makes of it is added where it is missing.

    A missing value that any form refuses is refused by all.
    """
    fills = {number.fill for form in forms for number in form.numbers if number.column == column}
    if len(fills) < 2:
        return forms

    common = None if None in fills else min(fill for fill in fills if fill is not None)

    return [_refill_form(form, column, common) for form in forms]


def _refill_form(form: FeatureForm, column: int, common: float | None) -> FeatureForm:
    numbers, gap = dict[NumericColumn, float](), 0.0
    for number, weight in form.numbers.items():
        kept = number
        if number.column == column:
            kept = NumericColumn(column, common)
            gap += 0.0 if common is None or number.fill is None else weight * (number.fill - common)
        numbers[kept] = numbers.get(kept, 0.0) + weight

    tables = dict(form.tables)
    if gap:
        table = CategoryTable({None: gap}, 0.0)
        tables[column] = _add_table(tables.get(column), table, 1.0)

    return form._replace(numbers=numbers, tables=tables)


def list_hinges(forms: Iterable[FeatureForm]) -> list[Hinge]:
    """All hinges that forms read, each once, after those that it reads itself."""
    found: dict[Hinge, None] = {}
    for form in forms:
        for hinge in form.hinges:
            if hinge not in found:
                found |= dict.fromkeys([*list_hinges([hinge.form]), hinge])

    return list(found)


def _list_gaps(
    tables: Sequence[CategoryTable | None],
) -> list[tuple[float, float]] | None:
    """What every signal gets of a missing value and of any other, where its table tells nothing
    else of the column; none without tables, None where one tells more.
    """
    if all(table is None for table in tables):
        return []

    found = []
    for table in tables:
        answers = (0.0, 0.0) if table is None else (table.at(None), table.other)
        if table is not None and set(table.values) > {None}:
            return None
        if (row := _complete_row(answers)) is None:
            return None
        found.append((row[0], row[1]))

    return found


def find_marks(signals: Sequence[Signal], names: Sequence[str]) -> dict[str, str]:
    """Column -> "NaN" or "None", where the steps take that alone for a missing value."""
    found: dict[str, str] = {}
    bent = list_hinges(signal for signal in signals if isinstance(signal, FeatureForm))
    for signal in [*signals, *(hinge.form for hinge in bent)]:
        if isinstance(signal, RawColumn):
            found |= {names[signal.column]: signal.mark} if signal.mark else {}
        else:
            found |= {names[j]: table.mark for j, table in signal.tables.items() if table.mark}

    return found


def _merge_categories(
    name: str, tables: Sequence[CategoryTable | None]
) -> tuple[tuple[Category, ...], Array]:
    """Values of a column that no signal tells apart are one category; its weights are what the
    tables give.
    """
    used = [table for table in tables if table is not None]
    known = dict.fromkeys(value for table in used for value in table.values)
    numbers: dict[tuple[float, ...], list[Value]] = {}

    for value in [*(v for v in known if v is not None), None]:
        row = [0.0 if table is None else table.at(value) for table in tables]
        if (answer := _complete_row(row)) is not None:
            numbers.setdefault(answer, []).append(value)

    other = _complete_row([0.0 if table is None else table.other for table in tables])
    if other is not None:
        numbers.setdefault(other, [])
    if not numbers:
        raise ModelError(f"column {name!r}: the encoder has no category that it takes")

    categories = tuple(
        Category(tuple(v for v in values if v is not None), None in values, answer == other)
        for answer, values in numbers.items()
    )

    return categories, np.array(list(numbers), dtype=np.float64).T


def _complete_row(row: Sequence[float | None]) -> tuple[float, ...] | None:
    return (
        None
        if any(entry is None or isnan(entry) for entry in row)
        else tuple(float(entry or 0.0) for entry in row)
    )


def to_feature_form(signal: Signal) -> FeatureForm:
    if isinstance(signal, FeatureForm):
        return signal

    fill = signal.replaced.get(None)
    fill = None if fill == REFUSED else fill
    if isinstance(fill, str):
        raise ModelError(f"an imputer fills a column of numbers with {fill!r}; supported: a number")
    marks = [(value, to) for value, to in signal.replaced.items() if value is not None]
    if marks:
        return _replace_number(signal.column, fill, marks)

    return FeatureForm(0.0, {NumericColumn(signal.column, fill): 1.0}, {})


def _replace_number(
    column: int, fill: float | None, marks: Sequence[tuple[Value, Value]]
) -> FeatureForm:
    """A column of numbers in which an imputer takes one for a missing value."""
    (mark, to), *others = marks
    if others or not isinstance(mark, float) or not isinstance(to, float):
        raise ModelError(
            f"an imputer replaces {mark!r} by {to!r} in a column of numbers; supported: one "
            "number, by a number"
        )
    replaced = DerivedNumber("replace", (Factor(column, fill),), (mark, to))

    return FeatureForm(0.0, {}, {}, derived={replaced: 1.0})


def combine_signals(weights: Array, constants: Array, signals: Sequence[Signal]) -> list[Signal]:
    """Affine forms of the signals: weights (m, n), constants (m,)."""
    forms = [to_feature_form(signal) for signal in signals]
    return [
        _sum_forms(row, constant, forms) for row, constant in zip(weights, constants, strict=True)
    ]


def _sum_forms(weights: Array, constant: float, forms: Sequence[FeatureForm]) -> FeatureForm:
    total, numbers = float(constant), dict[NumericColumn, float]()
    tables, hinges = dict[int, CategoryTable](), dict[Hinge, float]()
    derived, steps = dict[DerivedNumber, float](), dict[int, StepTable]()

    for weight, form in zip(weights.tolist(), forms, strict=True):
        total += weight * form.constant
        for number, factor in form.numbers.items() if weight else ():
            numbers[number] = numbers.get(number, 0.0) + weight * factor
        for column, table in form.tables.items():
            if weight or table.refuses:
                tables[column] = _add_table(tables.get(column), table, weight)
        for hinge, factor in form.hinges.items() if weight else ():
            hinges[hinge] = hinges.get(hinge, 0.0) + weight * factor
        for one, factor in form.derived.items():  # which may refuse a value
            derived[one] = derived.get(one, 0.0) + weight * factor
        for column, bins in form.steps.items() if weight else ():
            steps[column] = steps.get(column, NO_STEPS).add(bins, weight)

    return FeatureForm(total, numbers, tables, hinges, derived, steps)


def keep_unselected(signals: Sequence[Signal], kept: Sequence[int]) -> list[Signal]:
    """The signals at the places `kept`. Columns that the others read stay columns, as steps before
    may take no missing value there, and what refuses a value still does.
    """
    forms = [to_feature_form(signal) for signal in signals]
    none = to_feature_form(combine_signals(np.zeros((1, len(forms))), np.zeros(1), forms)[0]).tables
    bent = [hinge.form for hinge in list_hinges(forms)]
    unused = {number: 0.0 for form in (*forms, *bent) for number in form.numbers}
    unused |= {
        NumericColumn(column, None): 0.0
        for form in forms
        for column, bins in form.steps.items()
        if bins.missing is None
    }
    derived = {number: 0.0 for form in (*forms, *bent) for number in form.derived}

    return [
        form._replace(
            numbers={**unused, **form.numbers},
            tables={**none, **form.tables},
            derived={**derived, **form.derived},
        )
        for form in (forms[place] for place in kept)
    ]


def _add_table(table: CategoryTable | None, other: CategoryTable, weight: float) -> CategoryTable:
    def plus(one: float | None, two: float | None) -> float | None:
        return None if one is None or two is None else one + weight * two

    table = table or CategoryTable({}, 0.0)
    values = [*table.values, *(value for value in other.values if value not in table.values)]

    return CategoryTable(
        {value: plus(table.at(value), other.at(value)) for value in values},
        plus(table.other, other.other),
        table.mark or other.mark,
    )
