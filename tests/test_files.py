"""Files appear whole or not at all."""

from pathlib import Path

import pytest

from relurules.files import write_all, write_text


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
