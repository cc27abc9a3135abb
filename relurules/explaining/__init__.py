"""RuleSet or Reached, and rows -> what they mean: one row explained, and the data of every plot,
frozen.

Ideas and several plots are those of A. Sudjianto, W. Knauth, R. Singh, Z. Yang and A. Zhang,
"Unwrapping The Black Box of Deep ReLU Networks: Interpretability, Diagnostics, and Simplification",
2020.
"""

from typing import Any

from relurules.errors import DataError
from relurules.explaining.explanation import Explanation
from relurules.explaining.rows import explain_row, read_row
from relurules.explaining.score_view import choose_view, is_decision
from relurules.ir import Reached, RuleSet
from relurules.ir.class_turn import speak_of_class
from relurules.ir.local_models import Sample
from relurules.ir.network import Array


def explain(
    rules: RuleSet,
    row: Any,
    *,
    data: Any = None,
    output: str | None = None,
    centred: bool = True,
    positive: Any = None,
) -> Explanation:
    """Which rule applies to a row, by which conditions and margins, and what each column adds to
    the score.

    row: a mapping of the user's columns, a Series, a frame of one row, or d numbers. Contributions
    are coefficient times value, against the means of `data`, or of the rows that the rules have
    kept figures of; centred=False, or without either: against 0. output: whose score, see
    `score_view.choose_view`; positive: the label of the class that it is of. The result prints as
    text; `.to_json()` gives plain values. DataError for a row that no rule applies to, saying why.
    """
    rules = rules if positive is None else speak_of_class(rules, positive)
    models, means = rules.local_models, find_means(rules, data) if centred else None
    view = None if is_decision(models, output) else choose_view(models, output)
    return explain_row(rules, read_row(rules.domain, row), view, means)


def find_means(rules: RuleSet | Reached, data: Any) -> Array | None:
    """(d,) means of the rows given, or of those that the rules have kept figures of; None without
    either.
    """
    if data is not None:
        return sample_rows(rules, data)[0].means
    evidence = rules.evidence if isinstance(rules, RuleSet) else None
    return None if evidence is None else evidence.means


def sample_rows(rules: RuleSet | Reached, data: Any) -> tuple[Sample, Any]:
    """The rows that have a model, and which of all rows they are, (N,); DataError without any."""
    if data is None:
        raise DataError("this plot needs rows: data, or --data FILE")
    X = rules.local_models.domain.rows(data)
    number = rules.number_rows(X)
    if not number.any():
        raise DataError(f"none of the {len(X)} rows lies where the rules hold")
    return Sample.from_numbers(rules.local_models, X, number), number > 0


__all__ = ["Explanation", "explain", "explain_row", "find_means", "read_row", "sample_rows"]
