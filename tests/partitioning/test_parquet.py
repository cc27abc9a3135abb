"""Regions written to Parquet are those of the search, in its order, however the search was cut up."""

import json
from pathlib import Path

import numpy as np
import pytest
from handmade import graph, random_network
from pyarrow import parquet

import relurules as rr
from relurules.errors import DataError
from relurules.partitioning import parquet as written
from relurules.partitioning import search

BOX = rr.Domain.box([-1] * 3, [1] * 3)
NET = random_network(4, d=3, K=10)
GRAPH = graph(NET)


def read(folder: Path) -> dict[str, np.ndarray]:
    """All rows of the files in the order of their names, (n, k) per column."""
    tables = [parquet.read_table(path) for path in sorted(folder.glob("*.parquet"))]
    columns = tables[0].column_names
    return {name: np.concatenate([np.stack(t[name].to_numpy()) for t in tables]) for name in columns}


@pytest.fixture(autouse=True)
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(written, "_ROWS", 20)


def assert_the_partition(folder: Path) -> None:
    rows, expected = read(folder), search(NET, BOX)
    assert (rows["pattern"] == expected.patterns).all()
    assert expected.locate(rows["point"]).tolist() == list(range(len(expected)))
    for pattern, weights, constants in zip(rows["pattern"], rows["weights"], rows["constants"], strict=True):
        wanted = NET.affine_map(pattern)
        assert weights == pytest.approx(wanted.weights.ravel(), abs=1e-12)
        assert constants == pytest.approx(wanted.constants, abs=1e-12)


@pytest.mark.parametrize("jobs", [1, 2])
def test_rows_are_the_regions(tmp_path: Path, jobs: int) -> None:
    done = rr.stream(GRAPH, BOX, tmp_path / "regions", jobs=jobs)
    assert (done.regions, done.complete) == (len(search(NET, BOX)), True)
    assert list(done.files) == sorted((tmp_path / "regions").iterdir())
    assert_the_partition(tmp_path / "regions")


def test_a_search_that_goes_on_writes_what_is_missing(tmp_path: Path) -> None:
    folder, checkpoint = tmp_path / "regions", tmp_path / "search.npz"
    early = rr.stream(GRAPH, BOX, folder, max_regions=30, checkpoint=checkpoint)
    assert (early.regions, early.complete) == (30, False)
    assert len(read(folder)["pattern"]) == 30
    (folder / "part-00000-000099.parquet").write_bytes(b"written after the checkpoint")
    assert rr.stream(GRAPH, BOX, folder, checkpoint=checkpoint).complete
    assert_the_partition(folder)


def test_files_tell_what_they_hold(tmp_path: Path) -> None:
    (path, *_) = rr.stream(GRAPH, BOX, tmp_path / "regions", maps=False).files
    table = parquet.read_table(path)
    assert table.column_names == ["pattern", "point"]
    about = json.loads(table.schema.metadata[b"relurules"])
    assert about["columns"] == list(BOX.names)
    assert about["neurons"] == [str(neuron) for neuron in NET.neurons]
    assert about["slopes"] == NET.slope.tolist()


def test_a_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(DataError, match=r"holds 'mine.txt' already; give an empty folder"):
        rr.stream(GRAPH, BOX, tmp_path)
    rr.stream(GRAPH, BOX, tmp_path / "regions")
    with pytest.raises(DataError, match="give an empty folder"):
        rr.stream(GRAPH, BOX, tmp_path / "regions")
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_a_file_that_a_checkpoint_counts_on_must_be_there(tmp_path: Path) -> None:
    folder, checkpoint = tmp_path / "regions", tmp_path / "search.npz"
    (path, *_) = rr.stream(GRAPH, BOX, folder, max_regions=30, checkpoint=checkpoint).files
    path.unlink()
    with pytest.raises(DataError, match=f"{path.name} is missing"):
        rr.stream(GRAPH, BOX, folder, checkpoint=checkpoint)
