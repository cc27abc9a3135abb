"""A model.json file is the network that it was written from, with all of its names."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from handmade import graph, random_network

import relurules as rr
from relurules.domain.columns import Category, Column
from relurules.errors import ModelError
from relurules.ir import Graph, Head
from relurules.ir.class_labels import make_labels
from relurules.tracing import network_size
from relurules.tracing.model_weights import format_model_json
from relurules.tracing.network_size import NetworkSizeError


def write_model(tmp_path: Path, model: Graph) -> Path:
    path = tmp_path / "model.json"
    path.write_text(format_model_json(model), encoding="utf-8")
    return path


@pytest.mark.parametrize("seed", range(20))
def test_the_network_comes_back_to_the_last_bit(seed: int, tmp_path: Path) -> None:
    net = random_network(seed, 3, 6, 2)
    model = graph(net, ["p_no", "p_yes"], [Head("softmax", (0, 1), 0), Head("softmax", (0, 1), 1)])
    found = rr.trace(write_model(tmp_path, model))
    for name in ("A", "L", "b", "C", "U", "c", "slope"):
        assert np.array_equal(getattr(found.network, name), getattr(model.network, name)), name
    assert (found.features, found.outputs, found.heads) == (
        model.features,
        model.outputs,
        model.heads,
    )


@pytest.mark.parametrize("values", [(1, 2), ("good", "it's bad"), (False, True)])
def test_labels_come_back(values: tuple[Any, ...], tmp_path: Path) -> None:
    heads = [Head("complement", (0,)), Head("sigmoid", (0,))]
    made = graph(random_network(0, 3, 6, 1), ["p_no", "p_yes"], heads)
    model = replace(made, labels=make_labels(values, threshold=0.25))
    assert rr.trace(write_model(tmp_path, model)).labels == model.labels


def test_categories_and_missing_values_come_back(tmp_path: Path) -> None:
    columns = (
        Column("job", (Category(("cook",)), Category(("clerk",), missing=True))),
        Column("age", (), 40.0),
    )
    names = tuple(name for column in columns for name in column.coordinates)
    made = graph(random_network(1, 3, 4, 1))
    model = Graph(names, ("y",), made.network, made.layers, columns=columns)
    found = rr.trace(write_model(tmp_path, model))
    assert found.columns == columns
    frame = pd.DataFrame({"job": ["cook", None, "clerk"], "age": [30.0, None, 50.0]})
    rules = rr.extract(found, data=frame)
    rows = np.array([[1, 0, 30.0], [0, 1, 40.0], [0, 1, 50.0]])
    assert rules.predict(frame) == pytest.approx(model.evaluate(rows), abs=1e-12)


def test_layers_of_a_proof_are_multiplied_exactly(tmp_path: Path) -> None:
    import torch
    from torch import nn

    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(3, 4), nn.PReLU(), nn.Linear(4, 2)).double()
    X = np.random.default_rng(0).normal(size=(50, 3))
    rules = rr.extract(module, data=X)
    certificate = rr.prove(rules, module)
    path = tmp_path / "model.json"
    path.write_text(json.dumps(certificate.model), encoding="utf-8")
    expected = module(torch.tensor(X)).detach().numpy()
    assert rr.trace(path).evaluate(X) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"format": "relurules.rules"}, "holds no model; expected 'relurules.model'"),
        ({"version": 99}, "version 99 of the format; this release reads version"),
        ({"features": []}, "parts of the model don't fit together"),
        ({"layers": [{"kind": "nonsense"}]}, "parts of the model don't fit together"),
        ({"heads": [{"link": "nonsense", "scores": [0], "component": 0}]}, "nonsense"),
    ],
)
def test_other_files_are_refused(change: dict[str, Any], says: str, tmp_path: Path) -> None:
    path = write_model(tmp_path, graph(random_network(0, 2, 3, 1)))
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}), encoding="utf-8")
    with pytest.raises(ModelError, match=says):
        rr.trace(path)


def test_too_many_neurons_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where they read one another: else their weights are few."""
    path = write_model(tmp_path, graph(random_network(0, 2, 6, 1)))
    monkeypatch.setattr(network_size, "LARGEST", 6 * 8 - 1)
    with pytest.raises(
        NetworkSizeError, match=r"6 neurons or more over 2 inputs, .* 'model\.json'"
    ):
        rr.trace(path)
    made = random_network(0, 2, 6, 1)
    flat = replace(made, L=np.zeros((6, 6)))
    assert len(rr.trace(write_model(tmp_path, graph(flat))).network) == 6


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="can't be read"):
        rr.trace(tmp_path / "model.json")
