"""Derived columns in the graph, from the formulas of `relurules.domain.derivation`."""

from collections.abc import Mapping, Sequence
from functools import reduce

import numpy as np

from relurules.domain.derivation import Argument, Derivation
from relurules.domain.formulas import FormulaAlgebra, evaluate_formula
from relurules.emitting.derived import list_cases, name_constants
from relurules.emitting.onnx.graph_builder import GraphBuilder

#: Operators of formulas in ONNX, all of which onnxruntime has in double.
_OPERATORS: Mapping[str, str] = {
    "+": "Add", "-": "Sub", "*": "Mul", "/": "Div", "negative": "Neg",
    "<": "Less", "<=": "LessOrEqual", ">": "Greater", ">=": "GreaterOrEqual", "==": "Equal",
    "and": "And", "log": "Log", "exp": "Exp", "sqrt": "Sqrt", "pow": "Pow",
}  # fmt: skip


def add_derivation(
    graph: GraphBuilder, derivation: Derivation, given: Mapping[str, str], called: str
) -> str:
    """(N, 1) the value of a derived column, NaN where there is none; given: (N, 1) the columns of
    the table, by name.
    """
    taken = [_add_argument(graph, argument, given) for argument in derivation.arguments]
    names = dict(zip("xy", taken, strict=False))
    names |= {name: _add_number(graph, value) for name, value in name_constants(derivation).items()}

    def apply(operator: str, values: Sequence[str]) -> str:
        kind = _OPERATORS[operator]
        if len(values) > 2:  # tests, of which `And` takes two
            return reduce(lambda one, two: graph.apply(kind, one, two), values)
        return graph.apply(kind, *values)

    algebra = FormulaAlgebra(lambda value: _add_number(graph, value), apply)
    value = _add_number(graph, np.nan)
    for test, there in reversed(list_cases(derivation)):
        holds, found = (evaluate_formula(part, names, algebra) for part in (test, there))
        value = graph.apply("Where", holds, found, value, called=called)
    return value


def _add_argument(graph: GraphBuilder, argument: Argument, given: Mapping[str, str]) -> str:
    value = given[argument.column]
    if argument.fill is not None:
        fill = _add_number(graph, argument.fill)
        value = graph.apply("Where", graph.apply("IsNaN", value), fill, value)
    if (argument.scale, argument.shift) != (1.0, 0.0):
        scaled = graph.apply("Mul", _add_number(graph, argument.scale), value)
        value = graph.apply("Add", scaled, _add_number(graph, argument.shift))
    return value


def _add_number(graph: GraphBuilder, value: float) -> str:
    return graph.add_constant("number", np.array([value]))
