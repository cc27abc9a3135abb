"""What is shown of a search."""

import io

import pytest
from rich.console import Console

from relurules.cli import display
from relurules.cli.display import describe_estimate, show_count, show_messages, write_progress
from relurules.ir import Estimate


def test_nothing_is_shown_without_a_terminal() -> None:
    text = io.StringIO()
    with show_count(Console(file=text), 100.0) as tell:
        tell(3)
    assert text.getvalue() == ""
    assert tell.found == 3


def test_a_pipe_gets_a_line_every_few_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(display, "monotonic", lambda: now[0])
    text = io.StringIO()
    with show_messages(Console(file=text), "training") as say:
        for second in range(12):
            now[0] = 100.0 + second
            say(f"epoch {second}")
    assert text.getvalue() == "5 s: epoch 5\n10 s: epoch 10\n"


def test_a_terminal_shows_a_line() -> None:
    text = io.StringIO()
    with show_count(Console(file=text, force_terminal=True, width=80), 200.0) as tell:
        tell(10)
    assert "10 linear regions, of about 200" in text.getvalue()


@pytest.mark.parametrize(
    ("found", "rate", "expected", "shown"),
    [
        (10, 0.0, None, "10 linear regions"),
        (10, 0.0, 200.0, "10 linear regions, of about 200"),
        (1000, 12345.0, None, "1000 linear regions, 12300/s"),
        (1000, 100.0, 2000.0, "1000 linear regions, 100/s, of about 2000, 0:00:10 left"),
        (
            123456789,
            62900.0,
            4.06e8,
            "123456789 linear regions, 62900/s, of about 4.06e+08, 1:14:52 left",
        ),
        (1000, 100.0, 900.0, "1000 linear regions, 100/s"),
        (1, 1.0, 1e40, "1 linear region, 1/s, of about 1.00e+40, 1.16e+35 days left"),
    ],
)
def test_lines_fit_a_terminal(found: int, rate: float, expected: float | None, shown: str) -> None:
    assert write_progress(found, rate, expected) == shown
    assert len(shown) + len("* 0:00:00 ") <= 80


def test_the_rate_is_that_of_this_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that goes on from a checkpoint begins with what was found before."""
    shown: list[tuple[int, float, float | None]] = []
    monkeypatch.setattr(display, "write_progress", lambda *given: str(shown.append(given)))
    clock = iter([10.0, 12.0])
    with show_count(Console(file=io.StringIO()), 5000.0) as tell:
        monkeypatch.setattr(display, "monotonic", lambda: next(clock))
        tell(1000)
        tell(1400)
    assert shown == [(1000, 0.0, 5000.0), (1400, 200.0, 5000.0)]


def test_estimates_leave_out_what_is_not_known() -> None:
    assert (
        describe_estimate(Estimate(1234.0, 56.0, 0.0, 0.0, None))
        == "about 1234 +- 56 linear regions in all"
    )
    assert describe_estimate(Estimate(10.0, 0.0, 0.25, 0.001, 0.0)) == (
        "about 10 +- 0 linear regions in all, searched: 25.0 +- 0.1 % of the volume, 0.0 % of the "
        "rows"
    )
