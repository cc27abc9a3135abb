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
    aliases: dict[str, str] = {}

    def hide(match: re.Match[str]) -> str:
        alias = f"_q{len(aliases)}_"
        aliases[alias] = match.group(1)
        return alias

    quoted = re.sub(r"`([^`]*)`", hide, text)
    try:
        tree = ast.parse(quoted.strip(), mode="eval").body
    except (SyntaxError, ValueError) as error:
        raise DomainError(f"constraint {text!r} can't be read; supported: {SUPPORTED}") from error
    if not isinstance(tree, ast.Compare) or len(tree.ops) != 1 or not isinstance(tree.ops[0], ast.LtE | ast.GtE):
        raise DomainError(f"constraint {text!r} is no single <= or >=; supported: {SUPPORTED}")
    reader = _Reader(text, {**{name: name for name in names}, **aliases}, names)
    left, right = reader.read(tree.left), reader.read(tree.comparators[0])
    if isinstance(tree.ops[0], ast.GtE):
        left, right = right, left
    difference = _add(left, right, -1.0)
    bound = -difference.pop(None, 0.0) + 0.0
    coefficients = {name: value for name, value in difference.items() if name is not None and value != 0.0}
    if not coefficients:
        raise DomainError(f"constraint {text!r} names no column")
    return coefficients, bound


class _Reader:
    """Walks the parsed expression; every node that isn't linear arithmetic is refused."""

    def __init__(self, text: str, columns: Mapping[str, str], names: Sequence[str]) -> None:
        self.text, self.columns, self.names = text, columns, set(names)

    def read(self, node: ast.expr) -> Linear:
        match node:
            case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
                return {None: float(value)}
            case ast.Name(id=name):
                return {self._column(name): 1.0}
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return _add({}, self.read(operand), -1.0)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.read(operand)
            case ast.BinOp(left=left, op=op, right=right):
                return self._binary(self.read(left), op, self.read(right))
        raise self._refused(ast.unparse(node))

    def _binary(self, left: Linear, op: ast.operator, right: Linear) -> Linear:
        match op:
            case ast.Add():
                return _add(left, right, 1.0)
            case ast.Sub():
                return _add(left, right, -1.0)
            case ast.Mult() if set(left) <= {None}:
                return _add({}, right, left.get(None, 0.0))
            case ast.Mult() if set(right) <= {None}:
                return _add({}, left, right.get(None, 0.0))
            case ast.Div() if set(right) <= {None} and right.get(None):
                return _add({}, left, 1.0 / right[None])
        raise self._refused("a product of columns, or a division by a column or by zero")

    def _column(self, name: str) -> str:
        column = self.columns.get(name, name)
        if column not in self.names:
            known = ", ".join(sorted(self.names)[:8])
            raise DomainError(f"constraint {self.text!r} names {column!r}, which is no column; columns: {known}")
        return column

    def _refused(self, what: str) -> DomainError:
        return DomainError(f"constraint {self.text!r} holds {what}; supported: {SUPPORTED}")


def _add(left: Linear, right: Linear, factor: float) -> Linear:
    total = dict(left)
    for name, value in right.items():
        total[name] = total.get(name, 0.0) + factor * value
    return total
