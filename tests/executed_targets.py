"""Targets that run here whatever is installed, but Node.js, each as emit takes it.

Programs that tests run: without them tests are skipped, except in CI.
"""

import os
import shutil
from typing import Any

import pytest
from browsers import miss

TARGETS: list[tuple[str, dict[str, Any]]] = [
    ("sql", {"dialect": "sqlite"}),
    ("sql", {"dialect": "duckdb"}),
    ("c", {}),
    ("python", {}),
    ("javascript", {}),
]


def needs_program(name: str) -> pytest.MarkDecorator:
    """The mark of a test that runs a program: it is skipped where that isn't on the PATH. In CI it
    runs all the same, and fails.
    """
    absent = shutil.which(name) is None and os.environ.get("CI") != "true"
    return pytest.mark.skipif(absent, reason=f"no {name} on the PATH")


def require_program(name: str) -> None:
    """Skip the test where a program isn't on the PATH; in CI fail."""
    if shutil.which(name) is None:
        miss(name)


def require_target(target: str) -> None:
    """Skip the test where the target's engine isn't here; in CI fail."""
    if target == "javascript":
        require_program("node")
