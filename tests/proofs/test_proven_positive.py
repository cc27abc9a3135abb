"""Proofs of rules whose scores speak of another class than the model's second one."""

import numpy as np
import pandas as pd
import pytest
from sklearn.neural_network import MLPClassifier

import relurules as rr
from relurules import tracing


@pytest.mark.parametrize("form", ["partition", "additive"])
@pytest.mark.parametrize("positive", ["bad", "good"])
def test_the_network_of_a_chosen_class_is_known(form: str, positive: str) -> None:
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.normal(size=80), "b": rng.normal(size=80)})
    model = MLPClassifier((2,), max_iter=3000, random_state=0)
    model.fit(X, np.where(X["a"] + rng.normal(size=80) > 0, "good", "bad"))
    rules = rr.extract(model, data=X, form=form, positive=positive)
    said: list[str] = []
    certificate = rr.prove(rules, model, notice=said.append)
    assert not said
    assert rr.check(certificate, rules, model)


def test_a_model_is_traced_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.normal(size=80), "b": rng.normal(size=80)})
    model = MLPClassifier((2,), max_iter=3000, random_state=0)
    model.fit(X, np.where(X["a"] > 0, "good", "bad"))
    rules = rr.extract(model, data=X, form="additive", positive="bad")
    traced, trace = list[int](), tracing.trace

    def count(*given: object) -> object:
        traced.append(1)
        return trace(*given)

    monkeypatch.setattr(tracing, "trace", count)
    rr.prove(rules, model)
    assert len(traced) == 1
