"""RuleSet or Reached, and rows -> what they mean: one row explained, and the data of every plot,
frozen.

Ideas and several plots are those of A. Sudjianto, W. Knauth, R. Singh, Z. Yang and A. Zhang,
"Unwrapping The Black Box of Deep ReLU Networks: Interpretability, Diagnostics, and Simplification",
2020.
"""

from typing import Any

from relurules.explaining.explanation import Explanation
from relurules.explaining.references import add_reference, choose_reference
from relurules.explaining.rows import RowQuestion, explain_row, read_row
from relurules.explaining.samples import sample_rows
from relurules.ir import RuleSet
from relurules.ir.class_turn import speak_of_class
from relurules.reasons.reason_texts import make_reason_options


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
) -> Explanation:
    """Which rule applies to a row, by which conditions and margins, what each column adds to the
    score, and which of them are its reasons.

    row: a mapping of the user's columns, a Series, a frame of one row, or d numbers. A contribution
    is the rule's coefficient times (value less that of the reference). reference: a row, or a
    policy: "mean", "population", "neutral", "best" or "highest" of `data`, or "middle" of the
    domain; None for the means of `data`, and without data for what the rules have kept,
    `rules.reference`. centred=False: against 0. output: whose score, see
    `score_choice.choose_view`. Reasons are at most four columns that move the score to its adverse
    side, the largest first; direction: which side that is, "higher" or "lower"; reasons: their
    words, a mapping or a TOML file. positive: the label of the class that the score is of. The
    result prints as text; `.to_json()` gives plain values.
    DataError for a row that no rule applies to, saying why.
    """
    rules = rules if positive is None else speak_of_class(rules, positive)
    options = make_reason_options(direction, texts=reasons)
    chosen = choose_reference(rules, reference, data, output) if centred else None
    question = RowQuestion(reference=chosen, output=output, options=options)
    return explain_row(rules, read_row(rules.domain, row), question)


__all__ = [
    "Explanation",
    "add_reference",
    "choose_reference",
    "explain",
    "explain_row",
    "read_row",
    "sample_rows",
]
