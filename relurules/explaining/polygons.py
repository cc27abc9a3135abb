"""Convex polygons, (k, 2) corners in order."""

import numpy as np

from relurules.ir.network import Array


def make_rectangle(box: Array) -> Array:
    """Of the lowest and highest value along each axis, (2, 2)."""
    (a, b), (c, d) = box
    return np.array([[a, c], [b, c], [b, d], [a, d]])


def clip_polygon(corners: Array, normal: Array, offset: float) -> Array:
    """The part of a convex polygon (k, 2) where normal·x + offset >= 0.

    Sutherland and Hodgman, 1974.
    """
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


def compute_area(corners: Array) -> float:
    """By the shoelace formula, around the first corner."""
    x, y = (corners - corners[0]).T
    return float(abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2)


def compute_centroid(corners: Array) -> Array:
    """The centre of mass, (2,)."""
    x, y = (corners - corners[0]).T
    cross = x * np.roll(y, -1) - y * np.roll(x, -1)
    if cross.sum() == 0:
        return np.asarray(corners.mean(axis=0))
    middle = np.array([((x + np.roll(x, -1)) @ cross), ((y + np.roll(y, -1)) @ cross)]) / (
        3 * cross.sum()
    )
    return np.asarray(corners[0] + middle)
