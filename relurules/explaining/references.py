"""The row that contributions are measured from, chosen by a policy, from rows, or by the user."""

from dataclasses import replace
from typing import Any

import numpy as np

from relurules.errors import DataError, InputError
from relurules.explaining.rows import read_row
from relurules.explaining.samples import sample_rows
from relurules.ir import AdditiveRules, RuleSet
from relurules.ir.network import Array, make_read_only
from relurules.ir.provenance import AnyRules
from relurules.ir.reference import (
    ReferenceRow,
    find_default_reference,
    find_middle,
    make_mean_reference,
)
from relurules.reasons.score_choice import choose_form
from relurules.statistics.additive_statistics import describe_scores

#: What may be asked for by name.
POLICIES = ("mean", "population", "neutral", "best", "highest", "middle")
#: How far shares of categories may be from a sum of 1.
_ROUNDING = 1e-6


def choose_reference(
    rules: RuleSet | AdditiveRules, wanted: Any = None, data: Any = None, output: str | None = None
) -> ReferenceRow:
    """What is wanted: None for the means of `data`, or what the rules have kept; a policy; a row.

    mean, population: the means of the rows that have a rule; neutral: the row of the data whose
    score is nearest to the mean of their scores; best, highest: the row with the lowest, the
    highest score (the first of several); middle: of the box. output: whose score; see
    `choose_view`. DataError where rows are needed and there are none, or where a row has no value
    for a column.
    """
    if isinstance(wanted, ReferenceRow):
        return wanted
    if wanted is None:
        return rules.reference if data is None else _choose_by_policy(rules, "mean", data, output)
    if isinstance(wanted, str):
        if wanted not in POLICIES:
            raise InputError(
                f"reference={wanted!r}: no such policy; supported: {', '.join(POLICIES)}, or a row"
            )
        return _choose_by_policy(rules, wanted, data, output)

    return _make_row_reference(rules, read_row(rules.domain, wanted).x)


def add_reference(rules: AnyRules, wanted: Any, rows: Array | None) -> AnyRules:
    """The same rules, which keep what is wanted; by default the means of the rows, and nothing
    without rows.
    """
    if wanted is not None:
        return replace(rules, chosen_reference=choose_reference(rules, wanted, rows))
    if rules.evidence is None or rows is None:
        return rules
    reference = find_default_reference(rules.domain, rules.evidence)
    return replace(rules, chosen_reference=reference)


def _choose_by_policy(
    rules: RuleSet | AdditiveRules, policy: str, data: Any, output: str | None
) -> ReferenceRow:
    if policy == "middle":
        return find_middle(rules.domain)

    if data is None and policy in ("mean", "population") and rules.evidence is not None:
        kept = find_default_reference(rules.domain, rules.evidence)
        return replace(kept, origin=policy if kept.origin == "mean" else kept.origin)
    if data is None:
        raise DataError(
            f"reference={policy!r} is chosen from rows of data, and there are none; give data, or "
            "a row"
        )

    X = _take_scored_rows(rules, data)
    if policy in ("mean", "population"):
        return make_mean_reference(rules.domain, np.asarray(X.mean(axis=0)), policy)

    models = rules.local_models if isinstance(rules, RuleSet) else describe_scores(rules)
    scores = rules.predict_scores(X) @ choose_form(models, output).weights
    if policy == "neutral":
        place = int(np.argmin(np.abs(scores - scores.mean())))
    else:
        place = int(np.argmin(scores) if policy == "best" else np.argmax(scores))
    return ReferenceRow(values=make_read_only(X[place]), origin=policy)


def _take_scored_rows(rules: RuleSet | AdditiveRules, data: Any) -> Array:
    """The rows, (N, d) in coordinates, that have a score; DataError without any."""
    if isinstance(rules, RuleSet):
        return sample_rows(rules, data)[0].X
    X = rules.domain.rows(data)
    inside = rules.domain.contains(X)
    if not inside.any():
        raise DataError(f"none of the {len(X)} rows lies where the rules hold")
    return X[inside]


def _make_row_reference(rules: RuleSet | AdditiveRules, x: Array) -> ReferenceRow:
    """A row in coordinates, (d,), checked: a contribution against no value would be none."""
    domain = rules.domain
    for name, value in zip(domain.names, x.tolist(), strict=True):
        if not np.isfinite(value):
            raise DataError(f"reference: {name!r} is {value}; expected a finite number")

    for group in domain.groups:
        if abs(float(x[list(group)].sum()) - 1.0) > _ROUNDING:
            raise DataError(
                f"reference: the row has no category that the rules know where they have "
                f"{domain.names[group[0]]!r} and {len(group) - 1} others"
            )

    return ReferenceRow(values=make_read_only(x), origin="row")
