"""Drives a search to its end or to the end of its budget: by one worker or several, from a
checkpoint or anew.
"""

import math
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import BrokenExecutor
from contextlib import closing, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from relurules.errors import CheckError, DataError
from relurules.files.locks import hold_lock
from relurules.files.writing import make_folder
from relurules.ir.limits import NEVER, Deadline
from relurules.lp.compilation import use_machine_code
from relurules.partitioning import state_layout
from relurules.partitioning.checkpoint import (
    DAMAGED,
    read_checkpoint,
    remove_checkpoint,
    require_file,
    save_checkpoint,
)
from relurules.partitioning.deferred_signals import defer_signals
from relurules.partitioning.engine import advance
from relurules.partitioning.piece_workers import (
    PieceTurn,
    PieceWorkers,
    advance_pieces,
    count_workers,
)
from relurules.partitioning.pieces import (
    SearchPiece,
    SearchProgress,
    copy_state,
    make_single_piece,
    split_into_pieces,
)
from relurules.partitioning.search_run import (
    RegionBatch,
    SearchProblem,
    SearchRun,
    begin_search,
)

Progress = Callable[[int], None]
Watch = Callable[[SearchProgress], None]

#: Pieces per worker, so that one long piece doesn't keep the others waiting.
_PIECES = 32
#: A worker reports after so many seconds, or after so many regions.
_SECONDS, _REGIONS = 2.0, 200_000
#: Seconds between two checkpoints.
_CHECKPOINT_EVERY = 30.0


class SearchBudget(NamedTuple):
    """When to end: at so many regions, at a deadline; how many workers.

    pace: what follows takes so many seconds for every region, which must have room before the
    deadline too.
    """

    regions: float = math.inf
    deadline: Deadline = NEVER
    jobs: int = 1
    pace: float = 0.0

    def left(self, found: int) -> float:
        """Seconds that are left for the search once so many regions are found."""
        return max(0.0, self.deadline.left() - self.pace * found)


class RegionSink(Protocol):
    """Where regions go. What it holds is part of a checkpoint."""

    def add(self, piece: int, batch: RegionBatch) -> None:
        """Take the next regions of a piece."""

    def saved(self) -> dict[str, Any]:
        """Arrays for a checkpoint, by name; what is on disk must be there before this returns."""

    def restore(self, arrays: dict[str, Any]) -> None:
        """Go on from what `saved` gave."""


def run_search(
    problem: SearchProblem,
    sink: RegionSink,
    budget: SearchBudget,
    *,
    progress: Progress | None = None,
    checkpoint: Path | None = None,
    keep: bool = False,
    watch: Watch | None = None,
) -> SearchProgress:
    """Search until nothing is left or the budget is spent; one region is found in any case.

    checkpoint: a file that is read if it is there, written first of all, now and then, and when the
    search ends early, whatever ends it, and removed once nothing is left. What can't be written
    leaves the last one as it was. keep: it is left, with the whole search, to whoever removes it
    once the result is safe. watch: called with the search now and then; may end it by an error.
    Raises CheckError where a process dies, with the checkpoint written, InputError where another
    run uses the same checkpoint.
    """
    with nullcontext() if checkpoint is None else _lock_checkpoint(checkpoint):
        if budget.jobs != 1:
            use_machine_code()  # what is run as it stands can't be shared by threads
        search = _start_search(problem, sink, budget, checkpoint)
        _compile_engine(search)
        with defer_signals() as interrupt:
            try:
                _run_rounds(problem, search, sink, budget, interrupt, progress, checkpoint, watch)
            except OSError:
                with suppress(OSError):  # where there is no room, the last checkpoint stands
                    _save_progress(problem, search, sink, checkpoint, keep)
                raise
            except BaseException:
                _save_progress(problem, search, sink, checkpoint, keep)
                raise
            _save_progress(problem, search, sink, checkpoint, keep)

        if checkpoint is not None and search.complete and not keep:
            sink.saved()  # on disk before the checkpoint is gone
            remove_checkpoint(checkpoint)

    return search


@contextmanager
def _lock_checkpoint(checkpoint: Path) -> Iterator[None]:
    """Keep other runs from a checkpoint."""
    require_file(checkpoint)
    make_folder(checkpoint.parent)
    with hold_lock(checkpoint):
        yield


def _start_search(
    problem: SearchProblem, sink: RegionSink, budget: SearchBudget, checkpoint: Path | None
) -> SearchProgress:
    if checkpoint is not None and checkpoint.exists():
        search, arrays = read_checkpoint(checkpoint, problem)
        try:
            sink.restore(arrays)
        except DataError:  # what a folder lacks, for one
            raise
        except (KeyError, ValueError, TypeError) as error:
            raise DataError(f"{checkpoint}: {DAMAGED}") from error
        return search

    state, jobs = begin_search(problem), budget.jobs
    search = (
        make_single_piece(problem, state)
        if jobs == 1
        else split_into_pieces(problem, state, _PIECES * count_workers(jobs))
    )

    if checkpoint is not None:
        save_checkpoint(checkpoint, problem, search, sink.saved())
    return search


def _compile_engine(search: SearchProgress) -> None:
    """Compile what isn't yet, as long as Ctrl-C ends the program at once."""
    state = next((piece.state for piece in search.pieces if piece.state is not None), None)
    if state is not None:
        advance(copy_state(state), 0)


def _run_rounds(
    problem: SearchProblem,
    search: SearchProgress,
    sink: RegionSink,
    budget: SearchBudget,
    interrupt: Callable[[], None],
    progress: Progress | None,
    checkpoint: Path | None,
    watch: Watch | None,
) -> None:
    """All rounds, with a checkpoint now and then."""
    saved = time.monotonic()
    try:
        with closing(_iterate_rounds(problem, search, sink, budget)) as rounds:
            for _ in rounds:
                if progress is not None:
                    progress(search.found)
                interrupt()
                if watch is not None:
                    watch(search)
                if checkpoint is not None and time.monotonic() - saved > _CHECKPOINT_EVERY:
                    save_checkpoint(checkpoint, problem, search, sink.saved())
                    saved = time.monotonic()
    except BrokenExecutor as error:
        interrupt()  # Ctrl-C may have reached the workers first
        kept = (
            f"go on from the checkpoint {checkpoint}"
            if checkpoint
            else "with checkpoint= it could go on"
        )
        raise CheckError(f"a worker process died after {search.found} regions; {kept}") from error


def _save_progress(
    problem: SearchProblem,
    search: SearchProgress,
    sink: RegionSink,
    checkpoint: Path | None,
    keep: bool,
) -> None:
    """Write a checkpoint where there is something to go on with and search and sink agree."""
    if checkpoint is not None and search.recorded and (keep or not search.complete):
        save_checkpoint(checkpoint, problem, search, sink.saved())


def _iterate_rounds(
    problem: SearchProblem, search: SearchProgress, sink: RegionSink, budget: SearchBudget
) -> Generator[None, None, None]:
    """Bring the pieces of the search forward; yields whenever search and sink agree."""
    workers = PieceWorkers(problem, budget.jobs)
    while not search.complete and not _is_over(search, budget):
        if budget.jobs == 1:
            yield from _run_alone(problem, search, sink, budget)
        else:
            yield from _run_in_parallel(problem, search, sink, budget, workers)


def _is_over(search: SearchProgress, budget: SearchBudget) -> bool:
    return search.found >= 1 and (
        search.found >= budget.regions or budget.left(search.found) <= 0.0
    )


def _run_alone(
    problem: SearchProblem, search: SearchProgress, sink: RegionSink, budget: SearchBudget
) -> Iterator[None]:
    """The first piece that isn't done, step by step, in this process."""
    i = next(i for i, piece in enumerate(search.pieces) if piece.state is not None)
    piece = search.pieces[i]
    walk = SearchRun(problem, piece.state)  # type: ignore[arg-type]
    before = search.found - walk.found

    while piece.state is not None and not _is_over(search, budget):
        late = budget.left(search.found) <= 0.0
        walk.stop_at((1 if late else max(budget.regions, 1)) - before)
        why, search.recorded = state_layout.PAUSE, False
        try:
            why = walk.step()
        finally:  # a step that fails has found something, too
            piece = SearchPiece(
                piece.place, None if why == state_layout.DONE else walk.state, walk.found
            )
            _record_piece(search, sink, i, piece, walk.taken())
        yield


def _record_piece(
    search: SearchProgress, sink: RegionSink, i: int, piece: SearchPiece, batch: RegionBatch
) -> None:
    """What piece i found goes to the sink, and then counts."""
    search.recorded = False
    sink.add(i, batch)
    search.pieces[i] = piece
    search.recorded = True


def _run_in_parallel(
    problem: SearchProblem,
    search: SearchProgress,
    sink: RegionSink,
    budget: SearchBudget,
    workers: PieceWorkers,
) -> Iterator[None]:
    """Every piece that isn't done, for a while, several at once."""
    waiting = [i for i, piece in enumerate(search.pieces) if piece.state is not None]
    room = budget.left(search.found)
    regions = min(_REGIONS, max(budget.regions - search.found, 1))

    if budget.pace and room < math.inf:
        regions = min(regions, max(1, int(room / budget.pace / len(waiting))))

    turns = (  # made as pieces are handed out, so that late ones have what is left
        PieceTurn(min(_SECONDS, budget.left(search.found) / -(-n // workers.count)), regions)
        for n in range(len(waiting), 0, -1)
    )
    net = search.pieces[waiting[0]].state.net  # type: ignore[union-attr]
    states = [search.pieces[i].state for i in waiting]
    with advance_pieces(problem, states, turns, workers) as results:  # type: ignore[arg-type]
        for i, (batch, state, found) in zip(waiting, results, strict=True):
            # One network for all pieces.
            left = None if state is None else state._replace(net=net)
            _record_piece(search, sink, i, SearchPiece(search.pieces[i].place, left, found), batch)
            yield


__all__ = ["Progress", "RegionSink", "SearchBudget", "run_search"]
