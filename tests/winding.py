"""Deadlines whose clock goes on whenever somebody looks at it: no test waits, and none fails on a
busy machine.
"""

from collections.abc import Callable

from relurules.ir.limits import Deadline


def winding(step: float = 1.0) -> Callable[[], float]:
    """A clock that goes on by so much with every look."""
    now = 0.0

    def clock() -> float:
        nonlocal now
        now += step
        return now

    return clock


class Wound:
    """What stands for `Deadline` where it is made of a time limit: so many looks are what is
    allowed.
    """

    @staticmethod
    def after(seconds: float | None) -> Deadline:
        """A deadline after so many looks at its clock."""
        return Deadline.after(seconds, winding())
