"""What running an artefact against its network showed."""

import math
from typing import NamedTuple


class Report(NamedTuple):
    """One artefact, one engine. Differences are over the rows inside the domain and over all outputs.

    rows: how many were run; outside: how many of them got rule 0 and no number; difference: largest |artefact -
    network|; relative: what of it exceeds the rules' max_error, over the sum of the network's absolute terms (after a
    link, over what the link makes of errors of that size); passed: relative <= tolerance, and a number just where the
    domain says so. worst: the row with the largest difference, counted from 0, -1 for none; agreement: share of rows
    with a number whose class is that of the network, NaN where there are no classes; seconds: of the run, NaN if not
    told.
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

    def __bool__(self) -> bool:
        """True when it passed."""
        return self.passed
