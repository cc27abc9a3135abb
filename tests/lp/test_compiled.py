"""Where compiled functions are kept: under a digest of their sources, where the user wants them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numba
import pytest

from relurules.lp import compiled

PACKAGE = Path(compiled.__file__).parent.parent
#: What a program finds: the folder, whether numba's own setting is what it was, whether anything is kept, and a result.
PROGRAM = """
import numba
before = numba.config.CACHE_DIR
from relurules.lp import compiled
import numpy as np
from relurules.lp.dictionary import copy
target = np.zeros(2)
copy(np.array([1.0, 2.0]), target)
assert target.tolist() == [1.0, 2.0]
print(compiled._FOLDER)
print(numba.config.CACHE_DIR == before, compiled.is_kept(), any(compiled._FOLDER.rglob("dictionary.copy-*.nbi")))
print(compiled.__file__)
"""


def run(path: Path, **environment: str) -> list[str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME")}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True,
        cwd=path, env=kept | {"PYTHONPATH": str(path)} | environment,
    )  # fmt: skip
    return done.stdout.split("\n")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package, to change."""
    root = tmp_path_factory.mktemp("package")
    shutil.copytree(PACKAGE, root / "relurules", ignore=shutil.ignore_patterns("__pycache__"))
    return root


def test_the_folder_is_the_users_and_goes_by_the_sources(copy: Path, tmp_path: Path) -> None:
    folder, state, file, _ = run(copy, NUMBA_CACHE_DIR=str(tmp_path / "numba"))
    assert file.startswith(str(copy))
    assert Path(folder).parent == tmp_path / "numba"
    assert state == "True False True"
    source = copy / "relurules" / "lp" / "tolerances.py"
    source.write_text(source.read_text() + "\n#: Another tolerance.\nOTHER = 1e-3\n")
    other, *_ = run(copy, NUMBA_CACHE_DIR=str(tmp_path / "numba"))
    assert Path(other).parent == tmp_path / "numba"
    assert other != folder


def test_without_a_setting_the_folder_is_in_the_users_cache(copy: Path, tmp_path: Path) -> None:
    folder, state, *_ = run(copy, XDG_CACHE_HOME=str(tmp_path))
    assert Path(folder).parent == tmp_path / "relurules"
    assert state == "True False True"


def test_a_cache_that_can_t_be_written_to_is_no_obstacle(copy: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    _, state, *_ = run(copy, XDG_CACHE_HOME=str(tmp_path / "file"))
    assert state == "True False False"


def test_numba_s_setting_is_put_back_where_a_function_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numba.config, "CACHE_DIR", "elsewhere")
    with pytest.raises(TypeError):
        compiled.compiled(3)  # type: ignore[type-var]
    assert numba.config.CACHE_DIR == "elsewhere"


def test_files_without_functions_that_are_compiled_count_too() -> None:
    assert compiled._folder() == compiled._FOLDER
    assert {"lp", "partitioning"} <= set(compiled._SOURCES)
