"""ONNX: the nodes of a graph on the way to its scores, each carried out on rows of expressions.

Runtimes fuse a product of matrices with what is added to it, which then is one of the terms of its
sums. So what is added to a sum is taken for a term of it, in any order.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from relurules.domain import Domain
from relurules.domain.columns import is_text_column
from relurules.ir.network import Array
from relurules.links.heads import Head
from relurules.rounding.coordinates import list_column
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
    content: bytes, domain: Domain, outputs: Sequence[str], heads: Sequence[Head], count: int
) -> Sequence[Expression]:
    """So many scores; domain: of the columns, numbers and texts; heads: what the outputs are of the
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
        return _read_graph(model, domain, outputs, heads, count)


def _read_graph(
    model: Any, domain: Domain, outputs: Sequence[str], heads: Sequence[Head], count: int
) -> Sequence[Expression]:
    from onnx import numpy_helper

    graph = model.graph
    if model.functions or graph.sparse_initializer:
        raise UnreadableError("operators of the model's own, or sparse numbers")
    constants = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    reader = _GraphReader(graph, constants, domain)
    links = LinkReader(reader.nodes, constants)
    found = list[tuple[Head, Vector]]()
    for name, head in zip(outputs, heads, strict=True):
        scores = links.find_scores(name, head)
        if scores is not None:
            found.append((head, reader.read(scores)))

    return join_scores(found, count)


class _GraphReader:
    """A graph. Every value is (N, k): k expressions. nodes: by the name of their one output."""

    def __init__(self, graph: Any, constants: Mapping[str, Any], domain: Domain) -> None:
        self._constants, self._domain = constants, domain
        self.nodes = {name: node for node in graph.node for name in node.output}
        count = sum(len(node.output) for node in graph.node)
        given = [one.name for one in graph.input]
        names_of_all = [*self.nodes, *(one.name for one in graph.initializer), *given]
        if len(self.nodes) != count or len(set(names_of_all)) < len(names_of_all):
            raise UnreadableError("a name stands for two things")
        kinds = {one.name: one.type.tensor_type.elem_type for one in graph.input}
        self._places = {column.name: i for i, column in enumerate(domain.columns)}
        for name, kind in kinds.items():
            column = domain.columns[self._places[name]] if name in self._places else None
            if column is None or kind != (_STRING if is_text_column(column) else _DOUBLE):
                raise UnreadableError(f"the input {name!r} isn't a column of its kind")
        self._known: dict[str, Vector] = {
            name: [ColumnValue(i)]
            for name, i in self._places.items()
            if name in given and not domain.columns[i].categories
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

    def _mark_category(self, node: Any) -> Vector:
        """1 in the place of a category, else 0, of a column of texts."""
        equal = self.nodes.get(node.input[0])
        if equal is None or equal.op_type != "Equal" or [a.i for a in node.attribute] != [_DOUBLE]:
            raise UnreadableError("a number is made of something else")
        encoder = self.nodes.get(equal.input[0])
        if encoder is None or (encoder.op_type, encoder.domain) != ("LabelEncoder", "ai.onnx.ml"):
            raise UnreadableError("a category is told in another way")
        place = self._places.get(encoder.input[0])
        if place is None or not is_text_column(column := self._domain.columns[place]):
            raise UnreadableError(f"{encoder.input[0]!r} is no column of texts")

        numbers = self._constants.get(equal.input[1])
        if numbers is None or numbers.tolist() != list(range(column.width)):
            raise UnreadableError(f"categories of {column.name!r} are numbered another way")
        given = {attribute.name: attribute for attribute in encoder.attribute}
        keys, codes = given["keys_strings"].strings, given["values_int64s"].ints
        other = -1 if column.other is None else column.other
        told = dict(zip((key.decode() for key in keys), codes, strict=True))
        due = {"" if value is None else str(value): k for value, k in column.lookup.items()}
        if told != {"": -1} | due or given["default_int64"].i != other or len(given) > 3:
            raise UnreadableError(f"texts of {column.name!r} are other categories")

        return list_column(self._domain, place)

    def _fill_missing(self, constant: str, name: str) -> Vector:
        fill, value = self._take_numbers(constant).ravel().tolist(), self.read(name)
        column = self._domain.columns[self._places[name]] if name in self._places else None
        if column is None or column.categories or fill != [column.fill]:
            raise UnreadableError(f"what a missing value of {name!r} counts as")
        return value

    def _keep(self, node: Any) -> Vector:
        return self.read(node.input[0])

    def _leave_out(self, node: Any) -> Vector:
        """Numbers of rows that have some, NaN for the others; or a column whose missing numbers
        count as one.
        """
        test = self.nodes.get(node.input[0])
        if test is not None and test.op_type == "IsNaN" and test.input[0] == node.input[2]:
            return self._fill_missing(node.input[1], node.input[2])
        if not all(np.isnan(self._take_numbers(node.input[2]).ravel())):
            raise UnreadableError("a choice between numbers")
        return self.read(node.input[1])


#: The numbers of float64 and of texts among the types of ONNX.
_DOUBLE, _STRING = 11, 8
_OTHERS: Mapping[str, Callable[[_GraphReader, Any], Vector]] = {
    "Cast": _GraphReader._mark_category,
    "Concat": _GraphReader._join,
    "Gather": _GraphReader._pick,
    "Min": _GraphReader._take_negative,
    "PRelu": _GraphReader._take_slope,
    "Identity": _GraphReader._keep,
    "Where": _GraphReader._leave_out,
}
