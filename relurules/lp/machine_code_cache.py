"""How numba asks for machine code, and gives it. Importing this loads numba."""

import hashlib
import platform
from collections.abc import Callable
from typing import Any

from numba.core import config
from numba.core.caching import _Cache
from numba.core.compiler import CompileResult

from relurules.lp.machine_code import AGAIN, CodeStore
from relurules.lp.shipped_code import BASELINES

_rebuild: Any = CompileResult._rebuild


class MachineCodeCache(_Cache):
    """Keeps the machine code of one function, as numba asks for it and gives it."""

    def __init__(self, function: Callable[..., Any], store: CodeStore) -> None:
        self.store = store
        self.module, self.name = (
            function.__module__,
            f"{function.__module__.split('.')[-1]}.{function.__qualname__}",
        )

    @property
    def cache_path(self) -> str | None:
        """The folder, for numba's own reports."""
        return None if self.store.folder is None else str(self.store.folder)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Machine code for arguments of these types, None where there is none."""
        target_context.refresh()
        try:
            found = self._find(sig, target_context.codegen())
            return None if found is None else _rebuild(target_context, *found)
        except Exception as error:
            self.store.say(
                f"machine code of {self.name} can't be used: {type(error).__name__}; {AGAIN}"
            )
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep machine code for arguments of these types."""
        try:
            if not data.lifted and not data.library.has_dynamic_globals:
                self.store.write(self._name(sig, data.codegen.magic_tuple()), data._reduce())
        except Exception as error:
            self.store.say(
                f"machine code of {self.name} can't be kept: {type(error).__name__}; {AGAIN}, "
                "each time"
            )

    def enable(self) -> None:
        """Part of what numba expects; it can't be switched off."""

    def disable(self) -> None:
        """Part of what numba expects; it can't be switched off."""

    def flush(self) -> None:
        """Part of what numba expects: files go by their sources, and needn't be removed."""

    def _find(self, sig: Any, codegen: Any) -> Any:
        """What the user has for this processor, or else what came with the package for its kind;
        whoever tells numba which processor to take, gets code of none but that one.
        """
        own, settings = codegen.magic_tuple(), vars(config)
        found = self.store.read(self._name(sig, own))
        chosen = settings["CPU_NAME"], settings["CPU_FEATURES"]
        if found is not None or self.store.shipped is None or chosen != (None, None):
            return found

        baseline = BASELINES[platform.machine()]
        return self.store.read_shipped(self._name(sig, (own[0], baseline.name, "")))

    def _name(self, sig: Any, processor: tuple[str, str, str]) -> str:
        """A name that tells types of arguments, and processors, apart.

        processor: what numba makes code for: system, name, and features where these aren't those of
        the name.
        """
        told = repr((self.module, sig, processor)).encode()
        return f"{self.name}-{hashlib.sha256(told).hexdigest()[:20]}"
