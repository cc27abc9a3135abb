"""The traced network beside the model's own framework, on random rows of a domain."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from relurules.domain import Domain
from relurules.domain.columns import list_derived_columns, name_coordinates
from relurules.ir import Graph
from relurules.ir.network import Array
from relurules.tracing.input_rows import draw_coordinates
from relurules.tracing.probe_rows import make_probe_rows

#: Random rows.
ROWS = 1000


def find_framework_function(
    model: Any, reference: Callable[[Any], Array]
) -> Callable[[Any], Array]:
    """The model as its own framework computes it in float64: that is the reference, except of a
    .pt2 file, which may have been read without torch.
    """
    if isinstance(model, str | Path) and Path(model).suffix == ".pt2":
        from relurules.tracing.torch.front_end import trace

        return trace(model, None)[1]
    return reference


def draw_domain_rows(graph: Graph, domain: Domain | None) -> tuple[Array, Any]:
    """Random rows in coordinates, (N, d), and as the model takes them: between the bounds of a
    domain where it has two, normal elsewhere.
    """
    if list_derived_columns(graph.columns):
        return make_probe_rows(graph)
    random = np.random.default_rng(2)
    X = random.normal(size=(ROWS, len(graph.features)))
    if domain is not None and name_coordinates(domain.columns) == graph.features:
        both = np.isfinite(domain.lower) & np.isfinite(domain.upper)
        X[:, both] = random.uniform(domain.lower[both], domain.upper[both], (ROWS, int(both.sum())))
    draw_coordinates(graph.columns, random, X)
    return X, X
