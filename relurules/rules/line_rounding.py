"""Lines and base with few digits: the coarsest decimal numbers that keep a bound, certified anew
each time.
"""

from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from relurules.ir.limits import Deadline
from relurules.ir.network import AffineMap, Array
from relurules.lp.highs import fit_closest_form
from relurules.networks.programs import Rationals, to_rationals
from relurules.rules.exact_box import BoundedBox
from relurules.rules.line_ledger import (
    CertifiedBase,
    LineLedger,
    LineNumbers,
    add_intervals,
    certify_base,
    find_middle,
    measure_interval,
)
from relurules.rules.map_rounding import round_to_decimals

#: Coarsest to finest: what a number may move a score by, as a share of the limit.
_SHARES = tuple(float(share) for share in 10.0 ** -np.arange(0.0, 16.0, 0.5))
#: Numbers are tried one by one up to so many.
_MOST_NUMBERS = 1500
#: Rounds in which every number is tried with a digit less.
_ROUNDS = 6

#: Low and high, (m,) each.
_Interval = tuple[Rationals, Rationals]


class _LineSteps(NamedTuple):
    """What each number of a line is a multiple of, 0 where it stays: normal (d,), bound, slopes
    (m,).
    """

    normal: Array
    bound: float
    slopes: Array

    def coarser(self, number: int) -> "_LineSteps":
        """With a digit less for one number: of the normal, then the bound, then the slopes."""
        d = len(self.normal)
        normal, slopes = self.normal.copy(), self.slopes.copy()
        if number < d:
            normal[number] *= 10
        elif number > d:
            slopes[number - d - 1] *= 10
        return _LineSteps(normal, self.bound * (10 if number == d else 1), slopes)


def round_line(line: LineNumbers, steps: _LineSteps, box: BoundedBox) -> LineNumbers:
    """The line with such numbers; as it is where they leave no column of numbers, or no slope."""
    normal = round_numbers(line.normal, steps.normal)
    bound = float(line.bound - (line.normal - normal) @ box.middle)
    bound = float(round_numbers(np.array([bound]), np.array([steps.bound]))[0])
    slopes = round_numbers(line.slopes, steps.slopes)
    if not normal[box.free].any() or not slopes.any():
        return line
    return replace(line, normal=normal, bound=bound, slopes=slopes)


def round_numbers(values: Array, steps: Array) -> Array:
    """Multiples of powers of ten; what has step 0 stays."""
    rounded = round_to_decimals(values, np.where(steps > 0, steps, 1.0))
    return np.where(steps > 0, rounded, values)


def choose_line_steps(line: LineNumbers, room: float, box: BoundedBox) -> _LineSteps:
    """Steps of a line's numbers, each of which moves a score by `room` at most."""
    widths, size = box.high - box.low, float(np.abs(line.slopes).max())
    lead = int(np.argmax(np.abs(line.normal) * widths))
    normal = np.where(widths > 0, room / (size * np.where(widths > 0, widths, 1.0)), 0.0)
    normal[lead] = 0.0
    normal[line.normal == 0.0] = 0.0
    low, high = box.estimate(np.append(line.normal, -line.bound)[None])
    reach = float(min(high[0], high[0] - low[0]))
    slopes = np.full(len(line.slopes), room / reach if reach > 0 else 0.0)
    return _LineSteps(normal, room / size, slopes)


def scale_line(line: LineNumbers, box: BoundedBox) -> LineNumbers:
    """The line with coefficient 1 or -1 for the column that moves it most."""
    widths = np.where(box.open, 1.0, box.high - box.low)
    at = int(np.argmax(np.abs(line.normal) * widths))
    lead = float(np.abs(line.normal[at]))
    if lead in (0.0, 1.0):
        return line
    normal = line.normal / lead
    normal[at] = np.sign(line.normal[at])
    return replace(line, normal=normal, bound=line.bound / lead, slopes=line.slopes * lead)


class LineRounder:
    """Rounds all lines of a ledger within a limit.

    tilts: column of one's lines -> (m,) what the base's weight should be beside, so that these are
    off least.
    """

    def __init__(self, ledger: LineLedger, limit: Fraction, deadline: Deadline) -> None:
        self.ledger, self.limit, self.deadline = ledger, limit, deadline
        self.tilts = {j: np.zeros(ledger.scores) for j in ledger.curves}
        self._off = {j: self._fit_tilt(j, curve.lines) for j, curve in ledger.curves.items()}

    def measure(self) -> Fraction:
        """What lines are off."""
        total = self.ledger.bound_lines()
        for own in self._off.values():
            total = add_intervals(total, own)
        return measure_interval(total)

    def round_all(self) -> None:
        """The coarsest numbers that keep the limit, first all alike, then one by one."""
        plain = [one.line for one in self.ledger.stand_ins]
        curves = {j: own.lines for j, own in self.ledger.curves.items()}
        for share in _SHARES:
            room = share * float(self.limit)
            self._set(plain, curves, room)
            if self.measure() <= self.limit:
                self._coarsen_lines(plain, room)
                self._coarsen_curves(curves, room)
                return
            if self.deadline.is_over():
                break
        self._set(plain, curves, 0.0)

    def _set(
        self, plain: list[LineNumbers], curves: dict[int, tuple[LineNumbers, ...]], room: float
    ) -> None:
        box = self.ledger.box
        for i, line in enumerate(plain):
            steps = choose_line_steps(line, room, box) if room else None
            self.ledger.exchange_line(i, round_line(line, steps, box) if steps else line)
        for j, lines in curves.items():
            own = tuple(
                round_line(line, choose_line_steps(line, room, box), box) if room else line
                for line in lines
            )
            self._exchange_curve(j, own)

    def _coarsen_lines(self, plain: list[LineNumbers], room: float) -> None:
        box, numbers = self.ledger.box, len(plain) * (len(self.ledger.box.low) + 2)
        steps = [choose_line_steps(line, room, box) for line in plain]
        for _ in range(_ROUNDS if numbers <= _MOST_NUMBERS else 0):
            better = False
            for i, line in enumerate(plain):
                for number in range(len(line.normal) + 1 + len(line.slopes)):
                    before = self.ledger.stand_ins[i].line
                    tried = steps[i].coarser(number)
                    after = round_line(line, tried, box)
                    if self.deadline.is_over():
                        return
                    if _count_digits(after) > _count_digits(before):
                        continue
                    self.ledger.exchange_line(i, after)
                    if self.measure() <= self.limit:
                        steps[i] = tried
                        better |= _count_digits(after) < _count_digits(before)
                    else:
                        self.ledger.exchange_line(i, before)
            if not better:
                return

    def _coarsen_curves(self, curves: dict[int, tuple[LineNumbers, ...]], room: float) -> None:
        box = self.ledger.box
        if sum(map(len, curves.values())) * (1 + self.ledger.scores) > _MOST_NUMBERS:
            return
        for j, plain in curves.items():
            steps = [choose_line_steps(line, room, box) for line in plain]
            for i, line in enumerate(plain):
                numbers = range(len(line.normal), len(line.normal) + 1 + len(line.slopes))
                for number in [number for _ in range(_ROUNDS) for number in numbers]:
                    before = self.ledger.curves[j].lines
                    tried = steps[i].coarser(number)
                    after = round_line(line, tried, box)
                    if self.deadline.is_over():
                        return
                    if _count_digits(after) > _count_digits(before[i]):
                        continue
                    kept = self.tilts[j], self._off[j]
                    self._exchange_curve(j, (*before[:i], after, *before[i + 1 :]))
                    if self.measure() <= self.limit:
                        steps[i] = tried
                    else:
                        self.ledger.curves[j] = replace(self.ledger.curves[j], lines=before)
                        self.tilts[j], self._off[j] = kept

    def _exchange_curve(self, j: int, lines: tuple[LineNumbers, ...]) -> None:
        self.ledger.curves[j] = replace(self.ledger.curves[j], lines=lines)
        self._off[j] = self._fit_tilt(j, lines)

    def _fit_tilt(self, j: int, lines: tuple[LineNumbers, ...]) -> _Interval:
        """What lines of a column are off beside the best slope for all of it, which is kept."""
        before, box = self.ledger.curves[j].before, self.ledger.box
        ends = float(box.low[j]), float(box.high[j])
        places = np.unique(
            [*map(float, before.points), *(line.bound * line.normal[j] for line in lines), *ends]
        )
        places = places[(places >= ends[0]) & (places <= ends[1])]
        old = np.array([before.evaluate(Fraction(u)).astype(np.float64) for u in places.tolist()])
        new = np.array(
            [np.maximum(0.0, places * line.normal[j] - line.bound) for line in lines]
        ).reshape(len(lines), len(places))
        off = old - new.T @ np.array([line.slopes for line in lines]).reshape(-1, old.shape[1])
        width = ends[1] - ends[0] or 1.0
        unit = (places - ends[0])[:, None] / width
        tilt = np.array([fit_closest_form(unit, own)[0][0] / width for own in off.T])
        tilt = np.where(np.abs(off).max(axis=0) > 0.0, tilt, 0.0)
        self.tilts[j] = tilt

        return self.ledger.bound_curve(j, lines, -to_rationals(tilt))


def round_base(
    ledger: LineLedger, wanted: Array, limit: Fraction, deadline: Deadline
) -> CertifiedBase:
    """The base with the coarsest numbers that keep the limit, in all; that at hand where none do.

    wanted: (m, d) what its weights should be.
    """
    widths = np.where(ledger.box.open, 0.0, ledger.box.high - ledger.box.low)
    for share in _SHARES if limit else ():
        room = share * float(limit)
        steps = np.where(widths > 0, room / np.where(widths > 0, widths, 1.0), 0.0)
        steps = np.tile(steps, (len(wanted), 1))
        found = _certify_rounded(ledger, wanted, steps, room)
        if found.error <= limit:
            return _coarsen_base(ledger, wanted, (found, steps, room), limit)
        if deadline.is_over():
            break
    return _certify_rounded(ledger, wanted, np.zeros_like(wanted), 0.0)


def _certify_rounded(ledger: LineLedger, wanted: Array, steps: Array, room: float) -> CertifiedBase:
    weights = round_numbers(wanted, steps)
    constants = find_middle(ledger, weights)
    constants = round_numbers(constants, np.full(len(constants), room))
    return certify_base(ledger, AffineMap(weights, constants))


def _coarsen_base(
    ledger: LineLedger,
    wanted: Array,
    start: tuple[CertifiedBase, Array, float],
    limit: Fraction,
) -> CertifiedBase:
    """The same with a digit less for every number that can do without."""
    best, steps, room = start
    if steps.size > _MOST_NUMBERS // 4:
        return best
    for place in [*np.ndindex(steps.shape), None]:
        for _ in range(_ROUNDS):
            tried, wide = steps.copy(), room
            if place is None:
                wide = room * 10
            else:
                tried[place] *= 10
            found = _certify_rounded(ledger, wanted, tried, wide)
            same = np.array_equal(found.base.weights, best.base.weights) and np.array_equal(
                found.base.constants, best.base.constants
            )
            if found.error > limit:
                break
            steps, room, best = tried, wide, best if same else found

    return best


def _count_digits(line: LineNumbers) -> int:
    """Digits that a line is written with."""
    values = [*line.normal.tolist(), line.bound, *line.slopes.tolist()]
    return sum(len(repr(abs(v)).split("e")[0].replace(".", "").strip("0")) for v in values)
