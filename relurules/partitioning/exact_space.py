"""A domain as a polytope in exact integers, and points of it (Domain -> ExactSpace)."""

from collections.abc import Collection, Iterator, Sequence
from fractions import Fraction

import numpy as np

from relurules.domain import Domain, Normalisation
from relurules.ir.exact_forms import Integers, scale_to_integers
from relurules.ir.network import Array
from relurules.lp.exact_dictionary import ExactPolytope, reduce_row


class ExactSpace:
    """Coordinates s in the unit box for the columns of a domain that may move.

    A bounded domain: x = lower + (upper - lower) s. Else s is homogeneous: x = (2 s - 1) / t for
    the columns, t, in [0, 1], being the last coordinate. The last indicator of a group is 1 minus
    the others, and no coordinate.
    """

    def __init__(self, domain: Domain, frame: Normalisation) -> None:
        self.domain, self.free = domain, frame.free
        self.ties = frame.ties
        place = {int(column): i for i, column in enumerate(frame.free)}
        self.groups = [
            np.array([place[int(j)] for j in tie[:-1]], dtype=np.intp) for tie in frame.ties
        ]
        self.cone = not np.isfinite([domain.lower[self.free], domain.upper[self.free]]).all()
        self.fixed = np.flatnonzero((domain.lower == domain.upper) & (domain.lower != 0))
        moving = (
            np.empty(0)
            if self.cone
            else np.concatenate([domain.lower[self.free], domain.upper[self.free]])
        )
        ends, self._shift = scale_to_integers(np.concatenate([domain.lower[self.fixed], moving]))
        self._fixed, ends = ends[: len(self.fixed)], ends[len(self.fixed) :]
        half = len(ends) // 2
        self._low, self._width = ends[:half], ends[half:] - ends[:half]
        self.walls = self._walls(domain.limits)

    def find_open_group(self, s: Sequence[Fraction], picked: Collection[int] = ()) -> int | None:
        """The first group of which an indicator is neither 0 nor 1; None where all are.

        picked: groups whose category is chosen. A point at infinity, t = 0, is of no category, so
        there every other one is open.
        """
        values = (0, 1) if not self.cone else (Fraction(1, 2), (1 + s[-1]) / 2)
        endless = self.cone and s[-1] == 0
        for number, group in enumerate(self.groups):
            if number in picked or not len(group):
                continue
            if endless or any(s[i] not in values for i in group.tolist()):
                return number
        return None

    def pick(self, polytope: ExactPolytope, number: int) -> Iterator[ExactPolytope]:
        """The polytope with each indicator of a group at 1 in turn, where that leaves something
        that isn't at infinity.
        """
        group = self.groups[number]
        for i in [*group.tolist(), None]:
            row = np.zeros(self.coordinates + 1, dtype=object)
            if i is not None:
                row[i], row[-1] = 1, -1
            else:
                row[group] = -1
            if self.cone:  # x = (2 s - 1) / t is to be 1, or the sum of all to be 0
                row[:-1] *= 2
                row[-2], row[-1] = (-1, -1) if i is not None else (0, len(group))
            part = polytope.copy()
            if part.cut(row) and self.find_finite_vertex(part) is not None:
                yield part

    def find_finite_vertex(self, polytope: ExactPolytope) -> tuple[Fraction, ...] | None:
        """A vertex that isn't at infinity; None where all are."""
        if not self.cone:
            return polytope.vertex()
        row = np.zeros(self.coordinates + 1, dtype=object)
        row[-2] = 1
        found = polytope.rises_above_zero(row)
        return None if found is None else found.vertex

    def leave_infinity(
        self, polytope: ExactPolytope, s: tuple[Fraction, ...], row: Integers
    ) -> tuple[Fraction, ...]:
        """A point of the polytope near s, where row·s > 0 too, that isn't at infinity."""
        finite = self.find_finite_vertex(polytope) if self.cone and s[-1] == 0 else None
        if finite is None:
            return s
        share = Fraction(1, 2)
        while True:
            moved = tuple(a + share * (b - a) for a, b in zip(s, finite, strict=True))
            if evaluate_row(row, moved) > 0:
                return moved
            share /= 16

    @property
    def coordinates(self) -> int:
        """How many coordinates s has."""
        return len(self.free) + int(self.cone)

    def polytope(self) -> ExactPolytope | None:
        """The domain; None where its inequalities leave nothing."""
        polytope = ExactPolytope(self.coordinates)
        return polytope if all(polytope.cut(row) for row in self.walls) else None

    def row(self, form: Integers) -> Integers:
        """Integers (d + 1,) of an affine form of x, the constant last, as smallest integers of s
        that have its sign.
        """
        weights, constant = form[:-1], form[-1]
        for tie in self.ties:
            last = weights[tie[-1]]
            constant += last
            weights = weights.copy()
            weights[tie] -= last

        own, scale = weights[self.free], 1 << self._shift
        constant = constant * scale + (weights[self.fixed] * self._fixed).sum()
        if self.cone:
            return reduce_row(
                np.array([*(2 * scale * own), constant, -scale * own.sum()], dtype=object)
            )

        constant += (own * self._low).sum()
        return reduce_row(np.append(own * self._width, constant))

    def point(self, s: Sequence[Fraction]) -> Array:
        """(d,) the point in the user's units, every coordinate rounded to the nearest float."""
        x = self.domain.lower.copy()
        exact = dict[int, Fraction]()
        for i, j in enumerate(self.free.tolist()):
            if self.cone:
                exact[j] = (2 * s[i] - 1) / s[-1]
            else:
                exact[j] = (int(self._low[i]) + s[i] * int(self._width[i])) / (1 << self._shift)

        for tie in self.ties:
            exact[int(tie[-1])] = 1 - sum((exact[int(j)] for j in tie[:-1]), Fraction(0))

        for j, value in exact.items():
            x[j] = float(value)

        return x

    def has_interior(self) -> bool:
        """Whether the domain has one, as it was asked for: without the room that membership leaves
        for rounding.
        """
        polytope, walls = ExactPolytope(self.coordinates), self._walls(self.domain.bounds)
        return (
            all(polytope.cut(row) for row in walls)
            and find_interior_point(polytope, walls) is not None
        )

    def _walls(self, bounds: Array) -> list[Integers]:
        domain, d = self.domain, len(self.domain)
        forms = [
            np.append(-normal, bound) for normal, bound in zip(domain.normals, bounds, strict=True)
        ]
        eye = np.eye(d)
        forms += [np.append(eye[tie[-1]], 0.0) for tie in self.ties]

        if self.cone:
            for j in self.free:
                forms += [
                    np.append(sign * eye[j], -sign * bound)
                    for sign, bound in ((1.0, domain.lower[j]), (-1.0, domain.upper[j]))
                    if np.isfinite(bound)
                ]

        rows = [self.row(scale_to_integers(form)[0]) for form in forms]
        return [row for row in rows if (row[:-1] != 0).any() or row[-1] < 0]


def find_interior_point(
    polytope: ExactPolytope, rows: Sequence[Integers]
) -> tuple[Fraction, ...] | None:
    """A point strictly inside the polytope, whose rows these are, and the unit box; None where
    there is none.
    """
    corners = [polytope.vertex()]
    for row in rows:
        if not any(evaluate_row(row, corner) > 0 for corner in corners):
            found = polytope.rises_above_zero(row)
            if found is None:
                return None
            corners.append(found.vertex)

    center = tuple(sum(values, Fraction(0)) / len(corners) for values in zip(*corners, strict=True))
    middle = tuple(Fraction(1, 2) for _ in center)
    share = Fraction(1, 2)

    while True:
        moved = tuple(c + share * (m - c) for c, m in zip(center, middle, strict=True))
        if all(evaluate_row(row, moved) > 0 for row in rows):
            return moved
        share /= 16


def evaluate_row(row: Integers, s: Sequence[Fraction]) -> Fraction:
    """row·s, the constant last."""
    return sum((int(a) * b for a, b in zip(row[:-1], s, strict=True) if a), Fraction(0)) + int(
        row[-1]
    )
