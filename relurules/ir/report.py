"""What running an artefact against its network showed."""

import math
from dataclasses import dataclass

#: A difference shows from this share of what an output spans.
VISIBLE = 1e-6


@dataclass(frozen=True, kw_only=True)
class Report:
    """One artefact, one engine. Differences are over the rows inside the domain and over all
    outputs.
    """

    #: What was run.
    artefact: str
    #: What ran it.
    engine: str
    #: How many were run.
    rows: int
    #: How many of them got rule 0 and no number.
    outside: int
    #: The largest |artefact - network|.
    difference: float
    #: What of it exceeds the rules' max_error, over the absolute terms that the network's scores
    #: are made of on the row (after a link, over what the link makes of errors of that size).
    relative: float
    #: What `relative` may be: rounding of the artefact's arithmetic.
    tolerance: float
    #: relative <= tolerance, a number just where the domain says so, and nothing that would be
    #: seen: no row has another class and no output differs by more than 1e-6 of what it spans over
    #: the rows, max_error aside. Excepted are rows on which the network itself, run in float64 by
    #: its own framework, moves as much from its exact value (in rational numbers), and classes
    #: whose exact scores tie up to that; `remarks` tells of them.
    passed: bool
    #: The row with the largest difference, counted from 0, -1 for none.
    worst: int = -1
    #: Share of rows with a number whose class is that of the network, NaN where there are no
    #: classes.
    agreement: float = math.nan
    #: Of the run, NaN if not told.
    seconds: float = math.nan
    #: Sentences: why it failed, or what passed for a reason of its own.
    remarks: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """True when it passed."""
        return self.passed
