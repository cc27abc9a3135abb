"""Numpy: the function that makes outputs of scores."""

import ast
from collections.abc import Mapping

from relurules.links.heads import Head
from relurules.links.sources import FUNCTIONS
from relurules.links.table import LINKS
from relurules.rounding.expression import UnreadableError
from relurules.rounding.python_names import list_arguments

_UNREAD = "the function of its links isn't read"


def is_numpy_output(text: str, head: Head, at: int) -> bool:
    """Whether a module gives its output of that number by a head's link, which is defined once, as
    is known. UnreadableError where outputs aren't read.
    """
    functions = [one for one in ast.parse(text).body if isinstance(one, ast.FunctionDef)]
    outputs = _list_outputs(functions)
    if at >= len(outputs) or outputs[at] != _print_output(head):
        return False

    known = FUNCTIONS[head.link].numpy
    found = [ast.unparse(one) for one in functions if one.name == known.name]
    return found == ([ast.unparse(ast.parse(known.source))] if known.source else [])


def _list_outputs(functions: list[ast.FunctionDef]) -> list[str]:
    """What every output is of `s`, the scores of all rows, as text."""
    linked = next((one for one in functions if one.name == "_linked"), None)
    if list_arguments(linked) != ["s"] or linked is None:
        raise UnreadableError(_UNREAD)
    shared = dict[str, ast.expr]()
    for one in linked.body:
        match one:
            case ast.Expr(value=ast.Constant()):
                continue
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name not in {
                "s",
                "np",
                *shared,
            }:
                shared[name] = _fill_names(value, shared)
            case ast.Return(value=ast.Call(func=called, args=[ast.List(elts=outputs)])) if (
                ast.unparse(called) == "np.column_stack"
            ):
                return [ast.unparse(_fill_names(output, shared)) for output in outputs]
            case _:
                break

    raise UnreadableError(_UNREAD)


def _fill_names(value: ast.expr, shared: Mapping[str, ast.expr]) -> ast.expr:
    """An expression in which names are what they stand for."""

    class Filling(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return shared.get(node.id, node)

    filled = Filling().visit(value)
    assert isinstance(filled, ast.expr)  # noqa: S101  # as what it was made of
    return filled


def _print_output(head: Head) -> str:
    if head.link == "identity":
        return f"s[:, {head.scores[0]}]"
    name = FUNCTIONS[head.link].numpy.name
    if not LINKS[head.link].joint:
        return f"{name}(s[:, {head.scores[0]}])"
    return f"{name}(s[:, {list(head.scores)}])[:, {head.component}]"
