"""Reads "a + 2*b <= 1" into coefficients, without ever evaluating what a user typed."""

import ast
import re
from collections.abc import Mapping, Sequence

from relurules.errors import DomainError

#: Coefficient of each column, and the constant under the key None.
Linear = dict[str | None, float]

SUPPORTED = "sums of columns times numbers on both sides of <= or >=; quote a name as `mean radius`"


def parse_inequality(text: str, names: Sequence[str]) -> tuple[dict[str, float], float]:
    """Return (coefficients, bound) of the inequality, as sum of coefficients[name] * name <= bound.

    Raises DomainError where the text isn't a linear inequality over `names`.
    """
    if not isinstance(text, str):
        raise DomainError(f"a constraint must be text such as 'a + 2*b <= 1', found {text!r}")

    try:
        return _parse_text(text, names)
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError) as error:
        if isinstance(error, DomainError):
            raise
        raise DomainError(
            f"constraint {text[:200]!r} can't be read; supported: {SUPPORTED}"
        ) from error


def _parse_text(text: str, names: Sequence[str]) -> tuple[dict[str, float], float]:
    quote = "q"
    while quote in text or any(quote in name for name in names):
        quote += "q"

    aliases: dict[str, str] = {}

    def hide(match: re.Match[str]) -> str:
        alias = f"{quote}{len(aliases)}"
        aliases[alias] = match.group(1).replace("``", "`")
        return alias

    tree = ast.parse(re.sub(r"`((?:[^`]|``)*)`", hide, text).strip(), mode="eval").body
    if (
        not isinstance(tree, ast.Compare)
        or len(tree.ops) != 1
        or not isinstance(tree.ops[0], ast.LtE | ast.GtE)
    ):
        raise DomainError(f"constraint {text!r} is no single <= or >=; supported: {SUPPORTED}")

    reader = _InequalityReader(text, {**{name: name for name in names}, **aliases}, names)
    difference: Linear = {}
    sign = 1.0 if isinstance(tree.ops[0], ast.LtE) else -1.0
    reader.add(difference, tree.left, sign)
    reader.add(difference, tree.comparators[0], -sign)
    bound = -difference.pop(None, 0.0) + 0.0
    coefficients = {
        name: value for name, value in difference.items() if name is not None and value != 0.0
    }

    if not coefficients:
        raise DomainError(f"constraint {text!r} names no column")
    return coefficients, bound


def quote_column(name: str) -> str:
    """A column's name as an inequality holds any; a backtick in it is written twice."""
    return "`" + name.replace("`", "``") + "`"


class _InequalityReader:
    """Walks the parsed expression; every node that isn't linear arithmetic is refused."""

    def __init__(self, text: str, columns: Mapping[str, str], names: Sequence[str]) -> None:
        self.text, self.columns, self.names = text, columns, set(names)

    def add(self, total: Linear, expression: ast.expr, factor: float) -> None:
        """Add factor * expression to `total`; sums of any length are walked without recursion."""
        stack = [(expression, factor)]
        while stack:
            node, sign = stack.pop()
            match node:
                case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as op, right=right):
                    stack += [(right, sign if isinstance(op, ast.Add) else -sign), (left, sign)]
                case ast.UnaryOp(op=ast.USub() | ast.UAdd() as op, operand=operand):
                    stack.append((operand, sign if isinstance(op, ast.UAdd) else -sign))
                case _:
                    for name, value in self._term(node).items():
                        total[name] = total.get(name, 0.0) + sign * value

    def _term(self, node: ast.expr) -> Linear:
        match node:
            case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
                return {None: float(value)}
            case ast.Name(id=name):
                return {self._column(name): 1.0}
            case ast.BinOp(left=left, op=op, right=right):
                return self._product(self._sum(left), op, self._sum(right))
        raise self._refused(ast.unparse(node))

    def _sum(self, node: ast.expr) -> Linear:
        total: Linear = {}
        self.add(total, node, 1.0)
        return total

    def _product(self, left: Linear, op: ast.operator, right: Linear) -> Linear:
        if isinstance(op, ast.Div) and set(right) <= {None} and right.get(None):
            return {name: value / right[None] for name, value in left.items()}
        if isinstance(op, ast.Mult) and set(left) <= {None}:
            left, right = right, left
        if isinstance(op, ast.Mult) and set(right) <= {None}:
            return {name: value * right.get(None, 0.0) for name, value in left.items()}
        raise self._refused("a product of columns, or a division by a column or by zero")

    def _column(self, name: str) -> str:
        column = self.columns.get(name, name)
        if column not in self.names:
            known = ", ".join(sorted(self.names)[:8])
            raise DomainError(
                f"constraint {self.text!r} names {column!r}, which is no column; columns: {known}"
            )
        return column

    def _refused(self, what: str) -> DomainError:
        return DomainError(f"constraint {self.text!r} holds {what}; supported: {SUPPORTED}")
