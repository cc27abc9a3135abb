"""What models call their classes: scikit-learn, skorch, torch, ONNX, and what the user says."""

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import relurules as rr
from relurules.errors import DataError, ModelError
from relurules.ir.class_labels import make_labels

X = np.random.default_rng(0).normal(size=(60, 2)).round(3)
FRAME = pd.DataFrame(X, columns=["x0", "x1"])
SIGN = X[:, 0] + np.maximum(X[:, 1], 0) > 0.4


def mlp(labels: list[Any]) -> Any:
    networks = pytest.importorskip("sklearn.neural_network")
    number = SIGN.astype(int) if len(labels) == 2 else np.digitize(X[:, 0], [-0.5, 0.5])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return networks.MLPClassifier((3,), max_iter=80, random_state=0).fit(
            X, np.array(labels)[number]
        )


def module(outputs: int, *end: nn.Module) -> nn.Module:
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, outputs), *end)


@pytest.mark.parametrize("labels", [[0, 1], [3, 1, 2], ["bad", "good"], ["a", "b", "c"]])
def test_onnx_classifiers(labels: list[Any]) -> None:
    converter = pytest.importorskip("skl2onnx")
    model = mlp(labels)
    onnx = converter.to_onnx(model, X[:1], options={"zipmap": False})
    graph = rr.trace(onnx)
    assert graph.labels == make_labels(model.classes_)
    rules = rr.extract(onnx, data=FRAME)
    assert rules.classify(FRAME).tolist() == model.predict(X).tolist()
    code = rr.emit(rules, "sql", columns=("outputs", "class", "rule"))
    report = rr.verify(code, onnx, FRAME)
    assert report
    assert report.agreement == 1.0
    decisions = rr.extract(onnx, data=FRAME, decision="argmax")
    assert decisions.classify(FRAME).tolist() == model.predict(X).tolist()


@pytest.mark.parametrize("threshold", [0.5, 0.25, 0.8])
def test_skorch_decides_by_its_threshold(threshold: float) -> None:
    skorch = pytest.importorskip("skorch")
    net = skorch.NeuralNetBinaryClassifier(
        module(1, nn.Flatten(0)), max_epochs=3, verbose=0, train_split=None, threshold=threshold
    )
    rows = X.astype(np.float32)
    net.fit(rows, SIGN.astype(np.float32))
    wanted, table = (
        net.predict(rows).tolist(),
        pd.DataFrame(rows.astype(float), columns=["x0", "x1"]),
    )
    rules = rr.extract(net, data=table)
    assert rules.classify(table).tolist() == wanted
    for columns in (("outputs", "class"), ("class",)):
        report = rr.verify(rr.emit(rules, "sql", columns=columns), net, table)
        assert report
        assert report.agreement == 1.0
    for target in ("python", "numpy"):
        assert rr.verify(rr.emit(rules, target, columns=("outputs", "class")), net, table)

    decisions = rr.extract(net, data=table, decision="argmax")
    assert decisions.classify(table).tolist() == wanted
    assert rr.verify(rr.emit(decisions, "sql"), net, table)
    certificate = rr.prove(decisions, net)
    assert rr.check(certificate, decisions, net)
    net.threshold = 0.4
    assert "by the threshold" in rr.check(certificate, decisions, net).why


def test_a_threshold_that_is_no_probability_is_refused() -> None:
    with pytest.raises(ModelError, match="between 0 and 1"):
        make_labels((0, 1), threshold=1.5)


def test_skorch_tells_numbers_of_several_classes() -> None:
    skorch = pytest.importorskip("skorch")
    net = skorch.NeuralNetClassifier(
        module(3), criterion=nn.CrossEntropyLoss, max_epochs=2, verbose=0, train_split=None
    )
    rows = X.astype(np.float32)
    net.fit(rows, np.digitize(X[:, 0], [-0.5, 0.5]).astype(np.int64))
    table = rows.astype(float)
    assert rr.extract(net, data=table).classify(table).tolist() == net.predict(rows).tolist()


ENDS: dict[str, tuple[int, tuple[nn.Module, ...]]] = {
    "sigmoid": (1, (nn.Sigmoid(),)),
    "softmax": (3, (nn.Softmax(-1),)),
    "scores": (3, ()),
}


@pytest.mark.parametrize("end", ENDS)
def test_torch_takes_labels(end: str) -> None:
    count, more = ENDS[end]
    model, labels = module(count, *more), ["no", "perhaps", "yes"][: max(2, count)]
    with torch.no_grad():
        y = model.double()(torch.tensor(X)).numpy()
    number = (y[:, 0] > 0.5).astype(int) if count == 1 else y.argmax(axis=1)
    rules = rr.extract(model, data=X, labels=labels)
    assert rules.classify(X).tolist() == [labels[i] for i in number]
    table = pd.DataFrame(X, columns=list(rules.features))
    for target in ("python", "sql"):
        report = rr.verify(rr.emit(rules, target, columns=("outputs", "class")), model, table)
        assert report
        assert report.agreement == 1.0


def test_labels_that_make_no_sense_are_refused() -> None:
    model = module(1, nn.Sigmoid())
    with pytest.raises(ModelError, match=r"3 labels .* for 2 classes; give one for each"):
        rr.extract(model, data=X, labels=[1, 2, 3])
    with pytest.raises(ModelError, match="outputs are no classes"):
        rr.extract(module(1), data=X, labels=[1, 2])
    with pytest.raises(ModelError, match="of the types int, str"):
        rr.extract(model, data=X, labels=[1, "2"])
    with pytest.raises(ModelError, match="each once"):
        rr.extract(model, data=X, labels=[1, 1])
    with pytest.raises(DataError, match="name them with labels="):
        rr.extract(model, data=X, positive="yes")
    with pytest.raises(ModelError, match="calls its classes 'bad', 'good' itself"):
        rr.trace(mlp(["bad", "good"]), labels=["no", "yes"])
    with pytest.raises(DataError, match="no class 'worse'; there are 'bad', 'good'"):
        rr.trace(mlp(["bad", "good"]), positive="worse")


def test_scores_speak_of_the_positive_class() -> None:
    model = mlp(["bad", "good"])
    good, bad = rr.extract(model, data=X), rr.extract(model, data=X, positive="bad")
    assert good.labels is not None
    assert bad.labels is not None
    assert (good.labels.positive_label, bad.labels.positive_label) == ("good", "bad")
    assert bad.labels.origin == "chosen by positive="
    np.testing.assert_array_equal(bad.predict_scores(X), -good.predict_scores(X))
    np.testing.assert_allclose(bad.predict(X), model.predict_proba(X), atol=1e-12)
    assert bad.classify(X).tolist() == model.predict(X).tolist()
    assert rr.explain(bad, X[0]).label == "log odds of p_bad"
    assert rr.explain(good, X[0]).label == "log odds of p_good"
    assert rr.check(rr.prove(bad, model), bad, model)
    decisions = rr.extract(model, data=X, positive="bad", decision="argmax")
    assert decisions.classify(X).tolist() == model.predict(X).tolist()
    assert rr.check(rr.prove(decisions, model), decisions, model)


def test_the_response_is_read_by_labels() -> None:
    model = mlp([1, 2])
    y = np.where(SIGN, 2, 1)
    evidence = rr.extract(model, data=X, y=y).evidence
    turned = rr.extract(model, data=X, y=y, positive=1).evidence
    assert evidence is not None
    assert turned is not None
    # None: the value is a plain 1.
    assert (evidence.positive, turned.positive) == ("2", None)
    assert evidence.rules[0].whole["AUC"] == turned.rules[0].whole["AUC"] > 0.8
    with pytest.raises(DataError, match=r"holds 0\.0, and the model's classes are 1, 2"):
        rr.extract(model, data=X, y=SIGN.astype(int))


def test_questions_and_explanations_tell_labels() -> None:
    model = mlp([10, 20])
    rules = rr.extract(model, data=X, decision="argmax")
    answer = rr.ask(rules, "reach", target="20")
    assert answer.holds
    assert answer.witnesses[0].outputs == {"class": 20}
    told = rr.explain(rules, X[0])
    assert told.told == model.predict(X[:1])[0]
    assert f"class {told.told}" in str(told)
    assert rules.summary(X)["class"].tolist() == [
        rules.labels.values[int(rule.map.constants.argmax())]  # type: ignore[union-attr]
        for rule in rules
    ]


@pytest.mark.parametrize("positive", [None, "bad"])
def test_model_json_keeps_the_labels(positive: str | None, tmp_path: Any) -> None:
    import json

    from relurules.tracing.model_weights import read_exact_weights

    model = mlp(["bad", "good"])
    graph = rr.trace(model, positive=positive)
    path = tmp_path / "model.json"
    path.write_text(json.dumps(read_exact_weights(graph, graph)), encoding="utf-8")
    assert rr.trace(path).labels == graph.labels
    assert rr.extract(path, data=X).classify(X).tolist() == model.predict(X).tolist()
