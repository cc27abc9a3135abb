"""Claims as ONNX and VNN-LIB: the networks are model less rules, the questions are about the domain
and the conditions, and a verifier that others wrote says what the certificate says.
"""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from engines_apart import run_apart
from sklearn.compose import make_column_transformer
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

import relurules as rr
from relurules.errors import DomainError, ModelError, UnsupportedError

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
ASK = Path(__file__).with_name("ask_marabou.py")
BOUND = re.compile(r"\(assert \((>=|<=) Y_0 (-?[0-9.]+)\)\)")


def _fit(seed: int, neurons: int = 4) -> tuple[MLPRegressor, Any]:
    X = np.random.default_rng(seed).normal(size=(200, 2))
    y = np.sin(2 * X[:, 0]) + X[:, 0] * X[:, 1]
    model = MLPRegressor(
        hidden_layer_sizes=(neurons,), solver="lbfgs", max_iter=200, random_state=seed
    )
    return model.fit(X, y), X


def _run(path: Path, X: Any) -> Any:
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return np.vstack([session.run(None, {"X": row[None]})[0] for row in X])


def test_lines_differ_from_the_model_by_this_network(tmp_path: Path) -> None:
    model, X = _fit(0)
    rules = rr.extract(model, data=X, form="additive", max_error=0.3)
    certificate = rr.prove(rules, model)
    paths = rr.write_vnnlib(certificate, rules, model, tmp_path)

    assert [path.name for path in paths] == [
        "lines.onnx",
        "lines_1_above.vnnlib",
        "lines_1_below.vnnlib",
        "instances.csv",
    ]
    apart = model.predict(X) - rules.predict(X).ravel()
    np.testing.assert_allclose(_run(tmp_path / "lines.onnx", X)[:, 0], apart, atol=1e-12)
    for path, side in zip(paths[1:3], (">=", "<="), strict=True):
        ((found, value),) = BOUND.findall(path.read_text())
        assert found == side
        assert certificate.bound < abs(float(value)) < certificate.bound + 1e-4


def test_a_rule_is_asked_about_where_its_conditions_hold(tmp_path: Path) -> None:
    model, X = _fit(1)
    domain = rr.Domain.from_data(X).where("x0 + x1 <= 1")
    rules = rr.extract(model, domain=domain, form="partition", max_error=0.3)
    rr.write_vnnlib(rr.prove(rules, model), rules, model, tmp_path)
    inside = X[domain.contains(X)]
    applied = rules.apply(inside)

    for number in range(1, len(rules) + 1):
        found = _run(tmp_path / f"rule{number}.onnx", inside)
        held = (found[:, 1:] >= 0.0).all(axis=1)
        assert held.tolist() == (applied == number).tolist()
        weights, constants = rules.rules[number - 1].map
        apart = model.predict(inside) - (inside @ weights.T + constants).ravel()
        np.testing.assert_allclose(found[:, 0], apart, atol=1e-12)


def test_categories_hold_one_value_in_each_question(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    table = pd.DataFrame({"job": rng.choice(["a", "b", "c"], 120), "age": rng.normal(size=120)})
    y = (table["age"] + (table["job"] == "b") > 0.2).map({True: "yes", False: "no"})
    encoder = make_column_transformer((OneHotEncoder(), ["job"]), remainder="passthrough")
    model = make_pipeline(
        encoder, MLPClassifier(hidden_layer_sizes=(3,), max_iter=50, random_state=0)
    ).fit(table, y)
    rules = rr.extract(model, data=table, form="additive", positive="no")
    rr.write_vnnlib(rr.prove(rules, model), rules, model, tmp_path)

    questions = sorted(tmp_path.glob("*_above.vnnlib"))
    pinned = [re.findall(r"\(assert \(>= X_(\d) 1.0\)\)", each.read_text()) for each in questions]
    assert pinned == [["0"], ["1"], ["2"]]
    rows = np.hstack([np.eye(3)[[0, 1, 2]], [[-1.0], [0.0], [1.0]]])
    assert np.abs(_run(tmp_path / "lines.onnx", rows)).max() < 1e-9


def test_what_is_no_question_is_refused(tmp_path: Path) -> None:
    model, X = _fit(3)
    rules = rr.extract(model, data=X, form="partition", max_error=0.3)
    certificate = rr.prove(rules, model)
    other = rr.extract(model, data=X, form="partition")
    with pytest.raises(ModelError, match="other rules"):
        rr.write_vnnlib(certificate, other, model, tmp_path)

    certificate.write(tmp_path)
    with pytest.raises(UnsupportedError, match="name the model itself"):
        rr.write_vnnlib(certificate, rules, tmp_path / "model.json", tmp_path)

    everywhere = rr.extract(model, form="additive", domain=rr.Domain.unbounded(["x0", "x1"]))
    with pytest.raises(DomainError, match="two bounds of every column"):
        rr.write_vnnlib(rr.prove(everywhere, model), everywhere, model, tmp_path)


def test_marabou_confirms_bounds_and_refutes_tighter_ones(tmp_path: Path) -> None:
    folders = [tmp_path / str(seed) for seed in range(7)]
    for seed, folder in enumerate(folders):
        model, X = _fit(seed)
        rules = rr.extract(model, data=X, form="partition", max_error=0.3)
        rr.write_vnnlib(rr.prove(rules, model), rules, model, folder)
    printed = run_apart("maraboupy", [str(ASK), *map(str, folders)])
    answers = json.loads(printed.splitlines()[-1])

    assert {bound for bound, _ in answers} == {"unsat"}
    tighter = [answer for _, answer in answers]
    assert tighter.count("sat") == len(tighter) // 2 >= 40  # each rule's bound is one side's
