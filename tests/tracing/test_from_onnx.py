"""Whole ONNX models, as exporters write them: the trace is the model."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper
from onnx_models import mlp, model, single
from torch import nn

import relurules as rr
from relurules import tracing
from relurules.cli.main import run
from relurules.errors import ModelError
from relurules.tracing import affine
from relurules.tracing.onnx import layers

node = helper.make_node
RANDOM = np.random.default_rng(0)


def weights(*shape: int) -> Any:
    return RANDOM.normal(size=shape).astype(np.float32)


def test_an_mlp_is_what_torch_computes() -> None:
    given = mlp([3, 6, 5, 2])
    arrays = [
        torch.tensor(onnx.numpy_helper.to_array(tensor)).double()
        for tensor in given.graph.initializer
    ]
    X = torch.tensor(RANDOM.normal(size=(50, 3)) * 10)
    hidden = torch.relu(X @ arrays[0].T + arrays[1])
    expected = torch.relu(hidden @ arrays[2].T + arrays[3]) @ arrays[4].T + arrays[5]
    graph = rr.trace(given)
    assert graph.features == ("x0", "x1", "x2")
    assert graph.outputs == ("y0", "y1")
    assert {neuron.layer for neuron in graph.network.neurons} == {"relu0", "relu1"}
    assert graph.evaluate(X.numpy()) == pytest.approx(expected.numpy(), rel=1e-12)


def test_weights_of_every_float_type_are_read_exactly() -> None:
    for kind in (TensorProto.FLOAT16, TensorProto.BFLOAT16, TensorProto.FLOAT, TensorProto.DOUBLE):
        given = mlp([2, 3, 1], kind=kind, opset=14)
        stored = onnx.numpy_helper.to_array(given.graph.initializer[0]).astype(np.float64)
        assert np.array_equal(rr.trace(given).network.A, stored)


def test_a_large_mlp_takes_one_step_a_node(monkeypatch: pytest.MonkeyPatch) -> None:
    """All columns of a layer are computed at once: as many steps as the model has layers, whatever
    their sizes.
    """
    steps = list[int]()

    def counted(*given: Any) -> Any:
        steps.append(1)
        return affine.apply_affine(*given)

    monkeypatch.setattr(layers, "apply_affine", counted)
    for sizes in ([2, 3, 2, 1], [784, 128, 64, 10]):
        steps.clear()
        assert len(rr.trace(mlp(sizes)).network) == sum(sizes[1:-1])
        assert 0 < len(steps) <= 2 * (len(sizes) - 1)


def torch_chain() -> tuple[onnx.ModelProto, nn.Module]:
    """A convolutional network with the shape arithmetic that older exporters write for
    x.view(x.size(0), -1).
    """
    torch.manual_seed(0)
    module = nn.Sequential(
        nn.Conv2d(1, 2, 3, padding=1),
        nn.BatchNorm2d(2),
        nn.LeakyReLU(0.1),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(8, 3),
    ).eval()
    module[1].running_mean.normal_()
    names = {name: tensor.numpy() for name, tensor in module.state_dict().items() if tensor.dim()}
    nodes = [
        node("Conv", ["x", "0.weight", "0.bias"], ["c"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        node(
            "BatchNormalization",
            ["c", "1.weight", "1.bias", "1.running_mean", "1.running_var"],
            ["n"],
            epsilon=1e-5,
        ),
        node("LeakyRelu", ["n"], ["r"], alpha=0.1),
        node("MaxPool", ["r"], ["p"], kernel_shape=[2, 2], strides=[2, 2]),
        node("Shape", ["p"], ["shape"]),
        node("Constant", [], ["zero"], value=onnx.numpy_helper.from_array(np.array(0))),
        node("Gather", ["shape", "zero"], ["size"], axis=0),
        node("Unsqueeze", ["size"], ["sizes"], axes=[0]),
        node("Constant", [], ["rest"], value=onnx.numpy_helper.from_array(np.array([-1]))),
        node("Concat", ["sizes", "rest"], ["to"], axis=0),
        node("Reshape", ["p", "to"], ["flat"]),
        node("Gemm", ["flat", "5.weight", "5.bias"], ["y"], transB=1),
    ]
    return model(nodes, {"x": ["batch", 1, 4, 4]}, ["y"], names, opset=11), module


def test_pytorch_convolutions_and_shape_arithmetic() -> None:
    given, module = torch_chain()
    X = RANDOM.normal(size=(20, 16))
    with torch.no_grad():
        expected = module.double()(torch.tensor(X).reshape(-1, 1, 4, 4)).numpy()
    graph, reference = tracing.trace(given)
    assert graph.evaluate(X) == pytest.approx(
        expected, rel=1e-6, abs=1e-6
    )  # epsilon and slope are float32 in the file
    assert reference(X) == pytest.approx(graph.evaluate(X), rel=1e-12, abs=1e-12)
    assert len(graph.network) == 32 + 2 * 4 * 3


def test_the_batch_may_be_any_size_and_may_be_fixed_inside() -> None:
    inside = model(
        [node("Reshape", ["x", "one_row"], ["flat"]), node("MatMul", ["flat", "w"], ["y"])],
        {"x": ["N", 2, 2]}, ["y"], {"one_row": np.array([1, 4]), "w": weights(4, 3)},
    )  # fmt: skip
    for given in (inside, mlp([4, 3])):
        graph, reference = tracing.trace(given)
        for rows in (0, 1, 2, 9):
            X = RANDOM.normal(size=(rows, 4))
            assert reference(X).shape == (rows, 3)
            assert reference(X) == pytest.approx(graph.evaluate(X))


def test_matlab_style_image_input_normalised_with_fixed_batch() -> None:
    nodes = [
        node("Sub", ["imageinput", "mean"], ["centered"]),
        node(
            "Conv",
            ["centered", "w", "b"],
            ["c"],
            kernel_shape=[3, 3],
            auto_pad="SAME_UPPER",
            strides=[2, 2],
        ),
        node("Relu", ["c"], ["r"]),
        node(
            "AveragePool", ["r"], ["a"], kernel_shape=[2, 2], pads=[0, 0, 1, 1], count_include_pad=0
        ),
        node("Transpose", ["a"], ["t"], perm=[0, 2, 3, 1]),
        node("Flatten", ["t"], ["f"], axis=1),
        node("Gemm", ["f", "fw", "fb"], ["fc"], transB=1, alpha=1.0, beta=1.0),
    ]
    named = {
        "mean": weights(1, 1, 1, 1),
        "w": weights(2, 1, 3, 3),
        "b": weights(2),
        "fw": weights(3, 8),
        "fb": weights(3),
    }
    graph, reference = tracing.trace(
        model(nodes, {"imageinput": [1, 1, 4, 4]}, ["fc"], named, opset=9)
    )
    X = RANDOM.normal(size=(5, 16))
    image = torch.tensor(X - named["mean"].item()).reshape(-1, 1, 4, 4)
    tensors = {name: torch.tensor(array).double() for name, array in named.items()}
    conv = nn.functional.conv2d(
        nn.functional.pad(image, (0, 1, 0, 1)), tensors["w"], tensors["b"], stride=2
    ).relu()
    sums = nn.functional.pad(conv, (0, 1, 0, 1)).unfold(2, 2, 1).unfold(3, 2, 1).sum(dim=(-1, -2))
    flat = (sums / torch.tensor([[4.0, 2.0], [2.0, 1.0]])).permute(0, 2, 3, 1).flatten(1)
    assert graph.evaluate(X) == pytest.approx((flat @ tensors["fw"].T + tensors["fb"]).numpy())
    assert reference(X) == pytest.approx(graph.evaluate(X))


def test_tensorflow_style_channels_last_with_residual_and_two_outputs() -> None:
    nodes = [
        node("Transpose", ["x"], ["first"], perm=[0, 3, 1, 2]),
        node("Pad", ["first", "pads"], ["padded"]),
        node("Conv", ["padded", "w"], ["c"]),
        node("Identity", ["c"], ["c2"]),
        node("Clip", ["c2", "low", "high"], ["relu6"]),
        node("Add", ["relu6", "first"], ["sum"]),
        node("Transpose", ["sum"], ["back"], perm=[0, 2, 3, 1]),
        node("ReduceMean", ["back"], ["mean"], axes=[1, 2], keepdims=0),
        node("MatMul", ["mean", "k"], ["dense"]),
        node("Squeeze", ["dense", "axis"], ["y"]),
    ]
    named = {
        "pads": np.array([0, 0, 1, 1, 0, 0, 1, 1]),
        "w": weights(2, 2, 3, 3),
        "low": np.array(0, dtype=np.float32),
        "high": np.array(6, dtype=np.float32),
        "k": weights(2, 1),
        "axis": np.array([-1]),
    }
    graph, reference = tracing.trace(model(nodes, {"x": ["N", 3, 3, 2]}, ["y", "mean"], named))
    X = RANDOM.normal(size=(5, 18)) * 3
    image = torch.tensor(X).reshape(-1, 3, 3, 2).permute(0, 3, 1, 2)
    residual = (
        nn.functional.conv2d(image, torch.tensor(named["w"]).double(), padding=1).clamp(0, 6)
        + image
    )
    mean = residual.mean(dim=(2, 3))
    expected = torch.cat([mean @ torch.tensor(named["k"]).double(), mean], dim=1)
    assert graph.evaluate(X) == pytest.approx(expected.numpy())
    assert reference(X) == pytest.approx(graph.evaluate(X))
    assert graph.outputs == ("y0", "y1", "y2")


def test_several_inputs_are_joined_in_order() -> None:
    nodes = [
        node("Concat", ["age", "income"], ["both"], axis=1),
        node("MatMul", ["both", "w"], ["y"]),
    ]
    given = model(nodes, {"income": ["N", 1], "age": ["N", 1]}, ["y"], {"w": [[1.0], [10.0]]})
    graph = rr.trace(given)
    assert graph.features == ("income", "age")  # as the graph lists them
    assert graph.evaluate(np.array([[1.0, 2.0]])).tolist() == [[12.0]]
    wide = model(
        nodes, {"income": ["N", 1], "age": ["N", 2]}, ["y"], {"w": [[1.0], [10.0], [100.0]]}
    )
    assert rr.trace(wide).features == ("x0", "x1", "x2")


@pytest.mark.parametrize("shape", [["N"], ["N", 2], ["N", 2, 3], ["N", 2, 1, 2], ["N", 1, 2, 1, 2]])
def test_ranks_one_to_five(shape: list[Any]) -> None:
    graph, reference = tracing.trace(single("LeakyRelu", shape, alpha=0.25))
    d = int(np.prod(shape[1:]))
    X = RANDOM.normal(size=(4, d))
    assert graph.evaluate(X).tolist() == np.where(X > 0, X, 0.25 * X).tolist()
    assert reference(X).tolist() == graph.evaluate(X).tolist()


def test_shapes_are_computed_in_the_precision_of_the_model() -> None:
    """10 * 0.7 is 7 in float32, less in float64: an output's size must be the runtime's."""
    nodes = [
        node("Shape", ["x"], ["shape"]),
        node("Cast", ["shape"], ["float"], to=1),
        node("Mul", ["float", "factor"], ["scaled"]),
        node("Floor", ["scaled"], ["floor"]),
        node("Cast", ["floor"], ["size"], to=7),
        node("Slice", ["x", "start", "size"], ["y"]),
    ]
    named = {"factor": np.array([0.7], dtype=np.float32), "start": np.array([0])}
    assert len(rr.trace(model(nodes, {"x": [10]}, ["y"], named)).outputs) == 7


def test_constants_among_the_outputs() -> None:
    given = model([node("Relu", ["x"], ["y"])], {"x": ["N", 1]}, ["y", "c"], {"c": [2.0, 3.0]})
    assert rr.trace(given).evaluate(np.array([[-1.0], [5.0]])).tolist() == [
        [0.0, 2.0, 3.0],
        [5.0, 2.0, 3.0],
    ]
    text = model(
        [node("Relu", ["x"], ["y"])],
        {"x": ["N", 1]},
        ["y", "c"],
        {"c": np.array(["a"], dtype=object)},
    )
    with pytest.raises(ModelError, match="output 'c' is a constant"):
        rr.trace(text)


def test_names_from_the_file_are_plain_in_layers() -> None:
    given = model([node("Relu", ["x"], ["y"], name="a */ evil\n'\"")], {"x": ["N", 1]}, ["y"])
    assert rr.trace(given).network.neurons[0].layer == "a__/_evil___"


def test_rules_from_the_command_line_agree_with_the_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    onnx.save(mlp([2, 4, 1], seed=3), tmp_path / "model.onnx")
    rows = RANDOM.uniform(-1, 1, size=(30, 2))
    np.savetxt(tmp_path / "rows.csv", rows, delimiter=",", header="a,b", comments="")
    names = [str(tmp_path / name) for name in ("model.onnx", "rows.csv", "rules.json")]
    assert run(["extract", names[0], "--data", names[1], "--out", names[2]]) == 0
    assert "RULE 1" in capsys.readouterr().out
    assert run(["verify", names[2], "--against", names[0], "--data", names[1]]) == 0
    assert run(["emit", names[2], "--to", "sql", "--out", str(tmp_path)]) == 0
    assert (
        run(["verify", str(tmp_path / "score.sql"), "--against", names[0], "--data", names[1]]) == 0
    )


def test_without_onnx_the_message_says_so() -> None:
    code = "import sys; sys.modules['onnx'] = None; import relurules as rr; rr.trace('model.onnx')"
    ended = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True
    )
    assert (
        "onnx isn't installed, and this model needs it: pip install onnx"
        in ended.stderr.splitlines()[-1]
    )


def test_the_package_does_not_load_onnx() -> None:
    code = (
        "import sys, relurules as rr, torch; rr.trace(torch.nn.Linear(2, 1)); sys.exit('onnx' "
        "in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
