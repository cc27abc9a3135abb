"""The document of two versions: `relurules diff --out`."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from additive_models import make_additive
from sklearn.metrics import confusion_matrix, roc_auc_score

import relurules as rr
from relurules.cli.main import run
from relurules.documents.version_lines import match_versions

SIGNED = {"author": "A. Name", "reason": "policy 12", "date": "2026-11-28"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two versions of lines, one of rules, and rows with true values."""
    path = tmp_path_factory.mktemp("versions")
    rules, frame = make_additive("two")
    rules.save(path / "old.json")
    edits = ["curve age at 35 = -1.5", "line 4 slope = 0.5", "drop line 5"]
    rr.edit(rules, edits, **SIGNED).rules.save(path / "new.json")
    parts = rr.extract(rules, form="partition", data=frame)
    parts.save(path / "parts.json")
    rr.edit(parts, "rule 2 constant = 3", **SIGNED).rules.save(path / "parts2.json")
    random = np.random.default_rng(0)
    chance = rules.predict(frame)[:, 0]
    told = np.where(random.random(len(frame)) < chance, "yes", "no")
    frame.assign(paid=told).to_csv(path / "rows.csv", index=False)
    return path


def write(folder: Path, old: str, new: str, *argv: str, ending: str = "md") -> tuple[int, str]:
    out = folder / f"diff.{ending}"
    code = run(["diff", str(folder / old), str(folder / new), *argv, "--out", str(out)])
    return code, out.read_text()


def read_cells(text: str, lead: str) -> list[str]:
    row = next(line for line in text.splitlines() if line.startswith(f"| {lead} |"))
    return [cell.strip() for cell in row.strip("| ").split("|")]


def test_figures_are_those_of_both(folder: Path, capsys: Any) -> None:
    code, text = write(
        folder, "old.json", "new.json", "--data", str(folder / "rows.csv"), "--y", "paid"
    )
    assert code == 1
    capsys.readouterr()
    frame = pd.read_csv(folder / "rows.csv")
    sides = [rr.load(folder / name) for name in ("old.json", "new.json")]
    auc = [roc_auc_score(frame.paid == "yes", side.predict_scores(frame)[:, 0]) for side in sides]
    cells = read_cells(text, "AUC")
    assert [cell.split(" ")[0] for cell in cells[1:3]] == [f"{value:.4f}" for value in auc]
    told = [side.classify(frame) for side in sides]
    counts = [confusion_matrix(frame.paid, one, labels=["no", "yes"]) for one in told]
    assert read_cells(text, "true positives")[1:3] == [str(one[1, 1]) for one in counts]
    assert read_cells(text, "false negatives")[1:3] == [str(one[1, 0]) for one in counts]

    changed = np.flatnonzero(told[0] != told[1])
    assert f"{len(changed)} of 200 rows get another class" in text
    for i in changed.tolist():
        assert read_cells(text, str(i))[1:3] == [f"“{told[0][i]}”", f"“{told[1][i]}”"]
    moves = int(((told[0] == "yes") & (told[1] == "no")).sum())
    assert f"| “yes” | “no” | {moves} |" in text


def test_lines_are_matched_by_what_they_hold_for(folder: Path) -> None:
    old, new = (rr.load(folder / name) for name in ("old.json", "new.json"))
    pairs = match_versions(old, new)
    went = [pair.old.number for pair in pairs if pair.new is None]
    assert went == [5]
    changed = [pair for pair in pairs if pair.old and pair.new and not pair.is_same]
    assert [pair.old.number for pair in changed] == [4]
    assert len([pair for pair in pairs if pair.is_same]) == len(old) - 2
    came = [pair.new for pair in pairs if pair.old is None]
    assert [line.columns for line in came] == [("age",)] * len(came)
    shuffled = replace(
        new,
        lines=tuple(replace(line, number=i) for i, line in enumerate(reversed(new.lines), 1)),
    )
    assert all(pair.is_same for pair in match_versions(new, shuffled))


def test_the_page_shows_curves_over_one_another(folder: Path, capsys: Any) -> None:
    code, text = write(folder, "old.json", "new.json", ending="html")
    assert code == 1
    capsys.readouterr()
    card = text.partition('id="column-2-1"')[2].partition("</article>")[0]
    assert card.count("<polyline") == 2
    assert "A. Name" in text
    assert "<script" not in text
    row = re.search(r"<th[^>]*>35</th>\s*<td[^>]*>([^<]*)</td>\s*<td[^>]*>([^<]*)</td>", text)
    assert row
    was = float(rr.load(folder / "old.json").curves["age"].evaluate(np.array([35.0]))[0, 0])
    assert row[1] == f"{was:.4g}"
    assert row[2] == "\u22121.5"


def test_partition_rules_and_mixed_kinds(folder: Path, capsys: Any) -> None:
    code, text = write(folder, "parts.json", "parts2.json")
    assert code == 1
    total = len(rr.load(folder / "parts.json"))
    assert f"{total - 1} rules as before, 1 with other formulas, 0 went, 0 came" in text
    code, text = write(folder, "parts.json", "old.json")
    assert code == 0
    assert "One adds lines up, the other is rules of which one applies" in text
    assert f"{total} rules of which one applies" in text
    capsys.readouterr()


def test_what_cannot_be_compared_is_said(folder: Path, capsys: Any) -> None:
    """Other labels, columns, ranges and references: all are in the document."""
    old = rr.load(folder / "old.json")
    named = replace(old, labels=replace(old.labels, values=("bad", "good")))
    named.save(folder / "named.json")
    code, text = write(
        folder, "old.json", "named.json", "--data", str(folder / "rows.csv"), "--y", "paid"
    )
    assert code == 1
    assert "No difference can be certified" in text
    assert read_cells(text, "Classes")[1:] == ["'no', 'yes'", "'bad', 'good'"]

    narrow = replace(old, domain=old.domain.bounded({"age": (20.0, 60.0)}))
    narrow.save(folder / "narrow.json")
    code, text = write(folder, "old.json", "narrow.json")
    assert read_cells(text, "Range of age")[1:] == ["18 to 79", "20 to 60"]
    capsys.readouterr()


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--out", "diff.docx"], "the ending tells the format"),
        (["--y", "paid"], "give --out"),
        (["--y", "paid", "--out", "diff.md"], "give --data FILE"),
    ],
)
def test_what_is_missing_is_said(folder: Path, capsys: Any, argv: list[str], said: str) -> None:
    argv = [str(folder / one) if one.startswith("diff.") else one for one in argv]
    assert run(["diff", str(folder / "old.json"), str(folder / "new.json"), *argv]) == 2
    assert said in " ".join(capsys.readouterr().err.split())
