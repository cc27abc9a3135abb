"""What monitoring keeps of the rows of a reference: bands with their counts, rates, mean scores."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from relurules.domain.derivation import ROUNDED_FUNCTIONS
from relurules.ir import AdditiveRules, RuleSet
from relurules.ir.network import Array
from relurules.statistics.population_stability import cut_bands, cut_score_bands
from relurules.validation.bands import BandedRows, RowBander
from relurules.validation.judged_rows import Judge, make_judge, tell_class
from relurules.validation.monitoring import MonitoredRate, list_rates, score_rows

#: How far an edge of a derived column that libraries round otherwise is moved down, as a share of
#: its size: a row on the edge would be in the band below in another engine.
_ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True)
class BandedReference:
    """Something that is banded. banded: its kind, name, labels and the reference's rows; edges:
    between bands of a number, (b - 1,), None for categories, lines and rules.
    """

    banded: BandedRows
    edges: Array | None


@dataclass(frozen=True, kw_only=True)
class MonitorReference:
    """rows: how many; inside: of them in the domain; rates: outside and missing, the second figure
    being the first again; class_share: None where there are no two classes.
    """

    judge: Judge
    rows: int
    inside: int
    mean_score: float
    class_share: float | None
    things: tuple[BandedReference, ...]
    rates: tuple[MonitoredRate, ...]


def measure_reference(rules: RuleSet | AdditiveRules, reference: Any) -> MonitorReference:
    """DataError where none of the rows lies in the domain."""
    judge = make_judge(rules, None, None)
    base = score_rows(rules, judge, reference, "the reference")
    told = tell_class(judge, base.score[:, None])
    bands = RowBander(rules, base.X, base.score).band(base.X, base.score)
    edges = list(_list_edges(rules, base.X, base.score))
    edges += [None] * (len(bands) - len(edges))

    return MonitorReference(
        judge=judge,
        rows=len(base.frame),
        inside=len(base.X),
        mean_score=float(base.score.mean()),
        class_share=None if told is None else float(told.mean()),
        things=tuple(
            BandedReference(banded=banded, edges=own)
            for banded, own in zip(bands, edges, strict=True)
        ),
        rates=tuple(list_rates(rules, base, base)),
    )


def _list_edges(rules: RuleSet | AdditiveRules, X: Array, score: Array) -> Iterator[Array | None]:
    """The edges of the score, then those of every column, in the order of `RowBander.band`."""
    yield cut_score_bands(score).edges
    for column, places in zip(rules.domain.columns, rules.domain.places, strict=True):
        if column.categories:
            yield None
            continue
        edges = cut_bands(X[:, places.start]).edges
        rounded = column.derivation is not None and column.derivation.function in ROUNDED_FUNCTIONS
        yield edges - _ROUNDING * np.maximum(1.0, np.abs(edges)) if rounded else edges
