"""Rows of expressions: what products of matrices and the operations between them compute, entry by
entry, whatever order their sums come in.
"""

from collections.abc import Sequence

from relurules.ir.network import Array
from relurules.rounding.expression import Expression, Literal, Operation, UnreadableError

#: One expression for every column of a matrix.
Vector = Sequence[Expression]


def multiply_matrix(values: Vector, matrix: Array) -> list[Expression]:
    """(n,) times (n, k); weights of 0 add exactly."""
    if matrix.ndim != 2 or len(matrix) != len(values):
        raise UnreadableError("arrays don't fit together")
    return [multiply(own, values) for own in matrix.T.tolist()]


def multiply(weights: Sequence[float], values: Vector) -> Expression:
    """One entry of a product of matrices."""
    pairs = zip(weights, values, strict=True)
    terms = [Operation("*", (Literal(weight), value)) for weight, value in pairs if weight]
    return Operation("sum", tuple(terms)) if terms else Literal(0.0)


def combine(sign: str, one: Vector, other: Vector) -> list[Expression]:
    """An operation of two, entry by entry; a single entry stands for all."""
    count = max(len(one), len(other))
    if not {len(one), len(other)} <= {1, count}:
        raise UnreadableError("arrays don't fit together")
    left, right = (list(each) * (count // len(each)) for each in (one, other))

    return [Operation(sign, pair) for pair in zip(left, right, strict=True)]


def join_sums(one: Vector, other: Vector) -> list[Expression]:
    """Sums of two, in any order of all that they are sums of."""
    found = list[Expression]()
    for added in combine("+", one, other):
        assert isinstance(added, Operation)  # noqa: S101  # it was made there
        terms = [
            term
            for each in added.operands
            for term in (
                each.operands if isinstance(each, Operation) and each.sign == "sum" else (each,)
            )
            if term != Literal(0.0)
        ]
        found.append(Operation("sum", tuple(terms)) if terms else Literal(0.0))

    return found


def list_literals(numbers: Array) -> list[Expression]:
    """(n,) or (1, n) numbers, or a single one."""
    if numbers.ndim > 2 or (numbers.ndim == 2 and len(numbers) != 1):
        raise UnreadableError("a table stands where a row is due")
    return [Literal(float(number)) for number in numbers.ravel().tolist()]
