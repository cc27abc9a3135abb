"""The reference is right: known counts, cells by hand, volumes that fill the domain, values."""

from fractions import Fraction
from itertools import product
from math import factorial, prod
from pathlib import Path

import numpy as np
import pytest
from handmade import by_hand, lines, network, random_network
from numpy.typing import ArrayLike
from partitioning.cases import random_case
from test_nets import COUNTS, load

import relurules as rr
from exact.arrangement import Cell, ExactNetwork, Point, Vertex, cell_of, evaluate_exact, regions

SQUARE = rr.Domain.box([-1, -1], [1, 1])

#: normals, offsets, patterns in the square in lexicographic order
BY_HAND: dict[str, tuple[ArrayLike, ArrayLike, list[str]]] = {
    "no line": (np.empty((0, 2)), [], [""]),
    "one": ([[1, 0]], [0.2], ["-", "+"]),
    "outside": ([[1, 0], [-1, 0]], [2, -2], ["+-"]),
    "through a corner": ([[1, 1], [-1, -1]], [2, -2], ["+-"]),
    "along a side": ([[1, 0], [-1, 0]], [1, -1], ["+-"]),
    "crossing": ([[1, 0], [0, 1]], [0.1, 0.2], ["--", "-+", "+-", "++"]),
    "through one point": (
        [[1, 0], [0, 1], [1, 1]],
        [0, 0, 0],
        ["---", "-+-", "-++", "+--", "+-+", "+++"],
    ),
    "general position": (
        [[1, 0], [0, 1], [1, 1]],
        [0, 0, 0.3],
        ["---", "--+", "-+-", "-++", "+--", "+-+", "+++"],
    ),
    "through a vertex of cells": (
        [[1, 0], [0, 1], [1, 1]],
        [0.5, 0.5, 1],
        ["---", "-+-", "-++", "+--", "+-+", "+++"],
    ),
    "coinciding": ([[1, 1], [1, 1]], [0.1, 0.1], ["--", "++"]),
    "negated": ([[1, 1], [-1, -1]], [0.1, -0.1], ["-+", "+-"]),
    "scaled": ([[1, 1], [1024, 1024]], [0.125, 128], ["--", "++"]),
    "zero at zero": ([[0, 0], [1, 0]], [0, 0], ["+-", "++"]),
    "constants": ([[0, 0], [0, 0], [1, 0]], [5e-324, -5e-324, 0], ["+--", "+-+"]),
    "parallel, 1e-12 apart": ([[1, 1], [1, 1]], [0, 1e-12], ["--", "-+", "++"]),
    "turned by 1e-12": ([[1, 1], [1, 1 + 1e-12]], [0, 0], ["--", "-+", "+-", "++"]),
    "three within an ulp": ([[1, 0], [3, 0]], [-0.1, -0.3], ["--", "-+", "++"]),  # 0.1 > 0.3 / 3
}


@pytest.mark.parametrize("name", BY_HAND)
def test_patterns_by_hand(name: str) -> None:
    normals, offsets, patterns = BY_HAND[name]
    found = regions(lines(normals, offsets), SQUARE)
    assert [_signs(region.pattern) for region in found] == patterns


@pytest.mark.parametrize("name", ["deg_d2_8_8", "deg_d3_6_6", "d2_16_16"])
def test_known_counts(nets: Path, name: str) -> None:
    graph = rr.trace(load(nets / f"{name}.npz"))
    d = len(graph.features)
    assert len(regions(graph.network, rr.Domain.box([-1] * d, [1] * d))) == COUNTS[name]


def test_second_layers_are_cut_where_the_first_one_bends_them() -> None:
    # z0 = x, z1 = phi(x) - 1/2 over [-1, 1]: z1 is negative left of 1/2, and constant left of 0
    net = network([[1], [0]], [0, -0.5], [[0, 1]], L=[[0, 0], [1, 0]])
    found = regions(net, rr.Domain.box([-1], [1]))
    assert [_signs(region.pattern) for region in found] == ["--", "+-", "++"]
    assert [_ends(region.cell) for region in found] == [
        (-1, 0),
        (0, Fraction(1, 2)),
        (Fraction(1, 2), 1),
    ]
    assert [region.forms for region in found] == [((0, 0),), ((0, 0),), ((1, Fraction(-1, 2)),)]


def test_a_neuron_that_vanishes_on_a_cell_is_positive_there() -> None:
    net = network([[1], [0], [0]], [0, 0, 0], [[0, 1, 1]], L=[[0, 0, 0], [1, 0, 0], [-1, 0, 0]])
    found = regions(net, rr.Domain.box([-1], [1]))
    assert [_signs(region.pattern) for region in found] == ["-++", "++-"]


def test_a_neuron_of_slope_one_never_cuts() -> None:
    net = network([[1], [1]], [0, 0], [[1, 1]], slope=[1.0, 0.999])
    found = regions(net, rr.Domain.box([-1], [1]))
    assert [_signs(region.pattern) for region in found] == ["+-", "++"]


def test_a_column_of_one_value_is_held() -> None:
    net = lines([[1, 1], [0, 1]], [-0.25, 0])
    found = regions(net, rr.Domain.box([-1, 0], [1, 0]))
    assert [_signs(region.pattern) for region in found] == ["-+", "++"]
    assert [region.interior[1] for region in found] == [0, 0]


def test_inequalities_cut_the_domain() -> None:
    triangle = SQUARE.where("x0 + x1 <= 0")
    found = regions(lines([[1, 0], [1, 1]], [0, 0]), triangle)
    assert [_signs(region.pattern) for region in found] == ["--", "+-"]
    assert regions(lines([[1, 0]], [0]), triangle.where("x0 + x1 >= 0")) == []


@pytest.mark.parametrize("seed", range(60))
def test_cells_fill_the_domain_and_hold_their_values(seed: int) -> None:
    net, domain = random_case("cut" if seed % 3 else "scaled", seed)
    if len(domain) > 3 or len(net) > 8:
        domain, net = SQUARE, random_network(seed, slopes=(0.0, 0.25, 1.0))
    found, exact, whole = regions(net, domain), ExactNetwork.of(net), cell_of(domain)
    assert whole is not None
    assert sum(map(_volume, (region.cell for region in found))) == _volume(whole)
    patterns = [region.pattern for region in found]
    assert patterns == sorted(set(patterns))
    for region in found:
        assert _signs_at(exact, region.interior) == region.pattern
        for x in (region.interior, *(vertex.point for vertex in region.cell.vertices)):
            assert region.outputs(x) == exact.evaluate(x)


@pytest.mark.parametrize("seed", range(20))
def test_values_are_those_of_float64_to_its_rounding(seed: int) -> None:
    net = random_network(seed, d=3)
    for x in np.random.default_rng(seed).normal(size=(10, 3)).tolist():
        _, outputs = by_hand(net, x)
        values = [float(value) for value in evaluate_exact(net, x)]
        assert np.allclose(values, outputs, rtol=1e-12, atol=1e-13)


def test_values_hold_where_float64_fails() -> None:
    offsets, heights = [-0.5, -0.5 - 2**-40, -0.5 - 2**-39], [2.0**40, -(2.0**41), 2.0**40]
    tent = network([[1], [1], [1]], offsets, [heights])
    assert evaluate_exact(tent, [0.5 + 2**-40]) == (1,)
    assert evaluate_exact(tent, [1e300]) == (0,)
    assert evaluate_exact(network([[1]], [0], [[1]]), [5e-324]) == (Fraction(5e-324),)


def _signs(pattern: tuple[int, ...]) -> str:
    return "".join("-+"[sign > 0] for sign in pattern)


def _ends(cell: Cell) -> tuple[Fraction, ...]:
    return tuple(sorted(vertex.point[0] for vertex in cell.vertices))


def _signs_at(exact: ExactNetwork, x: Point) -> tuple[int, ...]:
    """The neurons' signs at an interior point, where only one that vanishes on the region is 0."""
    signs: list[int] = []
    active: list[Fraction] = []
    for form, links, slope in zip(exact.inputs, exact.links, exact.slopes, strict=True):
        z = sum((a * b for a, b in zip(form, (*x, 1), strict=True)), Fraction(0))
        z += sum((weight * active[j] for j, weight in links), Fraction(0))
        signs.append(1 if z >= 0 or slope == 1 else -1)
        active.append(z if z >= 0 else slope * z)
    return tuple(signs)


def _volume(cell: Cell) -> Fraction:
    """Exactly, by simplices that fill the cell; columns of one value don't count."""
    points = [vertex.point for vertex in cell.vertices]
    free = [j for j, values in enumerate(zip(*points, strict=True)) if len(set(values)) > 1]
    simplices = _simplices(list(cell.vertices), cell.walls)
    parts = [_determinant([_edge(first, v, free) for v in rest]) for first, *rest in simplices]
    return sum(map(abs, parts), Fraction(0)) / factorial(len(free))


def _simplices(face: list[Vertex], walls: int) -> list[list[Vertex]]:
    """A face cut into cones over those of its facets that its first vertex isn't on."""
    apex = face[0]
    if len(face) == 1:
        return [face]
    sections = {tuple(v for v in face if v.on >> wall & 1) for wall in range(walls)}
    proper = [set(section) for section in sections if 0 < len(section) < len(face)]
    facets = [facet for facet in proper if not any(facet < other for other in proper)]
    away = [[v for v in face if v in facet] for facet in facets if apex not in facet]
    return [[apex, *simplex] for facet in away for simplex in _simplices(facet, walls)]


def _edge(start: Vertex, end: Vertex, free: list[int]) -> list[Fraction]:
    return [end.point[j] - start.point[j] for j in free]


def _determinant(rows: list[list[Fraction]]) -> Fraction:
    if not rows:
        return Fraction(1)
    total = Fraction(0)
    for i, row in enumerate(rows):
        rest = [other[1:] for j, other in enumerate(rows) if j != i]
        total += (-1) ** i * row[0] * _determinant(rest) if row[0] else 0
    return total


def test_volumes_by_hand() -> None:
    cube = Cell.box([0, 0, 0], [1, 2, 3])
    assert _volume(cube) == prod((1, 2, 3))
    _, corner = cube.split(tuple(map(Fraction, (-1, -1, -1, 1))))
    assert corner is not None
    assert _volume(corner) == Fraction(1, 6)
    assert len({vertex.point for vertex in corner.vertices}) == 4
    assert {vertex.point for vertex in cube.vertices} == set(product((0, 1), (0, 2), (0, 3)))
