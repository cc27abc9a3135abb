"""Estimates against what a whole search finds: they must agree within their own errors."""

from typing import Any

import numpy as np
import pandas
import pytest
from handmade import layered, lines, random_network

import relurules as rr
from relurules.ir import Estimate
from relurules.partitioning import search_regions
from relurules.partitioning.estimate import ProbeBudget, draw_uniform_points, estimate_search
from relurules.partitioning.exact_search import ExactSearch
from relurules.partitioning.explore import SearchBudget, run_search
from relurules.partitioning.options import SearchOptions
from relurules.partitioning.search import make_problem
from relurules.partitioning.search_run import RegionOutputs, SearchProblem
from relurules.partitioning.sinks import CountingSink

BOX = rr.Domain.box([-1] * 3, [1] * 3)


def problem(seed: int, domain: rr.Domain = BOX) -> SearchProblem:
    return make_problem(random_network(seed, d=3, K=12), domain, RegionOutputs())


def stopped(
    given: SearchProblem,
    regions: int,
    rows: np.ndarray | None = None,
    effort: ProbeBudget | None = None,
) -> Estimate:
    search = run_search(given, CountingSink(), SearchBudget(regions=regions))
    return estimate_search(given, search, rows, effort)


@pytest.mark.parametrize("seed", range(6))
def test_the_size_of_a_search_that_has_not_begun(seed: int) -> None:
    given = problem(seed)
    true = len(search_regions(given.network, BOX))
    found = estimate_search(given, None)
    assert abs(found.regions - true) <= 4 * found.error + 1e-9
    assert found.error < 0.2 * true
    assert found.volume == 0.0


@pytest.mark.parametrize("seed", range(6))
def test_a_search_that_was_stopped(seed: int) -> None:
    given = problem(seed)
    true = len(search_regions(given.network, BOX))
    X = np.random.default_rng(seed).uniform(-1, 1, size=(5000, 3))
    found = stopped(given, true // 2, X)
    assert abs(found.regions - true) <= 4 * found.error + 1e-9
    located = search_regions(given.network, BOX, SearchOptions(max_regions=true // 2)).locate(X)
    assert found.data == (located >= 0).mean()
    assert found.volume is not None
    assert found.volume_error is not None
    assert abs(found.volume - found.data) <= 6 * found.volume_error + 1e-9


def test_a_search_that_is_done_is_known_exactly() -> None:
    given = problem(1)
    true = len(search_regions(given.network, BOX))
    assert stopped(given, 10**9, np.zeros((4, 3))) == Estimate(true, 0.0, 1.0, 0.0, 1.0)


def test_the_same_seed_gives_the_same_numbers() -> None:
    assert estimate_search(problem(2), None, effort=ProbeBudget(probes=100)) == estimate_search(
        problem(2), None, effort=ProbeBudget(probes=100)
    )
    assert estimate_search(problem(2), None, effort=ProbeBudget(probes=100)) != estimate_search(
        problem(2), None, effort=ProbeBudget(probes=100), seed=1
    )


def test_an_unbounded_domain_has_no_volume() -> None:
    given = problem(3, rr.Domain.unbounded(["a", "b", "c"]))
    true = len(search_regions(given.network, given.domain))
    few = ProbeBudget(probes=1000, least=10)  # each takes exact arithmetic
    found = stopped(given, true // 2, effort=few)
    assert 0 < found.error < 0.3 * true
    assert found.volume is None
    assert abs(found.regions - true) <= 4 * found.error


def test_a_partition_that_was_stopped_says_how_much_is_missing() -> None:
    network = lines(np.eye(3), np.zeros(3))
    whole, half = (
        search_regions(network, BOX),
        search_regions(network, BOX, SearchOptions(max_regions=4)),
    )
    assert whole.estimate is None
    assert half.estimate is not None
    assert (half.estimate.regions, half.estimate.error) == (8.0, 0.0)
    assert half.estimate.volume == pytest.approx(0.5, abs=0.03)


def test_points_are_uniform_in_the_domain() -> None:
    hot = rr.Domain.from_data(
        pandas.DataFrame({"x": np.linspace(0, 1, 40), "c": list("abcd") * 10})
    ).where("x <= 0.25")
    X = draw_uniform_points(hot, 4000, np.random.default_rng(0))
    assert X is not None
    assert hot.contains(X).all()
    assert X[:, 1:].mean(axis=0) == pytest.approx(np.full(4, 0.25), abs=0.05)
    assert X[:, 0].mean() == pytest.approx(0.125, abs=0.01)
    assert draw_uniform_points(rr.Domain.unbounded(["x"]), 10, np.random.default_rng(0)) is None


def test_an_estimate_in_an_open_domain_asks_few_exact_questions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nearly every neuron is in doubt there, and takes milliseconds to answer."""
    asked = list[int]()
    answer = ExactSearch.sides

    def answer_counted(search: ExactSearch, *where: Any) -> int:
        asked.append(where[-1])
        return answer(search, *where)

    monkeypatch.setattr(ExactSearch, "sides", answer_counted)
    names = [f"x{i}" for i in range(6)]
    net = layered(0, 6, [16, 16], 1)
    found = search_regions(net, rr.Domain.unbounded(names), SearchOptions(max_regions=1))
    assert found.estimate is not None
    assert 1 < found.estimate.regions < np.inf
    assert 40 <= len(asked) <= 40 + 3 * len(net)  # those before the first region, and two probes
