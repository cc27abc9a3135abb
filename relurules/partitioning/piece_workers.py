"""Pieces of a search are brought forward by several workers at once: by threads, as machine code
lets go of the interpreter's lock, or by processes where much is done in Python.
"""

import os
import time
import warnings
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from relurules.files.locks import make_scratch_folder
from relurules.lp.compilation import is_compiling_off
from relurules.partitioning import state_layout
from relurules.partitioning.pieces import copy_with_network
from relurules.partitioning.result_spool import ResultSpool, read_result, write_result
from relurules.partitioning.search_run import (
    RegionBatch,
    SearchProblem,
    SearchRun,
    join_batches,
)
from relurules.partitioning.state import SearchState

#: Processes take over where exact arithmetic, which is Python, decides more than one of so many
#: neurons.
_RARE = 1000

#: What a piece found, its state if there is more to do, its regions so far.
PieceResult = tuple[RegionBatch, SearchState | None, int]


class PieceTurn(NamedTuple):
    """How long a worker goes on with a piece: so many seconds, or regions."""

    seconds: float
    regions: float


class PieceWorkers:
    """How many workers there are, and whether threads do; a backend of joblib that the caller chose
    is taken whatever is preferred here.
    """

    def __init__(self, problem: SearchProblem, jobs: int) -> None:
        self.jobs, self.count = jobs, count_workers(jobs)
        self._problem = problem
        self._certified = self._exact = 0

    def prefer(self, state: SearchState) -> str:
        """What joblib calls the kind of worker that is to be preferred from this state on."""
        asks = self._problem.asks and not len(state.net.indicators)  # programs at every split
        often = self._exact * _RARE > self._certified
        return "processes" if asks or often or is_compiling_off() else "threads"

    def count_decided(self, batch: RegionBatch) -> None:
        """Take note of how the neurons of a batch were decided."""
        certified, exact = batch.decided.sum(axis=0).tolist()
        self._certified += certified
        self._exact += exact


def count_workers(jobs: int) -> int:
    """How many workers joblib has for so many jobs, of which -1 is one for each core."""
    from joblib import effective_n_jobs  # type: ignore[import-untyped]

    return int(effective_n_jobs(jobs))


@contextmanager
def advance_pieces(
    problem: SearchProblem,
    states: Sequence[SearchState],
    turns: Iterator[PieceTurn],
    workers: PieceWorkers,
) -> Iterator[Iterator[PieceResult]]:
    """Results of all pieces in their order, as they come; the states stay as they are."""
    from joblib import delayed

    kind = workers.prefer(states[0])
    with make_scratch_folder() as folder, _make_parallel(workers.jobs, kind) as parallel:
        tray = ResultSpool(folder, os.getpid())
        calls = (
            delayed(_advance_piece)(problem, state, turn, tray)
            for state, turn in zip(states, turns, strict=True)
        )
        with _drop_pending_results(parallel(calls)) as results:
            yield _read_results(results, workers)


def _read_results(results: Any, workers: PieceWorkers) -> Iterator[PieceResult]:
    for given in results:
        result: PieceResult = read_result(given)
        workers.count_decided(result[0])
        yield result


def _make_parallel(jobs: int, kind: str) -> Any:
    """A `Parallel` of joblib, which gives results as they come or, with a backend that can't, when
    all are there.
    """
    from joblib import Parallel

    try:
        return Parallel(n_jobs=jobs, prefer=kind, return_as="generator")
    except ValueError:
        return Parallel(n_jobs=jobs, prefer=kind)


@contextmanager
def _drop_pending_results(results: Any) -> Iterator[Any]:
    """Results that joblib gives, those that nobody waits for any more being dropped without its
    warning about them.
    """
    try:
        yield results
    finally:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "[0-9]+ tasks", UserWarning)
            if isinstance(results, Generator):
                results.close()


def _advance_piece(
    problem: SearchProblem, state: SearchState, turn: PieceTurn, tray: ResultSpool
) -> Any:
    """Go on with one piece for a turn: its result, or the file that holds it."""
    walk = SearchRun(problem, copy_with_network(state))
    end, target = time.monotonic() + turn.seconds, walk.found + turn.regions
    walk.stop_at(target)
    batches, why = list[RegionBatch](), -1

    while why != state_layout.DONE and (
        not batches or (time.monotonic() < end and walk.found < target)
    ):
        why = walk.step()
        batches.append(walk.taken())

    return write_result(
        (join_batches(batches), None if why == state_layout.DONE else walk.state, walk.found), tray
    )


__all__ = ["PieceTurn", "PieceWorkers", "advance_pieces", "count_workers"]
