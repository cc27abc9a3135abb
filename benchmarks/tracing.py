"""How long it takes to trace and to collapse networks: `python benchmarks/tracing.py [--write]`.

Random weights, ReLU between the layers, collapsed on the box [-1, 1]^d. The last column relates the
whole time to the first row's, so that runs on different machines can be compared.
"""

import argparse
import time
from itertools import pairwise

import torch
from results import add_write_option, record_output
from rich.console import Console
from rich.table import Table
from torch import nn

import relurules as rr
from relurules.networks.collapse import collapse

#: Inputs, hidden layers and outputs.
SIZES = (
    (64, 32, 32, 10),
    (784, 128, 64, 10),
    (100, 500, 500, 1),
    (20, 250, 250, 250, 250, 1),
    (2048, 256, 1000, 1),
)


def mlp(sizes: tuple[int, ...]) -> nn.Module:
    """A multilayer perceptron in evaluation mode."""
    torch.manual_seed(0)
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1]).eval()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    add_write_option(parser)
    with record_output("Tracing", write=parser.parse_args().write):
        show_times()


def show_times() -> None:
    """Print one row per network."""
    table = Table("layers", "neurons", "trace, s", "collapse, s", "relative")
    base = 0.0
    rr.trace(mlp((2, 2, 1)))  # loads torch.export

    for sizes in SIZES:
        module = mlp(sizes)
        start = time.perf_counter()
        graph = rr.trace(module)
        traced = time.perf_counter() - start
        d = sizes[0]
        collapse(graph.network, rr.Domain.box([-1] * d, [1] * d))
        seconds = time.perf_counter() - start
        base = base or seconds
        row = (
            "-".join(map(str, sizes)),
            str(len(graph.network)),
            f"{traced:.2f}",
            f"{seconds - traced:.2f}",
        )
        table.add_row(*row, f"{seconds / base:.1f}")

    Console().print(table)


if __name__ == "__main__":
    main()
