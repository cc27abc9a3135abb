"""A search that takes a while, to be disturbed; as a program it runs with a checkpoint and tells
how far it is.

python long_search.py CHECKPOINT JOBS EVERY: EVERY is the number of seconds between two checkpoints.
"""

import sys
import time
from pathlib import Path

import numpy as np

import relurules as rr
from relurules.ir import Network, Neuron, Partition
from relurules.partitioning import explore, search_regions, search_run
from relurules.partitioning.options import SearchOptions

BOX = rr.Domain.box([-1] * 6, [1] * 6)


def net() -> Network:
    """Two layers of 7 and 6 neurons over 6 inputs: 1785 regions, told of in some hundred steps."""
    random = np.random.default_rng(4)
    A, L = np.zeros((13, 6)), np.zeros((13, 13))
    A[:7], L[7:, :7] = random.normal(size=(7, 6)), random.normal(size=(6, 7)) / 2
    neurons = tuple(Neuron("f", k) for k in range(13))
    return Network(
        A,
        L,
        random.uniform(-0.5, 0.5, 13),
        np.zeros((1, 6)),
        np.ones((1, 13)),
        np.zeros(1),
        np.zeros(13),
        neurons,
    )


def told(found: int) -> None:
    """Say how many regions there are, and take a break: too long for the end to come before what
    is done to the program, however late that is.
    """
    print(found, flush=True)
    time.sleep(0.25)


def run(path: Path, jobs: int, every: float) -> Partition:
    """The search in small steps, so that it can be disturbed anywhere."""
    search_run._TESTS, explore._SECONDS, explore._REGIONS, explore._CHECKPOINT_EVERY = (
        100,
        0.01,
        20,
        every,
    )
    return search_regions(net(), BOX, SearchOptions(jobs=jobs, progress=told, checkpoint=path))


if __name__ == "__main__":
    run(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
