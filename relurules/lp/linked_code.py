"""How functions that call one another become machine code. Importing this loads numba.

By itself numba optimises every function together with all that it calls and makes machine code of
each, with a way in from Python: of a function that is called five calls deep, six times. Here a
function that compiled functions call is a part: it stays intermediate code (LLVM's), and is
optimised once, within the function that Python calls, its entry. Of an entry alone there is machine
code, a way in from Python and a file on disk.
"""

# mypy: allow-untyped-calls

from collections.abc import Callable, Iterable
from typing import Any

import llvmlite.binding as llvm
import numba
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler
from numba.core.environment import lookup_environment

from relurules.lp.machine_code import CodeStore
from relurules.lp.machine_code_cache import MachineCodeCache

#: What names of environments begin with, in which numba keeps what a function says of errors.
_ENVIRONMENT = "_ZN08NumbaEnv"


def compile_entry(function: Callable[..., Any], store: CodeStore) -> Any:
    """The function as Python calls it, kept in the store."""
    found = _compile(function, pipeline_class=_EntryCompiler)
    found._cache = MachineCodeCache(function, store)
    return found


def compile_part(function: Callable[..., Any]) -> Any:
    """The function as compiled functions call it."""
    return _compile(function, no_cpython_wrapper=True, pipeline_class=_PartCompiler)


def compile_inlined(function: Callable[..., Any]) -> Any:
    """The function as lines of the compiled function that calls it."""
    return _compile(function, inline="always")


def _compile(function: Callable[..., Any], **options: Any) -> Any:
    """What numba makes of a function; its types don't know all options."""
    compiler: Any = numba.njit
    return compiler(error_model="numpy", nogil=True, no_cfunc_wrapper=True, _nrt=False, **options)(
        function
    )


class _LinkedLibrary(JITCodeLibrary):
    """Intermediate code of a function, before anything else has treated it."""

    def _optimize_functions(self, ll_module: Any) -> None:
        """Of a state of hundreds of numbers, load only those that are read. Before that each of
        its uses stands for all of them, and other passes treat them one by one.
        """
        ll_module.data_layout = self._codegen._data_layout
        passes, builder = llvm.create_new_function_pass_manager(), self._codegen._pass_builder()
        passes.add_instruction_combine_pass()

        for function in ll_module.functions:
            if not function.is_declaration:
                passes.run(function, builder)


class _EntryLibrary(_LinkedLibrary):
    """Machine code of a function and of all that it calls."""

    def finalize(self) -> None:
        """Link all parts, optimise the whole, make machine code."""
        self._linking_libraries = list(_collect_libraries(self._linking_libraries))
        super().finalize()

        for variable in self._final_module.global_variables:
            environment = lookup_environment(variable.name)
            if variable.name.startswith(_ENVIRONMENT) and environment is not None:
                self.codegen.set_env(variable.name, environment)

    def _optimize_final_module(self) -> None:
        """All passes, once: numba's first round of them is for reference counts. Parts are nobody
        else's, so that what they don't read of their arguments needn't be passed.
        """
        for function in self._final_module.functions:
            if not function.is_declaration and function.linkage == llvm.Linkage.linkonce_odr:
                function.linkage = "internal"

        options = llvm.create_pipeline_tuning_options()
        options.speed_level = 3
        options.loop_vectorization = options.loop_interleaving = True
        options.loop_unrolling = False  # most loops have a few rounds
        builder = llvm.create_pass_builder(self._codegen._tm, options)
        builder.getModulePassManager().run(self._final_module, builder)


class _PartLibrary(_LinkedLibrary):
    """Intermediate code of a function, for others to link."""

    @property
    def codegen(self) -> Any:
        """What numba asks to write the function's environment into machine code."""
        return _NoMachineCode

    def finalize(self) -> None:
        """Nothing is linked here: whoever links this, links what it calls."""
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:  # noqa: ARG002  # numba names it
        """There is none."""
        self._ensure_finalized()
        return 0

    def _get_module_for_linking(self) -> Any:
        """The code, of which the linker may find several copies, and drop what isn't used."""
        self._ensure_finalized()
        for function in self._final_module.functions:
            if not function.is_declaration and function.linkage == llvm.Linkage.external:
                function.linkage = "linkonce_odr"

        return self._final_module


class _NoMachineCode:
    """Where an environment would be written."""

    @staticmethod
    def set_env(name: str, environment: Any) -> None:
        """The entry's code has it."""


def _collect_libraries(libraries: Iterable[Any]) -> Iterable[Any]:
    """The libraries and those that parts of them call, each once."""
    found, waiting = dict[Any, None](), list(libraries)
    while waiting:
        library = waiting.pop()
        if library not in found:
            found[library] = None
            waiting += library._linking_libraries if isinstance(library, _PartLibrary) else []

    return found


class _LinkingCompiler(Compiler):
    """numba's compiler, with a library of ours."""

    library: type[JITCodeLibrary]

    def compile_extra(self, func: Callable[..., Any]) -> Any:
        """What numba has of the function once it is compiled."""
        self.state.library = self.library(self.state.targetctx.codegen(), func.__qualname__)
        self.state.library.enable_object_caching()
        return super().compile_extra(func)


class _EntryCompiler(_LinkingCompiler):
    library = _EntryLibrary


class _PartCompiler(_LinkingCompiler):
    library = _PartLibrary
