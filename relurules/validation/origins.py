"""Where a document comes from: the command, the files with their digests, the versions, and how the
rules were fitted.
"""

import hashlib
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

#: Packages whose versions may change a figure.
_PACKAGES = ("numpy", "pandas", "scipy", "torch", "scikit-learn")
#: Bytes of a file that are hashed at once.
_BLOCK = 2**20

#: A value that a table shows.
Plain = str | int | float | bool | None


class FileDigest(NamedTuple):
    """A file by its role, its name without folders, and the SHA-256 of its bytes."""

    role: str
    name: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Origins:
    """command: that makes the document again; training: what `fit` noted, by name, empty where
    nothing is known.
    """

    command: str
    files: tuple[FileDigest, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    training: Mapping[str, Plain] = field(default_factory=dict)
    training_files: Mapping[str, str] = field(default_factory=dict)


def hash_file(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            found.update(block)
    return found.hexdigest()


def digest_files(named: Sequence[tuple[str, Path | None]]) -> tuple[FileDigest, ...]:
    """The digests of files by their roles; those that are None are left out."""
    return tuple(
        FileDigest(role, path.name, hash_file(path)) for role, path in named if path is not None
    )


def list_versions(own: str) -> dict[str, str]:
    """Versions of this package, Python and the packages that figures come from."""
    found = {"relurules": own, "Python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
