"""The one place where functions become machine code.

Compiled functions are kept on disk (`machine_code.py`). A function's code holds that of the
functions that it calls, so everything is kept under a digest of all files that hold compiled
functions.
"""

import hashlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba

from relurules.lp.machine_code import CodeStore, MachineCodeCache

_njit: Any = numba.njit  # without reference counts is an option that its types don't know
_config: Any = numba.config

F = TypeVar("F", bound=Callable[..., Any])

#: Packages whose files hold compiled functions.
_SOURCES = ("lp", "partitioning")


def compile_cached(function: F) -> F:
    """The function, compiled by numba at its first call and kept on disk for later runs.

    Nothing in it may allocate: without numba's reference counts, calls with many arrays cost
    nothing.
    """
    found: Any = _njit(error_model="numpy", nogil=True, _nrt=False)(function)
    if hasattr(found, "_cache"):  # with NUMBA_DISABLE_JIT it is the function itself
        found._cache = MachineCodeCache(function, _STORE)
    return found  # type: ignore[no-any-return]


def compile_inline(function: F) -> F:
    """The function as a part of the compiled function that calls it, for one with many arrays and a
    single caller.
    """
    return _njit(inline="always", error_model="numpy", _nrt=False)(function)  # type: ignore[no-any-return]


def is_code_cached() -> bool:
    """Whether there are compiled functions of this version on disk, so that the first call won't
    take long.
    """
    return _STORE.has("engine.advance")


def find_cache_obstacle() -> str | None:
    """Why compiled functions can't be kept on disk; None where they can."""
    return _STORE.obstacle()


def _find_cache_folder() -> Path | None:
    """Where the user keeps caches, under a digest of what the code depends on; None where there is
    no such place.
    """
    package, digest = Path(__file__).parent.parent, hashlib.sha256()
    digest.update(f"{numba.__version__} {sys.implementation.cache_tag}".encode())
    for name in _SOURCES:
        for file in sorted((package / name).glob("*.py")):
            digest.update(file.read_bytes())
    base = Path(_config.CACHE_DIR) if _config.CACHE_DIR else _find_user_cache()
    return None if base is None else base / digest.hexdigest()[:16]


def _find_user_cache() -> Path | None:
    """The package's folder where the user keeps caches; None without a home."""
    given = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if given.is_absolute():
        return given / "relurules"
    home = Path(os.path.expanduser("~"))  # noqa: PTH111  # Path.home fails where there is none
    if not home.is_absolute() or home == Path(home.anchor):
        return None
    return home / ".cache" / "relurules"


_STORE = CodeStore(_find_cache_folder())
