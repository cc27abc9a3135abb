"""Certified bounds of rounding beside the largest errors that a climbing search finds.

    python benchmarks/rounding.py [--models 100] [--rows 2000] [--rounds 8]

models: random ones, of lines in one and two columns and of rules of one and two layers, over
columns of very different sizes. Every artefact runs in its engine on rows anywhere, at powers of
two, on boundaries, where several of them meet, and some units in the last place beside, then on
changes of the worst ones; the errors of the worst are exact. A bound that is below an error ends
the run with 1.
"""

import argparse
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from results import add_write_option, record_output

import relurules as rr

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "rounding")]

#: What is emitted of every model: target and options.
ARTEFACTS: list[tuple[str, dict[str, Any]]] = [
    ("python", {}),
    ("c", {}),
    ("c", {"number": "float"}),
    ("javascript", {}),
    ("sql", {"dialect": "sqlite"}),
    ("sql", {"dialect": "duckdb"}),
]


def main() -> None:
    """Judge as many models as were asked for, and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--models", type=int, default=100)
    parser.add_argument("--rows", type=int, default=2000, help="of every round of the search")
    parser.add_argument("--rounds", type=int, default=8)
    add_write_option(parser)
    options = parser.parse_args()
    with record_output("Rounding", write=options.write):
        broken = judge_models(options)
    sys.exit(1 if broken else 0)


def judge_models(options: argparse.Namespace) -> int:
    """Print a line a kind of rules and artefact; return how many bounds were broken."""
    search_rows = import_module("rounding_search")

    ratios, refused, spent = defaultdict[str, list[float]](list), defaultdict[str, int](int), 0.0
    for seed, (kind, rules) in enumerate(draw_models(options.models)):
        for target, given in ARTEFACTS:
            if kind != "lines" and given.get("number") == "float":
                continue
            artifact = rr.emit(rules, target, **given)
            start = time.process_time()
            bound = rr.bound_rounding(artifact, rules)
            spent += time.process_time() - start
            name = f"{kind}, {' '.join([target, *given.values()])}"
            if not bound.is_stated:
                refused[name] += 1
                continue
            step = 2.0**-23 if given.get("number") == "float" else 2.0**-52
            search = search_rows.RowSearch(rules.network, rules.domain, step)
            rng = np.random.default_rng(seed)
            found = search.climb(search_rows.run_by(artifact), rng, options.rows, options.rounds)
            if found or bound.largest:  # constants are exact
                ratios[name].append(bound.largest / found if found else np.inf)

    print("| artefact | bounds | median bound / error found | largest | refused |")
    print("|---|---|---|---|---|")
    for name, own in ratios.items():
        middle, most = statistics.median(own), max(own)
        print(f"| {name} | {len(own)} | {middle:.1f} | {most:.1f} | {refused[name]} |")
    broken = sum(ratio < 1.0 for own in ratios.values() for ratio in own)
    print(f"\n{broken} errors above their bounds; bounds took {spent:.1f} s of processor time")
    return broken


def draw_models(count: int) -> Iterator[tuple[str, Any]]:
    """Kind and rules."""
    handmade = import_module("handmade")

    box = rr.Domain.box([-3, 0, 10, -1e-3, 0], [5, 100, 70, 1e-3, 1e4])
    small = rr.Domain.box([-1, -1, -1], [1, 2, 5])
    for seed in range(count):
        rng = np.random.default_rng(seed)
        if seed % 4 == 0:
            yield (
                "rules of 1 layer",
                rr.extract(handmade.graph(handmade.layered(seed, 3, [5], 1)), domain=small),
            )
            continue
        if seed % 4 == 1:
            yield (
                "rules of 2 layers",
                rr.extract(handmade.graph(handmade.layered(seed, 3, [3, 3], 1)), domain=small),
            )
            continue
        A = np.zeros((16, 5))
        for k in range(16):
            at = rng.choice(5, 1 + (k % 4 == 0), replace=False)
            A[k, at] = rng.normal(size=len(at)) / np.abs(box.upper[at])
        net = handmade.network(A, rng.normal(size=16) / 3, rng.normal(size=(1, 16)),
                      C=rng.normal(size=(1, 5)), c=[0.3])  # fmt: skip
        yield "lines", rr.extract(handmade.graph(net), domain=box, form="additive")


if __name__ == "__main__":
    main()
