"""What every part of additive rules adds to a score beside what it adds at the reference, as all
languages compute it: what the part adds, as one number for every score, and one subtraction.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from relurules.ir import AdditiveRules
from relurules.ir.network import Array
from relurules.ir.reference import ReferenceRow
from relurules.ir.score_parts import ScorePart
from relurules.reasons.score_choice import ScoreForm

#: What is smaller than this share of the largest terms at the reference is their rounding, which
#: differs from engine to engine, and no reason.
_ROUNDING = 2.0**-40


@dataclass(frozen=True, kw_only=True)
class ExplainedPart:
    """A column, a pair of columns or a larger set, as reasons speak of it."""

    #: Among the parts of the rules.
    place: int
    #: Of the part: that of its column, or those of all joined by ` & `.
    name: str
    #: Names of its columns in the table.
    columns: tuple[str, ...]
    #: The one coordinate of a column of numbers; of anything else -1.
    at: int
    #: Of a column of numbers; 0 for anything else.
    reference: float

    @property
    def has_sides(self) -> bool:
        """Whether it is low (below the reference) or high: a column of numbers is."""
        return self.at >= 0


@dataclass(frozen=True, kw_only=True, eq=False)
class PartContributionTable:
    """parts: P of them, in the order of the rules; labels: outputs that the V scores are of; forms:
    (V, m) what each is of the m scores; offsets: (V, P) what parts add at the reference, 0 without
    one; floors: (V,) what a contribution must be above to be a reason.
    """

    rules: AdditiveRules
    parts: tuple[ExplainedPart, ...]
    labels: tuple[str, ...]
    forms: Array
    offsets: Array
    floors: Array

    def evaluate(self, X: Array) -> Array:
        """(N, d) rows of the domain, in coordinates -> (N, V, P); the sum, and `bases`, are the
        scores.
        """
        added = self.rules.evaluate_parts(X) @ self.forms.T
        return np.asarray(added.transpose(0, 2, 1) - self.offsets)

    @property
    def bases(self) -> Array:
        """(V,) the scores of the reference; without one, the constants."""
        return np.asarray(self.forms @ self.rules.base.constants + self.offsets.sum(axis=1))


def find_part_side(part: ExplainedPart, x: Array) -> int:
    """Of a row in coordinates, (d,): 0 where the column is below the reference, else 1; what has no
    sides is 1.
    """
    return int(not part.has_sides or not x[part.at] < part.reference)


def build_part_table(
    rules: AdditiveRules, forms: Mapping[str, ScoreForm], reference: ReferenceRow | None
) -> PartContributionTable:
    """The parts as reasons speak of them. forms: output -> its score, see `list_forms`; reference:
    None for what parts add as they stand.
    """
    stacked = np.stack([form.weights for form in forms.values()])
    offsets = np.zeros((len(stacked), len(rules.parts)))
    sizes = np.zeros(len(stacked))
    values = np.zeros(len(rules.domain.names))
    if reference is not None:
        values = reference.values
        offsets = stacked @ rules.evaluate_parts(values[None])[0].T
        sizes = np.abs(stacked) @ _measure_terms(rules, values)

    return PartContributionTable(
        rules=rules,
        parts=tuple(_describe_part(rules, i, part, values) for i, part in enumerate(rules.parts)),
        labels=tuple(forms),
        forms=stacked,
        offsets=offsets + 0.0,
        floors=_ROUNDING * sizes,
    )


def _describe_part(rules: AdditiveRules, i: int, part: ScorePart, values: Array) -> ExplainedPart:
    columns = [rules.domain.columns[k] for k in part.columns]
    is_number = len(columns) == 1 and not columns[0].categories
    at = int(part.coordinates[0]) if is_number else -1
    return ExplainedPart(
        place=i,
        name=part.name,
        columns=tuple(column.name for column in columns),
        at=at,
        reference=float(values[at]) if is_number else 0.0,
    )


def _measure_terms(rules: AdditiveRules, x: Array) -> Array:
    """(m,) the largest sum of absolute terms that any part has at x, (d,)."""
    far = np.abs(x)
    lines = np.abs(rules.slopes) * (np.abs(rules.normals) @ far + np.abs(rules.bounds))[:, None]
    groups = [
        np.abs(maps.weights) @ far + np.abs(maps.constants)
        for maps in (group.rules.maps for group in rules.groups)
    ]
    sizes = [
        np.abs(part.weights) @ far[part.coordinates]
        + lines[part.lines].sum(axis=0)
        + sum(groups[k].max(axis=0) for k in part.groups)
        for part in rules.parts
    ]

    return np.max(sizes, axis=0, initial=0.0) if sizes else np.zeros(rules.score_count)
