"""A column's curve given another value at one place: what is added is a tent between the places
beside it, so that the curve stays as it was at all of its other breakpoints, and at the reference.

All is worked out in rational numbers of the stored floats, and each number that is stored is
rounded once: by itself, or together with the others, so that no slope beyond the tent changes at
all, whichever leaves the curve nearer to what it is to be.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from relurules.domain import Domain
from relurules.editing.edit_kinds import CurveEdit
from relurules.editing.line_state import LineState, make_line, move_line, sum_own_parts
from relurules.errors import DataError, UnsupportedError
from relurules.ir import Adjustment

#: Share of a change by which a curve may be off at any place, as rounding makes it.
_ROOM = Fraction(1, 10**9)
#: Digits of a float64, in base 2.
_DIGITS = 53


class _Kink(NamedTuple):
    """gain * max(0, x - at), or where below: gain * max(0, at - x)."""

    at: Fraction
    gain: Fraction
    below: bool = False


@dataclass(frozen=True, kw_only=True)
class _Place:
    """The column's coordinate, its range, and the score."""

    coordinate: int
    score: int
    low: float
    high: float


def edit_curve(state: LineState, edit: CurveEdit) -> str:
    """Change the lines; what the curve was there, in words."""
    place = _find_place(state, edit)
    known = _list_places(state, edit.column, place)
    x = known.get(edit.at, Fraction(edit.at))
    reference = Fraction(float(state.rules.reference.values[place.coordinate]))
    if x == reference:
        raise DataError(
            f"curve {edit.column} at {edit.at:g} is the reference, from which what columns add is "
            "measured: it is 0 there; edit another place, or `start`"
        )

    others = sorted({*known.values(), reference} - {x})
    was = _evaluate(state, place, x) - _evaluate(state, place, reference)
    change = Fraction(edit.value) - was
    if change:
        wanted = {**dict.fromkeys(others, Fraction(0)), x: change}
        _add_kinks(state, place, _make_tent(x, others, change, place), wanted)
    return repr(float(was))


def _find_place(state: LineState, edit: CurveEdit) -> _Place:
    domain = state.rules.domain
    coordinate = find_number(domain, edit.column)
    low, high = float(domain.lower[coordinate]), float(domain.upper[coordinate])
    if not low <= edit.at <= high:
        raise DataError(
            f"curve {edit.column} at {edit.at:g}: the domain has {edit.column} from {low:g} to "
            f"{high:g}, and the rules say nothing beyond"
        )
    return _Place(coordinate=coordinate, score=state.find_score(edit.score), low=low, high=high)


def find_number(domain: Domain, name: str) -> int:
    """The coordinate of a column of numbers; DataError for any other."""
    for column, at in zip(domain.columns, domain.places, strict=True):
        if column.name == name and not column.categories:
            return at.start
        if column.name == name:
            raise DataError(
                f"the column {name!r} has categories, each of which has points: points {name} at "
                f"CATEGORY = V"
            )
    names = ", ".join(repr(column.name) for column in domain.columns[:12])
    raise DataError(f"no column {name!r}; the rules read {names}")


def _list_places(state: LineState, name: str, place: _Place) -> dict[float, Fraction]:
    """Where the curve bends, and the ends of the column's range: as shown, and exactly."""
    j = place.coordinate
    found = {end: Fraction(end) for end in (place.low, place.high) if math.isfinite(end)}
    if _list_groups(state, j):
        curve = state.rules.curves[name]
        found |= {float(x): Fraction(float(x)) for x in curve.breakpoints}
    for line in (state.lines[i][1] for i in state.find_own_lines(j)):
        space = line.condition.half_space
        at = Fraction(float(space.bound)) / Fraction(float(space.normal[j]))
        if place.low < at < place.high:
            found[float(at)] = at
    return found


def _list_groups(state: LineState, coordinate: int) -> list[int]:
    """Groups of the part of this column alone."""
    for part in state.rules.parts:
        if part.coordinates.tolist() == [coordinate]:
            return list(part.groups)
    return []


def _evaluate(state: LineState, place: _Place, x: Fraction) -> Fraction:
    """What the column adds at x, as it stands; what groups add is as float64 computes it."""
    total = sum_own_parts(state, place.coordinate, place.score, x)
    for number in _list_groups(state, place.coordinate):
        row = state.rules.reference.values[None].copy()
        row[0, place.coordinate] = float(x)
        added = float(state.rules.groups[number].evaluate(row)[0, place.score])
        total += Fraction(added)
    return total


def _make_tent(
    x: Fraction, others: Sequence[Fraction], change: Fraction, place: _Place
) -> list[_Kink]:
    """What rises by the change at x and is 0 at all others. At an end of the range it is half a
    tent; on an open side, beyond the last of the others, all that follows moves along.
    """
    before = max((one for one in others if one < x), default=None)
    after = min((one for one in others if one > x), default=None)
    if before is not None and after is not None:
        up, down = change / (x - before), change / (after - x)
        return [_Kink(before, up), _Kink(after, down), _Kink(x, -up - down)]
    if after is not None:
        rise = change / (after - x)
        end = [] if x == place.low else [_Kink(x, -rise, below=True)]
        return [_Kink(after, rise, below=True), *end]
    if before is not None:
        rise = change / (x - before)
        end = [] if x == place.high else [_Kink(x, -rise)]
        return [_Kink(before, rise), *end]

    raise DataError("the column has one value alone, that of the reference, where it adds 0")


def _add_kinks(
    state: LineState, place: _Place, kinks: Sequence[_Kink], wanted: Mapping[Fraction, Fraction]
) -> None:
    """Add them to the lines that bend there, and as new lines elsewhere. wanted: what is to come of
    it, by place.
    """
    targets = [None if _is_at_end(place, k) else _find_line(state, place, k) for k in kinks]

    def add_up(one: LineState) -> dict[Fraction, Fraction]:
        start = Fraction(float(one.constants[place.score]))
        return {x: start + sum_own_parts(one, place.coordinate, place.score, x) for x in wanted}

    before = add_up(state)

    def measure(trial: LineState) -> Fraction:
        return max(abs(y - before[x] - wanted[x]) for x, y in add_up(trial).items())

    choices = [_round_together(state, place, kinks, targets), kinks]
    trials = [_bend_lines(state, place, one, targets) for one in choices]
    best = min(trials, key=measure)
    if measure(best) > _ROOM * max(map(abs, wanted.values())):
        raise DataError(
            "a breakpoint of the curve, or the reference, is so near to this place that float64 "
            "numbers can't bend between the two; edit the curve there, or farther from it"
        )
    state.take(best)


def _find_line(state: LineState, place: _Place, kink: _Kink) -> int | None:
    """A line that bends where the kink does, one of its side rather than another."""
    found = []
    for i in state.find_own_lines(place.coordinate):
        normal, bound = _read_line(state, place, i)
        if bound == kink.at * normal:
            found.append((bool(normal < 0) != kink.below, i))
    return min(found)[1] if found else None


def _read_line(state: LineState, place: _Place, i: int) -> tuple[Fraction, Fraction]:
    """A line's coefficient and its bound."""
    space = state.lines[i][1].condition.half_space
    return Fraction(float(space.normal[place.coordinate])), Fraction(float(space.bound))


def _bend_lines(
    state: LineState, place: _Place, kinks: Sequence[_Kink], targets: Sequence[int | None]
) -> LineState:
    """A copy with the kinks in it."""
    trial, slope, constant = state.copy(), Fraction(0), Fraction(0)
    score, j = place.score, place.coordinate
    for kink, i in zip(kinks, targets, strict=True):
        if _is_at_end(place, kink):
            # over all of the range it is one straight line, or nothing
            active = (float(kink.at) >= place.high) == kink.below
            side = -1 if kink.below else 1
            slope += side * kink.gain * active
            constant -= side * kink.gain * kink.at * active
            continue
        if i is None:
            trial.lines.append((None, _make_bend(state, place, kink)))
            continue
        number, line = trial.lines[i]
        normal, _ = _read_line(state, place, i)
        slopes = line.slopes.copy()
        slopes[score] = round_once(Fraction(float(slopes[score])) + kink.gain / abs(normal))
        trial.lines[i] = (number, move_line(line, slopes=slopes))
        if (normal < 0) != kink.below:
            # max(0, x - t) = max(0, t - x) + x - t, and the other way round
            side = -1 if kink.below else 1
            slope += side * kink.gain
            constant -= side * kink.gain * kink.at

    trial.weights[score, j] = round_once(Fraction(float(state.weights[score, j])) + slope)
    trial.constants[score] = round_once(Fraction(float(state.constants[score])) + constant)
    return trial


def _is_at_end(place: _Place, kink: _Kink) -> bool:
    return not place.low < kink.at < place.high


def _make_bend(state: LineState, place: _Place, kink: _Kink) -> Adjustment:
    """A kink as a line of its own."""
    normal = np.zeros(len(state.rules.domain.names))
    normal[place.coordinate] = -1.0 if kink.below else 1.0
    slopes = np.zeros(state.rules.score_count)
    slopes[place.score] = round_once(kink.gain)
    return make_line(
        state.rules, normal, float(kink.at) * float(normal[place.coordinate]) + 0.0, slopes
    )


def _round_together(
    state: LineState, place: _Place, kinks: Sequence[_Kink], targets: Sequence[int | None]
) -> list[_Kink]:
    """The kinks with gains of so many digits that slopes can hold them; those that add up to 0
    still do.
    """
    stored = [
        Fraction(0) if i is None else Fraction(float(state.lines[i][1].slopes[place.score]))
        for i in targets
    ]
    weight = abs(Fraction(float(state.weights[place.score, place.coordinate])))
    largest = max(weight, *(abs(a) + abs(k.gain) for a, k in zip(stored, kinks, strict=True)))
    step = Fraction(2) ** (math.frexp(round_once(largest))[1] - _DIGITS)
    gains = [round(kink.gain / step) * step for kink in kinks]
    if len(gains) > 1:
        gains[-1] = -sum(gains[:-1], Fraction(0))
    return [kink._replace(gain=gain) for kink, gain in zip(kinks, gains, strict=True)]


def round_once(number: Fraction) -> float:
    """The nearest float64; UnsupportedError beyond them."""
    try:
        return float(number) + 0.0
    except OverflowError as error:
        raise UnsupportedError("this edit needs numbers beyond the largest float64") from error
