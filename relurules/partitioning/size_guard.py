"""Ends a search that nobody limited, and that would go on for ever: with an estimate, not with a
result.
"""

import math
import time
from collections.abc import Callable

from relurules.errors import TooLargeError
from relurules.ir.limits import Deadline
from relurules.partitioning import state_layout
from relurules.partitioning.estimate import ProbeBudget, estimate_region_count
from relurules.partitioning.pieces import SearchProgress
from relurules.partitioning.search_run import SearchProblem

#: So many regions are searched for without being asked to.
MOST = 1_000_000
#: A search is looked at once it has found so many regions, or taken so much work, and again at so
#: many times as many.
_REGIONS, _WORK, _AGAIN = 20_000, 10_000_000, 4
#: What a look may take: work, and seconds.
_LOOK_WORK, _LOOK_SECONDS = 2_000_000, 2.0
#: A search whose steps are slow is looked at after so many seconds.
_SECONDS = 2.0
#: Probes have no bias, so by Markov's inequality their mean is this many times too large in one
#: case of as many.
_SURE = 20.0


def convert_work_to_tests(work: float, coordinates: int) -> float:
    """So many tests of neurons in a search of so many coordinates are that much work, about 1e-7 s
    each.
    """
    return max(1.0, work / (1.0 + coordinates * coordinates / 64.0))


class SizeGuard:
    """Looks at a search now and then; TooLargeError once more than `MOST` regions must come."""

    def __init__(self, problem: SearchProblem, clock: Callable[[], float] = time.monotonic) -> None:
        self.problem, self.clock, self.start = problem, clock, clock()
        self.regions: float = _REGIONS
        self.tests = convert_work_to_tests(_WORK, len(problem.frame.free))
        self.end = self.start + _SECONDS

    def __call__(self, search: SearchProgress) -> None:
        """Estimate where it is time to, and end what is too large."""
        if search.complete or not self._is_due(search):
            return
        if search.found > MOST:
            self._refuse(search, float(search.found), 0.0)

        effort = ProbeBudget(
            probes=200,
            least=2,
            tests=convert_work_to_tests(_LOOK_WORK, len(self.problem.frame.free)),
            deadline=Deadline.after(_LOOK_SECONDS, self.clock),
        )
        regions, error = estimate_region_count(self.problem, search, effort)

        if max(regions - 2.0 * error, regions / _SURE) > MOST:
            self._refuse(search, regions, error)

        while self._is_due(search):
            self._wait_longer()

    def _is_due(self, search: SearchProgress) -> bool:
        done = sum(
            int(piece.state.node.counts[state_layout.TESTS])
            for piece in search.pieces
            if piece.state is not None
        )
        return search.found >= self.regions or done >= self.tests or self.clock() >= self.end

    def _wait_longer(self) -> None:
        self.regions = min(_AGAIN * self.regions, MOST + 1 if self.regions <= MOST else math.inf)
        self.tests *= _AGAIN
        self.end += _AGAIN * (self.end - self.start)

    def _refuse(self, search: SearchProgress, regions: float, error: float) -> None:
        rate = search.found / max(self.clock() - self.start, 1e-9)
        about = (
            f"more than {regions:.3g}"
            if not error
            else f"about {regions:.2g}, and at least {regions / _SURE:.2g},"
        )
        raise TooLargeError(
            f"the network has {about} linear regions in this domain, and each would be a rule; "
            f"{rate:,.0f} were found in a second, so that finding all would take about "
            f"{format_duration(regions / max(rate, 1e-9))}. Ways on: make the network one of few "
            "rules (relurules fit, linearize); take a smaller domain; or say how far to go, for "
            "rules of a part of the domain: max_regions (inf: all of them), time_limit, "
            "memory_limit"
        )


def format_duration(seconds: float) -> str:
    """A length of time in its own units, with two digits."""
    for name, length in (
        ("years", 365.25 * 86400),
        ("days", 86400.0),
        ("hours", 3600.0),
        ("minutes", 60.0),
    ):
        if seconds >= 2 * length:
            return f"{seconds / length:.2g} {name}"

    return f"{max(1.0, seconds):.2g} seconds"


__all__ = ["MOST", "SizeGuard", "convert_work_to_tests", "format_duration"]
