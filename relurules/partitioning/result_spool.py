"""How results come from the processes of this machine: through files.

A process that is killed while it writes to a pipe leaves its reader waiting for the rest for ever:
pipes take only small messages as a whole. The name of a file is one.
"""

import os
import pickle
from pathlib import Path
from tempfile import mkstemp
from typing import Any, NamedTuple


class ResultSpool(NamedTuple):
    """A folder for results, and the process that made it and reads them."""

    folder: Path
    owner: int


def write_result(result: Any, tray: ResultSpool) -> Any:
    """The file that holds the result; the result itself in the owner's own process and on other
    machines.
    """
    if os.getpid() == tray.owner or not tray.folder.is_dir():
        return result

    number, path = mkstemp(dir=tray.folder)
    try:
        with os.fdopen(number, "wb") as file:
            pickle.dump(result, file, protocol=5)  # in C; that of joblib is Python
    except OSError as error:  # the library names no file
        raise OSError(
            error.errno, f"{error.strerror} (TMPDIR can name another place)", path
        ) from error

    return Path(path)


def read_result(given: Any) -> Any:
    """The result, from its file if it was laid down; the file is gone then."""
    if not isinstance(given, Path):
        return given

    with given.open("rb") as file:
        result = pickle.load(file)  # noqa: S301  # of a folder that is this user's alone

    given.unlink()
    return result


__all__ = ["ResultSpool", "read_result", "write_result"]
