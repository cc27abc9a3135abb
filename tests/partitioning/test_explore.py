"""Searches by several workers, searches that are disturbed, and how they go on: always to the
same result.
"""

import errno
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import joblib
import long_search
import numpy as np
import pytest
from cases import random_case
from handmade import random_network, rows_in
from long_search import BOX, net

import relurules as rr
from relurules.errors import CheckError, Termination
from relurules.ir import Partition
from relurules.partitioning import checkpoint, explore, search_regions, search_run
from relurules.partitioning.checkpoint import read_checkpoint
from relurules.partitioning.explore import SearchBudget
from relurules.partitioning.options import SearchOptions
from relurules.partitioning.result_spool import ResultSpool, write_result
from relurules.partitioning.search import make_problem
from relurules.partitioning.search_run import RegionBatch, RegionOutputs
from relurules.partitioning.sinks import CollectingSink


def assert_same(found: Partition, expected: Partition) -> None:
    """The same regions in the same order, and a tree that leads to them."""
    assert found.complete == expected.complete
    assert np.array_equal(found.patterns, expected.patterns)
    assert np.array_equal(found.points, expected.points)
    if (
        np.isfinite([expected.domain.lower, expected.domain.upper]).all()
        and not expected.domain.groups
    ):
        X = np.random.default_rng(0).uniform(
            expected.domain.lower, expected.domain.upper, (500, len(expected.domain))
        )
        assert np.array_equal(found.locate(X), expected.locate(X))
    assert np.array_equal(found.locate(found.points), expected.locate(expected.points))


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps and reports so small that a search can be disturbed in the middle."""
    monkeypatch.setattr(search_run, "_TESTS", 100)
    monkeypatch.setattr(explore, "_SECONDS", 0.01)
    monkeypatch.setattr(explore, "_REGIONS", 20)


@pytest.fixture(scope="module")
def whole() -> Partition:
    """The long search, undisturbed."""
    return search_regions(net(), BOX)


@pytest.mark.parametrize("seed", [4, 5])
@pytest.mark.parametrize("kind", ["box", "scaled", "half open", "one-hot"])
def test_two_workers_find_what_one_finds(kind: str, seed: int) -> None:
    network, domain = random_case(kind, seed)
    assert_same(
        search_regions(network, domain, SearchOptions(jobs=2)), search_regions(network, domain)
    )


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_two_workers_that_report_often(small_steps: None, whole: Partition, backend: str) -> None:
    with joblib.parallel_config(backend):
        assert_same(search_regions(net(), BOX, SearchOptions(jobs=2)), whole)


@pytest.mark.parametrize("pieces", [1, 2, 200])
def test_any_number_of_pieces(
    monkeypatch: pytest.MonkeyPatch, pieces: int, whole: Partition
) -> None:
    monkeypatch.setattr(explore, "_PIECES", pieces)
    with joblib.parallel_config("threading"):
        assert_same(search_regions(net(), BOX, SearchOptions(jobs=2)), whole)


def test_processes_that_are_forked() -> None:
    """They can't give results one by one; a program with threads of BLAS must not be forked."""
    here = Path(__file__).parent
    alone = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, here / "forked_search.py"],
        env=os.environ | alone | {"PYTHONPATH": os.pathsep.join([str(here.parent), *sys.path])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) > 100


@pytest.mark.parametrize("backend", ["threading", "sequential"])
def test_any_backend_of_joblib(small_steps: None, backend: str) -> None:
    """Threads share all arrays with the search."""
    network, domain = random_network(5, d=4, K=14), rr.Domain.box([-1] * 4, [1] * 4)
    expected = search_regions(network, domain)
    with joblib.parallel_config(backend):
        assert_same(search_regions(network, domain, SearchOptions(jobs=2)), expected)


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """A dask cluster of two processes on this machine."""
    if not os.environ.get("CI"):
        pytest.importorskip("distributed")
    from dask.distributed import Client, LocalCluster

    local = LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None)
    with local as started, Client(started):
        yield


def test_dask_workers_find_what_one_process_finds(
    small_steps: None, cluster: None, tmp_path: Path
) -> None:
    network, domain = random_network(5, d=4, K=14), rr.Domain.box([-1] * 4, [1] * 4)
    expected = search_regions(network, domain)
    with joblib.parallel_config("dask"):
        assert_same(search_regions(network, domain, SearchOptions(jobs=2)), expected)
        part = search_regions(
            network,
            domain,
            SearchOptions(
                jobs=2, max_regions=100, checkpoint=tmp_path / "search.npz", estimated=False
            ),
        )
        assert not part.complete
        assert_same(
            search_regions(
                network, domain, SearchOptions(jobs=2, checkpoint=tmp_path / "search.npz")
            ),
            expected,
        )


def test_arrays_that_workers_may_only_read(small_steps: None) -> None:
    """Arrays of more than a megabyte reach processes as read-only files."""
    network, domain = random_network(1, d=60, K=8), rr.Domain.box([-1] * 60, [1] * 60)
    assert (
        search_run.begin_search(
            make_problem(network, domain, RegionOutputs(tree=True))
        ).out.centers.nbytes
        > 2**20
    )
    assert_same(
        search_regions(network, domain, SearchOptions(jobs=2)), search_regions(network, domain)
    )


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("regions", [1, 2, 100, 1780])
def test_a_budget_of_regions(small_steps: None, whole: Partition, jobs: int, regions: int) -> None:
    with joblib.parallel_config("threading"):
        found = search_regions(
            net(), BOX, SearchOptions(jobs=jobs, max_regions=regions, estimated=False)
        )
    assert len(found) >= regions
    if jobs == 1:
        assert len(found) == regions
        assert np.array_equal(found.patterns, whole.patterns[:regions])
    place = {row.tobytes(): i for i, row in enumerate(whole.patterns)}
    places = [place[row.tobytes()] for row in found.patterns]
    assert places == sorted(places)
    X = rows_in(BOX, 300)
    located, true = found.locate(X), whole.locate(X)
    known = located >= 0
    assert np.array_equal(np.array(places)[located[known]], true[known])
    assert np.array_equal(known, np.isin(true, places))


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_budget_of_time(small_steps: None, whole: Partition, jobs: int) -> None:
    found = search_regions(net(), BOX, SearchOptions(jobs=jobs, time_limit=0.0, estimated=False))
    assert 1 <= len(found) < len(whole)
    assert not found.complete


CONTEXTS: dict[str, tuple[int, Callable[[], AbstractContextManager[Any]]]] = {
    "one": (1, nullcontext),
    "two processes": (2, nullcontext),
    "two threads": (2, lambda: joblib.parallel_config("threading")),
}


@pytest.mark.parametrize("context", CONTEXTS)
def test_budgets_add_up_to_the_whole_search(
    small_steps: None, whole: Partition, context: str, tmp_path: Path
) -> None:
    jobs, backend = CONTEXTS[context]
    path, before = tmp_path / "search.npz", 0
    with backend():
        for regions in (1, 10, 11, 500, 1200):
            found = search_regions(
                net(),
                BOX,
                SearchOptions(jobs=jobs, max_regions=regions, checkpoint=path, estimated=False),
            )
            assert len(found) >= max(regions, before)
            assert path.exists()
            before = len(found)
        assert (
            len(
                search_regions(
                    net(),
                    BOX,
                    SearchOptions(jobs=jobs, time_limit=0.0, checkpoint=path, estimated=False),
                )
            )
            >= before
        )
        assert_same(search_regions(net(), BOX, SearchOptions(jobs=jobs, checkpoint=path)), whole)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("context", CONTEXTS)
def test_an_exception_of_the_caller_loses_nothing(
    small_steps: None, whole: Partition, context: str, tmp_path: Path
) -> None:
    jobs, backend = CONTEXTS[context]
    path, told = tmp_path / "search.npz", list[int]()

    def fails(found: int) -> None:
        told.append(found)
        if len(told) % 7 == 0:
            raise ZeroDivisionError

    with backend():
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                search_regions(
                    net(), BOX, SearchOptions(jobs=jobs, progress=fails, checkpoint=path)
                )
            assert saved_regions(path) >= told[-1]
        assert_same(search_regions(net(), BOX, SearchOptions(jobs=jobs, checkpoint=path)), whole)
    assert told == sorted(told)


def saved_regions(path: Path) -> int:
    """How many regions the checkpoint of the long search holds, points and all."""
    problem = make_problem(net(), BOX, RegionOutputs(points=True, tree=True))
    found, arrays = read_checkpoint(path, problem)
    sink = CollectingSink()
    sink.restore(arrays)
    batches = [batch for i in range(len(found.pieces)) if (batch := sink.of(i)) is not None]
    assert sum(len(batch.patterns) for batch in batches) == found.found
    return found.found


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_sink_that_fails_leaves_the_last_checkpoint(
    small_steps: None, monkeypatch: pytest.MonkeyPatch, whole: Partition, jobs: int, tmp_path: Path
) -> None:
    class Full(CollectingSink):
        """Has no room after a while."""

        def add(self, piece: int, batch: RegionBatch) -> None:
            if sum(map(len, self.batches.values())) > 20:
                raise OSError("no space left on device")
            super().add(piece, batch)

    monkeypatch.setattr(explore, "_CHECKPOINT_EVERY", 0.0)
    problem, path = (
        make_problem(net(), BOX, RegionOutputs(points=True, tree=True)),
        tmp_path / "search.npz",
    )
    with pytest.raises(OSError, match="no space"):
        explore.run_search(problem, Full(), SearchBudget(jobs=jobs), checkpoint=path)
    assert saved_regions(path) > 0
    monkeypatch.setattr(explore, "_CHECKPOINT_EVERY", 1e9)  # nothing disturbs what is left
    assert_same(search_regions(net(), BOX, SearchOptions(jobs=jobs, checkpoint=path)), whole)


def test_questions_that_fail_are_asked_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    network, domain = random_case("one-hot", 15)
    expected = search_regions(network, domain)
    assert len(expected) > 5
    real, asked = search_run.SearchRun._admissible, list[int]()

    def fails(self: search_run.SearchRun) -> int:
        asked.append(1)
        if len(asked) % 3 == 0:
            raise MemoryError
        return real(self)

    monkeypatch.setattr(search_run.SearchRun, "_admissible", fails)
    path, found = tmp_path / "search.npz", None
    for _ in range(100):
        try:
            found = search_regions(network, domain, SearchOptions(checkpoint=path))
            break
        except MemoryError:
            assert path.exists()
    assert found is not None
    assert np.array_equal(found.patterns, expected.patterns)


def start(path: Path, jobs: int, every: float = 1e6) -> tuple["subprocess.Popen[str]", int]:
    """The long search as a program of its own, once it has told of some regions; how many."""
    program = subprocess.Popen(
        [sys.executable, long_search.__file__, str(path), str(jobs), str(every)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert program.stdout is not None
    lines = [program.stdout.readline() for _ in range(6)]
    assert lines[-1], program.stderr and program.stderr.read()
    return program, int(lines[-1])


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("everybody", [False, True], ids=["process", "terminal"])
def test_ctrl_c_loses_nothing(whole: Partition, jobs: int, everybody: bool, tmp_path: Path) -> None:
    """To the process alone, or to its workers too, as a terminal does it."""
    path = tmp_path / "search.npz"
    program, told = start(path, jobs)
    (os.killpg if everybody else os.kill)(program.pid, signal.SIGINT)
    out, errors = program.communicate(timeout=600)
    assert program.returncode == -signal.SIGINT
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert int((out.split() or [told])[-1]) <= saved_regions(path) < len(whole)
    assert_same(search_regions(net(), BOX, SearchOptions(jobs=jobs, checkpoint=path)), whole)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "jobs", "everybody"),
    [
        (signal.SIGTERM, 1, False),
        (signal.SIGTERM, 2, False),
        (signal.SIGTERM, 2, True),
        (signal.SIGHUP, 1, False),
    ],
)
def test_other_signals_that_end_a_program_lose_nothing(
    whole: Partition, number: signal.Signals, jobs: int, everybody: bool, tmp_path: Path
) -> None:
    """Without a word, with the exit code that a shell gives for the signal."""
    path = tmp_path / "search.npz"
    program, told = start(path, jobs)
    (os.killpg if everybody else os.kill)(program.pid, number)
    out, errors = program.communicate(timeout=500)
    assert program.returncode == 128 + number
    assert "Traceback" not in errors
    assert int((out.split() or [told])[-1]) <= saved_regions(path) < len(whole)
    assert_same(search_regions(net(), BOX, SearchOptions(jobs=jobs, checkpoint=path)), whole)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def handlers() -> Iterator[None]:
    """Handlers of signals are put back."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_handler_of_the_caller_is_reached_between_steps(
    small_steps: None, handlers: None, whole: Partition
) -> None:
    told, arrived = list[int](), list[tuple[int, int]]()
    signal.signal(signal.SIGTERM, lambda number, _: arrived.append((number, len(told))))

    def terminates(found: int) -> None:
        told.append(found)
        if len(told) in (3, 5):
            os.kill(os.getpid(), signal.SIGTERM)

    assert_same(
        search_regions(net(), BOX, SearchOptions(progress=terminates)), whole
    )  # the handler lets it go on
    assert arrived == [(signal.SIGTERM, 3), (signal.SIGTERM, 5)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_is_ignored_stays_so(
    small_steps: None, handlers: None, whole: Partition, number: int
) -> None:
    """As SIGHUP is under nohup, and SIGINT in the background of a shell."""
    signal.signal(number, signal.SIG_IGN)
    assert_same(
        search_regions(
            net(), BOX, SearchOptions(progress=lambda found: os.kill(os.getpid(), number))
        ),
        whole,
    )
    assert signal.getsignal(number) == signal.SIG_IGN


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_after_the_last_step_is_not_lost(
    monkeypatch: pytest.MonkeyPatch, whole: Partition, number: int, tmp_path: Path
) -> None:
    """It comes while the last checkpoint is written; the whole search is found there."""
    path, real = tmp_path / "search.npz", explore._save_progress

    def slow(*given: Any) -> None:
        os.kill(os.getpid(), number)
        real(*given)

    with monkeypatch.context() as patched:
        patched.setattr(explore, "_save_progress", slow)
        with pytest.raises((KeyboardInterrupt, Termination)):
            search_regions(net(), BOX, SearchOptions(checkpoint=path))
    assert path.exists()
    assert_same(search_regions(net(), BOX, SearchOptions(checkpoint=path)), whole)


def test_a_full_disk_leaves_the_last_checkpoint(
    small_steps: None, monkeypatch: pytest.MonkeyPatch, whole: Partition, tmp_path: Path
) -> None:
    """The one that is written when the search has already failed has no room either."""
    monkeypatch.setattr(explore, "_CHECKPOINT_EVERY", 0.0)
    path, real, written = tmp_path / "search.npz", checkpoint.replace_atomically, list[int]()

    def full(at: Path) -> Any:
        written.append(1)
        if len(written) > 4:
            raise OSError(errno.ENOSPC, "No space left on device", str(at))
        return real(at)

    with monkeypatch.context() as patched:
        patched.setattr(checkpoint, "replace_atomically", full)
        with pytest.raises(OSError, match=r"No space left on device: .*search\.npz"):
            search_regions(net(), BOX, SearchOptions(checkpoint=path))
    assert len(written) == 6
    assert 0 < saved_regions(path) < len(whole)
    assert_same(search_regions(net(), BOX, SearchOptions(checkpoint=path)), whole)


def test_a_worker_without_room_says_where(
    small_steps: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def full(result: Any, file: Any, **options: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pickle, "dump", full)
    with pytest.raises(OSError, match="TMPDIR can name another place") as caught:
        write_result(1, ResultSpool(tmp_path, -1))
    assert str(caught.value.filename).startswith(str(tmp_path))


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_process_that_is_killed_has_left_a_checkpoint(
    whole: Partition, jobs: int, tmp_path: Path
) -> None:
    path = tmp_path / "search.npz"
    program, _ = start(path, jobs, every=0.0)
    os.killpg(program.pid, signal.SIGKILL)
    program.communicate(timeout=600)
    assert 0 < saved_regions(path) < len(whole)
    assert_same(search_regions(net(), BOX, SearchOptions(jobs=jobs, checkpoint=path)), whole)
    assert not path.exists()


def test_a_worker_that_is_killed_loses_nothing(
    small_steps: None, whole: Partition, tmp_path: Path
) -> None:
    path, told = tmp_path / "search.npz", list[int]()
    with joblib.Parallel(n_jobs=2) as pool:  # the same processes that the search gets
        workers = set(pool(joblib.delayed(os.getpid)() for _ in range(20)))
    assert os.getpid() not in workers

    def kills(found: int) -> None:
        told.append(found)
        if len(told) == 10:
            for worker in workers:
                os.kill(worker, signal.SIGKILL)

    with (
        joblib.parallel_config("loky"),
        pytest.raises(
            CheckError,
            match=rf"a worker process died after \d+ regions; go on from the checkpoint {path}",
        ),
    ):
        search_regions(net(), BOX, SearchOptions(jobs=2, progress=kills, checkpoint=path))
    assert told[-1] <= saved_regions(path) < len(whole)
    assert_same(search_regions(net(), BOX, SearchOptions(jobs=2, checkpoint=path)), whole)


def test_a_checkpoint_of_two_processes_goes_on_in_one(
    small_steps: None, whole: Partition, tmp_path: Path
) -> None:
    path = tmp_path / "search.npz"
    search_regions(
        net(), BOX, SearchOptions(jobs=2, max_regions=500, checkpoint=path, estimated=False)
    )
    assert_same(search_regions(net(), BOX, SearchOptions(checkpoint=path)), whole)
    search_regions(net(), BOX, SearchOptions(max_regions=500, checkpoint=path, estimated=False))
    assert_same(search_regions(net(), BOX, SearchOptions(jobs=2, checkpoint=path)), whole)


def test_outside_the_main_thread(whole: Partition) -> None:
    found: list[Partition] = []
    thread = threading.Thread(target=lambda: found.append(search_regions(net(), BOX)))
    thread.start()
    thread.join()
    assert_same(found[0], whole)


def test_the_handler_of_interrupts_is_put_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    search_regions(random_network(1), rr.Domain.box([-1, -1], [1, 1]))
    assert signal.getsignal(signal.SIGINT) is before


def test_partitions_can_be_handed_to_another_process(whole: Partition) -> None:
    assert_same(pickle.loads(pickle.dumps(whole)), whole)
