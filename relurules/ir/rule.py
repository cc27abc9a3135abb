"""One rule as people and code read it: conditions and an affine map."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from relurules.ir.network import AffineMap, Array, Neuron, Pattern


class HalfSpace(NamedTuple):
    """The test normal·x >= bound; normal (d,) in the user's columns and units, scaled to read well.

    neuron: whose sign it tells, None where it is that of none; split: its index in the rule set's
    tree.
    """

    normal: Array
    bound: float
    neuron: Neuron | None
    split: int


class Condition(NamedTuple):
    """A half-space that must hold, or must not (then normal·x < bound)."""

    half_space: HalfSpace
    holds: bool


@dataclass(frozen=True)
class Rule:
    """IF all conditions hold THEN scores = map(x). point: (d,) strictly inside; rows: how many of
    the data.
    """

    number: int
    conditions: tuple[Condition, ...]
    map: AffineMap
    pattern: Pattern
    point: Array
    rows: int | None

    def stack_conditions(self) -> tuple[Array, Array]:
        """Normals (k, d) and bounds (k,) of the closed region, normals x >= bounds: a condition
        that must not hold with its sign turned.
        """
        signs = np.array([1.0 if condition.holds else -1.0 for condition in self.conditions])
        spaces = [condition.half_space for condition in self.conditions]
        normals = np.array([space.normal for space in spaces]).reshape(-1, len(self.point))
        return normals * signs[:, None], np.array([space.bound for space in spaces]) * signs
