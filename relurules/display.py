"""What the command line and the demo show in a terminal."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from relurules.ir import Estimate, Report


def report_table(reports: Sequence[Report]) -> Table:
    """Reports as a table, a line each."""
    table = Table()
    for column in ("artefact", "engine", "rows", "outside domain", "largest difference", "relative", ""):
        table.add_column(column, justify="left" if column in ("artefact", "engine", "") else "right")
    for report in reports:
        numbers = (f"{report.rows}", f"{report.outside}", f"{report.difference:.1e}", f"{report.relative:.1e}")
        table.add_row(report.artefact, report.engine, *numbers, "[green]pass[/]" if report else "[red]FAIL[/]")
    return table


def estimate_text(estimate: Estimate) -> str:
    """An estimate of a search in a line."""
    parts = [f"about {estimate.regions:.4g} +- {estimate.error:.2g} linear regions in all"]
    if estimate.volume:
        parts.append(
            f"searched: {100 * estimate.volume:.1f} +- {100 * (estimate.volume_error or 0):.1f} % of the volume"
        )
    if estimate.data:
        parts.append(f"{100 * estimate.data:.1f} % of the rows")
    return ", ".join(parts)


def announce_compiling(console: Console) -> None:
    """Say so where the search must be compiled, as it is once."""
    from relurules.lp.compiled import is_kept

    if not is_kept():
        console.print("compiling the search for linear regions, this once: some 20 seconds", markup=False)


@contextmanager
def counting(console: Console, expected: float | None = None) -> Iterator[Callable[[int], None]]:
    """A line that counts the regions found, gone when done; with the number expected also the time that is left."""
    start = time.monotonic()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("cutting the domain into linear regions", total=None)

        def show(found: int) -> None:
            rate = found / max(time.monotonic() - start, 1e-9)
            text = f"cutting the domain: {found} linear regions, {rate:.0f} a second"
            if expected is not None and rate > 0:
                text += f", of about {expected:.3g}, some {max(expected - found, 0.0) / rate:.0f} s left"
            progress.update(task, description=text)

        yield show
