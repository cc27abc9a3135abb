"""Categories in compiled code: the regions of mixed-integer programs, with none of them asked."""

import numpy as np
import pytest
from test_admissible import domain_of, two_layers

import relurules as rr
from relurules.ir import Network
from relurules.partitioning import admissible_points, search_regions
from relurules.partitioning.explore import SearchBudget, run_search
from relurules.partitioning.options import SearchOptions
from relurules.partitioning.search import make_problem
from relurules.partitioning.search_run import RegionOutputs
from relurules.partitioning.sinks import CountingSink

SIZES = [((4, 6, 3), 1), ((9, 2), 2), ((3, 3, 3), 0)]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Questions that compiled code leaves to mixed-integer programs."""
    found = list[object]()
    admits = admissible_points.AdmissiblePoints.admits

    def record(self, G, h, w, g):  # type: ignore[no-untyped-def]
        found.append(w)
        return admits(self, G, h, w, g)

    monkeypatch.setattr(admissible_points.AdmissiblePoints, "admits", record)
    return found


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(("sizes", "numbers"), SIZES)
def test_regions_are_those_of_the_reference_search(
    sizes: tuple[int, ...], numbers: int, seed: int, asked: list[object]
) -> None:
    domain = domain_of(sizes, numbers)
    net = two_layers(len(domain), seed, whole=False)
    found = search_regions(net, domain)
    assert not asked
    expected = search_regions(net, domain, SearchOptions(solver="highs"))
    assert found.patterns.tolist() == expected.patterns.tolist()
    assert domain.contains(found.points).all()
    assert found.locate(found.points).tolist() == list(range(len(found)))


def test_a_mixture_of_categories_is_no_region() -> None:
    """Indicators of 1/2 would be on both sides of both neurons at once."""
    domain = domain_of((2, 2), 0)
    columns = np.array([[1.0, 0.0, -1.0, 0.0], [0.0, 1.0, 0.0, -1.0]])
    net = Network(
        columns,
        np.zeros((2, 2)),
        np.array([0.25, 0.25]),
        np.zeros((1, 4)),
        np.ones((1, 2)),
        np.zeros(1),
        np.zeros(2),
        two_layers(4, 0, whole=True).neurons[:2],
    )
    z = [
        columns @ np.array([a, 1 - a, b, 1 - b], dtype=float) + 0.25 for a in (0, 1) for b in (0, 1)
    ]
    expected = {tuple(np.where(row > 0, 1, -1).tolist()) for row in np.array(z)}
    found = search_regions(net, domain)
    assert {tuple(row) for row in found.patterns.tolist()} == expected
    assert len(found) == len(expected)


def test_an_open_number_is_left_to_programs(asked: list[object]) -> None:
    """With homogeneous coordinates compiled code has no categories."""
    bounded = domain_of((3, 2), 1)
    domain = rr.Domain.over(bounded.columns)
    net = two_layers(len(domain), 1, whole=False)
    found = search_regions(net, domain)
    expected = search_regions(net, domain, SearchOptions(solver="highs"))
    assert asked
    assert found.patterns.tolist() == expected.patterns.tolist()


@pytest.mark.parametrize("outputs", [RegionOutputs(), RegionOutputs(maps=True)])
def test_regions_without_points_are_as_many(outputs: RegionOutputs) -> None:
    domain = domain_of((4, 6, 3), 2)
    net = two_layers(len(domain), 5, whole=False)
    problem = make_problem(net, domain, outputs)
    counted = run_search(problem, CountingSink(), SearchBudget()).found
    assert counted == len(search_regions(net, domain))
