"""A .pt2 file -> Graph, read without torch where its operators are in `operators.py`; else torch
reads it.

What is read here is computed in numpy beside the graph, on one row and on several, as torch would
compute it.
"""

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import networkx
import numpy as np
from numpy.typing import NDArray

from relurules.domain.columns import name_coordinates
from relurules.errors import ModelError
from relurules.ir import Graph
from relurules.links.table import LINKS
from relurules.tables.names import make_default_names
from relurules.tracing.affine import (
    AffineTensor,
    Array,
    Basis,
    apply_affine,
    join_spans,
    make_constant_tensor,
)
from relurules.tracing.batch_mixing import ROWS, has_same_numbers
from relurules.tracing.column_layout import lay_out_inputs
from relurules.tracing.heads import LinkedTensor, apply_link, collect_scores, rearrange_heads
from relurules.tracing.input_columns import InputColumns
from relurules.tracing.input_rows import ModelRows
from relurules.tracing.input_shapes import InputShape
from relurules.tracing.network_size import LARGEST, NetworkSizeError
from relurules.tracing.neuron_count import refuse_large_network
from relurules.tracing.pt2.operators import (
    ACTIVATIONS,
    AFFINE,
    LINK_OPERATORS,
    PIECEWISE,
    AffineOperator,
)
from relurules.tracing.pt2.program import (
    FLOATS,
    AtenNode,
    AtenProgram,
    TensorName,
    UnreadError,
    read_program,
)

_log = logging.getLogger("relurules")

#: Operators that only check what the export has settled.
_ASSERTIONS = frozenset({"aten._assert_tensor_metadata.default"})
_CAST, _SIZE = "aten.to.dtype", "aten.sym_size.int"


def trace(model: Any, input_shape: InputShape | None) -> tuple[Graph, Callable[[Any], Array]]:
    """Graph of the model, and the model itself as a float64 function (N, d) -> (N, m).

    ModelError is torch's own front end's, which reads whatever isn't read here.
    """
    try:
        return _trace_file(Path(model))
    except NetworkSizeError:
        raise
    except Exception as error:  # whatever stood in the way, torch's front end says it best
        why = f"{type(error).__name__}: {error}"

    _log.debug("%s is read by torch: %s", model, why)
    from relurules.tracing.torch.front_end import trace as trace_by_torch

    return trace_by_torch(model, input_shape)


def make_torch_function(path: Path) -> Callable[[Any], Array]:
    """The model as torch itself computes it, in float64."""
    from relurules.tracing.torch.front_end import trace as trace_by_torch

    return trace_by_torch(path, None)[1]


def _trace_file(path: Path) -> tuple[Graph, Callable[[Any], Array]]:
    program = read_program(path)
    for name, array in program.constants.items():
        if not np.isfinite(array).all():
            raise ModelError(f"{name} has entries that aren't finite")

    width = math.prod(program.row_shape)
    refuse_large_network(lambda make: _Walk(program, make(width)).trace())
    columns = InputColumns(Basis(width), make_default_names(width), ["number"] * width)
    walk = _Walk(program, columns.basis)
    scores, heads = collect_scores(walk.trace())
    laid_out, network = lay_out_inputs(columns, columns.basis.network(scores))
    count = len(heads or network.c)
    fixed = () if program.batched or len(program.row_shape) < 2 else program.row_shape
    graph = Graph(
        name_coordinates(laid_out),
        ("y",) if count == 1 else make_default_names(count, "y"),
        network,
        walk.layers,
        columns.basis.identities,
        heads,
        laid_out,
        batch=fixed[0] if fixed else 1,
    )
    return graph, _make_function(program, ModelRows.of_numbers(width))


class _Walk:
    """The graph, node by node; a value is a constant, an affine tensor or a linked one."""

    def __init__(self, program: AtenProgram, basis: Basis) -> None:
        self.program, self.basis = program, basis
        self.layers: networkx.DiGraph[str] = networkx.DiGraph()

    def trace(self) -> list[AffineTensor | LinkedTensor]:
        """What the model returns."""
        program = self.program
        shape = (1, *program.row_shape) if program.batched else program.row_shape
        values: dict[str, Any] = dict(program.constants)
        values[program.input] = self.basis.make_input(shape)
        self.layers.add_node(program.input, operator="input", module="", size=math.prod(shape))

        for node in program.nodes:
            given = _resolve(node.arguments, values)
            _check_size(given)
            values[node.output] = self._call(node, given)
            self._note(node, values[node.output])

        found = [values[name] for name in program.outputs]
        if not all(isinstance(v, AffineTensor | LinkedTensor) and 0 not in v.shape for v in found):
            raise UnreadError("an output is a constant, or holds no number")
        return found

    def _call(self, node: AtenNode, given: Mapping[str, Any]) -> Any:  # noqa: PLR0911
        items = _list_items(given)
        if not any(isinstance(item, AffineTensor | LinkedTensor) for item in items):
            return _compute(self.program, node, given)
        if node.target in _ASSERTIONS:
            return None
        if node.target == _SIZE:
            return given["self"].shape[given["dim"]]

        if node.target == _CAST:
            return _keep_values(self.program, node, given)
        if any(isinstance(item, LinkedTensor) for item in items):
            return _move_heads(AFFINE[node.target], given)
        if node.target in ACTIVATIONS:
            return self.basis.activate(given["self"], ACTIVATIONS[node.target](given), node.layer)
        if node.target in PIECEWISE:
            return PIECEWISE[node.target].trace(self.basis, given, UnreadError, node.layer)  # type: ignore[arg-type]
        if node.target in LINK_OPERATORS:
            return self._link(node, given)
        return _apply_operator(AFFINE[node.target], given)

    def _link(self, node: AtenNode, given: Mapping[str, Any]) -> LinkedTensor:
        operator = LINK_OPERATORS[node.target]
        operator.function({**given, "self": given["self"].constant})  # raises where it isn't one
        if not LINKS[operator.link].joint:
            return apply_link(operator.link, given["self"])
        if given["dim"] % given["self"].constant.ndim == 0 and self.program.batched:
            raise UnreadError("it compares rows of the batch")
        return apply_link(operator.link, given["self"], given["dim"], given.get("keepdim", False))

    def _note(self, node: AtenNode, value: Any) -> None:
        if not isinstance(value, AffineTensor | LinkedTensor):
            return
        size = math.prod(value.shape)
        self.layers.add_node(node.name, operator=node.operator, module=node.module, size=size)
        names = [name for name in _list_items(node.arguments) if isinstance(name, TensorName)]
        self.layers.add_edges_from((name, node.name) for name in names if name in self.layers)


def _resolve(value: Any, values: Mapping[str, Any]) -> Any:
    """Arguments with values in place of their names."""
    if isinstance(value, TensorName):
        return values[value]
    if isinstance(value, Mapping):
        return {name: _resolve(item, values) for name, item in value.items()}
    return [_resolve(item, values) for item in value] if isinstance(value, list) else value


def _list_items(given: Mapping[str, Any]) -> list[Any]:
    """All arguments, those in lists one by one."""
    return [
        item for value in given.values() for item in (value if isinstance(value, list) else [value])
    ]


def _check_size(given: Mapping[str, Any]) -> None:
    """Leave an operator to torch whose result may have more entries than LARGEST, one set for each
    input and neuron: as many as broadcasting, joining or multiplying its arguments can give.
    """
    items = [item for item in _list_items(given) if hasattr(item, "shape")]
    shapes = [tuple(item.shape) for item in items]
    columns = 1 + len(join_spans(items))
    rank = max(map(len, shapes), default=0)
    wide = [(1,) * (rank - len(shape)) + shape for shape in shapes]
    most = [sum(map(math.prod, shapes)), math.prod(max(sizes) for sizes in zip(*wide, strict=True))]
    most += [
        math.prod(one[:-1]) * max(math.prod(other[:-1]), *other[-1:], 1)
        for one in shapes
        for other in shapes
        if one is not other
    ]
    if columns * max(most) > LARGEST:
        raise UnreadError("its result may be too large")


def _keep_values(program: AtenProgram, node: AtenNode, given: Mapping[str, Any]) -> Any:
    """A cast that changes nothing."""
    before = FLOATS.get(program.types[node.arguments["self"]], 9)
    if FLOATS.get(given["dtype"], 0) < before or given["dtype"] == 13:
        raise UnreadError("it casts to a type that can't hold every value")
    return given["self"]


def _move_heads(operator: AffineOperator, given: Mapping[str, Any]) -> Any:
    if not operator.moves:
        raise UnreadError("it goes on from a link")
    (name,) = operator.data
    joined = given[name] if isinstance(given[name], list) else [given[name]]

    def move(*indices: NDArray[Any]) -> Any:
        moved = list(indices) if isinstance(given[name], list) else indices[0]
        return operator.function(**{**given, name: moved})

    return rearrange_heads(joined, move)


def _apply_operator(operator: AffineOperator, given: Mapping[str, Any]) -> AffineTensor:
    """An affine operator: its function on the constant and, without offsets, on every column."""
    variable = {
        name
        for name, value in given.items()
        if any(isinstance(item, AffineTensor) for item in _list_items({name: value}))
    }
    if not variable <= operator.data | operator.factors or len(variable & operator.factors) > 1:
        raise UnreadError(
            "it multiplies what depends on the input, or something else depends on it"
        )

    names = [name for name in given if name in operator.data | (variable & operator.factors)]
    items = [
        item if isinstance(item, AffineTensor) else np.asarray(item, dtype=np.float64)
        for name in names
        for item in _list_items({name: given[name]})
    ]
    without = {
        name: None if given[name] is None else given[name] * 0
        for name in operator.offset & given.keys()
    }

    def call(replaced: Mapping[str, Any], parts: Sequence[Array]) -> Array:
        rest = iter(parts)
        filled = {
            name: [next(rest) for _ in given[name]] if isinstance(given[name], list) else next(rest)
            for name in names
        }
        return np.asarray(operator.function(**{**given, **replaced, **filled}), dtype=np.float64)

    def run(replaced: Mapping[str, Any]) -> Callable[..., Array]:
        if operator.many:
            return lambda *parts: call(replaced, parts)
        return lambda *parts: np.stack([call(replaced, one) for one in zip(*parts, strict=True)])

    result: AffineTensor = apply_affine(items, run({}), run(without))
    return result


def _compute(  # noqa: PLR0911
    program: AtenProgram, node: AtenNode, given: Mapping[str, Any]
) -> Any:
    """An operator on numbers."""
    if node.target in _ASSERTIONS:
        return None
    if node.target == _SIZE:
        return given["self"].shape[given["dim"]]
    if node.target == _CAST:
        return _keep_values(program, node, given)
    if node.target in AFFINE:
        return AFFINE[node.target].function(**given)
    if node.target in PIECEWISE:
        return PIECEWISE[node.target].function(given)
    if node.target in LINK_OPERATORS:
        return LINK_OPERATORS[node.target].function(given)

    x = given["self"]
    like = make_constant_tensor(x)
    return np.where(x > 0, x, x * ACTIVATIONS[node.target]({**given, "self": like}))


def _run(program: AtenProgram, X: Array) -> Array:
    """The model of rows (N, d), all at once -> (N, m); of one row, where it has no batch."""
    values: dict[str, Any] = dict(program.constants)
    shape = (len(X), *program.row_shape) if program.batched else program.row_shape
    values[program.input] = X.reshape(shape)
    for node in program.nodes:
        values[node.output] = _compute(program, node, _resolve(node.arguments, values))
    outputs = [np.reshape(values[name], (len(X), -1)) for name in program.outputs]
    return np.concatenate(outputs, axis=1).astype(np.float64)


def _make_function(program: AtenProgram, rows: ModelRows) -> Callable[[Any], Array]:
    """The model itself. UnreadError where its rows influence one another."""
    probes = rows.draw_rows(ROWS)
    single = _run_one_by_one(program, probes)
    if program.batched and not has_same_numbers(_run(program, probes), single):
        raise UnreadError("its first dimension is no batch")

    def run(X: NDArray[Any]) -> Array:
        X = X.astype(np.float64)
        return _run(program, X) if program.batched and len(X) else _run_one_by_one(program, X)

    return rows.make_function(run, single.shape[1])


def _run_one_by_one(program: AtenProgram, X: Array) -> Array:
    if not len(X):
        return np.empty((0, _run(program, np.zeros((1, X.shape[1]))).shape[1]))
    return np.vstack([_run(program, row[None]) for row in X])
