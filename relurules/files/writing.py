"""Files written whole or not at all, and read as JSON.

What is being written stands beside its place, in a file whose name ends in `PART` and which is
locked: a run that is killed leaves it, and the next one that writes there removes it.
"""

import errno
import os
import stat
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import gettempdir, mkstemp
from typing import Any

from relurules.checker import parse_json
from relurules.errors import InputError, RulesError
from relurules.files.locks import (
    LOCK,
    claim_file,
    discard_leftover,
    hold_lock,
    make_scratch_folder,
    name_hidden_file,
)

#: Ends the name of a file that is being written.
PART = ".relurules-part"
#: What a system says where there is no room for a file.
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
#: So many processes may write the same file at once before names are drawn.
_WRITERS = 8
#: Seconds to wait for another run that moves its files into the same folder.
_WAIT = 10.0

#: The most bytes of text that are read at once.
_LARGEST_TEXT = 2**30


@contextmanager
def replace_atomically(path: Path) -> Iterator[Path]:
    """Give a file to write to, and move it into place at the end: a failed run leaves no half file.

    A symbolic link stays, what it leads to is replaced. A device or a pipe is no file to replace:
    what was written goes through it at the end. An OSError names `path`.
    """
    with _name_errors(path):
        if is_stream(path):
            with make_scratch_folder() as folder:
                yield folder / "content"
                _copy_to_stream(folder / "content", path)
            return

        target = _resolve_target(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary, handle = _open_part(target)
        try:
            yield temporary
            if handle is not None:
                os.fsync(handle)  # some systems find only now that there is no room
            temporary.chmod(0o666 & ~_read_umask())
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
            if handle is not None:
                os.close(handle)


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8, whole or not at all."""
    content = text.encode("utf-8")
    with replace_atomically(path) as temporary:
        temporary.write_bytes(content)


def write_all(
    folder: Path, files: Mapping[str, str | bytes], *, without: Collection[str] = ()
) -> list[Path]:
    """Write every (name, content) into `folder`, all of them or none, and remove those named
    `without`; the paths.

    Another run that writes into the folder comes before or after, not between.
    """
    contents = {
        name: text.encode("utf-8") if isinstance(text, str) else text
        for name, text in files.items()
    }
    make_folder(folder)

    with hold_lock(folder, _WAIT):
        with ExitStack() as parts:
            for name in reversed(contents):  # the stack moves the last one first
                parts.enter_context(replace_atomically(folder / name)).write_bytes(contents[name])
        for name in without:
            (folder / name).unlink(missing_ok=True)

    return [folder / name for name in contents]


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, where there is none."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder)) from None


def require_place(path: Path, *, folder: bool = False) -> None:
    """OSError or InputError, before any work, where a file, or a folder of files, can't be written
    at `path`.
    """
    if path.is_block_device():
        raise InputError(
            f"{path}: is a disk, which nothing is written over; name a file, a pipe or /dev/stdout"
        )

    if folder and path.exists() and not path.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
    if not folder and path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if is_stream(path):
        return

    place = _resolve_target(path) if folder else _resolve_target(path).parent
    while not place.exists():
        place = place.parent

    if not place.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(place))
    if not os.access(place, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(place))


def remove_leftovers(folder: Path) -> None:
    """Remove the files in `folder` that killed runs were writing."""
    for path in folder.glob(f".*{PART}"):
        discard_leftover(path)


def is_stream(path: Path) -> bool:
    """Whether what is written to `path` goes through it: a device, a pipe, or an open file of this
    process.
    """
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)) or _find_descriptor(path) is not None


def is_stdout(path: Path) -> bool:
    """Whether `path` is this process's standard output, as /dev/stdout is."""
    return _find_descriptor(path) == 1


def explain_os_error(error: OSError) -> str:
    """One sentence on a file that can't be read or written."""
    if not error.filename:  # files that are written have a name, see `replacing`
        place = f"standard output, or a temporary file in {gettempdir()}: {error.strerror}"
        return place if error.errno in NO_ROOM else str(error)
    said = f"{os.fsdecode(error.filename)}: {error.strerror}"
    if error.errno not in NO_ROOM:
        return said
    return f"{said}; make room, and give the same command again; what was written before is whole"


def read_text(path: Path) -> str:
    """The text of a UTF-8 file; OSError as for `read_bytes`."""
    return read_bytes(path).decode("utf-8")


def read_bytes(path: Path) -> bytes:
    """What a file holds.

    OSError for what is too large to be read whole, or has no end, before it is read.
    """
    mode = path.stat().st_mode
    if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
        raise OSError(errno.EINVAL, "it is a device; expected a file")

    with path.open("rb") as file:
        size = path.stat().st_size
        content = file.read(_LARGEST_TEXT + 1) if size <= _LARGEST_TEXT else b""

    if max(size, len(content)) > _LARGEST_TEXT:
        raise OSError(
            errno.EFBIG, f"it has more than {_LARGEST_TEXT} bytes, which are read at once"
        )

    return content


def read_json(path: Path) -> Any:
    """What a JSON file holds; RulesError where it can't be read, see `json_values.parse_json`."""
    try:
        return parse_json(read_text(path))
    except OSError as error:
        raise RulesError(f"{path}: can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise RulesError(
            f"{path}: is no JSON: it isn't UTF-8, from byte {error.start} on"
        ) from error
    except ValueError as error:
        raise RulesError(f"{path}: is no JSON that can be read: {error}") from error


def _resolve_target(path: Path) -> Path:
    """What `path` leads to, link by link, whether it is there or not."""
    target = Path(os.path.realpath(path))
    if target.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    return target


def _open_part(target: Path) -> tuple[Path, int | None]:
    """A new locked file beside `target`, by a name that the next run finds, and its descriptor."""
    if os.name == "posix":
        for number in range(_WRITERS):
            path = name_hidden_file(target, f".{number}{PART}" if number else PART)
            if (handle := claim_file(path)) is not None:
                return path, handle

    unlocked, drawn = mkstemp(
        dir=target.parent, prefix=name_hidden_file(target, ".").name, suffix=PART
    )
    os.close(unlocked)  # elsewhere an open file can't be moved
    return Path(drawn), None


@contextmanager
def _name_errors(path: Path) -> Iterator[None]:
    """OSErrors name `path`, not the file beside it or nothing, whatever library raised them."""
    try:
        yield
    except Exception as error:
        cause = _find_system_error(error)
        if cause is None or cause.errno is None or not _is_unnamed(cause):
            raise
        raise OSError(cause.errno, os.strerror(cause.errno), str(path)) from error


def _is_unnamed(error: OSError) -> bool:
    """Whether an error names no file, or one that its reader doesn't know."""
    return error.filename is None or LOCK in str(error.filename) or PART in str(error.filename)


def _find_system_error(error: BaseException) -> OSError | None:
    """The error itself, or that of a full disk that it came of: archives and models report theirs
    in other words.
    """
    if isinstance(error, OSError):
        return error

    seen: list[BaseException] = []
    while (cause := error.__cause__ or error.__context__) is not None and cause not in seen:
        if isinstance(cause, OSError) and cause.errno in NO_ROOM:
            return cause
        seen.append(cause)
        error = cause

    return None


def _copy_to_stream(content: Path, path: Path) -> None:
    """Write a file's content to a device, a pipe or an open file."""
    if path.is_block_device():
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), str(path))

    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError):  # none, or closed
            stream.flush()

    number = _find_descriptor(path)
    handle = os.open(path, os.O_WRONLY) if number is None else os.dup(number)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content.read_bytes())


def _find_descriptor(path: Path) -> int | None:
    """The open file of this process that `path` stands for: 1 for /dev/stdout."""
    own = {"/dev/fd", os.path.realpath("/proc/self/fd")}
    for _ in range(20):
        if path.name.isdigit() and os.path.realpath(path.parent) in own:
            return int(path.name)
        if not path.is_symlink():
            return None
        path = path.parent / path.readlink()

    return None


def _read_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
