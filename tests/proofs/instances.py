"""Random networks with rules of all kinds: exact, simplified, deciding; cut domains, nearly linear
slopes.
"""

import json
import warnings
from typing import Any

import numpy as np
import pandas as pd
import torch
from handmade import graph, random_network
from networks import _model
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from torch import nn

import relurules as rr
from relurules.codec.rules_json import to_json
from relurules.proofs.proving import read_model_numbers

Array = NDArray[np.float64]


def instance(seed: int) -> tuple[Any, rr.RuleSet]:
    """A model and its rules; every second network is degenerate (whole weights, zero, doubled and
    negated rows).
    """
    rng = np.random.default_rng(seed)
    d = int(rng.integers(1, 5))
    widths = [int(w) for w in rng.integers(1, 6, size=rng.integers(0, 4))]
    whole, m = bool(seed % 2), int(rng.integers(1, 4))
    model: Any = _model(rng, d, widths, m, whole)
    if rng.random() < 0.2:
        model = graph(
            random_network(
                seed, d, int(rng.integers(1, 8)), m, slopes=(0.0, 0.25, -1.0, 1.5, 0.9997)
            )
        )
    elif rng.random() < 0.2:
        _nearly_linear(model, rng)
    half = float(rng.choice([1e-3, 0.1, 1.0, 30.0]))
    center = np.zeros(d) if whole else rng.normal(size=d)
    domain = rr.Domain.box(center - half, center + half)
    if rng.random() < 0.2 and d > 1:
        domain = domain.where(
            f"{domain.names[0]} + {domain.names[1]} <= {center[:2].sum() + half / 4}"
        )
    return model, rr.extract(model, domain=domain, **_asked(rng, model, domain, m))


def _nearly_linear(model: nn.Module, rng: np.random.Generator) -> None:
    for module in model.modules():
        if isinstance(module, nn.PReLU):
            near = torch.tensor(rng.choice([0.9996, 1.0, 1.0002], size=module.weight.shape))
            keep = torch.tensor(rng.random(module.weight.shape) < 0.5)
            module.weight.data = torch.where(keep, module.weight.data, near.to(module.weight.dtype))


def _asked(rng: np.random.Generator, model: Any, domain: rr.Domain, m: int) -> dict[str, Any]:
    kind = rng.integers(4)
    if kind == 0:
        X = rng.uniform(domain.lower, domain.upper, size=(50, len(domain)))
        spread = float(np.ptp(rr.trace(model).evaluate(X)))
        return {"max_error": 0.1 * spread} if spread > 1e-6 else {}
    if kind == 1:
        return {"decision": "argmax" if m > 1 else 0.1}
    return {}


NAMED = ("scores", "argmax", "threshold", "three classes", "categories")


def named_instance(kind: str) -> tuple[Any, rr.RuleSet]:
    """A classifier that knows the names of its columns and classes, and rules of it."""
    rng = np.random.default_rng(NAMED.index(kind))
    frame = pd.DataFrame({"income": rng.uniform(0, 1, 120), "age": rng.uniform(-1, 1, 120)})
    leads = frame.income - 0.7 * frame.age > 0.4
    y = np.where(
        leads, "yes", np.where(frame.age > 0.5, "maybe", "no") if kind == "three classes" else "no"
    )
    model: Any = MLPClassifier((4,), max_iter=300, learning_rate_init=0.01, random_state=0)
    if kind == "categories":
        frame["job"], frame["home"] = (
            rng.choice(["nurse", "cook", "none"], 120),
            rng.choice(["own", "rent"], 120),
        )
        encoder = ColumnTransformer(
            [("code", OneHotEncoder(), ["job", "home"])], remainder="passthrough"
        )
        model = make_pipeline(encoder, model)
    decision = {"argmax": "argmax", "three classes": "argmax", "threshold": 0.3}.get(kind)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(frame, y)
    return model, rr.extract(model, data=frame, decision=decision)


def files(model: Any, rules: rr.RuleSet, certificate: rr.Certificate) -> tuple[Any, Any, Any]:
    """Certificate, rules and model as they are in their files."""
    return (
        json.loads(json.dumps(certificate.found)),
        json.loads(json.dumps(to_json(rules))),
        read_model_numbers(model),
    )
