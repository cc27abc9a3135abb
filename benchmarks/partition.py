"""How fast a box is cut into linear regions: `make bench-partition`, or `python
benchmarks/partition.py [--quick]`.

Networks are random (He-normal weights, biases uniform in +-0.5, rounded to float32, drawn layer by
layer from the seed) on the box [-1, 1]^d. Every figure is measured in a process of its own: CPU
seconds once functions are compiled, and the peak of its memory above what it had before the
search. Beside them stands `compiled_limit.c`, a plain search in float64 that checks and keeps
nothing, where gcc is installed: from 10,000 regions on, ours is to reach half of the speed of the
textbook's way, and .4 of it with two inputs. Networks over categories read 6 numbers and 8 columns
of 100 categories in all; beside them stands a search whose every split asks mixed-integer programs,
for a few seconds. The start of a search is what `rr.partition` of a small torch module takes in
all, beside `torch.export` of it. `--only categories`, `start`, `limit`, `jobs` or
`large` prints that table alone; the last counts 1e8 regions and is in no other run. `--peer PYTHON`
also runs relucent, a program of its own, by the interpreter of an environment that has it, as
`make bench-partition` does; engines that need more than a few seconds are stopped.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np
import psutil  # type: ignore[import-untyped]
from compiled_limit import Method, compile_limit, count_compiled
from figure_rows import Bar, Figure, write_figures
from results import add_write_option, record_output
from rich.console import Console
from rich.table import Table

import relurules as rr
from relurules.domain import Normalisation
from relurules.domain.columns import Category, Column
from relurules.ir import Network, Neuron
from relurules.ir.limits import Deadline, SearchLimits
from relurules.lp.polytope import Box
from relurules.partitioning import initial_state, make_budget, write_regions
from relurules.partitioning.category_memory import list_coordinates
from relurules.partitioning.explore import SearchBudget, run_search
from relurules.partitioning.options import RegionFiles, SearchOptions
from relurules.partitioning.search import compile_search, make_problem, search_regions
from relurules.partitioning.search_run import RegionBatch, RegionOutputs
from relurules.partitioning.sinks import CountingSink
from relurules.partitioning.state import Int


class Case(NamedTuple):
    """A network by its seed, inputs and hidden layers; regions: how many it is known to have, None
    where not.
    """

    name: str
    seed: int
    d: int
    widths: tuple[int, ...]
    regions: int | None = None
    categories: tuple[int, ...] = ()


CASES = (
    Case("d2_16_16", 101, 2, (16, 16), 397),
    Case("d2_32_32_32", 102, 2, (32, 32, 32), 2578),
    Case("d2_64_64", 103, 2, (64, 64), 4699),
    Case("d2_96_96", 109, 2, (96, 96), 12592),
    Case("d4_8_8_8", 104, 4, (8, 8, 8), 4021),
    Case("d4_16_16", 105, 4, (16, 16), 11903),
    Case("d8_12_12", 106, 8, (12, 12), 345954),
    Case("d12_10_10", 107, 12, (10, 10), 183694),
    Case("d23_8_8", 108, 23, (8, 8), 7633),
)
#: Networks of few regions.
SMALL = (
    Case("d2_4_4", 110, 2, (4, 4)),
    Case("d4_4", 111, 4, (4,)),
    Case("d6_4", 112, 6, (4,)),
)
#: One family of growing size: about 1e4 to 1e7 regions.
FAMILY = tuple(Case(f"d6_{w}_{w}", 200, 6, (w, w)) for w in (9, 13, 18, 27))
#: 2e8 regions: about 40 minutes.
LARGE = Case("d6_42_42", 200, 6, (42, 42))
#: Two jobs share the pieces of a search, so that only one of seconds shows what they are worth.
SHARED = FAMILY[2]
#: Categories of eight columns, as many as the table "adult" has, 100 in all.
ADULT = (9, 16, 7, 14, 6, 5, 41, 2)
#: Networks over these and 6 numbers.
CATEGORICAL = (
    Case("6+8c_8", 301, 6, (8,), categories=ADULT),
    Case("6+8c_10", 302, 6, (10,), categories=ADULT),
    Case("6+8c_6_4", 303, 6, (6, 4), categories=ADULT),
    Case("6+8c_8_6", 304, 6, (8, 6), categories=ADULT),
)
#: Seconds that the slow engines get for a network.
_PATIENCE = 5.0
#: Seconds in which searches are repeated that take less.
_REPEATED = 0.5
#: Regions from which on the share of the compiled limit has a bar.
_MANY = 10_000
#: Ways of the compiled search -> what it is called beside ours.
_COMPILED: dict[Method, str] = {
    "plain": "plain search in C",
    "quick": "quick search in C",
}
#: What is measured of a torch module: the regions of one, and an export.
_FROM_MODULES = ("module", "export")


def layers(case: Case) -> list[tuple[Any, Any]]:
    """Weight and bias of every layer, the last of which is the output."""
    random, fan_in, found = np.random.default_rng(case.seed), case.d + sum(case.categories), []
    active = case.d + len(case.categories)  # of a column's indicators one is 1
    for width in (*case.widths, 1):
        weight = random.normal(size=(width, fan_in)) * np.sqrt(2 / active)
        bias = random.uniform(-0.5, 0.5, size=width)
        found.append(
            (weight.astype(np.float32).astype(float), bias.astype(np.float32).astype(float))
        )
        fan_in = active = width

    return found


def network_of(case: Case) -> Network:
    """The ReLU network in canonical form."""
    parts, K = layers(case), sum(case.widths)
    d = case.d + sum(case.categories)
    A, L, b, U = np.zeros((K, d)), np.zeros((K, K)), np.zeros(K), np.zeros((1, K))
    first = before = 0

    for level, (weight, bias) in enumerate(parts[:-1]):
        rows = slice(first, first + len(weight))
        if level == 0:
            A[rows] = weight
        else:
            L[rows, before:first] = weight
        b[rows] = bias
        before, first = first, rows.stop

    U[:, before:] = parts[-1][0]
    neurons = tuple(
        Neuron(f"layer {i}", unit) for i, width in enumerate(case.widths) for unit in range(width)
    )
    return Network(A, L, b, np.zeros((1, d)), U, parts[-1][1], np.zeros(K), neurons)


def module_of(case: Case) -> Any:
    """The network as a torch module, in float32."""
    import torch

    parts = list[Any]()
    for weight, bias in layers(case):
        linear = torch.nn.Linear(weight.shape[1], weight.shape[0])
        linear.load_state_dict({"weight": torch.tensor(weight), "bias": torch.tensor(bias)})
        parts += [linear, torch.nn.ReLU()]
    return torch.nn.Sequential(*parts[:-1])


class Forgotten(CountingSink):
    """Regions with points and maps, delivered and let go of."""

    def __init__(self) -> None:
        self.delivered = 0

    def add(self, piece: int, batch: RegionBatch) -> None:
        """Look at every array once."""
        del piece
        self.delivered += len(batch.patterns)
        assert len(batch.points) == len(batch.maps) == len(batch.patterns)  # noqa: S101


def make_box(case: Case) -> rr.Domain:
    """Numbers between -1 and 1, and columns of categories."""
    columns = [Column(f"n{i}") for i in range(case.d)]
    columns += [
        Column(f"c{i}", tuple(Category((f"v{j}",)) for j in range(size)))
        for i, size in enumerate(case.categories)
    ]
    return rr.Domain.over(columns).bounded({f"n{i}": (-1.0, 1.0) for i in range(case.d)})


def measured(case: Case, mode: str, jobs: int) -> dict[str, float]:
    """Regions, CPU and wall seconds and MB of one search, in this process."""
    network, domain = network_of(case), make_box(case)
    compile_search()
    small = case._replace(widths=(4, 4) if not case.categories else (2, 2))
    if mode in _FROM_MODULES:
        run = partial(_run_module, module_of(case), domain, mode)
        _run_module(module_of(small), domain, mode)
    else:
        run = partial(_run, network, domain, mode, jobs)
        _run(network_of(small), domain, mode, jobs)

    before, cpu, wall = psutil.Process().memory_info().rss, time.process_time(), time.perf_counter()
    regions, rounds = run(), 1
    while mode == "count" and time.process_time() - cpu < _REPEATED:
        run()
        rounds += 1
    seconds = time.process_time() - cpu
    return {
        "regions": regions,
        "cpu": seconds / rounds,
        "wall": (time.perf_counter() - wall) / rounds,
        "memory": max(0.0, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before)
        / 2**20,
    }


def _run(network: Network, domain: rr.Domain, mode: str, jobs: int) -> int:
    if mode == "highs":
        return len(
            search_regions(network, domain, SearchOptions(solver="highs", time_limit=_PATIENCE))
        )
    if mode == "parquet":
        with TemporaryDirectory() as folder:
            limits = make_budget(SearchLimits(), jobs)
            return write_regions(
                network,
                domain,
                None,
                limits,
                RegionFiles(folder=Path(folder) / "regions", maps=True),
            ).regions

    if mode == "programs":
        return _ask_programs(network, domain)

    delivered = mode == "maps"
    problem = make_problem(network, domain, RegionOutputs(points=delivered, maps=delivered))
    return run_search(
        problem, Forgotten() if delivered else CountingSink(), SearchBudget(jobs=jobs)
    ).found


def _run_module(module: Any, domain: rr.Domain, mode: str) -> int:
    """Regions of a torch module, or nodes of its export."""
    if mode == "module":
        return len(rr.partition(module, domain))

    import torch

    rows = torch.zeros(2, len(domain))
    return len(torch.export.export(module, (rows,)).graph.nodes)


def _ask_programs(network: Network, domain: rr.Domain) -> int:
    """Regions found for a while where compiled code knows of no categories, so that every split
    asks.
    """

    def list_none(frame: Normalisation, box: Box) -> dict[str, Int]:
        return list_coordinates(replace(frame, ties=()), box)

    with patch.object(initial_state, "list_coordinates", list_none):
        budget = SearchBudget(deadline=Deadline.after(_PATIENCE))
        return run_search(
            make_problem(network, domain, RegionOutputs()), CountingSink(), budget
        ).found


def in_process(case: Case, mode: str, jobs: int = 1) -> dict[str, float]:
    """What `measured` gives, in a process of its own."""
    command = [sys.executable, __file__, "--one", json.dumps([case, mode, jobs])]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise SystemExit(ran.stderr)
    found: dict[str, float] = json.loads(ran.stdout)
    return found


_PEER = """
import json, sys, time, torch, relucent
layers, radius, patience = json.load(sys.stdin)
parts = []
for i, (weight, bias) in enumerate(layers):
    linear = torch.nn.Linear(len(weight[0]), len(weight), dtype=torch.float64)
    linear.weight.data = torch.tensor(weight).double()
    linear.bias.data = torch.tensor(bias).double()
    parts += [linear, torch.nn.ReLU()] if i < len(layers) - 1 else [linear]
def run(most):
    complex = relucent.Complex(relucent.convert(torch.nn.Sequential(*parts)))
    start = torch.full((1, len(layers[0][0][0])), 0.0123, dtype=torch.float64)
    cpu = time.process_time()
    complex.bfs(start, cube_radius=radius, cube_mode="intersect", nworkers=1, verify=False,
                verbose=0, max_polys=most)
    return len(complex), time.process_time() - cpu
run(10)
found, seconds = run(200)
if found >= 200:
    found, seconds = run(max(200, int(found / seconds * patience)))
print(json.dumps([found, seconds]))
"""


def peer(python: str, case: Case) -> tuple[int, float]:
    """Regions and CPU seconds of relucent on the same network and box, stopped after a while."""
    given = json.dumps([[(w.tolist(), b.tolist()) for w, b in layers(case)], 1.0, _PATIENCE])
    command = [python, "-c", _PEER]
    ran = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise SystemExit(f"{python}: {ran.stderr[-2000:]}")
    found, seconds = json.loads(ran.stdout.splitlines()[-1])
    return int(found), float(seconds)


def make_rate_figure(
    what: str, ours: float, rival: str, theirs: float, bar: Bar | None = None
) -> Figure:
    """Regions a second of processor time, beside those of another way."""
    return Figure(what=what, ours=ours, unit="regions/CPU s", rival=rival, theirs=theirs, bar=bar)


def limits(cases: Sequence[Case], figures: list[Figure]) -> Iterator[tuple[str, ...]]:
    """One row per network: our speed, and those of the compiled search."""
    with TemporaryDirectory() as folder:
        program = compile_limit(Path(folder))
        if program is None:
            print("gcc is missing: no compiled search beside ours", file=sys.stderr)
            return
        for case in cases:
            ours = in_process(case, "count")
            rate, row = ours["regions"] / ours["cpu"], [case.name, f"{ours['regions']}"]
            row.append(f"{rate / 1000:.0f}k")
            for method in _COMPILED:
                regions, seconds = count_compiled(
                    program, layers(case)[:-1], method, seconds=_REPEATED
                )
                if regions != ours["regions"]:
                    raise SystemExit(f"{case.name}: {regions} regions by {method}")
                figures.append(make_limit_figure(case, ours["regions"], rate, method, seconds))
                theirs = regions / seconds
                row += [f"{theirs / 1000:.0f}k", f"{rate / theirs:.2f}"]
            yield tuple(row)


def make_limit_figure(
    case: Case, regions: float, rate: float, method: Method, seconds: float
) -> Figure:
    """Regions a second of processor time, beside those of a compiled search."""
    bar = Bar(limit=0.4 if case.d == 2 else 0.5, sense="at least", of="ratio")
    return make_rate_figure(
        f"search, {case.name}: {regions:,} regions",
        rate,
        _COMPILED[method],
        regions / seconds,
        bar if method == "plain" and regions >= _MANY else None,
    )


def speeds(cases: Sequence[Case], python: str | None) -> Iterator[tuple[str, ...]]:
    """One row per network: count, what was expected, speeds, ratios and memory."""
    for case in cases:
        counted, delivered, slow = (in_process(case, mode) for mode in ("count", "maps", "highs"))
        rates = [found["regions"] / found["cpu"] for found in (counted, delivered, slow)]
        row = [
            case.name,
            f"{counted['regions']}",
            ""
            if case.regions is None
            else "yes"
            if case.regions == counted["regions"]
            else f"NO: {case.regions}",
            *(f"{rate / 1000:.0f}k" for rate in rates[:2]),
            f"{rates[2]:.0f}",
            f"{rates[0] / rates[2]:.0f}",
            f"{max(counted['memory'], delivered['memory']):.0f}",
        ]
        if python is not None:
            found, seconds = peer(python, case)
            row += [f"{found}", f"{found / seconds:.0f}", f"{rates[0] / found * seconds:.0f}"]
        yield tuple(row)


def categorical(cases: Sequence[Case], figures: list[Figure]) -> Iterator[tuple[str, ...]]:
    """One row per network over categories: regions, speeds, and how many times that of programs."""
    for case in cases:
        counted, delivered, slow = (
            in_process(case, mode) for mode in ("count", "maps", "programs")
        )
        rates = [found["regions"] / found["cpu"] for found in (counted, delivered, slow)]
        what = f"categories, {case.name}: {counted['regions']:,} regions"
        bar = Bar(limit=20_000, sense="at least")
        figures.append(make_rate_figure(what, rates[0], "mixed-integer programs", rates[2], bar))
        yield (
            case.name,
            f"{counted['regions']}",
            *(f"{rate:.0f}" for rate in rates),
            f"{rates[0] / rates[2]:.0f}",
        )


def starts(cases: Sequence[Case], figures: list[Figure]) -> Iterator[tuple[str, ...]]:
    """CPU milliseconds from a torch module to its few regions, and of an export of the module."""
    for case in cases:
        ours, export = (in_process(case, mode) for mode in ("module", "export"))
        figures.append(
            Figure(
                what=f"partition of a torch module, {case.name}: {ours['regions']} regions",
                ours=1000 * ours["cpu"],
                unit="CPU ms",
                rival="torch.export",
                theirs=1000 * export["cpu"],
                bar=Bar(limit=10.0, sense="at most"),
            )
        )
        yield (
            case.name,
            f"{ours['regions']}",
            f"{1000 * ours['cpu']:.1f}",
            f"{1000 * export['cpu']:.1f}",
        )


def growth(cases: Sequence[Case]) -> Iterator[tuple[str, ...]]:
    """Time per region of one family of networks, against that of the first."""
    base = 0.0
    for case in cases:
        found = in_process(case, "count")
        each = found["cpu"] / found["regions"]
        base = base or each
        rate, memory = f"{1 / each / 1000:.0f}k", f"{found['memory']:.0f}"
        yield case.name, f"{found['regions']}", rate, f"{each / base:.2f}", memory


def both_jobs(case: Case, figures: list[Figure]) -> tuple[str, ...]:
    """Wall seconds of one and of two jobs."""
    one, two = (in_process(case, "count", jobs)["wall"] for jobs in (1, 2))
    figures.append(
        Figure(
            what=f"search with two jobs, {case.name}",
            ours=1 / two,
            unit="searches/s",
            rival="one job",
            theirs=1 / one,
            bar=Bar(limit=1.8, sense="at least", of="ratio"),
        )
    )
    return case.name, f"{one:.2f}", f"{two:.2f}", f"{one / two:.2f}"


def streamed(case: Case) -> tuple[str, ...]:
    """What it takes to write all regions to Parquet files: patterns, points and affine maps."""
    found = in_process(case, "parquet")
    return (
        case.name,
        f"{found['regions']}",
        f"{found['regions'] / found['cpu'] / 1000:.0f}k",
        f"{found['memory']:.0f}",
    )


def _show(
    console: Console, title: str, columns: Sequence[str], rows: Iterator[tuple[str, ...]]
) -> None:
    table = Table(*columns, title=title, title_justify="left")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="only networks of less than a few seconds"
    )
    parser.add_argument("--peer", type=Path, help="interpreter of an environment with relucent")
    parser.add_argument("--only", choices=[*TABLES], help="one table alone")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    add_write_option(parser)
    given = parser.parse_args()

    if given.one:
        case, mode, jobs = json.loads(given.one)
        case = Case(*case)._replace(widths=tuple(case[3]), categories=tuple(case[5]))
        print(json.dumps(measured(case, mode, jobs)))
        return
    if given.only:
        show, section = TABLES[given.only]
        with record_output(section, write=given.write):
            write_figures(given.figures, show(Console(width=140)))
        return

    with record_output("Regions and local models", write=given.write):
        write_figures(given.figures, show_tables(quick=given.quick, peer=given.peer))


def show_categories(console: Console) -> list[Figure]:
    """Print how fast domains with categories are searched."""
    figures = list[Figure]()
    columns = ["network", "regions", "counted/s", "with maps/s", "by programs/s", "ratio"]
    _show(console, "Categories: regions per CPU second", columns, categorical(CATEGORICAL, figures))
    return figures


def show_limits(console: Console) -> list[Figure]:
    """Print what share of a plain compiled search's speed ours has."""
    figures = list[Figure]()
    columns = ["network", "regions", "ours/s", "plain C/s", "ratio", "quick C/s", "ratio"]
    title = "Beside a compiled search, regions per CPU second"
    _show(console, title, columns, limits(CASES, figures))
    return figures


def show_starts(console: Console) -> list[Figure]:
    """Print how long a small network takes, from a torch module to its regions."""
    figures = list[Figure]()
    columns = ["network", "regions", "CPU ms", "torch.export, CPU ms"]
    _show(console, "Start of a search", columns, starts(SMALL, figures))
    return figures


def show_jobs(console: Console) -> list[Figure]:
    """Print what a second thread is worth, for which two cores must be idle."""
    figures = list[Figure]()
    jobs = iter([both_jobs(SHARED, figures)])
    _show(console, "Two jobs, wall seconds", ["network", "one", "two", "one / two"], jobs)
    return figures


def show_large(console: Console) -> list[Figure]:
    """Print what a search of 1e8 regions takes, beside smaller ones of its family."""
    columns = ["network", "regions", "regions/s", "time per region", "MB"]
    _show(console, "A large search", columns, growth((*FAMILY[1:], LARGE)))
    return []


#: Tables that may be printed alone, and the sections of RESULTS.md that they go to.
TABLES: dict[str, tuple[Callable[[Console], list[Figure]], str]] = {
    "categories": (show_categories, "Regions over categories"),
    "start": (show_starts, "Start of a search"),
    "limit": (show_limits, "Compiled limit"),
    "jobs": (show_jobs, "Two jobs"),
    "large": (show_large, "A large search"),
}


def show_tables(*, quick: bool, peer: Path | None) -> list[Figure]:
    """Print speeds, growth, and what files and a second thread cost."""
    figures = list[Figure]()
    console = Console(width=140)
    python = None if peer is None else os.fspath(peer)
    columns = [
        "network",
        "regions",
        "as known",
        "counted/s",
        "with maps/s",
        "HiGHS/s",
        "ratio",
        "MB",
    ]
    columns += [] if python is None else ["relucent's regions", "relucent/s", "ratio"]
    _show(console, "Regions per CPU second, one core", columns, speeds(CASES, python))
    figures += show_limits(console)
    figures += show_categories(console)
    figures += show_starts(console)
    family = FAMILY[:2] if quick else FAMILY
    _show(
        console,
        "Growth",
        ["network", "regions", "regions/s", "time per region", "MB"],
        growth(family),
    )
    columns = ["network", "regions", "regions/s", "MB"]
    _show(console, "Streamed to Parquet", columns, map(streamed, family[-2:]))
    return figures + show_jobs(console)


if __name__ == "__main__":
    main()
