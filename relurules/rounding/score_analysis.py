"""Bounds of scores on boxes of rows, kept: texts of several languages compute the same, and so do
those behind several links.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from relurules.rounding.analysis import ErrorAnalysis, RowInputs, Value
from relurules.rounding.expression import Expression, Literal
from relurules.rounding.floats import FloatFormat, round_up
from relurules.rounding.known_values import KnownValues, Node, list_parts
from relurules.rounding.link_errors import EndScores
from relurules.rounding.row_parts import RowPart
from relurules.rounding.shared_forms import SharedForms

#: Of so many different scores the last bounds are kept, where they aren't of more operations.
_MOST_KEPT, _MOST_NODES = 8, 2_000


class ScoreAnalysis:
    """Bounds of scores in one format, of any boxes of the columns of `inputs`."""

    def __init__(self, scores: Sequence[Expression], inputs: RowInputs, held: FloatFormat) -> None:
        self.inputs = inputs
        self._scores, self._format = scores, held
        self._known, self._shared = KnownValues[Value](), SharedForms()
        self._parts: dict[tuple[object, ...], RowPart] = {}

    def measure(self, rows: RowInputs) -> RowPart:
        """The scores on rows of a box, without a size; UnreadableError where nothing is known."""
        box = tuple(rows.spans.values())
        if box not in self._parts:
            self._parts[box] = self._measure_anew(rows)
        return self._parts[box]

    def _measure_anew(self, rows: RowInputs) -> RowPart:
        analysis = ErrorAnalysis(rows, self._format, self._known, self._shared)
        values = [analysis.analyse(score) for score in self._scores]
        errors = np.array([float(round_up(value.error)) for value in values])
        highs = np.array([float(round_up(value.reach.high)) for value in values])
        lows = -np.array([float(round_up(-value.reach.low)) for value in values])
        return RowPart(rows, EndScores(errors, lows, highs), [value.form for value in values], 0.0)


def recall_analysis(
    scores: Sequence[Expression], inputs: RowInputs, held: FloatFormat
) -> ScoreAnalysis:
    """The analysis of these scores, with what it knows of boxes from earlier calls."""
    nodes = list_nodes(scores)
    if len(nodes) > _MOST_NODES:
        return ScoreAnalysis(scores, inputs, held)
    kept = _keep_analyses((nodes, repr(inputs), held))
    return kept.setdefault("analysis", ScoreAnalysis(scores, inputs, held))


@lru_cache(maxsize=_MOST_KEPT)
def _keep_analyses(_key: tuple[object, ...]) -> dict[str, ScoreAnalysis]:
    """Where the analysis of a key is kept."""
    return {}


def list_nodes(scores: Sequence[Expression]) -> tuple[tuple[object, ...], ...]:
    """What expressions are: every different node once, behind those that it is made of, by their
    numbers; the scores' numbers last. The same of two texts just where they compute the same.
    """
    numbers: dict[int, int] = {}
    nodes: dict[tuple[object, ...], int] = {}
    stack: list[Node] = list(reversed(scores))
    while stack:
        one = stack[-1]
        unknown = [part for part in list_parts(one) if id(part) not in numbers]
        stack += reversed(unknown)
        if unknown:
            continue

        stack.pop()
        parts = tuple(numbers[id(part)] for part in list_parts(one))
        numbers[id(one)] = nodes.setdefault((_describe(one), *parts), len(nodes))

    return (*nodes, tuple(numbers[id(score)] for score in scores))


def _describe(node: Node) -> str:
    """What a node is, but for its parts."""
    if isinstance(node, Literal):
        return f"Literal {node.value.hex()}"  # which tells 0 from -0
    kind = type(node).__name__
    return f"{kind} {getattr(node, 'sign', '')}" if list_parts(node) else f"{kind} {node}"
