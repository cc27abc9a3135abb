"""Values of expressions that have been worked out, for rows of several boxes: an expression has the
same value in all boxes whose columns that it reads are the same.
"""

from collections.abc import Sequence
from typing import Generic, TypeVar

from relurules.rounding.expression import (
    Choice,
    ColumnValue,
    Comparison,
    Expression,
    Junction,
    NumberList,
    Operation,
    Test,
)
from relurules.rounding.forms import Block

V = TypeVar("V")
Node = Expression | Test


class KnownValues(Generic[V]):
    """Of one format, and of rows that differ in nothing but their blocks."""

    def __init__(self) -> None:
        self._columns: dict[int, tuple[Node, frozenset[int]]] = {}
        self._values: dict[tuple[int, ...], tuple[Sequence[Block], V]] = {}

    def make_key(self, expression: Expression, blocks: Sequence[Block]) -> tuple[int, ...]:
        """What an expression's value on rows of these blocks is known by."""
        entry = self._columns.get(id(expression))
        columns = self._find_columns(expression) if entry is None else entry[1]
        return (id(expression), *(id(blocks[column]) for column in columns))

    def find_value(self, key: tuple[int, ...]) -> V | None:
        """The value, None where it isn't known yet."""
        found = self._values.get(key)
        return None if found is None else found[1]

    def add_value(self, key: tuple[int, ...], blocks: Sequence[Block], value: V) -> None:
        """Keep a value, with the blocks that the key tells apart."""
        self._values[key] = (blocks, value)

    def _find_columns(self, expression: Node) -> frozenset[int]:
        """The columns that an expression reads, those of its tests among them."""
        stack = [expression]
        while stack:
            one = stack[-1]
            parts = () if id(one) in self._columns else list_parts(one)
            unknown = [part for part in parts if id(part) not in self._columns]
            stack += unknown
            if unknown:
                continue

            stack.pop()
            if id(one) not in self._columns:
                own = frozenset({one.column} if isinstance(one, ColumnValue) else ())
                read = own.union(*(self._columns[id(part)][1] for part in parts))
                self._columns[id(one)] = (one, read)

        return self._columns[id(expression)][1]


def list_parts(node: Node) -> Sequence[Node]:
    """The nodes that one is made of."""
    if isinstance(node, Operation):
        return node.operands
    if isinstance(node, Choice):
        return (node.test, node.then, node.otherwise)
    if isinstance(node, Comparison):
        return (node.left, node.right)
    if isinstance(node, Junction):
        return node.tests
    if isinstance(node, NumberList):
        return node.entries
    return ()
