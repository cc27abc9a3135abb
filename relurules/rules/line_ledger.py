"""New lines beside those that they stand for, with the certificate: a book of what is off, by line
and by column, in rational arithmetic on the numbers that are stored.

score before - score after = constant + what every line is off + what every column is off. A line of
several columns is compared with the hinge that it stands for; lines of one column, and the base's
weight, with what they were, from breakpoint to breakpoint. Each lies in an interval, and these add
up.
"""

from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np

from relurules.ir import Neuron
from relurules.ir.network import AffineMap, Array
from relurules.networks.programs import Rationals, to_rationals
from relurules.rules.curve_merging import ExactCurve, bound_curve_difference
from relurules.rules.exact_box import BoundedBox
from relurules.rules.hinge_moves import (
    ExactHinge,
    MoveBound,
    add_moves,
    change_slopes,
    redirect_hinge,
)

#: Low and high, (m,) each.
_Interval = tuple[Rationals, Rationals]


@dataclass(frozen=True, kw_only=True, eq=False)
class LineNumbers:
    """A line as it is written: normal (d,), bound, slopes (m,); neuron: whose it is, None of
    several.
    """

    normal: Array
    bound: float
    slopes: Array
    neuron: Neuron | None = None

    @property
    def hinge(self) -> ExactHinge:
        """The same, exactly."""
        form = np.append(self.normal, -self.bound)
        return ExactHinge(to_rationals(form), to_rationals(self.slopes))


@dataclass(frozen=True, kw_only=True, eq=False)
class StandIn:
    """A line of several columns, and the hinge that it stands for, of about the same form."""

    hinge: ExactHinge
    line: LineNumbers

    def bound(self, box: BoundedBox) -> MoveBound:
        """What the hinge is beside the line."""
        after = self.line.hinge
        return redirect_hinge(self.hinge, after.form, box) + change_slopes(
            ExactHinge(after.form, self.hinge.slopes), after.slopes, box
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class ColumnCurve:
    """Lines of one column: the curve that they stand for, and the lines."""

    before: ExactCurve
    lines: tuple[LineNumbers, ...]


@dataclass(kw_only=True, eq=False)
class LineLedger:
    """Lines, a base, and what is off.

    affine: (m, d + 1) what the base stood for, with the affine rests of all moves; moved: the
    interval of these moves. Columns that are open have no rest.
    """

    box: BoundedBox
    affine: Rationals
    moved: _Interval
    stand_ins: list[StandIn]
    curves: dict[int, ColumnCurve]
    _lines: list[MoveBound] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lines = [one.bound(self.box) for one in self.stand_ins]

    @property
    def scores(self) -> int:
        """Number of scores m."""
        return len(self.affine)

    @property
    def target(self) -> Rationals:
        """(m, d + 1) what the base should be, as lines stand."""
        return np.asarray(self.affine + self._sum_lines().affine)

    def _sum_lines(self) -> MoveBound:
        return add_moves(self._lines, self.scores, self.affine.shape[1])

    def bound_lines(self) -> _Interval:
        """What the moves and the lines of several columns are off."""
        total = self._sum_lines()
        return self.moved[0] + total.low, self.moved[1] + total.high

    def exchange_line(self, i: int, line: LineNumbers) -> None:
        """Another line for the same hinge."""
        self.stand_ins[i] = replace(self.stand_ins[i], line=line)
        self._lines[i] = self.stand_ins[i].bound(self.box)

    def bound_curve(self, j: int, lines: tuple[LineNumbers, ...], weights: Rationals) -> _Interval:
        """What lines of column j in place of those before are off, with weights (m,) beside."""
        before = self.curves[j].before
        ends = float(self.box.low[j]), float(self.box.high[j])
        after = ExactCurve([line.hinge for line in lines], j, ends, self.scores)
        return bound_curve_difference(before, after, weights)

    def bound_columns(self, target: Rationals, weights: Array) -> _Interval:
        """What columns are off: lines of one, and base weights (m, d) beside `target`, above."""
        rest = target[:, :-1] - to_rationals(weights)
        low, high = to_rationals(np.zeros(self.scores)), to_rationals(np.zeros(self.scores))
        for j in self.box.free.tolist():
            own = self._bound_column(j, rest[:, j])
            low, high = low + own[0], high + own[1]
        for choice in self.box.choices:
            values = rest[:, choice]
            low, high = low + values.min(axis=1), high + values.max(axis=1)

        return low, high

    def _bound_column(self, j: int, rest: Rationals) -> _Interval:
        if j in self.curves:
            return self.bound_curve(j, self.curves[j].lines, rest)
        if not rest.any():
            return rest, rest
        ends = rest * Fraction(float(self.box.low[j])), rest * Fraction(float(self.box.high[j]))
        return np.minimum(*ends), np.maximum(*ends)


def add_intervals(one: _Interval, other: _Interval) -> _Interval:
    """Sums of two intervals."""
    return one[0] + other[0], one[1] + other[1]


def measure_interval(interval: _Interval) -> Fraction:
    """Half the widest score's: what is off once its middle is a constant."""
    return Fraction(max((interval[1] - interval[0]).tolist())) / 2


@dataclass(frozen=True, kw_only=True, eq=False)
class CertifiedBase:
    """Base, and (m,) what scores are off at most with it."""

    base: AffineMap
    errors: Rationals

    @property
    def error(self) -> Fraction:
        """Of the worst score."""
        return Fraction(max(self.errors.tolist()))


def certify_base(ledger: LineLedger, base: AffineMap) -> CertifiedBase:
    """What scores are off with this base, m weights and constants, in all."""
    target = ledger.target
    low, high = add_intervals(ledger.bound_lines(), ledger.bound_columns(target, base.weights))
    rest = target[:, -1] - to_rationals(base.constants)
    errors = np.maximum(np.abs(low + rest), np.abs(high + rest))
    return CertifiedBase(base=base, errors=errors)


def find_middle(ledger: LineLedger, weights: Array) -> Array:
    """(m,) the constants with which errors are smallest, with these weights."""
    target = ledger.target
    low, high = add_intervals(ledger.bound_lines(), ledger.bound_columns(target, weights))
    middle = target[:, -1] + (low + high) / 2
    return np.asarray(middle.astype(np.float64))
