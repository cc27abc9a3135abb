"""A plane through the domain, cut into the parts that each rule, or each activation pattern, has
there; exactly.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from relurules.domain.encoding import decode_rows
from relurules.errors import DataError, DomainError
from relurules.explaining.plain_text import format_value
from relurules.explaining.polygons import (
    clip_polygon,
    compute_area,
    compute_centroid,
    make_rectangle,
)
from relurules.explaining.score_view import Feature, find_feature, list_features
from relurules.ir import UNEXPLORED, Network, Reached, RuleSet
from relurules.ir.local_models import LocalModels
from relurules.ir.network import Array, Pattern
from relurules.links.heads import apply_links

#: Pieces whose area is less than this share of the plane's are rounding.
_SLIVER = 1e-12


@dataclass(frozen=True, kw_only=True)
class SlicePart:
    """A convex polygon of a plane, and what the output is there."""

    #: Number of its rule or local model from 1, 0 for a pattern that no row reached.
    model: int
    #: (k, 2) in the units of the two columns.
    corners: Array
    #: (2,) its centroid.
    middle: Array
    #: Of the plane's area.
    share: float
    #: The output at the centroid.
    value: float


@dataclass(frozen=True, kw_only=True)
class Slice:
    """A plane through a row, in pieces that don't overlap."""

    #: The two columns.
    names: tuple[str, str]
    #: (2,) what they are at the row.
    point: Array
    #: Whether it is shown.
    marked: bool
    #: What the other columns that matter are there.
    others: tuple[str, ...]
    #: The polygons.
    pieces: tuple[SlicePart, ...]
    #: (2, 2) lowest and highest value of each column.
    box: Array
    #: The output.
    label: str
    #: Of local models.
    kind: str


class Plane(NamedTuple):
    """All rows that are `at`, (d,), but for two coordinates, the axes."""

    at: Array
    axes: list[int]

    @property
    def others(self) -> list[int]:
        """The coordinates that don't move."""
        return [i for i in range(len(self.at)) if i not in self.axes]

    def rows(self, points: Array) -> Array:
        """(n, 2) -> (n, d)."""
        X = np.tile(self.at, (len(points), 1))
        X[:, self.axes] = points
        return X

    def form(self, normals: Array, offsets: Array) -> tuple[Array, Array]:
        """Affine forms of rows, (n, d) and (n,), as forms of the two: (n, 2), (n,)."""
        return normals[:, self.axes], normals[:, self.others] @ self.at[self.others] + offsets


def cut_slice(
    given: RuleSet | Reached,
    output: int,
    names: tuple[str, str],
    at: Array,
    box: Array,
    *,
    marked: bool = False,
) -> Slice:
    """Cut the plane of two columns through the point `at`, (d,). box: (2, 2), see `Slice`.

    Rules are cut by their tree; for the local models of rows, all patterns of their network are
    cut, neuron by neuron, those that no row reaches, too. DataError where `at` has a value that no
    row can have; columns of categories can't span a plane.
    """
    models = given.local_models
    pair = [find_feature(list_features(models), name, number=True) for name in names]
    if pair[0] == pair[1]:
        raise DataError(f"a plane needs two different columns, found {names[0]!r} twice")

    plane = Plane(at, [feature.at[0] for feature in pair])
    corners = _cut_by_domain(models, plane, make_rectangle(box))
    if not len(corners):
        raise DomainError(
            f"no row of the domain lies in the plane of {names[0]!r} and {names[1]!r} through "
            "this point"
        )

    if isinstance(given, RuleSet):
        cells = [(leaf + 1, polygon) for leaf, polygon in _cut_by_leaves(given, plane, corners)]
    else:
        number = {pattern.tobytes(): i for i, pattern in enumerate(given.patterns, start=1)}
        cells = [
            (number.get(p.tobytes(), 0), polygon)
            for p, polygon in _cut_by_patterns(given.network, plane, corners)
        ]

    pieces = _build_parts(given, plane, output, cells, compute_area(corners))
    others = _describe_others(given, plane)
    return Slice(
        names=names,
        point=at[plane.axes],
        marked=marked,
        others=others,
        pieces=pieces,
        box=box,
        label=models.outputs[output],
        kind=models.kind,
    )


def _build_parts(
    given: RuleSet | Reached,
    plane: Plane,
    output: int,
    cells: list[tuple[int, Array]],
    whole: float,
) -> tuple[SlicePart, ...]:
    cells = [
        (number, polygon) for number, polygon in cells if compute_area(polygon) > _SLIVER * whole
    ]
    middles = np.array([compute_centroid(polygon) for _, polygon in cells])
    X = plane.rows(middles)

    if isinstance(given, Reached):
        scores = given.network.evaluate(X)
    else:
        maps = [given.rules[number - 1].map for number, _ in cells]
        scores = np.array([m.weights @ x + m.constants for m, x in zip(maps, X, strict=True)])

    values = apply_links(given.local_models.heads, scores)[:, output].tolist()
    return tuple(
        SlicePart(
            model=number,
            corners=polygon,
            middle=middle,
            share=compute_area(polygon) / whole,
            value=value,
        )
        for (number, polygon), middle, value in zip(cells, middles, values, strict=True)
    )


def _describe_others(given: RuleSet | Reached, plane: Plane) -> tuple[str, ...]:
    """`purpose = car` for every column that splits read, or any column of a network, beside those
    of the plane.
    """
    models = given.local_models
    read = np.ones(len(plane.at), dtype=np.bool_)
    if isinstance(given, RuleSet):
        read = np.asarray(given.tree.normals.any(axis=0))

    raw = decode_rows(plane.at[None], models.domain.columns)
    return tuple(
        f"{feature.name} = {format_value(raw[feature.name][0])}"
        for feature in list_features(models)
        if read[list(feature.at)].any() and feature.at[0] not in plane.axes
    )


def choose_box(models: LocalModels, pair: list[Feature], X: Array | None) -> Array:
    """(2, 2) what is drawn of two columns: where the middle 98 % of the rows X lie; without rows,
    the domain.
    """
    found = np.empty((2, 2))
    for row, feature in enumerate(pair):
        i = feature.at[0]
        low, high = float(models.domain.lower[i]), float(models.domain.upper[i])
        if X is not None and np.ptp(X[:, i]) > 0:
            low, high = np.quantile(X[:, i], [0.01, 0.99]).tolist()
            low, high = (low, high) if low < high else (float(X[:, i].min()), float(X[:, i].max()))
        if not np.isfinite([low, high]).all():
            raise DataError(
                f"column {feature.name!r} has no bounds in the domain; give data, whose range is "
                "drawn"
            )
        if low == high:
            raise DataError(
                f"column {feature.name!r} is {low:g} throughout; a plane needs columns that vary"
            )
        found[row] = low, high

    return found


def _cut_by_domain(models: LocalModels, plane: Plane, corners: Array) -> Array:
    """What of a polygon lies in the domain; nothing where the columns that don't move lie outside
    it.
    """
    domain, others = models.domain, plane.others
    fixed = plane.at[others]
    if not ((domain.lower[others] <= fixed) & (fixed <= domain.upper[others])).all():
        return np.empty((0, 2))

    for group in domain.groups:
        values = sorted(plane.at[list(group)].tolist())
        if not set(group) & set(plane.axes) and values != [0.0] * (len(group) - 1) + [1.0]:
            return np.empty((0, 2))

    for direction, axis in zip(np.eye(2), plane.axes, strict=True):
        if np.isfinite(domain.lower[axis]):
            corners = clip_polygon(corners, direction, -float(domain.lower[axis]))
        if np.isfinite(domain.upper[axis]):
            corners = clip_polygon(corners, -direction, float(domain.upper[axis]))

    for normal, offset in zip(*plane.form(-domain.normals, domain.limits), strict=True):
        corners = clip_polygon(corners, normal, float(offset))

    return corners


def _cut_by_leaves(rules: RuleSet, plane: Plane, corners: Array) -> list[tuple[int, Array]]:
    """(leaf, polygon) of every leaf of the tree that the polygon reaches."""
    tree = rules.tree
    normals, offsets = plane.form(tree.normals, tree.offsets)
    found, stack = [], [(0 if len(tree.neurons) else -1, corners)]

    while stack:
        node, polygon = stack.pop()
        if not len(polygon) or node == UNEXPLORED:
            continue
        if node < 0:
            found.append((~node, polygon))
            continue
        no, yes = tree.children[node].tolist()
        normal, offset = normals[node], float(offsets[node])
        if not normal.any():
            stack.append((yes if offset >= 0 else no, polygon))
            continue
        stack += [
            (no, clip_polygon(polygon, -normal, -offset)),
            (yes, clip_polygon(polygon, normal, offset)),
        ]

    return found


def _cut_by_patterns(network: Network, plane: Plane, corners: Array) -> list[tuple[Pattern, Array]]:
    """(pattern, polygon) of every activation pattern that the polygon reaches, split by one neuron
    after the other.
    """
    K, least = len(network), _SLIVER * compute_area(corners)
    own = np.column_stack(plane.form(network.A, network.b))
    cells = [(corners, np.zeros((K, 3)), np.ones(K, dtype=np.int8))]

    for k in range(K):
        split = []
        for polygon, active, pattern in cells:
            form = own[k] + network.L[k] @ active
            sides = [
                clip_polygon(polygon, form[:2], float(form[2])),
                clip_polygon(polygon, -form[:2], -float(form[2])),
            ]
            large = [
                sign
                for sign, side in zip((1, -1), sides, strict=True)
                if len(side) and compute_area(side) > least
            ]
            if not form[:2].any() or not large:
                large = [1 if form[2] + polygon.mean(axis=0) @ form[:2] >= 0 else -1]
                sides = [polygon, polygon]
            for sign in large:
                forms, signs = active.copy(), pattern.copy()
                forms[k], signs[k] = form * (1.0 if sign > 0 else network.slope[k]), sign
                split.append((sides[0 if sign > 0 else 1], forms, signs))
        cells = split

    return [(pattern, polygon) for polygon, _, pattern in cells]
