"""Functions that call one another as machine code: what Python calls is kept, with all it calls."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from relurules.lp.compilation import CompiledFunction, InlinedFunction, is_compiling_off
from relurules.lp.linked_code import compile_entry, compile_part
from relurules.lp.machine_code import CodeStore

pytestmark = pytest.mark.skipif(is_compiling_off(), reason="NUMBA_DISABLE_JIT is set")


class Totals(NamedTuple):
    """Arrays that travel together, as a search's state does."""

    values: NDArray[np.float64]
    total: NDArray[np.float64]


def double(value: float) -> float:
    return 2.0 * value


def add(totals: Totals, value: float) -> None:
    totals.total[0] += DOUBLE(value)


def add_all(totals: Totals) -> float:
    for value in totals.values:
        ADD(totals, value)
    return float(READ(totals))


def read(totals: Totals) -> float:
    return float(totals.total[0])


DOUBLE, ADD, READ = CompiledFunction(double), CompiledFunction(add), InlinedFunction(read)


def make_totals() -> Totals:
    return Totals(np.array([0.1, 0.2, 0.4, 1e17]), np.zeros(1))


def test_an_entry_gives_what_the_functions_give_and_comes_back_from_disk(tmp_path: Path) -> None:
    expected = add_all(make_totals())
    for hits in (0, 1):
        entry = compile_entry(add_all, CodeStore(tmp_path))
        totals = make_totals()
        assert entry(totals) == totals.total[0] == expected
        assert sum(entry.stats.cache_hits.values()) == hits


def test_only_what_python_calls_is_kept(tmp_path: Path) -> None:
    compile_entry(add_all, CodeStore(tmp_path))(make_totals())
    (kept,) = tmp_path.iterdir()
    assert kept.name.startswith("test_linked_code.add_all-")


def test_what_compiled_functions_call_may_be_called_from_python_too(tmp_path: Path) -> None:
    store = CodeStore(tmp_path)
    compile_entry(add_all, store)(make_totals())
    totals = make_totals()
    compile_entry(add, store)(totals, 1.5)
    assert totals.total[0] == 3.0
    assert len(list(tmp_path.iterdir())) == 2


def test_machine_code_is_made_of_entries_alone(tmp_path: Path) -> None:
    made = []
    for compiled in (compile_part(double), compile_entry(double, CodeStore(tmp_path))):
        compiled.compile("float64(float64)")
        (result,) = compiled.overloads.values()
        engine = result.target_context.codegen()._engine
        made.append(engine.is_symbol_defined(result.fndesc.llvm_func_name))

    assert made == [False, True]
