"""A line in words: `for every unit of debt above 6: +0.4`."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from relurules.domain import Domain
from relurules.ir.additive import AdditiveRules, Adjustment
from relurules.wording import phrases as p
from relurules.wording.forms import (
    ColumnSpan,
    Form,
    Term,
    build_form,
    limit_display_errors,
    measure_reach,
    phrase_sum,
    round_coefficient,
)
from relurules.wording.half_spaces import bound_form
from relurules.wording.numbers import format_number, round_number
from relurules.wording.phrases import Phrase
from relurules.wording.point_scale import (
    PointScale,
    choose_unit,
    measure_line,
    read_number,
    round_slope,
)
from relurules.wording.point_tables import round_up

#: What float64 may have made of a line's numbers when it was scaled, as a share of its terms.
_FLOAT = 64 * np.finfo(np.float64).eps


@dataclass(frozen=True, kw_only=True)
class LineCase:
    """Where its categories hold, units are counted beyond `bound`, as shown. where: empty for a
    line without categories; members: coordinates of which one is 1; none: where no other case is.
    """

    where: Phrase
    members: tuple[int, ...]
    bound: float


@dataclass(frozen=True, kw_only=True)
class LineWording:
    """A line for people: `slopes` for every unit that `form` is above its bound, or below it.

    number: of the line; form: without its categories, its first coefficient 1, its terms `step` off
    at most where they are shown; slopes: (m,) as shown, of so many units as `unit`; errors: (m,)
    how far the line as shown is off; rows: that it applies to.
    """

    number: int
    form: Form
    step: float
    below: bool
    cases: tuple[LineCase, ...]
    slopes: tuple[float, ...]
    unit: float
    errors: tuple[float, ...]
    rows: int | None

    @property
    def beyond(self) -> Phrase:
        """`above 6`; of several cases `above 6 where job is cook, above 8 elsewhere`."""
        side = p.text("below" if self.below else "above")
        said = []
        for case in self.cases:
            bound = p.join_tight(side, phrase_signed(case.bound))
            said.append(p.join_loose(bound, case.where) if case.where else bound)
        return p.join_with(said, ", ")

    @property
    def units(self) -> Phrase:
        """`unit of debt above 6`, `10,000 of income above 35,000`."""
        if not self.form.terms:
            return p.text("row")
        counted = phrase_sum(self.form, self.step, constant=False)
        return p.join_loose(phrase_count(self.unit), counted, self.beyond)


def phrase_count(unit: float) -> Phrase:
    """`unit of`, `10,000 of`: what slopes are told for."""
    return p.text("unit of") if unit == 1 else (*p.number(format_number(unit)), *p.text(" of"))


def phrase_signed(value: float) -> Phrase:
    """A number with a minus sign where it is negative."""
    size = p.number(format_number(abs(value)))
    return (*p.operator("\u2212"), *size) if value < 0 else size


def phrase_change(value: float) -> Phrase:
    """`+0.58` or `-0.02`."""
    sign = p.operator("\u2212" if value < 0 else "+") if value else ()
    return (*sign, *p.number(format_number(abs(value))))


def word_line(
    rules: AdditiveRules, spans: Sequence[ColumnSpan], line: Adjustment, scale: PointScale
) -> LineWording:
    """The line with its numbers rounded, so that each moves no score by more than its step."""
    space = line.condition.half_space
    form = build_form(rules.domain, spans, space.normal, 0.0)
    if not form.terms:
        return _word_constant(line, Fraction(form.constant) - Fraction(space.bound), scale)

    main, cases = _part_categories(form, spans)
    lead = main[0].coefficient
    size = abs(lead)
    bound = (Fraction(space.bound) - Fraction(form.constant)) / Fraction(lead)
    terms = tuple(term._replace(coefficient=term.coefficient / lead) for term in main)
    exact = Form(0.0, terms)
    slopes = [slope * size for slope in line.slopes.tolist()]
    room = _find_room(slopes, scale.steps)
    shown = limit_display_errors(rules.domain, exact, room)

    found = tuple(
        LineCase(
            where=_phrase_case(term, cases),
            members=() if term is None else term.coordinates,
            bound=_round_bound(bound - _move_bound(term, lead), room, rules.domain, exact),
        )
        for term in [*cases, None]
    )
    reach = measure_line(rules, line) / size
    unit = choose_unit(slopes)
    rounded = [
        round_slope(slope, unit, step / reach if reach else step)
        for slope, step in zip(slopes, scale.steps, strict=True)
    ]
    wording = LineWording(
        number=line.number,
        form=shown,
        step=room if np.isfinite(room) else 0.0,
        below=lead < 0,
        cases=found,
        slopes=tuple(rounded),
        unit=unit,
        errors=(),
        rows=line.rows,
    )
    moved = [bound - _move_bound(term, lead) for term in [*cases, None]]
    errors = tuple(
        _bound_line_error(rules.domain, wording, exact, moved, Fraction(slope), near)
        for slope, near in zip(slopes, rounded, strict=True)
    )
    return LineWording(**{**vars(wording), "errors": errors})


def _word_constant(line: Adjustment, beyond: Fraction, scale: PointScale) -> LineWording:
    """A line that reads pinned columns alone: it adds the same to every row."""
    amounts = [float(Fraction(slope) * max(Fraction(0), beyond)) for slope in line.slopes.tolist()]
    shown = scale.round_points(np.array(amounts))
    errors = tuple(
        round_up(abs(read_number(near) - Fraction(amount)))
        for near, amount in zip(shown, amounts, strict=True)
    )

    return LineWording(
        number=line.number,
        form=Form(0.0, ()),
        step=0.0,
        below=False,
        cases=(),
        slopes=shown,
        unit=1.0,
        errors=errors,
        rows=line.rows,
    )


def _part_categories(form: Form, spans: Sequence[ColumnSpan]) -> tuple[list[Term], list[Term]]:
    """Terms of numbers, and those of the one category column that stands beside them; a form of
    several category columns stays as it is.
    """
    of_column = {j: s.column.name for s in spans if s.column.categories for j in s.coordinates}
    chosen = [term for term in form.terms if term.coordinates[0] in of_column]
    names = {of_column[term.coordinates[0]] for term in chosen}
    if len(names) != 1 or len(chosen) == len(form.terms):
        return list(form.terms), []

    return [term for term in form.terms if term not in chosen], chosen


def _move_bound(term: Term | None, lead: float) -> Fraction:
    """How much lower a bound is where a term's categories hold."""
    return Fraction(0) if term is None else Fraction(term.coefficient) / Fraction(lead)


def _phrase_case(term: Term | None, cases: Sequence[Term]) -> Phrase:
    """`where job is cook`, `elsewhere`; nothing where there are no cases."""
    if not cases:
        return ()
    if term is None:
        return p.text("elsewhere")
    inner = tuple(
        piece._replace(kind=p.GAP) if piece.kind == p.TIE else piece for piece in term.label[1:-1]
    )
    return p.join_loose(p.text("where"), inner)


def _find_room(slopes: Sequence[float], steps: Sequence[float]) -> float:
    """How far a line's sum may be off, so that no score moves by more than its step."""
    return min(
        (step / abs(slope) for slope, step in zip(slopes, steps, strict=True) if slope),
        default=np.inf,
    )


def _round_bound(bound: Fraction, room: float, domain: Domain, form: Form) -> float:
    value = float(bound)
    if abs(value) <= room / 1000:  # moves nothing that is shown
        return 0.0
    whole = all(domain.integer[j] for term in form.terms for j in term.coordinates)
    if value.is_integer() and whole:
        return value
    return round_number(value, room, limit=room)


def _bound_line_error(
    domain: Domain,
    wording: LineWording,
    exact: Form,
    bounds: Sequence[Fraction],
    slope: Fraction,
    shown: float,
) -> float:
    """Bound on |line as shown - line| over the box; infinite where a side is open and matters.

    |s| * (|bound - shown bound| + sum of |coefficient - shown one| * reach), for the sum, and
    |s - shown s| * how far the sum as shown goes beyond its bound.
    """
    off, sizes = Fraction(0), Fraction(0)
    for term, one in zip(wording.form.terms, exact.terms, strict=True):
        factor = round_coefficient(term, wording.step)
        size = read_number(factor.factor)
        moved = abs((1 / size if factor.divides else size) - abs(Fraction(one.coefficient)))
        reach = measure_reach(domain, one)
        if not np.isfinite(reach):
            return np.inf
        off += moved * Fraction(reach)
        sizes += abs(Fraction(one.coefficient)) * Fraction(reach)
    low, high = bound_form(domain, exact)
    worst = Fraction(0)
    for case, bound in zip(wording.cases, bounds, strict=True):
        apart = off + abs(read_number(case.bound) - bound)
        apart += Fraction(_FLOAT) * (sizes + abs(bound))
        beyond = bound - Fraction(low) if wording.below else Fraction(high) - bound
        beyond = max(Fraction(0), beyond + apart)
        # A case that is never reached, by however little it is off, adds nothing.
        if beyond:
            off_slope = abs(slope - read_number(shown) / read_number(wording.unit))
            worst = max(worst, abs(slope) * apart + off_slope * beyond)

    return round_up(worst)
