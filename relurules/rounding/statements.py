"""Statements that score a row, carried out on expressions in place of numbers."""

from collections.abc import Mapping, Sequence

from relurules.rounding.expression import (
    Branch,
    Choice,
    Comparison,
    Expression,
    Leaf,
    Literal,
    Opaque,
    Program,
    Test,
    UnreadableError,
    Words,
)

#: What names stand for.
Names = dict[str, Expression]
#: A test, and the end that it leads to.
Exit = tuple[Test, Program]


def merge_names(
    test: Test, then: Mapping[str, Expression], otherwise: Mapping[str, Expression]
) -> Names:
    """What names stand for after both sides of an `if`."""
    found = dict(otherwise)
    for name, expression in then.items():
        other = otherwise.get(name, Opaque(f"{name!r} has no value at the other side of an if"))
        if other is not expression:
            found[name] = Choice(test, expression, other)

    return found


def chain_exits(exits: Sequence[Exit], last: Program) -> Program:
    """Ends of which the first counts whose test holds."""
    for test, end in reversed(exits):
        last = Branch(test, end, last)
    return last


def list_leaves(program: Program) -> list[Leaf]:
    """All ends of a text."""
    found, stack = list[Leaf](), [program]
    while stack:
        one = stack.pop()
        if isinstance(one, Leaf):
            found.append(one)
        else:
            stack += [one.otherwise, one.then]

    return found


def read_rule_number(told: Expression | None) -> int | None:
    """The number of a rule that is told as a literal, None for anything else."""
    if isinstance(told, Literal) and told.value.is_integer():
        return int(told.value)
    return None


def fill_missing(value: Expression, fill: Expression) -> Expression:
    """What a column counts as: a number where it is missing; itself where that is none."""
    if not isinstance(fill, Literal):
        return value
    return Choice(Comparison("==", value, Words(None)), fill, value)


def choose_by_rule(rule: Expression, leaves: Mapping[float, Leaf]) -> Program:
    """Ends that are chosen by the number of a rule, which is chosen by tests: so by the tests."""
    exits = list[Exit]()
    while isinstance(rule, Choice):
        exits.append((rule.test, choose_by_rule(rule.then, leaves)))
        rule = rule.otherwise

    if not isinstance(rule, Literal):
        raise UnreadableError("the number of a rule is no number")
    return chain_exits(exits, leaves.get(rule.value, Leaf(None, read_rule_number(rule))))
