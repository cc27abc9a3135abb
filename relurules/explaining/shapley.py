"""Shapley values of additive rules, exact, as the package shap holds them.

Interventional, against the reference: a column that is left out has the reference's value. A part
of one column goes to that column; one of several is shared among them by its own Shapley value,
which takes 2^k evaluations for k columns and not one more, since the score is the sum of its parts.
"""

from itertools import combinations
from math import comb
from typing import Any

import numpy as np

from relurules.domain.encoding import decode_rows
from relurules.errors import DataError, UnsupportedError
from relurules.explaining.references import choose_reference
from relurules.ir import AdditiveRules
from relurules.ir.network import Array
from relurules.ir.reference import ReferenceRow
from relurules.ir.score_parts import ScorePart
from relurules.reasons.score_choice import choose_form
from relurules.statistics.additive_statistics import describe_scores
from relurules.statistics.part_importance import evaluate_part

#: Columns that one part may read: 2^12 evaluations for every row.
_MOST_COLUMNS = 12


def compute_shapley(
    rules: AdditiveRules, X: Array, weights: Array, reference: ReferenceRow
) -> tuple[Array, float]:
    """Rows of the domain (N, d) and a combination of scores (m,) -> (N, columns) Shapley values, 0
    for columns that nothing reads, and the reference's score; a row's sum, and this, are its score.

    UnsupportedError where a part reads too many columns.
    """
    values = np.zeros((len(X), len(rules.domain.columns)))
    for part in rules.parts:
        if len(part.columns) > _MOST_COLUMNS:
            raise UnsupportedError(
                f"a line or group reads {len(part.columns)} columns together, which takes "
                f"2^{len(part.columns)} evaluations a row; supported: up to {_MOST_COLUMNS} "
                "columns. Use rules.contributions(data), which keeps them together"
            )
        values[:, list(part.columns)] += _share_part(rules, part, X, weights, reference.values)

    base = rules.base.constants + rules.evaluate_parts(reference.values[None])[0].sum(axis=0)
    return values, float(base @ weights)


def _share_part(
    rules: AdditiveRules, part: ScorePart, X: Array, weights: Array, reference: Array
) -> Array:
    """(N, k) what each of the part's k columns has of what it adds."""
    k = len(part.columns)
    worth = {
        chosen: _evaluate_coalition(rules, part, X, chosen, reference) @ weights
        for size in range(k + 1)
        for chosen in combinations(range(k), size)
    }
    found = np.zeros((len(X), k))
    for chosen, value in worth.items():
        # L. S. Shapley, "A value for n-person games", 1953.
        for i in chosen:
            without = tuple(j for j in chosen if j != i)
            share = 1.0 / (k * comb(k - 1, len(without)))
            found[:, i] += share * (value - worth[without])

    return found


def _evaluate_coalition(
    rules: AdditiveRules, part: ScorePart, X: Array, chosen: tuple[int, ...], reference: Array
) -> Array:
    """(N, m): the chosen ones of the part's columns as rows have them, the others as the
    reference.
    """
    mixed = np.tile(reference, (len(X), 1))
    for i in chosen:
        at = list(rules.domain.places[part.columns[i]])
        mixed[:, at] = X[:, at]

    return evaluate_part(rules, part, mixed)


def make_shap_explanation(
    rules: AdditiveRules, data: Any, output: str | None = None, reference: Any = None
) -> Any:
    """Rows as a `shap.Explanation`; see `AdditiveRules.to_shap`."""
    try:
        import shap  # type: ignore[import-not-found, unused-ignore]
    except ImportError as error:
        raise UnsupportedError(
            "to_shap needs the package shap: pip install 'relurules[shap]'; "
            "rules.contributions(data) needs nothing"
        ) from error

    X = rules.domain.rows(data)
    inside = rules.domain.contains(X)
    if not inside.all():
        outside = int(np.flatnonzero(~inside)[0])
        raise DataError(
            f"{int((~inside).sum())} of {len(X)} rows lie outside the domain, or lack a value, the "
            f"first of them row {outside}; leave them out"
        )

    form = choose_form(describe_scores(rules), output)
    chosen = choose_reference(rules, reference, None if reference is None else data, output)
    values, base = compute_shapley(rules, X, form.weights, chosen)
    raw = decode_rows(X, rules.domain.columns)
    return shap.Explanation(
        values=values,
        base_values=np.full(len(X), base),
        data=_number_categories(rules, X),
        display_data=np.array(list(raw.values()), dtype=object).T.reshape(values.shape),
        feature_names=[column.name for column in rules.domain.columns],
        output_names=form.label,
    )


def _number_categories(rules: AdditiveRules, X: Array) -> Array:
    """(N, columns): numbers as they are, of categories which of them it is, from 0."""
    found = [
        X[:, list(at)].argmax(axis=1) if column.categories else X[:, at.start]
        for column, at in zip(rules.domain.columns, rules.domain.places, strict=True)
    ]
    return np.column_stack(found).astype(np.float64)
