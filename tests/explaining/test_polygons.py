"""Polygons against points drawn at random: what is cut off, areas and centres."""

import numpy as np
import pytest

from relurules.explaining.polygons import (
    clip_polygon,
    compute_area,
    compute_centroid,
    make_rectangle,
)
from relurules.ir.network import Array

BOX = np.array([[-1.0, 2.0], [0.0, 3.0]])


def test_a_rectangle() -> None:
    corners = make_rectangle(BOX)
    assert sorted(map(tuple, corners.tolist())) == [(-1, 0), (-1, 3), (2, 0), (2, 3)]
    assert compute_area(corners) == 9.0
    assert compute_centroid(corners).tolist() == [0.5, 1.5]


def clip_often(seed: int) -> tuple[Array, Array, Array]:
    """A rectangle cut by three half-planes, and which of many points of it they all hold."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(BOX[:, 0], BOX[:, 1], (20_000, 2))
    corners, inside = make_rectangle(BOX), np.ones(len(points), dtype=bool)
    for _ in range(3):
        normal = rng.normal(size=2)
        offset = float(rng.uniform(-0.2, 1.0) - normal @ [0.5, 1.5])
        corners = clip_polygon(corners, normal, offset)
        inside &= points @ normal + offset >= 0
    return corners, points, inside


@pytest.mark.parametrize("seed", range(20))
def test_area_and_centre_are_those_of_the_points_inside(seed: int) -> None:
    corners, points, inside = clip_often(seed)
    if not len(corners):
        assert not inside.any()
        return
    assert compute_area(corners) == pytest.approx(9.0 * inside.mean(), abs=0.15)
    if inside.sum() > 1000:
        assert compute_centroid(corners) == pytest.approx(points[inside].mean(axis=0), abs=0.1)


def test_a_cut_that_leaves_nothing_and_one_that_leaves_all() -> None:
    corners = make_rectangle(BOX)
    assert clip_polygon(corners, np.array([1.0, 0.0]), -5.0).shape == (0, 2)
    assert np.array_equal(clip_polygon(corners, np.array([1.0, 0.0]), 5.0), corners)
    assert clip_polygon(np.empty((0, 2)), np.array([1.0, 0.0]), 5.0).shape == (0, 2)


def test_a_polygon_without_area_has_the_mean_of_its_corners() -> None:
    line = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]])
    assert compute_area(line) == 0.0
    assert compute_centroid(line).tolist() == [1.0, 1.0]
