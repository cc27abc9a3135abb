"""Formulas of derived columns, worked out operator by operator: as numbers, or as nodes of a graph.

They stand in `relurules.domain.derivation.FUNCTIONS`, in the syntax of Python; no file gives any.
"""

import ast
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Generic, NamedTuple, TypeVar

Value = TypeVar("Value")

#: What formulas call; {log} and so on.
CALLS = ("log", "exp", "sqrt", "pow")
#: How operators of formulas are called where they are worked out.
_OPERATORS: Mapping[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.USub: "negative",
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.And: "and",
}  # fmt: skip
_PLAIN = {"and": "and", "eq": "==", **{name: name for name in (*CALLS, *"xyab")}}


class FormulaAlgebra(NamedTuple, Generic[Value]):
    """constant: of a number. apply: an operator or a function, `+`, `<=`, `and`, `negative`, `log`,
    of what it takes.
    """

    constant: Callable[[float], Value]
    apply: Callable[[str, Sequence[Value]], Value]


def evaluate_formula(
    formula: str, names: Mapping[str, Value], algebra: FormulaAlgebra[Value]
) -> Value:
    """A formula with placeholders as `DerivedFunction` has them; names: of x, y, a and b."""
    return _evaluate(_parse(formula), names, algebra)


@cache
def _parse(formula: str) -> ast.expr:
    return ast.parse(formula.format(**_PLAIN), mode="eval").body


def _evaluate(node: ast.expr, names: Mapping[str, Value], algebra: FormulaAlgebra[Value]) -> Value:
    if isinstance(node, ast.Constant) and isinstance(node.value, float):
        return algebra.constant(node.value)
    if isinstance(node, ast.Name):
        return names[node.id]

    operator, parts = _take_apart(node)
    if operator == "negative" and isinstance(parts[0], ast.Constant):
        return algebra.constant(-float(ast.literal_eval(parts[0])))
    return algebra.apply(operator, [_evaluate(part, names, algebra) for part in parts])


def _take_apart(node: ast.expr) -> tuple[str, Sequence[ast.expr]]:
    """An operator and what it takes; ValueError for anything that no formula is made of."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id, node.args
    if isinstance(node, ast.UnaryOp):
        return _OPERATORS[type(node.op)], [node.operand]
    if isinstance(node, ast.BinOp):
        return _OPERATORS[type(node.op)], [node.left, node.right]
    if isinstance(node, ast.BoolOp):
        return _OPERATORS[type(node.op)], node.values
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return _OPERATORS[type(node.ops[0])], [node.left, *node.comparators]
    raise ValueError(f"no formula has {ast.unparse(node)!r}")
