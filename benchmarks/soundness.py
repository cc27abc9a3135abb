"""How the search and the rules fare beside exact rationals: right, wrong or given up, by kind.

    python benchmarks/soundness.py [--draws 1000] [--networks 300] [--rows 200] [--list]

draws: arrangements of one to three columns, whole weights, rows that repeat or nearly equal others.
networks: layers of any weights over one to six columns. What is judged, and by what, is in
tests/exact. `bounded` is off by more than rounding and says so in `max_error`: a PReLU so near to
the identity that rules take it for that. --list names every draw that isn't right, with its seed.
Counts of a few benchmark networks come first, where these are at hand.
"""

import argparse
import multiprocessing
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from results import add_write_option, record_output

import relurules as rr

ROOT = Path(__file__).resolve().parents[1]
NETS = ROOT.parent / "shared" / "nets"
sys.path.insert(0, str(ROOT / "tests"))

#: Name -> what takes a draw and its regions, and gives a verdict.
Questions = dict[str, Callable[[Any, Any], Any]]

OUTCOMES = ("right", "bounded", "wrong", "given up")


class Judged(NamedTuple):
    """A question that was put to a draw."""

    question: str
    draw: Any
    verdict: Any


def main() -> None:
    """Judge as many draws as were asked for, and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--networks", type=int, default=300)
    parser.add_argument("--rows", type=int, default=200, help="at which values are compared")
    parser.add_argument("--list", action="store_true", help="name every draw that isn't right")
    add_write_option(parser)
    options = parser.parse_args()
    with record_output("Soundness", write=options.write):
        known_counts()
        judge_draws(options)


def judge_draws(options: argparse.Namespace) -> None:
    """Draw arrangements and networks, judge them, print the tables."""
    draws, judging = import_module("exact.draws"), import_module("exact.judging")
    claims = import_module("exact.judging_claims")

    def values(draw: Any, found: Any) -> Any:
        return judging.judge_rules(draw, options.rows, found)

    def bound(draw: Any, found: Any) -> Any:
        return claims.judge_bound(draw, 0.05, options.rows // 2, found)

    def decision(draw: Any, found: Any) -> Any:
        return claims.judge_decision(draw, options.rows // 2, found)

    arrangements = (draws.arrangement(seed) for seed in range(options.draws))
    report(
        f"{options.draws} drawn arrangements",
        judged(arrangements, {"regions": judging.judge_partition, "values": values}),
        options.list,
    )
    networks = (draws.random_layers(seed) for seed in range(options.networks))
    report(
        f"{options.networks} random networks",
        judged(networks, {"values": values, "bound": bound, "decision": decision}),
        options.list,
    )
    repeating = (draws.repeated_layers(seed) for seed in range(options.networks))
    report(
        f"{options.networks} networks whose layers repeat directions",
        judged(repeating, {"regions": judging.judge_partition, "values": values, "bound": bound}),
        options.list,
    )


def known_counts() -> None:
    """The reference beside counts that others have confirmed."""
    if not NETS.is_dir():
        print("the benchmark networks aren't on this machine: no counts of theirs")
        return

    nets, arrangement = import_module("test_nets"), import_module("exact.arrangement")
    for name in ("deg_d2_8_8", "deg_d3_6_6", "d2_16_16", "d4_8_8_8", "d2_32_32_32"):
        graph = rr.trace(nets.load(NETS / f"{name}.npz"))
        d, begun = len(graph.features), time.process_time()
        found = len(arrangement.regions(graph.network, rr.Domain.box([-1] * d, [1] * d)))
        right = "right" if found == nets.COUNTS[name] else f"WRONG, {nets.COUNTS[name]} are known"
        took = time.process_time() - begun
        print(f"{name:14} {found:5} regions by the reference: {right} ({took:.1f} s)", flush=True)


def judged(draws: Iterable[Any], questions: Questions) -> Iterable[Judged]:
    """Every question, of every draw, whose regions are counted once.

    The first draw is judged here too, so that what is forked has all code loaded.
    """
    regions = import_module("exact.arrangement").regions
    for number, draw in enumerate(draws):
        found = regions(draw.network, draw.domain)
        for question, judge in questions.items():
            if number == 0:
                judge(draw, found)
            yield Judged(question, draw, in_a_child(judge, draw, found))


def in_a_child(judge: Callable[[Any, Any], Any], draw: Any, found: Any) -> Any:
    """A verdict from a process of its own, since what is judged may end it."""
    verdict_of, ours = import_module("exact.judging").Verdict, multiprocessing.get_context("fork")
    receiver, sender = ours.Pipe(duplex=False)

    def answer() -> None:
        sender.send(tuple(judge(draw, found)))

    child = ours.Process(target=answer)
    child.start()
    sender.close()

    try:
        return verdict_of(*receiver.recv())
    except EOFError:
        return verdict_of("given up", "the process died")
    finally:
        child.join()


def cpu_time() -> float:
    """Seconds of this process and its children."""
    return sum(os.times()[:4])


def report(title: str, answers: Iterable[Judged], listing: bool) -> None:
    """A line for each question and kind, then why things were wrong."""
    begun = cpu_time()
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    reasons: Counter[tuple[str, str, str]] = Counter()

    for question, draw, verdict in answers:
        for kind in (draw.kind, "all"):
            counts[question, kind][verdict.outcome] += 1
        if verdict.outcome != "right":
            reasons[question, verdict.outcome, verdict.kind] += 1
            if listing:
                print(f"  {question}: {draw}: {' '.join(verdict)}", flush=True)

    print(f"\n{title}, {cpu_time() - begun:.0f} s of CPU time")
    print(f"{'question':10} {'kind':12} " + " ".join(f"{outcome:>9}" for outcome in OUTCOMES))
    for (question, kind), count in sorted(counts.items()):
        print(f"{question:10} {kind:12} " + " ".join(f"{count[outcome]:9}" for outcome in OUTCOMES))

    for (question, outcome, reason), cases in sorted(reasons.items()):
        print(f"  {question}, {outcome}: {reason}: {cases}")


if __name__ == "__main__":
    main()
