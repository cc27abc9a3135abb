"""Additive rules of random networks, with categories, pairs, groups and several classes."""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import torch

import relurules as rr
from relurules.ir import AdditiveRules, Head
from relurules.ir.class_labels import make_labels
from relurules.statistics.additive_statistics import add_additive_evidence

#: Heads by the number of scores.
LINKS = {
    "score": (Head("identity", (0,)),),
    "two": (Head("sigmoid", (0,)),),
    "softmax": tuple(Head("softmax", (0, 1, 2), i) for i in range(3)),
}


def make_frame(rows: int = 200, seed: int = 0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "income": random.gamma(2.0, 20.0, rows).round(1),
            "age": random.integers(18, 80, rows),
            "purpose": random.choice(["car", "house", "travel"], rows),
            "debt": random.normal(0.0, 3.0, rows),
        }
    )


def make_additive(
    link: str = "two",
    *,
    hidden: tuple[int, ...] = (9,),
    seed: int = 0,
    labels: bool = True,
    reads: int = 2,
    data: bool = True,
) -> tuple[AdditiveRules, pd.DataFrame]:
    """Additive rules whose first neurons read at most so many of the columns; 200 rows."""
    return _extract_additive(link, hidden, seed, labels, reads, data), make_frame(seed=seed)


@cache  # many tests ask for the same rules
def _extract_additive(
    link: str, hidden: tuple[int, ...], seed: int, labels: bool, reads: int, data: bool
) -> AdditiveRules:
    frame = make_frame(seed=seed)
    scores = 3 if link == "softmax" else 1
    torch.manual_seed(seed)
    domain = rr.Domain.from_data(frame)
    layers: list[Any] = []
    for before, after in zip((len(domain), *hidden), (*hidden, scores), strict=True):
        layers += [torch.nn.Linear(before, after), torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1]).double()
    narrow(model[0], domain, frame, reads, seed)

    rules = rr.extract(model, domain=domain, data=frame if data else None, form="additive")
    heads, names = LINKS[link], ("no", "yes") if link == "two" else ("low", "middle", "high")
    outputs = {"score": ("cost",), "two": ("p_yes",)}.get(link, ("p_low", "p_middle", "p_high"))
    told = make_labels(names) if labels and link != "score" else None
    rules = replace(rules, heads=heads, outputs=outputs, labels=told, evidence=None)
    return add_additive_evidence(rules, frame) if data else rules


def narrow(
    layer: torch.nn.Linear, domain: rr.Domain, frame: pd.DataFrame, reads: int, seed: int
) -> None:
    """Weights on a few columns each, in their units, with kinks among the rows."""
    random = np.random.default_rng(seed + 1)
    X = domain.rows(frame)
    with torch.no_grad():
        for k in range(len(layer.bias)):
            taken = random.choice(len(domain.columns), random.integers(1, reads + 1), replace=False)
            weights = np.zeros(len(domain.names))
            for place in taken:
                at = list(domain.places[place])
                weights[at] = random.normal(size=len(at)) / np.maximum(X[:, at].std(axis=0), 0.5)
            layer.weight[k] = torch.tensor(weights)
            layer.bias[k] = -float(weights @ X[random.integers(len(X))])
