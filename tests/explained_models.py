"""Rules by hand that the tests explain."""

import numpy as np
import pandas as pd
from handmade import network, rules_of

import relurules as rr
from relurules.ir import Head
from relurules.plotting.plot_kinds import PlotRequest


def line() -> tuple[rr.RuleSet, np.ndarray, np.ndarray]:
    """y = 2 relu(a - 1) + b + 3 on a in [0, 4], b in [0, 1]: two rules; 100 rows, y with noise."""
    net = network([[1.0, 0.0]], [-1.0], [[2.0]], C=[[0.0, 1.0]], c=[3.0])
    rules = rules_of(net, rr.Domain.box([0, 0], [4, 1], ["a", "b"]), ["cost"])
    random = np.random.default_rng(0)
    X = random.uniform([0, 0], [4, 1], (100, 2))
    return rules, X, rules.predict(X)[:, 0] + 0.1 * random.normal(size=100)


def kinds() -> tuple[rr.RuleSet, pd.DataFrame]:
    """log odds = x + (0, 1, 3 for kind u, v, w), for any x: one rule."""
    frame = pd.DataFrame({"kind": list("uvwuu"), "x": [0.0, 1.0, 2.0, 3.0, 4.0]})
    domain = rr.Domain.from_data(frame)
    net = network(np.empty((0, 4)), [], np.empty((1, 0)), C=[[0.0, 1.0, 3.0, 1.0]], c=[0.5])
    return rules_of(
        net, domain, ["p_0", "p_1"], [Head("complement", (0,)), Head("sigmoid", (0,))]
    ), frame


def request(rules: rr.RuleSet, data: object, y: object = None) -> PlotRequest:
    return PlotRequest(rules, data, y)
