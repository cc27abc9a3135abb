"""An ONNX program as a function of rows, in float64 by onnx's own reference, node by node."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.errors import ModelError
from relurules.tracing.batch_mixing import (
    ROWS,
    OperatorValues,
    describe_mixing,
    find_mixing_operator,
    has_same_numbers,
)
from relurules.tracing.input_rows import ModelRows
from relurules.tracing.onnx.graph import OnnxProgram
from relurules.tracing.onnx.nodes import (
    Constant,
    Operator,
    make_constant,
    run_constant,
    run_operator,
    widen_floats,
    widen_inputs,
)
from relurules.tracing.onnx.operators import SHAPE_ONLY

Array = NDArray[np.float64]
Values = dict[str, Constant | Array]


def make_reference(program: OnnxProgram, rows: ModelRows) -> Callable[[Any], Array]:
    """The model itself, of a table or of coordinates (N, d) -> (N, m). ModelError where its rows
    influence one another.
    """
    probes = rows.draw_rows(ROWS)
    single = np.vstack(
        [_join_outputs(program, _compute_values(program, row[None]), 1) for row in probes]
    )
    together = all(item.batched for item in program.inputs) and _rows_stand_alone(
        program, probes, single
    )

    def run(X: NDArray[Any]) -> Array:
        if together and len(X):
            return _join_outputs(program, _compute_values(program, X), len(X))
        alone = (_join_outputs(program, _compute_values(program, row[None]), 1) for row in X)
        return np.vstack([np.empty((0, single.shape[1])), *alone])

    return rows.make_function(run, single.shape[1])


def _rows_stand_alone(program: OnnxProgram, probes: NDArray[Any], single: Array) -> bool:
    """Whether a batch may be run at once; not where the model has the batch's size inside, and then
    takes one row.
    """
    try:
        values = _compute_values(program, probes)
    except ModelError:
        return False

    if not has_same_numbers(_join_outputs(program, values, len(probes)), single):
        alone = [_compute_values(program, row[None]) for row in probes]
        mixing = find_mixing_operator(_pair_operator_values(program, values, alone))
        raise ModelError(
            f"{program.where}: its first dimension is dynamic, but no batch: "
            f"{describe_mixing(mixing)}. Supported: models whose first dimension is the batch, in "
            "every input and output; give the input a fixed shape if all of it is one row"
        )

    return True


def _pair_operator_values(
    program: OnnxProgram, together: Values, alone: Sequence[Values]
) -> Iterator[OperatorValues]:
    """What every operator gives, for all rows together and for each alone."""
    for op in program.operators:
        for name in op.outputs:
            value, parts = together.get(name), [values.get(name) for values in alone]
            if isinstance(value, np.ndarray) and all(
                isinstance(part, np.ndarray) for part in parts
            ):
                place = op.place.removeprefix(f"{program.where}: ")
                yield OperatorValues(place, value.astype(np.float64), parts)  # type: ignore[arg-type]


def _compute_values(program: OnnxProgram, X: NDArray[Any]) -> Values:
    """Every value of the model for all rows at once."""
    values: Values = dict(program.constants)
    complements: dict[str, Array] = {}
    first = 0

    for item in program.inputs:
        shape = (len(X), *item.shape[1:]) if item.batched else item.shape
        part = X[:, first : first + item.size]
        # whole numbers in float64 too: they are codes, or numbers that are cast
        part = part.astype(object if item.kind == "text" else np.float64)
        values[item.name] = np.ascontiguousarray(part).reshape(shape)
        first += item.size

    for op in program.operators:
        inputs = [values.get(name) for name in op.inputs]
        if op.name in SHAPE_ONLY or not any(isinstance(value, np.ndarray) for value in inputs):
            constants = [
                make_constant(value) if isinstance(value, np.ndarray) else value for value in inputs
            ]
            results: list[Constant | NDArray[np.float64] | None] = list(run_constant(op, constants))
        else:
            found = run_operator(op, _match_types(op, widen_inputs(op, inputs)))
            results = [None if value is None else widen_floats(value) for value in found]
        if op.name == "Sigmoid":
            complements[op.outputs[0]] = np.asarray(run_operator(op, [-inputs[0]])[0])  # type: ignore[operator]
        if op.name == "Sub" and op.inputs[1] in complements and _is_one(inputs[0]):
            # 1 - sigmoid(z) as sigmoid(-z), which doesn't cancel.
            results = [complements[op.inputs[1]]]
        values.update(
            {
                name: value
                for name, value in zip(op.outputs, results, strict=False)
                if value is not None
            }
        )

    return values


def _match_types(op: Operator, arrays: Sequence[Any]) -> list[Any]:
    """Whole numbers that are constant in float64, as those that depend on the input are."""
    if op.name not in _SAME_TYPES or not any(a is not None and a.dtype.kind == "f" for a in arrays):
        return list(arrays)
    return [a.astype(np.float64) if a is not None and a.dtype.kind in "iu" else a for a in arrays]


#: Operators whose inputs are of one type.
_SAME_TYPES = frozenset({"Add", "Sub", "Mul", "Sum", "Concat"})


def _is_one(value: Constant | Array | None) -> bool:
    return isinstance(value, Constant) and value.wide.size == 1 and bool((value.wide == 1.0).all())


def _join_outputs(
    program: OnnxProgram, values: Mapping[str, Constant | NDArray[np.float64]], count: int
) -> Array:
    """The outputs, each flattened in order, joined; (count, m), or fewer columns where one can't be
    split into rows.
    """
    columns = []
    for name in program.outputs:
        value = values[name]
        if isinstance(value, Constant):
            columns.append(np.tile(value.wide.reshape(1, -1).astype(np.float64), (count, 1)))
        elif value.size % count == 0:
            columns.append(value.reshape(count, -1).astype(np.float64))

    return np.hstack(columns) if columns else np.empty((count, 0))
