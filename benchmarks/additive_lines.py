"""How many lines and digits a network of one layer needs for an error of so much of its range.

    python benchmarks/additive_lines.py [--neurons 40] [--error 0.01] [--large 2000]

R² is that of the network, on the rows. Networks are trained on scikit-learn's table of 442 diabetes
patients, ten columns, each neuron reading one column, two, or all of them. The error is certified
over the range of all columns;
`seen` is the largest difference at 100,000 points of it. Then the closest lines, half as many, on
the rows. Last, seconds of the processor that a network of 2,000 neurons on 30 columns takes from
weights to a proof, and each question about 40 lines of two columns each, of 25.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
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
    parser.add_argument("--large", type=int, default=2000, help="neurons of the large network")
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
        print(f"\n| {options.large:,} neurons, 30 columns | s |\n|---|---|")
        for step, seconds in time_steps(options.large):
            print(f"| {step} | {seconds:.1f} |", flush=True)
        print("\n| 40 lines, 25 columns | s | exact |\n|---|---|---|")
        for question, seconds, exact in time_questions():
            print(f"| {question} | {seconds:.1f} | {'yes' if exact else 'no'} |", flush=True)


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


def time_steps(neurons: int) -> Iterator[tuple[str, float]]:
    """Steps with a large network of one layer, and their seconds of the processor."""
    torch.manual_seed(0)
    model = torch.nn.Sequential(
        torch.nn.Linear(30, neurons), torch.nn.ReLU(), torch.nn.Linear(neurons, 1)
    ).double()
    domain = rr.Domain.box([-3.0] * 30, [3.0] * 30)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "lines.json")
        rules, seconds = measure_time(lambda: rr.extract(model, domain=domain, form="additive"))
        yield "extract", seconds
        steps: dict[str, Callable[[], Any]] = {
            "save": lambda: rules.save(path),
            "load": lambda: rr.load(path),
            "C": lambda: rr.emit(rules, "c"),
            "SQL": lambda: rr.emit(rules, "sql", dialect="postgres"),
            "prove, with a check": lambda: rr.prove(rules, model),
        }
        for step, act in steps.items():
            yield step, measure_time(act)[1]


def time_questions() -> Iterator[tuple[str, float, bool]]:
    """Questions, seconds of the processor, and whether rows show as much as the answer says."""
    rng, names = np.random.default_rng(0), [f"c{i}" for i in range(25)]
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(25, 40), torch.nn.ReLU(), torch.nn.Linear(40, 1))
    mask = torch.zeros(40, 25)
    for k in range(40):
        mask[k, rng.choice(25, 2, replace=False)] = 3.0
    with torch.no_grad():
        next(model.parameters()).mul_(mask)
    domain = rr.Domain.box([-1.0] * 25, [2.0] * 25, names)
    rules = rr.extract(model, domain=domain, form="additive")
    asked: dict[str, dict[str, Any]] = {
        "range": {},
        "bounded": {"at_most": 1.0},
        "monotone": {},
        "effect": {"feature": "c3"},
        "reach": {"at_least": 0.5},
        "lipschitz": {},
        "counterfactual": {"at_least": 0.3, "row": dict.fromkeys(names, 0.0)},
    }
    for question, options in asked.items():
        answer, seconds = measure_time(partial(rr.ask, rules, question, time_limit=10.0, **options))
        yield question, seconds, answer.exact


def measure_time(act: Callable[[], Any]) -> tuple[Any, float]:
    """What is done gives, and its seconds of the processor."""
    start = time.process_time()
    found = act()
    return found, time.process_time() - start


if __name__ == "__main__":
    main()
