"""Affine forms of the coordinates as sums of terms that people know: columns, and values of
category columns.
"""

import sys
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from relurules.domain import Domain
from relurules.domain.columns import Category, Column
from relurules.ir.network import Array
from relurules.wording import phrases as p
from relurules.wording.numbers import format_number, round_number
from relurules.wording.phrases import Phrase

#: Coefficients may be shown so much off, of the sum of all terms over the domain.
ROUNDING = 5e-6
#: A number shown moves the sum by no more than this share of what the terms may move it by, so that
#: columns far from 0 have coefficients of more digits.
FAR = 1e-5
#: A smaller coefficient is shown as a division: `bill / 670,000`.
_SMALL = 1e-3


class ColumnSpan(NamedTuple):
    """A column of the table and its coordinates first .. first + width - 1; `admitted`: those that
    may be 1.
    """

    column: Column
    first: int
    admitted: tuple[int, ...]

    @property
    def coordinates(self) -> range:
        """Their indices."""
        return range(self.first, self.first + self.column.width)


class Term(NamedTuple):
    """coefficient * label; coordinates: the column itself, or the indicators of which one must be
    1.
    """

    coefficient: float
    label: Phrase
    coordinates: tuple[int, ...]
    width: float
    #: How far the coefficient may be off where it is shown.
    room: float = np.inf


class Form(NamedTuple):
    """constant + terms, the largest coefficient * width first."""

    constant: float
    terms: tuple[Term, ...]
    #: How far the constant may be off where it is shown.
    room: float = np.inf

    @property
    def size(self) -> float:
        """How far the terms may move the sum over the domain, added up."""
        return sum(abs(term.coefficient) * term.width for term in self.terms)


def list_spans(domain: Domain) -> list[ColumnSpan]:
    """All columns of a table, with the categories that the domain admits."""
    spans = []
    for column, at in zip(domain.columns, domain.places, strict=True):
        admitted = [i for i in range(len(column.categories)) if domain.upper[at[i]] > 0]
        spans.append(ColumnSpan(column, at.start, tuple(admitted)))
    return spans


def build_form(
    domain: Domain, spans: Sequence[ColumnSpan], weights: Array, constant: float
) -> Form:
    """weights·x + constant, (d,), over the domain.

    Of a category column, the coefficient that most of its categories have goes into the constant:
    exactly one holds, so this is the same function. A column that the domain pins goes there too.
    """
    terms: list[Term] = []
    for span in spans:
        if span.column.categories:
            moved, found = _collect_category_terms(span, weights)
            constant += moved
            terms += found
        elif (weight := float(weights[span.first])) and domain.lower[span.first] == domain.upper[
            span.first
        ]:
            constant += weight * float(domain.lower[span.first])
        elif weight:
            width = float(domain.widths[span.first])
            terms.append(Term(weight, p.name(span.column.name), (span.first,), width))

    # Stable: columns in their order.
    terms.sort(key=lambda term: -abs(term.coefficient) * term.width)
    return Form(constant, tuple(terms))


def _collect_category_terms(span: ColumnSpan, weights: Array) -> tuple[float, list[Term]]:
    """What goes into the constant, and one term per further coefficient."""
    own = {i: float(weights[span.first + i]) for i in span.admitted}
    if not any(own.values()):
        return 0.0, []

    counts = Counter(own.values())
    most = max(counts.values())
    middle = sorted(own.values())[len(own) // 2]
    base = min(
        (c for c, count in counts.items() if count == most),
        key=lambda c: (c != 0, abs(c - middle), c),
    )
    groups: dict[float, list[int]] = {}

    for i, coefficient in own.items():
        if coefficient != base:
            groups.setdefault(coefficient - base, []).append(i)

    return base, [
        Term(
            c,
            bracket_phrase(phrase_categories(span, members)),
            tuple(span.first + i for i in members),
            1.0,
        )
        for c, members in groups.items()
    ]


def bracket_phrase(phrase: Phrase) -> Phrase:
    """[phrase] on one line, which is 1 where the phrase holds."""
    kept = tuple(piece._replace(kind=p.TIE) if piece.kind == p.GAP else piece for piece in phrase)
    return (*p.text("["), *kept, *p.text("]"))


def phrase_categories(span: ColumnSpan, members: Sequence[int]) -> Phrase:
    """`purpose is car or missing`, or `purpose is not house` where that is shorter."""
    if span.column.source and len(members) == 1:
        verb = "is" if span.column.categories[members[0]].missing else "is not"
        return p.join_loose(p.name(span.column.source), p.text(f"{verb} missing"))

    rest = [i for i in span.admitted if i not in members]
    negated = 0 < len(rest) < len(members) and len(span.admitted) > 2
    wanted = [span.column.categories[i] for i in (rest if negated else members)]
    known = [part for category in wanted for part in _phrase_members(category)]
    verb = ("is neither" if len(known) > 1 else "is not") if negated else "is"
    said = p.join_list(known, "nor" if negated else "or")
    return p.join_loose(p.name(span.column.name), p.text(verb), said)


def _phrase_members(category: Category) -> list[Phrase]:
    if category.word:
        return [p.text(category.word)]
    values = [
        p.value(v) if isinstance(v, str) else p.number(format_number(v)) for v in category.values
    ]

    return [
        *values,
        *[p.text("missing")] * category.missing,
        *[p.text("any other value")] * category.other,
    ]


class DisplayCoefficient(NamedTuple):
    """A coefficient as it is shown: times `factor`, or divided by it where `divides`."""

    factor: float
    divides: bool

    @property
    def coefficient(self) -> float:
        """The number that a reader works with."""
        return 1.0 / self.factor if self.divides else self.factor


def round_coefficient(term: Term, step: float) -> DisplayCoefficient:
    """A term's |coefficient| as it is shown; step: how far coefficient * width may be off."""
    size = abs(term.coefficient)
    allowed = step / term.width if term.width else 0.0
    whole = DisplayCoefficient(round_number(size, allowed, limit=term.room), divides=False)
    if size >= _SMALL or size < 1.0 / sys.float_info.max:  # what is smaller has no reciprocal
        return whole

    # Of 1 / size, a change by e moves size by less than 2 e size^2.
    allowed, room = (min(off / size / size / 2, sys.float_info.max) for off in (allowed, term.room))
    divided = DisplayCoefficient(round_number(1.0 / size, allowed, limit=room), divides=True)
    return divided if abs(divided.coefficient - size) <= term.room else whole


def measure_limit(domain: Domain, forms: Sequence[Form]) -> float:
    """How far a number of any of some forms may move its sum over the domain where it is shown;
    infinite where a side is open.
    """
    if not all(is_bounded(domain, form) for form in forms):
        return np.inf

    span = max((form.size for form in forms), default=0.0)
    if not span:
        constants = [form.constant for form in forms]
        span = max(constants, default=0.0) - min(constants, default=0.0)
    return FAR * span if span else np.inf


def limit_display_errors(domain: Domain, form: Form, limit: float) -> Form:
    """The form, each number of which is shown so that it moves the sum by no more than a limit."""
    if limit == np.inf:
        return form

    terms = []
    for term in form.terms:
        reach = measure_reach(domain, term)
        terms.append(term._replace(room=limit / reach if reach else np.inf))
    return form._replace(terms=tuple(terms), room=limit)


def measure_reach(domain: Domain, term: Term) -> float:
    """The largest absolute value that a term's column has in the domain."""
    at = list(term.coordinates)
    return float(np.abs([domain.lower[at], domain.upper[at]]).max())


def is_bounded(domain: Domain, form: Form) -> bool:
    """Whether all columns of a form have two bounds."""
    return all(
        bool(np.isfinite(domain.upper[j]) and np.isfinite(domain.lower[j]))
        for t in form.terms
        for j in t.coordinates
    )


def choose_step(domain: Domain, form: Form) -> float:
    """How far every term of a form may be off where it is shown; 0, so that six digits are, where a
    side is open.
    """
    return ROUNDING * form.size if is_bounded(domain, form) else 0.0


def phrase_sum(form: Form, step: float, *, constant: bool = True) -> Phrase:
    """`3.2 + age - 0.5 * debt + income / 12,000`; every term stays on one line."""
    parts: list[tuple[bool, Phrase]] = []
    if constant and (form.constant or not form.terms):
        shown = round_number(form.constant, step, limit=form.room)
        parts.append((form.constant < 0, p.number(format_number(abs(shown)))))

    parts += [(term.coefficient < 0, _phrase_product(term, step)) for term in form.terms]
    if not parts:
        return p.number("0")

    (negative, first), *rest = parts
    signed = [(*p.operator("\u2212"), *first) if negative else first]
    signed += [p.join_tight(p.operator("\u2212" if minus else "+"), part) for minus, part in rest]
    return p.join_loose(*signed)


def _phrase_product(term: Term, step: float) -> Phrase:
    shown = round_coefficient(term, step)
    if shown.factor == 1.0:
        return term.label
    factor = p.number(format_number(shown.factor))
    if shown.divides:
        return p.join_tight(term.label, p.operator("/"), factor)
    return p.join_tight(factor, p.operator("\u00b7"), term.label)


def bound_display_error(domain: Domain, form: Form, step: float) -> float:
    """Bound on |form as it is shown - form| over the domain, in exact arithmetic and rounded up;
    infinite where a column that matters is unbounded.
    """
    shown = round_number(form.constant, step, limit=form.room)
    total = abs(Fraction(shown) - Fraction(form.constant))
    for term in form.terms:
        factor = round_coefficient(term, step)
        size = Fraction(factor.factor)
        off = abs((1 / size if factor.divides else size) - abs(Fraction(term.coefficient)))
        reach = measure_reach(domain, term)
        if off and not np.isfinite(reach):
            return np.inf
        total += off * Fraction(reach) if off else 0

    found = float(total)
    return found if Fraction(found) >= total else float(np.nextafter(found, np.inf))
