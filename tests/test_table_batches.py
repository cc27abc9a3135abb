"""Tables that are read, scored and verified in pieces."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from line_models import NUMBERS, mixed, plain

import relurules as rr
from relurules.errors import CheckError, DataError
from relurules.ir.rule import Condition, HalfSpace
from relurules.pipeline import table_batches
from relurules.pipeline.table_batches import gather_frames


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_batches, "PIECE_ROWS", 64)


def write_rows(folder: Path, count: int = 300) -> tuple[Path, pd.DataFrame]:
    random = np.random.default_rng(1)
    frame = pd.DataFrame(random.uniform([0, -1, 0], [10, 1, 12], (count, 3)), columns=[*NUMBERS])
    frame["unread"] = "text"
    frame.to_parquet(folder / "rows.parquet")
    return folder / "rows.parquet", frame


def test_pieces_of_a_file_are_scored_as_the_whole(tmp_path: Path) -> None:
    path, frame = write_rows(tmp_path)
    rules = plain()
    pieces = list(rr.read_batches(path, rules))
    assert len(pieces) > 3
    assert all(list(piece.columns) == [*NUMBERS] for piece in pieces)
    assert np.concatenate([piece.index for piece in pieces]).tolist() == list(range(300))
    scores = np.concatenate([rules.predict(piece) for piece in pieces])
    assert np.array_equal(scores, rules.predict(frame), equal_nan=True)
    found = pd.concat([rules.contributions(piece) for piece in pieces])
    pd.testing.assert_frame_equal(found, rules.contributions(frame), check_exact=True)
    assert len(list(rr.read_batches([frame[:10], frame[10:]], rules))) == 2
    with pytest.raises(DataError, match="the table is a int; supported: the path"):
        rr.read_batches(3, rules)


def test_categories_are_read_as_rules_know_them(tmp_path: Path) -> None:
    rules = mixed()
    frame = pd.DataFrame(
        {"income": [1.0, None, 50.0] * 50, "purpose": ["car", None, "x"] * 50, "kind": ["a"] * 150}
    )
    frame.to_csv(tmp_path / "rows.csv", index=False)
    found = [rules.predict(piece) for piece in rr.read_batches(tmp_path / "rows.csv", rules)]
    assert np.array_equal(np.concatenate(found), rules.predict(frame))


def test_a_file_is_verified_in_pieces(tmp_path: Path) -> None:
    path, frame = write_rows(tmp_path)
    rules = plain()
    code = rr.emit(rules, "python")
    whole, pieces = rr.verify(code, rules, frame), rr.verify(code, rules, path)
    assert whole.passed
    assert pieces.passed
    assert (pieces.rows, pieces.outside) == (whole.rows, whole.outside) == (300, whole.outside)
    assert pieces.outside > 0


def test_a_wrong_row_of_a_late_piece_is_named(tmp_path: Path) -> None:
    rules = plain()
    path, frame = write_rows(tmp_path)
    frame["age"] = frame["age"].clip(upper=5.0)
    frame.loc[250, [*NUMBERS]] = [7.0, 0.5, 6.0]
    frame.to_parquet(path)
    space = HalfSpace(np.array([1.0, 0.0, 0.0]), 6.0, None, -1)  # the row 250 alone lies beyond
    line = replace(
        rules.lines[0], number=len(rules) + 1, condition=Condition(space, True), slopes=np.ones(1)
    )
    added = replace(rules, lines=(*rules.lines, line))
    report = rr.verify(added, rules, path)
    assert not report.passed
    assert report.rows == 300
    assert report.worst == 250
    assert any("row" in remark and "rows counted from row" in remark for remark in report.remarks)


def test_without_rows_there_is_nothing_to_verify(tmp_path: Path) -> None:
    path, _ = write_rows(tmp_path, 0)
    with pytest.raises(CheckError, match="no rows to verify on"):
        rr.verify(plain(), plain(), path)


def test_short_pieces_are_joined() -> None:
    frames = [
        pd.DataFrame({"a": [float(i)] * n, "b": [True] * n}) for i, n in enumerate((3, 2, 5, 4))
    ]
    frames[1]["b"] = [1.0, np.nan]
    pieces = list(gather_frames(frames, 5))
    assert [len(piece) for piece in pieces] == [5, 9]
    assert [piece.index.tolist() for piece in pieces] == [list(range(5)), list(range(5, 14))]
    assert [piece["b"].dtype.kind for piece in pieces] == ["f", "b"]
