"""How fast a table's activation patterns are found: `make bench`, or `python benchmarks/reached.py
[--rows 1000000] [--write]`.

He-normal ReLU networks read rows of 23 columns: mixtures of a few normal factors, or independent
normal columns, where a network of 80 neurons has another pattern on nearly every row. Patterns,
counts and the affine map of every pattern (`ours`) are compared with one forward pass of the same
rows in float64 numpy over the whole array (`pass`), and, what is the fastest numpy, in `blocks`
that stay in a core's cache. Seconds: medians of interleaved runs. Memory is the peak above the idle
process, in a process of its own, with rows made as they are read: for as many rows, and four times
as many. Run it with one thread (OPENBLAS_NUM_THREADS=1) where other work shares the cores, as `make
bench` does.
"""

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from statistics import median

import networkx
import numpy as np
from numpy.typing import NDArray
from partition import Case, network_of
from results import add_write_option, record_output
from rich.console import Console
from rich.table import Table

import relurules as rr
from relurules.ir import Graph, Network
from relurules.tables.names import make_default_names

Array = NDArray[np.float64]

COLUMNS = 23
#: neurons in each of two hidden layers; factors behind the columns, as many as columns where these
#: are independent
CASES = ((8, 2), (8, COLUMNS), (40, 2), (40, 3), (40, COLUMNS))
#: rows of one chunk that is made, and of one block of the fast forward pass
CHUNK, BLOCK = 50_000, 1024


def chunks(rows: int, factors: int, seed: int) -> Iterator[Array]:
    """Rows (n, 23) of unit variance on average."""
    random = np.random.default_rng(seed)
    mixing = (
        np.eye(COLUMNS)
        if factors == COLUMNS
        else random.normal(size=(factors, COLUMNS)) / np.sqrt(factors)
    )
    for start in range(0, rows, CHUNK):
        yield random.normal(size=(min(CHUNK, rows - start), factors)) @ mixing


def graph_of(network: Network) -> Graph:
    """The network with names for its columns."""
    return Graph(make_default_names(COLUMNS), ("y",), network, networkx.DiGraph())


def forward_pass(network: Network, width: int) -> Callable[[Array], Array]:
    """The network as anyone writes it in numpy, (n, 23) -> (n, 1)."""
    first, second, last = (
        network.A[:width].T.copy(),
        network.L[width:, :width].T.copy(),
        network.U[:, width:].T.copy(),
    )

    def forward(X: Array) -> Array:
        hidden = np.maximum(X @ first + network.b[:width], 0.0)
        hidden = np.maximum(hidden @ second + network.b[width:], 0.0)
        return np.asarray(hidden @ last + network.c)

    return forward


def seconds(work: Callable[[], object]) -> float:
    """Wall-clock time of one run."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def growth(width: int, factors: int, rows: int, seed: int) -> float:
    """Peak memory in MB above the idle state, of a process that reads so many rows."""
    arguments = ["--seed", f"{seed}", "--rows", f"{rows}", "--memory", f"{width}", f"{factors}"]
    ended = subprocess.run(
        [sys.executable, __file__, *arguments], capture_output=True, text=True, check=True
    )
    return float(ended.stdout)


def print_growth(width: int, factors: int, rows: int, seed: int) -> None:
    """What `growth` runs; a few rows first, so that everything is loaded."""
    graph = graph_of(network_of(Case("", seed, COLUMNS, (width, width))))
    rr.reached(graph, chunks(CHUNK, factors, seed)).maps()
    idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rr.reached(graph, chunks(rows, factors, seed)).maps()
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - idle) / 1024)


def timed(width: int, factors: int, given: argparse.Namespace) -> list[str]:
    """The figures of one case but for its memory."""
    network = network_of(Case("", given.seed, COLUMNS, (width, width)))
    graph, forward = graph_of(network), forward_pass(network, width)
    X = np.vstack(list(chunks(given.rows, factors, given.seed)))
    work = (
        lambda: forward(X),
        lambda: [forward(X[i : i + BLOCK]) for i in range(0, len(X), BLOCK)],
        lambda: rr.reached(graph, X).maps(),
    )
    found = len(rr.reached(graph, X))
    runs = [[seconds(one) for one in work] for _ in range(given.runs)]
    whole, blocks, ours = (median(column) for column in zip(*runs, strict=True))

    return [
        f"{found}",
        f"{whole:.2f}",
        f"{blocks:.2f}",
        f"{ours:.2f}",
        f"{ours / whole:.1f}",
        f"{ours / blocks:.1f}",
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--memory", type=int, nargs=2, help=argparse.SUPPRESS)
    add_write_option(parser)
    given = parser.parse_args()

    if given.memory:
        print_growth(given.memory[0], given.memory[1], given.rows, given.seed)
        return

    with record_output("Regions and local models", write=given.write):
        show_speeds(given)


def show_speeds(given: argparse.Namespace) -> None:
    """Print one row per case."""
    # first, while this process is small: a new one counts its parent's peak as its own
    sizes = (given.rows, 4 * given.rows)
    memory = {case: [f"{growth(*case, rows, given.seed):.0f}" for rows in sizes] for case in CASES}
    table = Table(
        "hidden",
        "factors",
        "patterns",
        "pass",
        "blocks",
        "ours",
        "to pass",
        "to blocks",
        "MB",
        "MB 4x",
        box=None,
    )

    for case in CASES:
        table.add_row(f"{case[0]}-{case[0]}", f"{case[1]}", *timed(*case, given), *memory[case])

    Console().print(table)


if __name__ == "__main__":
    main()
