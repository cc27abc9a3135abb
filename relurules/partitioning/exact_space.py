"""A domain as a polytope in exact integers, and points of it (Domain -> ExactSpace)."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from relurules.domain import Domain, Frame
from relurules.ir.exact_forms import Integers
from relurules.ir.network import Array
from relurules.lp.exact import ExactPolytope, integer_row


class ExactSpace:
    """Coordinates s in the unit box for the columns of a domain that may move.

    A bounded domain: x = lower + (upper - lower) s. Else s is homogeneous: x = (2 s - 1) / t for the columns, t, in
    [0, 1], being the last coordinate. The last indicator of a group is 1 minus the others, and no coordinate.
    """

    def __init__(self, domain: Domain, frame: Frame) -> None:
        self.domain, self.free = domain, frame.free.tolist()
        self.ties = [tie.tolist() for tie in frame.ties]
        self.cone = not np.isfinite([domain.lower[self.free], domain.upper[self.free]]).all()
        self.fixed = {
            j: Fraction(float(domain.lower[j]))
            for j in range(len(domain))
            if domain.lower[j] == domain.upper[j] and domain.lower[j]
        }
        self.low = {j: _exact(domain.lower[j]) for j in self.free}
        self.width = {j: _exact(domain.upper[j]) - self.low[j] for j in self.free} if not self.cone else {}
        self.walls = self._walls()

    @property
    def coordinates(self) -> int:
        """How many coordinates s has."""
        return len(self.free) + int(self.cone)

    def polytope(self) -> ExactPolytope | None:
        """The domain; None where its inequalities leave nothing."""
        polytope = ExactPolytope(self.coordinates)
        return polytope if all(polytope.cut(row) for row in self.walls) else None

    def row(self, form: Sequence[Fraction] | Integers) -> Integers:
        """An affine form of x, (d + 1,) with the constant last, as smallest integers of s that have its sign."""
        weights = [Fraction(value) for value in form[:-1]]
        constant = Fraction(form[-1])
        for tie in self.ties:
            last = weights[tie[-1]]
            constant += last
            if last:
                for j in tie:
                    weights[j] -= last
        constant += sum((weights[j] * value for j, value in self.fixed.items()), Fraction(0))
        own = [(weights[j], j) for j in self.free]
        if self.cone:
            total = -sum((weight for weight, _ in own), Fraction(0))
            return integer_row([*(2 * weight for weight, _ in own), constant, total])
        constant += sum((weight * self.low[j] for weight, j in own if weight), Fraction(0))
        return integer_row([*(weight * self.width[j] for weight, j in own), constant])

    def point(self, s: Sequence[Fraction]) -> Array:
        """(d,) the point in the user's units, every coordinate rounded to the nearest float."""
        exact = dict.fromkeys(range(len(self.domain)), Fraction(0)) | self.fixed
        for i, j in enumerate(self.free):
            exact[j] = (2 * s[i] - 1) / s[-1] if self.cone else self.low[j] + self.width[j] * s[i]
        for tie in self.ties:
            exact[tie[-1]] = 1 - sum((exact[j] for j in tie[:-1]), Fraction(0))
        return np.array([float(exact[j]) for j in range(len(self.domain))])

    def _walls(self) -> list[Integers]:
        domain, d = self.domain, len(self.domain)
        forms = [
            [*(-_exact(value) for value in normal), _exact(bound)]
            for normal, bound in zip(domain.normals, domain.limits, strict=True)
        ]
        for tie in self.ties:
            forms.append([*(Fraction(int(j == tie[-1])) for j in range(d)), Fraction(0)])
        if self.cone:
            for j in self.free:
                for sign, bound in ((1, domain.lower[j]), (-1, domain.upper[j])):
                    if np.isfinite(bound):
                        forms.append([*(Fraction(sign * int(i == j)) for i in range(d)), -sign * _exact(bound)])
        rows = [self.row(form) for form in forms]
        return [row for row in rows if (row[:-1] != 0).any() or row[-1] < 0]


def interior_point(polytope: ExactPolytope, rows: Sequence[Integers]) -> tuple[Fraction, ...] | None:
    """A point of the polytope where all its rows are positive, strictly inside the unit box; None where there is none."""
    corners = [polytope.vertex()]
    for row in rows:
        if not any(_value(row, corner) > 0 for corner in corners):
            found = polytope.rises_above_zero(row)
            if found is None:
                return None
            corners.append(found.vertex)
    center = tuple(sum(values, Fraction(0)) / len(corners) for values in zip(*corners, strict=True))
    middle = tuple(Fraction(1, 2) for _ in center)
    share = Fraction(1, 2)
    while True:
        moved = tuple(c + share * (m - c) for c, m in zip(center, middle, strict=True))
        if all(_value(row, moved) > 0 for row in rows):
            return moved
        share /= 16


def _value(row: Integers, s: Sequence[Fraction]) -> Fraction:
    return sum((int(a) * b for a, b in zip(row[:-1], s, strict=True) if a), Fraction(0)) + int(row[-1])


def _exact(value: float) -> Fraction:
    return Fraction(float(value)) if np.isfinite(value) else Fraction(0)
