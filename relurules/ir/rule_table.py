"""Many rules in little memory: arrays of what they hold, and a `Rule` made of them whenever one is
looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import AffineMap, Array, Network, Pattern
from relurules.ir.partition import Side, Tree
from relurules.ir.rule import Condition, HalfSpace, Rule
from relurules.ir.signs import SignReader

#: Sides of splits of one tree.
Sides = tuple[Side, ...]


class RuleSides(NamedTuple):
    """Which sides of a tree's splits bound each of R rules. starts: (R + 1,) where a rule's begin
    in `sides`.

    sides: (n,) number of the split from 1, negative for the side where its test doesn't hold.
    whole: (R,) rules that have all sides of the only branch that leads to them; `sides` holds none
    of these.
    """

    starts: NDArray[np.int64]
    sides: NDArray[np.int32]
    whole: NDArray[np.bool_]


def pack_sides(sides: Sequence[Sides | None]) -> RuleSides:
    """The sides of every rule; None: all of its branch."""
    lengths = [0 if own is None else len(own) for own in sides]
    flat = [
        split + 1 if side else -split - 1 for own in sides if own is not None for split, side in own
    ]
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)

    return RuleSides(
        starts,
        np.array(flat, dtype=np.int32),
        np.array([own is None for own in sides], dtype=np.bool_),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class RuleTable(Sequence[Rule]):
    """R rules, rule i + 1 being leaf i of the tree.

    maps: weights (R, m, d), constants (R, m); points: (R, d); rows: (R,), None without data; given:
    (R, K) patterns where they are known, else those that the network has at the points.
    """

    tree: Tree
    network: Network
    bounds: RuleSides
    maps: AffineMap
    points: Array
    rows: NDArray[np.intp] | None = None
    given: Pattern | None = None

    def __len__(self) -> int:
        """Number of rules R."""
        return len(self.points)

    @overload
    def __getitem__(self, index: int) -> Rule: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Rule, ...]: ...
    def __getitem__(self, index: int | slice) -> Rule | tuple[Rule, ...]:
        """Rule index + 1."""
        if isinstance(index, slice):
            return tuple(self[i] for i in range(*index.indices(len(self))))

        i = range(len(self))[index]
        spaces = self.half_spaces
        return Rule(
            number=i + 1,
            conditions=tuple(Condition(spaces[split], bool(side)) for split, side in self.sides(i)),
            map=AffineMap(self.maps.weights[i], self.maps.constants[i]),
            pattern=self.patterns[i],
            point=self.points[i],
            rows=None if self.rows is None else int(self.rows[i]),
        )

    def sides(self, i: int) -> Sides:
        """The sides that bound rule i + 1."""
        if self.bounds.whole[i]:
            return tuple(self.tree.path(i))
        own = self.bounds.sides[self.bounds.starts[i] : self.bounds.starts[i + 1]].tolist()
        return tuple(Side(abs(side) - 1, int(side > 0)) for side in own)

    @cached_property
    def half_spaces(self) -> tuple[HalfSpace, ...]:
        """The test of every split, with the neuron whose sign it tells, if it does."""
        tree, known = self.tree, self.network.neurons
        neurons = [known[k] if k >= 0 else None for k in tree.neurons.tolist()]
        rows = zip(tree.normals, (-tree.offsets).tolist(), neurons, strict=True)
        return tuple(
            HalfSpace(normal, bound, neuron, i) for i, (normal, bound, neuron) in enumerate(rows)
        )

    @cached_property
    def patterns(self) -> Pattern:
        """(R, K) sign of every neuron in every rule."""
        return self.told if self.given is None else self.given

    @cached_property
    def told(self) -> Pattern:
        """(R, K) signs that the network's neurons have at the rules' points."""
        signs = SignReader.of(self.network)
        return signs.unpacked(signs.packed(self.points))


def collect_maps(rules: Sequence[Rule]) -> AffineMap:
    """The maps of all rules, weights (R, m, d) and constants (R, m)."""
    if isinstance(rules, RuleTable):
        return rules.maps
    return AffineMap(
        np.stack([r.map.weights for r in rules]), np.stack([r.map.constants for r in rules])
    )


def collect_points(rules: Sequence[Rule]) -> Array:
    """(R, d) the points of all rules."""
    return (
        rules.points if isinstance(rules, RuleTable) else np.array([rule.point for rule in rules])
    )


def collect_row_counts(rules: Sequence[Rule]) -> NDArray[np.intp] | None:
    """(R,) rows of the data in each rule, None without data."""
    if isinstance(rules, RuleTable):
        return rules.rows
    found = [rule.rows for rule in rules if rule.rows is not None]
    return np.array(found, dtype=np.intp) if len(found) == len(rules) else None
