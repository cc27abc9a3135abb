"""Modules of numpy code: their constants, and functions that must be as they are due."""

import ast
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from relurules.domain import Domain
from relurules.domain.columns import Column
from relurules.ir.network import Array
from relurules.rounding.expression import UnreadableError
from relurules.rounding.python_names import parse_module

#: What is due of everything on the way from a table to its scores, without annotations, docstrings
#: and the texts of errors: each function in one of its forms. PARTS: how each column is read;
#: GROUPS: that a row is of one category.
_TABLE = """
def _numbers(values, name):
    found = np.asarray(values)
    if found.dtype.kind not in 'biufUSO':
        raise TypeError(_)
    if found.dtype.kind in 'USO' and any(
        isinstance(value, (str, bytes)) for value in found.ravel().tolist()
    ):
        raise TypeError(_)
    if found.dtype.kind == 'O' and any(
        isinstance(value, (np.datetime64, np.timedelta64)) for value in found.ravel().tolist()
    ):
        raise TypeError(_)
    return np.asarray(found, dtype=np.float64)

def _inside(x):
    if len(x) and (x.min(axis=0) >= _LOWEST).all() and (x.max(axis=0) <= _HIGHEST).all():
        inside = np.ones(len(x), dtype=np.bool_)
    else:
        inside = np.asarray(((x >= _LOWEST) & (x <= _HIGHEST)).all(axis=1))
    GROUPS
    return inside

def _inside(x):
    if len(x) and (x.min(axis=0) >= _LOWEST).all() and (x.max(axis=0) <= _HIGHEST).all():
        inside = np.ones(len(x), dtype=np.bool_)
    else:
        inside = np.asarray(((x >= _LOWEST) & (x <= _HIGHEST)).all(axis=1))
    GROUPS
    inside[inside] = (x[inside] @ _SUMS <= _LIMITS).all(axis=1)
    return inside
"""
#: How a category becomes numbers; KEYS: the values that are looked up.
_INDICATORS = """
def _indicators(values, name, known, missing, other, width):
    given = [None if v is None or v != v else v for v in np.asarray(values, dtype=object).tolist()]
    if known and all(isinstance(v, str) for v in known):
        for row, value in enumerate(given):
            if value is not None and not isinstance(value, str):
                raise TypeError(_)
    codes = [missing if v is None else known.get(v, other) for v in KEYS]
    return np.asarray(np.array(codes, dtype=np.intp)[:, None] == np.arange(width), dtype=np.float64)
"""
#: What comes before the look-up where a category is a number.
_NUMBER_KEYS = """\
    keys = [v if v is None or isinstance(v, str) else float(v) for v in given]
    for row, value in enumerate(keys):
        if isinstance(value, str) and value not in known and _spelled(value) in known:
            raise TypeError(_)
"""
_SPELLED = """
def _spelled(value):
    try:
        return float(value)
    except ValueError:
        return None
"""
#: How tables of numbers are read, and others.
_NUMBERS = """
def _coordinates(table):
    if isinstance(table, np.ndarray):
        if table.ndim != 2 or table.shape[1] != len(FEATURES):
            raise ValueError(_)
        x = _numbers(table, 'table')
    else:
        x = np.column_stack([_numbers(table[name], name) for name in FEATURES])
    return x
"""
_COLUMNS = """
def _coordinates(table):
    if isinstance(table, np.ndarray):
        if table.ndim != 2 or table.shape[1] != len(FEATURES):
            raise ValueError(_)
        columns = list(table.T)
    else:
        columns = [table[name] for name in FEATURES]
    parts = [PARTS]
    x = np.hstack(parts)
    return x
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
    text: str, domain: Domain, due: str
) -> tuple[Mapping[str, str], Mapping[str, ast.FunctionDef]]:
    """Constants and functions, of which those that read a table, and others that are due, are as
    they should be.
    """
    tree = parse_module(text)
    values = _read_constants(tree)
    if values.get("FEATURES") != repr(tuple(column.name for column in domain.columns)):
        raise UnreadableError("its columns are others")
    _require_categories(values, domain.columns)
    known = dict[str, set[str]]()
    for one in ast.parse(_write_table(domain) + due).body:
        known.setdefault(one.name, set()).add(ast.unparse(one))  # type: ignore[attr-defined]
    functions = [one for one in tree.body if isinstance(one, ast.FunctionDef)]
    found = {one.name: one for one in functions}
    for name, forms in known.items():
        if (name in found or name != "_taken") and _strip(found.get(name)) not in forms:
            raise UnreadableError(f"{name} in numpy isn't what it is of these columns")

    return values, found


def _write_table(domain: Domain) -> str:
    """What is due of columns of these kinds."""
    groups = "".join(
        f"    inside &= ((x[:, {[*group]}] == 1.0).sum(axis=1) == 1) "
        f"& ((x[:, {[*group]}] == 0.0).sum(axis=1) == {len(group) - 1})\n"
        for group in domain.groups
    )
    plain = all(not column.categories and column.fill is None for column in domain.columns)
    parts = ", ".join(_write_part(column, i) for i, column in enumerate(domain.columns))
    reading = _NUMBERS if plain else _COLUMNS.replace("PARTS", parts)

    return _TABLE.replace("    GROUPS\n", groups) + _write_indicators(domain.columns) + reading


def _write_indicators(columns: Sequence[Column]) -> str:
    """What is due of the functions that look categories up."""
    if not any(column.categories for column in columns):
        return ""
    values = [value for column in columns for value in column.lookup if value is not None]
    if all(isinstance(value, str) for value in values):
        return _INDICATORS.replace("KEYS", "given")
    before, codes, behind = _INDICATORS.replace("KEYS", "keys").partition("    codes =")

    return before + _NUMBER_KEYS + codes + behind + _SPELLED


def _write_part(column: Column, number: int) -> str:
    """How a column becomes coordinates."""
    given = f"columns[{number}], FEATURES[{number}]"
    if column.categories:
        missing, other = (-1 if k is None else k for k in (column.lookup.get(None), column.other))
        return f"_indicators({given}, _KNOWN_{number}, {missing}, {other}, {column.width})"
    if column.fill is None:
        return f"_numbers({given})[:, None]"
    return (
        f"np.nan_to_num(_numbers({given}), nan={column.fill!r}, posinf=np.inf, "
        "neginf=-np.inf)[:, None]"
    )


def _require_categories(values: Mapping[str, str], columns: Sequence[Column]) -> None:
    """UnreadableError where values of a column stand for other categories than theirs."""
    for i, column in enumerate(columns):
        known = {value: k for value, k in column.lookup.items() if value is not None}
        if column.categories and ast.literal_eval(values.get(f"_KNOWN_{i}", "None")) != known:
            raise UnreadableError(f"column {column.name!r} has other categories")


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
