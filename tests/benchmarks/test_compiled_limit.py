"""The compiled search that ours is measured beside."""

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from executed_targets import needs_program
from scripts import load_script

import relurules as rr

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
#: An integer network with twin, opposite and dead neurons, all of whose boundaries pass through 0.
DEGENERATE = [
    (np.array([[1.0, 1], [-1, -1], [1, 1], [0, 0]]), np.zeros(4)),
    (np.array([[1.0, 0, 1, 0], [0, 1, 0, 1]]), np.zeros(2)),
]


@pytest.fixture(scope="module")
def limit() -> ModuleType:
    return load_script(BENCHMARKS / "compiled_limit.py")


@pytest.fixture(scope="module")
def partition(limit: ModuleType) -> ModuleType:
    del limit  # which it imports by name
    return load_script(BENCHMARKS / "partition.py")


@pytest.fixture(scope="module")
def program(limit: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return limit.compile_limit(tmp_path_factory.mktemp("limit"))


@needs_program("gcc")
@pytest.mark.parametrize("method", ["plain", "quick"])
@pytest.mark.parametrize("name", ["d2_16_16", "d4_8_8_8"])
def test_known_regions_are_counted(
    limit: ModuleType, partition: ModuleType, program: Path, name: str, method: str
) -> None:
    (case,) = (case for case in partition.CASES if case.name == name)
    regions, seconds = limit.count_compiled(program, partition.layers(case)[:-1], method)
    assert regions == case.regions
    assert seconds >= 0.0


@needs_program("gcc")
def test_its_count_is_ours(limit: ModuleType, partition: ModuleType, program: Path) -> None:
    case = partition.Case("small", 5, 3, (4, 3))
    ours = len(rr.partition(partition.module_of(case), partition.make_box(case)))
    assert ours > 10
    for method in ("plain", "quick"):
        assert limit.count_compiled(program, partition.layers(case)[:-1], method)[0] == ours


@needs_program("gcc")
@pytest.mark.parametrize("method", ["plain", "quick"])
def test_vertices_on_boundaries_show_no_sign(limit: ModuleType, program: Path, method: str) -> None:
    """The line through 0 parts two regions, and both corners that it meets are on it."""
    assert limit.count_compiled(program, DEGENERATE, method)[0] == 2


@pytest.mark.parametrize(
    ("inputs", "regions", "method", "least"),
    [
        (4, 10_000, "plain", 0.5),
        (2, 10_000, "plain", 0.4),
        (4, 9_999, "plain", None),
        (4, 10_000, "quick", None),
    ],
)
def test_the_plain_search_has_a_bar_from_ten_thousand_regions_on(
    partition: ModuleType, inputs: int, regions: int, method: str, least: float | None
) -> None:
    case = partition.Case("some", 1, inputs, (8,))
    figure = partition.make_limit_figure(case, regions, 300.0, method, regions / 400.0)
    assert figure.ours / figure.theirs == 0.75
    assert (figure.bar.limit if figure.bar else None) == least
