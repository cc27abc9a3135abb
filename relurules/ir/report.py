"""What running an artefact against its network showed."""

from typing import NamedTuple


class Report(NamedTuple):
    """One artefact, one engine. Differences are over the rows inside the domain and over all outputs.

    rows: how many were run; outside: how many of them the artefact says lie outside its domain (no number given);
    difference: largest |artefact - network|; relative: the same over the sum of the network's absolute terms;
    passed: relative <= tolerance, and a number wherever a number is due.
    """

    artefact: str
    engine: str
    rows: int
    outside: int
    difference: float
    relative: float
    tolerance: float
    passed: bool

    def __bool__(self) -> bool:
        """True when it passed."""
        return self.passed
