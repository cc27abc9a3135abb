"""Rules of either kind over a part of their domain, in coordinates that fit a question."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from relurules.domain import Domain, row_lengths
from relurules.ir.limits import NEVER, Deadline
from relurules.ir.network import Array
from relurules.lp import Polytope

#: Rounding of a side of the box, as a share of what is left of it in a space: one difference.
_SIDE = 1e-15


class QuestionSpace(NamedTuple):
    """x = base + spread v, and where v may be. base: (d,), spread: (d, n); walls: where x is in the
    domain.

    Columns that a question holds fixed don't move with v.
    """

    base: Array
    spread: Array
    walls: Polytope

    def forms(self, weights: Array, constants: Array) -> Array:
        """Affine forms of x, (r, d) and (r,), as forms of v, (r, n + 1), constants last."""
        return np.column_stack([weights @ self.spread, constants + weights @ self.base])

    def rows(self, v: Array) -> Array:
        """(n,) -> (d,)."""
        return np.asarray(self.base + self.spread @ v)


class TableColumn(NamedTuple):
    """A column of the table. at: its coordinates; categories: place in `at` -> name, those the
    domain admits.

    Of a number `at` has one entry, and categories are empty.
    """

    name: str
    at: tuple[int, ...]
    categories: dict[int, str]


@dataclass(frozen=True)
class RestrictedScorer:
    """Rules over a domain, which may be a part of their own. weights: (R, m, d), constants: (R, m)
    of the maps that they have.

    deadline: when an answer must be there.
    """

    rules: Any
    domain: Domain
    deadline: Deadline = NEVER

    @property
    def weights(self) -> Array:
        """(R, m, d) coefficients of the rules' maps."""
        raise NotImplementedError

    @property
    def constants(self) -> Array:
        """(R, m) constants of the rules' maps."""
        raise NotImplementedError

    @property
    def continuous(self) -> bool:
        """Whether the rules are one continuous function."""
        raise NotImplementedError

    @property
    def column_units(self) -> Array:
        """(d,) length scale of columns without two bounds."""
        raise NotImplementedError

    @cached_property
    def reach(self) -> Array:
        """(d,) largest absolute value of each column, 0 where it is open."""
        found = np.maximum(np.abs(self.domain.lower), np.abs(self.domain.upper))
        return np.where(np.isfinite(found), found, 0.0)

    def rounding(self, weights: Array, constants: Array) -> Array:
        """How far float64 sums of these forms' terms may be off, (r,)."""
        terms = np.abs(weights) @ self.reach + np.abs(constants)
        return np.asarray((weights.shape[-1] + 4) * np.finfo(np.float64).eps * terms)

    @cached_property
    def space(self) -> QuestionSpace:
        """All columns that can move, in coordinates of about [-1, 1], whose scales are powers of
        two.
        """
        frame = self.domain.frame(self.column_units)
        frame = replace(frame, scale=round_up_to_powers(frame.scale))
        spread = np.zeros((len(self.domain), len(frame.free)))
        columns, coordinates, values = frame.entries()
        spread[columns, coordinates] = values
        return make_space(self.domain, frame.shift, spread)

    def whole(self, space: QuestionSpace, *, integers: bool) -> Array:
        """(k, n + 1) forms of v that must be whole: indicators of categories and, if asked,
        whole-number columns.
        """
        own = {i for group in self.domain.groups for i in group}
        columns = [
            j for j in range(len(self.domain)) if j in own or (integers and self.domain.integer[j])
        ]
        moving = [j for j in columns if space.spread[j].any()]
        return np.column_stack([space.spread[moving], space.base[moving]])


def measure_column_units(normals: Array) -> Array:
    """(d,) length scale of columns without two bounds: where the steepest condition that reads them
    changes by one.
    """
    steepest = np.abs(normals).max(axis=0, initial=0.0)
    return np.where(steepest > 0, 1.0 / np.where(steepest > 0, steepest, 1.0), 1.0)


def make_space(domain: Domain, *parts: Array) -> QuestionSpace:
    """A space with the domain's walls. parts: base (d,) and spread (d, n)."""
    base, spread = parts
    return QuestionSpace(base, spread, compute_walls(domain, base, spread))


def compute_walls(domain: Domain, base: Array, spread: Array) -> Polytope:
    """Where base + spread v is in the domain; a row 0 v <= -1 where it never is."""
    eye = np.eye(len(domain))
    low, high = np.isfinite(domain.lower), np.isfinite(domain.upper)
    normals = np.vstack([eye[high], -eye[low], domain.normals])
    limits = np.concatenate([domain.upper[high], -domain.lower[low], domain.limits])
    G, h = normals @ spread, limits - normals @ base
    first = len(limits) - len(domain.bounds)
    room = np.concatenate(
        [_SIDE * np.abs(h[:first]), domain.rounding(domain.normals, domain.limits)]
    )
    length = row_lengths(G)
    moving = length > 0
    still = room + _SIDE * (np.abs(limits) + np.abs(normals) @ np.abs(base))

    if (h[~moving] < -still[~moving]).any():
        return Polytope.make_empty(spread.shape[1])

    scales = round_up_to_powers(length[moving])
    return Polytope(G[moving] / scales[:, None], (h + room)[moving] / scales)


def round_up_to_powers(values: Array) -> Array:
    """The powers of two that are no less than numbers above 0, and at most twice as much."""
    fractions, exponents = np.frexp(values)
    return np.asarray(np.ldexp(1.0, exponents - (fractions == 0.5)))
