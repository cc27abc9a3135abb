"""Checkpoints that are damaged: the undisturbed result or one sentence; what is whole is gone on
from.
"""

import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from handmade import random_network

import relurules as rr
from relurules.errors import DataError, InputError
from relurules.files import locks
from relurules.ir import Partition
from relurules.partitioning import explore, search_regions, search_run
from relurules.partitioning.options import SearchOptions

NET, BOX = random_network(5, d=4, K=10), rr.Domain.box([-1] * 4, [1] * 4)
Arrays = dict[str, Any]


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_run, "_TESTS", 50)


@pytest.fixture(scope="module")
def whole() -> Partition:
    return search_regions(NET, BOX)


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A checkpoint of the search after 20 regions."""
    path = tmp_path_factory.mktemp("checkpoint") / "search.npz"
    assert not search_regions(NET, BOX, SearchOptions(max_regions=20, checkpoint=path)).complete
    return path.read_bytes()


def archive(content: bytes, change: Callable[[Arrays], None]) -> bytes:
    """The checkpoint as it would be with other arrays."""
    with np.load(io.BytesIO(content)) as file:
        arrays = dict(file)
    change(arrays)
    changed = io.BytesIO()
    np.savez(changed, **arrays)
    return changed.getvalue()


def telling(**said: Any) -> Callable[[Arrays], None]:
    """Changes what a checkpoint says of itself."""

    def change(arrays: Arrays) -> None:
        arrays["about"] = np.array(json.dumps(json.loads(str(arrays["about"])) | said))

    return change


def without(name: str) -> Callable[[Arrays], None]:
    return lambda arrays: arrays.pop(name)


def pickled(arrays: Arrays) -> None:
    arrays["top.neurons"] = np.array([print], dtype=object)


def one_number(arrays: Arrays) -> None:
    arrays["piece.0.node.center"][0] += 1e-3


def huge(content: bytes) -> bytes:
    """An array that says it has 10^15 numbers."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, data.replace(b"'shape': (1,)", b"'shape': (%d,)" % 10**15))
    return changed.getvalue()


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda content: b"",
    "random": lambda content: np.random.default_rng(0).bytes(3000),
    "text": lambda content: b"a,b\n1,2\n",
    "a pickle": lambda content: b"\x80\x04K\x01.",
    "one array": lambda content: b"\x93NUMPY" + content,
    "cut": lambda content: content[: len(content) // 2],
    "the end alone": lambda content: content[len(content) // 2 :],
    "no arrays": lambda content: archive(content, dict.clear),
    "an array is missing": lambda content: archive(content, without("piece.0.node.at")),
    "what was found is missing": lambda content: archive(content, without("held.0.points")),
    "a pickle within": lambda content: archive(content, pickled),
    "says nothing": lambda content: archive(content, without("about")),
    "says a number": lambda content: archive(
        content, lambda arrays: arrays.update(about=np.array("3"))
    ),
    "says no pieces": lambda content: archive(content, telling(pieces=None)),
    "says other pieces": lambda content: archive(content, telling(pieces=[[0, 0, "many", True]])),
    "one number": lambda content: archive(content, one_number),
    "huge": huge,
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_checkpoint_is_one_sentence(content: bytes, tmp_path: Path, damage: str) -> None:
    path = tmp_path / "search.npz"
    changed = DAMAGE[damage](content)
    path.write_bytes(changed)
    with pytest.raises(DataError) as caught:
        search_regions(NET, BOX, SearchOptions(checkpoint=path))
    said = str(caught.value)
    assert said.startswith(f"{path}: ")
    assert "\n" not in said
    assert "pickle" not in said
    assert "remove this one to start anew" in said
    assert path.read_bytes() == changed
    assert list(tmp_path.iterdir()) == [path]


def test_no_bit_can_be_flipped_unseen(content: bytes, whole: Partition, tmp_path: Path) -> None:
    """Some bits don't count: dates, for one. Then the result is the undisturbed one."""
    path, random, refused = tmp_path / "search.npz", np.random.default_rng(1), 0
    for _ in range(60):
        changed = bytearray(content)
        changed[int(random.integers(len(content)))] ^= 1 << int(random.integers(8))
        path.write_bytes(bytes(changed))
        try:
            found = search_regions(NET, BOX, SearchOptions(checkpoint=path))
        except DataError:
            refused += 1
        else:
            assert np.array_equal(found.patterns, whole.patterns)
            assert np.array_equal(found.points, whole.points)
    assert refused > 20


def test_a_checkpoint_of_another_version_is_told(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "search.npz").write_bytes(archive(content, telling(version=1, content="")))
    with pytest.raises(DataError, match="another version"):
        search_regions(NET, BOX, SearchOptions(checkpoint=tmp_path / "search.npz"))


@pytest.mark.parametrize("kind", ["folder", "pipe", "device"])
def test_what_is_no_file_is_no_checkpoint(tmp_path: Path, kind: str) -> None:
    path = Path("/dev/null") if kind == "device" else tmp_path / "place"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    with pytest.raises(
        DataError, match="is no regular file, as a checkpoint must be; name another one"
    ):
        search_regions(NET, BOX, SearchOptions(checkpoint=path))
    assert not list(path.parent.glob(f".*{locks.LOCK}"))


def test_a_checkpoint_that_can_t_be_written_is_told_before_the_search(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    told = list[int]()
    with pytest.raises(OSError, match="file"):
        search_regions(
            NET,
            BOX,
            SearchOptions(checkpoint=tmp_path / "file" / "search.npz", progress=told.append),
        )
    assert told == []


def test_there_is_a_checkpoint_before_the_first_step(whole: Partition, tmp_path: Path) -> None:
    path = tmp_path / "new" / "search.npz"

    def stops(found: int) -> None:
        raise ZeroDivisionError

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(explore, "_run_rounds", lambda *_: stops(0))
        patched.setattr(
            explore, "_save_progress", lambda *_: None
        )  # as where the process is killed
        with pytest.raises(ZeroDivisionError):
            search_regions(NET, BOX, SearchOptions(checkpoint=path))
    found = search_regions(NET, BOX, SearchOptions(checkpoint=path))
    assert np.array_equal(found.patterns, whole.patterns)
    assert not path.exists()


def test_a_link_to_a_checkpoint_stays(whole: Partition, tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    link = tmp_path / "search.npz"
    link.symlink_to(tmp_path / "far" / "real.npz")
    assert not search_regions(NET, BOX, SearchOptions(checkpoint=link, max_regions=20)).complete
    assert (tmp_path / "far" / "real.npz").is_file()
    assert len(search_regions(NET, BOX, SearchOptions(checkpoint=link))) == len(whole)
    assert link.is_symlink()
    assert not list((tmp_path / "far").iterdir())


def test_two_runs_with_one_checkpoint(whole: Partition, tmp_path: Path) -> None:
    path, told = tmp_path / "search.npz", list[str]()

    def second(found: int) -> None:
        with pytest.raises(InputError, match="another run is at work there") as caught:
            search_regions(NET, BOX, SearchOptions(checkpoint=path))
        told.append(str(caught.value))

    assert len(search_regions(NET, BOX, SearchOptions(checkpoint=path, progress=second))) == len(
        whole
    )
    assert told
    assert not list(tmp_path.iterdir())


def test_a_whole_search_can_be_kept(whole: Partition, tmp_path: Path) -> None:
    path, told = tmp_path / "search.npz", list[int]()
    search_regions(NET, BOX, SearchOptions(checkpoint=path, keep_checkpoint=True))
    found = search_regions(NET, BOX, SearchOptions(checkpoint=path, progress=told.append))
    assert np.array_equal(found.points, whole.points)
    assert told == []
    assert not path.exists()


def test_checkpoints_hold_no_empty_buffers(content: bytes) -> None:
    with np.load(io.BytesIO(content)) as file:
        assert not [name for name in file.files if ".out." in name]
