"""Additive rules whose neurons that read one another are left as a network."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.ir.additive import AdditiveRules
from relurules.ir.network import Array, Network


@dataclass(frozen=True, kw_only=True)
class NetworkLines(AdditiveRules):
    """A network of any depth in a comparison: its lines, and the rest, which has too many linear
    regions for rules of its own.

    rest: adds what it gives, (m,), to the lines.
    """

    rest: Network

    @property
    def group_networks(self) -> tuple[Network, ...]:
        """The rest."""
        return (self.rest,)

    @cached_property
    def read_coordinates(self) -> NDArray[np.bool_]:
        """(d,): which coordinates are read."""
        read = self.network.A.any(axis=0) | self.network.C.any(axis=0)
        return np.asarray(read)

    def predict_scores(self, table: Any) -> Array:
        """As `predict`, before the link: the scores f(x), named by `scores`."""
        X = self.domain.rows(table)
        return np.asarray(super().predict_scores(X) + self.rest.evaluate(X))
