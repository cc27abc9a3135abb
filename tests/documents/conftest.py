"""axe-core for the tests of pages, from npm, into pytest's cache."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

#: What is installed; another version may know other faults.
AXE = "axe-core@4.14.1"


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The script; skips where npm has no registry."""
    base = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    folder = base / "relurules-tests" / AXE
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    if not script.is_file():
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip("npm isn't installed, which axe-core comes from")
        fresh = tmp_path_factory.mktemp("axe")
        ended = subprocess.run(
            [npm, "install", "--no-save", "--ignore-scripts", "--prefix", str(fresh), AXE],
            capture_output=True, timeout=300, check=False,
        )  # fmt: skip
        if ended.returncode:
            pytest.skip(f"npm has no registry for {AXE}: {ended.stderr[-200:].decode()}")
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(fresh, folder, dirs_exist_ok=True)
    return script.read_text(encoding="utf-8")
