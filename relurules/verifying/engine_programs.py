"""Programs that engines start, each in a folder of its own."""

import subprocess
from collections.abc import Sequence


def run_program(command: Sequence[str], folder: str, sent: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder: what it reads is sent, what it prints is kept."""
    return subprocess.run(
        command, cwd=folder, input=sent, capture_output=True, encoding="utf-8", check=False
    )
