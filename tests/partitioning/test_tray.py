"""Results of other processes come through files, so that none of them can be cut off in a pipe."""

import os
import pickle
import select
from pathlib import Path

import joblib
import numpy as np
import pytest

from relurules.partitioning.result_spool import ResultSpool, read_result, write_result


def large(tray: ResultSpool) -> tuple[int, int]:
    """In a worker: how many bytes say where a result of a megabyte is; who says so."""
    return len(pickle.dumps(write_result(np.arange(2**17), tray))), os.getpid()


def test_what_goes_through_the_pipe_fits_into_it_as_a_whole(tmp_path: Path) -> None:
    size, worker = joblib.Parallel(n_jobs=2)(
        joblib.delayed(large)(ResultSpool(tmp_path, os.getpid())) for _ in "ab"
    )[0]
    assert worker != os.getpid()
    assert size < select.PIPE_BUF // 4
    assert len(list(tmp_path.iterdir())) == 2


def test_a_file_is_picked_up_once(tmp_path: Path) -> None:
    given = write_result({"a": np.arange(3.0), "b": None}, ResultSpool(tmp_path, -1))
    assert isinstance(given, Path)
    result = read_result(given)
    assert np.array_equal(result["a"], [0, 1, 2])
    assert result["b"] is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "tray",
    [ResultSpool(Path("/nowhere/at/all"), -1), ResultSpool(Path(__file__).parent, os.getpid())],
)
def test_threads_and_other_machines_give_the_result_itself(tray: ResultSpool) -> None:
    result = object()
    assert write_result(result, tray) is result
    assert read_result(result) is result
