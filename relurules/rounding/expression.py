"""What a text computes, in its order: the operations of one row, as a tree."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Literal:
    """A number as the text has it; value: the float64 that it is read as."""

    value: float


@dataclass(frozen=True)
class ColumnValue:
    """A column of the table; column: its place in the domain; a number, or a category."""

    column: int


@dataclass(frozen=True)
class Words:
    """A text that a category is compared with, or the number of one; None: a missing value."""

    value: str | float | None


@dataclass(frozen=True)
class Operation:
    """One operation, rounded once: `+`, `-` or `*`, of two; `max` of two, `neg` or `abs` of one;
    `sum` of any number, in any order, one rounding less than terms.
    """

    sign: str
    operands: tuple["Expression", ...]


@dataclass(frozen=True)
class Comparison:
    """A test of two numbers: `<`, `<=`, `>`, `>=`; or of a category: `==`."""

    sign: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True)
class Junction:
    """Tests together: `and`, `or`, or `not` of one."""

    sign: str
    tests: tuple["Test", ...]


@dataclass(frozen=True)
class Choice:
    """The one where the test holds, else the other."""

    test: "Test"
    then: "Expression"
    otherwise: "Expression"


@dataclass(frozen=True)
class NumberList:
    """Numbers of which inner products are taken."""

    entries: tuple["Expression", ...]


@dataclass(frozen=True)
class Absent:
    """No number: NaN, NULL."""


@dataclass(frozen=True)
class Opaque:
    """Something that no bound is stated for; what: in words."""

    what: str


Test = Comparison | Junction | Opaque
Expression = Literal | ColumnValue | Words | Operation | Choice | NumberList | Absent | Opaque


@dataclass(frozen=True)
class Leaf:
    """An end of a text: the scores, or None where the row has none; rule: its number, where it is
    read.
    """

    scores: tuple[Expression, ...] | None
    rule: int | None = None


@dataclass(frozen=True)
class Branch:
    """Where the test holds, it goes on with `then`."""

    test: Test
    then: "Leaf | Branch"
    otherwise: "Leaf | Branch"


Program = Leaf | Branch


class UnreadableError(Exception):
    """A text holds what no bound is stated for; the message says what."""


@contextmanager
def refuse_broken(what: str) -> Iterator[None]:
    """UnreadableError in place of the errors that reading what is broken ends with."""
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise UnreadableError(f"{what} isn't read: {error}") from error
