"""Contributions and reasons of additive rules, as every language prints them."""

from dataclasses import dataclass

from relurules.emitting.contribution_plan import is_explanation_wanted
from relurules.emitting.notation import Notation, join_terms
from relurules.emitting.plan import print_signed
from relurules.emitting.request import LineRequest
from relurules.errors import UnsupportedError
from relurules.reasons.part_contributions import PartContributionTable, build_part_table
from relurules.reasons.ranking import SMALLEST, SPLIT, list_scales
from relurules.reasons.reason_texts import ReasonPhrases, plan_part_phrases
from relurules.reasons.score_choice import list_forms
from relurules.statistics.additive_statistics import describe_scores
from relurules.wording.references import describe_reference


@dataclass(frozen=True, kw_only=True, eq=False)
class LineExplanation:
    """What is printed of V scores and P parts."""

    #: What parts add.
    table: PartContributionTable
    #: The words of reasons.
    phrases: ReasonPhrases
    #: Names of V * P results, () where they aren't asked for.
    contributions: tuple[str, ...]
    #: Names of V * count results, () where they aren't asked for.
    reasons: tuple[str, ...]
    #: What the V scores are, in words.
    scores: tuple[str, ...]
    #: (P,) that rounded contributions are multiplied with.
    scales: tuple[float, ...]
    #: Lines of a head.
    said: tuple[str, ...]
    #: What rounds contributions.
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

    @property
    def floors(self) -> list[float]:
        """(V,) what a contribution must be above to be a reason."""
        return [float(floor) for floor in self.table.floors]

    def print_terms(self, notation: Notation, parts: list[list[str]]) -> list[list[str]]:
        """(V, P) contributions from (P, m) expressions of what parts add: their sum for the score,
        less what it is at the reference.
        """
        return [
            [
                _subtract(notation, join_terms(notation, list(zip(form, own, strict=True))), offset)
                for own, offset in zip(parts, offsets, strict=True)
            ]
            for form, offsets in zip(
                self.table.forms.tolist(), self.table.offsets.tolist(), strict=True
            )
        ]


def _subtract(notation: Notation, text: str, offset: float) -> str:
    if not offset:
        return text
    return f"{text} {'+' if offset < 0 else '-'} {notation.number(abs(offset))}"


def plan_line_explanation(request: LineRequest) -> LineExplanation | None:
    """None where nothing is to be explained; UnsupportedError where there is nothing to explain."""
    if not is_explanation_wanted(request):
        return None

    rules, options = request.rules, request.reasons
    forms = list_forms(describe_scores(rules))
    table = build_part_table(rules, forms, rules.reference)
    if not table.parts:
        raise UnsupportedError(
            "columns 'contributions' and 'reasons': no score depends on any column; leave them out"
        )

    labels = ["" if len(forms) == 1 else f"{output}_" for output in forms]
    count = min(options.count, len(table.parts))
    reasons = tuple(f"reason_{label}{i + 1}" for label in labels for i in range(count))
    scores = tuple(form.label for form in forms.values())
    return LineExplanation(
        table=table,
        phrases=plan_part_phrases(table, options),
        contributions=tuple(
            f"contribution_{label}{part.name}" for label in labels for part in table.parts
        )
        if "contributions" in request.columns
        else (),
        reasons=reasons if "reasons" in request.columns else (),
        scores=scores,
        scales=tuple(list_scales(len(table.parts), options.direction)),
        said=_describe_explanation(request, table, scores, count),
    )


def _describe_explanation(
    request: LineRequest, table: PartContributionTable, scores: tuple[str, ...], count: int
) -> tuple[str, ...]:
    """Of which score, against what, and which side is adverse."""
    rules = request.rules
    reference = rules.reference
    # As exact as the code itself: these are the numbers that the constants are made of.
    listed = ", ".join(
        f"{name} = {print_signed(repr, float(value))}"
        for name, value, read in zip(
            rules.domain.names, reference.values, rules.read_coordinates, strict=True
        )
        if read
    )
    lines = [
        f"Contributions to {', '.join(scores)}: what a column, a pair or a larger set of columns "
        "adds, less what it adds at the reference.",
        f"Reference: {describe_reference(reference)}: {listed}.",
    ]
    if "reasons" in request.columns:
        lines.append(
            f"Reasons: at most {count} of {len(table.parts)} that make the score "
            f"{request.reasons.direction} than the reference's, the largest first."
        )

    return tuple(lines)
