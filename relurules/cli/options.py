"""Options of several commands, and the numbers that options may be."""

import math
import shlex
from collections.abc import Sequence
from contextvars import ContextVar
from typing import Annotated

import typer

#: The command line under way.
_WORDS: ContextVar[tuple[str, ...]] = ContextVar("words", default=())
#: More processes than any machine can use.
_PROCESSES = 4096


def require_finite(value: float | None) -> float | None:
    """The number; a usage error where it is NaN or infinite."""
    if value is not None and not math.isfinite(value):
        raise typer.BadParameter(f"{value} is no finite number")
    return value


def require_interval(value: tuple[float, float] | None) -> tuple[float, float] | None:
    """Lower and upper bound; a usage error where these hold no number.

    Either side may be infinite.
    """
    if value is not None and not (
        value[0] <= value[1] and value[0] < math.inf and value[1] > -math.inf
    ):
        raise typer.BadParameter(
            f"[{value[0]}, {value[1]}] holds no number; expected the lower bound, then the upper"
        )
    return value


def require_processes(value: int) -> int:
    """A number of processes; a usage error for one that means nothing."""
    if not 1 <= value <= _PROCESSES and value != -1:
        raise typer.BadParameter(
            f"{value} is no number of processes; expected 1 to {_PROCESSES}, or -1 for one per core"
        )
    return value


def split_names(values: Sequence[str]) -> list[str]:
    """The names of an option that takes several: parted by commas, or the option again for each."""
    return [name.strip() for value in values for name in value.split(",")]


def remember_command(argv: Sequence[str]) -> None:
    """Keep the words of the command line, for documents that name it."""
    _WORDS.set(tuple(argv))


def name_command() -> str:
    """The command line as it was given."""
    return shlex.join(["relurules", *(word for word in _WORDS.get() if word != "--debug")])


def parse_regions(text: str) -> float:
    """A number of linear regions, or `none` for any number."""
    if text.strip().lower() == "none":
        return math.inf
    if not text.strip().isdigit() or int(text) < 1:
        raise typer.BadParameter(f"{text!r} is neither a number from 1 nor none")
    return int(text)


#: An option of every command whose work may take long.
TimeLimit = Annotated[
    float | None,
    typer.Option(
        help="Seconds that all of the work may take; what is finished then is what there is.",
        min=0,
        callback=require_finite,
    ),
]
