"""What a dialect of SQL is: everything in which engines differ, with the defaults of most."""

import re
from collections.abc import Callable
from typing import NamedTuple

#: A line's end in an expression: names may hold any character but this one.
LINE = "\0"
#: The largest finite number of double precision.
_LARGEST = 1.7976931348623157e308


class NameLimit(NamedTuple):
    """size: how long a column's name may be, in bytes (UTF-8) or characters; pattern: what it must
    match.
    """

    size: int = 0
    unit: str = "characters"
    pattern: str = ""


class Dialect(NamedTuple):
    """How an engine writes SQL. c, x, s: the text of a column or an expression.

    Names: quote (left, right), backslashes (whether they escape in names, in texts), fold (what it
    takes for the same name gives the same), name_limit. Numbers: double (the type), typed (a
    literal alone is of another type), cast (c as a double, NULL where it is no number), missing
    (whether c is no number), nan (whether a number x is NaN; None where there is none). Text: text
    (c as text that compares byte by byte), prefix (of a literal), apostrophe (inside one).
    Arithmetic: exp (of any number; infinite or NULL where it overflows), shrink (exp of a number
    that isn't above 0), ln, greatest ("" for none), largest (a number beyond it is outside, as sums
    of products would abort the query), tiny (a number below it counts as 0, for the same reason).
    Structure: fence (ends a subquery that must not be inlined), alias (stands between a table and
    its alias), depth (of nested CASE), columns (of a SELECT), statement (bytes; 0: no limit), easy
    (bytes that it takes by default), raised (what raises that), abort (fails, with a message, where
    condition c holds). executed: where tests run it, "" for nowhere; function: how one is created,
    "" for not at all; integer, string: types. Traps: empty_is_null (an empty text is NULL),
    dollar_brace (${...} is replaced anywhere).
    """

    quote: tuple[str, str] = ('"', '"')
    backslashes: tuple[bool, bool] = (False, False)
    fold: Callable[[str], str] = str.lower
    name_limit: NameLimit = NameLimit()
    double: str = "DOUBLE"
    typed: bool = False
    cast: Callable[[str], str] = lambda c: f"CAST({c} AS DOUBLE)"
    missing: Callable[[str], str] = lambda c: f"{c} IS NULL"
    nan: Callable[[str], str] | None = None
    text: Callable[[str], str] = lambda c: f"CAST({c} AS TEXT)"
    prefix: str = ""
    apostrophe: str = "''"
    exp: Callable[[str], str] = lambda s: f"exp({s})"
    shrink: Callable[[str], str] = lambda s: f"exp({s})"
    ln: str = "ln"
    greatest: str = "greatest"
    largest: float = _LARGEST
    tiny: float = 0.0
    fence: str = ""
    alias: str = " AS "
    depth: int = 30
    columns: int = 1000
    statement: int = 0
    easy: int = 0
    raised: str = ""
    abort: Callable[[str, str], str] = lambda c, _message: f"1 / CASE WHEN {c} THEN 0 ELSE 1 END"
    empty_is_null: bool = False
    dollar_brace: bool = False
    executed: str = ""
    function: str = ""
    integer: str = "INTEGER"
    string: str = "VARCHAR"


def print_double(value: float) -> str:
    """A size as a double-precision literal: `0.94` alone is a DECIMAL to some engines."""
    text = repr(value).upper()
    return text if "E" in text else f"{text}E0"


def is_within_limit(name: str, limit: NameLimit) -> bool:
    """Whether an engine can have a column of this name."""
    size = len(name.encode()) if limit.unit == "bytes" else len(name)
    return (not limit.size or size <= limit.size) and (
        not limit.pattern or bool(re.fullmatch(limit.pattern, name))
    )
