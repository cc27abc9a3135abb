"""The conditions of a rule as they are read everywhere, with what a row has, and by how much they hold."""

from collections.abc import Mapping
from typing import NamedTuple

from relurules.domain.columns import groups_of
from relurules.explaining.wording import value_text
from relurules.ir import RuleSet
from relurules.ir.network import Array
from relurules.reading import Reading, ReadTest, read_rules
from relurules.reading.half_spaces import Between, Choice, value_of
from relurules.reading.phrases import ascii_text
from relurules.tables import Value


class Test(NamedTuple):
    """A condition. text: in symbols, as emitted text has it; value: what its left side is for the row.

    margin: how far that is from the nearer of its bounds, in its own units; column, room: how far its first column
    alone can `fall` or `rise` before the condition fails there, in that column's units. None where the condition is
    about categories, room also where the first column is one.
    """

    text: str
    value: float | str
    margin: float | None
    column: str
    way: str
    room: float | None


class Tested(NamedTuple):
    """All conditions of a rule; sums: name -> formula of the sums that they speak of by name."""

    tests: tuple[Test, ...]
    sums: Mapping[str, str]


def tested(rules: RuleSet, number: int, x: Array, raw: Mapping[str, Value]) -> Tested:
    """The conditions of rule `number` for a row, x (d,) in coordinates and raw in the user's columns."""
    reading = read_rules(rules)
    own = {i for group in groups_of(rules.domain.columns) for i in group}
    read = reading.rules[number - 1].tests
    found = tuple(_test(rules, test, x.tolist(), raw, own) for test in read)
    return Tested(found, _sums(reading, read))


def _test(rules: RuleSet, test: ReadTest, row: list[float], raw: Mapping[str, Value], own: set[int]) -> Test:
    text, about = ascii_text(test.symbols), test.about
    if isinstance(about, Choice):
        column = about.span.column.name
        return Test(text, value_text(raw[column]), None, column, "", None)
    if not isinstance(about, Between):
        return Test(text, "", None, "", "", None)
    value, first = value_of(about.form, row), about.form.terms[0]
    sides = [(value - about.low.bound, "fall")] if about.low is not None else []
    sides += [(about.high.bound - value, "rise")] if about.high is not None else []
    margin, way = min(sides)
    category = bool(own & set(first.coordinates)) or len(first.coordinates) > 1
    room = None if category else margin / abs(first.coefficient)
    return Test(text, value, margin, rules.features[first.coordinates[0]], way, room)


def _sums(reading: Reading, tests: tuple[ReadTest, ...]) -> dict[str, str]:
    """Those that the tests name."""
    shown = {piece.text for test in tests for piece in test.symbols}
    return {named.name: ascii_text(named.phrase) for named in reading.sums if named.name in shown}
