"""Lines of one column or two that may be chosen on rows: directions, and thresholds along each."""

from itertools import combinations

import numpy as np

from relurules.domain import Domain
from relurules.ir.network import Array
from relurules.rules.line_choice import CandidateLines, LineTargets

#: Thresholds along a column, and along a direction of two.
_THRESHOLDS, _PAIR_THRESHOLDS = 24, 9
#: Shares of the rows that lie beyond the outermost thresholds.
_OUTER, _PAIR_OUTER = 0.02, 0.04
#: The second of two columns counts so many times as much as the first, in their deviations.
_RATIOS = (-4.0, -1.5, -0.6, -0.25, 0.25, 0.6, 1.5, 4.0)
#: Rows that quantiles are taken of, and columns of numbers of which every two are tried: those that
#: say most.
_QUANTILE_ROWS, _PAIRED = 2000, 14


def list_candidates(targets: LineTargets, domain: Domain) -> CandidateLines:
    """Lines along every column of numbers, every two of them, and every one within a category."""
    X, scores, read = targets
    some = X[:: max(1, len(X) // _QUANTILE_ROWS)]
    grouped = {j for group in domain.groups for j in group}
    varied = read & (np.ptp(X, axis=0) > 0)
    numbers = [j for j in np.flatnonzero(varied).tolist() if j not in grouped]
    found = [_list_thresholds(some, np.eye(X.shape[1])[j], domain.integer[j]) for j in numbers]
    paired = _choose_telling(X, scores, numbers)
    deviations = X.std(axis=0)
    for one, other in combinations(paired, 2):
        for ratio in _RATIOS:
            normal = np.zeros(X.shape[1])
            normal[one], normal[other] = 1.0, ratio * deviations[one] / deviations[other]
            found.append(_list_pair_thresholds(some, normal))
    for category in [j for j in sorted(grouped) if varied[j]]:
        found += [_list_within(some, j, category) for j in paired]

    return CandidateLines(
        normals=np.vstack([np.empty((0, X.shape[1])), *(one.normals for one in found)]),
        bounds=np.concatenate([np.empty(0), *(one.bounds for one in found)]),
    )


def _list_thresholds(some: Array, normal: Array, whole: bool) -> CandidateLines:
    values = some @ normal
    places = np.quantile(
        values, np.linspace(_OUTER, 1 - _OUTER, _THRESHOLDS), method="closest_observation"
    )
    if whole:
        places = np.round(places)
    return _cut_at(normal, places, values)


def _list_pair_thresholds(some: Array, normal: Array) -> CandidateLines:
    values = some @ normal
    shares = np.linspace(_PAIR_OUTER, 1 - _PAIR_OUTER, _PAIR_THRESHOLDS)
    return _cut_at(normal, np.quantile(values, shares), values)


def _cut_at(normal: Array, places: Array, values: Array) -> CandidateLines:
    places = np.unique(places)
    places = places[(places > values.min()) & (places < values.max())]
    return CandidateLines(np.tile(normal, (len(places), 1)), places)


def _list_within(some: Array, j: int, category: int) -> CandidateLines:
    """Lines of a column, up and down, that apply within the category alone: ±x + r c > ±t + r, r
    being wider than the column.
    """
    inside = some[:, category] > 0.5
    values, found = some[:, j], list[CandidateLines]()
    reach = float(np.ptp(values))
    if inside.sum() >= 2 and reach > 0:
        shares = np.linspace(0.0, 1 - _PAIR_OUTER, _PAIR_THRESHOLDS)
        for sense in (1.0, -1.0):
            normal = np.zeros(some.shape[1])
            normal[j], normal[category] = sense, reach
            places = np.unique(np.quantile(sense * values[inside], shares))
            found.append(CandidateLines(np.tile(normal, (len(places), 1)), places + reach))

    return CandidateLines(
        np.vstack([np.empty((0, some.shape[1])), *(one.normals for one in found)]),
        np.concatenate([np.empty(0), *(one.bounds for one in found)]),
    )


def _choose_telling(X: Array, scores: Array, numbers: list[int]) -> list[int]:
    """Of many columns those that scores depend on most, by means of scores over tenths of rows."""
    if len(numbers) <= _PAIRED:
        return numbers
    worth = []
    for j in numbers:
        tenths = np.array_split(scores[np.argsort(X[:, j], kind="stable")], 10)
        means = np.array([part.mean(axis=0) for part in tenths])
        worth.append(float((means.std(axis=0) / np.maximum(scores.std(axis=0), 1e-300)).max()))
    best = np.argsort(-np.array(worth), kind="stable")[:_PAIRED]
    return sorted(numbers[i] for i in best.tolist())
