"""A test of a sum as symbols, `20 <= age < 35`, and as words, `age is at least 20 and below 35`."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from relurules.domain import Domain
from relurules.wording import phrases as p
from relurules.wording.cases import Case, split_into_cases
from relurules.wording.forms import (
    ROUNDING,
    DisplayCoefficient,
    Form,
    Term,
    measure_limit,
    phrase_sum,
    round_coefficient,
)
from relurules.wording.half_spaces import SumLimit, SumTest
from relurules.wording.numbers import format_number, round_number
from relurules.wording.phrases import Phrase


class SumStyle(NamedTuple):
    """How a sum is shown: by name, where it has one, its terms `step` off at most; bound -> the
    bound as shown.
    """

    name: str
    form: Form
    step: float
    bounds: Mapping[float, float]


#: A choice of so many whole numbers is spoken as a list.
_FEW = 3
_GE, _LE, _MINUS, _PLUS, _TIMES = "\u2265", "\u2264", "\u2212", "+", "\u00b7"


def phrase_never() -> Phrase:
    """For a condition that no row of the domain meets."""
    return p.text("never, within the domain")


def phrase_choice(phrase: Phrase) -> Phrase:
    """A choice of categories reads the same in words."""
    return phrase


def write_in_symbols(test: SumTest, shown: SumStyle, domain: Domain) -> Phrase:
    """`age >= 35`, `20 <= age < 35`, `smoker = 1`, `bill >= limit + 3`, `S1 < 3.2`."""
    only = _list_few_values(test, domain)
    if len(only) == 1:
        return p.join_tight(_phrase_subject(shown), p.operator("="), _phrase_signed(only[0]))
    if test.low is None or test.high is None:
        limit, sign = _find_only_limit(test)
        compared = _compare_columns(shown, limit)
        if compared is not None:
            left, right = compared
            return p.join_loose(left, p.join_tight(p.operator(sign), right))
        return p.join_loose(
            _phrase_subject(shown), p.join_tight(p.operator(sign), _phrase_bound(limit, shown))
        )

    return p.join_loose(
        p.join_tight(_phrase_bound(test.low, shown), p.operator(_LE if test.low.included else "<")),
        _phrase_subject(shown),
        p.join_tight(
            p.operator(_LE if test.high.included else "<"), _phrase_bound(test.high, shown)
        ),
    )


def write_in_words(test: SumTest, shown: SumStyle, domain: Domain) -> Phrase:
    """`age is at least 35`, `the bill is at least the limit plus 3`, `S1 is below 3.2`."""
    few = _list_few_values(test, domain)
    if few:
        return p.join_loose(
            _speak_sum(shown), p.text("is"), p.join_list([_phrase_signed(value) for value in few])
        )

    cases = split_into_cases(test, domain)
    if cases is not None:
        return _write_cases(*cases, shown, domain)
    if test.low is None or test.high is None:
        limit, _ = _find_only_limit(test)
        verb = _choose_comparison(limit, from_below=test.low is not None)
        compared = _compare_columns(shown, limit, spoken=True)
        if compared is not None:
            return p.join_loose(compared[0], p.text(f"is {verb}"), compared[1])
        return p.join_loose(_speak_sum(shown), p.text(f"is {verb}"), _phrase_bound(limit, shown))

    low, high = (
        _choose_comparison(test.low, from_below=True),
        _choose_comparison(test.high, from_below=False),
    )
    return p.join_loose(
        _speak_sum(shown),
        p.text(f"is {low}"),
        _phrase_bound(test.low, shown),
        p.text(f"and {high}"),
        _phrase_bound(test.high, shown),
    )


def _write_cases(other: Term, cases: Sequence[Case], shown: SumStyle, domain: Domain) -> Phrase:
    """`hr is at least 8 where workingday is 0; hr is at least 16 where workingday is 1`."""
    said = []
    for value, test in cases:
        where = _phrase_where(other, value)
        if isinstance(test, SumTest):
            limits = [limit.bound for limit in (test.low, test.high) if limit is not None]
            limit, step = measure_limit(domain, [test.form]), ROUNDING * test.form.size
            bounds = {b: b if test.whole else round_number(b, step, limit=limit) for b in limits}
            alone = SumStyle("", test.form, shown.step, bounds)
            said.append(p.join_loose(write_in_words(test, alone, domain), where))
        else:
            said.append(p.join_loose(p.text("always" if test else "never"), where))

    return p.join_with(said, "; ")


def _phrase_where(other: Term, value: float) -> Phrase:
    """`where workingday is 1`, `where purpose is car`, or `elsewhere`."""
    if other.label[0].text != "[":
        return p.join_loose(p.text("where"), other.label, p.text("is"), _phrase_signed(value))
    inner = tuple(
        piece._replace(kind=p.GAP) if piece.kind == p.TIE else piece for piece in other.label[1:-1]
    )
    return p.join_loose(p.text("where"), inner) if value else p.text("elsewhere")


def _choose_comparison(limit: SumLimit, *, from_below: bool) -> str:
    if from_below:
        return "at least" if limit.included else "above"
    return "at most" if limit.included else "below"


def _list_few_values(test: SumTest, domain: Domain) -> list[float]:
    """The whole numbers that a column may be, where there are few of them; else none."""
    if not test.whole or len(test.form.terms) > 1:
        return []

    (term,) = test.form.terms
    lower, upper = (
        (0.0, 1.0) if len(term.coordinates) > 1 else _read_range(domain, term.coordinates[0])
    )
    lowest = np.ceil(lower) if test.low is None else max(np.ceil(lower), test.low.bound)
    highest = np.floor(upper) if test.high is None else min(np.floor(upper), test.high.bound - 1.0)

    if not 0 <= highest - lowest < _FEW:
        return []
    return [float(lowest + i) for i in range(int(highest - lowest) + 1)]


def _read_range(domain: Domain, column: int) -> tuple[float, float]:
    return float(domain.lower[column]), float(domain.upper[column])


def _find_only_limit(test: SumTest) -> tuple[SumLimit, str]:
    if test.low is not None:
        return test.low, _GE if test.low.included else ">"
    assert test.high is not None  # noqa: S101  # a test has a limit
    return test.high, _LE if test.high.included else "<"


def _phrase_bound(limit: SumLimit, shown: SumStyle) -> Phrase:
    return _phrase_signed(shown.bounds[limit.bound])


def _phrase_signed(value: float) -> Phrase:
    size = p.number(format_number(abs(value)))
    return (*p.operator(_MINUS), *size) if value < 0 else size


def _phrase_subject(shown: SumStyle) -> Phrase:
    return p.score(shown.name) if shown.name else phrase_sum(shown.form, shown.step, constant=False)


def _speak_sum(shown: SumStyle) -> Phrase:
    if shown.name:
        return p.join_loose(p.text("the weighted sum"), p.score(shown.name))

    first, *rest = shown.form.terms
    said = first.label
    for term in rest:
        word = "minus" if term.coefficient < 0 else "plus"
        said = p.join_loose(
            said, p.text(word), _speak_product(round_coefficient(term, shown.step), term)
        )

    return said


def _speak_product(factor: DisplayCoefficient, term: Term) -> Phrase:
    if factor.factor == 1.0:
        return term.label
    number = p.number(format_number(factor.factor))
    if factor.divides:
        return p.join_loose(term.label, p.text("divided by"), number)
    return p.join_loose(number, p.text("times"), term.label)


def _compare_columns(
    shown: SumStyle, limit: SumLimit, *, spoken: bool = False
) -> tuple[Phrase, Phrase] | None:
    """Both sides of `a >= 0.5 * b + 3`, where a sum is the difference of two columns."""
    if shown.name or len(shown.form.terms) != 2 or shown.form.terms[1].coefficient > 0:
        return None

    first, second = shown.form.terms
    bound = shown.bounds[limit.bound]
    factor = round_coefficient(second, shown.step)
    right = _speak_product(factor, second) if spoken else _phrase_product(factor, second)
    if bound:
        size = p.number(format_number(abs(bound)))
        if spoken:
            right = p.join_loose(right, p.text("minus" if bound < 0 else "plus"), size)
        else:
            right = p.join_loose(
                right, p.join_tight(p.operator(_MINUS if bound < 0 else _PLUS), size)
            )

    return first.label, right


def _phrase_product(factor: DisplayCoefficient, term: Term) -> Phrase:
    if factor.factor == 1.0:
        return term.label
    number = p.number(format_number(factor.factor))
    if factor.divides:
        return p.join_tight(term.label, p.operator("/"), number)
    return p.join_tight(number, p.operator(_TIMES), term.label)
