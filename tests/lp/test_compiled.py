"""Where compiled functions are kept: under a digest of their sources, where the user wants them."""

import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from relurules.lp import compilation
from relurules.lp.shipped_code import BASELINES, name_machine_folder

PACKAGE = Path(compilation.__file__).parent.parent
#: What a program finds: the folder, whether numba's own setting is what it was, whether anything is
#: kept, and a result.
PROGRAM = """
import numba
before = numba.config.CACHE_DIR
from relurules.lp import compilation
compilation.use_machine_code()
import numpy as np
from relurules.lp.dictionary import copy_vector
target = np.zeros(2)
copy_vector(np.array([1.0, 2.0]), target)
assert target.tolist() == [1.0, 2.0]
folder = compilation.get_store().folder
print(folder)
stored = compilation.get_store().has("dictionary.copy_vector")
print(numba.config.CACHE_DIR == before, compilation.is_code_cached(), stored)
print(compilation.__file__)
"""
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "shipped_code")
LOST = "compiled anew, some 30 seconds, each time"


def run(path: Path, gone: tuple[str, ...] = (), **environment: str) -> list[str]:
    """The lines of what the program prints on stdout and, as the last one, all that it prints on
    stderr.
    """
    unwanted = {"NUMBA_CACHE_DIR", "XDG_CACHE_HOME", *gone}
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True,
        cwd=path, env=kept | {"PYTHONPATH": str(path)} | environment,
    )  # fmt: skip
    return [*done.stdout.splitlines(), done.stderr]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package, to change."""
    root = tmp_path_factory.mktemp("package")
    shutil.copytree(PACKAGE, root / "relurules", ignore=_LEFT_OUT)
    return root


def test_the_folder_is_the_users_and_goes_by_the_sources(copy: Path, tmp_path: Path) -> None:
    folder, state, file, said = run(copy, NUMBA_CACHE_DIR=str(tmp_path / "numba"))
    assert file.startswith(str(copy))
    assert Path(folder).parent == tmp_path / "numba"
    assert (state, said) == ("True False True", "")
    assert is_clean(copy)
    source = copy / "relurules" / "lp" / "tolerances.py"
    source.write_text(source.read_text() + "\n#: Another tolerance.\nOTHER = 1e-3\n")
    other, *_ = run(copy, NUMBA_CACHE_DIR=str(tmp_path / "numba"))
    assert Path(other).parent == tmp_path / "numba"
    assert other != folder


def test_without_a_setting_the_folder_is_in_the_users_cache(copy: Path, tmp_path: Path) -> None:
    folder, state, *_ = run(copy, XDG_CACHE_HOME=str(tmp_path))
    assert Path(folder).parent == tmp_path / "relurules"
    assert state == "True False True"


def is_clean(package: Path) -> bool:
    """Whether nothing was compiled into the package's own folders."""
    return not [path for path in package.rglob("*") if path.suffix in (".nbi", ".nbc", ".code")]


def test_a_cache_that_can_t_be_written_to_is_no_obstacle(copy: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    folder, state, _, said = run(copy, XDG_CACHE_HOME=str(tmp_path / "file"))
    assert state == "True False False"
    assert said == f"machine code can't be kept in {folder}: Not a directory; {LOST}\n"
    assert is_clean(copy)


def test_who_has_no_home_compiles_anew_and_nothing_lands_elsewhere(
    copy: Path, tmp_path: Path
) -> None:
    """As in a container whose user has no entry among the users."""
    home = tmp_path / "sitecustomize.py"
    home.write_text(
        "import pwd\ndef nobody(*_): raise KeyError\npwd.getpwuid = pwd.getpwnam = nobody\n"
    )
    path = os.pathsep.join([str(copy), str(tmp_path)])
    folder, state, _, said = run(copy, ("HOME",), PYTHONPATH=path)
    assert (folder, state) == ("None", "True False False")
    assert (
        said
        == f"machine code can't be kept: no home folder; XDG_CACHE_HOME can name a place; {LOST}\n"
    )
    assert is_clean(copy)
    assert not list(tmp_path.glob(".cache"))


@pytest.mark.parametrize("place", ["", "relative/folder"])
def test_a_relative_place_for_caches_counts_for_nothing(
    monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", place)
    monkeypatch.setenv("HOME", "/home/somebody")
    assert compilation._find_cache_base() == Path("/home/somebody/.cache/relurules")
    for home in ("/", "", "somewhere"):
        monkeypatch.setenv("HOME", home)
        assert compilation._find_cache_base() is None


@pytest.fixture(scope="module")
def whole(copy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of what was compiled, to be copied and damaged."""
    place = tmp_path_factory.mktemp("whole")
    folder, *_, said = run(copy, NUMBA_CACHE_DIR=str(place))
    assert said == ""
    assert Path(folder).parent == place
    return place


@pytest.mark.parametrize("damage", ["empty", "cut", "random", "a bit", "a folder"])
def test_a_damaged_cache_costs_time_and_a_line(
    copy: Path, whole: Path, tmp_path: Path, damage: str
) -> None:
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    (file,) = tmp_path.glob("*/dictionary.copy_vector-*.code")
    spoil(file, damage)
    *_, state, _, said = run(copy, NUMBA_CACHE_DIR=str(tmp_path))
    assert state == "True False True"
    why = "Is a directory" if damage == "a folder" else "machine code that is damaged"
    assert said == f"{file}: {why}; compiled anew, some 30 seconds\n"
    if damage != "a folder":
        assert run(copy, NUMBA_CACHE_DIR=str(tmp_path))[-1] == ""  # it is whole again
    assert is_clean(copy)


def spoil(file: Path, damage: str) -> None:
    whole = file.read_bytes()
    if damage == "a folder":
        file.unlink()
        file.mkdir()
        return
    changed = bytearray(whole)
    changed[len(whole) // 2] ^= 4
    damaged = {
        "empty": b"",
        "cut": whole[: len(whole) // 2],
        "random": np.random.default_rng(0).bytes(999),
    }
    file.write_bytes(damaged.get(damage, bytes(changed)))


def test_code_that_came_with_the_package_is_not_compiled_again(copy: Path, tmp_path: Path) -> None:
    baseline = BASELINES[platform.machine()]
    chosen = {"NUMBA_CPU_NAME": baseline.name, "NUMBA_CPU_FEATURES": ""}
    made, *_ = run(copy, NUMBA_CACHE_DIR=str(tmp_path / "made"), **chosen)
    shipped = copy / "relurules" / "shipped_code"
    (shipped / name_machine_folder(Path(made).name)).parent.mkdir()
    Path(made).rename(shipped / name_machine_folder(Path(made).name))
    try:
        folder, state, _, said = run(copy, NUMBA_CACHE_DIR=str(tmp_path / "own"))
        assert (state, said) == ("True False True", "")
        assert not Path(folder).exists()  # nothing had to be kept

        folder, *_ = run(copy, NUMBA_CACHE_DIR=str(tmp_path / "other"), NUMBA_CPU_NAME="generic")
        assert list(Path(folder).glob("*.code"))  # whoever names a processor, gets its code
    finally:
        shutil.rmtree(shipped)


def test_files_without_functions_that_are_compiled_count_too() -> None:
    folder = compilation.get_store().folder
    assert folder is None or folder.name == compilation._digest_sources()
    compiled = {
        file.parent.relative_to(PACKAGE).as_posix()
        for file in PACKAGE.rglob("*.py")
        if re.search(r"^@compile_", file.read_text(), re.MULTILINE)
    }
    assert compiled == set(compilation._SOURCES)


def test_functions_that_aren_t_compiled_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    assert compilation.compile_cached(run) is run


#: Searches one network as the functions stand, again as machine code, and halfway from one to the
#: other; what it prints is whether numba was there, and digests of what was found.
SEARCHES = """
import hashlib, sys
import numpy as np
from relurules.domain import Domain
from relurules.ir import Network, Neuron
from relurules.lp import compilation
from relurules.partitioning import SearchOptions, search_regions
random = np.random.default_rng(3)
A, L = random.normal(size=(10, 3)), np.zeros((10, 10))
A[5:] = 0.0
L[5:, :5] = random.normal(size=(5, 5))
C, U = np.zeros((1, 3)), random.normal(size=(1, 10))
network = Network(
    A, L, random.normal(size=10), C, U, np.zeros(1), np.zeros(10),
    tuple(Neuron("layer", i) for i in range(10)),
)
def search():
    found = search_regions(network, Domain.box([-1] * 3, [1] * 3), SearchOptions())
    parts = (found.patterns, found.points)
    return hashlib.sha256(b"".join(np.ascontiguousarray(p).tobytes() for p in parts)).hexdigest()
first = search()
print("numba" in sys.modules)
compilation._PATIENCE.most = compilation._PATIENCE.spent + 0.002
assert search() == first
print(compilation.is_machine_code_used(), "numba" in sys.modules)
assert search() == first
"""


def test_a_short_search_loads_no_compiler_and_a_long_one_finds_the_same_bits() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SEARCHES],
        capture_output=True,
        text=True,
        check=True,
        cwd=PACKAGE.parent,
    )
    assert done.stdout.split() == ["False", "True", "True"]


def test_compiling_is_announced_before_it_is_done(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said: list[str] = []
    patience = compilation._Patience()
    monkeypatch.setattr(compilation, "_PATIENCE", patience)
    monkeypatch.setattr(compilation, "is_code_cached", lambda: False)
    compilation.announce_compiling(lambda: said.append("compiling"))
    patience.add(compilation._MAKING / 2)
    assert not compilation.is_machine_code_used()
    patience.add(compilation._MAKING)
    compilation.use_machine_code()
    assert compilation.is_machine_code_used()
    assert said == ["compiling"]
