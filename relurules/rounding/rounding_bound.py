"""What is certified of rounding in an artefact."""

from dataclasses import dataclass

import numpy as np

from relurules.ir.network import Array


@dataclass(frozen=True, kw_only=True)
class RoundingBound:
    """A bound of |score as executed - score of the rules|, for every row of the domain that has
    scores.

    scores: (m,) for every score; number: the format of its inputs and operations; refusal: why
    there is none, "" where there is one.
    """

    scores: Array
    number: str
    refusal: str = ""

    @property
    def is_stated(self) -> bool:
        """Whether there is a bound at all."""
        return not self.refusal

    @property
    def largest(self) -> float:
        """The bound of all scores, infinite where there is none."""
        return float(self.scores.max()) if self.is_stated else float(np.inf)
