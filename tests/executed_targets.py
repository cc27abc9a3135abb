"""Targets that `verify` runs, each as emit takes it, and programs that tests need: without them
tests are skipped, except in CI.
"""

import os
import shutil
from collections.abc import Mapping
from typing import Any

import pytest
from browsers import miss

from relurules.verifying.class_languages import JAVA, MONO

#: Those that run here whatever is installed, but Node.js.
TARGETS: list[tuple[str, dict[str, Any]]] = [
    ("sql", {"dialect": "sqlite"}),
    ("sql", {"dialect": "duckdb"}),
    ("c", {}),
    ("python", {}),
    ("javascript", {}),
]
OTHER_TARGETS: list[tuple[str, dict[str, Any]]] = [
    ("numpy", {}),
    ("java", {}),
    ("csharp", {}),
    ("bigquery", {}),
    ("onnx", {}),
]
_NODE = {"node": "nodejs"}
_PROGRAMS: Mapping[str, Mapping[str, str]] = {
    "javascript": _NODE,
    "bigquery": _NODE,
    "java": JAVA.programs,
    "csharp": MONO.programs,
}


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
    for program, package in _PROGRAMS.get(target, {}).items():
        if shutil.which(program) is None:
            miss(f"{program} ({package})")
