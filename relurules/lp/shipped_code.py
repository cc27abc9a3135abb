"""Machine code that comes with the package, for whoever installs a wheel: made on one machine by
`tools/ship_machine_code.py` for a processor's baseline, which most machines have.
"""

import platform
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

#: Where a wheel has it, a folder for every digest of sources and kind of machine.
SHIPPED = Path(__file__).parent.parent / "shipped_code"


class ProcessorBaseline(NamedTuple):
    """A kind of processor as LLVM calls it, and what a machine must have to run its code."""

    name: str
    needs: tuple[str, ...]


_V3 = ProcessorBaseline(
    "x86-64-v3",
    ("avx2", "bmi", "bmi2", "cx16", "f16c", "fma", "lzcnt", "movbe", "popcnt", "sahf", "sse4.2"),
)
_ARM = ProcessorBaseline("generic", ())
#: Machine, as Python calls it -> what code is made for, by the x86-64 psABI's levels.
BASELINES = {"x86_64": _V3, "AMD64": _V3, "aarch64": _ARM, "arm64": _ARM}


def name_machine_folder(digest: str) -> str:
    """The folder of code for machines like this one, of sources with this digest."""
    return f"{digest}-{sys.platform}-{platform.machine()}"


def find_shipped_folder(digest: str) -> Path | None:
    """Where code for this machine lies; None where there is none that its processor runs."""
    folder = SHIPPED / name_machine_folder(digest)
    if not folder.is_dir():
        return None
    import llvmlite.binding as llvm

    return None if find_baseline(llvm.get_host_cpu_features()) is None else folder


def find_baseline(features: Mapping[str, bool]) -> ProcessorBaseline | None:
    """What code this machine runs, of those that are shipped; None where that is none.

    features: of this processor, as LLVM calls them.
    """
    found = BASELINES.get(platform.machine())
    if found is None or not all(features.get(need, False) for need in found.needs):
        return None
    return found
