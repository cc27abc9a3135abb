"""Reproduce Csirmaz' experiment: networks for two exclusive-ors and a product, trained until few
PReLUs are nonlinear.

Trains one network per seed, prints how each ended, then the rules of one of them, and draws that
network next to its collapsed form (network.svg and network.png in the output folder).

    python examples/csirmaz_xor.py [--variant published|freeze] [--seeds 20] [--steps 500000]
                                   [--out out/csirmaz]

Source: E. P. Csirmaz, "Interpreting Neural Networks by Reducing Nonlinearities during Training",
2020.
"""

import argparse
import time
from collections import Counter
from pathlib import Path

import torch
from network_figure import draw_pair
from torch import Tensor, nn
from xor_ensemble import RATE_INTERVAL, Ensemble, train, truth_table

import relurules as rr
from relurules.networks.collapse import collapse

INPUTS = ["in1", "in2", "in3", "in4"]
OUTPUTS = ["y0", "y1", "y2"]  # as the rules name them
NONLINEAR = 2  # PReLUs that the two exclusive-ors need
REPORTS = 20  # progress lines in a run


class Log:
    """Counts the nonlinear PReLUs at every reading of the error, and prints a line now and then."""

    def __init__(self, steps: int) -> None:
        self.steps = steps
        self.begun = time.monotonic()
        self.snapshots: list[list[int]] = []

    def __call__(self, step: int, error: Tensor, ensemble: Ensemble) -> None:
        """Record one snapshot: `error` (S,) is each network's mean squared error on the last noisy
        batch.

        The printed error is the median over the seeds.
        """
        counts = ensemble.nonlinear().tolist()
        self.snapshots.append(counts)
        if step * REPORTS // self.steps > (step - RATE_INTERVAL) * REPORTS // self.steps:
            found = ", ".join(
                f"{count} ({seeds}x)" for count, seeds in sorted(Counter(counts).items())
            )
            elapsed = time.monotonic() - self.begun
            print(
                (
                    f"step {step}, {elapsed:.0f} s, error {error.median():.1e}, nonlinear PReLUs: "
                    f"{found}"
                ),
                flush=True,
            )

    def share(self) -> float:
        """Share of the last fifth of the snapshots, over all seeds, with exactly NONLINEAR
        nonlinear PReLUs.
        """
        late = [
            count
            for counts in self.snapshots[-max(1, len(self.snapshots) // 5) :]
            for count in counts
        ]
        return late.count(NONLINEAR) / max(1, len(late))


def print_table(ensemble: Ensemble) -> list[int]:
    """Print how every seed ended; return the seeds with exactly NONLINEAR nonlinear PReLUs and all
    16 rows right.
    """
    inputs, targets = truth_table()
    outputs = ensemble.outputs(inputs)
    largest = (outputs - targets).abs().amax(dim=(1, 2)).tolist()
    right = (outputs.round() == targets).all(dim=1).sum(dim=1).tolist()
    counts = ensemble.nonlinear().tolist()
    print("\nseed  nonlinear PReLUs  largest error  rows right")
    for seed, (count, error, rows) in enumerate(zip(counts, largest, right, strict=True)):
        print(f"{seed:4d}  {count:16d}  {error:13.3f}  {rows:7d}/{targets.shape[1]}")
    good = [
        seed
        for seed, count in enumerate(counts)
        if count == NONLINEAR and right[seed] == targets.shape[1]
    ]
    print(
        f"{len(good)} of {len(counts)} seeds end with exactly {NONLINEAR} nonlinear PReLUs "
        f"and all {targets.shape[1]} rows right"
    )
    return good


def show(model: nn.Sequential, folder: Path) -> None:
    """Print the rules of one network on the unit cube, and draw it next to its collapsed form."""
    domain = rr.Domain.box([0] * 4, [1] * 4, names=INPUTS)
    print(rr.emit(rr.extract(model, domain=domain), "text"))
    collapsed = collapse(rr.trace(model).network, domain).network
    folder.mkdir(parents=True, exist_ok=True)
    for path in draw_pair(model, collapsed, INPUTS, OUTPUTS, folder / "network"):
        print(f"drawn: {path}")


def main() -> None:
    """Read the command line, train, report and show one network."""
    parser = argparse.ArgumentParser(
        description="Csirmaz' experiment: which PReLUs do two exclusive-ors need?"
    )
    parser.add_argument("--variant", choices=["published", "freeze"], default="freeze")
    parser.add_argument("--seeds", type=int, default=20, help="networks to train (default 20)")
    parser.add_argument(
        "--steps", type=int, default=500_000, help="gradient steps (default 500000)"
    )
    parser.add_argument(
        "--seed-to-show",
        type=int,
        help="default: the first with 2 nonlinear PReLUs and no row wrong",
    )
    parser.add_argument(
        "--out", type=Path, default=Path("out/csirmaz"), help="folder for the drawing"
    )
    arguments = parser.parse_args()
    if arguments.seeds < 1 or arguments.steps < 1:
        parser.error("--seeds and --steps must be at least 1")
    if arguments.seed_to_show is not None and not 0 <= arguments.seed_to_show < arguments.seeds:
        parser.error("--seed-to-show must be one of the seeds trained")
    torch.set_num_threads(1)
    log = Log(arguments.steps)
    ensemble = train(
        arguments.seeds, arguments.steps, freeze=arguments.variant == "freeze", progress=log
    )
    good = print_table(ensemble)
    print(
        f"exactly {NONLINEAR} nonlinear PReLUs in {log.share():.0%} of the snapshots in the "
        "last "
        "fifth of the steps"
    )
    shown = next(iter(good), None) if arguments.seed_to_show is None else arguments.seed_to_show
    if shown is None:
        print("no seed to show: choose one with --seed-to-show")
        return
    print(f"\nRules of seed {shown}; y0 = in1 xor in2, y1 = in3 xor in4, y2 = in1 and in2:\n")
    show(ensemble.network(shown), arguments.out)


if __name__ == "__main__":
    main()
