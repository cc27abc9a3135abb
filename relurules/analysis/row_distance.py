"""How far rows are from a given one."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from relurules.analysis.columns import list_columns
from relurules.analysis.line_goals import DistanceForms
from relurules.analysis.question import Question
from relurules.analysis.restricted import RestrictedScorer, TableColumn
from relurules.errors import DataError
from relurules.ir.network import Array


@dataclass(frozen=True, kw_only=True)
class RowDistance:
    """Distances from a row."""

    #: (d,) the row.
    x: Array
    #: (k, n + 1) of v: the number columns, in units of their scale.
    forms: Array
    #: (g, n + 1) of v: 1 where a column of categories differs from the row's.
    changed: Array
    #: Whether the columns' distances add up (l1), else the largest counts (linf).
    total: bool
    #: Names of the number columns.
    columns: tuple[str, ...]
    #: (k,) their scales.
    scales: Array

    def list_forms(self, ground: RestrictedScorer) -> DistanceForms:
        """The same as forms of a row's coordinates."""
        scales = np.zeros(len(ground.domain))
        numbers = {c.name: c.at[0] for c in list_columns(ground) if not c.categories}
        scales[[numbers[name] for name in self.columns]] = self.scales
        current = [
            g[int(np.argmax(self.x[list(g)]))]
            for g in ground.domain.groups
            if _find_changeable(ground, self.x)[list(g)].any()
        ]

        return DistanceForms(self.x, scales, tuple(current), self.total)

    def of(self, row: Array, ground: RestrictedScorer) -> float:
        """The distance of a row, (d,)."""
        numbers = [c for c in list_columns(ground) if not c.categories]
        at = {c.name: c.at[0] for c in numbers}
        steps = [
            abs(row[at[n]] - self.x[at[n]]) / s
            for n, s in zip(self.columns, self.scales, strict=True)
        ]
        steps += [float((row[list(g)] != self.x[list(g)]).any()) for g in ground.domain.groups]
        return float(sum(steps) if self.total else max(steps, default=0.0))


def make_row_distance(asked: Question, ground: RestrictedScorer, x: Array) -> RowDistance:
    """What distances from a row are measured by; DataError for an unknown one, or a scale that
    isn't above 0.
    """
    if asked.distance not in ("l1", "linf"):
        raise DataError(f"distance {asked.distance!r}; supported: l1, linf")

    space, full = ground.space, asked.rules.domain
    differs = _find_changeable(ground, x)
    moving = [c for c in list_columns(ground) if not c.categories and differs[c.at[0]]]
    scales = np.array([_find_column_scale(asked, c, float(full.widths[c.at[0]])) for c in moving])
    at = [c.at[0] for c in moving]
    forms = np.column_stack([space.spread[at], space.base[at] - x[at]]) / scales[:, None]
    own = [g[int(np.argmax(x[list(g)]))] for g in ground.domain.groups if differs[list(g)].any()]
    changed = np.column_stack([-space.spread[own], 1.0 - space.base[own]])

    return RowDistance(
        x=x,
        forms=forms,
        changed=changed,
        total=asked.distance == "l1",
        columns=tuple(c.name for c in moving),
        scales=scales,
    )


def _find_changeable(ground: RestrictedScorer, x: Array) -> NDArray[np.bool_]:
    """(d,) coordinates in which rows of the domain may differ from a row: those that move, and
    those that a condition holds at another value.
    """
    domain = ground.domain
    held = (x < domain.lower) | (x > domain.upper)
    return np.asarray(ground.space.spread.any(axis=1) | held)


def _find_column_scale(asked: Question, column: TableColumn, width: float) -> float:
    scale = float(asked.scales.get(column.name, width))
    if not 0.0 < scale < np.inf:
        raise DataError(f"column {column.name!r}: a scale of {scale:g}; supported: numbers above 0")
    return scale
