"""What a table says about additive rules: metrics, and what every part moves."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from relurules.domain.linear_forms import combine_scores
from relurules.ir.evidence import Evidence, Histogram
from relurules.ir.local_models import LocalModels, Sample
from relurules.ir.network import Array, make_read_only
from relurules.statistics import metrics
from relurules.statistics.evidence_statistics import (
    compute_group_metrics,
    find_typical_rows,
    hash_rows,
)
from relurules.statistics.part_importance import measure_movement
from relurules.statistics.response import read_response

if TYPE_CHECKING:
    import pandas

    from relurules.ir.additive import AdditiveRules

#: Bins of a histogram.
_BINS = 24
#: Share of the rows on either side that one wide bin holds, so that a few large values, as amounts
#: of money have, don't leave all others in a single one. Documents leave out a little more.
_TAIL = 0.015


def gather_additive_evidence(rules: "AdditiveRules", table: Any, y: Any = None) -> Evidence:
    """What a table, and the true values y (N,) of its rows if given, say about additive rules.

    y: numbers, or classes as `read_response` reads them; a Series brings its name. DataError where
    they don't fit.
    """
    X = rules.domain.rows(table)
    inside = rules.domain.contains(X)
    known = X[inside]
    models = describe_scores(rules)
    sample = Sample(models, known, np.zeros(len(known), dtype=np.intp), len(X))
    response = None if y is None else read_response(models, y, len(X)).part(inside)

    found: dict[str, float] = {}
    if response is not None and len(known):
        own = combine_scores(rules.predict_scores(known), response.forms)
        scores = compute_group_metrics(own, response, sample.of, 1)
        found = metrics.drop_nan_scores({name: values[0] for name, values in scores.items()})

    typical = int(find_typical_rows(sample)[0])
    return Evidence(
        digest=hash_rows(X),
        rows=len(X),
        outside=len(X) - len(known),
        response=None if response is None else response.name,
        task=None if response is None else response.task,
        metrics=found,
        means=make_read_only(sample.means),
        deviations=make_read_only(sample.deviations),
        rules=(),
        positive=None if response is None else response.positive,
        typical=None if typical < 0 else make_read_only(known[typical]),
        histograms=tuple(map(count_values, known.T)) if len(known) else (),
        part_deviations=_measure_parts(rules, known),
    )


def add_additive_evidence(rules: "AdditiveRules", table: Any, y: Any = None) -> "AdditiveRules":
    """The same rules with what a table says of them; without a table as they are."""
    if table is None:
        return rules
    return replace(rules, evidence=gather_additive_evidence(rules, table, y))


def drop_rule_facts(evidence: Evidence) -> Evidence:
    """What a table says of partition rules together, which holds of their sum as lines too."""
    return replace(evidence, rules=(), part_deviations=None)


def describe_scores(rules: "AdditiveRules") -> LocalModels:
    """The scores of additive rules, as one local model without numbers of its own."""
    m, d = rules.score_count, len(rules.domain.names)
    return LocalModels(
        rules.domain,
        rules.outputs,
        rules.heads,
        np.zeros((1, m, d)),
        np.zeros((1, m)),
        "sum",
        labels=rules.labels,
    )


def summarise_parts(rules: "AdditiveRules", data: Any = None) -> "pandas.DataFrame":
    """One row per part: its columns, how many lines and groups, and per score the standard
    deviation of what it adds on the rows of data, or on those that `evidence` was gathered from,
    and its share of all variances.

    With data: also the mean size of what it adds beside the reference, and of several columns the
    deviation that is interaction, see `part_importance`.
    """
    import pandas

    found = None if rules.evidence is None else rules.evidence.part_deviations
    X = None
    if data is not None:
        X = rules.domain.rows(data)
        X = X[rules.domain.contains(X)]
        found = _measure_parts(rules, X)
    table = pandas.DataFrame(
        {
            "part": [part.name for part in rules.parts],
            "lines": [len(part.lines) for part in rules.parts],
            "groups": [len(part.groups) for part in rules.parts],
        }
    )
    for i, score in enumerate(rules.scores):
        of = "" if rules.score_count == 1 else f" of {score}"
        table[f"deviation{of}"] = np.nan if found is None else found[:, i]
        squares = None if found is None else found[:, i] ** 2
        total = 0.0 if squares is None else float(squares.sum())
        table[f"share{of}"] = np.nan if squares is None else squares / (total or 1.0)
        if X is not None and len(X):
            moved = measure_movement(rules, X, np.eye(rules.score_count)[i])
            table[f"mean size{of}"] = moved.sizes
            table[f"interaction{of}"] = moved.interactions
    return table


def _measure_parts(rules: "AdditiveRules", X: Array) -> Array | None:
    """(P, m) standard deviations of what every part adds; None without rows."""
    if not len(X):
        return None
    added = rules.evaluate_parts(X)
    return make_read_only(np.where(np.ptp(added, axis=0) > 0, added.std(axis=0), 0.0))


def count_values(values: Array) -> Histogram:
    """(N,) values -> bins that are equally wide where nearly all of them are, and a wide one on
    either side.

    A few whole numbers keep equal bins, each of which holds one of them at most.
    """
    low, high = float(values.min()), float(values.max())
    if not (np.isfinite(high - low) and high > low):
        edges = np.array([low, high])
    elif high - low < _BINS and not (values % 1.0).any():
        edges = np.linspace(low, high, _BINS + 1)
    else:
        first, last = np.quantile(values, [_TAIL, 1.0 - _TAIL])
        last = min(np.nextafter(last, np.inf), high)  # rows at the edge itself belong to the inner
        inner = np.linspace(first, last, _BINS + 1) if first < last else [first]
        edges = np.unique([low, *inner, high])

    counts, _ = np.histogram(values, bins=edges)
    return Histogram(make_read_only(edges), make_read_only(counts))
