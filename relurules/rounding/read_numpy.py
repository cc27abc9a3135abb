"""Numpy: lines as products of matrices, whose sums come in an order that nobody states."""

import ast
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from relurules.ir.network import Array
from relurules.rounding.expression import (
    ColumnValue,
    Expression,
    Literal,
    Operation,
    UnreadableError,
)

#: What is due: a function, and the text of a statement in it.
_LINES = ("_lines", "return np.asarray(np.maximum(x @ _NORMALS - _LINE_BOUNDS, 0.0))")
_SCORES = ("score_batch", "s[known] = x[known] @ _BASE + _lines(x[known]) @ _SLOPES + _CONSTANTS")
_ARRAYS = ("_BASE", "_CONSTANTS", "_NORMALS", "_LINE_BOUNDS", "_SLOPES")
_INPUTS = """\
def _coordinates(table):
    if isinstance(table, np.ndarray):
        if table.ndim != 2 or table.shape[1] != len(FEATURES):
            raise ValueError(_)
        x = _numbers(table, 'table')
    else:
        x = np.column_stack([_numbers(table[name], name) for name in FEATURES])
    return x"""


def read_numpy_lines(text: str, columns: int) -> Sequence[Expression]:
    """The scores of lines over columns of numbers; UnreadableError for anything else."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        raise UnreadableError("it is no Python") from error
    functions = {one.name: one for one in tree.body if isinstance(one, ast.FunctionDef)}
    for name, due in (_LINES, _SCORES):
        own = [] if name not in functions else list(ast.walk(functions[name]))
        if due not in (ast.unparse(one) for one in own if isinstance(one, ast.stmt)):
            raise UnreadableError("products of matrices aren't as lines have them")
    if _strip(functions.get("_coordinates")) != _INPUTS:
        raise UnreadableError("columns in numpy that aren't numbers, or may be missing")

    return _make_scores(_read_arrays(tree), columns)


def _strip(function: ast.FunctionDef | None) -> str:
    """A function without annotations, comments and the texts of its errors."""
    if function is None:
        return ""
    function.returns, function.body = None, function.body[1:]
    for argument in function.args.args:
        argument.annotation = None
    for one in ast.walk(function):
        if isinstance(one, ast.Raise) and isinstance(one.exc, ast.Call):
            one.exc.args = [ast.Name("_")]

    return ast.unparse(function)


def _read_arrays(tree: ast.Module) -> Mapping[str, Array]:
    """Constants of the text, each assigned once, `np.array` of literals."""
    found = dict[str, Any]()
    for one in tree.body:
        if not (isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name)):
            continue
        name, call = one.targets[0].id, one.value
        if name not in _ARRAYS:
            continue
        if name in found or not isinstance(call, ast.Call) or len(call.args) != 1:
            raise UnreadableError(f"{name} isn't one array")
        try:
            found[name] = np.array(ast.literal_eval(call.args[0]), dtype=np.float64)
        except ValueError as error:
            raise UnreadableError(f"{name} isn't an array of numbers") from error

    if set(found) != set(_ARRAYS):
        raise UnreadableError("arrays of lines are missing")

    return found


def _make_scores(arrays: Mapping[str, Array], columns: int) -> Sequence[Expression]:
    base, constants, normals, bounds, slopes = (arrays[name] for name in _ARRAYS)
    shapes = (base.shape, normals.shape, slopes.shape)
    if shapes != ((columns, len(constants)), (columns, len(bounds)), (len(bounds), len(constants))):
        raise UnreadableError("arrays of lines don't fit together")
    x = [ColumnValue(i) for i in range(columns)]
    lines = list[Expression]()
    for normal, bound in zip(normals.T.tolist(), bounds.tolist(), strict=True):
        beyond = Operation("-", (_multiply(normal, x), Literal(bound)))
        lines.append(Operation("max", (beyond, Literal(0.0))))

    return [
        Operation("+", (Operation("+", (_multiply(own, x), _multiply(gains, lines))), Literal(c)))
        for own, gains, c in zip(
            base.T.tolist(), slopes.T.tolist(), constants.tolist(), strict=True
        )
    ]


def _multiply(weights: Sequence[float], values: Sequence[Expression]) -> Expression:
    """One entry of a product of matrices; weights of 0 add exactly."""
    pairs = zip(weights, values, strict=True)
    terms = [Operation("*", (Literal(weight), value)) for weight, value in pairs if weight]
    return Operation("sum", tuple(terms)) if terms else Literal(0.0)
