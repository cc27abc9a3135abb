"""Files written whole or not at all, and read as JSON."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from relurules.checker import parse_json
from relurules.errors import RulesError


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


def read_json(path: Path) -> Any:
    """What a JSON file holds; RulesError where it can't be read, see `checker.parse_json`."""
    try:
        return parse_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RulesError(f"{path}: can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise RulesError(f"{path}: is no JSON: it isn't UTF-8, from byte {error.start} on") from error
    except ValueError as error:
        raise RulesError(f"{path}: is no JSON that can be read: {error}") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
