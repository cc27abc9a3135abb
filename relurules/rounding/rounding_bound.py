"""What is certified of rounding in an artefact."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

import numpy as np

from relurules.ir.network import Array


@dataclass(frozen=True, kw_only=True)
class RoundingBound:
    """A bound of what rounding adds, on every row of the domain that has scores: |score as executed
    - score of the model| is at most this and the bound of the rules themselves.

    scores: (m,) for every score; outputs: (n,) for every output behind its link, infinite where
    nothing is known; number: the format of its inputs and operations; refusal: why
    there is none, "" where there is one; unknown: a sentence for every output of which nothing is
    known.
    """

    scores: Array
    outputs: Array
    number: str
    refusal: str = ""
    unknown: tuple[str, ...] = ()

    @property
    def is_stated(self) -> bool:
        """Whether there is a bound at all."""
        return not self.refusal

    @property
    def largest(self) -> float:
        """The bound of all scores, infinite where there is none."""
        return float(self.scores.max()) if self.is_stated else float(np.inf)

    @property
    def largest_output(self) -> float:
        """The bound of all outputs, if exp is as `link_errors` assumes; infinite where one has
        none.
        """
        return float(self.outputs.max()) if self.is_stated else float(np.inf)

    @property
    def text(self) -> str:
        """The bound of all scores in two digits, rounded up."""
        return format_bound(self.largest)


def format_bound(value: float) -> str:
    """A bound in two digits, rounded up."""
    digits = Decimal(value)
    if not digits or not digits.is_finite():
        return "0" if not digits else "infinity"
    step = Decimal((0, (1,), digits.adjusted() - 1))

    return f"{digits.quantize(step, rounding=ROUND_CEILING):.1e}"
