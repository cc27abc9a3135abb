"""Additive rules while they are edited: a base that may be written, and lines with the numbers that
they had.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np

from relurules.errors import DataError
from relurules.ir import AdditiveRules, Adjustment, AffineMap, Condition, HalfSpace
from relurules.ir.network import Array, make_read_only
from relurules.ir.score_parts import find_columns


@dataclass(kw_only=True)
class LineState:
    """rules: as they were; weights, constants: of the base now; lines: now, each with the number
    that it had, None for a new one.
    """

    rules: AdditiveRules
    weights: Array
    constants: Array
    lines: list[tuple[int | None, Adjustment]] = field(default_factory=list)

    @classmethod
    def of(cls, rules: AdditiveRules) -> "LineState":
        """The rules before any edit."""
        return cls(
            rules=rules,
            weights=rules.base.weights.copy(),
            constants=rules.base.constants.copy(),
            lines=[(line.number, line) for line in rules.lines],
        )

    def copy(self) -> "LineState":
        """The same, to be changed by itself."""
        return replace(
            self,
            weights=self.weights.copy(),
            constants=self.constants.copy(),
            lines=list(self.lines),
        )

    def take(self, other: "LineState") -> None:
        """Become as another one is."""
        self.weights, self.constants, self.lines = other.weights, other.constants, other.lines

    def find_score(self, name: str | None) -> int:
        """Its index; DataError for a name that there isn't, or none where there are several."""
        scores = self.rules.scores
        if name is None and len(scores) == 1:
            return 0
        if name not in scores:
            said = "no score is named" if name is None else f"no score {name!r}"
            raise DataError(f"{said}; say `of SCORE`: there are {', '.join(scores)}")
        return scores.index(name)

    def find_line(self, number: int) -> int:
        """The place of the line that had this number; DataError where there is none any more."""
        for place, (known, _) in enumerate(self.lines):
            if known == number:
                return place
        count = len(self.rules.lines)
        if 1 <= number <= count:
            raise DataError(f"line {number} was dropped before")
        have = {0: "no lines", 1: "line 1 alone"}.get(count, f"lines 1 to {count}")
        raise DataError(f"no line {number}; the rules have {have}")

    def find_own_lines(self, coordinate: int) -> list[int]:
        """Places of the lines that read this coordinate alone."""
        found = []
        for place, (_, line) in enumerate(self.lines):
            read = np.flatnonzero(line.condition.half_space.normal)
            if read.tolist() == [coordinate]:
                found.append(place)
        return found

    def compose(self) -> AdditiveRules:
        """The rules now, lines numbered anew; those that add nothing are left out."""
        kept = [(n, line) for n, line in self.lines if line.slopes.any()]
        if _is_ordered(self.rules, self.rules.lines):
            kept.sort(key=lambda one: _make_key(self.rules, one[1]))
        lines = tuple(replace(line, number=i) for i, (_, line) in enumerate(kept, 1))
        base = AffineMap(make_read_only(self.weights.copy()), make_read_only(self.constants.copy()))
        return replace(self.rules, base=base, lines=lines, evidence=None)


def make_line(rules: AdditiveRules, normal: Array, bound: float, slopes: Array) -> Adjustment:
    """A line of no neuron, whose number is given later."""
    return Adjustment(
        number=0,
        condition=Condition(
            HalfSpace(normal=make_read_only(normal), bound=bound, neuron=None, split=-1), holds=True
        ),
        slopes=make_read_only(slopes),
        columns=tuple(
            rules.domain.columns[i].name for i in find_columns(rules.domain, normal != 0)
        ),
    )


def move_line(
    line: Adjustment, *, bound: float | None = None, slopes: Array | None = None
) -> Adjustment:
    """The line with another bound or other slopes; what rows it applies to isn't known then, where
    the bound has moved.
    """
    space = line.condition.half_space
    if bound is not None:
        line = replace(
            line,
            condition=line.condition._replace(half_space=space._replace(bound=bound)),
            rows=None,
        )

    return line if slopes is None else replace(line, slopes=make_read_only(slopes))


def sum_own_parts(state: LineState, coordinate: int, score: int, x: Fraction) -> Fraction:
    """What the base and the lines that read one coordinate alone add at x, exactly."""
    total = Fraction(float(state.weights[score, coordinate])) * x
    for place in state.find_own_lines(coordinate):
        line = state.lines[place][1]
        space = line.condition.half_space
        beyond = Fraction(float(space.normal[coordinate])) * x - Fraction(float(space.bound))
        total += Fraction(float(line.slopes[score])) * max(Fraction(0), beyond)
    return total


def _is_ordered(rules: AdditiveRules, lines: Sequence[Adjustment]) -> bool:
    keys = [_make_key(rules, line) for line in lines]
    return keys == sorted(keys)


def _make_key(rules: AdditiveRules, line: Adjustment) -> tuple[int, tuple[int, ...], bool, float]:
    """The order that lines are numbered in: column by column, pair by pair, by their bounds."""
    space = line.condition.half_space
    read = find_columns(rules.domain, space.normal != 0)
    return len(read), read, bool(space.normal.sum() < 0), float(space.bound)
