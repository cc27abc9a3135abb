"""How a collapsed network's activation patterns tell those of the network that it came from."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from relurules.ir.network import Network

Signs = NDArray[np.int8]


@dataclass(frozen=True, kw_only=True)
class Lifting:
    """A source network with K0 neurons whose signs are those of K neurons that were kept, or known.

    A collapse folds neurons into one another, and rounds while it does. What depends on the last
    digit (regions, maps) is therefore computed from the source network, whose numbers are the
    model's own.

    source: the network before any collapse. origin: (K,) which neuron of the source each kept one
    is. kept: (K0,) which kept neuron tells the sign of each neuron of the source; -1 where its sign
    is known. signs: (K0,) that sign where it is known (+1 also stands for "phi is the identity"),
    else +1, or -1 where the sign is the opposite of the kept neuron's.
    """

    source: "Network"
    origin: NDArray[np.intp]
    kept: NDArray[np.intp]
    signs: Signs

    @classmethod
    def identity(cls, network: "Network") -> "Lifting":
        """Of a network that is its own source."""
        every = np.arange(len(network), dtype=np.intp)
        return cls(
            source=network, origin=every, kept=every, signs=np.ones(len(network), dtype=np.int8)
        )

    def lift_patterns(self, patterns: Signs) -> Signs:
        """(R, K) signs of the kept neurons, 0 where undecided -> (R, K0) signs of the source's
        neurons.
        """
        told = self.kept >= 0
        lifted = np.tile(self.signs, (len(patterns), 1))
        lifted[:, told] *= patterns[:, self.kept[told]]
        return lifted

    def with_known_signs(self, signs: Signs) -> "Lifting":
        """Kept neurons with a sign (K,), +1 or -1, have it from now on; those with 0 are as before."""
        told = self.kept >= 0
        own = np.zeros(len(self.kept), dtype=np.int8)
        own[told] = signs[self.kept[told]]
        known = own != 0
        return replace(
            self,
            kept=np.where(known, -1, self.kept),
            signs=np.where(known, own * self.signs, self.signs).astype(np.int8),
        )

    def with_told_by(self, neuron: int, other: int, sign: int) -> "Lifting":
        """Kept neuron `neuron` has the sign of kept neuron `other`, times `sign`, from now on."""
        told = self.kept == neuron
        return replace(
            self,
            kept=np.where(told, other, self.kept),
            signs=np.where(told, self.signs * sign, self.signs).astype(np.int8),
        )

    def restrict(self, remaining: NDArray[np.bool_]) -> "Lifting":
        """The kept neurons that remain, (K,), numbered anew; a sign that a dropped one tells
        doesn't matter.
        """
        number = np.where(remaining, np.cumsum(remaining) - 1, -1)
        told = self.kept >= 0
        kept = np.full(len(self.kept), -1, dtype=np.intp)
        kept[told] = number[self.kept[told]]
        return replace(self, origin=self.origin[remaining], kept=kept)
