"""Links at the end of ONNX models, and classifiers that scikit-learn's converter writes."""

from typing import Any

import numpy as np
import pytest
from onnx import helper
from onnx_models import model, single
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

import relurules as rr
from relurules import tracing
from relurules.errors import ModelError

node = helper.make_node
RANDOM = np.random.default_rng(0)
W = RANDOM.normal(size=(2, 3)).astype(np.float32)
X = RANDOM.normal(size=(40, 2)) * 3


def after(*nodes: Any, outputs: tuple[str, ...] = ("y",), opset: int = 13, **weights: Any) -> Any:
    """z = relu(x) W, then these nodes."""
    first = [node("Relu", ["x"], ["r"]), node("MatMul", ["r", "w"], ["z"])]
    return model([*first, *nodes], {"x": ["N", 2]}, outputs, {"w": W, **weights}, opset, ml=1)


SCORES = np.maximum(X, 0) @ W.astype(np.float64)
POWERS = np.exp(SCORES)
BEST = SCORES.argmax(axis=1)[:, None]


@pytest.mark.parametrize(
    ("nodes", "expected", "link"),
    [
        ([node("Sigmoid", ["z"], ["y"])], 1 / (1 + 1 / POWERS), "sigmoid"),
        ([node("Exp", ["z"], ["y"])], POWERS, "exp"),
        (
            [node("Softmax", ["z"], ["y"], axis=1)],
            POWERS / POWERS.sum(axis=1, keepdims=True),
            "softmax",
        ),
        (
            [node("LogSoftmax", ["z"], ["y"])],
            SCORES - np.log(POWERS.sum(axis=1, keepdims=True)),
            "log_softmax",
        ),
        ([node("ArgMax", ["z"], ["y"], axis=1)], BEST, "argmax"),
        (
            [node("ArgMin", ["z"], ["y"], axis=-1, keepdims=0)],
            SCORES.argmin(axis=1)[:, None],
            "argmax",
        ),
        ([node("ArgMax", ["z"], ["a"], axis=1), node("Cast", ["a"], ["y"], to=6)], BEST, "argmax"),
        ([node("Softmax", ["z"], ["p"]), node("ArgMax", ["p"], ["y"], axis=1)], BEST, "argmax"),
    ],
)
def test_links_at_the_end(nodes: list[Any], expected: Any, link: str) -> None:
    graph, reference = tracing.trace(after(*nodes))
    assert {head.link for head in graph.heads} == {link}
    assert graph.evaluate(X) == pytest.approx(expected)
    assert reference(X) == pytest.approx(expected)


def test_softmax_before_opset_13_runs_over_all_that_follow_its_axis() -> None:
    for axis, opset, groups in (
        (1, 11, [[0, 1, 2, 3]]),
        (2, 11, [[0, 1], [2, 3]]),
        (1, 13, [[0, 2], [1, 3]]),
    ):
        graph = rr.trace(single("Softmax", ["N", 2, 2], opset=opset, axis=axis))
        expected = np.zeros((5, 4))
        Z = RANDOM.normal(size=(5, 4))
        for group in groups:
            expected[:, group] = np.exp(Z[:, group]) / np.exp(Z[:, group]).sum(
                axis=1, keepdims=True
            )
        assert graph.evaluate(Z) == pytest.approx(expected)


def test_entries_may_be_moved_after_a_link() -> None:
    nodes = [
        node("Softmax", ["z"], ["p"], axis=1),
        node("Sigmoid", ["z"], ["s"]),
        node("Gather", ["p", "pick"], ["picked"], axis=1),
        node("Concat", ["picked", "s", "z"], ["all"], axis=1),
        node("Identity", ["all"], ["y"]),
    ]
    graph, reference = tracing.trace(after(*nodes, pick=np.array([2, 0])))
    softmax = POWERS / POWERS.sum(axis=1, keepdims=True)
    expected = np.hstack([softmax[:, [2, 0]], 1 / (1 + 1 / POWERS), SCORES])
    assert graph.evaluate(X) == pytest.approx(expected)
    assert reference(X) == pytest.approx(expected)
    assert len(graph.network.c) == 3  # the same three scores throughout


@pytest.mark.parametrize(
    ("link", "then", "others", "attributes"),
    [
        ("Sigmoid", "MatMul", ["v"], {}),
        ("Softmax", "Add", ["z"], {}),
        ("Exp", "Sub", ["one"], {}),
        ("Sigmoid", "Relu", [], {}),
        ("ArgMax", "Mul", ["s"], {}),
        ("Sigmoid", "Cast", [], {"to": 7}),
    ],
)
def test_links_inside_a_model_are_refused(
    link: str, then: str, others: list[str], attributes: dict[str, int]
) -> None:
    nodes = [
        node(link, ["z"], ["s"], name="gate"),
        node(then, ["s", *others], ["y"], name="next", **attributes),
    ]
    with pytest.raises(ModelError) as caught:
        rr.trace(after(*nodes, v=np.ones((3, 1), "f"), one=[1.0]))
    assert f"operator {link} in node 'gate'" in str(caught.value)
    assert f"{then} in node 'next' goes on from it" in str(caught.value)


def test_what_is_filled_in_after_a_link_is_refused() -> None:
    given = after(node("Sigmoid", ["z"], ["s"]), node("Trilu", ["s"], ["y"], upper=0), opset=14)
    with pytest.raises(ModelError, match=r"Trilu.*fills in values"):
        rr.trace(given)


def test_an_argmax_of_several_sigmoids_is_refused() -> None:
    """Far from zero they all round to 1, and the first is taken."""
    given = after(node("Sigmoid", ["z"], ["s"]), node("ArgMax", ["s"], ["y"], axis=1))
    with pytest.raises(ModelError, match="compares values of several links"):
        rr.trace(given)


def labelled(classes: Any, *more: Any, outputs: tuple[str, ...] = ("label", "p")) -> Any:
    return after(
        node("Softmax", ["z"], ["p"], axis=1),
        node("ArgMax", ["p"], ["a"], axis=1),
        node("ArrayFeatureExtractor", ["classes", "a"], ["found"], domain="ai.onnx.ml"),
        node("Reshape", ["found", "flat"], ["label"]),
        *more, outputs=outputs, classes=np.array(classes), flat=np.array([-1]),
    )  # fmt: skip


def test_labels_beside_probabilities_name_them() -> None:
    for classes in (["red", "green", "blue"], [3, 7, 5], [0, 1, 2]):
        graph = rr.trace(
            labelled(np.array(classes, dtype=object) if isinstance(classes[0], str) else classes)
        )
        assert graph.outputs == tuple(map(str, classes))
        assert graph.evaluate(X) == pytest.approx(POWERS / POWERS.sum(axis=1, keepdims=True))


def test_labels_alone() -> None:
    graph = rr.trace(labelled([0, 1, 2], outputs=("label",)))
    assert graph.evaluate(X)[:, 0].tolist() == SCORES.argmax(axis=1).tolist()
    with pytest.raises(ModelError, match=r"output 'label' is a class label \(3, 7, 5\)"):
        rr.trace(labelled([3, 7, 5], outputs=("label",)))
    with pytest.raises(ModelError, match=r"output 'label' is a class label \(3, 7, 5\)"):
        rr.trace(labelled([3, 7, 5], outputs=("label", "z")))


DATA = RANDOM.normal(size=(150, 3)).astype(np.float32) * np.float32([1, 10, 100])
KINDS = {
    "binary": (DATA[:, 0] > 0).astype(int),
    "three strings": np.array(["no", "maybe", "yes"])[
        (DATA[:, 0] > 0).astype(int) + (DATA[:, 1] > 0)
    ],
    "three integers": np.array([2, 4, 8])[(DATA[:, 0] > 0).astype(int) + (DATA[:, 1] > 0)],
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("plain", [True, False])
def test_converted_classifiers(kind: str, plain: bool) -> None:
    converter = pytest.importorskip("skl2onnx")
    fitted = make_pipeline(
        StandardScaler(),
        MLPClassifier(hidden_layer_sizes=(4, 3), max_iter=40, random_state=0, tol=1.0),
    )
    fitted.fit(DATA, KINDS[kind])
    options = {id(fitted): {"zipmap": False}} if plain else None
    graph, reference = tracing.trace(converter.to_onnx(fitted, DATA[:1], options=options))
    assert graph.outputs == tuple(str(name) for name in fitted.classes_)
    assert graph.evaluate(DATA) == pytest.approx(
        fitted.predict_proba(DATA.astype(np.float64)), abs=1e-5
    )
    assert reference(DATA) == pytest.approx(graph.evaluate(DATA), abs=1e-12)
    rules = rr.extract(graph, data=DATA)
    assert rules.predict(DATA) == pytest.approx(graph.evaluate(DATA), abs=1e-9)


def test_converted_regressors() -> None:
    converter = pytest.importorskip("skl2onnx")
    for scaler in (StandardScaler(), MinMaxScaler()):
        fitted = make_pipeline(
            scaler, MLPRegressor(hidden_layer_sizes=(4, 3), max_iter=40, random_state=0, tol=1.0)
        )
        fitted.fit(DATA, DATA[:, 0] + np.abs(DATA[:, 1]))
        graph = rr.trace(converter.to_onnx(fitted, DATA[:1]))
        expected = fitted.predict(DATA.astype(np.float64))
        assert graph.evaluate(DATA)[:, 0] == pytest.approx(
            expected, abs=1e-5 * np.abs(expected).max()
        )
