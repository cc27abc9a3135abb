"""The conditions of a rule as they are read everywhere, with what a row has, and by how much they
hold.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from relurules.domain.columns import find_groups
from relurules.explaining.plain_text import format_value
from relurules.ir import RuleSet
from relurules.ir.network import Array
from relurules.ir.rules_memo import RulesMemo
from relurules.tables.values import Value
from relurules.wording import ConditionWording, RuleSetWording, word_rules
from relurules.wording.half_spaces import CategoryTest, SumTest, evaluate_form
from relurules.wording.phrases import write_ascii


@dataclass(frozen=True, kw_only=True)
class ConditionCheck:
    """A condition, and how far a row is from its bounds."""

    #: In symbols, as emitted text has it.
    text: str
    #: What its left side is for the row.
    value: float | str
    #: How far that is from the nearer of its bounds, in its own units; None where the condition is
    #: about categories.
    margin: float | None
    #: Its first column.
    column: str
    #: Whether that column may `fall` or `rise` by `room`, "" for neither.
    way: str
    #: How far that column alone may, in its own units, before the condition fails; None where the
    #: condition is about categories, or the column is one.
    room: float | None


#: Of every set of rules, as a row needs one rule of it.
_READINGS = RulesMemo(word_rules)


class ConditionChecks(NamedTuple):
    """All conditions of a rule; sums: name -> formula of the sums that they speak of by name."""

    tests: tuple[ConditionCheck, ...]
    sums: Mapping[str, str]


def check_conditions(
    rules: RuleSet, number: int, x: Array, raw: Mapping[str, Value]
) -> ConditionChecks:
    """The conditions of rule `number` for a row, x (d,) in coordinates and raw in the user's
    columns.
    """
    reading = _READINGS.recall(rules)
    own = {i for group in find_groups(rules.domain.columns) for i in group}
    read = reading.rules[number - 1].tests
    found = tuple(_check_condition(rules, test, x.tolist(), raw, own) for test in read)
    return ConditionChecks(found, _list_named_sums(reading, read))


def _check_condition(
    rules: RuleSet,
    test: ConditionWording,
    row: list[float],
    raw: Mapping[str, Value],
    own: set[int],
) -> ConditionCheck:
    text, about = write_ascii(test.symbols), test.about
    if isinstance(about, CategoryTest):
        column = about.span.column.name
        return ConditionCheck(
            text=text,
            value=format_value(raw[column]),
            margin=None,
            column=column,
            way="",
            room=None,
        )
    if not isinstance(about, SumTest):
        return ConditionCheck(text=text, value="", margin=None, column="", way="", room=None)

    value, first = evaluate_form(about.form, row), about.form.terms[0]
    sides = [(value - about.low.bound, "fall")] if about.low is not None else []
    sides += [(about.high.bound - value, "rise")] if about.high is not None else []
    margin, way = min(sides)
    category = bool(own & set(first.coordinates)) or len(first.coordinates) > 1
    room = None if category else margin / abs(first.coefficient)

    return ConditionCheck(
        text=text,
        value=value,
        margin=margin,
        column=rules.features[first.coordinates[0]],
        way=way,
        room=room,
    )


def _list_named_sums(
    reading: RuleSetWording, tests: tuple[ConditionWording, ...]
) -> dict[str, str]:
    """Those that the tests name."""
    shown = {piece.text for test in tests for piece in test.symbols}
    return {named.name: write_ascii(named.phrase) for named in reading.sums if named.name in shown}
