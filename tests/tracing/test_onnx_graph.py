"""Graphs that don't fit together, and how inputs and outputs are read."""

from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper
from onnx_models import mlp, model, single

import relurules as rr
from relurules.errors import DomainError, ModelError

RELU = helper.make_node("Relu", ["x"], ["y"], name="relu")


def refused(given: object, **more: Any) -> str:
    with pytest.raises(ModelError) as caught:
        rr.trace(given, **more)
    return str(caught.value)


def test_names_that_are_nowhere_or_in_a_circle() -> None:
    nowhere = model(
        [helper.make_node("Add", ["x", "bias"], ["y"], name="add")], {"x": ["N", 2]}, ["y"]
    )
    assert "node 'add' (Add) reads 'bias', which is nowhere defined" in refused(nowhere)
    circle = [helper.make_node("Add", ["x", "b"], ["a"]), helper.make_node("Relu", ["a"], ["b"])]
    assert "reads 'b', which is only computed later" in refused(
        model(circle, {"x": ["N", 2]}, ["a"])
    )
    assert "output 'z' is nowhere defined" in refused(model([RELU], {"x": ["N", 2]}, ["z"]))


def test_names_that_are_given_twice() -> None:
    assert "'y' is given to two values" in refused(model([RELU, RELU], {"x": ["N", 2]}, ["y"]))
    onto = helper.make_node("Relu", ["x"], ["x"])
    assert "'x' is given to two values" in refused(model([onto], {"x": ["N", 2]}, ["x"]))
    doubled = model([RELU], {"x": ["N", 2]}, ["y"])
    doubled.graph.input.append(doubled.graph.input[0])
    assert "two inputs have the same name" in refused(doubled)


def test_no_inputs_and_no_outputs() -> None:
    assert "no output" in refused(model([RELU], {"x": ["N", 2]}, []))
    assert "no input" in refused(
        model([helper.make_node("Relu", ["w"], ["y"])], {}, ["y"], {"w": [1.0]})
    )


@pytest.mark.parametrize("kind", ["BOOL", "UINT8", "COMPLEX64"])
def test_inputs_of_types_that_no_column_has(kind: str) -> None:
    given = model([RELU], {"x": ["N", 2]}, ["y"])
    given.graph.input[0].type.tensor_type.elem_type = TensorProto.DataType.Value(kind)
    message = refused(given)
    assert f"input 'x' is of type {kind}" in message
    assert "FLOAT" in message


def test_inputs_that_are_no_tensors() -> None:
    given = model([RELU], {"x": ["N", 2]}, ["y"])
    kind = helper.make_sequence_type_proto(helper.make_tensor_type_proto(TensorProto.FLOAT, [2]))
    given.graph.input[0].type.CopyFrom(kind)
    assert "input 'x' is of type sequence_type" in refused(given)


def test_shapes_that_are_not_told() -> None:
    assert "the shape (?, 3, ?)" in refused(model([RELU], {"x": ["N", 3, "length"]}, ["y"]))
    unknown = model([RELU], {"x": None}, ["y"])
    assert "doesn't tell its shape" in refused(unknown)
    assert rr.trace(unknown, input_shape=(3,)).features == ("x0", "x1", "x2")
    assert (
        len(rr.trace(model([RELU], {"x": ["N", 3, "length"]}, ["y"]), input_shape=(3, 2)).features)
        == 6
    )
    assert "takes rows of shape (3, ?), not (2, 2)" in refused(
        model([RELU], {"x": ["N", 3, "length"]}, ["y"]), input_shape=(2, 2)
    )
    two = model([helper.make_node("Add", ["x", "z"], ["y"])], {"x": ["N", 2], "z": ["N", 2]}, ["y"])
    assert "2 inputs" in refused(two, input_shape=(2,))


def test_zero_and_minus_one_stand_for_a_dynamic_size() -> None:
    for size in (0, -1):
        graph = rr.trace(model([RELU], {"x": [size, 2]}, ["y"]))
        assert graph.evaluate(np.array([[1.0, -1.0], [2.0, 3.0]])).tolist() == [
            [1.0, 0.0],
            [2.0, 3.0],
        ]


def test_initialisers_listed_as_inputs_are_constants() -> None:
    given = mlp([2, 3, 1])
    expected = rr.trace(given)
    for tensor in given.graph.initializer:
        given.graph.input.append(
            helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims)
        )
    assert rr.trace(given).features == ("x0", "x1")
    assert np.array_equal(rr.trace(given).network.A, expected.network.A)


def test_a_fixed_first_dimension_is_part_of_the_input() -> None:
    graph = rr.trace(single("Relu", [2, 3]))
    assert len(graph.features) == 6
    assert graph.outputs == tuple(f"y{i}" for i in range(6))
    assert len(rr.trace(single("Relu", [1, 3])).features) == 3
    assert len(rr.trace(single("Relu", [])).features) == 1
    assert len(rr.trace(single("Relu", ["N"])).features) == 1


def test_weights_that_are_not_finite_are_named() -> None:
    for value in (np.nan, np.inf):
        given = mlp([2, 3, 1])
        weights = np.ones((3, 2), "f")
        weights[1, 0] = value
        given.graph.initializer[0].raw_data = weights.tobytes()
        message = refused(given)
        assert f"0.weight[1, 0] is {value}" in message
        assert "1 of 6 entries" in message


def test_weights_that_nothing_reads_do_not_matter() -> None:
    given = model([RELU], {"x": ["N", 2]}, ["y"], {"unread": [np.nan]})
    given.graph.node.append(helper.make_node("Tanh", ["x"], ["unused"]))
    assert len(rr.trace(given).network) == 2


@pytest.mark.parametrize(
    ("node", "words"),
    [
        (
            helper.make_node("Relu", ["x"], ["y"], name="n", slope=1.0),
            "Unrecognized attribute: slope",
        ),
        (helper.make_node("Relu", ["x", "x"], ["y"], name="n"), "input size 2"),
        (helper.make_node("Reluu", ["x"], ["y"], name="n"), "No Op registered for Reluu"),
        (
            helper.make_node("Relu", ["x"], ["y"], name="n", domain="com.microsoft"),
            "its domain isn't known",
        ),
        (
            helper.make_node("Scaler", ["x"], ["y"], name="n", domain="ai.onnx.ml"),
            "its domain isn't known",
        ),
        (helper.make_node("Flatten", ["x"], ["y"], name="n", axis="one"), "attribute type"),
        (helper.make_node("Flatten", ["x"], ["y"], name="n", axis=7), "Flatten"),
    ],
)
def test_nodes_that_are_not_as_their_operator_set_has_them(node: Any, words: str) -> None:
    message = refused(model([node], {"x": ["N", 2]}, ["y"]))
    assert words in message
    assert f"{node.op_type} in node 'n'" in message


def test_control_flow_is_refused_by_name() -> None:
    body = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["b"])],
        "b",
        [],
        [helper.make_tensor_value_info("b", 1, None)],
    )
    node = helper.make_node("If", ["c"], ["y"], name="branch", then_branch=body, else_branch=body)
    message = refused(model([node], {"x": ["N", 2]}, ["y"], {"c": np.array(True)}))
    assert "operator If in node 'branch'" in message


def test_sparse_weights_are_refused() -> None:
    given = model([RELU], {"x": ["N", 2]}, ["y"])
    values = helper.make_tensor("s", TensorProto.FLOAT, [1], [1.0])
    indices = helper.make_tensor("i", TensorProto.INT64, [1], [0])
    given.graph.sparse_initializer.append(helper.make_sparse_tensor(values, indices, [10**12]))
    assert "sparse initialisers" in refused(given)


def test_the_operator_by_which_rows_influence_one_another_is_named() -> None:
    nodes = [
        helper.make_node("Relu", ["x"], ["a"], name="before"),
        helper.make_node("ReduceMean", ["a"], ["m"], name="mixing", axes=[0]),
        helper.make_node("Sub", ["a", "m"], ["y"], name="after"),
    ]
    message = refused(model(nodes, {"x": ["N", 2]}, ["y"]))
    assert "7 rows together give something else than one by one" in message
    assert "they influence one another in operator ReduceMean in node 'mixing'" in message
    twice = [
        helper.make_node("Transpose", ["x"], ["t"], name="there", perm=[1, 0]),
        helper.make_node("Softmax", ["t"], ["s"], name="share", axis=1),
        helper.make_node("Transpose", ["s"], ["y"], name="back", perm=[1, 0]),
    ]
    assert "in operator Softmax in node 'share'" in refused(model(twice, {"x": ["N", 2]}, ["y"]))


def test_outputs_and_inputs_of_no_numbers() -> None:
    bounds = {"a": np.array([0]), "b": np.array([0]), "c": np.array([1])}
    empty = helper.make_node("Slice", ["x", "a", "b", "c"], ["y"])
    for nodes, outputs in (
        ([empty], ["y"]),
        ([empty, helper.make_node("Relu", ["x"], ["z"])], ["z", "y"]),
    ):
        message = refused(model(nodes, {"x": ["N", 2]}, outputs, bounds))
        assert "output 'y' has the shape [1, 0] for a row, which holds no number" in message
    assert "input 'x' has the shape (?, 0), which holds no number" in refused(
        model([RELU], {"x": ["N", 0]}, ["y"])
    )


def test_a_fixed_batch_is_named_where_the_data_do_not_fit() -> None:
    gemm = helper.make_node("Gemm", ["x", "w"], ["y"])
    fixed = model([gemm], {"x": [5, 2]}, ["y"], {"w": np.eye(2, dtype=np.float32)})
    with pytest.raises(
        DomainError,
        match="batch fixed to 5: export with a dynamic one; as the model is, 5 rows of 2",
    ):
        rr.extract(fixed, data=np.random.default_rng(0).normal(size=(20, 2)))
    assert (
        len(rr.extract(fixed, domain=rr.Domain.box([-1] * 10, [1] * 10))) == 1
    )  # all of it is one row
    with pytest.raises(DomainError, match="the domain has 3 columns"):
        rr.extract(fixed, data=np.zeros((20, 3)))


def test_rows_that_influence_one_another_are_refused() -> None:
    for axes in ([0], [0, 1]):
        given = single("ReduceSum", ["N", 2], np.array(axes))
        assert "first dimension is dynamic, but no batch" in refused(given)
    assert "but no batch" in refused(single("Transpose", ["N", 2], perm=[1, 0]))
    assert "but no batch" in refused(single("Softmax", ["N", 2], axis=0))
    shapes = [helper.make_node("Shape", ["x"], ["s"]), helper.make_node("Cast", ["s"], ["y"], to=1)]
    assert "but no batch" in refused(model(shapes, {"x": ["N", 2]}, ["y"]))
