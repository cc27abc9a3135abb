"""Machine code on disk: a file for every compiled function and kind of arguments, under a digest of
its content.

numba's own files are trusted as they are: one that was cut short ends the program, one with a
flipped bit runs. Here nothing runs whose digest is wrong, and no trouble with a file costs more
than the time to compile anew.
"""

import errno
import hashlib
import logging
import pickle
from multiprocessing import current_process
from pathlib import Path
from typing import Any

from relurules.files.writing import replace_atomically

#: What a file begins with, before the SHA-256 of the rest.
_MAGIC = b"relurules machine code 1\n"
_HEAD = len(_MAGIC) + 32
#: Bytes that are written to see whether there is room for machine code: of all functions, some 2
#: MB.
_ROOM = 2**22
AGAIN = "compiled anew, some 30 seconds"

_log = logging.getLogger("relurules")


class CodeStore:
    """A folder for machine code; None where the user has no place for one.

    It says once what is wrong with it. shipped: a folder that is only read, of code that came with
    the package.
    """

    def __init__(self, folder: Path | None, shipped: Path | None = None) -> None:
        self.folder, self.shipped = folder, shipped
        self.quiet = False

    def has(self, name: str) -> bool:
        """Whether there is machine code of a function, `module.function`."""
        folders = (self.folder, self.shipped)
        return any(any(folder.glob(f"{name}-*.code")) for folder in folders if folder is not None)

    def obstacle(self) -> str | None:
        """Why nothing can be kept, for a line that says so; None where it can.

        Nothing is said of it again.
        """
        try:
            with replace_atomically(self._file("room")) as path:
                path.write_bytes(bytes(_ROOM))
            self._file("room").unlink(missing_ok=True)
        except OSError as error:
            self.quiet = True
            return self._why(error)
        return None

    def read(self, name: str) -> Any:
        """What was written under this name; None where nothing was, or nothing that can be used."""
        return None if self.folder is None else self._read_file(self._file(name))

    def read_shipped(self, name: str) -> Any:
        """The same of what came with the package."""
        return None if self.shipped is None else self._read_file(self.shipped / f"{name}.code")

    def _read_file(self, file: Path) -> Any:
        try:
            content = file.read_bytes()
        except OSError as error:
            if not isinstance(error, FileNotFoundError | NotADirectoryError):
                self.say(f"{file}: {error.strerror}; {AGAIN}")
            return None

        if content[:_HEAD] != _MAGIC + hashlib.sha256(content[_HEAD:]).digest():
            self.say(f"{file}: machine code that is damaged; {AGAIN}")
            return None

        return pickle.loads(content[_HEAD:])  # noqa: S301  # its digest says that it is what was written

    def write(self, name: str, value: Any) -> None:
        """Keep something under a name, or say why that isn't possible."""
        from numba.core import serialize

        content = serialize.dumps(value)  # type: ignore[no-untyped-call]
        try:
            with replace_atomically(self._file(name)) as path:
                path.write_bytes(_MAGIC + hashlib.sha256(content).digest() + content)
        except OSError as error:
            self.say(f"{self._why(error)}; {AGAIN}, each time")

    def say(self, message: str) -> None:
        """A line on stderr, the first of this program only; a worker's program is that of whoever
        started it.
        """
        if not self.quiet and current_process().name == "MainProcess":
            _log.warning(message)
        self.quiet = True

    def _file(self, name: str) -> Path:
        if self.folder is None:
            raise FileNotFoundError(errno.ENOENT, "no home folder; XDG_CACHE_HOME can name a place")
        return self.folder / f"{name}.code"

    def _why(self, error: OSError) -> str:
        place = "" if self.folder is None else f" in {self.folder}"
        return f"machine code can't be kept{place}: {error.strerror}"
