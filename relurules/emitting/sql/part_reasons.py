"""Contributions and reasons of additive rules in SQL: what a part adds, less what it adds at the
reference.
"""

from dataclasses import dataclass

from relurules.emitting.line_explanation import LineExplanation, plan_line_explanation
from relurules.emitting.notation import join_terms
from relurules.emitting.sql.inputs import print_number
from relurules.emitting.sql.line_scope import LineScope
from relurules.emitting.sql.reasons import ReasonScope, print_by_side, quote_reason


@dataclass(frozen=True, kw_only=True)
class PartReasonScope(ReasonScope):
    """Parts, whose contributions are columns of a subquery; lines: of the SELECT around."""

    plan: LineExplanation
    lines: LineScope

    @property
    def width(self) -> int:
        """How many parts contribute."""
        return len(self.plan.table.parts)

    def print_contribution(self, score: int, i: int) -> str:
        """What the part adds to all that the score is of, less the same at the reference; NULL
        outside the domain.
        """
        table = self.plan.table
        terms = [
            (weight, self.lines.part(i, k))
            for k, weight in enumerate(table.forms[score].tolist())
            if weight and i in self.lines.adding[k]
        ]
        offset = float(table.offsets[score, i])
        text = join_terms(self.lines.features, terms)
        if offset:
            text += f" {'+' if offset < 0 else '-'} {print_number(abs(offset))}"

        return f"CASE WHEN {self.lines.test} THEN {text} END"

    def print_words(self, i: int) -> str:
        """What is said of a part, by its side where it is a column of numbers."""
        part, phrases = self.plan.table.parts[i], self.plan.phrases
        low, high = (quote_reason(phrases.phrase(1, i, side), self.dialect) for side in (0, 1))
        if not part.has_sides or low == high:
            return high
        return print_by_side(self.coordinates[part.at], part.reference, low, high)

    def floor(self, score: int) -> float:
        """What a contribution must be above to be a reason."""
        return self.plan.floors[score]


def make_part_reason_scope(lines: LineScope) -> PartReasonScope | None:
    """None where neither contributions nor reasons are asked for."""
    explained = plan_line_explanation(lines.request)
    if explained is None:
        return None

    return PartReasonScope(
        plan=explained,
        dialect=lines.dialect,
        prefix=lines.names.prefix,
        coordinates=lines.features.columns,
        lines=lines,
    )
