"""What one process holds at a time: no other gets it meanwhile, whoever was killed keeps nobody
out.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from relurules.errors import InputError
from relurules.files import locks


def run(folder: Path, code: str) -> str:
    """What a program prints that runs in the folder."""
    program = (
        "import os, signal\nfrom pathlib import Path\nfrom relurules.files import locks\n" + code
    )
    environment = os.environ | {"TMPDIR": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


DIES = "os.kill(os.getpid(), signal.SIGKILL)"


def test_what_another_process_holds_is_not_given(tmp_path: Path) -> None:
    handle = locks.claim_file(tmp_path / "lock")
    assert handle is not None
    assert (
        run(tmp_path, "print(locks.claim_file(Path('lock')), locks.discard_leftover(Path('lock')))")
        == "None False\n"
    )
    assert (tmp_path / "lock").exists()
    os.close(handle)
    assert run(tmp_path, "print(locks.claim_file(Path('lock')) is None)") == "False\n"


def test_what_a_killed_process_held_is_given(tmp_path: Path) -> None:
    assert run(tmp_path, f"locks.claim_file(Path('lock'))\n{DIES}") == ""
    assert (tmp_path / "lock").exists()
    handle = locks.claim_file(tmp_path / "lock")
    assert handle is not None
    os.close(handle)
    assert locks.discard_leftover(tmp_path / "lock")
    assert not (tmp_path / "lock").exists()
    assert locks.discard_leftover(tmp_path / "lock")


def test_another_file_under_the_name_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("text")
    (tmp_path / "link").symlink_to(tmp_path / "precious")
    (tmp_path / "folder").mkdir()
    for name in ("link", "folder"):
        assert locks.claim_file(tmp_path / name) is None
        assert not locks.discard_leftover(tmp_path / name)
    assert (tmp_path / "precious").read_text() == "text"


@pytest.mark.parametrize("kind", ["folder", "file", "new file"])
def test_a_second_run_is_told(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "place"
    if kind == "folder":
        path.mkdir()
    elif kind == "file":
        path.write_text("")
    with locks.hold_lock(path):
        with pytest.raises(
            InputError,
            match=r"place: another run is at work there; .*\(.* remove .*relurules-lock\)",
        ):
            locks.hold_lock(path).__enter__()
        other = run(tmp_path, "with locks.hold_lock(Path('place')): pass")
        assert "InputError: place: another run is at work there" in other
    with locks.hold_lock(path):
        pass
    assert not list(tmp_path.rglob(f"*{locks.LOCK}"))


def test_a_killed_run_keeps_nobody_out(tmp_path: Path) -> None:
    assert run(tmp_path, f"with locks.hold_lock(Path('search.npz')):\n    {DIES}") == ""
    assert [path.name for path in tmp_path.iterdir()] == [".search.npz.relurules-lock"]
    with locks.hold_lock(tmp_path / "search.npz"):
        pass
    assert not list(tmp_path.iterdir())


def test_an_error_is_about_the_place_not_the_lock(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        locks.hold_lock(tmp_path / "nowhere" / "file").__enter__()
    assert caught.value.filename == str(tmp_path / "nowhere" / "file")


def test_where_there_are_no_locks_files_are_claimed_all_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(locks, "_fcntl", None)
    handle = locks.claim_file(tmp_path / "lock")
    assert handle is not None
    assert locks.claim_file(tmp_path / "lock") is None
    os.close(handle)
    assert locks.claim_file(tmp_path / "lock") is None  # nobody can tell whose it is


def test_scratch_folders_of_killed_runs_are_removed_those_in_use_are_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert (
        run(
            tmp_path,
            (
                "with locks.make_scratch_folder() as folder:\n    (folder / "
                f"'result').write_text('x')\n    {DIES}"
            ),
        )
        == ""
    )
    (left,) = tmp_path.iterdir()
    (
        tmp_path / "relurules-scratch-other"
    ).mkdir()  # without a lock: somebody may be about to take it
    locks._sweep_scratch.cache_clear()
    with locks.make_scratch_folder() as own:
        assert own.parent == tmp_path
        assert not left.exists()
        assert (
            run(
                tmp_path,
                (
                    "with locks.make_scratch_folder() as folder: "
                    "print(len(list(folder.parent.iterdir())))"
                ),
            )
            == "3\n"
        )
        assert own.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["relurules-scratch-other"]
