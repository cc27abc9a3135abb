"""What a dialect of SQL is: everything in which engines differ, with the defaults of most."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

#: A line's end in an expression: names may hold any character but this one.
LINE = "\0"
#: The largest finite number of double precision.
LARGEST = 1.7976931348623157e308


class NameLimit(NamedTuple):
    """size: how long a column's name may be, in bytes (UTF-8) or characters; pattern: what it must
    match.
    """

    size: int = 0
    unit: str = "characters"
    pattern: str = ""


class TypeNames(NamedTuple):
    """How an engine says of which type a value is.

    call: the expression that gives the name of a type; boolean, integer, real: these names.
    """

    call: str
    boolean: tuple[str, ...]
    integer: tuple[str, ...]
    real: tuple[str, ...]

    def print_test(self, column: str, names: tuple[str, ...]) -> str:
        """Whether a column is of one of these types."""
        called = self.call.format(column)
        listed = ", ".join(f"'{name}'" for name in names)
        return f"{called} = {listed}" if len(names) == 1 else f"{called} IN ({listed})"


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """How an engine writes SQL. c, x, s: the text of a column or an expression."""

    #: Left and right of a name.
    quote: tuple[str, str] = ('"', '"')
    #: Whether they escape in names, in texts.
    backslashes: tuple[bool, bool] = (False, False)
    #: What it takes for the same name gives the same.
    fold: Callable[[str], str] = str.lower
    #: How long a name may be.
    name_limit: NameLimit = field(default_factory=NameLimit)
    #: The same of a part of the name of a table, view or function, where that differs.
    path_limit: NameLimit | None = None
    #: The type of numbers.
    double: str = "DOUBLE"
    #: Whether a literal alone is of another type.
    typed: bool = False
    #: Whether a column can hold an infinity.
    infinities: bool = True
    #: c as a double, NULL where it is no number.
    cast: Callable[[str], str] = lambda c: f"CAST({c} AS DOUBLE)"
    #: Whether column c of the table holds a number, or a text that spells one, between two ends,
    #: where `cast` is long as it must tell that; None where it is not. Then CAST(c AS DOUBLE) is
    #: enough beside it.
    spelt: Callable[[str, str, str], str] | None = None
    #: Whether c has no value, or NaN.
    missing: Callable[[str], str] = lambda c: f"{c} IS NULL"
    #: Whether a number x is NaN; None where there is none.
    nan: Callable[[str], str] | None = None
    #: c as text that compares byte by byte.
    text: Callable[[str], str] = lambda c: f"CAST({c} AS TEXT)"
    #: Where a reader of files, or anybody else, may have made booleans or numbers of texts: how
    #: that is told. None: the engine has no such reader, or can't tell.
    type_names: TypeNames | None = None
    #: Of a literal text.
    prefix: str = ""
    #: Inside a literal text.
    apostrophe: str = "''"
    #: Of any number; infinite or NULL where it overflows.
    exp: Callable[[str], str] = lambda s: f"exp({s})"
    #: exp of a number that isn't above 0.
    shrink: Callable[[str], str] = lambda s: f"exp({s})"
    #: The natural logarithm.
    ln: str = "ln"
    #: The largest whole number, as a double, that isn't above a number.
    floor: Callable[[str], str] = lambda s: f"floor({s})"
    #: Texts, one after the other.
    concat: Callable[[Sequence[str]], str] = lambda parts: f"({' || '.join(parts)})"
    #: A text without its first character.
    rest: Callable[[str], str] = lambda s: f"substr({s}, 2)"
    #: Of several numbers, "" for none.
    greatest: str = "greatest"
    #: The sum of products of two lists of doubles, [...], in any order; "" where sums of products
    #: are as fast. It may fail where a list holds NULL.
    inner_product: str = ""
    #: A test, what it gives, and what is given else, where that is short; "" for CASE.
    choice: str = ""
    #: A number beyond it is outside, as sums of products would abort the query.
    largest: float = LARGEST
    #: A number below it counts as 0, for the same reason.
    tiny: float = 0.0
    #: Whether versions in use round a decimal to 64 bits before they round it to float64.
    rounds_decimals_twice: bool = False
    #: Ends a subquery that must not be inlined.
    fence: str = ""
    #: Stands between a table and its alias.
    alias: str = " AS "
    #: Of nested CASE.
    depth: int = 30
    #: Of a SELECT.
    columns: int = 1000
    #: Bytes of a statement at most; 0: no limit.
    statement: int = 0
    #: Bytes that it takes by default.
    easy: int = 0
    #: What raises that.
    raised: str = ""
    #: Fails, with a message, where condition c holds.
    abort: Callable[[str, str], str] = lambda c, _message: f"1 / CASE WHEN {c} THEN 0 ELSE 1 END"
    #: Whether that message must be a literal.
    literal_messages: bool = False
    #: Follows constant rows, which some engines read from a table of their own alone.
    no_table: str = ""
    #: Whether an empty text is NULL.
    empty_is_null: bool = False
    #: Whether ${...} is replaced anywhere.
    dollar_brace: bool = False
    #: Where tests run it, "" for nowhere.
    executed: str = ""
    #: How a view is created, whether or not it is there.
    view: str = "CREATE OR REPLACE VIEW {name} AS"
    #: How a function is created, whether or not it is there; "" for not at all.
    function: str = ""
    #: The type of whole numbers.
    integer: str = "INTEGER"
    #: The type of texts.
    string: str = "VARCHAR"
    #: The type of booleans.
    boolean: str = "BOOLEAN"
    #: False and true; numbers where there is no such type.
    booleans: tuple[str, str] = ("FALSE", "TRUE")


def print_double(value: float) -> str:
    """A size as a double-precision literal: `0.94` alone is a DECIMAL to some engines."""
    text = repr(value).upper()
    return text if "E" in text else f"{text.removesuffix('.0')}E0"


def is_within_limit(name: str, limit: NameLimit) -> bool:
    """Whether an engine can have a column of this name."""
    size = len(name.encode()) if limit.unit == "bytes" else len(name)
    return (not limit.size or size <= limit.size) and (
        not limit.pattern or bool(re.fullmatch(limit.pattern, name))
    )
