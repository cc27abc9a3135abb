"""What a table says about additive rules: metrics, and what every part moves."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from relurules.ir.evidence import Evidence, Histogram
from relurules.ir.local_models import LocalModels
from relurules.ir.network import Array, make_read_only
from relurules.statistics import metrics
from relurules.statistics.evidence_statistics import RowDescription, describe_table
from relurules.statistics.histograms import ValueSpread
from relurules.statistics.judged_scores import OwnScores
from relurules.statistics.moments import NO_MOMENTS, measure_columns, merge_moments
from relurules.statistics.part_importance import measure_movement
from relurules.statistics.row_passes import RowPasses
from relurules.statistics.row_source import RowSource, open_rows
from relurules.statistics.typical_rows import NearestRows, RowCentres

if TYPE_CHECKING:
    import pandas

    from relurules.ir.additive import AdditiveRules


def gather_additive_evidence(rules: "AdditiveRules", table: Any, y: Any = None) -> Evidence:
    """What a table, and the true values y (N,) of its rows if given, say about additive rules.

    y: numbers, or classes as `read_response` reads them; a Series brings its name. DataError where
    they don't fit.
    """
    models = describe_scores(rules)
    source = open_rows(models, table, y, rules.schema)
    response = source.response
    found = _read_rows(rules, models, source)

    return Evidence(
        digest=found.table.digest,
        rows=found.table.rows,
        outside=found.table.outside,
        response=None if response is None else response.name,
        task=None if response is None else response.task,
        metrics=found.metrics,
        means=make_read_only(found.table.means),
        deviations=make_read_only(found.table.deviations),
        rules=(),
        positive=None if response is None else response.positive,
        typical=found.typical,
        histograms=found.histograms,
        part_deviations=found.part_deviations,
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class LineRowStats:
    """What rows say of additive rules, see `Evidence`; typical, part_deviations: None without rows
    in the domain.
    """

    table: RowDescription
    metrics: dict[str, float]
    typical: Array | None
    histograms: tuple[Histogram, ...]
    part_deviations: Array | None


def _read_rows(rules: "AdditiveRules", models: LocalModels, source: RowSource) -> LineRowStats:
    """Two passes: sums, and the least and largest values; typical row and histograms."""
    d = len(models.names)
    passes = RowPasses(source, lambda X: rules.domain.contains(X).astype(np.intp))
    own = None if source.response is None else OwnScores(source.response, 1)
    moments, added, centres = NO_MOMENTS, NO_MOMENTS, RowCentres(1, d)
    spreads = [ValueSpread(source.count()) for _ in range(d)]

    for block in passes.number():
        moments = merge_moments(moments, measure_columns(block.X))
        added = merge_moments(added, measure_columns(rules.evaluate_parts(block.X)))
        centres.add(block)
        for spread, column in zip(spreads, block.X.T, strict=True):
            spread.add(column)
        if own is not None:
            own.add(block, rules.predict_scores(block.X))

    table = describe_table(passes, moments, d)
    judged = None if own is None else own.judge(passes.of, passes.values)
    if not len(passes.of):
        return LineRowStats(
            table=table, metrics={}, typical=None, histograms=(), part_deviations=None
        )

    nearest = NearestRows(centres, table.deviations)
    edges = [spread.choose_edges() for spread in spreads]
    counts = [np.zeros(len(bins) - 1) for bins in edges]
    for block in passes.repeat():
        nearest.add(block)
        for j, column in enumerate(block.X.T):
            counts[j] += np.histogram(column, bins=edges[j])[0]

    return LineRowStats(
        table=table,
        metrics={} if judged is None else metrics.drop_nan_scores(judged.total),
        typical=make_read_only(nearest.rows[0]),
        histograms=tuple(
            Histogram(make_read_only(bins), make_read_only(count))
            for bins, count in zip(edges, counts, strict=True)
        ),
        part_deviations=make_read_only(added.deviations),
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
    return make_read_only(measure_columns(rules.evaluate_parts(X)).deviations)
