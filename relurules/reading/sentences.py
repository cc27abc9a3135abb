"""A test of a sum as symbols, `20 <= age < 35`, and as words, `age is at least 20 and below 35`."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from relurules.domain import Domain
from relurules.reading import phrases as p
from relurules.reading.cases import Case, cases_of
from relurules.reading.forms import ROUNDING, Form, Term, Written, sum_phrase, written_coefficient
from relurules.reading.half_spaces import Between, Limit
from relurules.reading.numbers import rounded, written
from relurules.reading.phrases import Phrase


class Shown(NamedTuple):
    """How a sum is shown: by name, where it has one, its terms `step` off at most; bound -> the bound as shown."""

    name: str
    form: Form
    step: float
    bounds: Mapping[float, float]


#: A choice of so many whole numbers is spoken as a list.
_FEW = 3
_GE, _LE, _MINUS, _PLUS, _TIMES = "\u2265", "\u2264", "\u2212", "+", "\u00b7"


def never() -> Phrase:
    """For a condition that no row of the domain meets."""
    return p.text("never, within the domain")


def choice_words(phrase: Phrase) -> Phrase:
    """A choice of categories reads the same in words."""
    return phrase


def in_symbols(test: Between, shown: Shown, domain: Domain) -> Phrase:
    """`age >= 35`, `20 <= age < 35`, `smoker = 1`, `bill >= limit + 3`, `S1 < 3.2`."""
    only = _values(test, domain)
    if len(only) == 1:
        return p.tied(_subject(shown), p.operator("="), _signed(only[0]))
    if test.low is None or test.high is None:
        limit, sign = _one_side(test)
        compared = _compared(shown, limit)
        if compared is not None:
            left, right = compared
            return p.loose(left, p.tied(p.operator(sign), right))
        return p.loose(_subject(shown), p.tied(p.operator(sign), _bound(limit, shown)))
    return p.loose(
        p.tied(_bound(test.low, shown), p.operator(_LE if test.low.included else "<")),
        _subject(shown),
        p.tied(p.operator(_LE if test.high.included else "<"), _bound(test.high, shown)),
    )


def in_words(test: Between, shown: Shown, domain: Domain) -> Phrase:
    """`age is at least 35`, `the bill is at least the limit plus 3`, `S1 is below 3.2`."""
    few = _values(test, domain)
    if few:
        return p.loose(_spoken(shown), p.text("is"), p.listed([_signed(value) for value in few]))
    cases = cases_of(test, domain)
    if cases is not None:
        return _case_by_case(*cases, shown, domain)
    if test.low is None or test.high is None:
        limit, _ = _one_side(test)
        verb = _verb(limit, from_below=test.low is not None)
        compared = _compared(shown, limit, spoken=True)
        if compared is not None:
            return p.loose(compared[0], p.text(f"is {verb}"), compared[1])
        return p.loose(_spoken(shown), p.text(f"is {verb}"), _bound(limit, shown))
    low, high = _verb(test.low, from_below=True), _verb(test.high, from_below=False)
    return p.loose(
        _spoken(shown),
        p.text(f"is {low}"),
        _bound(test.low, shown),
        p.text(f"and {high}"),
        _bound(test.high, shown),
    )


def _case_by_case(other: Term, cases: Sequence[Case], shown: Shown, domain: Domain) -> Phrase:
    """`hr is at least 8 where workingday is 0; hr is at least 16 where workingday is 1`."""
    said = []
    for value, test in cases:
        where = _where(other, value)
        if isinstance(test, Between):
            limits = [limit.bound for limit in (test.low, test.high) if limit is not None]
            bounds = {b: b if test.whole else rounded(b, ROUNDING * test.form.size) for b in limits}
            alone = Shown("", test.form, shown.step, bounds)
            said.append(p.loose(in_words(test, alone, domain), where))
        else:
            said.append(p.loose(p.text("always" if test else "never"), where))
    return p.joined(said, "; ")


def _where(other: Term, value: float) -> Phrase:
    """`where workingday is 1`, `where purpose is car`, or `elsewhere`."""
    if other.label[0].text != "[":
        return p.loose(p.text("where"), other.label, p.text("is"), _signed(value))
    inner = tuple(piece._replace(kind=p.GAP) if piece.kind == p.TIE else piece for piece in other.label[1:-1])
    return p.loose(p.text("where"), inner) if value else p.text("elsewhere")


def _verb(limit: Limit, *, from_below: bool) -> str:
    if from_below:
        return "at least" if limit.included else "above"
    return "at most" if limit.included else "below"


def _values(test: Between, domain: Domain) -> list[float]:
    """The whole numbers that a column may be, where there are few of them; else none."""
    if not test.whole or len(test.form.terms) > 1:
        return []
    (term,) = test.form.terms
    lower, upper = (0.0, 1.0) if len(term.coordinates) > 1 else _range(domain, term.coordinates[0])
    lowest = np.ceil(lower) if test.low is None else max(np.ceil(lower), test.low.bound)
    highest = np.floor(upper) if test.high is None else min(np.floor(upper), test.high.bound - 1.0)
    if not 0 <= highest - lowest < _FEW:
        return []
    return [float(lowest + i) for i in range(int(highest - lowest) + 1)]


def _range(domain: Domain, column: int) -> tuple[float, float]:
    return float(domain.lower[column]), float(domain.upper[column])


def _one_side(test: Between) -> tuple[Limit, str]:
    if test.low is not None:
        return test.low, _GE if test.low.included else ">"
    assert test.high is not None  # noqa: S101  # a test has a limit
    return test.high, _LE if test.high.included else "<"


def _bound(limit: Limit, shown: Shown) -> Phrase:
    return _signed(shown.bounds[limit.bound])


def _signed(value: float) -> Phrase:
    size = p.number(written(abs(value)))
    return (*p.operator(_MINUS), *size) if value < 0 else size


def _subject(shown: Shown) -> Phrase:
    return p.score(shown.name) if shown.name else sum_phrase(shown.form, shown.step, constant=False)


def _spoken(shown: Shown) -> Phrase:
    if shown.name:
        return p.loose(p.text("the weighted sum"), p.score(shown.name))
    first, *rest = shown.form.terms
    said = first.label
    for term in rest:
        word = "minus" if term.coefficient < 0 else "plus"
        said = p.loose(said, p.text(word), _spoken_product(written_coefficient(term, shown.step), term))
    return said


def _spoken_product(factor: Written, term: Term) -> Phrase:
    if factor.factor == 1.0:
        return term.label
    number = p.number(written(factor.factor))
    if factor.divides:
        return p.loose(term.label, p.text("divided by"), number)
    return p.loose(number, p.text("times"), term.label)


def _compared(shown: Shown, limit: Limit, *, spoken: bool = False) -> tuple[Phrase, Phrase] | None:
    """Both sides of `a >= 0.5 * b + 3`, where a sum is the difference of two columns."""
    if shown.name or len(shown.form.terms) != 2 or shown.form.terms[1].coefficient > 0:
        return None
    first, second = shown.form.terms
    bound = shown.bounds[limit.bound]
    factor = written_coefficient(second, shown.step)
    right = _spoken_product(factor, second) if spoken else _product(factor, second)
    if bound:
        size = p.number(written(abs(bound)))
        if spoken:
            right = p.loose(right, p.text("minus" if bound < 0 else "plus"), size)
        else:
            right = p.loose(right, p.tied(p.operator(_MINUS if bound < 0 else _PLUS), size))
    return first.label, right


def _product(factor: Written, term: Term) -> Phrase:
    if factor.factor == 1.0:
        return term.label
    number = p.number(written(factor.factor))
    if factor.divides:
        return p.tied(term.label, p.operator("/"), number)
    return p.tied(number, p.operator(_TIMES), term.label)
