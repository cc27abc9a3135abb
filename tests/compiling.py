"""What C compilers say of many sources, in as few processes as they do it in."""

import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path


def find_complaints(
    compiler: str, flags: Sequence[str], sources: Sequence[Path], folder: Path
) -> str:
    """Warnings and errors of sources, each compiled by itself; objects go to the folder.

    clang starts a program for every source, which takes longer than the source; that program takes
    several when it is called itself, with the arguments that clang would give it.
    """
    command = [compiler, *flags]
    if compiler == "clang":
        asked = [*command, "-###", "-o", folder / "score.o", "-c", sources[0]]
        told = subprocess.run(asked, cwd=folder, capture_output=True, text=True, check=True).stderr
        command = shlex.split(told.splitlines()[-1])
        assert command[1] == "-cc1"
        assert command.pop() == str(sources[0])
    else:
        command.append("-c")
    ran = subprocess.run(
        [*command, *sources], cwd=folder, capture_output=True, text=True, check=False
    )
    return ran.stderr or ("" if ran.returncode == 0 else f"exit code {ran.returncode}")
