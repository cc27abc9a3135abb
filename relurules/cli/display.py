"""What the command line and the demo show in a terminal."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from time import monotonic

import numpy as np
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from relurules.ir import AdditiveRules, Estimate, Report, RuleSet, Scorer, Tradeoff
from relurules.ir.network import Array
from relurules.wording.numbers import inflect_noun

#: Seconds between two lines about how far work is, where there is no terminal.
_LOG_SECONDS = 5.0


def tabulate_reports(reports: Sequence[Report]) -> Table:
    """Reports as a table, a line each."""
    table = Table()
    for column in (
        "artefact",
        "engine",
        "rows",
        "outside domain",
        "largest difference",
        "relative",
        "",
    ):
        table.add_column(
            column,
            justify="left" if column in ("artefact", "engine", "") else "right",
            overflow="fold" if column == "artefact" else "ellipsis",  # a name is never cut
        )

    for report in reports:
        numbers = (
            f"{report.rows}",
            f"{report.outside}",
            f"{report.difference:.1e}",
            f"{report.relative:.1e}",
        )
        table.add_row(
            report.artefact, report.engine, *numbers, "[green]pass[/]" if report else "[red]FAIL[/]"
        )

    return table


def describe_report(report: Report) -> str:
    """What the table doesn't say: the worst row, how often the class is the same, the speed; then
    its remarks.
    """
    parts = [
        "no row has a rule"
        if report.worst < 0
        else f"the largest difference is in row {report.worst}"
    ]

    if not math.isnan(report.agreement):
        parts.append(f"the class is the same in {100 * report.agreement:.6g} % of the rows")
    if report.seconds > 0:
        parts.append(f"{report.rows / report.seconds:.0f} rows/s")
    return "\n".join([", ".join(parts), *report.remarks])


def name_unit(rules: RuleSet | AdditiveRules) -> str:
    """What rules are counted in."""
    return "rule" if isinstance(rules, RuleSet) else "line"


def describe_size(rules: RuleSet | AdditiveRules) -> str:
    """How many rules, or lines and groups."""
    count = f"{len(rules)} {inflect_noun(name_unit(rules), len(rules))}"
    if isinstance(rules, RuleSet) or not rules.groups:
        return count
    return f"{count} and {len(rules.groups)} {inflect_noun('group', len(rules.groups))}"


def print_first(rules: RuleSet | AdditiveRules, count: int) -> str:
    """The first rules or lines as text, and how many more there are."""
    from relurules.emitting.text.line_printer import print_first_lines
    from relurules.emitting.text.printer import print_first_rules

    if isinstance(rules, RuleSet):
        return print_first_rules(rules, count)
    return print_first_lines(rules, count)


def tabulate_tradeoffs(steps: Sequence[Tradeoff], most: int = 12, *, what: str = "rules") -> Table:
    """How many rules, or lines, are enough for which error, at most so many lines, evenly among the
    steps.
    """
    table = Table(what, "largest difference")
    shown = sorted({round(i * (len(steps) - 1) / max(1, most - 1)) for i in range(most)})
    for step in (steps[i] for i in shown if i < len(steps)):
        table.add_row(f"{step.rules}", f"{step.error:.3g}")
    return table


def describe_errors(rules: Scorer, expected: Array, given: Array) -> str:
    """How far rules are from the network's outputs (N, m) on the rows that have a rule, in a line.
    given: theirs.
    """
    ruled = ~np.isnan(given).any(axis=1)
    off = np.abs(given - expected)[ruled]
    if not len(off):
        return "no row of the data has a rule"

    square = ", ".join(f"{value:.3g}" for value in np.sqrt((off**2).mean(axis=0)))
    return (
        f"on {len(off)} rows of the data {', '.join(rules.outputs)} is off by {square} (root mean "
        f"square), at most {off.max():.3g}; anywhere by at most {rules.max_error:.3g}"
    )


def describe_estimate(estimate: Estimate) -> str:
    """An estimate of a search in a line."""
    parts = [f"about {estimate.regions:.4g} +- {estimate.error:.2g} linear regions in all"]
    if estimate.volume:
        parts.append(
            f"searched: {100 * estimate.volume:.1f} +- {100 * (estimate.volume_error or 0):.1f} % "
            "of the volume"
        )

    if estimate.data is not None:
        parts.append(f"{100 * estimate.data:.1f} % of the rows")
    return ", ".join(parts)


def announce_compiling(console: Console) -> None:
    """Say so when the search must be compiled, as it is once, or each time where nothing can be
    kept; a short search never is.
    """
    from relurules.lp import compilation

    def announce() -> None:
        why = compilation.find_cache_obstacle()
        long = "this once: some 30 seconds" if why is None else f"some 30 seconds each time: {why}"
        console.print(
            f"compiling the search for linear regions, {long}", markup=False, soft_wrap=True
        )

    compilation.announce_compiling(announce)


def _round_number(number: float) -> str:
    """Three digits, in full up to a million."""
    return f"{number:.2e}" if number >= 1e6 else f"{float(f'{number:.3g}'):.0f}"


class ProgressCounter:
    """Called with the regions found so far, it shows them; `expected` is their estimated number,
    None if unknown.
    """

    def __init__(self, progress: Progress, expected: float | None) -> None:
        self.expected, self.found = expected, 0
        self._progress, self._task = (
            progress,
            progress.add_task("cutting the domain into linear regions", total=None),
        )
        self._first: tuple[int, float] | None = None

    def __call__(self, found: int) -> None:
        """Show how many there are, how many a second, of how many, and for how long still."""
        self.found, now = found, monotonic()
        if self._first is None:  # a search that goes on has found some before
            self._first = found, now
        seconds = now - self._first[1]
        rate = (found - self._first[0]) / seconds if seconds > 0 else 0.0
        self._progress.update(self._task, description=write_progress(found, rate, self.expected))

    def merging(self, left: int) -> None:
        """Show how many rules are left while they are merged."""
        self._progress.update(
            self._task, description=f"merging: {left} {inflect_noun('rule', left)} left"
        )


def write_progress(found: int, rate: float, expected: float | None) -> str:
    """What is shown of a search under way, short enough for 80 columns."""
    line = f"{found} {inflect_noun('linear region', found)}"
    if rate > 0:
        line += f", {_round_number(rate)}/s"
    if expected is not None and expected > found:
        line += f", of about {_round_number(expected)}"
        if rate > 0:
            line += f", {_format_duration((expected - found) / rate)} left"

    return line


def _format_duration(seconds: float) -> str:
    """Hours, minutes and seconds; of more than a day, days with three digits."""
    return (
        f"{timedelta(seconds=round(seconds))}" if seconds < 86400 else f"{seconds / 86400:.3g} days"
    )


@contextmanager
def show_count(console: Console, expected: float | None = None) -> Iterator[ProgressCounter]:
    """A line that counts the regions found; gone when done, and not shown where there is no
    terminal.
    """
    with _make_line(console) as progress:
        yield ProgressCounter(progress, expected)


@contextmanager
def show_messages(console: Console, first: str) -> Iterator[Callable[[str], None]]:
    """A line that shows what it is told, gone when done; where there is no terminal, a line of its
    own every few seconds.
    """
    if not console.is_terminal:
        yield MessageLog(console)
        return
    with _make_line(console) as progress:
        task = progress.add_task(first, total=None)
        yield lambda line: progress.update(task, description=line)


class MessageLog:
    """Called with what is being done, it prints that where the last line is some seconds old.

    A log file gets what a terminal shows, but not so often.
    """

    def __init__(self, console: Console) -> None:
        self._console, self._start = console, monotonic()
        self._last = self._start

    def __call__(self, line: str) -> None:
        """Print the line, with the seconds since the start, if the time has come."""
        now = monotonic()
        if now - self._last < _LOG_SECONDS:
            return
        self._last = now
        self._console.print(f"{now - self._start:.0f} s: {line}", markup=False, soft_wrap=True)


def _make_line(console: Console) -> Progress:
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
