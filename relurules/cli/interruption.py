"""How commands end before their time: by Ctrl-C, by SIGTERM, or where a disk is full; and how they
go on.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from relurules.errors import InputError, Termination
from relurules.files.writing import NO_ROOM

if TYPE_CHECKING:
    from relurules.cli.display import ProgressCounter

_err = Console(stderr=True, highlight=False)

#: Exit code of a command that Ctrl-C ended: 128 + SIGINT.
INTERRUPTED = 130
#: What a command says that was ended so.
WORDS = {
    INTERRUPTED: "interrupted",
    128 + 15: "terminated",
    128 + 1: "ended, since its terminal is gone",
}


class InterruptionError(Exception):
    """A signal during a search; the message is what the user is told, with the exit code."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


@contextmanager
def catch_signals() -> Iterator[None]:
    """Let SIGTERM, and the end of the terminal, raise Termination, unless they are ignored or have
    a handler.
    """
    before: dict[int, Any] = {}
    try:
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is signal.SIG_DFL:
                before[number] = signal.signal(number, _raise_termination)
    except ValueError:  # not the main thread
        pass

    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _raise_termination(number: int, _: object) -> None:
    raise Termination(number)


@contextmanager
def show_search(
    checkpoint: Path | None, out: Path | None = None, *, compiles: bool = True
) -> "Iterator[ProgressCounter]":
    """Show how far a search has come; what ends it early says what was found, and how to go on.

    out: a folder that regions are written to while they are found.
    """
    from relurules.cli.display import announce_compiling, show_count

    if compiles:
        announce_compiling(_err)

    with show_count(_err) as tell:
        try:
            yield tell
        except (KeyboardInterrupt, Termination) as error:
            code = INTERRUPTED if isinstance(error, KeyboardInterrupt) else int(error.code or 0)
            raise InterruptionError(
                f"{WORDS[code]}{_describe_found(tell.found, checkpoint, out)}", code
            ) from error
        except OSError as error:
            if error.errno not in NO_ROOM or not error.filename:
                raise
            raise InputError(
                f"{error.filename}: {error.strerror}; {_describe_full_disk(checkpoint, out)}"
            ) from error


def describe_resumption(checkpoint: Path | None) -> str:
    """What is left of a search that was ended."""
    if checkpoint is None:
        return "with --checkpoint FILE the same command could go on"
    if not checkpoint.exists():
        return "nothing is left for a checkpoint to hold"
    return f"the same command goes on, from {checkpoint}"


def _describe_found(found: int, checkpoint: Path | None, out: Path | None) -> str:
    """What was found before a signal came."""
    if found == 0:
        begun = checkpoint is not None and checkpoint.exists()
        return " before a linear region was found" + (
            f"; {describe_resumption(checkpoint)}" if begun else ""
        )
    from relurules.wording.numbers import inflect_noun

    where = "" if out is None else f", written to {out}"
    regions = inflect_noun("linear region", found)
    return f": {found} {regions} found{where}; {describe_resumption(checkpoint)}"


def _describe_full_disk(checkpoint: Path | None, out: Path | None) -> str:
    """How to go on once there is room on the disk."""
    if checkpoint is not None and checkpoint.exists():
        return (
            f"make room, and the same command goes on, from {checkpoint}; what was written "
            "before is whole"
        )

    if out is not None:
        return (
            f"what {out} holds is whole, but without --checkpoint FILE nothing can go on from it; "
            "make room, and start anew in an empty folder"
        )

    return "make room, and give the same command again; what was written before is whole"
