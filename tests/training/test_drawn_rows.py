"""Fits to rows that are drawn from tables which needn't fit memory: files, frames, Dask."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import r2_score, roc_auc_score

import relurules as rr
from relurules.cli.main import run
from relurules.errors import DataError
from relurules.tables import file_size
from relurules.tables.read_options import ReadOptions
from relurules.tables.row_draw import draw_rows, split_places
from relurules.training import large_table
from relurules.training.drawn_rows import read_fit_table

TOTAL, DRAWN = 1500, 400


def make_table(target: str = "default") -> pd.DataFrame:
    """Numbers with gaps, a text, dates; one row of its own kind that no draw of seed 0 has."""
    random = np.random.default_rng(5)
    frame = pd.DataFrame({
        "income": random.gamma(2.0, 2.0, TOTAL),
        "debt": random.normal(0.0, 1.0, TOTAL),
        "job": random.choice(["clerk", "smith", "nurse"], TOTAL),
        "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(random.integers(0, 900, TOTAL), "D"),
        "paid": random.random(TOTAL) < 0.5,
    })  # fmt: skip
    score = frame["income"] - 2 * frame["debt"].clip(lower=0) + (frame["job"] == "nurse") - 3.5
    chance = 1 / (1 + np.exp(-score))
    frame.loc[random.random(TOTAL) < 0.05, "debt"] = np.nan
    frame[target] = np.where(random.random(TOTAL) < chance, "yes", "no")
    frame.loc[OTHER, "income"] = 1000.0
    return frame


#: A row that isn't drawn.
OTHER = int(np.setdiff1d(np.arange(TOTAL), draw_rows(TOTAL, DRAWN, 0))[7])


def fit(table: Any, **options: Any) -> Any:
    return rr.fit(
        table, "default", **{"rows": DRAWN, "max_rules": 2, "max_condition_columns": 1, **options}
    )


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder, table = tmp_path_factory.mktemp("drawn"), make_table()
    table.to_parquet(folder / "loans.parquet", row_group_size=170)
    table.to_csv(folder / "loans.csv", index=False)
    return {"parquet": folder / "loans.parquet", "csv": folder / "loans.csv"}


@pytest.fixture(scope="module")
def fitted(paths: dict[str, Path]) -> Any:
    return fit(paths["parquet"])


def test_numbers_that_are_drawn() -> None:
    drawn = draw_rows(1000, 100, 3)
    assert np.unique(drawn).tolist() == drawn.tolist()
    assert len(drawn) == 100
    assert drawn.tolist() == draw_rows(1000, 100, 3).tolist() != draw_rows(1000, 100, 4).tolist()
    assert draw_rows(10, 10, 0).tolist() == list(range(10))
    counts = np.bincount(np.concatenate([draw_rows(50, 10, seed) for seed in range(2000)]))
    assert abs(counts - 400).max() < 6 * np.sqrt(2000 * 0.2 * 0.8)
    parts = list(split_places(drawn, [400, 0, 350, 250]))
    starts = np.repeat([0, 400, 400, 750], [len(part) for part in parts])
    assert (np.concatenate(parts) + starts).tolist() == drawn.tolist()


@pytest.mark.parametrize("pieces", [64, 1000])
@pytest.mark.parametrize("kind", ["parquet", "csv", "frame"])
def test_the_same_rows_are_drawn_from_any_pieces(
    kind: str, pieces: int, paths: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large_table, "PIECE_ROWS", pieces)
    table: Any = make_table() if kind == "frame" else paths[kind]
    found = read_fit_table(table, ReadOptions(), DRAWN, 0)
    assert found.total == TOTAL
    due = make_table().iloc[draw_rows(TOTAL, DRAWN, 0)].reset_index(drop=True)
    own = found.file.frame
    for name in ("income", "debt", "job", "paid", "default"):
        assert own[name].fillna(-1).tolist() == due[name].fillna(-1).tolist(), name
    days = (due["since"] - pd.Timestamp("2000-01-01")).dt.days
    assert own["since_days_since_2000_01_01"].tolist() == days.tolist()


def test_rules_are_of_the_drawn_rows_and_hold_on_all(fitted: Any) -> None:
    table = make_table()
    drawn = draw_rows(TOTAL, DRAWN, 0)
    plain = fit(table.iloc[drawn], rows=None)
    assert [line.slopes.tolist() for line in fitted.rules] == [
        line.slopes.tolist() for line in plain.rules
    ]
    assert sum(fitted.rows.values()) == DRAWN
    read = fitted.frame.assign(income=table["income"].max())
    assert np.isfinite(fitted.rules.predict(read)).all()
    assert np.isnan(plain.rules.predict(read)).all()
    assert fitted.rules.provenance.settings["rows"] == f"{DRAWN} of {TOTAL}, drawn at random"
    assert "rows" not in plain.rules.provenance.settings


def read_others(fitted: Any, path: Path) -> tuple[pd.DataFrame, Any]:
    """The rows that weren't drawn, as the rules read them, and their targets."""
    rows = pd.concat(rr.read_batches(path, fitted.rules))
    others = np.setdiff1d(np.arange(TOTAL), draw_rows(TOTAL, DRAWN, 0))
    return rows.iloc[others], pd.read_parquet(path)["default"].iloc[others]


@pytest.mark.parametrize("positive", [None, "no"])
def test_rows_that_were_not_drawn_are_scored(
    paths: dict[str, Path], fitted: Any, positive: str | None
) -> None:
    own = fitted if positive is None else fit(paths["parquet"], positive=positive)
    rows, y = read_others(own, paths["parquet"])
    scores = own.rules.predict_scores(rows)[:, 0]
    assert own.undrawn.total == TOTAL
    assert own.undrawn.scored == TOTAL - DRAWN
    assert own.undrawn.without == 0
    due = roc_auc_score(y == ("yes" if positive is None else "no"), scores)
    assert own.undrawn.score == pytest.approx(due, abs=1e-12)
    assert due > 0.7


def test_a_score_called_like_its_target(paths: dict[str, Path]) -> None:
    table = make_table().assign(default=lambda t: t["income"].clip(upper=9) + t["debt"].fillna(0))
    own = fit(table, drop=["since"])
    assert own.rules.outputs == ("default",)
    others = table.drop(index=draw_rows(TOTAL, DRAWN, 0))
    due = r2_score(others["default"], own.rules.predict(others.drop(columns="default"))[:, 0])
    assert own.undrawn.score == pytest.approx(due, abs=1e-12)


def test_effects_keep_their_bounds_over_the_range_of_all_rows(paths: dict[str, Path]) -> None:
    own = fit(paths["parquet"], effect_bounds={"income": (-1.0, 1.0)})
    rows = own.frame.iloc[[0, 0]].assign(income=[own.frame["income"].mean(), 1000.0])
    low, high = own.rules.predict_scores(rows)[:, 0]
    assert abs(high - low) <= 1.0 + 1e-9


def test_partition_rules_too(paths: dict[str, Path]) -> None:
    own = fit(paths["parquet"], form="partition", max_rules=3, max_condition_columns=None)
    rows, _ = read_others(own, paths["parquet"])
    assert np.isfinite(own.rules.predict_scores(rows)).all()
    assert own.undrawn.without == 0


def test_workers_of_dask_draw_the_same_rows(fitted: Any) -> None:
    dataframe = pytest.importorskip("dask.dataframe")
    for parts in (1, 6):
        own = fit(dataframe.from_pandas(make_table(), npartitions=parts, sort=False))
        assert own.rules.domain.upper.tolist() == fitted.rules.domain.upper.tolist()
        assert [line.slopes.tolist() for line in own.rules] == [
            line.slopes.tolist() for line in fitted.rules
        ]
        assert own.undrawn == fitted.undrawn


def test_distributed_frames_that_fit_memory_are_read_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dataframe = pytest.importorskip("dask.dataframe")
    table = make_table()
    frame = dataframe.from_pandas(table, npartitions=4, sort=False)
    own, due = fit(frame, rows=None), fit(table, rows=None)
    assert own.undrawn is None
    assert own.frame.equals(due.frame)
    monkeypatch.setattr(file_size, "_measure_memory", lambda: 1000)
    with pytest.raises(DataError, match=r"the table takes .* draw some of the rows"):
        fit(frame, rows=None)
    assert len(fit(frame).frame) == DRAWN


def test_a_file_beyond_memory_needs_a_number_of_rows(
    paths: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_size, "_measure_memory", lambda: 1000)
    for path in paths.values():
        with pytest.raises(DataError, match=r"have a fit draw some of the rows \(its option rows"):
            fit(path, rows=None)
        assert len(fit(path).frame) == DRAWN


def test_more_rows_than_there_are_is_all_of_them(paths: dict[str, Path]) -> None:
    own = fit(paths["csv"], rows=TOTAL)
    assert own.undrawn is None
    assert len(own.frame) == TOTAL
    for rows in (0, 10.5, "10", True):
        with pytest.raises(DataError, match=f"rows is {rows!r}; expected a whole number"):
            fit(paths["csv"], rows=rows)


def test_what_the_whole_table_must_not_hold(tmp_path: Path) -> None:
    path, table = tmp_path / "loans.parquet", make_table()
    for change, said in (
        ({"default": None}, "the target 'default' is missing in 1 rows of the table"),
        ({"default": "maybe"}, "has the value 'maybe' in rows of which none was drawn"),
        ({"income": np.inf}, "column 'income' holds infinite values"),
    ):
        changed = table.copy()
        for name, value in change.items():
            changed.loc[OTHER, name] = value
        changed.to_parquet(path)
        with pytest.raises(DataError, match=said):
            fit(path)


def test_the_command_and_the_document_of_its_rows(
    paths: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["fit", str(paths["parquet"]), "--target", "default", "--rows", str(DRAWN)]
    assert run([*asked, "--max-rules", "2", "--out", str(tmp_path / "model")]) == 0
    said = capsys.readouterr().out
    assert f"drawn      {DRAWN} of {TOTAL} rows, at random by --seed" in said
    assert f"AUC of the rules on the {TOTAL - DRAWN} rows that weren't drawn: 0." in said
    rules = rr.load(tmp_path / "model" / "rules.json")
    written = rr.document(
        rules,
        tmp_path / "signed",
        data=paths["parquet"],
        fit=tmp_path / "model",
        formats=["md"],
        resamples=10,
        refits=1,
    )
    texts = {path.name: path.read_text() for path in written if path.suffix == ".md"}
    assert f"table rows: {TOTAL}" in texts["rules.md"]
    assert f"- test rows: {DRAWN // 5}, of them 0 outside the domain" in texts["model_card.md"]
