"""The one place where functions become machine code.

A function is run as it stands until such functions have taken about as long as machine code would
take to come by; a search of a few hundred regions ends before that, and never loads numba. Machine
code does the same operations in the same order, so that its results are the same bits. Loops along
rows (`compile_at_once`) are machine code from the first call on; where numpy can stand in for them,
`StandInPatience` says when they are called.

Compiled functions are kept on disk (`machine_code.py`), and come with a wheel (`shipped_code.py`).
A function's code holds that of the functions that it calls, so everything is kept under a digest of
all files that hold compiled functions.
"""

import functools
import hashlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from time import thread_time
from typing import Any, TypeVar

import numpy as np

from relurules.lp.machine_code import CodeStore
from relurules.lp.shipped_code import find_shipped_folder

F = TypeVar("F", bound=Callable[..., Any])

#: Packages whose files hold compiled functions.
_SOURCES = ("ir/kernels", "lp", "partitioning", "networks/kernels", "training/lines/kernels")
#: CPU seconds that functions may run as they stand: about what it takes to load machine code from
#: disk, and a part of what it takes to make it.
_LOADING, _MAKING = 0.6, 4.0
#: The same for one loop along rows, which numpy stands in for.
_ROW_LOADING, _ROW_MAKING = 0.4, 1.6


class _Patience:
    """How long functions have been run as they stand, and whether that is over."""

    def __init__(self) -> None:
        self.spent = 0.0
        self.most: float | None = None
        self.is_over = False
        self.depth = 0
        self.announce: Callable[[], None] | None = None

    def add(self, seconds: float) -> None:
        """Count seconds; at the end of patience, functions are compiled."""
        self.spent += seconds
        if self.most is None and self.spent > _LOADING:
            self.most = _LOADING if is_code_cached() else _MAKING
        if self.most is not None and self.spent > self.most:
            self.end()

    def end(self) -> None:
        """From now on functions are compiled."""
        if not self.is_over and self.announce is not None and not is_code_cached():
            self.announce()
        self.is_over = True


_PATIENCE = _Patience()


class StandInPatience:
    """How long numpy has stood in for a compiled function of few lines, and whether that is over:
    once it took about as long as loading machine code does, or making it, that is worth it.

    name: of the compiled function, as in the store.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.spent = 0.0

    def add(self, seconds: float) -> None:
        """Count CPU seconds."""
        self.spent += seconds

    @property
    def is_over(self) -> bool:
        """Whether the compiled function is to be called."""
        return self.spent > _ROW_LOADING and self.spent > self._most and not is_compiling_off()

    @functools.cached_property
    def _most(self) -> float:
        return _ROW_LOADING if get_store().has(self.name) else _ROW_MAKING


class CompiledFunction:
    """A function that is run as it stands at first, and later as machine code.

    What it is given it changes in place, so that the one may go on where the other was.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function)
        self._function = function

    def __call__(self, *args: Any) -> Any:
        """The function's result."""
        if _PATIENCE.is_over:
            return self.machine_code(*args)
        if _PATIENCE.depth:
            return self._function(*args)

        began, _PATIENCE.depth = thread_time(), 1
        try:
            with np.errstate(all="ignore"):  # as in machine code
                return self._function(*args)
        finally:
            _PATIENCE.depth = 0
            _PATIENCE.add(thread_time() - began)

    def __getattr__(self, name: str) -> Any:
        """What numba asks of a function that another one calls."""
        if name.startswith("__") or name in ("machine_code", "part"):
            raise AttributeError(name)
        return getattr(self.part, name)

    @functools.cached_property
    def machine_code(self) -> Any:
        """The function as Python calls it."""
        _teach_numba()
        from relurules.lp.linked_code import compile_entry

        return compile_entry(self._function, get_store())

    @functools.cached_property
    def part(self) -> Any:
        """The function as compiled functions call it."""
        _teach_numba()
        from relurules.lp.linked_code import compile_part

        return compile_part(self._function)


class RowFunction(CompiledFunction):
    """A function that is machine code from the first call on."""

    def __call__(self, *args: Any) -> Any:
        """The function's result."""
        return self.machine_code(*args)


class InlinedFunction(CompiledFunction):
    """A function whose lines become those of the compiled function that calls it."""

    @functools.cached_property
    def part(self) -> Any:
        """The function as compiled functions call it."""
        _teach_numba()
        from relurules.lp.linked_code import compile_inlined

        return compile_inlined(self._function)


def compile_cached(function: F) -> F:
    """The function, compiled by numba where it is worth it, and kept on disk for later runs.

    Nothing in it may allocate: without numba's reference counts, calls with many arrays cost
    nothing.
    """
    return function if is_compiling_off() else CompiledFunction(function)  # type: ignore[return-value]


def compile_at_once(function: F) -> F:
    """The function, compiled by numba from its first call on, and kept on disk: for loops over
    rows, which would take hours as they stand. Nothing in it may allocate.
    """
    return function if is_compiling_off() else RowFunction(function)  # type: ignore[return-value]


def compile_inline(function: F) -> F:
    """The function as a part of the compiled function that calls it, for one with many arrays and a
    single caller.
    """
    return function if is_compiling_off() else InlinedFunction(function)  # type: ignore[return-value]


def use_machine_code() -> None:
    """Compile every function from now on, for work that will be long or has a time limit."""
    _PATIENCE.end()


def is_machine_code_used() -> bool:
    """Whether functions are compiled, no longer run as they stand."""
    return _PATIENCE.is_over or is_compiling_off()


def announce_compiling(announce: Callable[[], None]) -> None:
    """Have this called before anything is compiled anew."""
    _PATIENCE.announce = announce


def is_code_cached() -> bool:
    """Whether there are compiled functions of this version on disk, so that the first call won't
    take long.
    """
    return get_store().has("engine.advance")


def find_cache_obstacle() -> str | None:
    """Why compiled functions can't be kept on disk; None where they can."""
    return get_store().obstacle()


@functools.cache
def get_store() -> CodeStore:
    """Where compiled functions are kept."""
    digest, base = _digest_sources(), _find_cache_base()
    return CodeStore(None if base is None else base / digest, find_shipped_folder(digest))


@functools.cache
def _teach_numba() -> None:
    """Functions that call others find these as `CompiledFunction`, of which numba knows nothing."""
    from numba.extending import typeof_impl

    @typeof_impl.register(CompiledFunction)
    def _(value: CompiledFunction, context: Any) -> Any:
        return typeof_impl(value.part, context)


def is_compiling_off() -> bool:
    """Whether numba's own setting says that functions are left as they are."""
    return os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0")


@functools.cache
def _digest_sources() -> str:
    """A digest of all that compiled functions depend on."""
    from importlib.metadata import version  # takes longer than all of this file

    package, digest = Path(__file__).parent.parent, hashlib.sha256()
    digest.update(f"{version('numba')} {sys.implementation.cache_tag}".encode())
    for name in _SOURCES:
        for file in sorted((package / name).glob("*.py")):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _find_cache_base() -> Path | None:
    """Where the user keeps caches; None where there is no such place."""
    given = os.environ.get("NUMBA_CACHE_DIR")
    return Path(given) if given else _find_user_cache()


def _find_user_cache() -> Path | None:
    """The package's folder where the user keeps caches; None without a home."""
    given = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if given.is_absolute():
        return given / "relurules"
    home = Path(os.path.expanduser("~"))  # noqa: PTH111  # Path.home fails where there is none
    if not home.is_absolute() or home == Path(home.anchor):
        return None
    return home / ".cache" / "relurules"
