"""The compiled search against the reference one, pattern by pattern, and against itself where that
one is too slow.
"""

import numpy as np
import pytest
from cases import KINDS, gaps, random_case
from handmade import lines, network, random_network

import relurules as rr
from relurules import lp
from relurules.domain.columns import Category, Column
from relurules.errors import DomainError
from relurules.ir import Network
from relurules.partitioning import initial_state, search_regions, search_run, state_layout
from relurules.partitioning.explore import SearchBudget, run_search
from relurules.partitioning.options import SearchOptions
from relurules.partitioning.search import make_problem
from relurules.partitioning.search_run import RegionBatch, RegionOutputs, SearchProblem
from relurules.partitioning.sinks import CollectingSink, CountingSink
from relurules.partitioning.state import SearchState

CUBE = rr.Domain.box([-1] * 3, [1] * 3)


@pytest.mark.parametrize("seed", range(24))
@pytest.mark.parametrize("kind", KINDS)
def test_the_compiled_search_is_the_reference_one(kind: str, seed: int) -> None:
    net, domain = random_case(kind, seed)
    try:
        expected = search_regions(net, domain, SearchOptions(solver="highs"))
    except DomainError as error:
        with pytest.raises(DomainError, match=str(error)[:20]):
            search_regions(net, domain)
        return
    found = search_regions(net, domain)
    assert found.complete
    assert found.patterns.tolist() == expected.patterns.tolist()
    inside = np.minimum(gaps(expected), lp.RADIUS) / 2  # on corners a neuron may vanish
    assert (gaps(found) >= inside - 1e-14).all()
    assert domain.contains(found.points).all()
    assert found.locate(found.points)[inside > 0].tolist() == np.flatnonzero(inside > 0).tolist()
    assert len(explored(net, domain)) == len(found)


def explored(net: Network, domain: rr.Domain, jobs: int = 1) -> range:
    """As many as there are regions, counted without anything else being kept."""
    return range(
        run_search(
            make_problem(net, domain, RegionOutputs()), CountingSink(), SearchBudget(jobs=jobs)
        ).found
    )


def layered(seed: int, d: int, widths: tuple[int, ...], whole: bool = False) -> Network:
    """A network of several layers, each reading the one before; `whole`: integers, half of the time
    without biases.
    """
    random = np.random.default_rng(seed)
    K, starts = sum(widths), np.cumsum((0, *widths))
    A, L, b = np.zeros((K, d)), np.zeros((K, K)), random.uniform(-0.5, 0.5, K)
    A[: widths[0]] = random.normal(size=(widths[0], d)) * np.sqrt(2 / d)
    for first, start, end in zip(starts[:-2], starts[1:-1], starts[2:], strict=True):
        L[start:end, first:start] = random.normal(size=(end - start, start - first)) * np.sqrt(
            2 / (start - first)
        )
    if whole:
        A, L, b = np.round(2 * A), np.round(2 * L), np.round(2 * b) * (seed % 2)
    return network(A, b, np.ones((1, K)), L=L)


@pytest.mark.parametrize("whole", [False, True], ids=["general", "integers"])
@pytest.mark.parametrize(
    ("d", "widths"),
    [
        (16, (7, 6)),
        (23, (8, 5)),
        (40, (8, 4)),
        (2, (60, 60, 60, 40)),
        (2, (230,)),
        (1, (150, 100)),
        (3, (30, 30)),
        (6, (9, 7)),
    ],
)
def test_a_mirrored_domain_has_the_same_regions(
    d: int, widths: tuple[int, ...], whole: bool
) -> None:
    """Other pivots, other vertices, other balls; tens of thousands of pivots in a row."""
    net, domain = layered(d, d, widths, whole), rr.Domain.box([-1] * d, [1] * d)
    random = np.random.default_rng(d)
    A = (net.A * random.choice([-1.0, 1.0], d))[:, random.permutation(d)]
    most = 1_000 if whole else 12_000  # most tests of integers are answered in exact arithmetic
    found = find_some(net, domain, most)
    other = find_some(network(A, net.b, net.U, L=net.L), domain, most)
    assert np.array_equal(found.patterns, other.patterns)
    assert len(np.unique(found.patterns, axis=0)) == len(found.patterns)
    order = np.concatenate(net.levels)
    assert np.lexsort(found.patterns[:, order].T[::-1]).tolist() == list(range(len(found.patterns)))
    first = search_regions(net, domain, SearchOptions(max_regions=1, estimated=False))
    some = rr.ir.Partition(
        net,
        domain,
        first.frame,
        first.tree,
        found.patterns[::40],
        found.points[::40],
        first.complete,
    )
    assert gaps(some).min() > lp.RADIUS / 2


def find_some(net: Network, domain: rr.Domain, most: int) -> RegionBatch:
    """The first regions and their points, without a tree that leads to them."""
    found = CollectingSink()
    problem = make_problem(net, domain, RegionOutputs(points=True))
    run_search(problem, found, SearchBudget(regions=most))
    batch = found.of(0)
    assert batch is not None
    return batch


@pytest.mark.parametrize("room", [(1, 1, 1), (2, 3, 60), (24, 8, 8192)])
@pytest.mark.parametrize("buffer", [1, 2, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_arrays_that_are_too_small_at_first(
    monkeypatch: pytest.MonkeyPatch, kind: str, buffer: int, room: tuple[int, int, int]
) -> None:
    net, domain = random_case(kind, 5)
    expected = search_regions(net, domain)
    for name, size in zip(("_ROWS", "_SLOTS", "_POOL"), room, strict=True):
        monkeypatch.setattr(initial_state, name, size)
    monkeypatch.setattr(search_run, "_BUFFER", buffer)
    found = search_regions(net, domain)
    assert found.complete
    assert np.array_equal(found.patterns, expected.patterns)
    assert np.array_equal(found.points, expected.points)
    assert np.array_equal(found.tree.children, expected.tree.children)
    assert np.array_equal(found.tree.normals, expected.tree.normals)


@pytest.mark.parametrize("kind", ["box", "half open", "one-hot"])
def test_steps_of_one_test_each(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    net, domain = random_case(kind, 7)
    expected = search_regions(net, domain)
    monkeypatch.setattr(search_run, "_TESTS", 1)
    monkeypatch.setattr(search_run, "_ASKING", 1)
    found = search_regions(net, domain)
    assert np.array_equal(found.patterns, expected.patterns)
    assert np.array_equal(found.points, expected.points)


def test_a_step_ends_however_many_questions_it_asks() -> None:
    net, domain = lines(np.eye(6)[:, :6], np.full(6, -0.5)), hot((2, 2, 2))
    problem = make_problem(net, domain, RegionOutputs())
    run = search_run.SearchRun(problem, search_run.begin_search(problem))
    steps = 0
    while run.step(2) != state_layout.DONE:
        steps += 1
        assert run.state.node.counts[state_layout.TESTS] <= 2 * steps
    assert run.found == 8


def hot(sizes: tuple[int, ...]) -> rr.Domain:
    """Columns of so many categories each."""
    return rr.Domain.over(
        [
            Column(f"c{i}", tuple(Category((f"v{j}",)) for j in range(size)))
            for i, size in enumerate(sizes)
        ]
    )


def test_a_neuron_that_vanishes_on_all_categories_doesn_t_cut() -> None:
    domain = hot((2, 2))
    for solver in ("compiled", "highs"):
        found = search_regions(
            lines([[1, -1, 1, -1]], [0]), domain, SearchOptions(solver=solver)
        )  # 0 or +-2
        assert len(found) == 2
        found = search_regions(
            lines([[1, 0, 1, 0], [1, 0, -1, 0]], [-1, 0]), domain, SearchOptions(solver=solver)
        )
        assert len(found) == len(
            search_regions(found.network, domain, SearchOptions(solver="highs"))
        )


@pytest.mark.parametrize("d", [0, 1, 3])
def test_networks_without_neurons_and_domains_of_one_point(d: int) -> None:
    empty = network(np.empty((0, d)), [], np.empty((1, 0)))
    assert len(search_regions(empty, rr.Domain.box([-1] * d, [1] * d))) == 1
    point = rr.Domain.box([0.5] * d, [0.5] * d)
    found = search_regions(random_network(1, d=d), point) if d else search_regions(empty, point)
    assert found.points.tolist() == [[0.5] * d]
    assert (
        found.patterns.tolist()
        == np.where(found.network.preactivations(found.points) >= 0, 1, -1).tolist()
    )


@pytest.mark.parametrize("gap", [1e-6, 1e-7, 1e-8, 4e-9])
@pytest.mark.parametrize("d", [1, 2, 5])
def test_points_of_slivers_are_inside_of_them(d: int, gap: float) -> None:
    normal = np.random.default_rng(d).normal(size=d)
    normal /= np.linalg.norm(normal)
    net = lines(np.array([normal, normal, -normal]), [0, gap, 3 * gap])
    found = search_regions(net, rr.Domain.box([-1] * d, [1] * d))
    assert len(found) == 4
    assert gaps(found).min() > lp.RADIUS / 2


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("share", [1.5e-11, 1e-10, 1e-8])
def test_regions_that_rounding_would_blur_are_left_whole(seed: int, share: float) -> None:
    """Each neuron is the difference of two numbers some 1 / share times as large: only thick sides
    of it count.
    """
    random = np.random.default_rng(seed)
    A, L = np.ones((5, 3)), np.zeros((5, 5))
    L[1:, 0] = 1.0
    A[1:] = -1.0 + share * random.normal(size=(4, 3))
    net = network(A, [5.0, *(-5.0 + share * random.normal(size=4) / 2)], np.ones((1, 5)), L=L)
    found, expected = (
        search_regions(net, CUBE),
        search_regions(net, CUBE, SearchOptions(solver="highs")),
    )
    assert found.patterns.tolist() == expected.patterns.tolist()


def test_many_walls_are_cut_in_pieces_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both sides of a split wait at once: there must be room for two dictionaries."""
    domain = rr.Domain.box([-1] * 20, [1] * 20)
    random = np.random.default_rng(0)
    for _ in range(60):
        row = random.uniform(0.1, 1, 20).round(2)
        domain = domain.where(" + ".join(f"{value}*x{j}" for j, value in enumerate(row)) + " <= 9")
    net = lines(random.normal(size=(7, 20)), random.normal(size=7))
    expected = len(search_regions(net, domain))
    monkeypatch.setattr(initial_state, "_POOL", 1500)
    monkeypatch.setattr(initial_state, "_SLOTS", 1)
    assert len(explored(net, domain, jobs=2)) == expected == len(explored(net, domain))


def test_counting_in_more_pieces_than_there_are_regions() -> None:
    net = lines([[1, 0, 0], [0, 1, 0]], [0, 0])
    assert len(explored(net, CUBE, jobs=2)) == 4
    assert len(explored(lines([[1, 0, 0]], [5]), CUBE, jobs=2)) == 1


def test_a_search_whose_simplex_method_fails_goes_on_in_exact_arithmetic(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every doubt is answered the same: cells are searched exactly from some neuron on."""
    net = random_network(2, d=3, K=7)
    expected = search_regions(net, CUBE)
    begin = search_run.begin_search

    def begin_thin(problem: SearchProblem) -> SearchState:
        state = begin(problem)
        state.node.at[state_layout.THIN] = 1
        return state

    monkeypatch.setattr("relurules.partitioning.explore.begin_search", begin_thin)
    found = search_regions(net, CUBE)
    assert np.array_equal(found.patterns, expected.patterns)
    assert np.array_equal(found.tree.children, expected.tree.children)
    assert np.array_equal(found.tree.normals, expected.tree.normals)
    assert CUBE.contains(found.points).all()
    assert (found.locate(found.points) == np.arange(len(found))).all()


def test_maps_are_those_of_the_network() -> None:
    net = random_network(3, d=3, K=9)
    found = CollectingSink()
    run_search(
        make_problem(net, CUBE, RegionOutputs(points=True, maps=True, tree=True)),
        found,
        SearchBudget(),
    )
    batch = found.of(0)
    assert batch is not None
    for pattern, point, table in zip(batch.patterns, batch.points, batch.maps, strict=True):
        assert table @ [*point, 1.0] == pytest.approx(net.evaluate(point[None])[0], abs=1e-9)
        assert (np.where(net.preactivations(point[None])[0] >= 0, 1, -1) == pattern).all()
