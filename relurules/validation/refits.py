"""What comes back, and what moves, when rules are fitted again to resampled rows."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from relurules.ir import AdditiveRules, RuleSet
from relurules.ir.network import Array
from relurules.ir.partition import Tree
from relurules.statistics.population_stability import cut_score_bands
from relurules.validation.bands import label_bands
from relurules.validation.judged_rows import Judge, JudgedRows, judge_again, judge_rows
from relurules.validation.performance import measure_figures
from relurules.validation.refit_curves import list_refit_curves
from relurules.validation.refit_report import (
    RefitBand,
    RefitColumn,
    RefitCondition,
    RefitFigure,
    RefitFindings,
)

AnyRules = RuleSet | AdditiveRules
#: Quantiles over refits that are told: nine of ten refits lie between the outer ones.
QUANTILES = (0.05, 0.5, 0.95)
#: Two bounds are near each other where at most this share of the rows lies between them.
_NEAR = 0.1


class _Condition(NamedTuple):
    """What a line or a split reads, and where it begins; None but for one column of numbers."""

    name: str
    columns: frozenset[str]
    bound: float | None


def measure_refits(
    rules: AnyRules, refits: Sequence[AnyRules], judge: Judge, part: JudgedRows
) -> RefitFindings:
    """Rules beside refits of them over the same table, on the rows of a part."""
    if not refits:
        return RefitFindings()
    own = list_conditions(rules)
    others = [list_conditions(one) for one in refits]
    figures = [
        measure_figures(judge, judge_rows(one, part.part, part.frame, judge, part.values), 0, 0)
        for one in refits
    ]

    return RefitFindings(
        refit_figures=tuple(
            RefitFigure(i, len(conditions), one.metric, one.value)
            for i, (measured, conditions) in enumerate(zip(figures, others, strict=True), 1)
            for one in measured
        ),
        refit_conditions=tuple(_follow_condition(rules, one, others, part) for one in own),
        refit_columns=_count_columns(rules, own, others),
        refit_curves=list_refit_curves(rules, refits, judge, part, QUANTILES),
        refit_bands=_list_bands(part, [judge_again(one, part, judge) for one in refits]),
    )


def list_conditions(rules: AnyRules) -> list[_Condition]:
    """The lines, and what the trees of groups split by; or what the tree splits by, each once."""
    if isinstance(rules, RuleSet):
        return _list_splits(rules, rules.tree, "split")
    found = [
        _Condition(
            f"line {line.number}",
            frozenset(line.columns),
            _find_bound(rules, normal, bound),
        )
        for line, normal, bound in zip(rules, rules.normals, rules.bounds.tolist(), strict=True)
    ]
    for group in rules.groups:
        found += _list_splits(rules, group.rules.tree, f"group {group.number}, split")

    return found


def _list_splits(rules: AnyRules, tree: Tree, name: str) -> list[_Condition]:
    domain = rules.domain
    found: dict[tuple[frozenset[str], float | None], None] = {}
    for normal, offset in zip(tree.normals, tree.offsets.tolist(), strict=True):
        columns = frozenset(
            column.name
            for column, places in zip(domain.columns, domain.places, strict=True)
            if normal[list(places)].any()
        )
        found.setdefault((columns, _find_bound(rules, normal, -offset)))

    return [_Condition(f"{name} {i}", *key) for i, key in enumerate(found, 1)]


def _find_bound(rules: AnyRules, normal: Array, bound: float) -> float | None:
    """The value of the one column of numbers at which n.x = bound."""
    (at,) = np.nonzero(normal)
    numbers = {
        places[0]
        for column, places in zip(rules.domain.columns, rules.domain.places, strict=True)
        if not column.categories
    }
    if len(at) != 1 or int(at[0]) not in numbers:
        return None

    return float(bound / normal[at[0]])


def _follow_condition(
    rules: AnyRules, own: _Condition, others: Sequence[Sequence[_Condition]], part: JudgedRows
) -> RefitCondition:
    same = [[one for one in found if one.columns == own.columns] for found in others]
    share = float(np.mean([bool(one) for one in same]))
    columns = " & ".join(c.name for c in rules.domain.columns if c.name in own.columns)
    if own.bound is None:
        return RefitCondition(own.name, columns, None, share, None, None, None, None)

    (column,) = own.columns
    names = [one.name for one in rules.domain.columns]
    values = np.sort(part.X[:, rules.domain.places[names.index(column)][0]])
    nearest = np.array(
        [
            min(bounds, key=lambda bound: _measure_gap(values, bound, own.bound or 0.0))
            for found in same
            if (bounds := [one.bound for one in found if one.bound is not None])
        ]
    )
    if not len(nearest):
        return RefitCondition(own.name, columns, own.bound, share, 0.0, None, None, None)
    gaps = [_measure_gap(values, bound, own.bound)[0] for bound in nearest.tolist()]
    near = sum(gap <= _NEAR for gap in gaps) / len(others)

    return RefitCondition(
        own.name, columns, own.bound, share, near, *np.quantile(nearest, QUANTILES).tolist()
    )


def _measure_gap(values: Array, one: float, other: float) -> tuple[float, float]:
    """The share of sorted values that lies between two bounds; of equal shares the distance."""
    places = np.searchsorted(values, sorted((one, other)))
    return float(places[1] - places[0]) / max(1, len(values)), abs(one - other)


def _count_columns(
    rules: AnyRules, own: Sequence[_Condition], others: Sequence[Sequence[_Condition]]
) -> tuple[RefitColumn, ...]:
    """Columns that any condition reads, those that come back the most often first."""
    found = []
    for column in rules.domain.columns:
        here = sum(column.name in one.columns for one in own)
        counts = [sum(column.name in one.columns for one in found) for found in others]
        if here or any(counts):
            share = sum(map(bool, counts)) / len(counts)
            found.append(RefitColumn(column.name, here, share, float(np.mean(counts))))

    return tuple(sorted(found, key=lambda one: (-one.share, -one.mean)))


def _list_bands(part: JudgedRows, judged: Sequence[JudgedRows]) -> tuple[RefitBand, ...]:
    """How far refits are apart, by band of the score of the rules; nothing of several classes."""
    if part.prediction is None:
        return ()
    numbers = np.array([one.prediction for one in judged], dtype=float)
    low, high = np.nanquantile(numbers, (QUANTILES[0], QUANTILES[-1]), axis=0)
    others = None
    if part.positive is not None:
        others = np.mean([one.positive != part.positive for one in judged], axis=0)
    bands = cut_score_bands(part.score)
    labels, place = label_bands(bands.edges.tolist()), bands.place(part.score)

    return tuple(
        RefitBand(
            band + 1,
            labels[band],
            int(rows.sum()),
            float(part.prediction[rows].mean()),
            float(low[rows].mean()),
            float(high[rows].mean()),
            None if others is None else float(others[rows].mean()),
        )
        for band in range(len(bands))
        if (rows := place == band).any()
    )
