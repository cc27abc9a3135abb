"""Contributions and reasons as every language prints them: names, factors, texts."""

from dataclasses import dataclass

from relurules.emitting.request import EmitRequest, ScorerRequest
from relurules.errors import UnsupportedError
from relurules.reasons.contributions import ContributionTable, build_contribution_table
from relurules.reasons.ranking import SMALLEST, SPLIT, list_scales
from relurules.reasons.reason_texts import ReasonPhrases, plan_phrases
from relurules.reasons.score_choice import list_views
from relurules.wording.references import describe_reference

#: Columns that may be asked for, beside what a row is scored by.
EXPLAINED_COLUMNS = ("contributions", "reasons")


@dataclass(frozen=True, kw_only=True, eq=False)
class ContributionPlan:
    """What is printed of V scores and n columns."""

    #: What columns add.
    table: ContributionTable
    #: The words of reasons.
    phrases: ReasonPhrases
    #: Names of V * n results, () where they aren't asked for.
    contributions: tuple[str, ...]
    #: Names of V * count results, () where they aren't asked for.
    reasons: tuple[str, ...]
    #: What the V scores are, in words.
    scores: tuple[str, ...]
    #: (n,) that rounded contributions are multiplied with.
    scales: tuple[float, ...]
    #: What rounds them.
    split: float = SPLIT
    #: The share of the largest that a reason must have.
    smallest: float = SMALLEST

    @property
    def names(self) -> tuple[str, ...]:
        """All results, score by score where they are several."""
        return (*self.contributions, *self.reasons)

    @property
    def views(self) -> int:
        """How many scores are taken apart."""
        return len(self.table.labels)

    @property
    def count(self) -> int:
        """How many reasons a score has at most."""
        return len(self.reasons) // self.views


def is_explanation_wanted(request: ScorerRequest) -> bool:
    """Whether contributions or reasons are asked for."""
    return bool({*EXPLAINED_COLUMNS} & {*request.columns})


def plan_contributions(request: EmitRequest) -> ContributionPlan | None:
    """None where none are asked for; UnsupportedError where there is nothing to explain."""
    if not is_explanation_wanted(request):
        return None

    rules, options = request.rules, request.reasons
    views = list_views(rules.local_models)
    table = build_contribution_table(rules.domain, views, rules.reference)
    if not table.columns:
        raise UnsupportedError(
            "columns 'contributions' and 'reasons': no score depends on any column; leave them out"
        )

    labels = ["" if len(views) == 1 else f"{output}_" for output in views]
    count = min(options.count, len(table.columns))
    return ContributionPlan(
        table=table,
        phrases=plan_phrases(rules, table, options),
        contributions=tuple(
            f"contribution_{label}{column.name}" for label in labels for column in table.columns
        )
        if "contributions" in request.columns
        else (),
        reasons=tuple(f"reason_{label}{i + 1}" for label in labels for i in range(count))
        if "reasons" in request.columns
        else (),
        scores=tuple(view.label for view in views.values()),
        scales=tuple(list_scales(len(table.columns), options.direction)),
    )


def describe_explanation(request: EmitRequest, plan: ContributionPlan) -> list[str]:
    """Lines for a head: of which score, against what, and which side is adverse."""
    reference, domain = request.rules.reference, request.rules.domain
    read = {i for column in plan.table.columns for i in range(column.at, column.at + column.width)}
    # As exact as the code itself: these are the numbers that it subtracts.
    listed = ", ".join(f"{domain.names[i]} = {float(reference.values[i])!r}" for i in sorted(read))
    lines = [
        f"Contributions to {', '.join(plan.scores)}: a column's coefficient in the rule, times its "
        "value less that of the reference.",
        f"Reference: {describe_reference(reference)}: {listed}.",
    ]

    if plan.reasons:
        lines.append(
            f"Reasons: at most {plan.count} columns that make the score "
            f"{request.reasons.direction} than the reference's, the largest first."
        )
    return lines
