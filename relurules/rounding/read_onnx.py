"""ONNX: the nodes of a graph on the way to its scores, each carried out on rows of expressions.

Runtimes fuse a product of matrices with what is added to it, which then is one of the terms of its
sums. So what is added to a sum is taken for a term of it, in any order.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from relurules.ir.network import Array
from relurules.links.heads import Head
from relurules.rounding.expression import (
    Choice,
    ColumnValue,
    Comparison,
    Expression,
    Literal,
    UnreadableError,
    refuse_broken,
)
from relurules.rounding.onnx_links import LinkReader, join_scores
from relurules.rounding.vectors import (
    Vector,
    combine,
    join_sums,
    list_literals,
    multiply_matrix,
)

#: Operators of two rows -> their sign.
_SIGNS = {"Mul": "*", "Max": "max"}


def read_onnx(
    content: bytes, names: Sequence[str], outputs: Sequence[str], heads: Sequence[Head], count: int
) -> Sequence[Expression]:
    """So many scores; names: of the columns, all of numbers; heads: what the outputs are of the
    scores. UnreadableError where another operator, or one of other numbers than float64, is on the
    way to a score, or behind it where the links' are due.
    """
    try:
        import onnx
        from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
    except ImportError as error:
        raise UnreadableError("reading ONNX needs the onnx package") from error

    try:
        model = onnx.load_from_string(content)
    except DecodeError as error:
        raise UnreadableError("it is no ONNX") from error

    with refuse_broken("the graph"):
        return _read_graph(model, names, outputs, heads, count)


def _read_graph(
    model: Any, names: Sequence[str], outputs: Sequence[str], heads: Sequence[Head], count: int
) -> Sequence[Expression]:
    from onnx import numpy_helper

    graph = model.graph
    if model.functions or graph.sparse_initializer:
        raise UnreadableError("operators of the model's own, or sparse numbers")
    constants = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    reader = _GraphReader(graph, constants, names)
    links = LinkReader(reader.nodes, constants)
    found = list[tuple[Head, Vector]]()
    for name, head in zip(outputs, heads, strict=True):
        scores = links.find_scores(name, head)
        if scores is not None:
            found.append((head, reader.read(scores)))

    return join_scores(found, count)


class _GraphReader:
    """A graph. Every value is (N, k): k expressions. nodes: by the name of their one output."""

    def __init__(self, graph: Any, constants: Mapping[str, Any], names: Sequence[str]) -> None:
        self._constants = constants
        self.nodes = {name: node for node in graph.node for name in node.output}
        count = sum(len(node.output) for node in graph.node)
        given = [one.name for one in graph.input]
        names_of_all = [*self.nodes, *(one.name for one in graph.initializer), *given]
        if len(self.nodes) != count or len(set(names_of_all)) < len(names_of_all):
            raise UnreadableError("a name stands for two things")
        if [one.name for one in graph.input if one.type.tensor_type.elem_type != _DOUBLE]:
            raise UnreadableError("a column isn't one of float64")
        self._known: dict[str, Vector] = {
            name: [ColumnValue(i)] for i, name in enumerate(names) if name in given
        }

    def read(self, name: str) -> Vector:
        """The expressions behind a name."""
        if name in self._constants:
            return list_literals(self._take_numbers(name))
        if name not in self._known:
            if name not in self.nodes:
                raise UnreadableError(f"{name!r} stands for nothing that is read here")
            self._known[name] = self._carry_out(self.nodes[name])

        return self._known[name]

    def _take_numbers(self, name: str) -> Array:
        numbers = self._constants.get(name)
        if numbers is None or numbers.dtype != np.float64:
            raise UnreadableError(f"{name!r} isn't a constant of float64")
        return np.asarray(numbers)

    def _carry_out(self, node: Any) -> Vector:
        if node.domain or len(node.output) != 1:
            raise UnreadableError(f"the operator {node.op_type}")
        given = list(node.input)
        if node.op_type in _SIGNS and len(given) == 2:
            return combine(_SIGNS[node.op_type], *map(self.read, given))
        if node.op_type == "Add":
            return join_sums(*map(self.read, given))
        if node.op_type == "MatMul":
            return multiply_matrix(self.read(given[0]), self._take_numbers(given[1]))
        if (known := _OTHERS.get(node.op_type)) is None:
            raise UnreadableError(f"the operator {node.op_type}")

        return known(self, node)

    def _join(self, node: Any) -> Vector:
        """Columns beside each other."""
        if [attribute.i for attribute in node.attribute] != [1]:
            raise UnreadableError("columns are joined another way")
        return [one for name in node.input for one in self.read(name)]

    def _pick(self, node: Any) -> Vector:
        """Some of the columns."""
        at = self._constants.get(node.input[1])
        if [attribute.i for attribute in node.attribute] != [1] or at is None or at.ndim != 1:
            raise UnreadableError("columns are picked another way")
        values = self.read(node.input[0])
        if at.min() < 0 or at.max() >= len(values):
            raise UnreadableError("columns are picked that aren't there")

        return [values[k] for k in at.tolist()]

    def _take_slope(self, node: Any) -> Vector:
        """A PReLU."""
        values, slopes = map(self.read, node.input)
        scaled = combine("*", slopes, values)
        pairs = zip(values, scaled, strict=True)
        return [Choice(Comparison("<", z, Literal(0.0)), low, z) for z, low in pairs]

    def _take_negative(self, node: Any) -> Vector:
        """Min(z, 0), which is z - max(z, 0) in floats too."""
        values, zeros = map(self.read, node.input)
        if set(zeros) != {Literal(0.0)}:
            raise UnreadableError("the smaller of two numbers, neither of which is 0")
        return combine("-", values, combine("max", values, zeros))

    def _keep(self, node: Any) -> Vector:
        return self.read(node.input[0])

    def _leave_out(self, node: Any) -> Vector:
        """Numbers of rows that have some, NaN for the others."""
        if not all(np.isnan(self._take_numbers(node.input[2]).ravel())):
            raise UnreadableError("a choice between numbers")
        return self.read(node.input[1])


#: The number of float64 among the types of ONNX.
_DOUBLE = 11
_OTHERS: Mapping[str, Callable[[_GraphReader, Any], Vector]] = {
    "Concat": _GraphReader._join,
    "Gather": _GraphReader._pick,
    "Min": _GraphReader._take_negative,
    "PRelu": _GraphReader._take_slope,
    "Identity": _GraphReader._keep,
    "Where": _GraphReader._leave_out,
}
