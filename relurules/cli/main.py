"""The command line.

Nothing heavy is imported before a command needs it: `--help` must answer at once.
"""

import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from typing import Annotated

import typer
from rich.console import Console
from typer.main import get_command

from relurules.cli.ask import ask
from relurules.cli.check import check
from relurules.cli.columns import columns
from relurules.cli.count import count
from relurules.cli.demo import demo
from relurules.cli.diff import diff
from relurules.cli.document import document
from relurules.cli.edit import edit
from relurules.cli.emit import emit
from relurules.cli.explain import explain
from relurules.cli.extract import extract
from relurules.cli.fit import fit
from relurules.cli.interruption import INTERRUPTED, WORDS, InterruptionError, catch_signals
from relurules.cli.linearize import linearize
from relurules.cli.monitor import monitor
from relurules.cli.options import remember_command
from relurules.cli.plot import plot
from relurules.cli.prove import prove
from relurules.cli.schema import schema
from relurules.cli.summary import summary
from relurules.cli.verify import verify
from relurules.errors import RelurulesError
from relurules.files.writing import explain_os_error

app = typer.Typer(
    name="relurules",
    help=(
        "Turn a trained ReLU/PReLU network into exact rules, SQL, Python and C.\n\nStart with "
        "`relurules demo`."
    ),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
_out = Console(highlight=False)
_err = Console(stderr=True, highlight=False)

#: Exit code of an error of the program itself (EX_SOFTWARE of sysexits.h).
_INTERNAL = 70


def run(argv: Sequence[str]) -> int:
    """Run the command line; returns the exit code.

    0, 1 for a failed check, 2 for bad input, 130 for Ctrl-C, 143 for SIGTERM.
    """
    debug = "--debug" in argv
    remember_command(argv)
    with catch_signals():
        try:
            _build_command()(args=[a for a in argv if a != "--debug"], prog_name="relurules")
        except (InterruptionError, KeyboardInterrupt, SystemExit) as end:
            return _report_ending(end, debug)
        except Exception as error:
            return _report_failure(*_describe_error(error), debug)

    return 0


@cache
def _build_command() -> Callable[..., object]:
    """All commands with their options, put together once."""
    return get_command(app)


def _describe_error(error: Exception) -> tuple[str, int]:
    """What is said of an error, and the exit code."""
    match error:
        case RelurulesError():
            return str(error), error.exit_code
        case OSError():
            return explain_os_error(error), 2
        case MemoryError():
            why = f" ({error})" if str(error) else ""
            return (
                f"this takes more memory than there is{why}; make the model or the table smaller",
                2,
            )

    return f"internal error, please report it: {type(error).__name__}: {error}", _INTERNAL


def _report_ending(end: InterruptionError | KeyboardInterrupt | SystemExit, debug: bool) -> int:
    """The exit code; says so where a signal ended the command, or where what it printed finds no
    room.
    """
    code = INTERRUPTED if isinstance(end, KeyboardInterrupt) else end.code
    if code in WORDS:  # SystemExit too: what typer makes of Ctrl-C, and what SIGTERM raises
        with suppress(OSError):  # the terminal may be gone
            _err.print(
                str(end) if isinstance(end, InterruptionError) else WORDS[code],
                markup=False,
                soft_wrap=True,
            )

    try:
        sys.stdout.flush()
    except OSError as error:
        sys.stdout = None  # or it is flushed again at the end
        if not isinstance(error, BrokenPipeError):  # else whoever read it has seen enough
            return _report_failure(f"standard output: {error.strerror}", 2, debug)

    return code if isinstance(code, int) else 0


def _report_failure(message: str, code: int, debug: bool) -> int:
    if debug:
        traceback.print_exc()
    _err.print("error: " + message, markup=False, soft_wrap=True)
    return code


@app.callback(invoke_without_command=True)
def set_global_options(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
    debug: Annotated[
        bool,
        typer.Option("--debug", help="Show the traceback of an error. Works after a command too."),
    ] = False,
) -> None:
    """Hold the options that stand before a command."""
    del debug  # read by `run`
    if version:
        from relurules.files.version import VERSION

        _out.print(VERSION)
        raise typer.Exit


for _command in (
    demo,
    columns,
    fit,
    linearize,
    extract,
    count,
    summary,
    explain,
    plot,
    ask,
    diff,
    edit,
    emit,
    document,
    monitor,
    verify,
    prove,
    check,
    schema,
):
    app.command()(_command)
