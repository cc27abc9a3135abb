"""`reached` on what users have: arrays, frames, files, pipelines with raw columns."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas
import polars
import pytest
import torch
from handmade import graph, network, random_network
from sklearn.compose import make_column_transformer
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import relurules as rr
from relurules.errors import DataError, DomainError
from relurules.ir import Reached
from relurules.tables import batches

NET = random_network(5, 3, 8)
X = np.random.default_rng(5).normal(size=(500, 3))
FRAME = pandas.DataFrame(X, columns=["a", "b", "c"])


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "_ROWS", 64)


def same(one: Reached, other: Reached) -> bool:
    names = ("patterns", "counts", "first", "points", "rows", "outside")
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in names)


def test_counts_are_those_of_the_preactivations() -> None:
    found = rr.reached(graph(NET), X)
    patterns, counts = np.unique(
        np.where(NET.preactivations(X) >= 0, 1, -1), axis=0, return_counts=True
    )
    assert dict(
        zip(map(tuple, found.patterns.tolist()), found.counts.tolist(), strict=True)
    ) == dict(zip(map(tuple, patterns.tolist()), counts.tolist(), strict=True))


def csv_file(folder: Path) -> Path:
    FRAME.to_csv(folder / "rows.csv", index=False)
    return folder / "rows.csv"


FORMS: dict[str, Any] = {
    "list of rows": lambda _: X.tolist(),
    "float frame": lambda _: FRAME,
    "frame with a strange index": lambda _: FRAME.set_axis(np.arange(500.0)[::-1]),
    "polars": lambda _: polars.DataFrame(X, schema=["a", "b", "c"]),
    "list of arrays": lambda _: [X[:3], X[3:3], X[3:]],
    "generator of frames": lambda _: (FRAME[i : i + 100] for i in range(0, 500, 100)),
    "csv": csv_file,
    "path as text": lambda folder: str(csv_file(folder)),
}


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_a_table(form: str, tmp_path: Path) -> None:
    assert same(rr.reached(graph(NET), FORMS[form](tmp_path)), rr.reached(graph(NET), X))


def test_parquet(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    FRAME.to_parquet(tmp_path / "rows.parquet")
    assert same(rr.reached(graph(NET), tmp_path / "rows.parquet"), rr.reached(graph(NET), X))


def test_file_that_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("")
    with pytest.raises(DataError, match=r"rows\.csv: can't be read as a table"):
        rr.reached(graph(NET), tmp_path / "rows.csv")


def test_domain_in_the_names_of_the_frame() -> None:
    domain = rr.Domain.box([-1] * 3, [1] * 3, ["c", "b", "a"])
    found = rr.reached(graph(NET), FRAME, domain=domain)
    reordered = FRAME[["c", "b", "a"]].to_numpy()
    inside = (np.abs(reordered) <= 1).all(axis=1)
    assert found.outside == 500 - inside.sum()
    assert found.counts.sum() == inside.sum()
    assert np.array_equal(found.points[0], reordered[found.first[0]])


def test_missing_values_are_outside() -> None:
    holes = FRAME.copy()
    holes.iloc[[3, 200], 1] = np.nan
    found = rr.reached(graph(NET), holes)
    assert (found.rows, found.outside, found.counts.sum()) == (500, 2, 498)


def test_torch_module() -> None:
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 6), torch.nn.ReLU(), torch.nn.Linear(6, 2))
    found = rr.reached(model, X)
    weights, constants = found.maps()
    expected = rr.trace(model).evaluate(found.points)
    assert np.einsum("rmd,rd->rm", weights, found.points) + constants == pytest.approx(
        expected, abs=1e-12
    )


def raw() -> tuple[Any, pandas.DataFrame]:
    rng = np.random.default_rng(1)
    frame = pandas.DataFrame(
        {
            "age": rng.uniform(18, 90, 300),
            "code": rng.choice(["1", "2", "x"], 300, p=[0.5, 0.49, 0.01]),
        }
    )
    encoder = make_column_transformer(
        (StandardScaler(), ["age"]), (OneHotEncoder(handle_unknown="ignore"), ["code"])
    )
    net = MLPRegressor(hidden_layer_sizes=(6,), max_iter=1, random_state=0)
    with pytest.warns(UserWarning, match="iterations"):
        return make_pipeline(encoder, net).fit(frame, rng.normal(size=300)), frame


def test_raw_columns_of_a_pipeline(tmp_path: Path) -> None:
    model, frame = raw()
    found = rr.reached(model, frame)
    assert (found.rows, found.outside) == (300, 0)
    traced = rr.trace(model)
    weights, constants = found.maps()
    at_points = np.einsum("rmd,rd->rm", weights, found.points) + constants
    assert at_points[:, 0] == pytest.approx(model.predict(frame.iloc[found.first]), abs=1e-10)
    frame.to_csv(tmp_path / "raw.csv", index=False)  # most pieces hold the codes 1 and 2 alone
    assert same(rr.reached(traced, tmp_path / "raw.csv"), found)


def test_text_in_the_table_of_a_model_without_names() -> None:
    net = network([[1.0, 1.0, -1.0]], [0.0], [[1.0]])
    frame = pandas.DataFrame({"a": [1.0, -1.0], "kind": ["u", "v"]})
    assert rr.reached(graph(net), frame).points.tolist() == [[1.0, 1.0, 0.0], [-1.0, 0.0, 1.0]]
    with pytest.raises(DomainError, match=r"column 'kind' holds text.*Domain\.from_data"):
        rr.reached(graph(net), iter([frame]))
    assert len(rr.reached(graph(net), iter([frame]), domain=rr.Domain.from_data(frame))) == 2


def test_text_where_a_number_is_due_is_refused_with_its_row() -> None:
    late = FRAME.astype(object)
    late.iloc[100, 2] = "much"
    with pytest.raises(DataError, match=r"column 'c', row 36: found 'much'.*counted from row 64"):
        rr.reached(graph(NET), (late[i : i + 64].infer_objects() for i in range(0, 500, 64)))


def test_wrong_number_of_columns() -> None:
    with pytest.raises(DomainError, match="the domain has 2 columns"):
        rr.reached(graph(NET), X[:, :2])


@pytest.mark.parametrize("data", [[], np.empty((0, 3)), FRAME[:0]])
def test_no_rows(data: Any) -> None:
    found = rr.reached(graph(NET), data)
    assert (len(found), found.rows) == (0, 0)


def test_no_tables() -> None:
    assert rr.reached(graph(NET), iter([])).rows == 0


def test_progress() -> None:
    seen: list[int] = []
    rr.reached(graph(NET), X[:100], progress=seen.append)
    assert seen == [64, 100]
