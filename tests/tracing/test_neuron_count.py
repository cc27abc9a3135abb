"""Networks of too many neurons are refused before anything large is made, whoever reads them."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from sklearn.ensemble import BaggingRegressor
from sklearn.linear_model import LinearRegression
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import SplineTransformer
from torch import Tensor, nn

import relurules as rr
from relurules.tracing import affine, network_size
from relurules.tracing.network_size import NetworkSizeError, check_network_size
from relurules.tracing.neuron_count import CountingBasis, MakeBasis, refuse_large_network

#: Neurons that are too many, and whose weights are few where each reads one input.
MANY = 12_000


class Wide(nn.Module):
    """Many neurons that read one number, in six layers, and a sum of them."""

    def __init__(self) -> None:
        super().__init__()
        self.before = nn.ModuleList([nn.Linear(1, MANY // 6) for _ in range(6)])
        self.after = nn.Linear(MANY // 6, 1)

    def forward(self, x: Tensor) -> Any:
        return sum(self.after(torch.relu(before(x))) for before in self.before)


def export_wide() -> torch.export.ExportedProgram:
    sizes = ({0: torch.export.Dim.DYNAMIC},)
    return torch.export.export(Wide().eval(), (torch.zeros(2, 1),), dynamic_shapes=sizes)


def save_pt2(folder: Path) -> Path:
    torch.export.save(export_wide(), folder / "wide.pt2")
    return folder / "wide.pt2"


def make_onnx() -> Any:
    ones = {"W": np.ones((1, MANY)), "V": np.ones((MANY, 1))}
    nodes = [
        helper.make_node("MatMul", ["x", "W"], ["z"], "multiply"),
        helper.make_node("Relu", ["z"], ["a"], "wide"),
        helper.make_node("MatMul", ["a", "V"], ["y"]),
    ]
    shapes = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", 1]) for name in "xy"]
    weights = [numpy_helper.from_array(one.astype(np.float32), name) for name, one in ones.items()]
    graph = helper.make_graph(nodes, "wide", shapes[:1], shapes[1:], weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def make_perceptron() -> MLPRegressor:
    """Two hidden layers, the second of one neuron."""
    model = MLPRegressor(hidden_layer_sizes=(2, 1), max_iter=1).fit(np.eye(2), np.ones(2))
    model.coefs_ = [np.ones((2, MANY)), np.ones((MANY, 1)), np.ones((1, 1))]
    model.intercepts_ = [np.ones(MANY), np.ones(1), np.ones(1)]
    return model


#: Front end -> a model of it, given a folder for files.
MODELS: dict[str, Callable[[Path], Any]] = {
    "program": lambda _: export_wide(),
    "pt2": save_pt2,
    "onnx": lambda _: make_onnx(),
    "sequence": lambda _: nn.Sequential(nn.Linear(1, MANY), nn.ReLU(), nn.Linear(MANY, 1)),
    "perceptron": lambda _: make_perceptron(),
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", MODELS)
def test_too_many_neurons_are_refused_before_any_product(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error says what was found, what is supported, where and what to do; no tensor has got
    the columns of a layer.
    """
    model = MODELS[name](tmp_path)
    made = list[int]()
    build = affine.AffineTensor.__init__

    def record(self: Any, constant: Any, columns: Any, first: int = 0) -> None:
        made.append(columns.size)
        build(self, constant, columns, first)

    monkeypatch.setattr(affine.AffineTensor, "__init__", record)
    with pytest.raises(NetworkSizeError) as raised:
        rr.trace(model)
    message = str(raised.value)
    inputs = 2 if name == "perceptron" else 1
    assert f"neurons or more over {inputs} input" in message
    assert "12,00" in message
    assert re.search(r"(2,000|12,000) of them in layer '[\w./]+';", message)
    assert "supported: up to 1.1 GB, 11,58" in message
    assert "train it with fewer neurons" in message
    assert max(made, default=0) <= MANY


def test_a_file_of_too_many_neurons_is_refused_without_torch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save_pt2(tmp_path)
    monkeypatch.setattr("relurules.tracing.torch.front_end.trace", None)
    with pytest.raises(NetworkSizeError, match=r"has 12,000 neurons .* in layer 'relu'"):
        rr.trace(path)


def make_pipelines() -> dict[str, tuple[Any, int]]:
    """Models whose neurons several parts make, and how many inputs they have side by side."""
    X, y = np.random.default_rng(0).normal(size=(30, 2)), np.arange(30.0)
    deep = MLPRegressor(hidden_layer_sizes=(3, 2), max_iter=1, random_state=0)
    bent = SplineTransformer(3, degree=1)
    return {
        "splines": (make_pipeline(bent, LinearRegression()).fit(X, y), 2),
        "splines before layers": (make_pipeline(bent, deep).fit(X, y), 2),
        "several networks": (BaggingRegressor(deep, 2, random_state=0).fit(X, y), 4),
    }


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_pipelines_are_refused_where_their_weights_do_not_fit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At the limit they are traced, whatever makes their neurons."""
    for model, inputs in make_pipelines().values():
        neurons = len(rr.trace(model).network)
        needed = neurons * (neurons + inputs)
        with monkeypatch.context() as lowered:
            lowered.setattr(network_size, "LARGEST", needed)
            rr.trace(model)
            lowered.setattr(network_size, "LARGEST", needed - 1)
            with pytest.raises(NetworkSizeError):
                rr.trace(model)


def test_the_limit_is_where_the_weights_fit() -> None:
    """As many neurons as the message tells are traced, one more is refused."""
    for inputs in (0, 1, 20, 10_000):
        with pytest.raises(NetworkSizeError) as raised:
            check_network_size(10**6, inputs, {"a": 10**6})
        most = int(str(raised.value).split(" GB, ")[-1].split(" neurons")[0].replace(",", ""))
        check_network_size(most, inputs, {"a": most})
        with pytest.raises(NetworkSizeError):
            check_network_size(most + 1, inputs, {"a": most + 1})


def test_neurons_are_counted_without_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """By layer; slopes of 1 are no neurons; what stops the walk is left to the trace, which meets
    it again.
    """
    basis = CountingBasis(3)
    x = basis.make_input((3,))
    basis.activate(x, np.array([0.0, 1.0, 0.5]), "a")
    found = basis.activate(x, np.array(0.0), "a")
    basis.activate(found, np.array(-1.0), "b")
    assert basis.counts == {"a": 5, "b": 3}
    assert not found.columns.size

    def walk(make_basis: MakeBasis) -> None:
        made = make_basis(3)
        made.activate(made.make_input((3,)), np.array(0.0), "a")
        raise ValueError("an operator that isn't known")

    refuse_large_network(walk)
    monkeypatch.setattr(network_size, "LARGEST", 17)
    with pytest.raises(NetworkSizeError, match=r"3 neurons .* 3 of them in layer 'a'"):
        refuse_large_network(walk)
