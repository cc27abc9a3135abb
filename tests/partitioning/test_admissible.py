"""Regions over categories: exactly those in which an admissible row lies, by brute force over all
combinations.
"""

import itertools

import numpy as np
import pytest
from handmade import network
from numpy.typing import NDArray

import relurules as rr
from relurules.domain.columns import Category, Column
from relurules.ir import Network, Neuron
from relurules.lp import highs, maxima, polytope, program_starts
from relurules.lp.programs import Outcome, ProgramAnswer
from relurules.partitioning import admissible_points, search_regions

Array = NDArray[np.float64]
GRID = np.linspace(-1, 1, 4001)


def domain_of(sizes: tuple[int, ...], numbers: int) -> rr.Domain:
    """Numbers in [-1, 1] and columns with so many categories."""
    columns = [Column(f"n{i}") for i in range(numbers)]
    columns += [
        Column(f"c{i}", tuple(Category((f"v{j}",)) for j in range(size)))
        for i, size in enumerate(sizes)
    ]
    return rr.Domain.over(columns).bounded({f"n{i}": (-1.0, 1.0) for i in range(numbers)})


def two_layers(d: int, seed: int, whole: bool) -> Network:
    """Four neurons and three on top of them; with `whole` small integers, so that many vanish on
    categories.
    """
    random = np.random.default_rng(seed)
    draw = (
        (lambda *s: random.integers(-1, 2, s).astype(float))
        if whole
        else (lambda *s: random.normal(size=s))
    )
    A, L = np.zeros((7, d)), np.zeros((7, 7))
    A[:4], L[4:, :4] = draw(4, d), draw(3, 4)
    neurons = tuple(Neuron("layer", i) for i in range(7))
    return Network(
        A,
        L,
        draw(7),
        np.zeros((1, d)),
        random.normal(size=(1, 7)),
        np.zeros(1),
        np.zeros(7),
        neurons,
    )


def rows_of(domain: rr.Domain, numbers: int) -> Array:
    """Every admissible combination of categories, with the number on a fine grid."""
    blocks = []
    for picked in itertools.product(*domain.groups):
        X = np.zeros((len(GRID) if numbers else 1, len(domain)))
        if numbers:
            X[:, 0] = GRID
        X[:, list(picked)] = 1.0
        blocks.append(X)
    X = np.vstack(blocks)
    return X[domain.contains(X)]


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(("sizes", "numbers"), [((3, 4, 2), 1), ((5, 3), 0), ((2, 2), 1)])
def test_patterns_are_those_of_admissible_rows(
    sizes: tuple[int, ...], numbers: int, seed: int
) -> None:
    domain = domain_of(sizes, numbers)
    net = two_layers(len(domain), seed, whole=False)
    found = search_regions(net, domain)
    z = net.preactivations(rows_of(domain, numbers))
    clear = (np.abs(z) > 1e-6).all(axis=1)
    seen = {tuple(row) for row in np.where(z[clear] > 0, 1, -1).tolist()}
    assert seen <= {tuple(row) for row in found.patterns.tolist()}
    assert len(found) <= len(seen) + 1  # a sliver between two points of the grid
    assert domain.contains(found.points).all()


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("seed", range(8))
def test_rules_are_the_network_on_every_admissible_row(seed: int, whole: bool) -> None:
    domain = domain_of((3, 4), 1)
    if seed % 2:
        domain = domain.admitting({"c1": ["v0", "v2"]}).where("n0 + `c0 = 'v1'` <= 1.2")
    net = two_layers(len(domain), seed, whole)
    found = search_regions(net, domain)
    X = rows_of(domain, 1)
    forms, located = [net.affine_map(pattern) for pattern in found.patterns], found.locate(X)
    assert (located >= 0).all()
    given = np.array(
        [forms[i].weights @ x + forms[i].constants for i, x in zip(located, X, strict=True)]
    )
    assert np.abs(given - net.evaluate(X)).max() <= 1e-9


def test_columns_that_are_one_hot_already() -> None:
    hot = np.eye(3)[np.arange(30) % 3]
    domain = rr.Domain.from_data(np.column_stack([np.linspace(-1, 1, 30), hot]))
    net = network([[0, 1, 1, 0], [1, 2, 0, -2]], [-0.5, 0], [[1, 1]])
    found = search_regions(net, domain)
    assert (
        len(found) == 3
    )  # the first column: both positive; the last: both negative; the one between: x0 decides
    assert found.locate(np.array([[0, 0.5, 0.5, 0], [0, 1, 1, 0], [0, 0, 0, 0]])).tolist() == [
        -1,
        -1,
        -1,
    ]


def test_a_solver_that_lies_drops_no_side(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no random point helps and every program is said to have no point, all regions are found
    all the same.
    """
    domain = domain_of((3, 2), 1)
    net = two_layers(len(domain), 0, whole=False)
    expected = {tuple(row) for row in search_regions(net, domain).patterns.tolist()}
    infeasible = ProgramAnswer(Outcome.INFEASIBLE, "infeasible")
    monkeypatch.setattr(highs, "solve_program", lambda *_, **__: infeasible)
    monkeypatch.setattr(admissible_points, "_RANDOM", 1)
    monkeypatch.setattr(program_starts, "_LARGEST", 0)  # no start is known from before
    monkeypatch.setattr(
        program_starts, "find_feasible_vertex", lambda _: polytope.FeasibilityResult(None, None)
    )
    assert {tuple(row) for row in search_regions(net, domain).patterns.tolist()} >= expected


def test_multipliers_out_of_nowhere_drop_no_side(monkeypatch: pytest.MonkeyPatch) -> None:
    domain = domain_of((3, 2), 1)
    net = two_layers(len(domain), 3, whole=False)
    expected = {tuple(row) for row in search_regions(net, domain).patterns.tolist()}

    def garbage(D, unit, points, multipliers, done) -> None:  # type: ignore[no-untyped-def]
        multipliers[:], done[:] = 7.0, True

    monkeypatch.setattr(maxima, "maximise_forms", garbage)
    monkeypatch.setattr(admissible_points, "_RANDOM", 1)
    assert {tuple(row) for row in search_regions(net, domain).patterns.tolist()} >= expected
