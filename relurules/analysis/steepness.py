"""How steep a score is at most: its Lipschitz constants."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from relurules.analysis.columns import list_columns
from relurules.analysis.jumps import describe_jumps_within
from relurules.analysis.line_steepness import answer_line_lipschitz
from relurules.analysis.plain_rows import RowClaim, choose_plain_rows, note_fractions
from relurules.analysis.question import Question, compose_notes, describe_conditions
from relurules.analysis.restricted import TableColumn
from relurules.analysis.restricted_lines import RestrictedLines
from relurules.analysis.slopes import list_leaves
from relurules.analysis.targets import ScoreTarget, find_target
from relurules.analysis.witnesses import make_witness, round_row
from relurules.ir.answers import Answer, Grid, Witness, format_number
from relurules.ir.network import Array


@dataclass(frozen=True, kw_only=True)
class SteepestSlopes:
    """Slopes of a score in n number columns, in R leaves.

    leaves: R of them; columns: n of them; own: (R, n) per unit; scale: (n,) the columns' units of
    distance.
    """

    leaves: Sequence[int]
    columns: Sequence[TableColumn]
    own: Array
    scale: Array

    @cached_property
    def steps(self) -> Array:
        """(R, n) slopes per unit of distance."""
        return self.own * self.scale

    @cached_property
    def norms(self) -> dict[str, Array]:
        """Distance -> (R,) how steep a leaf is: the dual norm of its slopes."""
        return {
            "l1": self.steps.max(axis=1, initial=0.0),
            "l2": np.linalg.norm(self.steps, axis=1),
            "linf": self.steps.sum(axis=1),
        }

    def find_steepest(self, distance: str) -> tuple[float, int]:
        """The constant for a distance, and the leaf that has it."""
        worst = int(np.argmax(self.norms[distance]))
        return float(self.norms[distance][worst]), self.leaves[worst]


def answer_lipschitz(asked: Question) -> Answer:
    """The steepest that a score is: in every number column, and in all of them together."""
    target = find_target(asked.ground, asked.output)
    if isinstance(asked.ground, RestrictedLines):
        return answer_line_lipschitz(asked, target, _explain_distances(asked))
    found = _measure_slopes(asked, target)
    what = target.score or target.name
    l1, l2, linf = (format_number(found.find_steepest(name)[0]) for name in found.norms)
    said = (
        f"The slope of {what} is at most {l1} per unit of l1 distance, {l2} of l2 and {linf} of "
        f"linf{describe_conditions(asked)}, columns in units of their widths."
    )
    shown = _find_steepest_row(asked, target, found)
    closing = (*_explain_distances(asked), *note_fractions(asked.ground, shown))
    text = compose_notes(asked, target, exact=True, closing=closing)

    return Answer(
        "lipschitz",
        said,
        None,
        _list_values(target, found),
        True,
        shown,
        (text[0], *text[2:]),
        _tabulate_columns(found),
    )


def _measure_slopes(asked: Question, target: ScoreTarget) -> SteepestSlopes:
    ground, leaves = asked.ground, list_leaves(asked)
    widths = ground.domain.widths
    columns = [c for c in list_columns(ground) if not c.categories and widths[c.at[0]] > 0]
    scale = [asked.scales.get(c.name, float(widths[c.at[0]])) for c in columns]

    return SteepestSlopes(
        leaves=leaves,
        columns=columns,
        own=np.abs(target.weights[leaves][:, [c.at[0] for c in columns]]),
        scale=np.array(scale),
    )


def _list_values(target: ScoreTarget, found: SteepestSlopes) -> dict[str, Any]:
    columns = {
        c.name: {
            "slope": float(found.own[:, i].max(initial=0.0)),
            "scale": float(found.scale[i]),
            "rule": found.leaves[int(np.argmax(found.own[:, i]))] + 1,
        }
        for i, c in enumerate(found.columns)
    }
    values: dict[str, Any] = {
        "output": target.name,
        "score": target.score or target.name,
        "columns": columns,
    }
    for name in found.norms:
        constant, leaf = found.find_steepest(name)
        values[name] = {"constant": constant, "rule": leaf + 1}

    return values


def _tabulate_columns(found: SteepestSlopes) -> Grid:
    rows = tuple(
        (
            c.name,
            format_number(found.own[:, i].max(initial=0.0)),
            format_number(found.scale[i]),
            format_number(found.steps[:, i].max(initial=0.0)),
        )
        for i, c in enumerate(found.columns)
    )
    return Grid(("column", "steepest per unit", "its width", "over its width, at most"), rows)


def _explain_distances(asked: Question) -> tuple[str, ...]:
    distances = (
        "Distances are sums (l1), Euclidean (l2) or the largest (linf) of the columns' changes, "
        "each in units of its width in the domain unless a scale is given; columns of categories "
        "don't move."
    )
    if asked.ground.continuous:
        return (distances,)

    return (
        distances,
        describe_jumps_within(asked.ground.rules),
    )


def _find_steepest_row(
    asked: Question, target: ScoreTarget, found: SteepestSlopes
) -> tuple[Witness, ...]:
    """A row of the steepest rule, none where rounding takes it out of the domain."""
    ground = asked.ground
    row = round_row(ground.domain, ground.rules.rules[found.find_steepest("linf")[1]].point)
    if not ground.domain.contains(row[None])[0]:
        return ()

    rule = ground.rules.apply(row[None])

    def value(rows: Array) -> Array:
        return np.asarray(1.0 if (ground.rules.apply(rows) == rule).all() else np.nan)

    plain = choose_plain_rows(ground, [ground.space], row[None], RowClaim(value=value, least=1.0))
    return (make_witness(ground, target, plain[0], "steepest (linf) around here"),)
