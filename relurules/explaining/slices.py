"""A plane through the domain, cut into the parts that each rule has there; boundaries exact."""

from typing import NamedTuple

import numpy as np

from relurules.domain.columns import decode
from relurules.errors import DataError, DomainError
from relurules.explaining.view import Feature, feature_named, features_of
from relurules.explaining.wording import value_text
from relurules.ir import UNEXPLORED, RuleSet
from relurules.ir.link import linked
from relurules.ir.network import Array

#: Pieces whose area is less than this share of the plane's are rounding.
_SLIVER = 1e-12


class Piece(NamedTuple):
    """A convex polygon, corners (k, 2) in the units of the two columns; rule: from 1; middle: (2,) its centroid.

    share: of the plane's area; value: the output at the centroid.
    """

    rule: int
    corners: Array
    middle: Array
    share: float
    value: float


class Slice(NamedTuple):
    """A plane through a row, in pieces that don't overlap.

    names: the two columns; point: (2,) what they are at the row; marked: whether it is shown; others: what the other
    columns that conditions read are there; box: (2, 2) lowest and highest value of each column; label: the output.
    """

    names: tuple[str, str]
    point: Array
    marked: bool
    others: tuple[str, ...]
    pieces: tuple[Piece, ...]
    box: Array
    label: str


def slice_of(
    rules: RuleSet, output: int, names: tuple[str, str], at: Array, box: Array, *, marked: bool = False
) -> Slice:
    """Cut the plane of two columns through the point `at`, (d,), by the rules' tree. box: (2, 2), see `Slice`.

    DataError where `at` has a value that no domain's row can have; columns of categories can't span a plane.
    """
    features = features_of(rules.local_models)
    pair = [feature_named(features, name, number=True) for name in names]
    if pair[0] == pair[1]:
        raise DataError(f"a plane needs two different columns, found {names[0]!r} twice")
    axes = [feature.at[0] for feature in pair]
    corners = _cut_by_domain(rules, at, axes, _rectangle(box))
    if not len(corners):
        raise DomainError(f"no row of the domain lies in the plane of {names[0]!r} and {names[1]!r} through this point")
    area = _area(corners)
    pieces = []
    for leaf, polygon in _leaves(rules, at, axes, corners):
        size, middle = _area(polygon), _centroid(polygon)
        if size > _SLIVER * area:
            x = at.copy()
            x[axes] = middle
            weights, constants = rules.rules[leaf].map
            value = float(linked(rules.heads, (weights @ x + constants)[None])[0, output])
            pieces.append(Piece(leaf + 1, polygon, middle, size / area, value))
    return Slice(names, at[axes], marked, _others(rules, at, axes), tuple(pieces), box, rules.outputs[output])


def _others(rules: RuleSet, at: Array, axes: list[int]) -> tuple[str, ...]:
    """`purpose = car` for every column that splits read beside those of the plane."""
    read = np.asarray(rules.tree.normals.any(axis=0))
    raw = decode(at[None], rules.domain.columns)
    return tuple(
        f"{feature.name} = {value_text(raw[feature.name][0])}"
        for feature in features_of(rules.local_models)
        if read[list(feature.at)].any() and feature.at[0] not in axes
    )


def slice_box(rules: RuleSet, pair: list[Feature], X: Array | None) -> Array:
    """(2, 2) what is drawn of two columns: where the middle 98 % of the rows X lie; without rows, the domain."""
    found = np.empty((2, 2))
    for row, feature in enumerate(pair):
        i = feature.at[0]
        low, high = float(rules.domain.lower[i]), float(rules.domain.upper[i])
        if X is not None and np.ptp(X[:, i]) > 0:
            low, high = np.quantile(X[:, i], [0.01, 0.99]).tolist()
            low, high = (low, high) if low < high else (float(X[:, i].min()), float(X[:, i].max()))
        if not np.isfinite([low, high]).all():
            raise DataError(f"column {feature.name!r} has no bounds in the domain; give data, whose range is drawn")
        if low == high:
            raise DataError(f"column {feature.name!r} is {low:g} throughout; a plane needs columns that vary")
        found[row] = low, high
    return found


def _rectangle(box: Array) -> Array:
    (a, b), (c, d) = box
    return np.array([[a, c], [b, c], [b, d], [a, d]])


def _cut_by_domain(rules: RuleSet, at: Array, axes: list[int], corners: Array) -> Array:
    """What of a polygon lies in the domain; nothing where the columns that don't move lie outside it."""
    domain = rules.domain
    others = np.setdiff1d(np.arange(len(at)), axes)
    fixed = at[others]
    if not ((domain.lower[others] <= fixed) & (fixed <= domain.upper[others])).all():
        return np.empty((0, 2))
    for group in domain.groups:
        if not set(group) & set(axes) and sorted(at[list(group)].tolist()) != [0.0] * (len(group) - 1) + [1.0]:
            return np.empty((0, 2))
    for i, axis in enumerate(axes):
        for sign, limit in ((-1.0, -domain.lower[axis]), (1.0, domain.upper[axis])):
            if np.isfinite(limit):
                corners = _kept(corners, np.eye(2)[i] * -sign, limit)
    for normal, limit in zip(domain.normals, domain.limits, strict=True):
        corners = _kept(corners, -normal[axes], float(limit - normal[others] @ fixed))
    return corners


def _leaves(rules: RuleSet, at: Array, axes: list[int], corners: Array) -> list[tuple[int, Array]]:
    """(leaf, polygon) of every leaf of the tree that the polygon reaches."""
    tree, others = rules.tree, np.setdiff1d(np.arange(len(at)), axes)
    found, stack = [], [(0 if len(tree.neurons) else -1, corners)]
    while stack:
        node, polygon = stack.pop()
        if not len(polygon) or node == UNEXPLORED:
            continue
        if node < 0:
            found.append((~node, polygon))
            continue
        normal = tree.normals[node][axes]
        offset = float(tree.normals[node][others] @ at[others] + tree.offsets[node])
        no, yes = tree.children[node].tolist()
        if not normal.any():
            stack.append((yes if offset >= 0 else no, polygon))
            continue
        stack += [(no, _kept(polygon, -normal, -offset)), (yes, _kept(polygon, normal, offset))]
    return found


def _kept(corners: Array, normal: Array, offset: float) -> Array:
    """The part of a convex polygon (k, 2) where normal·x + offset >= 0 (I. Sutherland and G. Hodgman, 1974)."""
    if not len(corners):
        return corners
    side = corners @ normal + offset
    found = []
    for i, here in enumerate(side):
        j = (i + 1) % len(corners)
        if here >= 0:
            found.append(corners[i])
        if (here >= 0) != (side[j] >= 0):
            found.append(corners[i] + (corners[j] - corners[i]) * (here / (here - side[j])))
    return np.array(found) if len(found) > 2 else np.empty((0, 2))


def _area(corners: Array) -> float:
    """By the shoelace formula, around the first corner."""
    x, y = (corners - corners[0]).T
    return float(abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2)


def _centroid(corners: Array) -> Array:
    x, y = (corners - corners[0]).T
    cross = x * np.roll(y, -1) - y * np.roll(x, -1)
    if cross.sum() == 0:
        return np.asarray(corners.mean(axis=0))
    middle = np.array([((x + np.roll(x, -1)) @ cross), ((y + np.roll(y, -1)) @ cross)]) / (3 * cross.sum())
    return np.asarray(corners[0] + middle)
