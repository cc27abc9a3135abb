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

#: What is due of everything on the way from a table to its scores, without annotations, docstrings
#: and the texts of errors: each function in one of its forms.
_DUE = """
def _numbers(values, name):
    found = np.asarray(values)
    if found.dtype.kind in 'USO' and any(
        isinstance(value, (str, bytes)) for value in found.ravel().tolist()
    ):
        raise TypeError(_)
    return np.asarray(found, dtype=np.float64)

def _coordinates(table):
    if isinstance(table, np.ndarray):
        if table.ndim != 2 or table.shape[1] != len(FEATURES):
            raise ValueError(_)
        x = _numbers(table, 'table')
    else:
        x = np.column_stack([_numbers(table[name], name) for name in FEATURES])
    return x

def _inside(x):
    if len(x) and (x.min(axis=0) >= _LOWEST).all() and (x.max(axis=0) <= _HIGHEST).all():
        inside = np.ones(len(x), dtype=np.bool_)
    else:
        inside = np.asarray(((x >= _LOWEST) & (x <= _HIGHEST)).all(axis=1))
    return inside

def _inside(x):
    if len(x) and (x.min(axis=0) >= _LOWEST).all() and (x.max(axis=0) <= _HIGHEST).all():
        inside = np.ones(len(x), dtype=np.bool_)
    else:
        inside = np.asarray(((x >= _LOWEST) & (x <= _HIGHEST)).all(axis=1))
    inside[inside] = (x[inside] @ _SUMS <= _LIMITS).all(axis=1)
    return inside

def _lines(x):
    return np.asarray(np.maximum(x @ _NORMALS - _LINE_BOUNDS, 0.0))

def _known(x):
    return _inside(x)

def score_batch(table):
    x = _coordinates(table)
    with np.errstate(over='ignore', invalid='ignore', under='ignore'):
        known = _known(x)
        s = np.full((len(x), len(_CONSTANTS)), np.nan)
        s[known] = x[known] @ _BASE + _lines(x[known]) @ _SLOPES + _CONSTANTS
        return s

def score_batch(table):
    x = _coordinates(table)
    with np.errstate(over='ignore', invalid='ignore', under='ignore'):
        known = _known(x)
        s = np.full((len(x), len(_CONSTANTS)), np.nan)
        s[known] = x[known] @ _BASE + _lines(x[known]) @ _SLOPES + _CONSTANTS
        return _linked(s)
"""
_IMPORTS = frozenset(
    {
        "from __future__ import annotations",
        "from typing import Any",
        "import numpy as np",
        "from numpy.typing import NDArray",
    }
)
_ARRAYS = ("_BASE", "_CONSTANTS", "_NORMALS", "_LINE_BOUNDS", "_SLOPES")


def read_numpy_lines(text: str, names: Sequence[str]) -> Sequence[Expression]:
    """The scores of lines over columns of numbers, which have these names; UnreadableError for
    anything else, or where what is called on the way to them isn't as it is due.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        raise UnreadableError("it is no Python") from error

    values = _read_constants(tree)
    if values.get("FEATURES") != repr(tuple(names)):
        raise UnreadableError("its columns are others")
    due = dict[str, set[str]]()
    for one in ast.parse(_DUE).body:
        due.setdefault(one.name, set()).add(ast.unparse(one))  # type: ignore[attr-defined]
    functions = [one for one in tree.body if isinstance(one, ast.FunctionDef)]
    found = {one.name: _strip(one) for one in functions}
    if len(found) < len(functions) or set(found) & set(values):
        raise UnreadableError("a name stands for two things")
    for name, forms in due.items():
        if found.get(name) not in forms:
            raise UnreadableError(f"{name} in numpy isn't what it is of lines over numbers")

    return _make_scores(_read_arrays(values), len(names))


def _strip(function: ast.FunctionDef) -> str:
    """A function without annotations, docstring, comments and the texts of its errors."""
    function.returns = None
    if ast.get_docstring(function) is not None:
        function.body = function.body[1:]
    for argument in function.args.args:
        argument.annotation = None
    for one in ast.walk(function):
        if isinstance(one, ast.Raise) and isinstance(one.exc, ast.Call):
            one.exc.args = [ast.Name("_")]

    return ast.unparse(function)


def _read_constants(tree: ast.Module) -> Mapping[str, str]:
    """Name -> text of every constant. The module does nothing but name them, each once, define
    functions and import what it should.
    """
    found = dict[str, str]()
    for one in tree.body:
        match one:
            case ast.FunctionDef(decorator_list=[]) | ast.Expr(value=ast.Constant()):
                continue
            case ast.Import() | ast.ImportFrom() if ast.unparse(one) in _IMPORTS:
                continue
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                calls = [each.func for each in ast.walk(value) if isinstance(each, ast.Call)]
                if name not in found and all(ast.unparse(each) == "np.array" for each in calls):
                    found[name] = ast.unparse(value)
                    continue
        raise UnreadableError(f"line {one.lineno} isn't followed")

    if set(found) & {"np", "Any", "NDArray"}:
        raise UnreadableError("a name stands for two things")
    return found


def _read_arrays(values: Mapping[str, str]) -> Mapping[str, Array]:
    """Tables of lines, `np.array` of literals."""
    found = dict[str, Any]()
    for name in _ARRAYS:
        match ast.parse(values.get(name, "None"), mode="eval").body:
            case ast.Call(args=[literal], keywords=[]):
                try:
                    found[name] = np.array(ast.literal_eval(literal), dtype=np.float64)
                except ValueError as error:
                    raise UnreadableError(f"{name} isn't an array of numbers") from error
            case _:
                raise UnreadableError(f"{name} isn't one array")

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
