"""What a column of numbers adds in itself, from its breakpoints: AdditiveRules -> Curve."""

from collections.abc import Sequence

import numpy as np

from relurules.ir.additive import AdditiveRules
from relurules.ir.network import Array, make_read_only
from relurules.ir.score_parts import Curve, ScorePart


def make_curve(rules: AdditiveRules, part: int) -> Curve:
    """What the part of this index, of one column of numbers, adds."""
    own, domain = rules.parts[part], rules.domain
    j = int(own.coordinates[0])
    low, high = float(domain.lower[j]), float(domain.upper[j])
    at = np.unique([x for x in _list_kinks(rules, own, j) if low < x < high])
    ends = [x for x in (low, high) if np.isfinite(x)]
    breakpoints = np.unique(np.concatenate([at, ends]))
    if not len(breakpoints):
        breakpoints = rules.reference.values[j : j + 1].copy()

    rows = np.tile(rules.reference.values, (len(breakpoints), 1))
    rows[:, j] = breakpoints
    return Curve(
        column=own.name,
        breakpoints=make_read_only(breakpoints),
        values=make_read_only(rules.evaluate_parts(rows)[:, part] - rules.reference_parts[part]),
        below=make_read_only(_find_outer_slope(rules, own, j, -1.0)),
        above=make_read_only(_find_outer_slope(rules, own, j, 1.0)),
    )


def _find_outer_slope(rules: AdditiveRules, part: ScorePart, j: int, side: float) -> Array:
    """(m,) slope in column j far below (side -1) or far above (+1) all that the part compares."""
    slope = part.weights[:, 0].copy()
    for k in part.lines:
        if side * rules.normals[k, j] > 0:
            slope += rules.slopes[k] * rules.normals[k, j]
    for group in part.groups:
        far = np.zeros((1, len(rules.domain.names)))
        far[0, j] = side * 1e300
        slope += rules.groups[group].rules.maps.weights[
            rules.groups[group].rules.tree.route(far)[0], :, j
        ]

    return slope


def _list_kinks(rules: AdditiveRules, part: ScorePart, j: int) -> Sequence[float]:
    """Where the part's lines begin or end, and where its groups' rules change."""
    found = [rules.bounds[k] / rules.normals[k, j] for k in part.lines]
    for group in part.groups:
        tree = rules.groups[group].rules.tree
        found += [
            -offset / normal[j]
            for normal, offset in zip(tree.normals, tree.offsets, strict=True)
            if normal[j]
        ]

    return found
