"""What templates of languages with functions need to print contributions and reasons."""

from dataclasses import dataclass

from relurules.emitting.contribution_plan import (
    ContributionPlan,
    describe_explanation,
    plan_contributions,
)
from relurules.emitting.expressions import ColumnRead
from relurules.emitting.request import EmitRequest
from relurules.files.templates import flatten_text


@dataclass(frozen=True, kw_only=True)
class ExplainedRead:
    """A column that contributes."""

    #: How it is read.
    read: ColumnRead
    #: Its first coordinate.
    at: int
    #: Its first factor.
    start: int
    #: How many it has of either.
    width: int
    #: Of a number; None for a category.
    reference: float | None


@dataclass(frozen=True, kw_only=True)
class ExplanationPlan:
    """What is printed of V scores, n columns and R rules."""

    #: Names, texts, scales.
    plan: ContributionPlan
    #: Lines of the head.
    said: list[str]
    #: The n columns.
    reads: list[ExplainedRead]
    #: Factors of a score, W.
    width: int
    #: (R, V * W).
    factors: list[list[float]]

    def place(self, view: int, column: int) -> int:
        """Where the factors of a column start in those of a rule."""
        return view * self.width + self.reads[column].start


def plan_explanation(request: EmitRequest, reads: list[ColumnRead]) -> ExplanationPlan | None:
    """None where neither contributions nor reasons are asked for. reads: of all columns."""
    plan = plan_contributions(request)
    if plan is None:
        return None

    table = plan.table
    return ExplanationPlan(
        plan=plan,
        said=[flatten_text(line) for line in describe_explanation(request, plan)],
        reads=[
            ExplainedRead(
                read=reads[column.place],
                at=column.at,
                start=column.start,
                width=column.width,
                reference=None if column.is_category else column.reference,
            )
            for column in table.columns
        ],
        width=table.factors.shape[2],
        factors=table.factors.reshape(len(table.factors), -1).tolist(),
    )
