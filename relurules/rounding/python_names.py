"""Modules of Python whose names stand for one thing each, and that do nothing where functions are
defined.
"""

import ast
import builtins
from collections import Counter
from collections.abc import Iterator

from relurules.rounding.expression import UnreadableError

_LATE = "from __future__ import annotations"


def parse_module(text: str) -> ast.Module:
    """A module. UnreadableError for what is no Python, or where a name may stand for something
    else than what is read: names given twice, or to what Python calls by them; values of arguments
    that are computed; annotations that are.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        raise UnreadableError("it is no Python") from error

    counted = Counter(name for one in tree.body for name in _list_given(one))
    twice = [name for name, count in counted.items() if count > 1 or hasattr(builtins, name)]
    if twice:
        raise UnreadableError(f"the name {twice[0]!r} stands for two things")
    if _LATE not in map(ast.unparse, tree.body):
        raise UnreadableError("annotations are computed where a function is defined")
    for one in ast.walk(tree):
        _require_plain(one)

    return tree


def list_arguments(function: ast.FunctionDef | None) -> list[str]:
    """The names of all arguments of a function; none of none."""
    if function is None:
        return []
    return [one.arg for one in ast.walk(function.args) if isinstance(one, ast.arg)]


def _list_given(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement of a module gives to something."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield statement.name
        return
    for one in ast.walk(statement):
        if isinstance(one, ast.Name) and not isinstance(one.ctx, ast.Load):
            yield one.id
        elif isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield one.name
        elif isinstance(one, ast.alias):
            yield one.asname or one.name.partition(".")[0]


def _require_plain(one: ast.AST) -> None:
    if isinstance(one, ast.NamedExpr | ast.Global | ast.Nonlocal):
        raise UnreadableError(f"a {type(one).__name__} isn't followed")
    if isinstance(one, ast.FunctionDef) and one.decorator_list:
        raise UnreadableError(f"the function {one.name!r} is decorated")
    if not isinstance(one, ast.arguments):
        return
    for value in (*one.defaults, *one.kw_defaults):
        if value is not None and any(isinstance(each, ast.Call) for each in ast.walk(value)):
            raise UnreadableError("values of arguments are computed")
