"""`partition` and `extract` with several processes, checkpoints, limits and the other solver."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from handmade import graph, random_network

import relurules as rr
from relurules.errors import DataError, UnsupportedError

NET = random_network(2, d=2, K=10, slopes=(0.0, 0.25))
SQUARE = rr.Domain.box([-1, -1], [1, 1])


def partition(**options: Any) -> Any:
    found = rr.partition(graph(NET), SQUARE, **options)
    return found.patterns.tolist(), found.complete


def extract(**options: Any) -> Any:
    found = rr.extract(graph(NET), domain=SQUARE, **options)
    X = np.random.default_rng(0).uniform(-1, 1, size=(200, 2))
    return found.apply(X).tolist(), found.complete


both = pytest.mark.parametrize("function", [partition, extract])


@both
@pytest.mark.parametrize("options", [{"jobs": 2}, {"solver": "highs"}, {"memory_limit": 100.0}])
def test_the_result_is_the_same_however_it_is_found(
    function: Callable[..., Any], options: dict[str, Any]
) -> None:
    assert function(**options) == function()


@both
def test_a_search_that_was_stopped_goes_on(function: Callable[..., Any], tmp_path: Path) -> None:
    checkpoint = tmp_path / "search.npz"
    assert not function(max_regions=5, checkpoint=str(checkpoint))[1]
    assert checkpoint.exists()
    assert function(checkpoint=checkpoint) == function()
    assert not checkpoint.exists()


@both
def test_what_is_refused(function: Callable[..., Any], tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError, match="solver 'simplex'; supported: compiled, highs"):
        function(solver="simplex")
    with pytest.raises(UnsupportedError, match="solver 'highs' has no jobs"):
        function(solver="highs", jobs=2)
    with pytest.raises(UnsupportedError, match="jobs=0"):
        function(jobs=0)
    (tmp_path / "text.npz").write_text("text")
    with pytest.raises(DataError, match=r"text\.npz: isn't a checkpoint"):
        function(checkpoint=tmp_path / "text.npz")


def test_a_limit_of_memory_ends_a_search() -> None:
    assert rr.partition(graph(NET), SQUARE, memory_limit=0.001).complete is False
