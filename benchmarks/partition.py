"""How fast the search cuts a box into linear regions: `make bench`, or `python benchmarks/partition.py [--seed 0]`.

Networks are random (He-normal weights, biases uniform in +-0.5) on the box [-1, 1]^d. The last column relates the time
per region to the first row's, so that runs on different machines can be compared.
"""

import argparse
import time

import numpy as np
from rich.console import Console
from rich.table import Table

import relurules as rr
from relurules.ir import Network, Neuron

#: inputs and hidden layers
SIZES = ((2, (8, 8)), (2, (12, 12)), (4, (6, 6)), (4, (8, 8)), (8, (6, 6)), (16, (6, 6)))


def random_network(d: int, widths: tuple[int, ...], seed: int) -> Network:
    """A ReLU network with one output, in canonical form."""
    random = np.random.default_rng(seed)
    K = sum(widths)
    A, L, b, U = np.zeros((K, d)), np.zeros((K, K)), np.zeros(K), np.zeros((1, K))
    first, before, fan_in = 0, 0, d
    for level, width in enumerate(widths):
        weights = random.normal(size=(width, fan_in)) * np.sqrt(2 / fan_in)
        if level == 0:
            A[:width] = weights
        else:
            L[first : first + width, before:first] = weights
        b[first : first + width] = random.uniform(-0.5, 0.5, size=width)
        before, first, fan_in = first, first + width, width
    U[0, before:] = random.normal(size=fan_in) * np.sqrt(2 / fan_in)
    neurons = tuple(Neuron(f"layer {level}", unit) for level, width in enumerate(widths) for unit in range(width))
    return Network(A, L, b, np.zeros((1, d)), U, np.zeros(1), np.zeros(K), neurons)


def main() -> None:
    """Print the table."""
    from relurules.partitioning import search

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    seed = parser.parse_args().seed
    table = Table("inputs", "hidden", "regions", "seconds", "regions/s", "time per region, relative")
    base = 0.0
    search(random_network(1, (1,), seed), rr.Domain.box([-1], [1]))  # loads the solver
    for d, widths in SIZES:
        network = random_network(d, widths, seed)
        start = time.perf_counter()
        found = len(search(network, rr.Domain.box([-1] * d, [1] * d)))
        seconds = time.perf_counter() - start
        base = base or seconds / found
        hidden = "-".join(map(str, widths))
        relative = f"{seconds / found / base:.2f}"
        table.add_row(f"{d}", hidden, f"{found}", f"{seconds:.2f}", f"{found / seconds:.0f}", relative)
    Console().print(table)


if __name__ == "__main__":
    main()
