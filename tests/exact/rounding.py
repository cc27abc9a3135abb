"""What float64 may cost rules that are right: rounding of the terms left after cancellation.

Rules hold the affine maps of regions, every number of which is rounded once, and the network is one
of these maps at any row. So its value there is off by roundings of that map's own terms w_j x_j and
c, whatever huge terms of the network's neurons cancelled on the way to w and c. Beside a boundary
float64 may also take the map of the region across it, namely where the boundary's form n x + o is
less than some roundings of its own terms, that is, where a row that differs from x in the last few
bits of its numbers lies in that region. There the terms of both maps count.
"""

from collections.abc import Sequence
from fractions import Fraction

from exact.arrangement import Cell, ExactNetwork, ExactRegion, Point, regions

Row = Sequence[float]

#: The rounding unit of float64, and the smallest number above 0.
UNIT, TINY = Fraction(1, 2**53), Fraction(5e-324)


def roundings(columns: int) -> int:
    """How many roundings a map's value may take.

    One for each number, one for its product, `columns` for the sum, and four more for what rules
    may do to a row or a number, such as writing a condition in other units.
    """
    return columns + 6


def allowance(exact: ExactNetwork, x: Row, lower: Row, upper: Row) -> Point:
    """How far the outputs of rules may be from those of the network at a row of a box.

    Let a row y within rounding of x be in a region whose map is g. By following the network from x
    to y, |g(x) - f(x)| <= 2 max |w| |y - x| over the regions between, so at most four times as many
    roundings as are in `regions_near`, and g(x) itself is rounded too.
    """
    near = regions_near(exact, x, lower, upper)
    count = roundings(len(x)) * (1 if len(near) == 1 else 5)
    most = map(max, zip(*(region.terms(x) for region in near), strict=True))
    return tuple(count * (UNIT * terms + TINY) for terms in most)


def regions_near(exact: ExactNetwork, x: Row, lower: Row, upper: Row) -> list[ExactRegion]:
    """The regions that reach a row if its numbers are moved by a few roundings, within a box."""
    share = 2 * roundings(len(x)) * UNIT
    at = [Fraction(value) for value in x]
    low = [max(Fraction(a), v - share * abs(v)) for v, a in zip(at, lower, strict=True)]
    high = [min(Fraction(b), v + share * abs(v)) for v, b in zip(at, upper, strict=True)]
    return regions(exact, Cell.box(low, high))


def largest_terms(found: Sequence[ExactRegion]) -> Fraction:
    """The largest sum of absolute terms of any region's maps at its vertices."""
    corners = ((region, vertex) for region in found for vertex in region.cell.vertices)
    return max((max(region.terms(vertex.point)) for region, vertex in corners), default=Fraction(0))
