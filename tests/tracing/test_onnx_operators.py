"""Every operator of ONNX, by the cases that onnx itself ships: right or refused by name, never
wrong.
"""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import helper
from onnx_models import model, single
from scripts import load_script

import relurules as rr
from relurules.errors import ModelError

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "onnx_operators.py"

#: Operators of which at least so many cases must be right. Outputs without any number are refused,
#: and not counted.
RIGHT = {
    "Abs": 1, "Add": 2, "AffineGrid": 4, "ArgMax": 8, "ArgMin": 8, "ArrayFeatureExtractor": 1,
    "AveragePool": 20, "BatchNormalization": 2, "Cast": 14, "CastLike": 7, "CenterCropPad": 6,
    "Clip": 9, "Col2Im": 5, "Compress": 4, "Concat": 12, "Conv": 6, "ConvTranspose": 11,
    "CumSum": 7, "DeformConv": 4, "DepthToSpace": 2, "Div": 3, "Dropout": 6, "Einsum": 6, "Exp": 2,
    "Expand": 2, "Flatten": 9, "Gather": 4, "GatherElements": 3, "GatherND": 1, "Gemm": 11,
    "GlobalAveragePool": 2, "GlobalMaxPool": 2, "GridSample": 13, "HardSigmoid": 3, "Identity": 2,
    "LeakyRelu": 3, "LogSoftmax": 7, "MatMul": 7, "Max": 6, "MaxPool": 16, "MaxUnpool": 2,
    "Mean": 3, "Min": 6, "Mul": 3, "Neg": 2, "PRelu": 2, "Pad": 3, "ReduceL1": 8, "ReduceMax": 8,
    "ReduceMean": 8, "ReduceMin": 8, "ReduceSum": 10, "Relu": 1, "Reshape": 9, "Resize": 37,
    "ReverseSequence": 2, "RoiAlign": 2, "RotaryEmbedding": 8, "Scatter": 2, "ScatterElements": 4,
    "ScatterND": 2, "Shape": 10, "Shrink": 1, "Sigmoid": 2, "Size": 2, "Slice": 7, "Softmax": 7,
    "SpaceToDepth": 2, "Split": 14, "Squeeze": 2, "Sub": 3, "Sum": 3, "TensorScatter": 3, "Tile": 2,
    "Transpose": 7, "Unsqueeze": 7, "Upsample": 1, "Where": 1,
}  # fmt: skip


@pytest.fixture(scope="module")
def found() -> list[Any]:
    return list(load_script(BENCHMARK, "benchmark_onnx_operators").outcomes())


def test_no_case_is_wrong(found: list[Any]) -> None:
    assert len(found) > 1000
    assert [item for item in found if item.kind == "wrong"] == []


def test_affine_and_piecewise_linear_operators_are_right(found: list[Any]) -> None:
    counts = Counter(item.operator for item in found if item.kind == "right")
    assert {name: counts[name] for name, least in RIGHT.items() if counts[name] < least} == {}


def test_a_refusal_names_its_operator(found: list[Any]) -> None:
    refused = [item for item in found if item.kind == "refused"]
    assert len(refused) > 300
    unnamed = [item for item in refused if "operator " not in item.message]
    assert unnamed == []
    # cases written as functions are refused at an operator of the function
    assert [
        i for i in refused if i.operator not in i.message and not i.case.endswith("_expanded")
    ] == []


def evaluated(given: Any, x: Any) -> Any:
    return rr.trace(given).evaluate(np.asarray(x, dtype=float).reshape(1, -1))[0]


@pytest.mark.parametrize(
    ("given", "x", "expected"),
    [
        (
            single("Clip", [2, 2], opset=6 + 1, min=-1.0, max=0.5),
            [-3, 0, 0.25, 9],
            [-1, 0, 0.25, 0.5],
        ),
        (single("Clip", [2, 1], [3.0], [1.0]), [0, 7], [1, 1]),
        (single("Clip", [2, 1], None, [np.inf]), [0, 7], [0, 7]),
        (single("Squeeze", [2, 1], opset=11, axes=[1]), [1, 2], [1, 2]),
        (single("ReduceSum", [2, 2], opset=11, axes=[1], keepdims=0), [1, 2, 3, 4], [3, 7]),
        (single("ReduceMax", [2, 2], opset=11, axes=[0], keepdims=0), [1, 5, 3, 4], [3, 5]),
        (single("Pad", [2], opset=2 + 5, pads=[1, 2], value=4.0), [1, 2], [4, 1, 2, 4, 4]),
        (
            single("Pad", [3], np.array([2, 0]), opset=13, mode="reflect"),
            [1, 2, 3],
            [3, 2, 1, 2, 3],
        ),
        (single("Slice", [4], opset=9, starts=[1], ends=[3]), [1, 2, 3, 4], [2, 3]),
        (
            single("Upsample", [1, 1, 1, 2], opset=7, scales=[1.0, 1.0, 1.0, 2.0]),
            [1, 2],
            [1, 1, 2, 2],
        ),
        (
            single("Upsample", [1, 1, 1, 2], [1, 1, 1, 2], opset=9, mode="linear"),
            [1, 2],
            [1, 1.5, 2, 2],
        ),
        (single("Resize", [1, 1, 1, 2], [1, 1, 1, 3], opset=10), [1, 2], [1, 1, 1, 2, 2, 2]),
        (single("LpPool", [1, 1, 3], opset=11, kernel_shape=[2], p=1), [1, -2, 3], [3, 5]),
        (single("GlobalLpPool", [1, 1, 3], p=1), [1, -2, 3], [6]),
        (
            single("MaxPool", [1, 1, 4], opset=10, kernel_shape=[3], ceil_mode=1, strides=[2]),
            range(4),
            [2, 3],
        ),
        (
            single("AveragePool", [1, 1, 4], opset=10, kernel_shape=[3], ceil_mode=1, strides=[2]),
            range(4),
            [1, 2.5],
        ),
        (
            single("ScatterElements", [2], np.array([1, 1]), [2.0, 3.0], opset=16, reduction="add"),
            [1, 1],
            [1, 6],
        ),
        (single("ThresholdedRelu", [2], alpha=0.0), [-1, 2], [0, 2]),
        (single("Softmax", [2, 1, 2], opset=11, axis=0), [0, 0, 0, 0], [0.25] * 4),
        (
            single("Scaler", [1, 2], domain="ai.onnx.ml", offset=[1.0, 2.0], scale=[2.0, 4.0]),
            [2, 3],
            [2, 4],
        ),
        (
            single("LinearRegressor", [1, 2], domain="ai.onnx.ml", coefficients=[1.0, 2.0]),
            [2, 3],
            [8],
        ),
        (
            single("FeatureVectorizer", [1, 2], domain="ai.onnx.ml", inputdimensions=[3]),
            [2, 3],
            [2, 3, 0],
        ),
    ],
    ids=lambda value: value.graph.node[0].op_type if hasattr(value, "graph") else None,
)
def test_older_operator_sets_and_what_no_case_has(given: Any, x: Any, expected: Any) -> None:
    assert evaluated(given, x) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (single("Erf", [2]), "Erf"),
        (single("Elu", [2]), "Elu"),
        (single("HardSwish", [2], opset=14), "HardSwish"),
        (single("Mul", [2, 2], [0.0, np.nan]), "w0"),
        (single("Div", [2, 2], [0.0, 1.0]), "zero"),
        (single("Cast", [2, 2], to=7), "INT64"),
        (single("Greater", [2, 2], [0.0]), "Greater"),
        (single("Upsample", [1, 1, 1, 4], opset=7, scales=[1.0, 1.0, 1.0, 0.5]), "opset 11"),
        (single("Normalizer", [1, 2], domain="ai.onnx.ml"), "ai.onnx.ml.Normalizer"),
        (
            single("Imputer", [1, 2], domain="ai.onnx.ml", imputed_value_floats=[0.0]),
            "ai.onnx.ml.Imputer",
        ),
        (single("Dropout", [2, 2], 0.5, np.array(True)), "training mode"),
        (single("MaxPool", [1, 1, 4], kernel_shape=[2], outputs=2), "'y1'"),
        (single("MaxPool", [1, 1, 4], kernel_shape=[9]), "kernel"),
        (single("MaxPool", [1, 1, 2], kernel_shape=[1], pads=[2, 2]), "padding alone"),
        (single("Conv", [1, 1, 4], np.zeros((1, 1, 2), "f"), kernel_shape=[3]), "kernel_shape"),
        (
            single("BatchNormalization", [1, 1], [1], [0], [0], [1], opset=14, training_mode=1),
            "Training_mode",
        ),
        (single("QuantizeLinear", [2], [1.0], np.array(0, dtype=np.uint8)), "QuantizeLinear"),
        (single("RandomNormalLike", [2]), "RandomNormalLike"),
        (single("PRelu", [2, 3], [0.1, 0.2]), "PRelu"),
        (single("Reshape", [2, 3], np.array([5])), "Reshape"),
        (single("MatMul", [2, 3], np.zeros((2, 2), "f")), "MatMul"),
        (single("SplitToSequence", [4]), "SplitToSequence"),
    ],
    ids=lambda value: value.graph.node[0].op_type if hasattr(value, "graph") else None,
)
def test_refusals_say_what_and_where(given: Any, words: str) -> None:
    with pytest.raises(ModelError) as caught:
        rr.trace(given)
    assert words in str(caught.value)
    assert given.graph.node[0].op_type in str(caught.value)
    assert "node 'it'" in str(caught.value)


def test_products_of_two_values_are_refused() -> None:
    for op in ("Mul", "MatMul", "Gemm"):
        with pytest.raises(ModelError, match=r"multiplies two values that depend on the input"):
            rr.trace(model([helper.make_node(op, ["x", "x"], ["y"])], {"x": [2, 2]}, ["y"]))
    with pytest.raises(ModelError, match=r"Einsum.*multiplies two"):
        rr.trace(
            model(
                [helper.make_node("Einsum", ["x", "x"], ["y"], equation="ij,ij->i")],
                {"x": [2, 2]},
                ["y"],
            )
        )
    with pytest.raises(ModelError, match=r"Div.*must be a constant"):
        rr.trace(
            model([helper.make_node("Div", ["one", "x"], ["y"])], {"x": [2]}, ["y"], {"one": [1.0]})
        )


@pytest.mark.parametrize(("op", "inputs", "weights"), [
    ("ConstantOfShape", ["shape"], {"shape": np.array([10**6, 10**6])}),
    ("Expand", ["one", "shape"], {"one": [1.0], "shape": np.array([10**6, 10**6])}),
    ("Expand", ["x", "shape"], {"shape": np.array([10**6, 10**6, 2])}),
    ("Tile", ["x", "shape"], {"shape": np.array([10**12])}),
    ("Range", ["a", "b", "c"], {"a": np.array(0), "b": np.array(10**12), "c": np.array(1)}),
    ("Pad", ["x", "shape"], {"shape": np.array([10**12, 0])}),
])  # fmt: skip
def test_huge_results_are_refused_before_they_are_made(
    op: str, inputs: list[str], weights: dict[str, Any]
) -> None:
    node = helper.make_node(op, inputs, ["big"], name="it")
    total = helper.make_node("ReduceSum", ["big"], ["sum"], keepdims=0)
    cast = helper.make_node("Cast", ["sum"], ["float"], to=1)
    given = model(
        [node, total, cast, helper.make_node("Add", ["x", "float"], ["y"])],
        {"x": [2]},
        ["y"],
        weights,
    )
    with pytest.raises(
        ModelError, match=f"operator {op} in node 'it': its result of shape .* is too large"
    ):
        rr.trace(given)


def choosing(*nodes: Any, opset: int = 13) -> Any:
    """A model that compares its input x with 1 and goes on from that."""
    weights = {"one": [1.0], "zero": [0.0], "tenth": [0.25]}
    return model(
        [node("Greater", ["x", "one"], ["above"]), *nodes], {"x": ["N", 3]}, ["y"], weights, opset
    )


node = helper.make_node


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (choosing(node("Where", ["above", "x", "one"], ["y"])), [2, 1, 1]),
        (choosing(node("Where", ["above", "one", "x"], ["y"])), [1, 1, -3]),
        (
            choosing(node("Not", ["above"], ["not"]), node("Where", ["not", "x", "one"], ["y"])),
            [1, 1, -3],
        ),
        (
            choosing(
                node("LessOrEqual", ["x", "zero"], ["below"]),
                node("Mul", ["x", "tenth"], ["small"]),
                node("Where", ["below", "small", "x"], ["y"]),
            ),
            [2, 1, -0.75],
        ),
        (
            choosing(
                node("Sub", ["x", "one"], ["more"]),
                node("Cast", ["above"], ["mask"], to=1),
                node("Mul", ["mask", "more"], ["y"]),
            ),
            [1, 0, 0],
        ),
    ],
    ids=["larger", "smaller", "not", "leaky", "mask"],
)
def test_continuous_choices(given: Any, expected: Any) -> None:
    assert evaluated(given, [2, 1, -3]) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            choosing(node("Where", ["above", "x", "zero"], ["y"])),
            "operator Where in node 1: what it chooses from",
        ),
        (
            choosing(node("Cast", ["above"], ["y"], to=1)),
            "operator Cast in node 1: it jumps, and its result",
        ),
        (
            choosing(node("Cast", ["above"], ["m"], to=1), node("Add", ["m", "x"], ["y"])),
            "Add in node 2: it reads a com",
        ),
        (choosing(node("Where", ["above", "x", "above"], ["y"])), "operator Where"),
    ],
    ids=["jump", "output", "sum", "types"],
)
def test_choices_that_jump(given: Any, words: str) -> None:
    with pytest.raises(ModelError) as caught:
        rr.trace(given)
    assert words in str(caught.value)
