"""What the command line and the demo show in a terminal."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from relurules.ir import Report


def report_table(reports: Sequence[Report]) -> Table:
    """Reports as a table, a line each."""
    table = Table()
    for column in ("artefact", "engine", "rows", "outside domain", "largest difference", "relative", ""):
        table.add_column(column, justify="left" if column in ("artefact", "engine", "") else "right")
    for report in reports:
        numbers = (f"{report.rows}", f"{report.outside}", f"{report.difference:.1e}", f"{report.relative:.1e}")
        table.add_row(report.artefact, report.engine, *numbers, "[green]pass[/]" if report else "[red]FAIL[/]")
    return table


@contextmanager
def counting(console: Console) -> Iterator[Callable[[int], None]]:
    """A line that counts the regions found; gone when done."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("cutting the domain into linear regions", total=None)
        yield lambda found: progress.update(task, description=f"cutting the domain: {found} linear regions")
