"""A search that nobody limited ends with an estimate where very many regions are to be expected,
and only there.
"""

import math
import re

import numpy as np
import pytest
from handmade import graph, layered, lines, random_network

import relurules as rr
from relurules.errors import TooLargeError
from relurules.ir import Network
from relurules.partitioning import search_regions, search_run
from relurules.partitioning import size_guard as module
from relurules.partitioning.explore import SearchBudget, run_search
from relurules.partitioning.search import make_problem
from relurules.partitioning.search_run import RegionOutputs, SearchProblem
from relurules.partitioning.sinks import CountingSink
from relurules.partitioning.size_guard import SizeGuard, format_duration

#: Some ten thousand regions, which a search comes back from several times.
MANY = lines(
    np.random.default_rng(0).normal(size=(40, 3)), np.random.default_rng(1).uniform(-0.5, 0.5, 40)
)
#: Fewer, of which rules are soon made.
FEWER = lines(
    np.random.default_rng(0).normal(size=(24, 3)), np.random.default_rng(1).uniform(-0.5, 0.5, 24)
)
LARGE = layered(0, d=12, sizes=(60,), m=1)


def cube(d: int) -> rr.Domain:
    return rr.Domain.box([-1.0] * d, [1.0] * d)


def problem(net: Network) -> SearchProblem:
    return make_problem(net, cube(net.A.shape[1]), RegionOutputs())


def stopped() -> float:
    """A clock that stands still: nothing in these tests is a matter of time."""
    return 0.0


@pytest.fixture
def early(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first look comes after 200 regions already, in a search that comes back often."""
    monkeypatch.setattr(module, "_REGIONS", 200)
    monkeypatch.setattr(search_run, "_TESTS", 1000)


@pytest.mark.usefixtures("early")
def test_a_search_without_end_ends() -> None:
    given = problem(LARGE)
    with pytest.raises(TooLargeError) as raised:
        run_search(given, CountingSink(), SearchBudget(), watch=SizeGuard(given, stopped))
    said = str(raised.value)
    regions = float(re.findall(r"about ([0-9.e+]+)", said)[0])
    assert regions > module.MOST
    for way in (
        "max_regions",
        "time_limit",
        "memory_limit",
        "linearize",
        "relurules fit",
        "smaller domain",
    ):
        assert way in said
    assert "max_rules" not in said


@pytest.mark.usefixtures("early")
def test_a_search_of_some_thousand_regions_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[float] = []

    def expected(*given: object) -> tuple[float, float]:
        looks.append(1.0)
        return module_expected(*given)  # type: ignore[arg-type]

    module_expected = module.estimate_region_count
    monkeypatch.setattr(module, "estimate_region_count", expected)
    net = MANY
    given = problem(net)
    found = run_search(given, CountingSink(), SearchBudget(), watch=SizeGuard(given, stopped))
    assert found.complete
    assert found.found == len(search_regions(net, cube(3)))
    assert found.found > 200
    assert len(looks) >= 1


def test_a_small_search_pays_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*given: object) -> tuple[float, float]:
        raise AssertionError("a small search was estimated")

    monkeypatch.setattr(module, "estimate_region_count", never)
    net = random_network(1, d=3, K=14)
    given = problem(net)
    assert run_search(
        given, CountingSink(), SearchBudget(), watch=SizeGuard(given, stopped)
    ).complete


def test_work_counts_where_regions_are_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_WORK", 1.0)
    given = problem(LARGE)
    with pytest.raises(TooLargeError):
        run_search(given, CountingSink(), SearchBudget(), watch=SizeGuard(given, stopped))


def test_one_lucky_probe_is_no_proof(monkeypatch: pytest.MonkeyPatch, early: None) -> None:
    """An estimate with an error as large as itself may be a twentieth: the search goes on."""
    monkeypatch.setattr(
        module, "estimate_region_count", lambda *_: (10.0 * module.MOST, 10.0 * module.MOST)
    )
    net = MANY
    given = problem(net)
    assert run_search(
        given, CountingSink(), SearchBudget(), watch=SizeGuard(given, stopped)
    ).complete


def test_a_search_that_found_a_million_is_large_whatever_probes_say(
    monkeypatch: pytest.MonkeyPatch, early: None
) -> None:
    monkeypatch.setattr(module, "MOST", 1000)
    monkeypatch.setattr(module, "estimate_region_count", lambda *_: (900.0, 0.0))
    given = problem(LARGE)
    with pytest.raises(TooLargeError, match="more than"):
        run_search(given, CountingSink(), SearchBudget(), watch=SizeGuard(given, stopped))


@pytest.mark.usefixtures("early")
@pytest.mark.parametrize(
    "limits", [{"max_regions": 300}, {"memory_limit": 0.3}, {"time_limit": 3600.0}]
)
def test_whoever_names_a_limit_is_not_stopped(
    limits: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    net = FEWER
    monkeypatch.setattr(module, "MOST", 1)
    rules = rr.extract(graph(net), domain=cube(3), **limits)  # type: ignore[arg-type]
    assert len(rules) > 1


@pytest.mark.usefixtures("early")
def test_none_is_a_limit_too(monkeypatch: pytest.MonkeyPatch) -> None:
    net = FEWER
    monkeypatch.setattr(module, "MOST", 1)
    with pytest.raises(TooLargeError):
        rr.extract(graph(net), domain=cube(3))
    rules = rr.extract(graph(net), domain=cube(3), max_regions=math.inf)
    assert rules.complete
    assert rules.provenance.settings["max_regions"] == "none"


@pytest.mark.usefixtures("early")
def test_what_was_found_is_in_the_checkpoint(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pathlib import Path

    file = Path(str(tmp_path)) / "search.npz"
    net = FEWER
    monkeypatch.setattr(module, "MOST", 1)
    with pytest.raises(TooLargeError):
        rr.extract(graph(net), domain=cube(3), checkpoint=file)
    assert file.exists()
    gone_on = rr.extract(graph(net), domain=cube(3), checkpoint=file, max_regions=math.inf)
    assert np.array_equal(
        gone_on.maps.weights,
        rr.extract(graph(net), domain=cube(3), max_regions=math.inf).maps.weights,
    )


def test_in_many_coordinates_tests_are_more_work() -> None:
    assert (
        module.convert_work_to_tests(1e7, 4)
        > 10 * module.convert_work_to_tests(1e7, 100)
        > 100 * module.convert_work_to_tests(1e7, 784)
    )
    assert module.convert_work_to_tests(1.0, 10_000) == 1.0


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.2, "1 seconds"),
        (90, "90 seconds"),
        (600, "10 minutes"),
        (86400, "24 hours"),
        (1e6, "12 days"),
        (1e12, "3.2e+04 years"),
    ],
)
def test_durations(seconds: float, said: str) -> None:
    assert format_duration(seconds) == said
