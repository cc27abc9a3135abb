"""Which kind of worker a search is shared by."""

from dataclasses import replace

import numpy as np
import pytest
from handmade import random_network

import relurules as rr
from relurules.partitioning import piece_workers
from relurules.partitioning.piece_workers import PieceWorkers
from relurules.partitioning.search import make_problem
from relurules.partitioning.search_run import RegionOutputs, SearchRun, begin_search

PROBLEM = make_problem(
    random_network(5, d=2, K=4), rr.Domain.box([-1] * 2, [1] * 2), RegionOutputs()
)


@pytest.mark.parametrize(
    ("certified", "exact", "kind"),
    [(0, 0, "threads"), (1000, 1, "threads"), (1000, 2, "processes"), (0, 1, "processes")],
)
def test_exact_arithmetic_is_shared_by_processes(certified: int, exact: int, kind: str) -> None:
    workers, state = PieceWorkers(PROBLEM, 2), begin_search(PROBLEM)
    batch = SearchRun(PROBLEM, state).taken()
    workers.count_decided(replace(batch, decided=np.array([[certified, exact], [0, 0]])))
    assert workers.prefer(state) == kind


def test_functions_that_are_run_as_they_stand_are_shared_by_processes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(piece_workers, "is_compiling_off", lambda: True)
    assert PieceWorkers(PROBLEM, 2).prefer(begin_search(PROBLEM)) == "processes"
