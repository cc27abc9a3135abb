"""Regions counted by `compiled_limit.c`, a plain search that gcc compiles for this machine.

What such a program reaches is the yardstick of our search: see there for what it does and what it
leaves out.
"""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

SOURCE = Path(__file__).with_suffix(".c")

#: How it finds signs of neurons: the textbook's way, or a quicker one.
Method = Literal["plain", "quick"]


def compile_limit(folder: Path) -> Path | None:
    """The program, compiled into a folder; None without gcc."""
    gcc, program = shutil.which("gcc"), folder / "compiled_limit"
    if gcc is None:
        return None
    flags = ["-std=c99", "-O3", "-march=native"]
    subprocess.run([gcc, *flags, "-o", program, SOURCE, "-lm"], check=True)
    return program


def write_layers(path: Path, layers: Sequence[tuple[Any, Any]]) -> None:
    """Hidden layers, weight and bias of each, as the program reads them."""
    lines = [f"{layers[0][0].shape[1]} {len(layers)}"]
    for weight, bias in layers:
        lines += [str(len(weight))]
        lines += [" ".join(map(repr, row)) for row in [*weight.tolist(), bias.tolist()]]
    path.write_text("\n".join(lines) + "\n")


def count_compiled(
    program: Path, layers: Sequence[tuple[Any, Any]], method: Method, seconds: float = 0.0
) -> tuple[int, float]:
    """Regions in [-1, 1]^d, and CPU seconds of a search: the mean of what fits into `seconds`."""
    path = program.parent / "layers.txt"
    write_layers(path, layers)
    command = [program, path, method, str(seconds)]
    ran = subprocess.run(command, check=True, capture_output=True, text=True)
    regions, spent = ran.stdout.split()
    return int(regions), float(spent)
