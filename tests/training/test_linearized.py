"""What linearisation gives: a table of the front, files, a module or a graph."""

import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas
import pytest
from handmade import graph
from training_problems import problem

from relurules.training.front import FrontPoint, NetworkSize
from relurules.training.linearize_result import Linearized, front_table
from relurules.training.objective import compute_score
from relurules.training.relu_parameters import run_forward, to_network
from relurules.training.task import TASKS
from relurules.training.terms import count_condition_terms, count_formula_terms
from relurules.training.torch_module import LinearizedNetwork

COLUMNS = [
    "neurons",
    "regions",
    "rules",
    "patterns",
    "terms",
    "condition_terms",
    "formula_terms",
    "sparse",
    "parallel",
]


def test_the_table_counts_what_it_says() -> None:
    task = TASKS["regression"]
    (compact, data), (empty, _) = problem("regression", 1), problem("regression", 2, K=0)
    found = [
        FrontPoint(compact, NetworkSize(9, 8), 0.5, sparse=False),
        FrontPoint(empty, NetworkSize(1, 1), 0.4, sparse=True),
    ]
    table = front_table(found, data.training, data.validation, task)
    assert list(table.columns) == [*COLUMNS, "train", "validation", "test"]
    first, last = table.iloc[0], table.iloc[1]
    assert (first["neurons"], first["regions"], first["rules"], first["sparse"]) == (4, 9, 8, False)
    signs = {tuple(row) for row in (run_forward(compact, data.training.X).Z >= 0).tolist()}
    assert first["patterns"] == len(signs)
    assert first["terms"] == count_condition_terms(compact).mean()
    assert first["condition_terms"] == count_condition_terms(compact).max()
    assert first["formula_terms"] == count_formula_terms(compact)
    assert first["train"] == compute_score(compact, data.training, task)
    assert first["test"] == compute_score(compact, data.validation, task)
    assert first["validation"] == 0.5  # as it was when the network was chosen
    assert (last["neurons"], last["patterns"], last["terms"], last["condition_terms"]) == (
        0,
        1,
        0.0,
        0,
    )
    assert list(front_table(found, data.training, None, task).columns)[-1] == "validation"


@pytest.fixture
def result() -> Linearized:
    compact, data = problem("regression", 1)
    found = [
        FrontPoint(compact, NetworkSize(9, 8), 0.5, sparse=False),
        FrontPoint(compact, NetworkSize(3, 2), 0.4, sparse=True),
    ]
    table = front_table(found, data.training, None, TASKS["regression"])
    return Linearized(graph(to_network(compact)), table, 1, "regression", "R2")


def test_files_are_the_same_each_time(result: Linearized, tmp_path: Path) -> None:
    paths = result.save(tmp_path / "new" / "folder")
    assert [path.name for path in paths] == ["front.csv", "front.svg", "model.json"]
    first = [path.read_bytes() for path in paths]
    assert [path.read_bytes() for path in result.save(tmp_path)] == first
    pandas.testing.assert_frame_equal(pandas.read_csv(paths[0]), result.front)
    assert ElementTree.fromstring(first[1].decode()).tag.endswith("svg")


def test_without_matplotlib_the_table_is_written(
    result: Linearized, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert [path.name for path in result.save(tmp_path)] == ["front.csv", "model.json"]
    assert {path.name for path in tmp_path.iterdir()} == {"model.json", "front.csv"}


def test_the_module_is_made_once(result: Linearized) -> None:
    assert isinstance(result.model, LinearizedNetwork)
    assert result.model is result.model
    assert not result.model.training
    assert np.isfinite(result.graph.evaluate(np.ones((2, 3)))).all()
