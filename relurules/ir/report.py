"""What running an artefact against its network showed."""

import math
from typing import NamedTuple

#: A difference shows from this share of what an output spans.
VISIBLE = 1e-6


class Report(NamedTuple):
    """One artefact, one engine.

    Differences are over the rows inside the domain and over all outputs.

    rows: how many were run.
    outside: how many of them got rule 0 and no number.
    difference: the largest |artefact - network|.
    relative: what of it exceeds the rules' max_error, over the absolute terms that the network's
        scores are made of on the row (after a link, over what the link makes of errors of that
        size).
    tolerance: what `relative` may be: rounding of the artefact's arithmetic.
    passed: relative <= tolerance, a number just where the domain says so, and nothing that would be
        seen: no row has another class and no output differs by more than 1e-6 of what it spans over
        the rows, max_error aside. Excepted are rows on which the network itself, run in float64 by
        its own framework, moves as much from its exact value (in rational numbers), and classes
        whose exact scores tie up to that; `remarks` tells of them.
    worst: the row with the largest difference, counted from 0, -1 for none.
    agreement: share of rows with a number whose class is that of the network, NaN where there are
        no classes.
    seconds: of the run, NaN if not told.
    remarks: sentences: why it failed, or what passed for a reason of its own.
    """

    artefact: str
    engine: str
    rows: int
    outside: int
    difference: float
    relative: float
    tolerance: float
    passed: bool
    worst: int = -1
    agreement: float = math.nan
    seconds: float = math.nan
    remarks: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """True when it passed."""
        return self.passed
