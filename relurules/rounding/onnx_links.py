"""ONNX: the operators of links, which must be as they are due, and the scores behind them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from relurules.links.heads import Head
from relurules.rounding.expression import Expression, UnreadableError

#: An operator and its inputs, a number, or "s": the scores of a link.
Pattern = tuple[Any, ...] | float | str

_POWER = ("Exp", ("Neg", ("Abs", "s")))
_SHIFTED = ("Sub", "s", ("ReduceMax", "s"))
_HALF_TANH = ("Tanh", ("Mul", "s", 0.5))
_MORE = ("Add", 1.0, _POWER)
_LOG = ("Div", ("Mul", _POWER, ("Log", _MORE)), ("Sub", _MORE, 1.0))
#: Link -> what is due.
_LINKS: Mapping[str, Pattern] = {
    "sigmoid": ("Div", ("Where", ("GreaterOrEqual", "s", 0.0), 1.0, _POWER), _MORE),
    "complement": ("Div", ("Where", ("Less", "s", 0.0), 1.0, _POWER), _MORE),
    "exp": ("Exp", "s"),
    "expm1": (
        "Where",
        ("Less", ("Abs", "s"), 1.0),
        ("Div", ("Add", _HALF_TANH, _HALF_TANH), ("Sub", 1.0, _HALF_TANH)),
        ("Sub", ("Exp", "s"), 1.0),
    ),
    "softplus": (
        "Add",
        ("Where", ("Greater", "s", 0.0), "s", 0.0),
        ("Where", ("Equal", _MORE, 1.0), _POWER, _LOG),
    ),
    "tanh": ("Tanh", "s"),
    "logit": ("Log", ("Div", "s", ("Sub", 1.0, "s"))),
    "softmax": ("Div", ("Exp", _SHIFTED), ("ReduceSum", ("Exp", _SHIFTED))),
    "log_softmax": ("Sub", _SHIFTED, ("Log", ("ReduceSum", ("Exp", _SHIFTED)))),
}
#: Operator -> its attributes.
_ATTRIBUTES: Mapping[str, Mapping[str, Any]] = {
    "ReduceMax": {"axes": [1], "keepdims": 1},
    "ReduceSum": {"keepdims": 1},
}
#: Types of attributes, by their numbers in ONNX.
_INT, _INTS = 2, 7
#: The constant second input of a sum along rows: of int64.
_AXIS = [1]


class LinkReader:
    """The links of a graph. nodes: by the name of their one output; constants: by name."""

    def __init__(self, nodes: Mapping[str, Any], constants: Mapping[str, Any]) -> None:
        self._nodes, self._constants = nodes, constants

    def find_scores(self, output: str, head: Head) -> str | None:
        """The name of the scores behind an output, in the order of the head; None for a link that
        isn't read. UnreadableError where its operators aren't as they are due.
        """
        name = self._strip(output)
        if head.link == "identity":
            return name
        if head.link not in _LINKS:
            return None
        if len(head.scores) > 1:
            name = self._take_column(name, head.component)
        bound = list[str]()
        if not self._matches(_LINKS[head.link], name, bound):
            raise UnreadableError(f"the operators of {head.link} aren't as they are known")

        return bound[0]

    def _strip(self, name: str) -> str:
        """What is behind other names of a value, and numbers that some rows don't have."""
        while (node := self._nodes.get(name)) is not None and not node.domain:
            if node.op_type == "Identity":
                name = node.input[0]
            elif node.op_type == "Where" and self._is_number(node.input[2], np.nan):
                name = node.input[1]
            else:
                break

        return name

    def _take_column(self, name: str, component: int) -> str:
        """The shares of which a column is taken."""
        node = self._nodes.get(name)
        at = None if node is None else self._constants.get(list(node.input)[-1])
        if (
            node is None
            or node.op_type != "Gather"
            or _list_attributes(node) != {"axis": 1}
            or at is None
            or np.ravel(at).tolist() != [component]
        ):
            raise UnreadableError("a share is taken another way")

        return self._strip(node.input[0])

    def _matches(self, due: Pattern, name: str, bound: list[str]) -> bool:
        """bound: the scores, once they are met."""
        if isinstance(due, str):
            if not bound:
                bound.append(name)
            return bound[0] == name
        if isinstance(due, float):
            return self._is_number(name, due)

        node = self._nodes.get(name)
        operator, *parts = due
        if node is None or node.domain or node.op_type != operator:
            return False
        given = list(node.input)
        if operator == "ReduceSum":
            axis = self._constants.get(given.pop())
            if axis is None or axis.dtype != np.int64 or axis.tolist() != _AXIS:
                return False
        if _list_attributes(node) != _ATTRIBUTES.get(operator, {}) or len(given) != len(parts):
            return False

        return all(self._matches(*pair, bound) for pair in zip(parts, given, strict=True))

    def _is_number(self, name: str, due: float) -> bool:
        value = self._constants.get(name)
        if value is None or value.dtype != np.float64 or value.size != 1:
            return False
        return bool(np.array_equal(value.ravel(), [due], equal_nan=True))


def _list_attributes(node: Any) -> dict[str, Any]:
    """Whole numbers, and lists of them; None for all else, which no operator here has."""

    def read(one: Any) -> Any:
        if one.type == _INT:
            return one.i
        return list(one.ints) if one.type == _INTS else None

    return {one.name: read(one) for one in node.attribute}


def join_scores(
    found: Sequence[tuple[Head, Sequence[Expression]]], count: int
) -> Sequence[Expression]:
    """Every score, which is the same behind all outputs that are made of it."""
    scores = dict[int, Expression]()
    for head, own in found:
        if len(own) != len(head.scores):
            raise UnreadableError("a link is of other scores")
        for i, score in zip(head.scores, own, strict=True):
            if scores.setdefault(i, score) != score:
                raise UnreadableError(f"score {i} is computed in several ways")
    if len(scores) < count:
        raise UnreadableError("a score is behind links alone whose operators aren't read")

    return [scores[i] for i in range(count)]
