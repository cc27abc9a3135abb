"""How long it takes to trace and to collapse networks: `python benchmarks/tracing.py
[--only small|large] [--write]`.

Random weights, ReLU between the layers, collapsed on the box [-1, 1]^d. The last column relates the
whole time to the first row's, so that runs on different machines can be compared. Large networks
are those of 10,000 neurons, about the most that is traced, and of 20,000, which are refused: CPU
seconds of each, and the most memory that its process takes, beside `torch.export` of the same
module, which keeps its layers apart.
"""

import argparse
import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from itertools import pairwise

import torch
from figure_rows import Figure, write_figures
from peak_memory import read_peak
from results import add_write_option, record_output
from rich.console import Console
from rich.table import Table
from torch import nn

import relurules as rr
from relurules.errors import ModelError
from relurules.networks.collapse import collapse

#: Inputs, hidden layers and outputs.
SIZES = (
    (64, 32, 32, 10),
    (784, 128, 64, 10),
    (100, 500, 500, 1),
    (20, 250, 250, 250, 250, 1),
    (2048, 256, 1000, 1),
)
#: As many, of networks whose neurons come to 10,000 and to 20,000.
LARGE_SIZES = (
    (20, *[2_000] * 5, 1),
    (20, *[2_000] * 10, 1),
    (20, 10_000, 10_000, 1),
)


@dataclass(frozen=True, kw_only=True)
class LargeTrace:
    """What a large network took: CPU seconds of its trace or until it was refused, those of an
    export, and bytes of memory.
    """

    neurons: int
    traced: bool
    seconds: float
    exported: float
    peak: int


def mlp(sizes: tuple[int, ...]) -> nn.Module:
    """A multilayer perceptron in evaluation mode."""
    torch.manual_seed(0)
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1]).eval()


def export_small() -> None:
    """Have torch load what it exports with, which a trace of a small sequence doesn't."""
    torch.export.export(mlp((2, 2, 1)), (torch.zeros(1, 2),))


def measure_large(sizes: tuple[int, ...]) -> LargeTrace:
    """Trace one network, in this process."""
    rr.trace(mlp((2, 2, 1)))
    module, row = mlp(sizes), torch.zeros(1, sizes[0])
    export_small()
    start = time.process_time()
    torch.export.export(module, (row,))
    exported = time.process_time() - start
    start, traced = time.process_time(), True
    try:
        rr.trace(module)
    except ModelError:
        traced = False
    return LargeTrace(
        neurons=sum(sizes[1:-1]),
        traced=traced,
        seconds=time.process_time() - start,
        exported=exported,
        peak=read_peak(),
    )


def show_large() -> list[Figure]:
    """Print one row per large network, each traced in a process of its own."""
    table = Table("layers", "neurons", "", "CPU s", "torch.export, CPU s", "peak GB")
    figures = list[Figure]()
    for sizes in LARGE_SIZES:
        command = [sys.executable, "-W", "ignore", __file__, "--one", json.dumps(sizes)]
        ran = subprocess.run(command, check=True, capture_output=True, text=True)
        found = LargeTrace(**json.loads(ran.stdout.splitlines()[-1]))
        name = f"{len(sizes) - 2} layers of {sizes[1]:,}"
        what = "trace" if found.traced else "refusal"
        table.add_row(
            name,
            f"{found.neurons:,}",
            what,
            f"{found.seconds:.1f}",
            f"{found.exported:.1f}",
            f"{found.peak / 1e9:.2f}",
        )
        figures += list_large_figures(f"{what} of {found.neurons:,} neurons, {name}", found)
    Console(width=100).print(table)
    return figures


def list_large_figures(what: str, found: LargeTrace) -> list[Figure]:
    """Seconds beside an export's, and memory."""
    return [
        Figure(
            what=what,
            ours=found.seconds,
            unit="CPU s",
            rival="torch.export",
            theirs=found.exported,
        ),
        Figure(what="the same, peak of memory", ours=found.peak / 1e9, unit="GB"),
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--only", choices=["small", "large"], help="networks of this size")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    add_write_option(parser)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(asdict(measure_large(tuple(json.loads(given.one))))))
        return

    with record_output("Tracing", write=given.write):
        if given.only != "large":
            show_times()
        if given.only != "small":
            write_figures(given.figures, show_large())


def show_times() -> None:
    """Print one row per network."""
    table = Table("layers", "neurons", "trace, s", "collapse, s", "relative")
    base = 0.0
    export_small()

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
