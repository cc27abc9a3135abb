"""The text of a category column, also where the table holds it as another type.

Readers of CSV files turn `yes` and `no` into booleans, and codes into numbers, and the text of
these isn't what the rules know. A boolean becomes the category that it was; a number that is none
of the categories ends the query, since nobody can tell which text it was (`007` or `7`).
"""

import re
from collections.abc import Sequence

from relurules.domain.columns import Column
from relurules.emitting.sql.dialect import Dialect, TypeNames
from relurules.emitting.sql.names import quote_text
from relurules.files.templates import flatten_text

#: How files spell booleans, in small letters: what the readers of DuckDB and PostgreSQL accept.
_SPELT_TRUE = frozenset({"true", "t", "yes", "y", "on", "1"})
_SPELT_FALSE = frozenset({"false", "f", "no", "n", "off", "0"})

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
#: The only way in which databases write a whole number.
_WHOLE = re.compile(r"0|-?[1-9]\d*", re.ASCII)


def print_category_text(column: Column, name: str, dialect: Dialect) -> str:
    """An expression for the text of a column of texts; name: the column of the table."""
    known = [v for category in column.categories for v in category.values if isinstance(v, str)]
    text = dialect.text(name)
    if dialect.type_names is None:
        return text

    of_boolean = _print_boolean(column, name, known, dialect, dialect.type_names)
    cases = of_boolean + _print_number(column, name, known, dialect, dialect.type_names)
    return f"CASE {' '.join(cases)} ELSE {text} END" if cases else text


def _print_boolean(
    column: Column, name: str, known: Sequence[str], dialect: Dialect, types: TypeNames
) -> list[str]:
    """What a boolean is, where categories are spelt as booleans are."""
    true = [value for value in known if value.lower() in _SPELT_TRUE]
    false = [value for value in known if value.lower() in _SPELT_FALSE]
    if not types.boolean or not (true or false):
        return []

    test, text = types.print_test(name, types.boolean), dialect.text(name)
    if len(true) > 1 or len(false) > 1:
        failure = _print_failure(column, name, "booleans", dialect)
        return [f"WHEN {test} AND {name} IS NOT NULL THEN {failure}"]

    words = {"true": true, "false": false}
    cases = [
        f"WHEN '{word}' THEN {quote_text(values[0], dialect)}"
        for word, values in words.items()
        if values and values != [word]
    ]
    told = f"CASE {text} {' '.join(cases)} ELSE {text} END"
    return [f"WHEN {test} THEN {told}"] if cases else []


def _print_number(
    column: Column, name: str, known: Sequence[str], dialect: Dialect, types: TypeNames
) -> list[str]:
    """An error for a number that is no category, where categories are spelt as numbers are."""
    spelt = [value for value in known if _NUMBER.fullmatch(value)]
    if not spelt:
        return []

    # A whole number has one spelling where no category has another one, such as 007.
    plain = all(_WHOLE.fullmatch(value) for value in spelt)
    test = types.print_test(name, types.real if plain else types.integer + types.real)
    listed = ", ".join(quote_text(value, dialect) for value in spelt)
    unknown = f"{test} AND {dialect.text(name)} NOT IN ({listed})"
    return [f"WHEN {unknown} THEN {_print_failure(column, name, 'numbers', dialect)}"]


def _print_failure(column: Column, name: str, found: str, dialect: Dialect) -> str:
    """An error as an expression of type text."""
    wording = f'relurules: "{flatten_text(column.name)}" holds {found}, but must be text'
    # Always true here; a constant could be folded before it is known whether the row gets here.
    failure = dialect.abort(f"{name} IS NOT NULL", quote_text(wording, dialect))
    return dialect.text(failure)
