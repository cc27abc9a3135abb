"""Files appear whole or not at all; links, devices and pipes stay what they are."""

import errno
import os
import re
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest

from relurules.errors import InputError
from relurules.files import locks, writing
from relurules.files.writing import write_all, write_text


def test_writes_utf8_without_touching_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "file.txt"
    write_text(path, "größe\n\r\nend")
    assert path.read_bytes() == "größe\n\r\nend".encode()


def test_replaces_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    path.write_text("a much longer text than the new one")
    write_text(path, "new")
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "x" * 100_000 + "\ud800")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_failed_move_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        write_text(tmp_path / "taken", "text")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_permissions_are_those_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("")
    write_text(tmp_path / "ours", "")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_write_all_returns_the_paths_in_order(tmp_path: Path) -> None:
    assert write_all(tmp_path, {"b": "2", "a": "1"}) == [tmp_path / "b", tmp_path / "a"]
    assert (tmp_path / "a").read_text() == "1"


def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    target, link, second = (
        tmp_path / "store" / "real.txt",
        tmp_path / "link.txt",
        tmp_path / "second.txt",
    )
    target.write_text("old")
    link.symlink_to("store/real.txt")
    second.symlink_to(link)
    before = target.stat().st_ino
    write_text(second, "new")
    assert (second.is_symlink(), link.is_symlink(), target.is_symlink()) == (True, True, False)
    assert target.read_text() == "new"
    assert target.stat().st_ino != before  # another file, moved there as a whole
    assert {path.name for path in tmp_path.rglob("*")} == {
        "store",
        "real.txt",
        "link.txt",
        "second.txt",
    }


def test_a_link_to_nothing_gets_its_target(tmp_path: Path) -> None:
    (tmp_path / "link.txt").symlink_to(tmp_path / "new" / "file.txt")
    write_text(tmp_path / "link.txt", "text")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "new" / "file.txt").read_text() == "text"


def test_links_in_a_circle_are_an_error_that_names_one(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(OSError, match="levels of symbolic links"):
        write_text(tmp_path / "a", "text")
    with pytest.raises(OSError, match="levels of symbolic links"):
        writing.require_place(tmp_path / "a")
    assert (tmp_path / "a").is_symlink()


def test_a_device_stays_a_device() -> None:
    write_text(Path("/dev/null"), "text")
    assert Path("/dev/null").is_char_device()
    assert writing.is_stream(Path("/dev/null"))


def test_a_full_device_is_named() -> None:
    with pytest.raises(OSError, match="/dev/full") as caught:
        write_text(Path("/dev/full"), "text")
    assert caught.value.errno == errno.ENOSPC
    assert Path("/dev/full").is_char_device()


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    pipe, read = tmp_path / "pipe", list[str]()
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    write_text(pipe, "größe\n" * 50_000)
    reader.join()
    assert read == ["größe\n" * 50_000]
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
@pytest.mark.parametrize("into", ["pipe", "file"])
def test_standard_output_is_written_to_in_order(tmp_path: Path, name: str, into: str) -> None:
    """A file that the shell has opened isn't replaced either, nor written over from its start."""
    code = (
        "import sys; from pathlib import Path; from relurules.files.writing import write_text\n"
        f"print('before'); write_text(Path({name!r}), 'text\\n'); print('after')"
    )
    if into == "pipe":
        found = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout
    else:
        with (tmp_path / "out").open("w") as file:
            subprocess.run([sys.executable, "-c", code], stdout=file, check=True)
        found = (tmp_path / "out").read_text()
    assert found == "before\ntext\nafter\n"


def test_a_disk_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Path, "is_block_device", lambda path: path.name == "disk")
    with pytest.raises(InputError, match=r"disk: is a disk, which nothing is written over"):
        writing.require_place(tmp_path / "disk")


@pytest.mark.parametrize(
    ("number", "said"), [(errno.ENOSPC, "No space left on device"), (errno.EDQUOT, "quota")]
)
def test_no_room_names_the_file_and_keeps_the_old_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: int, said: str
) -> None:
    path = tmp_path / "file.txt"
    path.write_text("old")

    def full(handle: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=said) as caught:
        write_text(path, "new")
    assert (caught.value.errno, caught.value.filename) == (number, str(path))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
    assert writing.explain_os_error(caught.value).endswith("; what was written before is whole")


@pytest.mark.parametrize("words", [RuntimeError("enforce fail"), ValueError("can't close")])
def test_no_room_is_told_whatever_a_library_makes_of_it(tmp_path: Path, words: Exception) -> None:
    def fails() -> None:
        try:
            raise OSError(errno.ENOSPC, "no room")
        finally:
            raise words

    with (
        pytest.raises(OSError, match="No space left") as caught,
        writing.replace_atomically(tmp_path / "file"),
    ):
        fails()
    assert caught.value.filename == str(tmp_path / "file")


def test_other_errors_stay_what_they_are(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as missing, writing.replace_atomically(tmp_path / "file"):
        (tmp_path / "input").read_text()
    assert missing.value.filename == str(tmp_path / "input")
    with pytest.raises(ZeroDivisionError), writing.replace_atomically(tmp_path / "file"):
        raise ZeroDivisionError


def test_a_library_that_writes_past_a_limit_is_understood(tmp_path: Path) -> None:
    """The system itself says that a file can't grow: by numpy, by pyarrow and by Python."""
    code = """
import resource, sys, signal
import numpy as np
import pyarrow, pyarrow.parquet
from pathlib import Path
from relurules.files.writing import replace_atomically
values = np.random.default_rng(0).normal(size=50_000)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
def by_numpy(path):
    with path.open("wb") as file:
        np.savez(file, a=values, b=values)
by_arrow = lambda path: pyarrow.parquet.write_table(pyarrow.table({"a": values}), path)
for write in (by_numpy, by_arrow, lambda path: path.write_bytes(values.tobytes())):
    try:
        with replace_atomically(Path("file")) as part:
            write(part)
    except OSError as error:
        print(error.filename, error.strerror)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout == "file File too large\n" * 3
    assert not list(tmp_path.iterdir())


def killed(tmp_path: Path, code: str) -> None:
    """Run a program that kills itself in the folder."""
    program = (
        "import os, signal\nfrom pathlib import Path\nfrom relurules.files import locks, writing\n"
        + code
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=False)
    assert done.returncode == -signal.SIGKILL


DIES = "os.kill(os.getpid(), signal.SIGKILL)"


def test_what_a_killed_run_was_writing_is_recognised_and_removed_by_the_next(
    tmp_path: Path,
) -> None:
    path = tmp_path / "file.txt"
    path.write_text("old")
    killed(
        tmp_path,
        (
            "with writing.replace_atomically(Path('file.txt')) as part:\n    "
            f"part.write_text('half')\n    {DIES}"
        ),
    )
    assert path.read_text() == "old"
    assert {other.name for other in tmp_path.iterdir()} == {"file.txt", f".file.txt{writing.PART}"}
    write_text(path, "new")
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_leftovers_of_a_folder_are_removed_but_not_what_is_being_written(tmp_path: Path) -> None:
    killed(
        tmp_path,
        (
            "with writing.replace_atomically(Path('a')), "
            "writing.replace_atomically(Path('b')):\n    "
            f"{DIES}"
        ),
    )
    with writing.replace_atomically(tmp_path / "c") as part:
        writing.remove_leftovers(tmp_path)
        assert list(tmp_path.iterdir()) == [part]
    assert list(tmp_path.iterdir()) == [tmp_path / "c"]


def test_two_that_write_the_same_file_at_once_are_both_right(tmp_path: Path) -> None:
    with (
        writing.replace_atomically(tmp_path / "file") as one,
        writing.replace_atomically(tmp_path / "file") as other,
    ):
        assert one != other
        one.write_text("one" * 1000)
        other.write_text("other")
    assert (tmp_path / "file").read_text() == "one" * 1000
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_many_that_write_the_same_file_at_once(tmp_path: Path) -> None:
    with ExitStack() as stack:
        parts = [
            stack.enter_context(writing.replace_atomically(tmp_path / "file")) for _ in range(20)
        ]
        assert len(set(parts)) == 20
        for part in parts:
            part.write_text("text")
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_a_long_name_is_no_obstacle(tmp_path: Path) -> None:
    write_text(tmp_path / ("ü" * 127), "text")
    assert [path.name for path in tmp_path.iterdir()] == ["ü" * 127]


def test_of_many_files_all_are_written_or_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_all(tmp_path, {"a": "old", "b": b"old", "c": "old"})
    real = Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        if path.name == f".b{writing.PART}":
            real(path, content[:1])
            raise OSError(errno.ENOSPC, "no room")
        return real(path, content)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", full)
        with pytest.raises(OSError, match="/b'"):
            write_all(tmp_path, {"a": "new", "b": "new", "d": "new"}, without=["c"])
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "a": "old",
        "b": "old",
        "c": "old",
    }
    write_all(tmp_path, {"a": "new", "b": "new", "d": "new"}, without=["c"])
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "a": "new",
        "b": "new",
        "d": "new",
    }


def test_many_files_wait_for_another_run_and_say_so_in_the_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(writing, "_WAIT", 0.05)
    with locks.hold_lock(tmp_path), pytest.raises(InputError, match="another run is at work there"):
        write_all(tmp_path, {"a": "new"})
    assert not list(tmp_path.iterdir())


def test_a_place_is_looked_at_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    writing.require_place(tmp_path / "file")
    writing.require_place(tmp_path / "new" / "deep" / "file")
    writing.require_place(tmp_path / "new" / "deep", folder=True)
    writing.require_place(Path("/dev/null"))
    with pytest.raises(IsADirectoryError, match=re.escape(str(tmp_path))):
        writing.require_place(tmp_path)
    for path, folder in (("file", True), ("file/below", False), ("file/below/it", True)):
        with pytest.raises(NotADirectoryError, match="file'"):
            writing.require_place(tmp_path / path, folder=folder)
    with pytest.raises(NotADirectoryError, match="/dev/null"):
        writing.require_place(Path("/dev/null"), folder=True)


def test_a_place_without_permission(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(
        os, "access", lambda path, mode: False
    )  # whoever runs the test may be allowed everything
    with pytest.raises(PermissionError, match=re.escape(str(tmp_path))):
        writing.require_place(tmp_path / "new" / "file")
