"""ExportedProgram -> the function that torch itself computes, in float64."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.export import ExportedProgram
from torch.utils._pytree import tree_leaves, tree_map

from relurules.errors import ModelError
from relurules.ir.network import rows_of
from relurules.tracing.nodes import has_batch, inputs, keeps_values, row_shape
from relurules.tracing.operators import CASTS, LINKED, UNCHECKED

Array = NDArray[np.float64]

#: So many rows show whether they influence one another.
_ROWS = 7


def function_of(program: ExportedProgram) -> Callable[[Array], Array]:
    """(N, d) -> (N, m), node by node with torch's operators."""
    runner = _InFloat64(program.module())
    nodes = inputs(program)
    sizes = [int(np.prod(row_shape(node))) for node in nodes]
    batched = all(has_batch(node) for node in nodes)

    def run(X: Array) -> Array:
        parts = np.split(X, np.cumsum(sizes)[:-1], axis=1)
        shapes = [(len(X), *row_shape(node)) if has_batch(node) else row_shape(node) for node in nodes]
        with torch.no_grad():
            result = runner.run(*(torch.tensor(part).reshape(shape) for part, shape in zip(parts, shapes, strict=True)))
        outputs = [out.reshape(len(X), -1).double().numpy() for out in tree_leaves(result)]
        return np.concatenate(outputs, axis=1)

    def one_by_one(X: Array) -> Array:
        return np.vstack([run(X[i : i + 1]) for i in range(len(X))])

    if batched:
        _check_rows_stand_alone(run, one_by_one, sum(sizes))

    def evaluate(X: Array) -> Array:
        X = rows_of(X, sum(sizes))
        return run(X) if batched or not len(X) else one_by_one(X)

    return evaluate


def _check_rows_stand_alone(run: Callable[[Array], Array], one_by_one: Callable[[Array], Array], d: int) -> None:
    """Refuse a model whose rows influence one another."""
    X = np.random.default_rng(1).normal(size=(_ROWS, d))
    single = one_by_one(X)
    try:
        together = run(X)
    except RuntimeError:  # an output that has no row for each row
        together = np.empty(0)
    scale = np.abs(single[np.isfinite(single)]).max(initial=1.0)
    if together.shape != single.shape or not np.allclose(together, single, 1e-9, 1e-9 * scale, equal_nan=True):
        raise ModelError(
            f"the model's first dimension is no batch: {_ROWS} rows together give something else than one by one. "
            "Supported: models that take every row on its own; export with a fixed first dimension if all of it is one "
            "row"
        )


class _InFloat64(torch.fx.Interpreter):
    """Runs an exported graph with torch's operators in float64, whatever the precision of its weights and literals.

    A cast that loses nothing in the model's own precision mustn't lose anything here; any other is left as it is.
    """

    def run_node(self, n: torch.fx.Node) -> Any:
        """One node; every float tensor it gives is continued in float64."""
        return None if n.target in UNCHECKED else tree_map(in_float64, super().run_node(n))

    def fetch_args_kwargs_from_env(self, n: torch.fx.Node) -> Any:
        """The node's arguments, in which float64 stands for a wider type of floats."""
        given = super().fetch_args_kwargs_from_env(n)
        widened = (n.target in CASTS or n.target in LINKED) and keeps_values(n)
        return tree_map(_float64_type, given) if widened else given


def in_float64(value: Any) -> Any:
    """A float tensor in float64, anything else as it is."""
    return value.double() if isinstance(value, Tensor) and value.dtype.is_floating_point else value


def _float64_type(value: Any) -> Any:
    return torch.float64 if isinstance(value, torch.dtype) and value.is_floating_point else value
