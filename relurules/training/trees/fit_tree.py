"""Rows -> a tree of linear models within a budget, in the user's units."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.ir.limits import NEVER, Deadline
from relurules.ir.local_tree import LocalTree
from relurules.ir.network import AffineMap, Array
from relurules.ir.partition import Tree
from relurules.training.task import TASKS, Rows
from relurules.training.trees.column_choice import choose_columns, select_columns
from relurules.training.trees.growth import GrownTree, GrowthLimits, grow_tree, shorten_models
from relurules.training.trees.leaf_models import LeafRows
from relurules.training.trees.soft_targets import soften_by_trees

if TYPE_CHECKING:
    import pandas as pd

#: Ridges that are tried, of columns and targets with deviation 1.
_RIDGES = (0.3, 3.0, 30.0, 100.0)
#: With fewer rows than this, sizes and ridges are chosen by folds, of so many; else by one part.
_FEW_ROWS, _FOLDS = 40_000, 5
#: Rows of a leaf at least, for every number of its model; classes tell less than numbers do. But
#: never more than this share of all rows, and never fewer than so many: where there are many
#: columns, the ridge sees to it that a leaf's model follows the one above it.
_ROWS_PER_NUMBER = {"regression": 3, "binary": 25}
_LEAST_SHARE, _FEWEST = 0.1, 20
#: With so many rows, targets of classes are softened by other trees: on Taiwan credit, 8 rules,
#: seeds 10 to 14, AUC .776 to .777. Of fewer rows, other trees know too little.
_MANY_ROWS = 5000
#: A larger tree must do better by so many standard errors of the difference: of few rows by two,
#: since the best of many sizes and ridges often looks better by one where nothing is.
_ERRORS, _ERRORS_OF_FEW = 0.25, 2.0
#: Powers of ten that thresholds are rounded to.
_LARGEST_POWER = 15


@dataclass(frozen=True, kw_only=True)
class TreeSettings:
    """What a tree is to be.

    leaves: at most so many. terms: columns that a leaf's model reads at most; columns: that all of
    them and the splits read; None for any number. chosen_by: (N,) the rows that choose the size;
    None: parts that are drawn. soft: (N,) targets that a teacher has softened.
    told: called with the number of leaves.
    """

    leaves: int
    terms: int | None = None
    columns: int | None = None
    validation_fraction: float = 0.2
    seed: int = 0
    chosen_by: NDArray[np.bool_] | None = None
    soft: Array | None = None
    deadline: Deadline = NEVER
    told: Callable[[int], None] | None = None


@dataclass(frozen=True, kw_only=True)
class TreeFit:
    """A tree, one row for every number of leaves that was looked at, and which of them it has.
    folds: of the cross-validation; 1 where one part of the rows decided.
    """

    tree: LocalTree
    front: "pd.DataFrame"
    chosen: int
    folds: int


@dataclass(frozen=True, kw_only=True)
class _TreeScale:
    """x = shift + spread * (scaled x), (d,); f = low + high * (scaled f)."""

    shift: Array
    spread: Array
    low: float
    high: float


class _SizeMeasures(NamedTuple):
    """Of rows that weren't fitted to, by the number of leaves: losses (leaves, n), and scores
    (leaves,).
    """

    losses: Array
    scores: Array


def fit_tree(rows: Rows, task: str, settings: TreeSettings) -> TreeFit:
    """The tree whose number of leaves and whose ridge rows that it wasn't fitted to chose, fitted
    to all of them. task: regression or binary.
    """
    scale = _measure_scale(rows, task)
    whole = _scale_rows(rows, scale, task)
    limits = GrowthLimits(
        leaves=settings.leaves,
        ridge=_RIDGES[0],
        least=_count_least_rows(rows, task),
        terms=settings.terms,
        deadline=settings.deadline.share(0.7),
    )
    taught = replace(whole, y=_soften(whole, scale, limits, settings))
    kept = np.arange(rows.X.shape[1])
    if settings.columns is not None:
        middle = replace(limits, ridge=_RIDGES[len(_RIDGES) // 2])
        kept = choose_columns(taught, middle, settings.columns, settings.seed)
        taught, whole = select_columns(taught, kept), select_columns(whole, kept)

    measured = {
        ridge: _measure_sizes(taught, whole, replace(limits, ridge=ridge), settings)
        for ridge in _RIDGES
    }
    ridge, leaves = _choose_size({one: found.losses for one, found in measured.items()})

    final = replace(limits, ridge=ridge, leaves=leaves, deadline=settings.deadline)
    grown = grow_tree(taught, final, _make_watcher(settings))
    shorten_models(grown, taught, final)
    tree = _restore_units(grown, scale, rows.X, kept)
    score = TASKS[task].score(tree.evaluate(rows.X), rows.Y, rows.weights)
    front = _tabulate_front(measured[ridge].scores, tree, float(score))
    return TreeFit(
        tree=tree,
        front=front,
        chosen=min(leaves, len(front)) - 1,
        folds=len(_split_rows(whole, settings)),
    )


def _count_least_rows(rows: Rows, task: str) -> int:
    """Of a leaf: as many as the numbers of its model need, as far as the table has them."""
    n, d = map(int, rows.X.shape)
    return max(_FEWEST, min(_ROWS_PER_NUMBER[task] * d + 10, int(_LEAST_SHARE * n)))


def _measure_sizes(
    taught: LeafRows, whole: LeafRows, limits: GrowthLimits, settings: TreeSettings
) -> _SizeMeasures:
    """What rows that weren't fitted to say of every number of leaves."""
    losses, scores = list[Array](), list[Array]()
    score = TASKS["binary" if whole.classes else "regression"].score
    for training, others in _split_rows(whole, settings):
        held, found = whole.part(others), list[Array]()

        def watch(tree: GrownTree, held: LeafRows = held, found: list[Array] = found) -> None:
            found.append(tree.evaluate(held.X))

        grow_tree(taught.part(training), limits, watch)
        # Where a part of the rows allows fewer leaves, more of them change nothing.
        found += [found[-1]] * (limits.leaves - len(found))
        losses.append(np.array([held.loss(one) for one in found]))
        told = held.y[:, None]
        scores.append(np.array([score(one[:, None], told, held.weights) for one in found]))

    return _SizeMeasures(np.concatenate(losses, axis=1), np.mean(scores, axis=0))


def _split_rows(
    rows: LeafRows, settings: TreeSettings
) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Numbers of the rows to fit to, and of the others: folds of few rows, one part of many."""
    if settings.chosen_by is not None:
        return [(np.flatnonzero(~settings.chosen_by), np.flatnonzero(settings.chosen_by))]
    if len(rows.X) < _FEW_ROWS:
        return deal_parts(rows, _FOLDS, settings.seed)

    return deal_parts(rows, max(2, round(1.0 / settings.validation_fraction)), settings.seed)[:1]


def deal_parts(
    rows: LeafRows, count: int, seed: int
) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """So many times all rows but a part, and this part, drawn at random."""
    order = np.random.default_rng(seed).permutation(len(rows.X))
    if rows.classes:  # every part has its share of both
        order = order[np.argsort(rows.y[order] > 0.5, kind="stable")]

    number = np.empty(len(order), dtype=np.intp)
    number[order] = np.arange(len(order)) % count
    return [(np.flatnonzero(number != k), np.flatnonzero(number == k)) for k in range(count)]


def _choose_size(losses: dict[float, Array]) -> tuple[float, int]:
    """The ridge and the number of leaves of least loss; fewer leaves, where these do no worse than
    chance might make them, with the ridge that is best for so many.
    """
    found = losses[min(losses, key=lambda one: float(losses[one].mean(axis=1).min()))]
    chosen = best = int(np.argmin(found.mean(axis=1)))
    errors = _ERRORS if found.shape[1] >= _MANY_ROWS else _ERRORS_OF_FEW
    for leaves in range(best):
        worse = found[leaves] - found[best]
        error = worse.std() / np.sqrt(max(1, len(worse)))
        if worse.mean() <= errors * error:
            chosen = leaves
            break

    ridge = min(losses, key=lambda one: float(losses[one][chosen].mean()))
    return ridge, chosen + 1


def _make_watcher(settings: TreeSettings) -> Callable[[GrownTree], None] | None:
    told = settings.told
    return None if told is None else lambda tree: told(len(tree.order) + 1)


def _measure_scale(rows: Rows, task: str) -> _TreeScale:
    spread = rows.X.std(axis=0)
    low, high = 0.0, 1.0
    if task == "regression":
        low, high = float(rows.Y[:, 0].mean()), float(rows.Y[:, 0].std()) or 1.0
    return _TreeScale(
        shift=rows.X.mean(axis=0), spread=np.where(spread > 0, spread, 1.0), low=low, high=high
    )


def _scale_rows(rows: Rows, scale: _TreeScale, task: str) -> LeafRows:
    X = (rows.X - scale.shift) / scale.spread
    return LeafRows(
        X=np.column_stack([X, np.ones(len(X))]),
        y=(rows.Y[:, 0] - scale.low) / scale.high,
        weights=rows.weights / rows.weights.mean(),
        classes=task == "binary",
    )


def _soften(
    rows: LeafRows, scale: _TreeScale, limits: GrowthLimits, settings: TreeSettings
) -> Array:
    """(N,) the targets to fit to: a teacher's; of many rows, half of what other trees expect."""
    if settings.soft is not None:
        return np.asarray((settings.soft - scale.low) / scale.high)
    if len(rows.X) < _MANY_ROWS or not rows.classes or settings.leaves < 2:
        return rows.y
    parts = deal_parts(rows, _FOLDS, settings.seed)
    return soften_by_trees(rows, parts, limits, settings.seed)


def _restore_units(
    grown: GrownTree, scale: _TreeScale, X: Array, kept: NDArray[np.intp]
) -> LocalTree:
    """The tree in the user's units, of rows X, (N, d), of which it reads the columns kept: nodes
    that were split are its splits, in the order of the splitting, the others its leaves.
    """
    leaves, d = grown.leaves, len(scale.shift)
    place = {node: split for split, node in enumerate(grown.order)}
    place |= {node: ~leaf for leaf, node in enumerate(leaves)}
    normals, offsets = np.zeros((len(grown.order), d)), np.zeros(len(grown.order))
    children = np.zeros((len(grown.order), 2), dtype=np.int32)
    for split, node in enumerate(grown.order):
        chosen = grown.nodes[node].split
        assert chosen is not None  # noqa: S101  # it is in the order
        j = int(kept[chosen.column])
        threshold = float(scale.shift[j] + scale.spread[j] * chosen.threshold)
        normals[split, j] = 1.0
        offsets[split] = -round_between(X[:, j], threshold)
        children[split] = [place[side] for side in grown.nodes[node].sides]

    models = np.array([grown.nodes[leaf].model for leaf in leaves])
    weights = np.zeros((len(leaves), d))
    weights[:, kept] = scale.high * models[:, :-1] / scale.spread[kept]
    constants = scale.low + scale.high * models[:, -1] - weights @ scale.shift
    tree = Tree(np.full(len(offsets), -1, dtype=np.intp), normals, offsets, children)
    return LocalTree.make(tree, AffineMap(weights[:, None, :], constants[:, None]))


def round_between(values: Array, threshold: float) -> float:
    """The number of fewest digits near the threshold that parts the values, (N,), as it does: in
    the middle half between its neighbours, so that no rounding of a value crosses it.
    """
    below, above = values[values <= threshold].max(), values[values > threshold].min()
    room = (above - below) / 4.0
    for decimals in range(-_LARGEST_POWER, _LARGEST_POWER):
        rounded = round(threshold, decimals)
        if below + room <= rounded <= above - room:
            return float(rounded)
    return threshold


def _tabulate_front(scores: Array, tree: LocalTree, score: float) -> "pd.DataFrame":
    """One row per number of leaves: the score of rows that weren't fitted to, and that of all rows
    where it was taken.
    """
    import pandas as pd

    rules = np.arange(1, len(scores) + 1)
    taken = rules == len(tree.maps.constants)
    return pd.DataFrame(
        {
            "rules": rules,
            "sparse": False,
            "parallel": False,
            "validation": scores,
            "train": np.where(taken, score, np.nan),
        }
    )
