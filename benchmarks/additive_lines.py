"""How many lines and digits a network of one layer needs for an error of so much of its range.

    python benchmarks/additive_lines.py [--neurons 40] [--error 0.01]

R² is that of the network, on the rows. Networks are trained on scikit-learn's table of 442 diabetes
patients, ten columns, each neuron reading one column, two, or all of them. The error is certified
over the range of all columns;
`seen` is the largest difference at 100,000 points of it. Then the closest lines, half as many, on
the rows.
"""

import argparse
import time
from typing import Any, NamedTuple

import numpy as np
import torch
from results import add_write_option, record_output
from sklearn.datasets import load_diabetes

import relurules as rr

#: Columns that a neuron reads.
READS = {"one column": 1, "two columns": 2, "all columns": 10}
_STEPS = 400


class Trained(NamedTuple):
    """A network, and the rows that it was trained on."""

    model: torch.nn.Module
    X: np.ndarray


def main() -> None:
    """Train, extract, and print a line a network."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--neurons", type=int, default=40)
    parser.add_argument("--error", type=float, default=0.01, help="of the range of outputs")
    add_write_option(parser)
    options = parser.parse_args()
    with record_output("Additive rules within a bound", write=options.write):
        print(
            f"| a neuron reads | lines, digits | within {options.error:.0%} | certified, seen | s |"
        )
        print("|---|---|---|---|---|")
        for name, reads in READS.items():
            print(judge(name, train(reads, options.neurons), options.error), flush=True)
        print("\n| a neuron reads | half the lines, on rows | R² | certified, seen | s |")
        print("|---|---|---|---|---|")
        for name, reads in READS.items():
            print(judge_rows(name, train(reads, options.neurons)), flush=True)


def train(reads: int, neurons: int) -> Trained:
    """A network whose neurons read so many columns each."""
    torch.manual_seed(0)
    X, y = load_diabetes(return_X_y=True, scaled=True)
    X = X / X.std(axis=0)
    mask = torch.zeros(neurons, X.shape[1])
    for k in range(neurons):
        mask[k, [(k + i * (1 + k // X.shape[1])) % X.shape[1] for i in range(reads)]] = 1.0
    first = torch.nn.Linear(X.shape[1], neurons)
    model = torch.nn.Sequential(first, torch.nn.ReLU(), torch.nn.Linear(neurons, 1))
    rows, target = torch.tensor(X).float(), torch.tensor((y - y.mean()) / y.std()).float()[:, None]
    optimiser = torch.optim.Adam(model.parameters(), lr=0.02, weight_decay=1e-3)
    for _ in range(_STEPS):
        with torch.no_grad():
            first.weight *= mask
        optimiser.zero_grad()
        torch.nn.functional.mse_loss(model(rows), target).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    with torch.no_grad():
        first.weight *= mask
    return Trained(model.double(), X)


def judge(name: str, network: Trained, error: float) -> str:
    """A line of the first table."""
    exact = rr.extract(network.model, data=network.X, form="additive")
    size = float(np.ptp(exact.predict(network.X)))
    start = time.perf_counter()
    rules = rr.extract(network.model, data=network.X, form="additive", max_error=error * size)
    seconds = time.perf_counter() - start
    return (
        f"| {name} | {len(exact)}, {count_digits(exact)} | {len(rules)}, {count_digits(rules)} | "
        f"{rules.max_error / size:.2%}, {measure(exact, rules) / size:.2%} | {seconds:.1f} |"
    )


def judge_rows(name: str, network: Trained) -> str:
    """A line of the second table."""
    exact = rr.extract(network.model, data=network.X, form="additive")
    given = exact.predict(network.X)
    start = time.perf_counter()
    rules = rr.extract(
        network.model, data=network.X, form="additive", max_rules=len(exact) // 2, fidelity="rows"
    )
    seconds, size = time.perf_counter() - start, float(np.ptp(given))
    left = np.mean((rules.predict(network.X) - given) ** 2) / np.var(given)
    return (
        f"| {name} | {len(rules)} | {1 - left:.5f} | {rules.max_error / size:.2%}, "
        f"{measure(exact, rules) / size:.2%} | {seconds:.1f} |"
    )


def measure(one: Any, other: Any) -> float:
    """The largest difference at points of the domain."""
    rng = np.random.default_rng(0)
    domain = one.domain
    X = rng.uniform(domain.lower, domain.upper, size=(100_000, len(domain.names)))
    ends = rng.random(X.shape) < 0.5
    X[:20_000] = np.where(ends, domain.lower, domain.upper)[:20_000]
    return float(np.abs(one.predict(X) - other.predict(X)).max())


def count_digits(rules: Any) -> int:
    """Digits of all numbers of lines and base."""
    arrays = rules.normals, rules.bounds, rules.slopes, rules.base.weights, rules.base.constants
    values = [abs(v) for array in arrays for v in array.ravel().tolist()]
    return sum(len(repr(v).split("e")[0].replace(".", "").strip("0")) for v in values)


if __name__ == "__main__":
    main()
