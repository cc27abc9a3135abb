"""Texts of a file -> values of the column's type, exact, or the first text that is none."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.tables.arrow_values import (
    make_text_array,
    read_codes,
    read_flags,
    read_floats,
    read_objects,
)
from relurules.tables.column_types import (
    BOOLEANS,
    ORIGIN,
    ColumnType,
    compute_date_part,
    list_date_columns,
    parse_date,
)
from relurules.tables.table_format import TableFormat

Array = NDArray[np.float64]


class Misfit(NamedTuple):
    """The first text of a column that isn't of its type.

    row: its number, from 0.
    text: what stands there.
    expected: what should.
    """

    row: int
    text: str
    expected: str


class MisfitError(ValueError):
    """Raised for a column with a text that isn't of its type."""

    def __init__(self, misfit: Misfit) -> None:
        super().__init__(misfit.expected)
        self.misfit = misfit


def drop_missing(texts: Any, missing: tuple[str, ...]) -> Any:
    """An arrow array of texts, null where one is a missing value's."""
    import pyarrow
    from pyarrow import compute

    if set(missing) <= {""}:  # null already
        return texts
    marked = compute.is_in(texts, value_set=make_text_array(missing))
    return compute.if_else(marked, pyarrow.nulls(len(texts), pyarrow.string()), texts)


def match_numbers(texts: Any, form: TableFormat) -> NDArray[np.bool_]:
    """(N,): which texts are numbers or null."""
    from pyarrow import compute

    found = compute.match_substring_regex(texts, form.number_pattern)
    return read_flags(compute.or_kleene(found, texts.is_null()))


def parse_numbers(texts: Any, form: TableFormat) -> Array:
    """(N,) numbers of an arrow array of texts, NaN where it is null; MisfitError."""
    import pyarrow
    from pyarrow import compute

    fits = match_numbers(texts, form)
    if not fits.all():
        row = int(np.argmin(fits))
        raise MisfitError(Misfit(row, texts[row].as_py(), "a number"))
    bare = compute.utf8_trim_whitespace(texts)
    if form.thousands:
        bare = compute.replace_substring(bare, form.thousands, "")
    if form.decimal != ".":
        bare = compute.replace_substring(bare, form.decimal, ".")
    numbers = read_floats(compute.cast(bare, pyarrow.float64()))
    for row in np.flatnonzero(np.isinf(numbers)).tolist():
        if "inf" not in (text := texts[row].as_py()).lower():
            raise MisfitError(Misfit(row, text, "a number that float64 holds"))
    return numbers


def are_booleans(texts: Any) -> bool:
    """Whether every text of an arrow array is a boolean's, and there is one."""
    from pyarrow import compute

    unique = compute.unique(texts.drop_null())
    return 0 < len(unique) <= len(BOOLEANS) and set(unique.to_pylist()) <= BOOLEANS.keys()


def parse_booleans(texts: Any) -> NDArray[Any]:
    """(N,) booleans, or floats with NaN where a text is null; MisfitError."""
    known: dict[Any, Any] = {**BOOLEANS, None: None}
    values = [known.get(text, text) for text in texts.to_pylist()]
    for row, value in enumerate(values):
        if isinstance(value, str):
            raise MisfitError(Misfit(row, value, "True or False"))
    return np.array(values, dtype=np.float64 if None in values else np.bool_)


def parse_texts(texts: Any, column: ColumnType) -> NDArray[Any]:
    """(N,) texts as objects, None where null; MisfitError for what is none of an ordered column's
    levels.
    """
    found = read_objects(texts)
    if column.levels:
        known = {*column.levels, None}
        for row, text in enumerate(found):
            if text not in known:
                shown = ", ".join(map(repr, column.levels[:8]))
                raise MisfitError(Misfit(row, text, f"one of the levels {shown}"))

    return found


def parse_dates(texts: Any, name: str, column: ColumnType) -> dict[str, Array]:
    """Columns that a date gives -> (N,) numbers, NaN where it is null; MisfitError."""
    places, known = read_codes(texts)
    moments = []
    for i, text in enumerate(known):
        try:
            moments.append(parse_date(text, column.form))
        except ValueError as error:
            expected = f"a date written as {column.form or '2026-01-31'}"
            raise MisfitError(Misfit(int(np.argmax(places == i)), text, expected)) from error

    origin = column.origin or ORIGIN
    return {
        derived: np.array([*(compute_date_part(m, part, origin) for m in moments), np.nan])[places]
        for derived, part in list_date_columns(name, column).items()
    }


def parse_column(
    texts: Any, name: str, column: ColumnType, form: TableFormat
) -> dict[str, NDArray[Any]]:
    """What a column becomes: one of its name, or those that a date gives; MisfitError."""
    if column.kind == "date":
        return dict(parse_dates(texts, name, column))
    if column.kind == "number":
        return {name: parse_numbers(texts, form)}
    if column.kind == "boolean":
        return {name: parse_booleans(texts)}

    return {name: parse_texts(texts, column)}
