"""Modules of numpy code: their constants, and functions that must be as they are due."""

import ast
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from relurules.ir.network import Array
from relurules.rounding.expression import UnreadableError
from relurules.rounding.python_names import parse_module

#: What is due of everything on the way from a table to its scores, without annotations, docstrings
#: and the texts of errors: each function in one of its forms.
_TABLE = """
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
"""
_IMPORTS = frozenset(
    {
        "from __future__ import annotations",
        "from typing import Any",
        "import numpy as np",
        "from numpy.typing import NDArray",
    }
)


def read_numpy_module(
    text: str, names: Sequence[str], due: str
) -> tuple[Mapping[str, str], Mapping[str, ast.FunctionDef]]:
    """Constants and functions, of which those that read a table, and others that are due, are as
    they should be; names: of the columns.
    """
    tree = parse_module(text)
    values = _read_constants(tree)
    if values.get("FEATURES") != repr(tuple(names)):
        raise UnreadableError("its columns are others")
    known = dict[str, set[str]]()
    for one in ast.parse(_TABLE + due).body:
        known.setdefault(one.name, set()).add(ast.unparse(one))  # type: ignore[attr-defined]
    functions = [one for one in tree.body if isinstance(one, ast.FunctionDef)]
    found = {one.name: one for one in functions}
    for name, forms in known.items():
        if (name in found or name != "_taken") and _strip(found.get(name)) not in forms:
            raise UnreadableError(f"{name} in numpy isn't what it is of numbers")

    return values, found


def _strip(function: ast.FunctionDef | None) -> str:
    """A function without annotations, docstring, comments and the texts of its errors."""
    if function is None:
        return ""
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
    """Name -> text of every constant. The module does nothing but name them, define functions and
    import what it should.
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
                if all(ast.unparse(each) == "np.array" for each in calls):
                    found[name] = ast.unparse(value)
                    continue
        raise UnreadableError(f"line {one.lineno} isn't followed")

    return found


def read_arrays(values: Mapping[str, str], names: Sequence[str]) -> Mapping[str, Array]:
    """Tables of numbers, `np.array` of literals."""
    found = dict[str, Any]()
    for name in names:
        match ast.parse(values.get(name, "None"), mode="eval").body:
            case ast.Call(args=[literal], keywords=[]):
                try:
                    found[name] = np.array(ast.literal_eval(literal), dtype=np.float64)
                except ValueError as error:
                    raise UnreadableError(f"{name} isn't an array of numbers") from error
            case _:
                raise UnreadableError(f"{name} isn't one array")

    return found
