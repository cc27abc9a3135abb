"""Float64 rows of a box on which rules go wrong first."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import reduce
from itertools import product
from operator import mul, or_

import numpy as np
from numpy.typing import NDArray

from exact.arrangement import Cell, ExactRegion, Point

Array = NDArray[np.float64]
Random = np.random.Generator
Regions = Sequence[ExactRegion]

#: Corners of the box that are looked at, at most.
_CORNERS = 64


def telling_rows(found: Regions, lower: Array, upper: Array, random: Random, most: int) -> Array:
    """Up to `most` rows: interiors, vertices, boundaries and their neighbours, all magnitudes."""
    share = most // 4
    interiors = [_rounded(region.interior) for region in found]
    vertices = [_rounded(vertex.point) for region in found for vertex in region.cell.vertices]
    beside = list(_beside(found, random, share))
    drawn = [
        *_corners(lower, upper)[: share // 2],
        *rows_of_every_magnitude(lower, upper, random, share),
    ]
    kinds = [np.array(part) for part in (interiors, vertices, beside, drawn) if len(part)]
    rows = [_some(part, random, share) for part in kinds]
    return np.unique(np.clip(np.vstack(rows), lower, upper), axis=0)


def rows_of_every_magnitude(lower: Array, upper: Array, random: Random, count: int) -> Array:
    """Rows 1e-20 to 1 of a column's width away from a bound, the middle or 0; or anywhere."""
    size = (count, len(lower))
    width, middle = upper - lower, lower / 2 + upper / 2
    start = np.choose(random.integers(0, 4, size), [lower, upper, middle, 0 * middle])
    step = random.choice([-1.0, 1.0], size) * 10.0 ** random.uniform(-20, 0, size) * width
    anywhere = lower + random.random(size) * width
    return np.clip(np.where(random.random(size) < 0.3, anywhere, start + step), lower, upper)


def _beside(found: Regions, random: Random, count: int) -> Iterator[Array]:
    """Points on walls of regions, and neighbours of each, an ulp away in one column or in all."""
    for _ in range(count):
        cell = found[int(random.integers(len(found)))].cell
        on = _wall(cell, random)
        row = _rounded(on)
        side = random.choice([-np.inf, np.inf], len(row))
        moved = np.nextafter(row, side)
        column = random.integers(len(row))
        yield row
        yield moved
        yield np.where(np.arange(len(row)) == column, moved, row)


def _wall(cell: Cell, random: Random) -> Point:
    """The mean of the vertices on one of a cell's walls, with random weights."""
    used = reduce(or_, (vertex.on for vertex in cell.vertices))
    bits = [bit for bit in range(cell.walls) if used >> bit & 1]
    if not bits:
        return cell.interior
    bit = bits[int(random.integers(len(bits)))]
    points = [vertex.point for vertex in cell.vertices if vertex.on >> bit & 1]
    weights = [Fraction(int(weight)) for weight in random.integers(1, 100, len(points))]
    columns = zip(*points, strict=True)
    return tuple(sum(map(mul, weights, values), Fraction(0)) / sum(weights) for values in columns)


def _corners(lower: Array, upper: Array) -> list[Array]:
    sides = zip(lower.tolist(), upper.tolist(), strict=True)
    return [np.array(corner) for corner, _ in zip(product(*sides), range(_CORNERS), strict=False)]


def _rounded(point: Point) -> Array:
    return np.array([float(value) for value in point])


def _some(rows: Array, random: Random, count: int) -> Array:
    """All rows, or so many of them."""
    return rows if len(rows) <= count else rows[random.choice(len(rows), count, replace=False)]
