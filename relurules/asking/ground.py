"""What questions are asked of: a rule set's pieces as polytopes, in coordinates that fit the question."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from relurules.domain import Domain
from relurules.ir import RuleSet
from relurules.ir.network import Array
from relurules.lp.whole import safe_maxima

#: Half-spaces are widened by this much in normalised coordinates, more than rounding can move them.
ROOM = 1e-12


class Polytope(NamedTuple):
    """{v : G v <= h}, rows of unit length. G: (c, n), h: (c,)."""

    G: Array
    h: Array


class Space(NamedTuple):
    """x = base + spread v, and where v may be. base: (d,), spread: (d, n); walls: where x is in the domain.

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


class Cell(NamedTuple):
    """A part of what rule number leaf + 1 holds for, as a polytope of v. path: (split, side) pairs of its branch."""

    leaf: int
    polytope: Polytope
    path: list[tuple[int, int]]


@dataclass(frozen=True)
class Ground:
    """Rules over a domain, which may be a part of their own. weights: (R, m, d), constants: (R, m)."""

    rules: RuleSet
    domain: Domain

    @cached_property
    def weights(self) -> Array:
        """(R, m, d) coefficients of every rule."""
        return np.stack([rule.map.weights for rule in self.rules])

    @cached_property
    def constants(self) -> Array:
        """(R, m) constants of every rule."""
        return np.stack([rule.map.constants for rule in self.rules])

    @cached_property
    def paths(self) -> list[tuple[int, list[tuple[int, int]]]]:
        """Every branch of the tree: its leaf, and its (split, side) pairs."""
        return self.rules.tree.branches()

    @property
    def continuous(self) -> bool:
        """Whether the rules are one continuous function: the collapsed network itself."""
        return not self.rules.simplified

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
    def space(self) -> Space:
        """All columns that can move, in normalised coordinates."""
        frame = self.domain.frame(units(self.rules))
        spread = np.zeros((len(self.domain), len(frame.free)))
        columns, coordinates, values = frame.entries()
        spread[columns, coordinates] = values
        return space_of(self.domain, frame.shift, spread)

    def cells(self, space: Space) -> Iterator[Cell]:
        """Every branch in this space; those that its fixed columns rule out are left out."""
        tree = self.rules.tree
        rows, lengths = unit(space.forms(tree.normals, tree.offsets))
        for leaf, path in self.paths:
            found = cut(space.walls, rows, lengths, path)
            if found is not None:
                yield Cell(leaf, found, path)

    def whole(self, space: Space, *, integers: bool) -> Array:
        """(k, n + 1) forms of v that must be whole: indicators of categories and, if asked, whole-number columns."""
        own = {i for group in self.domain.groups for i in group}
        columns = [j for j in range(len(self.domain)) if j in own or (integers and self.domain.integer[j])]
        moving = [j for j in columns if space.spread[j].any()]
        return np.column_stack([space.spread[moving], space.base[moving]])


def units(rules: RuleSet) -> Array:
    """(d,) length scale of columns without two bounds: where the steepest condition that reads them changes by one."""
    steepest = np.abs(rules.tree.normals).max(axis=0, initial=0.0)
    return np.where(steepest > 0, 1.0 / np.where(steepest > 0, steepest, 1.0), 1.0)


def space_of(domain: Domain, *parts: Array) -> Space:
    """A space with the domain's walls. parts: base (d,) and spread (d, n)."""
    base, spread = parts
    return Space(base, spread, walls(domain, base, spread))


def walls(domain: Domain, base: Array, spread: Array) -> Polytope:
    """Where base + spread v is in the domain; a row 0 v <= -1 where it never is."""
    eye = np.eye(len(domain))
    low, high = np.isfinite(domain.lower), np.isfinite(domain.upper)
    normals = np.vstack([eye[high], -eye[low], domain.normals])
    limits = np.concatenate([domain.upper[high], -domain.lower[low], domain.limits])
    G, h = normals @ spread, limits - normals @ base
    length = np.linalg.norm(G, axis=1)
    moving = length > 0
    reach = np.abs(limits) + np.abs(normals) @ np.abs(base)
    if (h[~moving] < -ROOM * reach[~moving]).any():
        return never(spread.shape[1])
    return Polytope(G[moving] / length[moving, None], h[moving] / length[moving])


def never(n: int) -> Polytope:
    """No point at all."""
    return Polytope(np.zeros((1, n)), np.array([-1.0]))


def impossible(polytope: Polytope) -> bool:
    """Whether it is one of those that `never` gives."""
    return len(polytope.h) == 1 and polytope.h[0] == -1.0 and not polytope.G.any()


def unit(forms: Array) -> tuple[Array, Array]:
    """Forms (S, n + 1) of unit length, those that don't move as they are, and their lengths before, (S,)."""
    lengths = np.linalg.norm(forms[:, :-1], axis=1)
    size = np.abs(forms[:, -1])
    lengths = np.where(lengths > ROOM * np.maximum(size, 1e-300), lengths, 0.0)
    return forms / np.where(lengths > 0, lengths, 1.0)[:, None], lengths


def cut(polytope: Polytope, rows: Array, lengths: Array, path: list[tuple[int, int]]) -> Polytope | None:
    """The part on these sides of these splits, widened by ROOM; None where a split that doesn't move rules it out."""
    if impossible(polytope):
        return None
    if not path:
        return polytope
    at, side = np.array(path, dtype=np.intp).T
    sign = 2.0 * side - 1.0
    fixed = lengths[at] == 0
    if (sign[fixed] * rows[at[fixed], -1] < 0).any():
        return None
    turned = rows[at[~fixed]] * sign[~fixed, None]
    return Polytope(np.vstack([polytope.G, -turned[:, :-1]]), np.concatenate([polytope.h, turned[:, -1] + ROOM]))


def parted(polytope: Polytope, row: Array, fixed: bool) -> list[Polytope | None]:
    """The parts on the negative and on the other side of a unit form, None where there is none.

    Where less than ROOM is left of a side, it counts as none: the other one's values, continued, are off by no more
    than rounding moves the split.
    """
    if fixed:
        return [polytope, None] if row[-1] < 0 else [None, polytope]
    high, minus_low = safe_maxima(polytope.G, polytope.h, np.array([row, -row])).bounds
    low = -minus_low
    if high == -np.inf or minus_low == -np.inf:
        return [None, None]
    if low >= -ROOM and high > ROOM:
        return [None, polytope]
    if high <= ROOM and low < -ROOM:
        return [polytope, None]
    parts = [(row[:-1], -row[-1] + ROOM), (-row[:-1], row[-1] + ROOM)]
    return [Polytope(np.vstack([polytope.G, g]), np.append(polytope.h, h)) for g, h in parts]
