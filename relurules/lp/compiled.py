"""The one place where functions become machine code.

Compiled functions are kept on disk. numba looks at the file of the outermost function alone when it decides whether
what is kept is still right, so everything is kept under a digest of all files that hold compiled functions.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba

_njit: Any = numba.njit  # without reference counts is an option that its types don't know
_config: Any = numba.config

F = TypeVar("F", bound=Callable[..., Any])

#: Packages whose files hold compiled functions.
_SOURCES = ("lp", "partitioning")


def compiled(function: F) -> F:
    """The function, compiled by numba at its first call and kept on disk for later runs.

    Nothing in it may allocate: without numba's reference counts, calls with many arrays cost nothing.
    """
    before, _config.CACHE_DIR = _config.CACHE_DIR, str(_FOLDER)
    try:
        return _njit(cache=True, error_model="numpy", nogil=True, _nrt=False)(function)  # type: ignore[no-any-return]
    finally:
        _config.CACHE_DIR = before


def inlined(function: F) -> F:
    """The function as a part of the compiled function that calls it, for one with many arrays and a single caller."""
    return _njit(inline="always", error_model="numpy", _nrt=False)(function)  # type: ignore[no-any-return]


def is_kept() -> bool:
    """Whether there are compiled functions of this version on disk, so that the first call won't take long."""
    return any(_FOLDER.rglob("engine.advance-*.nbi"))


def _folder() -> Path:
    package, digest = Path(__file__).parent.parent, hashlib.sha256(numba.__version__.encode())
    for name in _SOURCES:
        for file in sorted((package / name).glob("*.py")):
            digest.update(file.read_bytes())
    base = _config.CACHE_DIR or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "relurules"
    return Path(base) / digest.hexdigest()[:16]


_FOLDER = _folder()
