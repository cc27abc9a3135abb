"""What every column, or set of columns, adds to the scores of some rows."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.ir import AdditiveRules, RuleSet
from relurules.ir.network import Array
from relurules.reasons.contributions import build_contribution_table
from relurules.reasons.score_choice import ScoreView

if TYPE_CHECKING:
    import pandas

#: Rows that are looked at, evenly spread over the table, so that no seed is needed.
ROWS = 150


class ContributionSample(NamedTuple):
    """names: of the parts, those that spread most first; rows: (n,) numbers of rows from 0, among
    those that the rules say something of; points: (n, P), what parts add against the reference;
    places: (n, P), where the column's value lies among those of the rows, 0 to 1, NaN for
    categories and for sets of columns; by_rule: whether they add by the rule that applies.
    """

    part: str
    names: tuple[str, ...]
    rows: NDArray[np.intp]
    points: Array
    places: Array
    by_rule: bool = False

    def to_frame(self) -> "pandas.DataFrame":
        """A row each, with its number and a column for every part."""
        import pandas

        found = pandas.DataFrame(self.points, columns=list(self.names))
        found.insert(0, "row", self.rows, allow_duplicates=True)
        return found


class AddedParts(NamedTuple):
    """What parts of the rules add to the scores of rows. names: of the parts; points: (n, P);
    at: the coordinate of a part that is one column of numbers, None for others.
    """

    names: tuple[str, ...]
    points: Array
    at: tuple[int | None, ...]


def sample_contributions(
    rules: RuleSet | AdditiveRules, form: Array, X: Array, part: str
) -> ContributionSample | None:
    """Of rows in coordinates (N, d), to the sum `form`, (m,), of the scores; None without rows, and
    of rules that add nothing to scores: decisions, and those that no column moves.
    """
    if not len(X):
        return None
    rows = np.unique(np.linspace(0, len(X) - 1, ROWS).astype(np.intp))
    if isinstance(rules, AdditiveRules):
        added: AddedParts | None = _add_lines(rules, form, X[rows])
    else:
        added = _add_rules(rules, form, X[rows])
    if added is None or not added.names:
        return None
    order = np.argsort(-added.points.std(axis=0), kind="stable")
    places = np.full(added.points.shape, np.nan)
    for i, at in enumerate(added.at):
        if at is not None:
            places[:, i] = _rank(X[rows, at])

    return ContributionSample(
        part,
        tuple(added.names[i] for i in order),
        rows,
        added.points[:, order],
        places[:, order],
        isinstance(rules, RuleSet),
    )


def _add_lines(rules: AdditiveRules, form: Array, X: Array) -> AddedParts:
    domain = rules.domain
    return AddedParts(
        tuple(own.name for own in rules.parts),
        (rules.evaluate_parts(X) - rules.reference_parts) @ form,
        tuple(
            domain.places[own.columns[0]][0]
            if len(own.columns) == 1 and not domain.columns[own.columns[0]].categories
            else None
            for own in rules.parts
        ),
    )


def _add_rules(rules: RuleSet, form: Array, X: Array) -> AddedParts | None:
    """Column by column, in the rule that applies; None of decisions, which add nothing."""
    models = rules.local_models
    if models.classes:
        return None
    weights = np.einsum("s,rsd->rd", form, models.weights)
    view = ScoreView(weights, models.constants @ form, "")
    table = build_contribution_table(rules.domain, {"": view}, rules.reference)

    return AddedParts(
        tuple(column.name for column in table.columns),
        table.evaluate(rules.number_rows(X), X)[:, 0],
        tuple(None if column.is_category else column.at for column in table.columns),
    )


def _rank(values: Array) -> Array:
    """The share of the values that are smaller, and half of those that are as large."""
    ordered = np.sort(values)
    ends = np.searchsorted(ordered, values), np.searchsorted(ordered, values, side="right")
    return np.asarray((ends[0] + ends[1]) / 2 / len(values))
