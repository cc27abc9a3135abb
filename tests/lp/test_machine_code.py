"""Machine code on disk: what was written comes back, anything else is compiled anew with one line
on stderr.
"""

import errno
import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from relurules.files.writing import PART
from relurules.lp import machine_code
from relurules.lp.machine_code import CodeStore


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The lines so far."""
    return [record.getMessage() for record in caplog.records]


def test_what_was_written_comes_back(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = CodeStore(tmp_path / "new")
    assert store.read("engine.advance-1") is None
    assert not store.has("engine.advance")
    store.write("engine.advance-1", ("code", 3))
    assert CodeStore(tmp_path / "new").read("engine.advance-1") == ("code", 3)
    assert store.has("engine.advance")
    assert not store.has("engine")
    assert said(caplog) == []


def test_no_byte_can_be_changed(tmp_path: Path) -> None:
    """Not even one that pickle would take."""
    store = CodeStore(tmp_path)
    store.write("name", "code" * 20)
    file = tmp_path / "name.code"
    whole, random = file.read_bytes(), np.random.default_rng(0)
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1 << int(random.integers(8))
        file.write_bytes(bytes(changed))
        assert store.read("name") is None
    for size in range(len(whole)):
        file.write_bytes(whole[:size])
        assert store.read("name") is None
    file.write_bytes(whole + b"\0")
    assert store.read("name") is None
    file.write_bytes(whole)
    assert store.read("name") == "code" * 20


def test_a_pickle_is_not_opened_unless_it_is_ours(tmp_path: Path) -> None:
    class Harm:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (os.mkdir, (str(tmp_path / "harm"),))

    (tmp_path / "name.code").write_bytes(pickle.dumps(Harm()))
    assert CodeStore(tmp_path).read("name") is None
    assert not (tmp_path / "harm").exists()


def test_damage_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = CodeStore(tmp_path)
    for name in "ab":
        (tmp_path / f"{name}.code").write_bytes(b"random")
        assert store.read(name) is None
    file = tmp_path / "a.code"
    assert said(caplog) == [f"{file}: machine code that is damaged; compiled anew, some 30 seconds"]
    store.write("a", 1)
    assert store.read("a") == 1


def test_a_file_that_can_t_be_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    store = CodeStore(tmp_path)
    store.write("a", 1)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_bytes", refuse)
        assert store.read("a") is None
    assert "a.code: Permission denied; compiled anew" in said(caplog)[0]


def full(path: Path, content: bytes) -> int:
    with path.open("wb") as file:
        file.write(content[:4])
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_loses_nothing_but_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = CodeStore(tmp_path)
    monkeypatch.setattr(Path, "write_bytes", full)
    store.write("a", 1)
    store.write("b", 1)
    assert said(caplog) == [
        (
            f"machine code can't be kept in {tmp_path}: No space left on device; compiled anew, "
            "some 30 seconds, each time"
        )
    ]
    assert store.read("a") is None
    assert not list(tmp_path.iterdir())


def test_an_obstacle_is_said_by_who_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = CodeStore(tmp_path)
    assert store.obstacle() is None
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr(Path, "write_bytes", full)
    assert store.obstacle() == f"machine code can't be kept in {tmp_path}: No space left on device"
    store.write("a", 1)
    assert CodeStore(None).obstacle() == (
        "machine code can't be kept: no home folder; XDG_CACHE_HOME can name a place"
    )
    assert said(caplog) == []


def test_without_a_folder_nothing_is_kept(caplog: pytest.LogCaptureFixture) -> None:
    store = CodeStore(None)
    assert store.read("a") is None
    assert said(caplog) == []  # nothing is wrong before something was compiled
    store.write("a", 1)
    assert not store.has("a")
    assert "no home folder" in said(caplog)[0]


def test_workers_are_silent(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Worker:
        name = "LokyProcess-1"

    monkeypatch.setattr(machine_code, "current_process", Worker)
    (tmp_path / "a.code").write_bytes(b"random")
    assert CodeStore(tmp_path).read("a") is None
    assert said(caplog) == []


def test_what_a_killed_run_left_is_no_machine_code(tmp_path: Path) -> None:
    (tmp_path / f".engine.advance-1.code{PART}").write_bytes(b"half")
    assert not CodeStore(tmp_path).has("engine.advance")
