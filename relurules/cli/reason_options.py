"""Options of the commands that measure contributions and give reasons."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from relurules.errors import DataError

if TYPE_CHECKING:
    from relurules.tables.read_options import ReadOptions

Reference = Annotated[
    str | None,
    typer.Option(
        help=(
            "What contributions are measured from: a file of one row, or mean, population, "
            "neutral, best, highest, middle; by default the means of the rows."
        )
    ),
]
Direction = Annotated[
    str, typer.Option(help="Which scores are adverse, so that they need reasons: higher or lower.")
]
Reasons = Annotated[
    Path | None, typer.Option(help="TOML file with the words of reasons, a table for each column.")
]


def read_reference(given: str | None, options: "ReadOptions | None" = None) -> Any:
    """The policy as it is, or the row of the file, read as the options say; None for none."""
    if given is None:
        return None

    from relurules.explaining.references import POLICIES
    from relurules.tables.read_file import read_file

    if given in POLICIES:
        return given
    if not Path(given).exists():
        raise DataError(f"--reference {given!r} is neither a file nor one of {', '.join(POLICIES)}")
    return read_file(Path(given), options).frame
