"""Targets that run here whatever is installed, but Node.js: each as emit takes it."""

import shutil
from typing import Any

from browsers import miss

TARGETS: list[tuple[str, dict[str, Any]]] = [
    ("sql", {"dialect": "sqlite"}),
    ("sql", {"dialect": "duckdb"}),
    ("c", {}),
    ("python", {}),
    ("javascript", {}),
]


def require_target(target: str) -> None:
    """Skip the test where the target's engine isn't here; in CI fail."""
    if target == "javascript" and shutil.which("node") is None:
        miss("Node.js")
