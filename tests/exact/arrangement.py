"""All linear regions of a small network, in exact rationals: the reference for search and values.

Numbers of float64 are rationals. A region is a distinct pattern of the neurons' signs whose cell,
within the domain, has an interior, however thin. A neuron that is nowhere negative on a cell is +1
there, so one that vanishes on all of it is; one that is nowhere positive, but not zero everywhere,
is -1. A neuron of slope 1 is the identity, and +1 everywhere.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import product
from math import gcd, lcm
from operator import mul
from typing import NamedTuple

from relurules.domain import Domain
from relurules.ir import Network

#: An affine form of x: its coefficients, then its constant.
Form = tuple[Fraction, ...]
Point = tuple[Fraction, ...]
#: Rationals as whole numbers over one positive denominator: sums of products cost one division.
Scaled = tuple[list[int], int]

ONE = Fraction(1)


class Vertex(NamedTuple):
    """A corner of a cell.

    at: whole numbers, x times the last of them, which is positive.
    on: the bits of the walls that it lies on.
    """

    at: tuple[int, ...]
    on: int

    @property
    def point(self) -> Point:
        """The corner as rationals."""
        return tuple(Fraction(value, self.at[-1]) for value in self.at[:-1])


@dataclass(frozen=True)
class Cell:
    """A bounded polytope with an interior.

    dimension: the number of columns in which it has a width.
    walls: the hyperplanes that were used so far, one bit each.
    """

    vertices: tuple[Vertex, ...]
    dimension: int
    walls: int

    @classmethod
    def box(cls, lower: Iterable[float | Fraction], upper: Iterable[float | Fraction]) -> "Cell":
        """lower <= x <= upper; a column whose bounds are equal is held at that value."""
        sides = [(Fraction(a), Fraction(b)) for a, b in zip(lower, upper, strict=True)]
        if any(a > b for a, b in sides):
            raise ValueError("a column's lower bound lies above its upper one")
        lows = [(a, (a < b) << 2 * j) for j, (a, b) in enumerate(sides)]
        highs = [(b, 2 << 2 * j) for j, (_, b) in enumerate(sides)]
        pairs = zip(lows, highs, strict=True)
        ends = [(low, high) if low[0] < high[0] else (low,) for low, high in pairs]
        corners = []
        for corner in product(*ends):
            at = _homogeneous([value for value, _ in corner])
            corners.append(Vertex(at, sum(bit for _, bit in corner)))

        return cls(tuple(corners), sum(a < b for a, b in sides), 2 * len(sides))

    @cached_property
    def interior(self) -> Point:
        """A point strictly inside: the mean of the vertices."""
        *columns, scales = zip(*(vertex.at for vertex in self.vertices), strict=True)
        common = lcm(*scales)
        shares = [common // scale for scale in scales]
        total = common * len(scales)
        return tuple(Fraction(sum(map(mul, values, shares)), total) for values in columns)

    def split(self, form: Form) -> "tuple[Cell | None, Cell | None]":
        """The parts where a form is negative and where it isn't; None for one without interior.

        A form that is zero on the whole cell leaves it to the second part.
        """
        row = whole(form)
        values = [sum(map(mul, row, vertex.at)) for vertex in self.vertices]
        if min(values) >= 0:
            return None, self
        if max(values) <= 0:
            return self, None
        cut = self._on_the_cut(values)
        below = [vertex for vertex, value in zip(self.vertices, values, strict=True) if value < 0]
        above = [vertex for vertex, value in zip(self.vertices, values, strict=True) if value > 0]
        return self._part(below, cut), self._part(above, cut)

    def _part(self, vertices: list[Vertex], cut: list[Vertex]) -> "Cell":
        return Cell((*vertices, *cut), self.dimension, self.walls + 1)

    def _on_the_cut(self, values: list[int]) -> list[Vertex]:
        """Vertices of the section by the hyperplane of a form with these values at the vertices."""
        bit = 1 << self.walls
        signed = list(zip(self.vertices, values, strict=True))
        cut = [Vertex(vertex.at, vertex.on | bit) for vertex, value in signed if value == 0]
        for p, a in signed:
            for q, b in signed if a > 0 else ():
                if b < 0 and self._adjacent(p, q):
                    at = [a * there - b * here for here, there in zip(p.at, q.at, strict=True)]
                    cut.append(Vertex(_reduced(at), p.on & q.on | bit))

        return cut

    def _adjacent(self, p: Vertex, q: Vertex) -> bool:
        """Whether an edge joins two vertices: no third one is on all the walls that they share."""
        shared = p.on & q.on
        if shared.bit_count() < self.dimension - 1:
            return False
        return not any(v.on & shared == shared for v in self.vertices if v is not p and v is not q)


@dataclass(frozen=True)
class ExactNetwork:
    """A network's float64 numbers as the rationals that they are.

    inputs: A x + b of every neuron.
    links: the earlier neurons that each reads, with their weights.
    slopes: one for every neuron.
    outputs: C x + c of every output.
    readings: the neurons that each output reads, with their weights.
    """

    inputs: tuple[Form, ...]
    links: tuple[tuple[tuple[int, Fraction], ...], ...]
    slopes: tuple[Fraction, ...]
    outputs: tuple[Form, ...]
    readings: tuple[tuple[tuple[int, Fraction], ...], ...]

    @classmethod
    def of(cls, network: Network) -> "ExactNetwork":
        """Read a network; every number must be finite."""
        return cls(
            inputs=_forms(network.A.tolist(), network.b.tolist()),
            links=_weights(network.L.tolist()),
            slopes=tuple(map(Fraction, network.slope.tolist())),
            outputs=_forms(network.C.tolist(), network.c.tolist()),
            readings=_weights(network.U.tolist()),
        )

    def evaluate(self, x: Sequence[float | Fraction]) -> Point:
        """The outputs at a point, exactly."""
        at, active = scaled((*x, 1)), list[Fraction]()
        for (form, places, weights), slope in zip(self._neurons, self.slopes, strict=True):
            z = product_of(form, at) + product_of(weights, scaled([active[j] for j in places]))
            active.append(z if z >= 0 else slope * z)
        return tuple(
            product_of(form, at) + product_of(weights, scaled([active[j] for j in places]))
            for form, places, weights in self._sums
        )

    @cached_property
    def _neurons(self) -> "list[tuple[Scaled, list[int], Scaled]]":
        return _scaled_sums(self.inputs, self.links)

    @cached_property
    def _sums(self) -> "list[tuple[Scaled, list[int], Scaled]]":
        return _scaled_sums(self.outputs, self.readings)

    def preactivation(self, active: Sequence[Form]) -> Form:
        """z of the first neuron that isn't among the active ones, as a form of x."""
        return _sum(self.inputs[len(active)], self.links[len(active)], active)

    def output_forms(self, active: Sequence[Form]) -> tuple[Form, ...]:
        """The outputs as forms of x, where all neurons are active by these forms."""
        pairs = zip(self.outputs, self.readings, strict=True)
        return tuple(_sum(form, reads, active) for form, reads in pairs)


@dataclass(frozen=True)
class ExactRegion:
    """One linear region.

    pattern: +1 or -1 of every neuron.
    cell: its closure.
    forms: the outputs on it.
    """

    pattern: tuple[int, ...]
    cell: Cell
    forms: tuple[Form, ...]

    @property
    def interior(self) -> Point:
        """A point strictly inside."""
        return self.cell.interior

    def outputs(self, x: Sequence[float | Fraction]) -> Point:
        """The region's affine maps at any point, also where they aren't the network."""
        at = scaled((*x, 1))
        return tuple(product_of(form, at) for form in self._scaled_forms)

    def terms(self, x: Sequence[float | Fraction]) -> Point:
        """The sum of the absolute terms of every output's map at a point."""
        at = sizes_of(scaled((*x, 1)))
        return tuple(product_of(sizes_of(form), at) for form in self._scaled_forms)

    @cached_property
    def _scaled_forms(self) -> list[Scaled]:
        return [scaled(form) for form in self.forms]


def regions(network: Network | ExactNetwork, domain: Domain | Cell | None) -> list[ExactRegion]:
    """All linear regions in a bounded domain, in the order of their patterns, -1 before +1.

    A domain without interior (None) has none.
    """
    exact = network if isinstance(network, ExactNetwork) else ExactNetwork.of(network)
    cell = cell_of(domain) if isinstance(domain, Domain) else domain
    return [] if cell is None else list(_regions(exact, cell))


def _regions(exact: ExactNetwork, cell: Cell) -> Iterator[ExactRegion]:
    stack: list[tuple[Cell, tuple[int, ...], tuple[Form, ...]]] = [(cell, (), ())]
    while stack:
        part, pattern, active = stack.pop()
        k = len(pattern)
        if k == len(exact.slopes):
            yield ExactRegion(pattern, part, exact.output_forms(active))
            continue
        z, slope = exact.preactivation(active), exact.slopes[k]
        below, above = (None, part) if slope == 1 else part.split(z)
        if above is not None:
            stack.append((above, (*pattern, 1), (*active, z)))
        if below is not None:
            stack.append((below, (*pattern, -1), (*active, tuple(slope * a for a in z))))


def cell_of(domain: Domain) -> Cell | None:
    """A bounded domain of plain columns; None where its inequalities leave no interior."""
    if domain.groups:
        raise ValueError("one-hot groups have no exact reference")
    cell: Cell | None = Cell.box(domain.lower.tolist(), domain.upper.tolist())
    for normal, bound in zip(domain.normals.tolist(), domain.bounds.tolist(), strict=True):
        if cell is not None:
            _, cell = cell.split((*(-Fraction(value) for value in normal), Fraction(bound)))
    return cell


def evaluate_exact(network: Network, x: Sequence[float | Fraction]) -> Point:
    """A network's outputs at one point, exactly; for many points keep an `ExactNetwork`."""
    return ExactNetwork.of(network).evaluate(x)


def whole(form: Form) -> tuple[int, ...]:
    """A positive multiple of a form, in whole numbers."""
    common = lcm(*(value.denominator for value in form))
    return _reduced([value.numerator * (common // value.denominator) for value in form])


def _homogeneous(point: Sequence[Fraction]) -> tuple[int, ...]:
    return whole((*point, ONE))


def _reduced(numbers: Sequence[int]) -> tuple[int, ...]:
    divisor = gcd(*numbers) or 1
    return tuple(number // divisor for number in numbers)


def _forms(rows: list[list[float]], constants: list[float]) -> tuple[Form, ...]:
    pairs = zip(rows, constants, strict=True)
    return tuple((*map(Fraction, row), Fraction(constant)) for row, constant in pairs)


def _weights(rows: list[list[float]]) -> tuple[tuple[tuple[int, Fraction], ...], ...]:
    numbered = (enumerate(row) for row in rows)
    return tuple(tuple((j, Fraction(value)) for j, value in row if value) for row in numbered)


def scaled(values: Sequence[float | Fraction]) -> Scaled:
    """Rationals over the least common denominator."""
    ratios = [value.as_integer_ratio() for value in values]
    common = lcm(*(below for _, below in ratios))
    return [above * (common // below) for above, below in ratios], common


def product_of(one: Scaled, other: Scaled) -> Fraction:
    """The sum of the products of two lists' numbers."""
    return Fraction(sum(map(mul, one[0], other[0])), one[1] * other[1])


def sizes_of(values: Scaled) -> Scaled:
    """Their absolute values."""
    return [abs(value) for value in values[0]], values[1]


def _scaled_sums(
    forms: Sequence[Form], weights: Sequence[Sequence[tuple[int, Fraction]]]
) -> list[tuple[Scaled, list[int], Scaled]]:
    """For every form: its numbers, and the neurons that are added, with their weights."""
    return [
        (scaled(form), [j for j, _ in added], scaled([weight for _, weight in added]))
        for form, added in zip(forms, weights, strict=True)
    ]


def _sum(form: Form, weights: Sequence[tuple[int, Fraction]], active: Sequence[Form]) -> Form:
    if not weights:
        return form
    factors = scaled([weight for _, weight in weights])
    columns = zip(*(active[j] for j, _ in weights), strict=True)
    added = (product_of(factors, scaled(values)) for values in columns)
    return tuple(own + more for own, more in zip(form, added, strict=True))
