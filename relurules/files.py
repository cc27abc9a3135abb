"""Files written whole or not at all, and read as JSON."""

import errno
import json
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from relurules.errors import RulesError

#: The most bytes of text that are read at once.
_LARGEST_TEXT = 2**30


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a file beside `path` to write to, and move it into place at the end: a failed run leaves no half file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=path.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_all(folder: Path, files: Mapping[str, str]) -> list[Path]:
    """Write every (name, text) into `folder`; returns the paths."""
    for name, text in files.items():
        write_text(folder / name, text)
    return [folder / name for name in files]


def read_text(path: Path) -> str:
    """The text of a UTF-8 file. OSError for what is too large to be read whole, or has no end, before it is read."""
    mode = path.stat().st_mode
    if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
        raise OSError(errno.EINVAL, "it is a device; expected a file")
    with path.open("rb") as file:
        size = path.stat().st_size
        content = file.read(_LARGEST_TEXT + 1) if size <= _LARGEST_TEXT else b""
    if max(size, len(content)) > _LARGEST_TEXT:
        raise OSError(errno.EFBIG, f"it has more than {_LARGEST_TEXT} bytes, which are read at once")
    return content.decode("utf-8")


def read_json(path: Path) -> Any:
    """What a JSON file holds; RulesError where it can't be read."""
    try:
        return json.loads(read_text(path))
    except OSError as error:
        raise RulesError(f"{path}: can't be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise RulesError(f"{path}: is no JSON: {error}") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
