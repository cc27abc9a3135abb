"""Evidence of rows in pieces: that of the whole table, whatever the pieces and blocks."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from handmade import graph, random_network, rules_of
from hypothesis import given, settings
from hypothesis import strategies as st

import relurules as rr
from relurules.errors import DataError
from relurules.ir import Evidence, Head
from relurules.statistics import row_passes, row_source

BOX = rr.Domain.box([-1, -1], [1, 1], ["u", "v"])
BINARY = (Head("complement", (0,)), Head("sigmoid", (0,)))
RULES = rules_of(random_network(3, 2, 4, 1), BOX, ["p_no", "p_yes"], BINARY)
NUMBERS = rules_of(random_network(3, 2, 4, 1), BOX)
LINES = rr.extract(graph(random_network(5, 2, 6, 1)), domain=BOX, form="additive")


def draw_frame(seed: int, rows: int) -> pd.DataFrame:
    """Rows of which some lie outside or have no value, some are alike; responses of one class alone
    now and then.
    """
    random = np.random.default_rng(seed)
    X = random.uniform(-1, 1, (rows, 2))
    X[random.random(rows) < 0.3] = X[0].round(1)
    X[random.random(rows) < 0.05, 0] = 3.0
    X[random.random(rows) < 0.05, 1] = np.nan
    if seed % 3 == 0:
        X[:, 1] = 0.25
    share = random.choice([0.0, 0.4, 1.0], p=[0.1, 0.8, 0.1])
    said = np.where(random.random(rows) < share, "yes", "no")
    return pd.DataFrame(
        {"u": X[:, 0], "v": X[:, 1], "said": said, "size": random.normal(size=rows)}
    )


def measure(rules: Any, frame: Any, y: str | None) -> Evidence:
    found = rr.add_evidence(rules, frame, y).evidence
    assert found is not None
    return found


def flatten(found: Evidence, *, whole: bool = True) -> tuple[list[Any], list[float]]:
    """What must be the same, and what may differ by rounding. whole: with what formulas score on
    all rows, whose ties the sizes of matrix products may break.
    """
    same: list[Any] = [found.digest, found.rows, found.outside, found.task, found.positive]
    near = [*found.means.tolist(), *found.deviations.tolist()]
    kinds = [found.metrics, *(fact.local for fact in found.rules)]
    for scores in kinds + ([fact.whole for fact in found.rules] if whole else []):
        for name, value in scores.items():
            same += [name, value if name in ("AUC", "accuracy") else None]
            near += [] if name in ("AUC", "accuracy") else [value]

    for fact in found.rules:
        same += [fact.rows, fact.share, None if fact.typical is None else fact.typical.tolist()]
        near += [value for value in (fact.mean, fact.deviation) if value is not None]

    for one in found.histograms:
        same += [one.edges.tolist(), one.counts.tolist()]
    same.append(None if found.typical is None else found.typical.tolist())
    near += [] if found.part_deviations is None else found.part_deviations.ravel().tolist()
    return same, near


CASES = [(RULES, "said"), (NUMBERS, "size"), (NUMBERS, None), (LINES, "size"), (LINES, None)]


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(1, 70), st.integers(1, 25),
    st.integers(0, 200), st.sampled_from(CASES),
)  # fmt: skip
def test_pieces_and_blocks_of_any_size(
    seed: int, rows: int, piece: int, block: int, kept: int, case: tuple[Any, str | None]
) -> None:
    frame = draw_frame(seed, rows)
    due = measure(case[0], frame, case[1])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(row_source, "_PIECE_ROWS", piece)
        patch.setattr(row_source, "_MEMORY_NUMBERS", kept)
        assert flatten(measure(case[0], frame, case[1])) == flatten(due)  # to the last bit

        patch.setattr(row_passes, "BLOCK_ROWS", block)
        same, near = flatten(measure(case[0], frame, case[1]), whole=False)

    assert same == flatten(due, whole=False)[0]
    assert near == pytest.approx(flatten(due, whole=False)[1], rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_file_says_what_its_table_does(
    case: tuple[Any, str | None], ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame, path = draw_frame(1, 300), tmp_path / f"rows.{ending}"
    if ending == "csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path, row_group_size=70)
    due = flatten(measure(case[0], frame, case[1]))
    monkeypatch.setattr(row_source, "_PIECE_ROWS", 64)
    monkeypatch.setattr(row_source, "_FILE_NUMBERS", 700)  # scores of two rules at once
    assert flatten(measure(case[0], path, case[1])) == due
    monkeypatch.setattr(row_passes, "_KEPT_NUMBERS", 500)  # so that rows are read again
    assert flatten(measure(case[0], path, case[1])) == due
    if case[0] is not LINES:
        pd.testing.assert_frame_equal(
            case[0].summary(path, case[1]), case[0].summary(frame, case[1])
        )


def test_all_rows_of_one_rule_and_none_at_all(tmp_path: Path) -> None:
    one = pd.DataFrame({"u": [0.5] * 4, "v": [0.5] * 4, "said": ["yes", "no", "no", "yes"]})
    found = measure(RULES, one, "said")
    assert sorted(fact.rows for fact in found.rules)[-2:] == [0, 4]
    assert found.metrics["AUC"] == 0.5
    assert found.deviations.tolist() == [0.0, 0.0]
    one.head(0).to_parquet(tmp_path / "none.parquet")
    for table in (one.head(0), tmp_path / "none.parquet"):
        empty = measure(RULES, table, None)
        assert (empty.rows, empty.outside, empty.means.tolist()) == (0, 0, [0.0, 0.0])
        assert measure(LINES, table, None).histograms == ()


def test_typical_rows_far_from_zero() -> None:
    """Sums of large values are off by more than these rows lie apart."""
    domain = rr.Domain.box([1e9, -1.0], [1e9 + 1, 1.0], ["u", "v"])
    rules = rr.extract(graph(random_network(0, 2, 0, 1)), domain=domain)
    steps = np.random.default_rng(0).permutation(np.arange(20_001)) * 2.0**-20
    frame = pd.DataFrame({"u": 1e9 + steps, "v": 0.0})
    (fact,) = measure(rules, frame, None).rules
    assert fact.typical is not None
    assert fact.typical[0] - 1e9 == 10_000 * 2.0**-20


def test_what_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame, path = draw_frame(2, 30), tmp_path / "rows.csv"
    frame.to_csv(path, index=False)
    with pytest.raises(DataError, match="no column 'sad' with the true values; it has 'u', 'v'"):
        rr.add_evidence(RULES, path, "sad")

    with pytest.raises(DataError, match="give y as its name"):
        rr.add_evidence(RULES, path, frame["said"])

    with pytest.raises(DataError, match="y names the column 'sad', which the table lacks"):
        rr.add_evidence(RULES, frame, "sad")

    gap = tmp_path / "gap.csv"
    frame.assign(size=frame["size"].where(frame.index != 20)).to_csv(gap, index=False)
    monkeypatch.setattr(row_source, "_PIECE_ROWS", 8)
    with pytest.raises(DataError, match="the response 'size', row 20: no value"):
        rr.add_evidence(NUMBERS, gap, "size")


def test_a_file_that_changes_meanwhile(tmp_path: Path) -> None:
    frame, path = draw_frame(4, 30), tmp_path / "rows.csv"
    frame.to_csv(path, index=False)
    source = row_source.open_rows(RULES.local_models, path, "said")
    frame.head(20).to_csv(path, index=False)
    with pytest.raises(DataError, match="was changed while it was read"):
        list(source.read())
