"""Half-spaces with fewer terms and digits: boundaries move as far as a bound, certified anew each
time, allows.
"""

from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.domain import ExactRows
from relurules.errors import OutOfTimeError
from relurules.ir import Tree
from relurules.ir.network import Array
from relurules.ir.partition import Side
from relurules.ir.rule_table import Sides
from relurules.lp import RADIUS
from relurules.rules.certify import Certifier
from relurules.rules.convex_unions import find_needed_rows
from relurules.rules.map_rounding import round_to_decimals
from relurules.rules.pieces import (
    PiecewiseFunction,
    bound_row_rounding,
    make_unit_rows,
    orient_exact_rows,
    orient_rows,
)

#: Coarsest to finest: how far a boundary may move, as a share of its leading column's width.
_SHARES = (0.1, 0.03, 0.01, 3e-3, 1e-3, 1e-4, 1e-5, 1e-6)
#: Each boundary is tried by itself while that means no more certified (region, trial) pairs than
#: this.
_MOST = 20_000


class BoundaryRounding(NamedTuple):
    """A tree of simpler splits, its certified error; for each leaf the sides it needs, and a point
    inside, (n, d).
    """

    tree: Tree
    error: float
    sides: list[Sides]
    points: Array


def round_boundaries(
    ground: PiecewiseFunction, tree: Tree, forms: Array, limit: float
) -> BoundaryRounding | None:
    """The simplest splits found with an error of no more than `limit`, None where those at hand are
    it.

    tree: leaf i gives forms[i], each leaf is met once, and in every split one column has the
    coefficient 1. At the ground's deadline those found so far count.
    """
    best: BoundaryRounding | None = None
    certifier = Certifier(ground, forms)
    groups = _group_splits(tree)
    if len(groups) * len(_SHARES) * len(ground.cells) > _MOST:
        groups = [np.concatenate(groups)] if groups else []

    for splits in groups:
        for share in _SHARES:
            trial = _round_splits(ground, tree, splits, share)
            if np.array_equal(trial.normals, tree.normals) and np.array_equal(
                trial.offsets, tree.offsets
            ):
                break
            try:
                found = _certify_tree(certifier, trial, limit)
            except OutOfTimeError:
                return best
            if found is not None:
                certifier.keep()
                best, tree = found, trial
                break

    return best


def _group_splits(tree: Tree) -> list[NDArray[np.intp]]:
    """The splits that share their numbers, group by group."""
    groups: dict[bytes, list[int]] = {}
    for split, row in enumerate(np.column_stack([tree.normals, tree.offsets])):
        groups.setdefault(row.tobytes(), []).append(split)
    return [np.array(group, dtype=np.intp) for group in groups.values()]


def _round_splits(
    ground: PiecewiseFunction, tree: Tree, splits: NDArray[np.intp], share: float
) -> Tree:
    """The tree with these splits rounded."""
    domain = ground.partition.domain
    widths, middle = domain.widths, ground.frame.shift
    normals, offsets = tree.normals.copy(), tree.offsets.copy()

    for split in splits.tolist():
        room = share * widths[np.argmax(np.abs(normals[split]) * widths)]
        rounded = round_to_decimals(normals[split], room / np.where(widths > 0, widths, 1.0))
        offset = offsets[split] + float((normals[split] - rounded) @ middle)
        normals[split], offsets[split] = (
            rounded,
            round_to_decimals(np.array([offset]), np.array([room]))[0],
        )

    return replace(tree, normals=normals, offsets=offsets)


def _certify_tree(certifier: Certifier, tree: Tree, limit: float) -> BoundaryRounding | None:
    """None where a split has lost all its terms, a leaf its interior, or the error exceeds the
    limit.
    """
    if not (tree.normals != 0.0).any(axis=1).all():
        return None

    ground = certifier.ground
    error = certifier.bound(tree, limit)
    if error > limit:
        return None

    rows = make_unit_rows(ground.frame, tree.normals, tree.offsets)
    room = bound_row_rounding(ground.partition, tree.normals, tree.offsets)
    sides, points = [], []

    for path in tree.paths(len(certifier.forms)):
        faces, of_path = orient_rows(rows, room, path), room[[split for split, _ in path]]
        ball = ground.within(faces).ball()
        if ball.radius <= RADIUS:
            return None
        kept = find_needed_rows(
            ground, faces, of_path, partial(_make_exact_rows, ground, tree, path)
        )
        sides.append(tuple(pair for pair, keep in zip(path, kept.tolist(), strict=True) if keep))
        points.append(ground.frame.to_user(ball.center))

    return BoundaryRounding(tree, error, sides, np.array(points))


def _make_exact_rows(ground: PiecewiseFunction, tree: Tree, path: list[Side]) -> ExactRows:
    return ground.exact_walls.and_also(orient_exact_rows(ground.partition, tree, path))
