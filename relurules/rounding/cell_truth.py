"""Tests of a single column, decided for all of its values: a test compares the column with finitely
many numbers or texts, so what it says of those, and of what lies between them, it says of all.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from relurules.rounding.expression import (
    Absent,
    Choice,
    ColumnValue,
    Comparison,
    Expression,
    Junction,
    Literal,
    NumberList,
    Opaque,
    Operation,
    Test,
    UnreadableError,
    Words,
)

#: A number, a text, or None for a missing value of SQL.
CellValue = float | str | None
#: SQL's third truth value is None.
Truth = bool | None

_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


@dataclass(frozen=True)
class Cell:
    """One column's value. unread: what tests count as that aren't read: every answer that counts
    must be the same for both.
    """

    column: int
    value: CellValue
    unread: bool


def is_missing(value: CellValue) -> bool:
    """Whether it is NULL or NaN."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def decide_test(test: Test, cell: Cell) -> Truth:
    """What a test of one column says of a value."""
    if isinstance(test, Opaque):
        return cell.unread
    if isinstance(test, Junction):
        told = [decide_test(each, cell) for each in test.tests]
        if test.sign == "not":
            return None if told[0] is None else not told[0]
        decisive = test.sign == "or"
        if decisive in told:
            return decisive

        return None if None in told else not decisive

    return _compare(test, cell)


def _compare(test: Comparison, cell: Cell) -> Truth:
    if isinstance(test.left, Opaque) or isinstance(test.right, Opaque):
        return cell.unread
    left = evaluate_cell(test.left, cell)
    if test.right == Words(None):
        return is_missing(left)
    right = evaluate_cell(test.right, cell)
    if left is None or right is None:
        return None
    if test.sign == "==":
        return left == right
    if isinstance(left, str) or isinstance(right, str):
        raise UnreadableError("a text is compared in size")

    return _COMPARE[test.sign](left, right)


def evaluate_cell(expression: Expression, cell: Cell) -> CellValue:
    """The value of an expression that reads one column; UnreadableError for one that does more with
    a number than compare it, turn its sign or choose by it.
    """
    if isinstance(expression, Literal):
        return expression.value
    if isinstance(expression, Words):
        return expression.value
    if isinstance(expression, Absent):
        return None
    if isinstance(expression, ColumnValue):
        if expression.column != cell.column:
            raise UnreadableError("a test reads several columns")

        return cell.value
    if isinstance(expression, Choice):
        chosen = decide_test(expression.test, cell)
        return evaluate_cell(expression.then if chosen else expression.otherwise, cell)
    if isinstance(expression, Operation):
        return _operate(expression, cell)
    if isinstance(expression, NumberList):
        raise UnreadableError("a list stands where a value is due")
    raise UnreadableError(expression.what)


def _operate(operation: Operation, cell: Cell) -> CellValue:
    values = [evaluate_cell(each, cell) for each in operation.operands]
    if None in values:
        return None
    numbers = [value for value in values if isinstance(value, float)]
    if len(numbers) != len(values):
        raise UnreadableError("a text is computed with")
    if operation.sign == "abs":
        return abs(numbers[0])
    if operation.sign == "neg":
        return -numbers[0]
    if operation.sign in "+-" and all(number in (0.0, 1.0, 2.0) for number in numbers):
        sign = 1.0 if operation.sign == "+" else -1.0
        return numbers[0] + sign * numbers[1]
    raise UnreadableError("a test computes with a number")


def list_columns(node: Test | Expression) -> set[int]:
    """The columns that a test or expression reads."""
    return {one.column for one in walk_nodes(node) if isinstance(one, ColumnValue)}


def list_cell_values(
    tests: Sequence[Test], words: Sequence[CellValue], single: bool, is_sql: bool
) -> list[CellValue]:
    """Values of a column such that tests say of any other one what they say of one of these.

    words: texts or numbers that are compared with; single: of float32.
    """
    numbers = {0.0, math.inf, -math.inf}
    texts = {"\0 a value that nothing knows"}
    found = [one for test in tests for one in walk_nodes(test)]
    for value in [*words, *(one.value for one in found if isinstance(one, Literal | Words))]:
        if isinstance(value, str):
            texts.add(value)
        elif value is not None:
            numbers |= {value, -value}

    step = np.float32 if single else np.float64
    with np.errstate(over="ignore", under="ignore"):
        beside = {
            float(np.nextafter(step(value), step(way)))
            for value in numbers
            for way in (-math.inf, math.inf)
        }
    missing: CellValue = None if is_sql else math.nan

    return [*sorted(numbers | beside), *sorted(texts), missing]


def walk_nodes(node: object) -> Iterator[object]:
    """A test or expression, and all that it is made of, each once."""
    seen, stack = set[int](), [node]
    while stack:
        one = stack.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        if isinstance(one, Junction):
            stack += one.tests
        elif isinstance(one, Comparison):
            stack += [one.left, one.right]
        elif isinstance(one, Choice):
            stack += [one.test, one.then, one.otherwise]
        elif isinstance(one, Operation):
            stack += one.operands
        elif isinstance(one, NumberList):
            stack += one.entries
