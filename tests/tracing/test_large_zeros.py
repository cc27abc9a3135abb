"""Zeros that are never written to take no memory."""

import mmap
import sys
from pathlib import Path

import numpy as np
import pytest

from relurules.tracing.large_zeros import make_large_zeros


@pytest.mark.parametrize("shape", [(0, 0), (3, 2), (1000, 600)])
def test_zeros(shape: tuple[int, int]) -> None:
    zeros = make_large_zeros(*shape)
    assert zeros.shape == shape
    assert zeros.dtype == np.float64
    assert not zeros.any()
    zeros[:] = 1.0
    assert zeros.all()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems aren't asked for small pages")
def test_only_what_is_written_to_takes_memory() -> None:
    """A page of each row of 80 kB, in place of the pieces of 2 MB that numpy asks for."""

    def read_resident_size() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * mmap.PAGESIZE

    before = read_resident_size()
    zeros = make_large_zeros(4000, 10_000)
    zeros[:, 0] = 1.0
    assert read_resident_size() - before < zeros.nbytes / 4
