"""Regions in Parquet files: those of a search, in its order, however often it was stopped; nothing
else is touched.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest
from handmade import graph, lines, network, random_network

import relurules as rr
from relurules.errors import DataError, UnsupportedError
from relurules.files import writing
from relurules.ir import Network, StreamResult
from relurules.partitioning import parquet, search_regions

pytest.importorskip("pyarrow")

NET = random_network(3, d=3, K=10, m=2)
BOX = rr.Domain.box([-1, -2, -5], [2, 3, 2], ["a", "b b", "c"])


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "_ROWS", 16)


def write(
    folder: Path, net: Network = NET, domain: rr.Domain = BOX, **options: Any
) -> StreamResult:
    return rr.stream(graph(net), domain, folder, **options)


def read(folder: Path) -> dict[str, np.ndarray]:
    """Columns of all files as arrays, in the order of the files' names."""
    from pyarrow import parquet as reader

    table = reader.read_table(folder)
    arrays = {name: np.array(table.column(name).to_pylist()) for name in table.column_names}
    names = sorted(path.name for path in folder.glob("*.parquet"))
    one_by_one = [
        row
        for name in names
        for row in reader.read_table(folder / name).column("pattern").to_pylist()
    ]
    assert arrays["pattern"].tolist() == one_by_one
    return arrays


def same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> None:
    assert one.keys() == other.keys()
    assert np.array_equal(one["pattern"], other["pattern"])
    for name, array in one.items():
        assert array == pytest.approx(other[name], rel=1e-9, abs=1e-9)


def assert_whole(folder: Path, net: Network = NET, domain: rr.Domain = BOX) -> None:
    found, whole = read(folder), search_regions(net, domain)
    m, d = net.C.shape
    assert np.array_equal(found["pattern"], whole.patterns)
    assert (whole.locate(found["point"]) == np.arange(len(whole))).all()
    for i, pattern in enumerate(whole.patterns):
        weights, constants = net.affine_map(pattern)
        assert found["weights"][i].reshape(m, d) == pytest.approx(weights, abs=1e-9)
        assert found["constants"][i] == pytest.approx(constants, abs=1e-9)


def test_rows_are_the_regions_of_a_search(tmp_path: Path) -> None:
    done = write(tmp_path / "out")
    assert done.complete
    assert done.estimate is None
    assert done.regions == len(search_regions(NET, BOX)) > 64
    assert len(done.files) == -(-done.regions // 16)
    assert list(done.files) == sorted((tmp_path / "out").glob("*.parquet"))
    assert_whole(tmp_path / "out")


@pytest.mark.parametrize(
    "domain", [rr.Domain.unbounded("abc"), BOX.where("a + c/4 <= 0.5")], ids=["open", "cut"]
)
def test_other_domains(tmp_path: Path, domain: rr.Domain) -> None:
    write(tmp_path, domain=domain)
    assert_whole(tmp_path, domain=domain)


def test_categories(tmp_path: Path) -> None:
    frame = pandas.DataFrame({"x": np.linspace(-1, 1, 20), "kind": ["u", "v", "w", "v"] * 5})
    domain, net = rr.Domain.from_data(frame), random_network(1, d=4, K=5)
    write(tmp_path, net, domain)
    assert_whole(tmp_path, net, domain)
    assert domain.contains(read(tmp_path)["point"]).all()


def test_a_network_without_neurons(tmp_path: Path) -> None:
    net = network(np.empty((0, 2)), [], np.empty((1, 0)), C=[[1, 2]], c=[3])
    assert write(tmp_path, net, rr.Domain.box([0, 0], [1, 1])).regions == 1
    found = read(tmp_path)
    assert found["pattern"].tolist() == [[]]
    assert found["weights"].tolist() == [[1, 2]]


def test_without_maps(tmp_path: Path) -> None:
    write(tmp_path, maps=False)
    assert list(read(tmp_path)) == ["pattern", "point"]
    assert list(json.loads((tmp_path / "_relurules.json").read_text())["fields"]) == [
        "pattern",
        "point",
    ]


def test_schema_and_manifest_say_what_a_reader_needs(tmp_path: Path) -> None:
    from pyarrow import parquet as reader

    done = write(tmp_path)
    schema = reader.read_schema(done.files[0])
    sizes = {field.name: (str(field.type.value_type), field.type.list_size) for field in schema}
    assert sizes == {
        "pattern": ("int8", 10),
        "point": ("double", 3),
        "weights": ("double", 6),
        "constants": ("double", 2),
    }
    assert not any(field.nullable for field in schema)
    about, manifest = (
        json.loads(schema.metadata[b"relurules"]),
        json.loads((tmp_path / "_relurules.json").read_text()),
    )
    assert about.items() <= manifest.items()
    assert (about["version"], about["columns"], about["scores"]) == (
        rr.__version__,
        ["a", "b b", "c"],
        2,
    )
    assert (about["slopes"], about["neurons"]) == (
        NET.slope.tolist(),
        [str(neuron) for neuron in NET.neurons],
    )
    assert (manifest["regions"], manifest["complete"], manifest["files"]) == (
        done.regions,
        True,
        len(done.files),
    )
    assert "region" in manifest["row"]
    assert set(manifest["fields"]) == set(schema.names)


def test_two_jobs_give_the_same_rows_in_the_same_order(tmp_path: Path) -> None:
    write(tmp_path / "one")
    done = write(tmp_path / "two", jobs=2)
    assert done.complete
    assert len({path.name[:10] for path in done.files}) > 1  # several pieces
    same(read(tmp_path / "one"), read(tmp_path / "two"))


@pytest.mark.parametrize(("jobs", "then"), [(1, 1), (2, 2), (2, 1)])
def test_stopped_and_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: int, then: int
) -> None:
    monkeypatch.setattr("relurules.partitioning.explore._REGIONS", 2)
    write(tmp_path / "whole")
    checkpoint = tmp_path / "search.npz"
    first = write(tmp_path / "out", max_regions=40, checkpoint=checkpoint, jobs=jobs)
    assert not first.complete
    assert first.estimate is not None
    assert len(read(tmp_path / "out")["pattern"]) == first.regions >= 40
    assert json.loads((tmp_path / "out" / "_relurules.json").read_text())["complete"] is False
    # what a search leaves that is killed after its last checkpoint
    newer = first.files[-1].with_name("part-00000-000077.parquet")
    newer.write_bytes(first.files[0].read_bytes())
    (tmp_path / "out" / f".part-00000-000078.parquet{writing.PART}").write_bytes(b"PAR1")
    done = write(tmp_path / "out", checkpoint=checkpoint, jobs=then)
    assert done.complete
    assert not checkpoint.exists()
    assert not newer.exists()
    assert not list((tmp_path / "out").glob(".*"))
    same(read(tmp_path / "whole"), read(tmp_path / "out"))


def interrupt_at(regions: int) -> Any:
    def progress(found: int) -> None:
        if found >= regions:
            raise KeyboardInterrupt

    return progress


@pytest.mark.parametrize("checkpoint", [None, "search.npz"])
def test_an_interrupted_search_leaves_what_it_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, checkpoint: str | None
) -> None:
    monkeypatch.setattr("relurules.partitioning.search_run._TESTS", 50)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        write(Path("out"), progress=interrupt_at(20), checkpoint=checkpoint)
    found, manifest = read(Path("out")), json.loads(Path("out", "_relurules.json").read_text())
    assert 20 <= len(found["pattern"]) == manifest["regions"] < len(search_regions(NET, BOX))
    assert not manifest["complete"]
    if checkpoint is not None:
        assert write(Path("out"), checkpoint=checkpoint).complete
        assert_whole(Path("out"))


def test_a_disk_that_was_full_for_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever fails to be written, the checkpoint and the folder agree, and the search goes on
    from there.
    """
    monkeypatch.setattr("relurules.partitioning.search_run._TESTS", 50)
    monkeypatch.setattr("relurules.partitioning.explore._CHECKPOINT_EVERY", 0.0)
    times = iter(range(10**6))

    def replacing(path: Path) -> Any:
        if next(times) % 5 == 4:
            raise OSError(28, "No space left on device", str(path))
        return writing.replace_atomically(path)

    monkeypatch.setattr(parquet, "replace_atomically", replacing)
    for _ in range(100):
        try:
            done = write(tmp_path / "out", checkpoint=tmp_path / "search.npz")
            break
        except OSError:
            pass
        except DataError as error:  # the very first part failed before there was a checkpoint
            raise AssertionError(str(error)) from error
    assert done.complete
    assert_whole(tmp_path / "out")


def test_folders_that_hold_something_else(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(DataError, match=r"holds other files, such as 'letter\.txt'"):
        write(tmp_path)
    with pytest.raises(DataError, match="is no folder"):
        write(tmp_path / "letter.txt")
    write(tmp_path / "out")
    with pytest.raises(
        DataError, match="regions of an earlier search, and no checkpoint goes with them"
    ):
        write(tmp_path / "out")
    with pytest.raises(DataError, match=r"there is no checkpoint .*gone\.npz"):
        write(tmp_path / "out", checkpoint=tmp_path / "gone.npz")
    with pytest.raises(DataError, match="can't be in the folder"):
        write(tmp_path / "new", checkpoint=tmp_path / "new" / "search.npz")
    assert (tmp_path / "letter.txt").read_text() == "dear"
    assert_whole(tmp_path / "out")


def test_hidden_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".DS_Store").write_text("")
    write(tmp_path)
    assert (tmp_path / ".DS_Store").exists()


def test_a_checkpoint_and_a_folder_that_are_not_a_pair(tmp_path: Path) -> None:
    checkpoint, other = tmp_path / "search.npz", lines(np.eye(3), np.zeros(3))
    first = write(tmp_path / "out", max_regions=40, checkpoint=checkpoint)
    with pytest.raises(DataError, match=r"lacks part-00000-000000\.parquet"):
        write(tmp_path / "elsewhere", checkpoint=checkpoint)
    write(tmp_path / "fewer", max_regions=33)
    with pytest.raises(DataError, match="doesn't hold the 40 regions"):
        write(tmp_path / "fewer", checkpoint=checkpoint)
    write(tmp_path / "other", other, BOX.renamed("abc"))
    for path in first.files[1:]:
        (tmp_path / "other" / path.name).write_bytes(path.read_bytes())
    before = sorted((tmp_path / "other").iterdir())
    with pytest.raises(DataError, match="holds regions of another search"):
        write(tmp_path / "other", checkpoint=checkpoint)
    assert sorted((tmp_path / "other").iterdir()) == before
    first.files[0].write_bytes(b"PAR1")
    with pytest.raises(DataError, match="can't be read"):
        write(tmp_path / "out", checkpoint=checkpoint)
    with pytest.raises(DataError, match="another search"):
        write(tmp_path / "out", checkpoint=checkpoint, maps=False)


def test_large_regions_make_small_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "_BYTES", 100)
    done = write(tmp_path)
    assert len(done.files) == done.regions


def test_without_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(UnsupportedError, match=r"pip install 'relurules\[parquet\]'"):
        write(tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_other_readers(tmp_path: Path) -> None:
    done = write(tmp_path)
    assert len(pandas.read_parquet(tmp_path)) == done.regions
    duckdb = pytest.importorskip("duckdb")
    ((counted,),) = duckdb.sql(
        f"SELECT count(*) FROM '{tmp_path}/*.parquet' WHERE pattern[1] IN (-1, 1)"
    ).fetchall()
    assert counted == done.regions
