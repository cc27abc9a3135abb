"""Files that one process holds at a time.

A lock is gone with the process that held it, however that ended: what a killed process left blocks
nobody, and is removed by the next run that comes by.
"""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any

from relurules.errors import InputError

#: Ends the name of a file that says: a run is at work here.
LOCK = ".relurules-lock"
#: Bytes of a file's name in that of a hidden one.
_NAME = 150
#: Begins the names of folders that processes of one search hand files over in.
_SCRATCH = "relurules-scratch-"
#: Seconds between two looks at a lock that is waited for.
_LOOK_EVERY = 0.02

_fcntl: Any = import_module("fcntl") if os.name == "posix" else None


def name_hidden_file(path: Path, ending: str) -> Path:
    """A hidden file in the same folder, named after `path`."""
    name = os.fsencode(path.name)[:_NAME].decode("utf-8", "ignore")
    return path.with_name(f".{name}{ending}")


def claim_file(path: Path) -> int | None:
    """Create a file for this process alone and give its descriptor; None while another process
    holds one there.

    What a killed process left at `path` is removed before. The claim ends when the descriptor is
    closed.
    """
    while True:
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            if not discard_leftover(path):
                return None
            continue

        if _try_lock(handle) is not False and _is_at(path, handle):
            return handle
        os.close(handle)  # another process took it for a leftover before it was locked


def discard_leftover(path: Path) -> bool:
    """Remove a file that a killed process left; False where a process holds it, or where nobody can
    tell.
    """
    try:
        handle = os.open(
            path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        )
    except FileNotFoundError:
        return True
    except OSError:
        return False

    try:
        if _try_lock(handle) is not True:
            return False
        if _is_at(path, handle):
            path.unlink()
        return True
    except OSError:
        return False
    finally:
        os.close(handle)


@contextmanager
def hold_lock(path: Path, wait: float = 0.0) -> Iterator[None]:
    """Keep other runs from a folder, or from a file, meanwhile.

    InputError where one is still there after `wait` s.
    """
    place = Path(os.path.realpath(path))
    lock = place / LOCK if place.is_dir() else name_hidden_file(place, LOCK)
    end = time.monotonic() + wait

    while (handle := _claim_lock(path, lock)) is None:
        if time.monotonic() >= end:
            raise InputError(
                f"{path}: another run is at work there; give the same command again once that one "
                f"has ended, or name another place (where no other run is left, remove {lock})"
            )
        time.sleep(_LOOK_EVERY)

    try:
        yield
    finally:
        lock.unlink(missing_ok=True)
        os.close(handle)


@contextmanager
def make_scratch_folder() -> Iterator[Path]:
    """A folder in the system's place for temporary files, gone at the end; those of killed runs are
    removed before.
    """
    _sweep_scratch()
    with TemporaryDirectory(prefix=_SCRATCH) as name:
        handle = claim_file(Path(name, LOCK))
        try:
            yield Path(name)
        finally:
            if handle is not None:
                os.close(handle)


@cache
def _sweep_scratch() -> None:
    """Remove this user's scratch folders that no process holds, once per process."""
    user = os.getuid() if hasattr(os, "getuid") else None
    for folder in Path(gettempdir()).glob(f"{_SCRATCH}*"):
        try:
            own = (
                not folder.is_symlink()
                and user in (None, folder.stat().st_uid)
                and (folder / LOCK).exists()
            )
        except OSError:
            continue
        if own and discard_leftover(folder / LOCK):
            shutil.rmtree(folder, ignore_errors=True)


def _claim_lock(path: Path, lock: Path) -> int | None:
    try:
        return claim_file(lock)
    except OSError as error:  # about the place that the user knows
        raise OSError(error.errno, error.strerror, str(path)) from error


def _try_lock(handle: int) -> bool | None:
    """Whether this process holds the lock now; None where the system, or the file's place, has no
    locks.
    """
    if _fcntl is None:
        return None

    try:
        _fcntl.flock(handle, _fcntl.LOCK_EX | _fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None

    return True


def _is_at(path: Path, handle: int) -> bool:
    """Whether the open file is the one that stands at `path`."""
    try:
        return os.path.samestat(path.lstat(), os.fstat(handle))
    except FileNotFoundError:
        return False
