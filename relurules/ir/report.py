"""What running an artefact against its network showed."""

import math
from dataclasses import dataclass

from relurules.files.notebook import format_notebook_html

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

    def __repr__(self) -> str:
        """One line: whether it passed, on how many rows, and how far it is off at most."""
        passed = "passed" if self.passed else "FAILED"
        why = "" if self.passed or not self.remarks else f": {self.remarks[0]}"
        return (
            f"<Report: {self.artefact} in {self.engine} {passed} on {self.rows} rows, largest "
            f"difference {self.difference:.2g}{why}>"
        )

    def _repr_html_(self) -> str:
        """All numbers and remarks, for notebooks."""
        rows = [f"{name}: {value}" for name, value in vars(self).items() if name != "remarks"]
        return format_notebook_html(repr(self)[1:-1], "\n".join([*rows, *self.remarks]))

    def __bool__(self) -> bool:
        """True when it passed."""
        return self.passed
