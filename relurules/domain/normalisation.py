"""Normalised coordinates: the free columns of a domain, shifted and scaled to about [-1, 1]."""

from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Exact = NDArray[np.object_]


class ExactRows(NamedTuple):
    """Half-spaces G u <= h in rational numbers, (c, f) and (c,)."""

    G: Exact
    h: Exact

    def and_also(self, other: "ExactRows") -> "ExactRows":
        """Both."""
        return ExactRows(np.vstack([self.G, other.G]), np.concatenate([self.h, other.h]))

    def of(self, kept: NDArray[np.bool_]) -> "ExactRows":
        """Some of them."""
        return ExactRows(self.G[kept], self.h[kept])


@dataclass(frozen=True, slots=True)
class Normalisation:
    """x = origin + scale * u on the free columns; a column whose bounds coincide is pinned to its
    origin.

    origin, scale: (d,) in the user's units; free: (f,) indices of the columns that may move; ties:
    groups of columns whose sum is 1, in which the last one is 1 minus the others and so isn't free.
    u: (f,), unitless.
    """

    origin: Array
    scale: Array
    free: NDArray[np.intp]
    ties: tuple[NDArray[np.intp], ...] = ()

    def to_user(self, u: Array) -> Array:
        """(..., f) normalised -> (..., d) in the user's units."""
        x = np.broadcast_to(self.origin, (*u.shape[:-1], len(self.origin))).copy()
        x[..., self.free] += self.scale[self.free] * u
        for tie in self.ties:
            x[..., tie[-1]] = 1.0 - x[..., tie[:-1]].sum(axis=-1)
        return x

    def from_user(self, x: Array) -> Array:
        """(..., d) in the user's units -> (..., f) normalised."""
        return np.asarray((x[..., self.free] - self.origin[self.free]) / self.scale[self.free])

    @property
    def shift(self) -> Array:
        """(d,) the point where u is 0."""
        return self.to_user(np.zeros(len(self.free)))

    def entries(self) -> tuple[NDArray[np.int64], NDArray[np.int64], Array]:
        """The derivative of x with respect to u as (column of x, coordinate of u, value), (e,)
        each.
        """
        place = {int(column): i for i, column in enumerate(self.free)}
        found = [(column, i, float(self.scale[column])) for column, i in place.items()]
        found += [
            (int(tie[-1]), place[int(column)], -1.0) for tie in self.ties for column in tie[:-1]
        ]
        columns, coordinates, values = zip(*found, strict=True) if found else ((), (), ())

        return (
            np.array(columns, dtype=np.int64),
            np.array(coordinates, dtype=np.int64),
            np.array(values, dtype=float),
        )

    def rows(self, normals: Array, offsets: Array) -> tuple[Array, Array]:
        """Affine forms normals·x + offsets, (n, d) and (n,), as forms of u: (n, f) and (n,)."""
        for tie in self.ties:
            last = normals[:, tie[-1]]
            offsets = offsets + last
            normals = normals.copy()
            normals[:, tie] -= last[:, None]
        return normals[:, self.free] * self.scale[self.free], offsets + normals @ self.origin

    def exact_rows(self, normals: Array, bounds: Array) -> ExactRows:
        """Half-spaces normals·x <= bounds, (n, d) and (n,), in u, without any rounding."""
        G = np.empty((len(normals), len(self.free)), dtype=object)
        h = np.empty(len(normals), dtype=object)
        last = {int(column): int(tie[-1]) for tie in self.ties for column in tie[:-1]}
        ends = [int(tie[-1]) for tie in self.ties]
        scales = list(zip(self.free.tolist(), _split(self.scale[self.free]), strict=True))
        origin = _split(self.origin)
        limits = _split(bounds)

        for i, normal in enumerate(normals):
            own = _split(normal)
            for j, (column, (scale, parts)) in enumerate(scales):
                top, bottom = own[column]
                if column in last:
                    other, below = own[last[column]]
                    top, bottom = top * below - other * bottom, bottom * below
                G[i, j] = Fraction(top * scale, bottom * parts)
            terms = [limits[i], *((-own[end][0], own[end][1]) for end in ends)]
            terms += [(-a * c, b * d) for (a, b), (c, d) in zip(own, origin, strict=True) if a * c]
            most = max(bottom for _, bottom in terms)  # all are powers of two
            h[i] = Fraction(sum(top * (most // bottom) for top, bottom in terms), most)

        return ExactRows(G, h)


def _split(numbers: Array) -> list[tuple[int, int]]:
    """Floats as numerators and denominators."""
    return [number.as_integer_ratio() for number in numbers.tolist()]
