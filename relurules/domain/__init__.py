"""Where a network is asked about: a box in the user's columns and units, cut by linear inequalities."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from relurules.domain.frame import Frame as Frame
from relurules.domain.inequality import parse_inequality
from relurules.errors import DomainError
from relurules.tables import column_names, default_names, matrix

Array = NDArray[np.float64]

#: Membership in a linear inequality forgives this share of the sum of its absolute terms (box bounds forgive nothing).
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Domain:
    """A box cut by linear inequalities: {x : lower <= x <= upper, normals x <= bounds}.

    names: d column names. lower, upper: (d,) in the user's units, infinite where there is no bound; equal where a
    column is pinned. integer: (d,) True for a column of whole numbers. normals: (c, d), bounds: (c,), texts: the c
    inequalities, as the user wrote them. Build one with `box` or `from_data`, add to it with `where`.
    """

    names: tuple[str, ...]
    lower: Array
    upper: Array
    integer: NDArray[np.bool_]
    normals: Array
    bounds: Array
    texts: tuple[str, ...] = ()

    @classmethod
    def box(cls, lower: ArrayLike, upper: ArrayLike, names: Sequence[str] | None = None) -> "Domain":
        """Box lower <= x <= upper, (d,) each, +-inf allowed. DomainError for NaN, wrong sizes or crossed bounds."""
        low, high = _vector(lower, "lower"), _vector(upper, "upper")
        if low.shape != high.shape:
            raise DomainError(f"lower has {len(low)} bounds and upper has {len(high)}; both need one per column")
        names = default_names(len(low)) if names is None else tuple(str(name) for name in names)
        _check_names(names, len(low))
        for name, a, b in zip(names, low, high, strict=True):
            if not a <= b or a == np.inf or b == -np.inf:
                raise DomainError(f"column {name!r}: the bounds [{a}, {b}] hold no number")
        return cls(names, low, high, np.zeros(len(low), bool), np.empty((0, len(low))), np.empty(0))

    @classmethod
    def unbounded(cls, names: Sequence[str]) -> "Domain":
        """All of R^d."""
        infinite = np.full(len(names), np.inf)
        return cls.box(-infinite, infinite, names)

    @classmethod
    def from_data(cls, table: Any) -> "Domain":
        """Range of every column of an array or frame; whole-number columns are noted, constant ones pinned.

        Missing values are left out of the ranges. DomainError for an empty table, a column without any value or with an
        infinite one; DataError for text.
        """
        names = column_names(table)
        if names is None:
            shape = np.shape(table)
            if len(shape) != 2:
                raise DomainError(f"expected a table of shape (rows, columns), found shape {shape}")
            names = default_names(shape[1])
        X = matrix(table, names)
        if not len(X):
            raise DomainError("the table has no rows, so its columns have no range")
        for j, name in enumerate(names):
            if np.isnan(X[:, j]).all():
                raise DomainError(f"column {name!r} holds no value at all; drop it or give its bounds with Domain.box")
            if np.isinf(X[:, j]).any():
                raise DomainError(f"column {name!r}, row {int(np.argmax(np.isinf(X[:, j])))}: infinite value")
        whole = np.array([bool(np.all(np.isnan(c) | (c == np.round(c)))) for c in X.T], dtype=bool)
        return replace(cls.box(np.nanmin(X, axis=0), np.nanmax(X, axis=0), names), integer=whole)

    def where(self, text: str) -> "Domain":
        """A new domain with one more inequality, such as "a + 2*b <= 1"; quote other names as `mean radius`."""
        coefficients, bound = parse_inequality(text, self.names)
        row = np.array([[coefficients.get(name, 0.0) for name in self.names]])
        if not (np.isfinite(row).all() and np.isfinite(bound)):
            raise DomainError(f"constraint {text!r} holds a number too large for float64")
        return replace(
            self,
            normals=np.vstack([self.normals, row]),
            bounds=np.append(self.bounds, bound),
            texts=(*self.texts, text.strip()),
        )

    def bounded(self, bounds: Mapping[str, tuple[float, float]]) -> "Domain":
        """The same domain with other (lower, upper) bounds for the columns named."""
        pairs = [bounds.get(n, (a, b)) for n, a, b in zip(self.names, self.lower, self.upper, strict=True)]
        box = Domain.box([a for a, _ in pairs], [b for _, b in pairs], self.names)
        return replace(self, lower=box.lower, upper=box.upper)

    def renamed(self, names: Sequence[str]) -> "Domain":
        """The same domain under other column names."""
        names = tuple(str(name) for name in names)
        _check_names(names, len(self))
        return replace(self, names=names)

    def __len__(self) -> int:
        """Number of columns d."""
        return len(self.names)

    @cached_property
    def limits(self) -> Array:
        """(c,) right-hand sides that membership is tested against: the bounds plus rounding room."""
        reach = np.maximum(np.abs(self.lower), np.abs(self.upper))
        reach = np.where(np.isfinite(reach), reach, 1.0)
        room: Array = _ROUNDING * (np.abs(self.bounds) + np.abs(self.normals) @ reach)
        return self.bounds + room

    @cached_property
    def widths(self) -> Array:
        """(d,) widths of the columns, for weighing their terms: 1 where a side is open, 0 where a column is pinned."""
        with np.errstate(over="ignore"):
            width = self.upper - self.lower
        return np.where(np.isfinite(width), width, 1.0)

    def contains(self, X: Array) -> NDArray[np.bool_]:
        """(N, d) -> (N,): which rows lie inside; a row with a NaN or an infinite value never does."""
        inside = np.asarray((np.isfinite(X) & (self.lower <= X) & (self.upper >= X)).all(axis=1))
        inside[inside] = (X[inside] @ self.normals.T <= self.limits).all(axis=1)
        return inside

    def frame(self, unit: Array) -> Frame:
        """Normalised coordinates; `unit` (d,) > 0 is the length scale of the columns that have no two bounds."""
        low, high = np.isfinite(self.lower), np.isfinite(self.upper)
        both = low & high
        one = np.where(low, self.lower, np.where(high, self.upper, 0.0))
        with np.errstate(invalid="ignore", over="ignore"):
            origin = np.where(both, self.lower / 2 + self.upper / 2, one)
            scale = np.where(both, self.upper / 2 - self.lower / 2, unit)
        pinned = self.lower == self.upper
        return Frame(np.where(pinned, one, origin), scale, np.flatnonzero(~pinned))

    def polytope(self, frame: Frame) -> tuple[Array, Array]:
        """Rows G u <= h of this domain in the coordinates of `frame`, every row of unit length; G: (c, f), h: (c,).

        DomainError where an inequality over pinned columns alone is false.
        """
        eye = np.eye(len(self))
        low, high = np.isfinite(self.lower), np.isfinite(self.upper)
        normals = np.vstack([eye[high], -eye[low], self.normals])
        limits = np.concatenate([self.upper[high], -self.lower[low], self.bounds])
        G, g = frame.rows(normals, -limits)
        length = np.linalg.norm(G, axis=1)
        moving = length > 0
        first = len(limits) - len(self.bounds)
        for i in np.flatnonzero(~moving[first:] & (g[first:] > 0)):
            raise DomainError(f"the domain is empty: {self.texts[i]!r} is false for the columns' fixed values")
        return G[moving] / length[moving, None], -g[moving] / length[moving]


def _vector(values: ArrayLike, what: str) -> Array:
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DomainError(f"{what} must be a list of numbers: {error}") from error
    if array.ndim != 1 or np.isnan(array).any():
        raise DomainError(f"{what} must be a list of numbers without NaN, found {values!r}")
    return array


def _check_names(names: tuple[str, ...], count: int) -> None:
    if len(names) != count:
        raise DomainError(f"{len(names)} names for {count} columns")
    if len(set(names)) != count or "" in names:
        doubled = next(name for name in names if name == "" or names.count(name) > 1)
        raise DomainError(f"column names must differ and not be empty, found {doubled!r} twice or empty")
