"""What a command may take: seconds, linear regions, memory.

Every loop that may be long looks at one `Deadline`.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from relurules.errors import OutOfTimeError, UnsupportedError


@dataclass(frozen=True)
class Deadline:
    """When work must end, by a clock that tells seconds. seconds: what the user allowed in all, inf
    for any time.
    """

    seconds: float = math.inf
    end: float = math.inf
    clock: Callable[[], float] = time.monotonic

    @classmethod
    def after(
        cls, seconds: float | None, clock: Callable[[], float] = time.monotonic
    ) -> "Deadline":
        """So many seconds from now; None: any time.

        UnsupportedError for what is no number of seconds.
        """
        if seconds is None:
            return NEVER
        if not seconds >= 0.0:
            raise UnsupportedError(
                f"time_limit={seconds!r}; supported: a number of seconds from 0, or None"
            )
        return cls(float(seconds), clock() + seconds, clock)

    @property
    def is_set(self) -> bool:
        """Whether there is an end at all."""
        return self.end < math.inf

    def left(self) -> float:
        """Seconds that are left, 0 at the least."""
        return max(0.0, self.end - self.clock()) if self.is_set else math.inf

    def is_over(self) -> bool:
        """Whether the end has come."""
        return self.is_set and self.clock() >= self.end

    def share(self, part: float) -> "Deadline":
        """An earlier end, after a part of what is left."""
        if not self.is_set:
            return self
        return Deadline(self.seconds, self.clock() + part * self.left(), self.clock)

    def before(self, seconds: float) -> "Deadline":
        """So many seconds earlier, but not in the past."""
        if not self.is_set:
            return self
        return Deadline(
            self.seconds, max(min(self.end, self.clock()), self.end - seconds), self.clock
        )

    def check(self, doing: str) -> None:
        """OutOfTimeError once the end has come, which says what was being done."""
        if self.is_over():
            raise OutOfTimeError(self.message(doing))

    def message(self, doing: str) -> str:
        """What an error says that ends the work."""
        return f"the time limit of {self.seconds:g} s was reached while {doing}; allow more time"


#: No end.
NEVER = Deadline()


@dataclass(frozen=True, kw_only=True)
class SearchLimits:
    """What a search for linear regions may take. regions: so many, inf for any number, which the
    user then asked for.

    None is no limit either, but nobody asked for all of them: where there are very many, an
    estimate is given instead. megabytes: what is kept of regions may take so much. pace, bytes:
    what follows the search takes so many seconds and so much memory for every region, and these
    limits hold for all together.
    """

    regions: float | None = None
    deadline: Deadline = NEVER
    megabytes: float | None = None
    pace: float = 0.0
    bytes: int = 0

    @property
    def explicit(self) -> bool:
        """Whether the user said how far to go."""
        return self.regions is not None or self.deadline.is_set or self.megabytes is not None


def make_search_limits(
    max_regions: float | None, time_limit: float | None, memory_limit: float | None = None
) -> SearchLimits:
    """Limits as public functions take them; UnsupportedError for a number that is none."""
    for name, value in (("max_regions", max_regions), ("memory_limit", memory_limit)):
        if value is not None and not value >= 0.0:
            raise UnsupportedError(
                f"{name}={value!r}; supported: a number from 0, math.inf, or None"
            )

    return SearchLimits(
        regions=max_regions, deadline=Deadline.after(time_limit), megabytes=memory_limit
    )


__all__ = ["NEVER", "Deadline", "SearchLimits", "make_search_limits"]
