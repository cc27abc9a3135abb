"""What a choice between two expressions stands for: one that is continuous, or one by category."""

from dataclasses import dataclass
from fractions import Fraction

from relurules.rounding.expression import (
    Choice,
    ColumnValue,
    Comparison,
    Expression,
    Junction,
    Literal,
    Operation,
    Test,
    UnreadableError,
    Words,
)
from relurules.rounding.forms import CategoryValues, RealCurve, RealForm

_NONE = Fraction(0)


@dataclass(frozen=True)
class JoinedForms:
    """A continuous choice as one form; above: what its test asks to be above 0; factor: how often
    the ways differ by it.
    """

    form: RealForm
    above: RealForm
    factor: Fraction


def join_forms(
    test: Comparison, left: RealForm, right: RealForm, then: RealForm, otherwise: RealForm
) -> JoinedForms:
    """The choice by a test of left and right; UnreadableError where it isn't continuous."""
    above = left.subtract(right)
    if test.sign in ("<", "<="):
        above = above.scale(Fraction(-1))
    factor = divide_forms(then.subtract(otherwise), above)
    if factor is None:
        raise UnreadableError("a choice that isn't continuous")

    form = otherwise.add(above.take_positive().scale(factor))
    if is_turned(then, otherwise, test):
        turned = above.scale(Fraction(-1)).take_positive()
        form = then.add(turned.scale(factor))

    return JoinedForms(form, above, factor)


def divide_forms(gap: RealForm, above: RealForm) -> Fraction | None:
    """The factor of gap = factor * above, None where there is none."""
    if gap.is_constant and not gap.constant:
        return _NONE
    sizes = [(gap.constant, above.constant)]
    for place, part in above.parts.items():
        own = gap.parts.get(place)
        if isinstance(part, RealCurve) and isinstance(own, RealCurve):
            sizes.append((own.slope, part.slope))
        if isinstance(part, CategoryValues) and isinstance(own, CategoryValues):
            sizes += zip(own.values, part.values, strict=True)

    factor = next((a / b for a, b in sizes if a and b), None)
    if factor is None or gap.subtract(above.scale(factor)).key != RealForm(_NONE).key:
        return None

    return factor


def is_turned(then: RealForm, otherwise: RealForm, test: Comparison) -> bool:
    """Whether max(0, what is below the test) says the same, and is what rules would say: it stands
    beside 0, or a neuron's argument is asked whether it is below 0.
    """
    if then.is_constant or otherwise.is_constant:
        return then.is_constant and not then.constant
    below = test.sign in ("<", "<=")

    return below and isinstance(test.right, Literal) and not test.right.value


def is_own_difference(choice: Choice, test: Comparison) -> bool:
    """Whether the choice is max(0, what its own test compares, subtracted): then rounding, which is
    monotone, takes the same side in both, and the error is that of the difference.
    """
    sides = (test.left, test.right) if test.sign in (">", ">=") else (test.right, test.left)
    due = Operation("-", sides)
    zero = isinstance(test.right, Literal) and not test.right.value and test.sign in (">", ">=")

    return choice.otherwise == Literal(0.0) and (
        choice.then == due or (zero and choice.then == test.left)
    )


def find_equal_column(test: Test) -> int | None:
    """The column that a test compares for equality, None where there is none."""
    if isinstance(test, Junction):
        return next((x for x in map(find_equal_column, test.tests) if x is not None), None)
    if isinstance(test, Comparison) and test.sign == "==" and isinstance(test.left, ColumnValue):
        return test.left.column
    return None


def pick_by_category(expression: Expression, column: int, word: str | float | None) -> Expression:
    """What is chosen where the column holds this category."""
    while isinstance(expression, Choice):
        expression = (
            expression.then if _holds(expression.test, column, word) else expression.otherwise
        )
    return expression


def _holds(test: Test, column: int, word: str | float | None) -> bool:
    if isinstance(test, Junction):
        told = [_holds(each, column, word) for each in test.tests]
        return not told[0] if test.sign == "not" else (all if test.sign == "and" else any)(told)
    if not isinstance(test, Comparison) or test.sign != "==" or test.left != ColumnValue(column):
        raise UnreadableError("a category and a number are tested at once")
    if not isinstance(test.right, Words | Literal):
        raise UnreadableError("a category is compared with something else than a text")
    return test.right.value == word
