"""Deadlines, by clocks that tests wind themselves."""

import math
from collections.abc import Callable

import pytest

from relurules.errors import OutOfTimeError, UnsupportedError
from relurules.ir.limits import NEVER, Deadline, make_search_limits


def ticking(step: float = 1.0) -> Callable[[], float]:
    """A clock that goes on by so much whenever it is looked at."""
    now = -step

    def clock() -> float:
        nonlocal now
        now += step
        return now

    return clock


def at(*times: float) -> Callable[[], float]:
    """A clock that shows these times, one after the other, and then the last one."""
    left = list(times)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


def test_the_end_comes() -> None:
    deadline = Deadline.after(10.0, at(100.0, 109.9, 110.0))
    assert not deadline.is_over()
    assert deadline.is_over()
    assert deadline.left() == 0.0


def test_without_a_limit_there_is_no_end() -> None:
    assert Deadline.after(None) is NEVER
    assert not NEVER.is_set
    assert not NEVER.is_over()
    assert NEVER.left() == math.inf
    assert NEVER.share(0.1) is NEVER
    assert NEVER.before(5.0) is NEVER
    NEVER.check("anything")


def test_a_share_is_of_what_is_left() -> None:
    deadline = Deadline.after(10.0, at(0.0, 4.0))
    assert deadline.share(0.5).end == 7.0
    assert deadline.share(0.5).seconds == 10.0


def test_an_earlier_end_is_never_in_the_past() -> None:
    deadline = Deadline.after(10.0, at(0.0, 4.0))
    assert deadline.before(3.0).end == 7.0
    assert deadline.before(9.0).end == 4.0


def test_an_error_says_what_was_being_done() -> None:
    deadline = Deadline.after(0.0, at(0.0))
    with pytest.raises(
        OutOfTimeError,
        match="the time limit of 0 s was reached while counting sheep; allow more time",
    ):
        deadline.check("counting sheep")


@pytest.mark.parametrize("seconds", [-1.0, math.nan])
def test_refuses_what_is_no_time(seconds: float) -> None:
    with pytest.raises(UnsupportedError, match="time_limit="):
        Deadline.after(seconds)


@pytest.mark.parametrize(
    ("given", "explicit"),
    [
        ((None, None, None), False),
        ((math.inf, None, None), True),
        ((None, 1.0, None), True),
        ((5, None, None), True),
    ],
)
def test_who_names_a_limit_has_said_how_far_to_go(
    given: tuple[float | None, float | None, float | None], explicit: bool
) -> None:
    assert make_search_limits(*given).explicit is explicit


@pytest.mark.parametrize("given", [(-1, None, None), (math.nan, None, None), (None, None, -3.0)])
def test_refuses_limits_that_are_none(
    given: tuple[float | None, float | None, float | None],
) -> None:
    with pytest.raises(UnsupportedError, match="supported"):
        make_search_limits(*given)
