"""Digests of the files of a folder: lists of them in the format of sha256sum, and how the files
compare with a list.
"""

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from relurules.errors import DataError

_HEX = frozenset("0123456789abcdef")
#: What sha256sum writes for characters that would end a line, which it marks by a backslash before
#: the digest.
_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r"}


@dataclass(frozen=True)
class FolderDifference:
    """How files differ from lists of digests, all as names in the folder.

    held: files whose digests hold; changed, missing: files that don't hold, that aren't there;
    unlisted: files that no list names.
    """

    held: tuple[str, ...]
    changed: tuple[str, ...]
    missing: tuple[str, ...]
    unlisted: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether there are just the files that are listed, as they were."""
        return not (self.changed or self.missing or self.unlisted)


def parse_digest_list(name: str, text: str) -> dict[str, str]:
    """{file: its SHA-256} of a list that sha256sum can check; DataError for any other text."""
    found = dict[str, str]()
    for number, line in enumerate(text.split("\n"), start=1):
        if not line:
            continue
        digest, mark, file = line[:64], line[64:66], line[66:]
        if line.startswith("\\"):
            digest, mark, file = line[1:65], line[65:67], _unescape(line[67:])
        if len(digest) < 64 or not _HEX.issuperset(digest) or mark not in ("  ", " *"):
            raise DataError(
                f"{name}: line {number} is no SHA-256, two blanks and the name of a file, as "
                "sha256sum writes them"
            )
        require_inner_name(name, file)
        if file in found:
            raise DataError(f"{name}: line {number} names {file!r} again")
        found[file] = digest

    return found


def format_digest_list(digests: Mapping[str, str]) -> str:
    """The list that sha256sum checks."""
    lines = []
    for file, digest in sorted(digests.items()):
        escaped = "".join(_ESCAPES.get(letter, letter) for letter in file)
        lines.append(f"{'' if escaped == file else chr(92)}{digest}  {escaped}\n")
    return "".join(lines)


def _unescape(text: str) -> str:
    parts = text.split("\\\\")
    return "\\".join(part.replace("\\n", "\n").replace("\\r", "\r") for part in parts)


def require_inner_name(name: str, file: str) -> None:
    """DataError unless a name that a list has can only be a file in the folder."""
    path = PurePosixPath(file)
    if not path.parts or path.is_absolute() or ".." in path.parts or path.as_posix() != file:
        raise DataError(f"{name}: names {file!r}, which is no file in its folder")


def list_files(folder: Path) -> Iterator[str]:
    """The names of everything in a folder that is no folder, in order; links aren't followed."""
    for place, folders, files in os.walk(folder):
        links = [name for name in folders if (Path(place) / name).is_symlink()]
        folders[:] = sorted(name for name in folders if name not in links)
        for name in sorted((*files, *links)):
            yield (Path(place) / name).relative_to(folder).as_posix()


def hash_file(path: Path) -> str | None:
    """The SHA-256 of a regular file; None for a link, a pipe, a device or what can't be read."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return None
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def compare_files(
    folder: Path, lists: Iterable[Mapping[str, str]], aside: Iterable[str]
) -> FolderDifference:
    """How the files of a folder differ from all lists together; aside: files that needn't be
    listed.
    """
    there, held, changed, missing = set(list_files(folder)), set[str](), set[str](), set[str]()
    digests = dict[str, str | None]()
    for listed in lists:
        for file, digest in listed.items():
            if file not in there:
                missing.add(file)
                continue
            if file not in digests:
                digests[file] = hash_file(folder / file)
            (held if digests[file] == digest else changed).add(file)

    unlisted = there - held - changed - set(aside)
    return FolderDifference(
        tuple(sorted(held - changed)),
        tuple(sorted(changed)),
        tuple(sorted(missing)),
        tuple(sorted(unlisted)),
    )
