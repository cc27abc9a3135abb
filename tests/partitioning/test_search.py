"""Regions of small arrangements, counted by hand, and what a partition promises of every region."""

import itertools

import numpy as np
import pytest
from handmade import by_hand, graph, lines, network, random_network, rows_in
from hypothesis import given, settings
from hypothesis import strategies as st

import relurules as rr
from relurules import lp
from relurules.errors import DomainError, UnsupportedError
from relurules.ir import Partition
from relurules.partitioning import search_regions
from relurules.partitioning.options import SearchOptions

SQUARE = rr.Domain.box([-1, -1], [1, 1])

#: normals, offsets, regions in the square
ARRANGEMENTS = {
    "no line": (np.empty((0, 2)), [], 1),
    "one": ([[1, 0]], [0.2], 2),
    "outside": ([[1, 0]], [2], 1),
    "through a corner": ([[1, 1]], [2], 1),
    "along a side": ([[1, 0]], [1], 1),
    "crossing": ([[1, 0], [0, 1]], [0.1, 0.2], 4),
    "through one point": ([[1, 0], [0, 1], [1, 1]], [0, 0, 0], 6),
    "four through one point": ([[1, 0], [0, 1], [1, 1], [1, -1]], [0, 0, 0, 0], 8),
    "general position": ([[1, 0], [0, 1], [1, 1]], [0, 0, 0.3], 7),
    "parallel": ([[1, 1], [1, 1]], [0, 0.5], 3),
    "coinciding": ([[1, 1], [1, 1]], [0.1, 0.1], 2),
    "negated": ([[1, 1], [-1, -1]], [0.1, -0.1], 2),
    "scaled": ([[1, 1], [1024, 1024]], [0.125, 128], 2),
    "zero": ([[0, 0], [0, 0], [1, 0]], [1, -1, 0], 2),
    "zero at zero": ([[0, 0], [1, 0]], [0, 0], 2),
    "triangle": ([[1, 0], [0, 1], [1, 1]], [0.5, 0.5, 0], 7),
    "crossing outside": ([[1, 0.1], [1, -0.1]], [0.2, -0.2], 3),
}


@pytest.mark.parametrize("case", ARRANGEMENTS)
@pytest.mark.parametrize("scale", [2.0**-20, 1.0, 2.0**20])
@pytest.mark.parametrize("shift", [0.0, 4.0])
def test_regions_of_lines_at_any_scale_and_place(case: str, scale: float, shift: float) -> None:
    """Powers of two, and offsets rounded to 2^-20: what coincides on paper coincides in binary
    fractions too.
    """
    normals, offsets, regions = ARRANGEMENTS[case]
    normals, offsets = np.array(normals, dtype=float), np.array(offsets, dtype=float)
    offsets = np.round(offsets * 2.0**20) / 2.0**20
    normals = np.round(normals * 2.0**20) / 2.0**20
    centre = np.full(2, shift * scale)
    moved = lines(normals / scale, offsets - normals @ centre / scale)
    domain = rr.Domain.box(centre - scale, centre + scale)
    found = search_regions(moved, domain)
    assert found.complete
    assert len(found) == regions


@pytest.mark.parametrize(
    ("normals", "offsets", "regions"),
    [
        (np.empty((0, 2)), [], 1),
        ([[1, 0]], [5], 2),
        ([[1, 0], [0, 1]], [1000, 2000], 4),
        ([[1, 0], [0, 1], [1, 1]], [0, 0, 0], 6),
        ([[1, 0], [0, 1], [1, 1]], [0, 0, 50], 7),
        ([[1, 1], [1, 1], [-1, -1]], [0, 1, 0], 3),
        ([[1e-5, 0], [0, 1e5]], [1, 1], 4),
    ],
)
def test_regions_of_the_whole_plane(
    normals: list[list[float]], offsets: list[float], regions: int
) -> None:
    found = search_regions(
        lines(np.array(normals, dtype=float), offsets), rr.Domain.unbounded(["a", "b"])
    )
    assert found.complete
    assert len(found) == regions


def test_pinned_and_one_sided_columns() -> None:
    net = lines([[1, 0], [0, 1], [1, 1]], [0, 0, 0])
    assert len(search_regions(net, rr.Domain.box([0.5, -1], [0.5, 1]))) == 3
    assert len(search_regions(net, rr.Domain.box([0, -np.inf], [np.inf, np.inf]))) == 3
    assert len(search_regions(net, rr.Domain.box([0.5, -1], [0.5, -1]))) == 1


def test_inequalities_cut_regions_away() -> None:
    net = lines([[1, 0], [0, 1]], [0, 0])
    assert len(search_regions(net, SQUARE.where("x0 + x1 >= 0.1"))) == 3
    assert len(search_regions(net, SQUARE.where("x0 >= 0.1").where("x1 >= 0.1"))) == 1


def test_deep_neurons_cut_inside_the_regions_of_others() -> None:
    # z1 = relu(x) - 1 cuts at x = 1 only; z2 = |x| - 1/2 cuts at both signs of x
    net = network([[1], [0], [0]], [0, -1, -0.5], [[1, 1, 1]], L=[[0, 0, 0], [1, 0, 0], [0, 0, 0]])
    assert len(search_regions(net, rr.Domain.box([-2], [2]))) == 3
    net = network([[1], [0]], [0, -0.5], [[1, 1]], L=[[0, 0], [1, 0]], slope=[-1, 0])
    assert len(search_regions(net, rr.Domain.box([-2], [2]))) == 4


@pytest.mark.parametrize("solver", ["compiled", "highs"])
@pytest.mark.parametrize("gap", [1e-6, 1e-8, 1e-10, 1e-12, 1e-18, 1e-30, 1e-300])
def test_regions_are_found_however_thin_they_are(gap: float, solver: str) -> None:
    found = search_regions(lines([[1, 1], [1, 1]], [0, gap]), SQUARE, SearchOptions(solver=solver))
    assert found.patterns.tolist() == [[-1, -1], [-1, 1], [1, 1]]


def test_a_gap_of_nothing_has_no_region() -> None:
    assert len(search_regions(lines([[1, 1], [1, 1]], [0, 0]), SQUARE)) == 2
    assert (
        len(search_regions(lines([[1, 3], [3, 9]], [0.1, 3 * 0.1]), SQUARE)) == 3
    )  # 3 * 0.1 isn't three times 0.1


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3), st.integers(-4, 4)), max_size=4))
def test_counts_agree_with_a_dense_grid(found: list[tuple[int, int, int]]) -> None:
    normals = np.array([[a, b] for a, b, _ in found], dtype=float).reshape(-1, 2)
    offsets = np.array([c / 5 for *_, c in found])
    ticks = np.linspace(-1, 1, 242)[1:-1] + 1e-4
    points = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
    values = points @ normals.T + offsets
    clear = (np.abs(values) > 1e-9).all(axis=1) | (np.abs(values) == 0).any(axis=1)
    seen = {bytes(row) for row in (values[clear] >= 0)}
    cells = search_regions(lines(normals, offsets), SQUARE)
    assert seen <= {bytes(row) for row in (cells.patterns >= 0)}
    assert len(cells) >= len(seen)
    assert len({bytes(row) for row in cells.patterns}) == len(cells)


def assert_sound(found: Partition, X: np.ndarray) -> None:
    """Interior points are strictly inside; every row lies in one region, with the signs that the
    network has there.
    """
    regions = found.regions()
    scale = found.frame.scale
    for region in regions:
        gaps = (region.normals @ region.point - region.bounds) / np.linalg.norm(
            region.normals * scale, axis=1
        )
        assert (gaps > lp.RADIUS / 2).all()
    assert found.domain.contains(found.points).all()
    assert found.locate(found.points).tolist() == list(range(len(found)))
    z = found.network.preactivations(X)
    clear = (np.abs(z) > 1e-7 * (1 + np.abs(z).max())).all(axis=1)
    located = found.locate(X)
    assert (located >= 0).all()
    assert (found.patterns[located] == np.where(z >= 0, 1, -1))[clear].all()
    inside = np.stack([(r.bounds <= X @ r.normals.T).all(axis=1) for r in regions], axis=1)
    assert (inside.sum(axis=1) == 1)[clear].all()
    assert (inside.argmax(axis=1) == located)[clear].all()


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("cut", [False, True], ids=["box", "cut"])
def test_every_row_lies_in_one_region(seed: int, cut: bool) -> None:
    domain = rr.Domain.box([-1, 0, -500], [2, 0.01, 1000])
    domain = domain.where("x0 + x2/1000 <= 1.5").where("100*x1 >= x0") if cut else domain
    A = random_network(seed, d=3, K=6)
    net = network(A.A / domain.upper, A.b, A.U, L=A.L, C=A.C, c=A.c, slope=A.slope)
    assert_sound(search_regions(net, domain), rows_in(domain, 400, seed))


@pytest.mark.parametrize("seed", range(3))
def test_regions_have_the_maps_of_the_network(seed: int) -> None:
    net = random_network(seed, K=6)
    found = search_regions(net, SQUARE)
    for region in found.regions():
        expected = by_hand(net, region.point.tolist())[1]
        assert region.map.weights @ region.point + region.map.constants == pytest.approx(
            np.array(expected), abs=1e-9
        )


def test_half_spaces_of_regions_are_irredundant() -> None:
    found = search_regions(lines([[1, 0], [1, 0], [1, 0], [0, 1]], [0.5, 0, -0.5, 0]), SQUARE)
    assert sorted(len(region.bounds) for region in found.regions()) == [2, 2, 2, 2, 3, 3, 3, 3]


def test_patterns_are_distinct_signs() -> None:
    found = search_regions(random_network(1, K=6), SQUARE)
    assert found.patterns.dtype == np.int8
    assert set(np.unique(found.patterns)) == {-1, 1}
    assert len(np.unique(found.patterns, axis=0)) == len(found)


def test_partition_cuts_by_neurons_that_nothing_reads() -> None:
    net = network([[1, 0], [0, 1]], [0, 0], [[1, 0]])
    found = rr.partition(graph(net), SQUARE)
    assert len(found) == 4
    assert found.patterns.shape == (4, 2)
    assert found.complete


def test_every_sign_combination_of_axes() -> None:
    found = search_regions(lines(np.eye(4), np.zeros(4)), rr.Domain.box([-1] * 4, [1] * 4))
    expected = set(itertools.product((-1, 1), repeat=4))
    assert {tuple(row) for row in found.patterns.tolist()} == expected


@pytest.mark.parametrize("budget", [1, 2, 3, 5])
def test_max_regions_ends_the_search(budget: int) -> None:
    net = lines([[1, 0], [0, 1], [1, 1]], [0, 0, 0.3])
    found = search_regions(net, SQUARE, SearchOptions(max_regions=budget))
    assert len(found) == budget
    assert not found.complete
    X = rows_in(SQUARE, 500)
    located = found.locate(X)
    assert -1 in located
    assert set(located[located >= 0]) <= set(range(budget))
    z = net.preactivations(X)
    known = located >= 0
    assert (found.patterns[located[known]] == np.where(z[known] >= 0, 1, -1)).all()


def test_a_budget_that_suffices_leaves_the_partition_complete() -> None:
    found = search_regions(
        lines([[1, 0], [0, 1]], [0, 0]), SQUARE, SearchOptions(max_regions=4, time_limit=1e6)
    )
    assert found.complete
    assert len(found) == 4


@pytest.mark.parametrize("budget", [{"max_regions": 0}, {"time_limit": 0.0}])
def test_a_budget_of_nothing_finds_one_region(budget: dict[str, float]) -> None:
    found = search_regions(lines([[1, 0], [0, 1]], [0, 0]), SQUARE, SearchOptions(**budget))
    assert len(found) == 1
    assert not found.complete
    assert set(found.locate(rows_in(SQUARE, 50)).tolist()) == {-1, 0}


def test_progress_is_told_the_number_of_regions() -> None:
    told: list[int] = []
    search_regions(lines([[1, 0], [0, 1]], [0, 0]), SQUARE, SearchOptions(progress=told.append))
    assert told[-1] == 4
    assert told == sorted(told)


def test_locate_knows_no_region_outside() -> None:
    found = search_regions(lines([[1, 0]], [0]), SQUARE)
    assert found.locate(np.array([[2.0, 0.0], [np.nan, 0.0], [0.5, np.inf]])).tolist() == [
        -1,
        -1,
        -1,
    ]


@pytest.mark.parametrize(
    ("domain", "said"),
    [
        (SQUARE.where("x0 >= 2"), "x0 >= 2"),
        (SQUARE.where("x0 + x1 >= 2"), "x0 + x1 >= 2"),
        (SQUARE.where("x0 <= x1").where("x1 <= x0"), "no interior"),
        (rr.Domain.box([1, 0], [1, 1]).where("x0 <= 0"), "'x0 <= 0' is false"),
        (rr.Domain.box([0], [1]), "the domain has 1 columns, the network reads 2"),
        (rr.Domain.box([0] * 3, [1] * 3), "the domain has 3 columns, the network reads 2"),
    ],
)
def test_refuses_domains(domain: rr.Domain, said: str) -> None:
    with pytest.raises(DomainError) as raised:
        search_regions(lines([[1, 0]], [0]), domain)
    assert said in str(raised.value)


@pytest.mark.parametrize("given", [{"jobs": 2}, {"checkpoint": "x.npz"}, {"memory_limit": 1.0}])
def test_the_reference_search_has_no_extras(given: dict[str, object]) -> None:
    with pytest.raises(
        UnsupportedError, match="solver 'highs' has no jobs, checkpoint or memory_limit"
    ):
        rr.partition(graph(lines([[1, 0]], [0])), SQUARE, solver="highs", **given)


def test_an_unknown_solver_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="solver 'magic'; supported: compiled, highs"):
        rr.partition(graph(lines([[1, 0]], [0])), SQUARE, solver="magic")


def test_a_limit_of_memory_ends_the_search() -> None:
    net = lines([[1, 0], [0, 1], [1, 1]], [0, 0, 0.3])
    assert len(search_regions(net, SQUARE, SearchOptions(memory_limit=100.0))) == 7
    found = search_regions(net, SQUARE, SearchOptions(memory_limit=4e-4))
    assert 1 <= len(found) < 7
    assert not found.complete


def test_count_keeps_nothing_and_estimates_what_a_budget_leaves() -> None:
    net = graph(lines([[1, 0], [0, 1], [1, 1]], [0, 0, 0.3]))
    assert rr.count(net, SQUARE) == (7, True, None)
    found = rr.count(net, SQUARE, max_regions=3, data=np.array([[-0.9, -0.9], [0.9, 0.9]]))
    assert (found.regions, found.complete) == (3, False)
    assert found.estimate is not None
    assert found.estimate.regions == pytest.approx(7, abs=4 * found.estimate.error + 1e-9)
    assert found.estimate.data == 0.5
    before = rr.count(net, SQUARE, max_regions=0)
    assert (before.regions, before.complete) == (0, False)
    assert before.estimate is not None
    assert before.estimate.volume == 0.0


def test_neurons_without_a_kink_do_not_split() -> None:
    net = network([[1, 0], [0, 1]], [0, 0], [[1, 1]], slope=[1, 0])
    for solver in ("compiled", "highs"):
        assert search_regions(net, SQUARE, SearchOptions(solver=solver)).patterns.tolist() == [
            [1, -1],
            [1, 1],
        ]
