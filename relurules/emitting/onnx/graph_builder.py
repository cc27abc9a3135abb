"""A graph of ONNX operators, node by node."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx import GraphProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

from relurules.ir.network import Array

#: The domain of operators of tables and texts.
_TABLES = "ai.onnx.ml"
#: Element types by the name that they have here.
TYPES = {
    "double": TensorProto.DOUBLE,
    "int64": TensorProto.INT64,
    "bool": TensorProto.BOOL,
    "string": TensorProto.STRING,
}


class GraphBuilder:
    """Collects nodes and constants; every result has a name of its own.

    Names of inputs and outputs are those that callers give; others are made of what a value is
    called, such as `lines`, and a number where that is taken.
    """

    def __init__(self, taken: Sequence[str]) -> None:
        self._taken = set(taken)
        self._nodes: list[NodeProto] = []
        self._constants: list[TensorProto] = []
        self._inputs: list[ValueInfoProto] = []
        self._outputs: list[ValueInfoProto] = []

    def add_input(
        self, name: str, kind: str, said: str, width: int = 1, rows: int | str = "N"
    ) -> str:
        """A column of the table, (N, 1), or more of them; said: what it holds, in words."""
        info = helper.make_tensor_value_info(name, TYPES[kind], [rows, width], doc_string=said)
        self._inputs.append(info)
        return name

    def add_output(
        self, name: str, value: str, kind: str, width: int = 1, rows: int | str = "N"
    ) -> None:
        """Give a value, (N, width), under this name."""
        self._nodes.append(helper.make_node("Identity", [value], [name], name=f"give {name}"))
        self._outputs.append(helper.make_tensor_value_info(name, TYPES[kind], [rows, width]))

    def add_constant(self, called: str, values: Any) -> str:
        """An array of numbers or truth values, or a list of texts."""
        name = self._make_name(called)
        if isinstance(values, list) and values and isinstance(values[0], str):
            tensor = helper.make_tensor(
                name, TensorProto.STRING, [len(values)], [text.encode("utf-8") for text in values]
            )
        else:
            tensor = numpy_helper.from_array(np.ascontiguousarray(values), name)
        self._constants.append(tensor)

        return name

    def apply(self, operator: str, *inputs: str, called: str = "", **attributes: Any) -> str:
        """The one result of an operator of ONNX itself."""
        return self._append(operator, inputs, called, "", attributes)

    def look_up(self, value: str, keys: Sequence[str], numbers: Sequence[int], default: int) -> str:
        """Texts -> whole numbers; any other text is `default`."""
        attributes = {
            "keys_strings": list(keys),
            "values_int64s": list(numbers),
            "default_int64": default,
        }
        return self._append("LabelEncoder", [value], "code", _TABLES, attributes)

    def multiply(self, value: str, matrix: Array, called: str) -> str:
        """(N, k) times a matrix, (k, n)."""
        constant = self.add_constant(f"{called} weights", np.asarray(matrix, dtype=np.float64))
        return self.apply("MatMul", value, constant, called=called)

    def add_numbers(self, value: str, numbers: Any, called: str) -> str:
        """(N, k) plus a row of numbers, (k,)."""
        constant = self.add_constant(f"{called} constants", np.asarray(numbers, dtype=np.float64))
        return self.apply("Add", value, constant, called=called)

    def as_numbers(self, value: str, called: str = "") -> str:
        """Truth values or whole numbers as double."""
        return self.apply("Cast", value, called=called, to=TensorProto.DOUBLE)

    def all_of(self, value: str, called: str) -> str:
        """(N, k) truth values -> (N, 1): whether all of a row are true."""
        least = self.apply("ReduceMin", self.as_numbers(value), axes=[1], keepdims=1)
        return self.apply(
            "Greater", least, self.add_constant("half", np.array([0.5])), called=called
        )

    def sum_rows(self, value: str, axis: int = 1, *, keep: bool = True) -> str:
        """The sum along an axis."""
        axes = self.add_constant("axis", np.array([axis], dtype=np.int64))
        return self.apply("ReduceSum", value, axes, keepdims=int(keep))

    def take_columns(self, value: str, columns: Sequence[int], called: str = "") -> str:
        """Some columns of a table, (N, k)."""
        at = self.add_constant("columns", np.array(columns, dtype=np.int64))
        return self.apply("Gather", value, at, called=called, axis=1)

    def build(self, name: str, said: str) -> GraphProto:
        """The graph of all that was added."""
        return helper.make_graph(
            self._nodes,
            name,
            self._inputs,
            self._outputs,
            initializer=self._constants,
            doc_string=said,
        )

    def _append(
        self,
        operator: str,
        inputs: Sequence[str],
        called: str,
        domain: str,
        attributes: dict[str, Any],
    ) -> str:
        name = self._make_name(called or operator.lower())
        node = helper.make_node(
            operator, list(inputs), [name], name=name, domain=domain, **attributes
        )
        self._nodes.append(node)
        return name

    def _make_name(self, called: str) -> str:
        name, number = called, 1
        while name in self._taken:
            number += 1
            name = f"{called} {number}"
        self._taken.add(name)
        return name
