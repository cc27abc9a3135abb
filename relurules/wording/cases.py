"""A test of two columns, one of which has few values, as one test of the other column per value."""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from relurules.domain import Domain
from relurules.wording.forms import Form, Term
from relurules.wording.half_spaces import SumTest, limit_one_side

#: A column of more whole numbers than this isn't told case by case.
_FEW = 3
#: A test's coefficients and bound are quotients, rounded by this share of themselves at most.
_ROUNDING = 4 * np.finfo(np.float64).eps


class Case(NamedTuple):
    """What a test asks where the other term has a value: a test of the main column, or whether it
    holds at all.
    """

    value: float
    test: SumTest | bool


def split_into_cases(test: SumTest, domain: Domain) -> tuple[Term, list[Case]] | None:
    """The term of few values and a case for each; None where a test isn't of that kind, or has two
    limits.
    """
    if len(test.form.terms) != 2 or (test.low is None) == (test.high is None):
        return None

    found = [(term, _list_few_values(term, domain)) for term in test.form.terms]
    few = [(term, values) for term, values in found if values]
    if not few:
        return None

    other, values = min(few, key=lambda pair: len(pair[1]))
    main = next(term for term in test.form.terms if term is not other)
    if len(main.coordinates) > 1:
        return None
    return other, [
        Case(value, _restrict_to_value(test, main, other, value, domain)) for value in values
    ]


def _list_few_values(term: Term, domain: Domain) -> Sequence[float]:
    """All values of a term that is a choice of categories, or has few whole numbers in the domain;
    else none.
    """
    if term.label[0].text == "[":
        return (1.0, 0.0)
    column = term.coordinates[0]
    low, high = np.ceil(domain.lower[column]), np.floor(domain.upper[column])
    if not domain.integer[column] or not 0 < high - low < _FEW:
        return ()

    return [float(low + i) for i in range(int(high - low) + 1)]


def _restrict_to_value(
    test: SumTest, main: Term, other: Term, value: float, domain: Domain
) -> SumTest | bool:
    """main.coefficient * x + other.coefficient * value against the limit, as a test of x."""
    limit = test.low or test.high
    assert limit is not None  # noqa: S101  # one limit, see `cases_of`
    cut = (Fraction(limit.bound) - Fraction(other.coefficient) * Fraction(value)) / Fraction(
        main.coefficient
    )
    column = main.coordinates[0]
    whole = bool(domain.integer[column])
    if whole:
        size = abs(limit.bound) + abs(other.coefficient * value)
        cut = _round_to_whole(cut, Fraction(_ROUNDING * size) / abs(Fraction(main.coefficient)))
    form = Form(0.0, (main._replace(coefficient=1.0),))
    from_below = (test.low is not None) == (main.coefficient > 0)
    asked = limit_one_side(
        SumTest(form=form, key=((main.coordinates, 1.0),), whole=whole),
        cut,
        from_below=from_below,
        included=limit.included,
    )

    return _decide_on_range(asked, float(domain.lower[column]), float(domain.upper[column]))


def _round_to_whole(cut: Fraction, room: Fraction) -> Fraction:
    """The whole number that a cut is but for the rounding of what it was worked out from."""
    near = Fraction(round(cut))
    return near if abs(cut - near) <= room else cut


def _decide_on_range(asked: SumTest, lower: float, upper: float) -> SumTest | bool:
    """The test, or True or False where the column's range in the domain settles it."""
    if asked.low is not None:
        bound, included = asked.low
        if lower > bound or (included and lower == bound):
            return True
        return False if upper < bound or (not included and upper == bound) else asked

    assert asked.high is not None  # noqa: S101  # one limit
    bound, included = asked.high
    if upper < bound or (included and upper == bound):
        return True
    return False if lower > bound or (not included and lower == bound) else asked
