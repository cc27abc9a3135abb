"""Questions about 200 random networks beside sampled rows, and 100 pairs of networks with a planted
difference.

    python benchmarks/questions.py [NETWORKS] [PAIRS] [--write]

An answer is contradicted where some row passes a bound, goes the way that is ruled out, or is of a
class that can't be reached. Prints how many were, how often witnesses attain the bounds, and how
long answers take.
"""

import argparse
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from results import add_write_option, record_output

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "analysis"))

import relurules as rr

_ROWS = 20_000


def contradictions(seed: int, took: dict[str, list[float]], exact: list[bool]) -> list[str]:
    """What rows contradict of the answers about one network."""
    rng = np.random.default_rng(seed)
    d, neurons = int(rng.integers(2, 5)), int(rng.integers(2, 6))
    domain = rr.Domain.box([-1.0] * d, [2.0] * d)
    handmade = import_module("handmade")
    net = handmade.random_network(seed, d, neurons, 2)
    rules = handmade.rules_of(net, domain, max_error=float(rng.choice([0.0, 0.0, 1.0])))
    X = rng.uniform(-1, 2, (_ROWS, d))
    Y = X.copy()
    Y[:, 0] = rng.uniform(-1, 2, _ROWS)
    higher = Y[:, 0] >= X[:, 0]
    y, z = rules.predict(X), rules.predict(Y)
    small = 1e-9 * np.abs(y).max()
    change = (z - y)[:, 0]
    step = np.abs(Y - X)[:, 0] / 3.0

    def ask(question: str, **options: Any) -> Any:
        start = time.perf_counter()
        found = rr.ask(rules, question, output=None if question == "reach" else "y0", **options)
        took.setdefault(question, []).append(time.perf_counter() - start)
        exact.append(found.exact)
        return found

    wrong = []
    found = ask("range").values
    wrong += ["range"] * bool(y[:, 0].min() < found["low"] or y[:, 0].max() > found["high"])
    middle = float(np.quantile(y[:, 0], 0.999))
    wrong += ["bounded"] * (
        ask("bounded", at_most=middle).holds is True and bool(y[:, 0].max() > middle)
    )
    wrong += ["effect"] * bool(
        np.abs(change).max() > ask("effect", feature=domain.names[0]).values["largest"]
    )
    way = ask("monotone", feature=domain.names[0]).values["direction"]
    rises, falls = (change[higher] > small).any(), (change[higher] < -small).any()
    wrong += ["monotone"] * bool(
        (rises and way not in ("rises", "both")) or (falls and way not in ("falls", "both"))
    )

    if not rules.simplified:
        slope = ask("lipschitz").values["columns"][domain.names[0]]["slope"] * 3.0
        wrong += ["lipschitz"] * bool((np.abs(change) > slope * step + small).any())

    classes = y.argmax(axis=1)
    for i, name in enumerate(rules.outputs):
        wrong += ["reach"] * (
            ask("reach", target=name).holds is False and bool((classes == i).any())
        )

    return wrong


def main() -> None:
    """Judge as many answers as are asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("networks", nargs="?", type=int, default=200)
    parser.add_argument("pairs", nargs="?", type=int, default=100)
    add_write_option(parser)
    given = parser.parse_args()
    with record_output("Questions", write=given.write):
        show_summary(given.networks, given.pairs)


def show_summary(networks: int, pairs: int) -> None:
    """Run all, and print a summary."""
    handmade, test_diff = import_module("handmade"), import_module("test_diff")
    took: dict[str, list[float]] = {}
    exact: list[bool] = []
    wrong = [name for seed in range(networks) for name in contradictions(seed, took, exact)]
    said = f"{len(wrong)} contradicted {sorted(set(wrong))}, {sum(exact)} attained by a row"
    print(f"{networks} networks, {len(exact)} answers, {said}")

    for name, times in took.items():
        print(f"  {name:10s} mean {np.mean(times):.3f} s, longest {max(times):.3f} s")

    off, start = [], time.perf_counter()
    for seed in range(pairs):
        old, new, _, most = test_diff.planted(seed)
        gap = rr.diff(*(handmade.rules_of(net, test_diff.BOX) for net in (old, new))).gaps[0]
        off.append(max(abs(gap.bound - most), abs((gap.reached or 0.0) - most)) / most)

    print(
        f"{pairs} planted differences, the worst {max(off, default=0):.1e} off, "
        f"{time.perf_counter() - start:.1f} s"
    )


if __name__ == "__main__":
    main()
