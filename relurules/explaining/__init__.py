"""Rules or Reached, and rows -> what they mean: one row explained, and the data of every plot,
frozen.

Ideas and several plots are those of A. Sudjianto, W. Knauth, R. Singh, Z. Yang and A. Zhang,
"Unwrapping The Black Box of Deep ReLU Networks: Interpretability, Diagnostics, and Simplification",
2020.
"""

from typing import Any, overload

from relurules.explaining.additive_explanation import AdditiveExplanation
from relurules.explaining.additive_rows import explain_additive_row
from relurules.explaining.explanation import Explanation
from relurules.explaining.references import add_reference, choose_reference
from relurules.explaining.rows import RowQuestion, explain_row, read_row
from relurules.explaining.samples import sample_rows
from relurules.ir import AdditiveRules, RuleSet
from relurules.ir.class_turn import speak_of_class
from relurules.ir.coordinate_rules import take_coordinates
from relurules.ir.scorer import refuse_path
from relurules.reasons.reason_texts import make_reason_options


@overload
def explain(
    rules: RuleSet,
    row: Any,
    *,
    data: Any = None,
    output: str | None = None,
    centred: bool = True,
    reference: Any = None,
    direction: str = "higher",
    reasons: Any = None,
    positive: Any = None,
) -> Explanation: ...
@overload
def explain(
    rules: AdditiveRules,
    row: Any,
    *,
    data: Any = None,
    output: str | None = None,
    centred: bool = True,
    reference: Any = None,
    direction: str = "higher",
    reasons: Any = None,
    positive: Any = None,
) -> AdditiveExplanation: ...
def explain(
    rules: RuleSet | AdditiveRules,
    row: Any,
    *,
    data: Any = None,
    output: str | None = None,
    centred: bool = True,
    reference: Any = None,
    direction: str = "higher",
    reasons: Any = None,
    positive: Any = None,
) -> Explanation | AdditiveExplanation:
    """Which rule applies to a row, by which conditions and margins, what each column adds to the
    score, and which of them are its reasons. Of additive rules: which lines apply, and what each
    column, pair or larger set of columns adds.

    row: a mapping of the user's columns, a Series, a frame of one row, or d numbers. A contribution
    is the rule's coefficient times (value less that of the reference); of additive rules, what the
    column or pair adds to the row's score less what it adds to that of the reference. They and the
    reference's score sum to the row's. reference: a row, or a policy: "mean", "population",
    "neutral", "best" or "highest" of `data`, or "middle" of the domain; None for the means of
    `data`, and without data for what the rules have kept, `rules.reference`. centred=False: against
    0, or as lines and columns stand. output: whose score, see `score_choice.choose_form`. Reasons
    are at most four columns (or pairs) that move the score to its adverse side, the largest first;
    direction: which side that is, "higher" or "lower"; reasons: their words, a mapping or a TOML
    file. positive: the label of the class that the score is of. The result prints as text;
    `.to_json()` gives plain values.
    DataError for a row that no rule applies to, saying why.
    """
    refuse_path(rules)
    options = make_reason_options(direction, texts=reasons)
    rules = rules if positive is None else speak_of_class(rules, positive)
    chosen = choose_reference(rules, reference, data, output) if centred else None
    question = RowQuestion(reference=chosen, output=output, options=options)
    found = read_row(rules.domain, row)
    if isinstance(rules, RuleSet):
        return explain_row(take_coordinates(rules), found, question)
    return explain_additive_row(take_coordinates(rules), found, question)


__all__ = [
    "AdditiveExplanation",
    "Explanation",
    "add_reference",
    "choose_reference",
    "explain",
    "explain_additive_row",
    "explain_row",
    "read_row",
    "sample_rows",
]
