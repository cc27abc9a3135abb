"""ExportedProgram -> the function that torch itself computes, in float64."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.export import ExportedProgram
from torch.utils._pytree import tree_leaves, tree_map

from relurules.errors import ModelError
from relurules.tracing.batch_mixing import (
    ROWS,
    OperatorValues,
    describe_mixing,
    find_mixing_operator,
    has_same_numbers,
)
from relurules.tracing.input_rows import ModelRows
from relurules.tracing.torch.aten_codes import CODE_ARGUMENTS
from relurules.tracing.torch.aten_operators import ASSERTIONS, CASTS, LINK_OPERATORS
from relurules.tracing.torch.fx_nodes import (
    describe_operator,
    find_user_inputs,
    has_batch,
    keeps_values,
    row_shape,
)

Array = NDArray[np.float64]


def make_float64_function(program: ExportedProgram, rows: ModelRows) -> Callable[[Any], Array]:
    """A table, or coordinates (N, d) -> (N, m), node by node with torch's operators."""
    runner = _Float64Interpreter(program.module())
    nodes = find_user_inputs(program)
    sizes = [int(np.prod(row_shape(node))) for node in nodes]
    batched = all(has_batch(node) for node in nodes)

    def run(X: NDArray[Any]) -> Array:
        X = X.astype(np.float64)
        parts = np.split(X, np.cumsum(sizes)[:-1], axis=1)
        shapes = [
            (len(X), *row_shape(node)) if has_batch(node) else row_shape(node) for node in nodes
        ]

        with torch.no_grad():
            result = runner.run(
                *(
                    torch.tensor(part).reshape(shape)
                    for part, shape in zip(parts, shapes, strict=True)
                )
            )

        outputs = [out.reshape(len(X), -1).double().numpy() for out in tree_leaves(result)]
        return np.concatenate(outputs, axis=1)

    def one_by_one(X: Array) -> Array:
        return np.vstack([run(X[i : i + 1]) for i in range(len(X))])

    probes = rows.draw_rows(ROWS)
    if batched:
        try:
            _check_rows_stand_alone(run, one_by_one, probes, runner)
        finally:
            runner.values = None

    return rows.make_function(
        lambda X: run(X) if batched or not len(X) else one_by_one(X), run(probes[:1]).shape[1]
    )


def _check_rows_stand_alone(
    run: Callable[[Array], Array],
    one_by_one: Callable[[Array], Array],
    X: NDArray[Any],
    runner: "_Float64Interpreter",
) -> None:
    """Refuse a model whose rows influence one another, naming the operator."""
    single = one_by_one(X)
    try:
        together = run(X)
    except RuntimeError:  # an output that has no row for each row
        together = np.empty(0)

    if not has_same_numbers(together, single):
        raise ModelError(
            "the model's first dimension is no batch: "
            f"{describe_mixing(find_mixing_operator(_pair_operator_values(runner, run, X)))}. "
            "Supported: models that take every row on its own; export with a fixed first dimension "
            "if all of it is one row"
        )


def _pair_operator_values(
    runner: "_Float64Interpreter", run: Callable[[Array], Array], X: NDArray[Any]
) -> Iterator[OperatorValues]:
    """What every operator gives, for all rows together and for each alone."""
    passes: list[dict[torch.fx.Node, Array]] = []
    for rows in (X, *X[:, None]):
        runner.values = {}
        with contextlib.suppress(RuntimeError):  # as above
            run(rows)
        passes.append(runner.values)

    together, *alone = passes
    for node, value in together.items():
        if all(node in values for values in alone):
            yield OperatorValues(describe_operator(node), value, [values[node] for values in alone])


class _Float64Interpreter(torch.fx.Interpreter):
    """Runs an exported graph with torch's operators in float64, whatever the precision of its
    weights and literals.

    A cast that loses nothing in the model's own precision mustn't lose anything here; any other is
    left as it is. values: takes what operators give, where it is set.
    """

    values: dict[torch.fx.Node, Array] | None = None

    def run_node(self, n: torch.fx.Node) -> Any:
        """One node; every float tensor it gives is continued in float64."""
        result = None if n.target in ASSERTIONS else tree_map(widen_to_float64, super().run_node(n))
        if self.values is not None and n.op == "call_function" and isinstance(result, Tensor):
            self.values[n] = result.detach().double().numpy()
        return result

    def fetch_args_kwargs_from_env(self, n: torch.fx.Node) -> Any:
        """The node's arguments, in which float64 stands for a wider type of floats."""
        given = super().fetch_args_kwargs_from_env(n)
        if n.target in CODE_ARGUMENTS:
            given = _cut_codes(given, CODE_ARGUMENTS[n.target])
        widened = (n.target in CASTS or n.target in LINK_OPERATORS) and keeps_values(n)
        return tree_map(_widen_float_type, given) if widened else given


def _cut_codes(given: Any, place: int) -> Any:
    """Arguments in which codes, float64 here, are whole numbers; a mask stays one."""
    args = list(given[0])
    args[place] = tree_map(
        lambda v: v.long() if isinstance(v, Tensor) and v.is_floating_point() else v, args[place]
    )
    return tuple(args), given[1]


def widen_to_float64(value: Any) -> Any:
    """A float tensor in float64, anything else as it is."""
    return value.double() if isinstance(value, Tensor) and value.dtype.is_floating_point else value


def _widen_float_type(value: Any) -> Any:
    return torch.float64 if isinstance(value, torch.dtype) and value.is_floating_point else value
