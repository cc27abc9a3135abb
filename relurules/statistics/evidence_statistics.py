"""What a table says about local models: how many rows each has, the response there, how well it
tells the response.

Rows come in blocks, of a table in memory or of a file, in as many passes as it takes: one that
numbers rows and adds up, one for the typical rows, and for the AUC of every formula on all rows as
many as the scores that fit memory make necessary.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from relurules.domain.linear_forms import apply_maps
from relurules.ir.evidence import Evidence, RuleFacts
from relurules.ir.limits import NEVER, Deadline
from relurules.ir.local_models import LocalModels
from relurules.ir.network import Array, make_read_only
from relurules.statistics import metrics
from relurules.statistics.judged_scores import OwnScores, WholeRanks, WholeScores
from relurules.statistics.moments import NO_MOMENTS, Moments, measure_columns, merge_moments
from relurules.statistics.response import Response
from relurules.statistics.row_passes import RowPasses
from relurules.statistics.row_source import RowSource, open_rows
from relurules.statistics.typical_rows import NearestRows, RowCentres

if TYPE_CHECKING:
    from relurules.ir.ruleset import RuleSet

Indices = NDArray[np.intp]


@dataclass(frozen=True, eq=False, kw_only=True)
class RowDescription:
    """What is known of the rows themselves.

    digest: SHA-256 of all rows in coordinates; rows: how many; outside: those that no model is for;
    means, deviations: (d,) of the coordinates over the others, 0 without any.
    """

    digest: str
    rows: int
    outside: int
    means: Array
    deviations: Array


@dataclass(frozen=True, eq=False, kw_only=True)
class LocalModelStats:
    """What rows say about R local models, as arrays; NaN where something can't be told.

    counts: (R,); shares: (R,) of the rows that have a model; means, deviations: (R,) of the
    response, None without one; local, whole: metric -> (R,), of each model on its own rows and on
    all; metrics: of all rows by their own models; typical: (R, d) the row, of those that have a
    model, nearest to the mean of each one's rows, any for a model without rows.
    """

    table: RowDescription
    counts: NDArray[np.int64]
    shares: Array
    means: Array | None
    deviations: Array | None
    local: dict[str, Array]
    whole: dict[str, Array]
    metrics: dict[str, float]
    typical: Array

    def get_typical_rows(self) -> list[Array | None]:
        """The typical row of each model, None for one without rows."""
        return [
            row if count else None
            for row, count in zip(self.typical, self.counts.tolist(), strict=True)
        ]


def compute_statistics(
    source: RowSource,
    models: LocalModels,
    number_rows: Callable[[Array], Indices],
    deadline: Deadline = NEVER,
) -> LocalModelStats:
    """Everything about every model. number_rows: (n, d) -> (n,) number of each row's model from 1,
    0 for none.

    At the deadline `whole` is left out: it takes every model on every row.
    """
    response, passes = source.response, RowPasses(source, number_rows)
    centres = RowCentres(len(models), len(models.names))
    own = None if response is None else OwnScores(response, len(models))
    whole = None
    if response is not None and not _takes_ranks(response):
        whole = WholeScores(models, response, deadline)
    moments = NO_MOMENTS

    for block in passes.number():
        moments = merge_moments(moments, measure_columns(block.X))
        centres.add(block)
        if own is not None:
            own.add(block, apply_maps(block.X, block.of, models.weights, models.constants))
        if whole is not None:
            whole.add(block)

    table = describe_table(passes, moments, len(models.names))
    nearest = NearestRows(centres, table.deviations)
    shares = centres.counts / max(1, len(passes.of))
    common: dict[str, Any] = {"table": table, "counts": centres.counts, "shares": shares}
    if response is None or own is None:
        _look_again(passes, nearest, None, deadline)
        return LocalModelStats(
            **common, means=None, deviations=None, local={}, whole={}, metrics={},
            typical=nearest.rows,
        )  # fmt: skip

    judged = own.judge(passes.of, passes.values)
    ranks = WholeRanks(models, response, passes) if _takes_ranks(response) else None
    ranked = _look_again(passes, nearest, ranks, deadline)
    told = own.moments if response.task != "multiclass" else None
    return LocalModelStats(
        **common,
        means=None if told is None else np.where(told.counts > 0, told.means, np.nan),
        deviations=None if told is None else np.where(told.counts > 0, told.deviations, np.nan),
        local=dict(judged.local),
        whole=ranked if whole is None else whole.judge(),
        metrics=metrics.drop_nan_scores(judged.total),
        typical=nearest.rows,
    )


def _takes_ranks(response: Response) -> bool:
    """Whether scores are judged by their order alone."""
    return response.task == "binary" and response.ranked


def describe_table(passes: RowPasses, moments: Moments, width: int) -> RowDescription:
    """The rows of a first pass, of which these are the moments."""
    return RowDescription(
        digest=passes.digest,
        rows=passes.rows,
        outside=passes.outside,
        means=np.broadcast_to(moments.means, width),
        deviations=np.broadcast_to(moments.deviations, width),
    )


def _look_again(
    passes: RowPasses, nearest: NearestRows, ranks: WholeRanks | None, deadline: Deadline
) -> dict[str, Array]:
    """Passes after the first: typical rows in one, and a part of the ranks in each. The AUC of
    every model on all rows; nothing at the deadline, or without rows.
    """
    parts = 0 if ranks is None else len(ranks.parts)
    for part in range(max(1, parts)):
        if part and deadline.is_over():
            return {}
        scores = None if ranks is None or not parts else ranks.open(part)
        for block in passes.repeat():
            if not part:
                nearest.add(block)
            if ranks is not None and scores is not None:
                ranks.add(part, block, scores)
        if ranks is not None and scores is not None:
            ranks.close(part, scores)

    if ranks is None or not len(passes.of) or deadline.is_over():
        return {}
    return {"AUC": ranks.found}


def gather_evidence(
    rules: "RuleSet", table: Any, y: Any = None, deadline: Deadline = NEVER
) -> Evidence:
    """What a table, and the true values y (N,) of its rows if given, say about every rule.

    y: numbers, or classes as `response_of` reads them; a Series brings its name. DataError where
    they don't fit.
    """
    models = rules.local_models
    source = open_rows(models, table, y, rules.schema)
    found = compute_statistics(source, models, rules.number_rows, deadline)
    response, typical = source.response, found.get_typical_rows()

    return Evidence(
        digest=found.table.digest,
        rows=found.table.rows,
        outside=found.table.outside,
        response=None if response is None else response.name,
        task=None if response is None else response.task,
        metrics=found.metrics,
        means=make_read_only(found.table.means),
        deviations=make_read_only(found.table.deviations),
        rules=tuple(_make_rule_facts(found, row, i) for i, row in enumerate(typical)),
        positive=None if response is None else response.positive,
    )


def add_evidence(
    rules: "RuleSet", table: Any, y: Any = None, deadline: Deadline = NEVER
) -> "RuleSet":
    """The same rules with `evidence_of` the table; without a table as they are."""
    return (
        rules
        if table is None
        else replace(rules, evidence=gather_evidence(rules, table, y, deadline))
    )


def _make_rule_facts(found: LocalModelStats, typical: Array | None, i: int) -> RuleFacts:
    return RuleFacts(
        int(found.counts[i]),
        float(found.shares[i]),
        _read_number(found.means, i),
        _read_number(found.deviations, i),
        metrics.drop_nan_scores({name: values[i] for name, values in found.local.items()}),
        metrics.drop_nan_scores({name: values[i] for name, values in found.whole.items()}),
        None if typical is None else make_read_only(typical),
    )


def _read_number(values: Array | None, i: int) -> float | None:
    return None if values is None or not np.isfinite(values[i]) else float(values[i])
