"""What the checker holds in integers, as float arrays, in which multipliers are looked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from relurules.checker import ONE, DomainSpace, ProofContext, ProofTarget, UnitForm
from relurules.ir.network import group_levels

Array = NDArray[np.float64]
CategoryGroups = tuple[tuple[int, ...], ...]

#: Below this share of what its terms can be over the box, a form is rounding.
NOISE = 1e-13


@dataclass(frozen=True)
class FloatModel:
    """The model over a space of n coordinates: neurons' own forms (K, n + 2), what they read (K,
    K), scores likewise.

    Forms are coefficients, constant and radius, as in `checker`.
    """

    own: Array
    L: Array
    slope: Array
    scores: Array
    U: Array

    @cached_property
    def levels(self) -> list[NDArray[np.intp]]:
        """Neurons that a score depends on, grouped so that each group reads only earlier ones."""
        needed = (self.U != 0).any(axis=0)
        for k in reversed(range(len(needed))):
            if needed[k]:
                needed |= self.L[k] != 0
        return [level[needed[level]] for level in group_levels(self.L != 0)]

    @cached_property
    def sizes(self) -> Array:
        """(K,) what |z| can be at most over the box, by intervals."""
        size = np.abs(self.own).sum(axis=1)
        lip = np.maximum(1.0, np.abs(self.slope))
        for level in group_levels(self.L != 0):
            size[level] += np.abs(self.L[level]) @ (
                lip * size * (np.abs(self.L[level]) > 0).any(axis=0)
            )
        return np.asarray(size)

    @cached_property
    def gains(self) -> Array:
        """(K,) how much a change of phi(z) can move any score, at most."""
        gain, lip = np.abs(self.U), np.maximum(1.0, np.abs(self.slope))
        for k in reversed(range(len(lip))):
            gain = gain + np.outer(gain[:, k] * lip[k], np.abs(self.L[k]))
        return np.asarray(gain.max(axis=0, initial=0.0))

    def scores_at(self, points: Array) -> Array:
        """(N, n) points -> (N, m) scores."""
        u = np.hstack([points, np.ones((len(points), 1))])
        z, active = u @ self.own[:, :-1].T, np.zeros((len(points), len(self.slope)))
        for level in group_levels(self.L != 0):
            z[:, level] += active @ self.L[level].T
            active[:, level] = np.where(z[:, level] >= 0, 1.0, self.slope[level]) * z[:, level]
        return np.asarray(u @ self.scores[:, :-1].T + active @ self.U.T)

    def terms(self, space: DomainSpace) -> Array:
        """(m,) what the absolute terms of every score can come to over the box, in the columns' own
        units.
        """
        middle = np.array([float(space.middle[j] / space.half[j]) for j in space.columns])

        def size(forms: Array) -> Array:
            constants = np.abs(forms[:, -2] - forms[:, :-2] @ middle)
            return np.asarray(np.abs(forms[:, :-2]) @ (1.0 + np.abs(middle)) + constants)

        sizes, lip = size(self.own), np.maximum(1.0, np.abs(self.slope))
        for level in group_levels(self.L != 0):
            sizes[level] += np.abs(self.L[level]) @ (lip * sizes)

        return np.asarray(size(self.scores) + np.abs(self.U) @ (lip * sizes))

    @cached_property
    def magnitude(self) -> float:
        """What the largest score's terms can come to over the box."""
        lip = np.maximum(1.0, np.abs(self.slope))
        return float(
            (np.abs(self.scores).sum(axis=1) + np.abs(self.U) @ (lip * self.sizes)).max(initial=0.0)
        )


def make_float_model(ground: ProofContext) -> FloatModel:
    """The model of a ground."""
    K = len(ground.neurons)
    return FloatModel(
        own=_convert_forms([unit.own for unit in ground.neurons], ground.space.size),
        L=_collect_weights(ground.neurons, K),
        slope=np.array([float(unit.slope) for unit in ground.neurons]),
        scores=_convert_forms([unit.own for unit in ground.scores], ground.space.size),
        U=_collect_weights(ground.scores, K),
    )


def _convert_forms(forms: Sequence[Sequence[int]], size: int) -> Array:
    return np.array([[value / ONE for value in form] for form in forms]).reshape(-1, size + 2)


def _collect_weights(units: Sequence[UnitForm], K: int) -> Array:
    table = np.zeros((len(units), K))
    for row, unit in zip(table, units, strict=True):
        for k, weight in zip(unit.reads, unit.weights, strict=True):
            row[k] = weight / unit.over
    return table


def convert_rows(rows: Sequence[Sequence[int]], size: int) -> Array:
    """Rows of the checker, (w, n + 1)."""
    return np.array([[value / ONE for value in row] for row in rows]).reshape(-1, size + 1)


def convert_targets(wanted: Sequence[ProofTarget], scores: int, size: int) -> tuple[Array, Array]:
    """Signs of the scores (t, m), and what is taken off, forms (t, n + 2)."""
    signs = np.zeros((len(wanted), scores))
    for row, target in zip(signs, wanted, strict=True):
        for score, sign in target.scores:
            row[score] += sign
    return signs, _convert_forms([target.form for target in wanted], size)


def maximise_forms(forms: Array, space: DomainSpace, allowed: CategoryGroups) -> Array:
    """(n,) the largest value of forms (n, size + 1) over the box and the categories allowed."""
    values = np.abs(forms[:, : space.plain]).sum(axis=1) + forms[:, space.size]
    for group in allowed:
        values = values + forms[:, list(group)].max(axis=1)
    return np.asarray(values)


@dataclass(frozen=True)
class CellCoordinates:
    """Coordinates v of linear programs: those of the space less the last category allowed of each
    group.

    low, width: (f,); basis: (n + 1, f + 1), forms of u times it are forms of v; walls: (w, f + 1)
    rows that keep the last categories from being negative.
    """

    low: Array
    width: Array
    basis: Array
    walls: Array

    def to_space(self, point: Array) -> Array:
        """(f,) -> (n,): the coordinates of the space, of excluded categories 0."""
        return np.asarray((self.basis @ np.append(point, 1.0))[:-1])


def make_coordinates(space: DomainSpace, allowed: CategoryGroups) -> CellCoordinates:
    """The coordinates where only these categories are allowed."""
    free = [*range(space.plain), *(j for group in allowed for j in group[:-1])]
    f, plain = len(free), space.plain
    basis, walls = np.zeros((space.size + 1, f + 1)), []
    basis[free, range(f)] = 1.0
    basis[-1, -1] = 1.0

    for group in allowed:
        at = [free.index(j) for j in group[:-1]]
        basis[group[-1], at], basis[group[-1], -1] = -1.0, 1.0
        if len(at) > 1:
            walls.append(basis[group[-1]] / np.sqrt(len(at)))

    low, width = np.zeros(f), np.ones(f)
    low[:plain], width[:plain] = -1.0, 2.0
    return CellCoordinates(low, width, basis, np.array(walls).reshape(-1, f + 1))
