"""Artefacts of which one character is another: which are rejected, and by whom.

    python benchmarks/mutations.py [--cases 1600] [--rows 400]

Lines and rules in every language that is read. Each changed text is judged by
`relurules.proofs.read_back` and run in its engine, beside the honest one, on rows in the domain, at
its ends, at the text's own numbers and one ulp beside, outside, and missing. What gives another
result, or none, must be rejected. One that is accepted and isn't the same ends the run with 1.
"""

import argparse
import multiprocessing
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from results import add_write_option, record_output

import relurules as rr
from relurules.proofs.read_back import check_artifact, read_operations

ROOT = Path(__file__).resolve().parents[1]
PLACES = [str(ROOT / "tests"), str(ROOT / "tests" / "proofs")]
sys.path[:0] = PLACES

TARGETS: list[tuple[str, dict[str, Any]]] = [
    ("python", {}),
    ("c", {}),
    ("javascript", {}),
    ("sql", {"dialect": "sqlite"}),
    ("sql", {"dialect": "duckdb"}),
]
#: Seconds after which a changed text that still runs counts as giving something else.
PATIENCE = 60


def main() -> None:
    """Change, judge, run, count."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cases", type=int, default=1600)
    parser.add_argument("--rows", type=int, default=400)
    add_write_option(parser)
    options = parser.parse_args()
    with record_output("Changed artefacts", write=options.write):
        missed = judge_all(options.cases, options.rows)
    sys.exit(1 if missed else 0)


def list_artifacts() -> Iterator[tuple[str, Any, Any]]:
    """Kind, artefact and rules: in turn of every language, of lines and of rules in three forms."""
    handmade, models = import_module("handmade"), import_module("line_models")
    box = rr.Domain.box([-1, -1, -1], [1, 2, 5])
    rules = rr.extract(handmade.graph(handmade.layered(1, 3, [3], 1)), domain=box)
    deep = rr.extract(handmade.graph(handmade.layered(1, 3, [3, 2], 1)), domain=box)
    for target, given in TARGETS:
        name = " ".join([target, *given.values()])
        yield f"lines, {name}", rr.emit(models.plain(), target, **given), models.plain()
        yield f"rules, {name}", rr.emit(rules, target, form="rules", **given), rules
        yield f"tree, {name}", rr.emit(deep, target, form="tree", **given), deep


def judge_all(cases: int, rows: int) -> int:
    """Print a line a kind of artefact; return how many changes were missed."""
    changed = import_module("mutated_artifacts")
    kinds = list(list_artifacts())
    tallies, missed, runner = dict[str, Counter[str]](), 0, Runner()
    for k, (kind, artifact, rules) in enumerate(kinds):
        rng, tally = np.random.default_rng(k), Counter[str]()
        if not check_artifact(artifact, rules):
            raise AssertionError(f"{kind}: the honest artefact is rejected")
        table = changed.draw_table(rules.domain, str(artifact), rng, rows)
        due = runner.run(artifact, table)
        for _ in range(cases // len(kinds) + (k < cases % len(kinds))):
            other = changed.mutate_artifact(artifact, rng)
            same = runner.run(other, table) == due
            tally[judge(other, rules, same)] += 1
            if tally["accepted, other"]:
                missed += 1
                tally["missed"] += tally.pop("accepted, other")
                print(f"{kind}: missed\n{show_difference(str(artifact), str(other))}")
        tallies[kind] = tally

    print_table(tallies)
    return missed


def judge(artifact: Any, rules: Any, same: bool) -> str:
    """What came of one: whether it gives the same, and who rejects it."""
    word = "same" if same else "other"
    try:
        with TemporaryDirectory() as folder:
            if check_artifact(artifact.write(folder)[-1], rules):
                return f"accepted, {word}"
        by_reader = any(read_operations(artifact, rules))
    except Exception as error:  # a reader that ends so has judged nothing
        print(f"a reader ended with {error!r}"[:200])
        return "accepted, other"

    return f"{'read' if by_reader else 'text alone'}, {word}"


class Runner:
    """Runs artefacts in a process of its own, which a changed text may end."""

    def __init__(self) -> None:
        self._pool = self._open()

    def _open(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))

    def run(self, artifact: Any, table: Any) -> Any:
        """What it gives, or a word where it doesn't run."""
        try:
            return self._pool.submit(run_apart, artifact, table).result(PATIENCE)
        except (BrokenProcessPool, TimeoutError):
            for process in list(self._pool._processes.values()):  # no other way
                process.kill()
            self._pool = self._open()
            return "ended"


def run_apart(artifact: Any, table: Any) -> Any:
    """In the other process."""
    sys.path[:0] = PLACES
    return import_module("mutated_artifacts").execute(artifact, table)


def show_difference(one: str, other: str) -> str:
    """The lines that differ."""
    pairs = zip(one.split("\n"), other.split("\n"), strict=False)
    return "\n".join(f"- {a}\n+ {b}" for a, b in pairs if a != b)[:500]


def print_table(tallies: dict[str, Counter[str]]) -> None:
    """A line a kind of artefact."""
    print(
        "| artefact | changed | other results | rejected of these | by what is read | "
        "same results | rejected of these |"
    )
    print("|---|---|---|---|---|---|---|")
    total = Counter[str]()
    for tally in tallies.values():
        total += tally
    for kind, tally in [*tallies.items(), ("all", total)]:
        other = tally["read, other"] + tally["text alone, other"]
        same = tally["read, same"] + tally["text alone, same"]
        print(
            f"| {kind} | {tally.total()} | {other + tally['missed']} | {other} | "
            f"{tally['read, other']} | {same + tally['accepted, same']} | {same} |"
        )


if __name__ == "__main__":
    main()
