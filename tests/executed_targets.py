"""Targets that `verify` runs, each as emit takes it, and the programs that some of them need."""

import shutil
from collections.abc import Mapping
from typing import Any

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


def require_target(target: str) -> None:
    """Skip the test where the target's engine isn't here; in CI fail."""
    for program, package in _PROGRAMS.get(target, {}).items():
        if shutil.which(program) is None:
            miss(f"{program} ({package})")
