"""What the short checkers say of certificates, rules and models."""

import ast
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from second_checker import Files

NAMES = ("certificate.json", "rules.json", "model.json")
#: What no file of a certificate may be.
UNREADABLE = (
    '{"a": NaN}', '{"a": 1e999999}', '{"a": 1, "a": 1}', '{"a":' * 200_000, "[]", "",
    f'{{"a": {"9" * 301}}}', '{"a": -Infinity}', '\ufeff{"a": 1}',
)  # fmt: skip


def judge_values(short: ModuleType, values: Any) -> tuple[int, Any]:
    """The exit code, and what is shown or said."""
    try:
        return 0, short.judge(*values)[0]
    except NotImplementedError as error:
        return 3, str(error)
    except short.REFUSALS as error:
        return 1, f"{type(error).__name__}: {error}"


def judge_files(short: ModuleType, case: Files, folder: Path) -> tuple[int, Any]:
    """The same of files."""
    for name, data in zip(NAMES, case, strict=True):
        (folder / name).write_bytes(data)
    try:
        values = [short.read_file(str(folder / name)) for name in NAMES]
    except (OSError, *short.REFUSALS) as error:
        return 2, str(error)
    return judge_values(short, values)


def run_short(short: ModuleType, folder: Path, triple: Any) -> subprocess.CompletedProcess[str]:
    """The program, with nothing but Python's own library."""
    for name, value in zip(NAMES, triple, strict=True):
        text = value if isinstance(value, str) else json.dumps(value)
        (folder / name).write_text(text, encoding="utf-8")
    command = [sys.executable, "-I", "-S", str(short.__file__)]
    command += [str(folder / name) for name in NAMES]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def measure_program(short: ModuleType) -> tuple[int, int, set[str]]:
    """How many lines it has, how long the longest is, and what it imports."""
    text = Path(str(short.__file__)).read_text(encoding="utf-8")
    statements = list(ast.walk(ast.parse(text)))
    froms = [each.module or "" for each in statements if isinstance(each, ast.ImportFrom)]
    plain = [own.name for each in statements if isinstance(each, ast.Import) for own in each.names]
    modules = {name.partition(".")[0] for name in (*froms, *plain)}
    return len(text.splitlines()), max(map(len, text.splitlines())), modules
