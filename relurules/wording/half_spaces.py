"""Half-spaces, free of their scale: a choice of categories, or a sum whose first term is a column
as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor
from typing import NamedTuple

import numpy as np

from relurules.domain import Domain
from relurules.ir import Condition
from relurules.wording.forms import ColumnSpan, Form, Term, build_form

#: Sums whose coefficients agree to this many digits are one sum.
_EQUAL_DIGITS = 10
#: A category decides a test only where the rest stays this share of its size away from the bound.
_CLEARANCE = 1e-9


class CategoryTest(NamedTuple):
    """One of these categories of a column (indices in it)."""

    span: ColumnSpan
    members: tuple[int, ...]


class SumLimit(NamedTuple):
    """A bound of a sum; `included`: whether the sum may be equal to it."""

    bound: float
    included: bool


@dataclass(frozen=True, kw_only=True)
class SumTest:
    """low <= form < high, either side open or included as its limit says."""

    #: Its first coefficient is 1, its constant 0.
    form: Form
    #: The same for the same form.
    key: tuple[object, ...]
    #: The form is a whole number.
    whole: bool
    #: None for no limit.
    low: SumLimit | None = None
    #: None for no limit.
    high: SumLimit | None = None


class ConstantTest(NamedTuple):
    """A condition that nothing can change within the domain."""

    true: bool


PlainTest = CategoryTest | SumTest | ConstantTest


def simplify_condition(
    domain: Domain, spans: Sequence[ColumnSpan], condition: Condition
) -> PlainTest:
    """A condition, free of its half-space's scale; on whole numbers, a cut is the next whole
    number: the same rows.
    """
    space = condition.half_space
    form = build_form(domain, spans, space.normal, 0.0)
    bound = Fraction(space.bound) - Fraction(form.constant)
    if not form.terms:
        return ConstantTest((bound <= 0) == condition.holds)

    chosen = _find_category_test(domain, spans, form, float(bound))
    if chosen is not None:
        kept = (
            chosen.members
            if condition.holds
            else [i for i in chosen.span.admitted if i not in chosen.members]
        )
        return CategoryTest(chosen.span, tuple(kept))

    settled = _find_whole_column(domain, form, float(bound), holds=condition.holds)
    if settled is not None:
        return settled

    lead = form.terms[0].coefficient
    terms = tuple(term._replace(coefficient=term.coefficient / lead) for term in form.terms)
    key = tuple(
        (term.coordinates, float(f"{term.coefficient:.{_EQUAL_DIGITS}g}")) for term in terms
    )
    whole = all(
        t.coefficient.is_integer() and domain.integer[list(t.coordinates)].all() for t in terms
    )
    between = SumTest(form=Form(0.0, terms), key=key, whole=whole)

    return limit_one_side(
        between,
        bound / Fraction(lead),
        from_below=(lead > 0) == condition.holds,
        included=condition.holds,
    )


def limit_one_side(between: SumTest, cut: Fraction, *, from_below: bool, included: bool) -> SumTest:
    """The test that the form is at least the cut, or at most, or more or less; whole numbers have
    whole cuts.
    """
    if from_below:
        return replace(between, low=_make_lower_limit(cut, between.whole, included=included))
    return replace(between, high=_make_upper_limit(cut, between.whole, included=included))


def _make_lower_limit(cut: Fraction, whole: bool, *, included: bool) -> SumLimit:
    if whole:
        return SumLimit(float(ceil(cut) if included else floor(cut) + 1), included=True)
    return SumLimit(float(cut), included)


def _make_upper_limit(cut: Fraction, whole: bool, *, included: bool) -> SumLimit:
    if whole:
        return SumLimit(float(floor(cut) + 1 if included else ceil(cut)), included=False)
    return SumLimit(float(cut), included)


def _find_category_test(
    domain: Domain, spans: Sequence[ColumnSpan], form: Form, bound: float
) -> CategoryTest | None:
    """The categories of the one category column in a sum for which sum >= bound, where they alone
    decide that.
    """
    read = {at for term in form.terms for at in term.coordinates}
    used = [s for s in spans if s.column.categories and not read.isdisjoint(s.coordinates)]
    if len(used) != 1:
        return None

    (span,) = used
    own = {j: t.coefficient for t in form.terms for j in t.coordinates if j in span.coordinates}
    low, high = bound_form(
        domain, Form(0.0, tuple(t for t in form.terms if t.coordinates[0] not in span.coordinates))
    )
    room = _CLEARANCE * (form.size + abs(bound))
    members = []

    for i in span.admitted:
        points = own.get(span.first + i, 0.0)
        if points + low >= bound + room:
            members.append(i)
        elif not points + high < bound - room:
            return None

    return CategoryTest(span, tuple(members))


def _find_whole_column(domain: Domain, form: Form, bound: float, *, holds: bool) -> SumTest | None:
    """A test of one whole-number column, where all that the rest of a sum can be puts the cut
    between the same two.
    """
    if len(form.terms) == 1:
        return None
    ends = [_bound_term(domain, term) for term in form.terms]
    width = sum(most - least for least, most in ends)
    clearance = _CLEARANCE * (form.size + abs(bound))
    for i, term in enumerate(form.terms):
        if len(term.coordinates) > 1 or not domain.integer[term.coordinates[0]]:
            continue
        own = ends[i][1] - ends[i][0]
        if width - own > 2.0 * abs(term.coefficient):  # the rest alone moves the cut by more than 1
            continue
        rest = _add_ends(0.0, [*ends[:i], *ends[i + 1 :]])
        cuts = sorted((bound - end) / term.coefficient for end in rest)
        room = clearance / abs(term.coefficient)
        if not np.isfinite(cuts).all() or floor(cuts[0] - room) != floor(cuts[1] + room):
            continue
        between = SumTest(
            form=Form(0.0, (term._replace(coefficient=1.0),)),
            key=((term.coordinates, 1.0),),
            whole=True,
        )
        limit = SumLimit(float(floor(cuts[0]) + 1), included=(term.coefficient > 0) == holds)
        return replace(between, low=limit) if limit.included else replace(between, high=limit)

    return None


def bound_form(domain: Domain, form: Form) -> tuple[float, float]:
    """Smallest and largest value of a form over the box of the domain; of categories, one or none
    of those named.
    """
    return _add_ends(form.constant, [_bound_term(domain, term) for term in form.terms])


def _bound_term(domain: Domain, term: Term) -> tuple[float, float]:
    """Smallest and largest value of a term over the box of the domain."""
    if len(term.coordinates) > 1:
        return min(0.0, term.coefficient), max(0.0, term.coefficient)

    (at,) = term.coordinates
    one, other = (term.coefficient * float(ends[at]) for ends in (domain.lower, domain.upper))
    return min(one, other), max(one, other)


def _add_ends(constant: float, ends: Sequence[tuple[float, float]]) -> tuple[float, float]:
    low = high = constant
    for least, most in ends:
        low, high = low + least, high + most

    return low, high


def intersect_tests(one: SumTest, other: SumTest) -> SumTest:
    """Both limits on the same sum: the tighter ones."""
    lows = [b.low for b in (one, other) if b.low is not None]
    highs = [b.high for b in (one, other) if b.high is not None]
    low = max(lows, key=lambda limit: (limit.bound, not limit.included), default=None)
    high = min(highs, key=lambda limit: (limit.bound, limit.included), default=None)
    return replace(one, low=low, high=high)


def evaluate_form(form: Form, row: Sequence[float]) -> float:
    """The form at a row of coordinates, (d,)."""
    return form.constant + sum(evaluate_term(term, row) * term.coefficient for term in form.terms)


def evaluate_term(term: Term, row: Sequence[float]) -> float:
    """The column's value, or 1 where one of the categories holds and 0 where none does."""
    return float(sum(row[j] for j in term.coordinates))
