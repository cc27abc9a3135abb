"""Rules of two scores with rows whose reasons tie, lie on thresholds or at the reference, or lack a
value.
"""

from typing import Any

import numpy as np
from handmade import graph, network

import relurules as rr
from relurules.ir import Artifact
from relurules.ir.network import Array


def make_tied_reasons(
    target: str, form: str, direction: str = "higher"
) -> tuple[Artifact, Artifact, Array]:
    """Code of a target, the same in Python, and the rows."""
    net = network(np.eye(2)[[0, 1, 0]], [0.25, 0.25, -0.5], [[1.0, 1.0, -2.0], [0.5, 0.5, 0.0]])
    domain = rr.Domain.box([-1, -1], [1, 1], ["a", "b"])
    rules = rr.extract(graph(net, ("p", "q")), domain=domain, form=form)
    near = [v for k in (-0.25, 0.5) for v in (k, np.nextafter(k, 1), np.nextafter(k, -1))]
    ties = [(v, v) for v in (-1.0, -0.5, 0.0, 0.25, 0.4, 1.0, np.nan)]
    rows = np.array([*ties, *((v, 0.4) for v in near), *((0.4, v) for v in near), (np.nan, 0.0)])
    words = {"a": {"low": "a is < {threshold}", "high": 'a "is" high'}, "b": {"text": "b\\u0022"}}
    asked: dict[str, Any] = {
        "columns": ["outputs", "contributions", "reasons"],
        "direction": direction,
        "reasons": words,
        "top": 2,
    }
    return rr.emit(rules, target, **asked), rr.emit(rules, "python", **asked), rows
