"""Classifiers of ai.onnx.ml, models of several labels, and Keras models as tf2onnx writes them."""

from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx_models import model

import relurules as rr
from relurules import tracing
from relurules.errors import ModelError

node = helper.make_node
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(60, 2))
OF_TWO = np.where(X[:, 0] > X[:, 1], "yes", "no")
OF_THREE = np.array([2, 4, 8])[(X[:, 0] > 0).astype(int) + (X[:, 1] > 0)]


@pytest.mark.parametrize("target", [OF_TWO, OF_THREE], ids=["two", "three"])
@pytest.mark.parametrize("plain", [True, False])
def test_logistic_regressions(target: Any, plain: bool) -> None:
    """Of three classes skl2onnx divides the softmax by its sum, which is 1."""
    converter = pytest.importorskip("skl2onnx")
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression().fit(X, target)
    options = {id(fitted): {"zipmap": False}} if plain else None
    given = converter.to_onnx(fitted, X[:1].astype(np.float32), options=options)
    graph, reference = tracing.trace(given)
    assert graph.outputs == tuple(map(str, fitted.classes_))
    assert graph.evaluate(X) == pytest.approx(fitted.predict_proba(X), abs=1e-6)
    assert reference(X) == pytest.approx(graph.evaluate(X), abs=1e-12)
    assert rr.extract(graph, data=X).classify(X).tolist() == fitted.predict(X).tolist()


def test_several_labels_that_may_hold_together() -> None:
    """The labels, which the probabilities tell, are left out."""
    converter = pytest.importorskip("skl2onnx")
    from sklearn.neural_network import MLPClassifier

    labels = np.stack([X[:, 0] > 0, X[:, 1] > 0, X.sum(axis=1) > 1], axis=1).astype(int)
    fitted = MLPClassifier((4,), max_iter=30, random_state=0, tol=1.0).fit(X, labels)
    graph = rr.trace(converter.to_onnx(fitted, X[:1].astype(np.float32)))
    assert len(graph.outputs) == 3
    assert graph.labels is None
    assert graph.evaluate(X) == pytest.approx(fitted.predict_proba(X), abs=1e-6)


def classifier(**attributes: Any) -> Any:
    given = {"coefficients": [1.0, 2.0, -1.0, 0.5], "classlabels_ints": [0, 1], **attributes}
    nodes = [node("LinearClassifier", ["x"], ["l", "y"], domain="ai.onnx.ml", **given)]
    return model(nodes, {"x": ["N", 2]}, ["l", "y"], ml=1)


def test_scores_of_a_classifier_that_are_left_as_they_are() -> None:
    graph, reference = tracing.trace(classifier(intercepts=[0.5, 0.0]))
    scores = X @ np.array([[1.0, 2.0], [-1.0, 0.5]]).T + [0.5, 0.0]
    expected = np.column_stack([scores.argmax(axis=1), scores])
    assert graph.evaluate(X) == pytest.approx(expected, abs=1e-12)
    assert reference(X) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"post_transform": "PROBIT"}, "supported: NONE, LOGISTIC, SOFTMAX"),
        ({"coefficients": [1.0, 2.0]}, "it has 1 scores for 2 classes"),
    ],
)
def test_classifiers_that_are_refused(attributes: Any, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        rr.trace(classifier(**attributes))


@pytest.mark.parametrize(
    ("last", "message"),
    [
        ([node("Binarizer", ["p"], ["y"], domain="ai.onnx.ml", threshold=0.5)], "several that may"),
        ([node("Binarizer", ["p"], ["y"], domain="ai.onnx.ml", threshold=0.4)], "inside the model"),
        ([node("Normalizer", ["p"], ["y"], domain="ai.onnx.ml", norm="L1")], "inside the model"),
    ],
)
def test_what_follows_probabilities(last: list[Any], message: str) -> None:
    nodes = [node("Sigmoid", ["x"], ["p"]), *last]
    with pytest.raises(ModelError, match=message):
        rr.trace(model(nodes, {"x": ["N", 2]}, ["y"], ml=1))


PREFIX = "StatefulPartitionedCall/sequential/"


def keras_model() -> Any:
    """Dense, BatchNormalization and Reshape, with names and layouts of tf2onnx."""
    arrays = {
        f"{PREFIX}dense/MatMul/ReadVariableOp:0": RANDOM.normal(size=(2, 4)),
        f"{PREFIX}dense/BiasAdd/ReadVariableOp:0": RANDOM.normal(size=4),
        **{f"{PREFIX}batch_norm/{i}:0": RANDOM.random(4) + 0.5 for i in range(4)},
        f"{PREFIX}out/MatMul/ReadVariableOp:0": RANDOM.normal(size=(4, 1)),
        "shape__1": np.array([-1, 4, 1, 1], dtype=np.int64),
        "axes__2": np.array([2, 3], dtype=np.int64),
    }
    names = list(arrays)
    nodes = [
        node("MatMul", ["input_1", names[0]], [f"{PREFIX}dense/MatMul:0"]),
        node("Add", [f"{PREFIX}dense/MatMul:0", names[1]], [f"{PREFIX}dense/BiasAdd:0"]),
        node("Relu", [f"{PREFIX}dense/BiasAdd:0"], [f"{PREFIX}dense/Relu:0"]),
        node("Reshape", [f"{PREFIX}dense/Relu:0", "shape__1"], [f"{PREFIX}reshape:0"]),
        node("BatchNormalization", [f"{PREFIX}reshape:0", *names[2:6]], [f"{PREFIX}bn:0"]),
        node("Squeeze", [f"{PREFIX}bn:0", "axes__2"], [f"{PREFIX}squeeze:0"]),
        node("MatMul", [f"{PREFIX}squeeze:0", names[6]], [f"{PREFIX}out/BiasAdd:0"]),
        node("Tanh", [f"{PREFIX}out/BiasAdd:0"], ["Identity:0"]),
    ]
    for each in nodes:
        each.name = each.output[0].removesuffix(":0")
    single = {n: a if a.dtype == np.int64 else a.astype(np.float32) for n, a in arrays.items()}
    graph = helper.make_graph(
        nodes, "tf2onnx",
        [helper.make_tensor_value_info("input_1", TensorProto.FLOAT, ["unk__1", 2])],
        [helper.make_tensor_value_info("Identity:0", TensorProto.FLOAT, ["unk__2", 1])],
        [numpy_helper.from_array(array, name) for name, array in single.items()],
    )  # fmt: skip
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)


def test_models_of_keras_that_tf2onnx_writes() -> None:
    runtime = pytest.importorskip("onnxruntime")
    given = keras_model()
    session = runtime.InferenceSession(given.SerializeToString())
    expected = session.run(None, {"input_1": X.astype(np.float32)})[0]
    rules = rr.extract(given, data=X)
    assert rules.predict(X) == pytest.approx(expected, abs=1e-5)
    assert rr.verify(rr.emit(rules, "sql", dialect="sqlite"), given, X).passed
    assert "StatefulPartitionedCall/sequential/dense/Relu" in str(rules.network.neurons[0])
