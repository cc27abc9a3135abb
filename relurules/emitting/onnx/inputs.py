"""The columns of a table as inputs of an ONNX model, and which rows it scores."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from relurules.domain import Domain
from relurules.domain.columns import Column, find_groups, is_text_column, list_table_columns
from relurules.emitting.column_kinds import require_one_kind
from relurules.emitting.file_header import describe_inputs
from relurules.emitting.onnx.derived import add_derivation
from relurules.emitting.onnx.graph_builder import GraphBuilder
from relurules.emitting.request import ScorerRequest
from relurules.errors import UnsupportedError

#: Open sides of the domain end at the largest number, so that infinite values are outside.
_LARGEST = float(np.finfo(np.float64).max)


class InputRows(NamedTuple):
    """Values in the graph. coordinates: (N, d) double; known: (N, 1), whether a row has outputs;
    inside: (N, 1), whether it lies in the domain.
    """

    coordinates: str
    known: str
    inside: str


def add_rows(graph: GraphBuilder, request: ScorerRequest) -> InputRows:
    """An input for every column, and what becomes of them."""
    domain = request.rules.domain
    said = {column.name: column.holds for column in describe_inputs(domain)}
    given = {
        name: _add_input(graph, column, name, said[name])
        for name, column in list_table_columns(domain.columns).items()
    }
    parts = [_add_column(graph, column, given) for column in domain.columns]
    x = parts[0] if len(parts) == 1 else graph.apply("Concat", *parts, called="row", axis=1)
    if request.outside == "clamp":
        x = _clamp(graph, domain, x)

    inside = _find_inside(graph, domain, x)
    known = _find_finite(graph, domain, x) if request.outside == "exact" else inside
    return InputRows(coordinates=x, known=known, inside=inside)


def _add_input(graph: GraphBuilder, column: Column, name: str, said: str) -> str:
    """A column of the table, texts or numbers."""
    if is_text_column(column):
        return graph.add_input(name, "string", f"{said}; an empty text is a missing value")
    return graph.add_input(name, "double", said)


def _add_column(graph: GraphBuilder, column: Column, given: Mapping[str, str]) -> str:
    """(N, width) the coordinates of a column; given: the columns of the table, by name."""
    if column.derivation is not None:
        value = add_derivation(graph, column.derivation, given, column.name)
        return _add_code_column(graph, column, value) if column.categories else value
    if is_text_column(column):
        return _add_text_column(graph, column, given[column.table_name])
    return _add_number_column(graph, column, given[column.table_name])


def _add_number_column(graph: GraphBuilder, column: Column, value: str) -> str:
    """(N, width) the coordinates of a column; value: (N, 1) the numbers that it is read of."""
    if not column.categories:
        if column.fill is None:
            return value
        fill = graph.add_constant("missing counts as", np.array([column.fill]))
        return graph.apply("Where", graph.apply("IsNaN", value), fill, value)

    if column.source:
        missing = graph.as_numbers(graph.apply("IsNaN", value))
        known = graph.apply("Sub", graph.add_constant("one", np.array([1.0])), missing)
        marks = _mark(graph, missing, 0, column), _mark(graph, known, 1, column)
        return graph.apply("Add", *marks, called=f"is {column.name}")
    return _add_code_column(graph, column, value)


def _add_text_column(graph: GraphBuilder, column: Column, value: str) -> str:
    """A tensor of ONNX has no missing text, so that an empty one stands for it."""
    lookup = {value: k for value, k in column.lookup.items() if value is not None}
    require_one_kind(column, "onnx", "a tensor")
    other = -1 if column.other is None else column.other
    missing = column.lookup.get(None, -1)
    if lookup.get("", missing) != missing:
        raise UnsupportedError(
            f"target 'onnx': column {column.name!r} has an empty text as a category, which a "
            "missing value can't be told from in a tensor; name the category otherwise"
        )

    texts = {str(text): k for text, k in lookup.items()} | {"": missing}
    code = graph.look_up(value, list(texts), list(texts.values()), other)
    numbers = graph.add_constant("categories", np.arange(column.width, dtype=np.int64))
    return graph.as_numbers(graph.apply("Equal", code, numbers), called=f"is {column.name}")


def _add_code_column(graph: GraphBuilder, column: Column, value: str) -> str:
    """Categories that are numbers."""
    known = {float(v): k for v, k in column.lookup.items() if v is not None}
    own = np.zeros((len(known), column.width))
    own[np.arange(len(known)), list(known.values())] = 1.0

    codes = graph.add_constant("codes", np.array(list(known)))
    equal = graph.as_numbers(graph.apply("Equal", value, codes))
    found = graph.multiply(equal, own, f"is {column.name}")
    missing = graph.as_numbers(graph.apply("IsNaN", value))
    if None in column.lookup:
        found = graph.apply("Add", found, _mark(graph, missing, column.lookup[None], column))
    if column.other is not None:
        listed = graph.apply("Add", graph.sum_rows(equal), missing)
        rest = graph.apply("Sub", graph.add_constant("one", np.array([1.0])), listed)
        found = graph.apply("Add", found, _mark(graph, rest, column.other, column))
    return found


def _mark(graph: GraphBuilder, share: str, category: int, column: Column) -> str:
    """(N, 1) of 0 and 1 -> (N, width), in the place of a category."""
    unit = np.zeros(column.width)
    unit[category] = 1.0
    return graph.apply("Mul", share, graph.add_constant("category", unit))


def _clamp(graph: GraphBuilder, domain: Domain, x: str) -> str:
    """Finite numbers are brought into the box; indicators stay as they are."""
    own = np.isin(np.arange(len(domain)), [i for group in domain.groups for i in group])
    low = graph.add_constant("lowest", np.where(own, -np.inf, domain.lower))
    high = graph.add_constant("highest", np.where(own, np.inf, domain.upper))
    inner = graph.apply("Max", graph.apply("Min", x, high), low)
    return graph.apply("Where", _compare_size(graph, x), inner, x, called="clamped row")


def _compare_size(graph: GraphBuilder, x: str) -> str:
    """Which numbers are finite; NaN isn't."""
    largest = graph.add_constant("largest", np.array([_LARGEST]))
    return graph.apply("LessOrEqual", graph.apply("Abs", x), largest)


def _find_finite(graph: GraphBuilder, domain: Domain, x: str) -> str:
    """What the network takes, wherever it lies: finite numbers, and values of a category."""
    tests = [graph.all_of(_compare_size(graph, x), "finite")]
    tests += [_is_one_category(graph, x, group) for group in find_groups(domain.columns)]
    return _join_tests(graph, tests, "taken")


def _find_inside(graph: GraphBuilder, domain: Domain, x: str) -> str:
    low = graph.add_constant("lowest", np.maximum(domain.lower, -_LARGEST))
    high = graph.add_constant("highest", np.minimum(domain.upper, _LARGEST))
    above = graph.apply("GreaterOrEqual", x, low)
    below = graph.apply("LessOrEqual", x, high)
    tests = [graph.all_of(graph.apply("And", above, below), "in range")]
    tests += [_is_one_category(graph, x, group) for group in domain.groups]

    if len(domain.normals):
        sums = graph.multiply(x, domain.normals.T, "inequalities")
        limits = graph.add_constant("limits", domain.limits)
        tests.append(graph.all_of(graph.apply("LessOrEqual", sums, limits), "inequalities hold"))
    return _join_tests(graph, tests, "inside")


def _is_one_category(graph: GraphBuilder, x: str, group: Sequence[int]) -> str:
    """Whether one indicator of a group is 1 and the others are 0."""
    own = graph.take_columns(x, group)
    tests = []
    for value, count in ((1.0, 1), (0.0, len(group) - 1)):
        equal = graph.apply("Equal", own, graph.add_constant("indicator", np.array([value])))
        found = graph.sum_rows(graph.as_numbers(equal))
        due = graph.add_constant("count", np.array([float(count)]))
        tests.append(graph.apply("Equal", found, due))

    return _join_tests(graph, tests, "one category")


def _join_tests(graph: GraphBuilder, tests: Sequence[str], called: str) -> str:
    joined = tests[0]
    for test in tests[1:]:
        joined = graph.apply("And", joined, test, called=called)
    return joined
