"""Certified bounds of rounding beside the largest errors that a climbing search finds.

    python benchmarks/rounding.py [--models 100] [--points 1000000] [--row-points 1000000]
                                  [--tables demo taiwan adult] [--data FOLDER] [--resume]

models: random ones, of lines in one and two columns and of rules of one and two layers, over
columns of very different sizes. tables: the demo's lines and rules, 16 lines of Taiwan credit, 16
of the census. Engines that take arrays run so many points: anywhere in the domain, at powers of
two, on boundaries, where several of them meet, and some units in the last place beside, then
changes of the worst ones. Engines that take row by row (Python, JavaScript, SQL) run as many, or
fewer by `--row-points`, of those that C ran, the worst ones first, and changes of the worst ones.
The errors of the worst ten are exact.

A line of every model goes to standard error; figures are kept in out/rounding.jsonl, from where
`--resume` goes on. A bound that is below an error ends the run with 1.
"""

import argparse
import json
import math
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from results import add_write_option, record_output
from rounding_engines import run_at_once

import relurules as rr

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "rounding")]

#: What is emitted of every model: target and options. C comes first: others run its worst points.
ARTEFACTS: list[tuple[str, dict[str, Any]]] = [
    ("c", {}),
    ("c", {"number": "float"}),
    ("numpy", {}),
    ("onnx", {}),
    ("python", {}),
    ("javascript", {}),
    ("sql", {"dialect": "sqlite"}),
    ("sql", {"dialect": "duckdb"}),
    ("sql", {"dialect": "postgres"}),
]
#: What takes whole arrays.
ARRAY_TARGETS = ("c", "numpy", "onnx")
#: Changes of the worst points in engines that take row by row, and in how many rounds.
CHANGES = (2_000, 4)
#: The share of points that are drawn, and rounds of changes that have the others.
DRAWN, ROUNDS = 0.4, 6
FIGURES = ROOT / "out" / "rounding.jsonl"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """Of one artefact of one model. error: the largest found; refusal: why there is no bound."""

    model: str
    artefact: str
    points: int = 0
    bound: float = 0.0
    error: float = 0.0
    refusal: str = ""

    @property
    def ratio(self) -> float:
        """Bound / error; 1 where both are 0."""
        if not self.error:
            return np.inf if self.bound else 1.0
        return self.bound / self.error


def main() -> None:
    """Judge as many models as were asked for, and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--models", type=int, default=100)
    parser.add_argument("--points", type=int, default=1_000_000, help="of every model and engine")
    parser.add_argument(
        "--row-points", type=int, default=1_000_000, help="of engines that take row by row"
    )
    parser.add_argument("--tables", nargs="*", default=[*TABLES], choices=[*TABLES])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--resume", action="store_true", help="go on from out/rounding.jsonl")
    add_write_option(parser)
    options = parser.parse_args()
    with record_output("Rounding", write=options.write):
        figures = list(judge_models(options))
        broken = print_table(figures)
    sys.exit(1 if broken else 0)


def judge_models(options: argparse.Namespace) -> Iterator[Figure]:
    """Figures of all models, those that are known from the file first."""
    FIGURES.parent.mkdir(exist_ok=True)
    if not options.resume:
        FIGURES.unlink(missing_ok=True)
    lines = FIGURES.read_text().splitlines() if FIGURES.exists() else []
    known = {(one.model, one.artefact): one for one in (Figure(**json.loads(x)) for x in lines)}

    for name, make in list_models(options):
        due = [each for each in ARTEFACTS if (name, name_artefact(*each)) not in known]
        if due:
            due = [ARTEFACTS[0], *(each for each in due if each != ARTEFACTS[0])]
            start = time.process_time()
            found = list(judge_model(name, make(), due, options))
            known |= {(name, figure.artefact): figure for figure in found}
            with FIGURES.open("a") as file:
                file.writelines(json.dumps(asdict(figure)) + "\n" for figure in found)
            told = " ".join(f"{figure.ratio:.2f}" for figure in found if not figure.refusal)
            seconds = time.process_time() - start
            print(f"{name}: {told} in {seconds:.1f} s of processor time", file=sys.stderr)
        yield from (known[name, name_artefact(*each)] for each in ARTEFACTS)


def name_artefact(target: str, given: Mapping[str, Any]) -> str:
    """A column of the table."""
    return " ".join([target, *given.values()])


def judge_model(
    name: str,
    rules: Any,
    due: Iterable[tuple[str, Mapping[str, Any]]],
    options: argparse.Namespace,
) -> Iterator[Figure]:
    """These artefacts' bounds and the largest errors that are found."""
    search_rows = import_module("rounding_search")
    pools = dict[float, Any]()  # by the size of an ulp
    seen = list[Any]()  # by C
    for target, given in due:
        artefact, single = name_artefact(target, given), given.get("number") == "float"
        own = Figure(model=name, artefact=artefact)
        if single and not isinstance(rules, rr.AdditiveRules):
            yield replace(own, refusal="coefficients are rounded too")
            continue
        artifact = rr.emit(rules, target, **given)
        bound = rr.bound_rounding(artifact, rules)
        if not bound.is_stated:
            yield replace(own, refusal=bound.refusal)
            continue

        rng, step = np.random.default_rng(len(name)), 2.0**-23 if single else 2.0**-52
        search = search_rows.RowSearch(rules.network, rules.domain, step)
        if step not in pools:
            pools[step] = search.draw_pool(max(10, int(DRAWN * options.points)), rng)
        pool, run = pools[step], run_at_once(artifact)
        changes = (int((1 - DRAWN) * options.points) // ROUNDS, ROUNDS)
        if target not in ARRAY_TARGETS:
            pool, changes = choose_rows([pool, *seen], options.row_points), CHANGES
        kept = seen if artefact == "c" else None
        X, errors = search.collect(run, rng, pool, *changes, seen=kept)
        error = search.measure_worst(run, X, errors)
        count = len(pool.rows) + math.prod(changes)
        yield replace(own, points=count, bound=bound.largest, error=error)


def choose_rows(pools: Sequence[Any], count: int) -> Any:
    """So many rows of pools, the last ones, which were searched for, first."""
    rows, scores = (np.concatenate(each) for each in zip(*reversed(pools), strict=True))
    return type(pools[0])(rows[:count], scores[:count])


def print_table(figures: Iterable[Figure]) -> int:
    """A line a kind of model and artefact; how many bounds were broken."""
    by_kind = dict[tuple[str, str], list[Figure]]()
    for figure in figures:
        by_kind.setdefault((figure.model.partition(" #")[0], figure.artefact), []).append(figure)

    print("| model | artefact | bounds | points each | median bound / error found | largest |")
    print("|---|---|---|---|---|---|")
    stated = list[Figure]()
    for (kind, artefact), own in by_kind.items():
        known = [figure for figure in own if not figure.refusal]
        stated += known
        if not known:
            print(f"| {kind} | {artefact} | none of {len(own)}: {own[0].refusal} | | | |")
            continue
        ratios, points = list_ratios(known), known[0].points
        told = f"{statistics.median(ratios):.1f} | {max(ratios):.1f}"
        print(f"| {kind} | {artefact} | {len(known)} of {len(own)} | {points:,} | {told} |")

    broken = sum(figure.ratio < 1.0 for figure in stated)
    ratios = list_ratios(stated)
    exact = [figure for figure in stated if figure.bound and not figure.error]
    print(
        f"\n{broken} of {len(stated)} bounds are below an error; bound / largest error found: "
        f"median {statistics.median(ratios):.1f}, largest {max(ratios):.1f}"
    )
    if exact:
        largest = max(figure.bound for figure in exact)
        print(f"Of {len(exact)} no error was found; the largest of their bounds is {largest:.1e}")
    return broken


def list_ratios(figures: Iterable[Figure]) -> list[float]:
    """Of those with an error, or without any bound; NaN where there are none."""
    return [f.ratio for f in figures if f.error or not f.bound] or [np.nan]


def list_models(options: argparse.Namespace) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Name, and how the rules are made."""
    for table in options.tables:
        for name, make in TABLES[table].items():
            yield name, partial(make, options.data)
    for seed in range(options.models):
        kind = ("rules of 1 layer", "rules of 2 layers", "lines", "lines")[seed % 4]
        yield f"{kind} #{seed}", partial(draw_rules, kind, seed)


def draw_rules(kind: str, seed: int) -> Any:
    """Rules of a random network."""
    handmade = import_module("handmade")
    if kind != "lines":
        small = rr.Domain.box([-1, -1, -1], [1, 2, 5])
        widths = [5] if kind == "rules of 1 layer" else [3, 3]
        return rr.extract(handmade.graph(handmade.layered(seed, 3, widths, 1)), domain=small)

    rng = np.random.default_rng(seed)
    box = rr.Domain.box([-3, 0, 10, -1e-3, 0], [5, 100, 70, 1e-3, 1e4])
    A = np.zeros((16, 5))
    for k in range(16):
        at = rng.choice(5, 1 + (k % 4 == 0), replace=False)
        A[k, at] = rng.normal(size=len(at)) / np.abs(box.upper[at])
    net = handmade.network(A, rng.normal(size=16) / 3, rng.normal(size=(1, 16)),
                           C=rng.normal(size=(1, 5)), c=[0.3])  # fmt: skip
    return rr.extract(handmade.graph(net), domain=box, form="additive")


def make_demo_lines(_data: Path) -> Any:
    """The demo's lines, without the link behind them."""
    from relurules.cli.demo_run import fit_lines, load_data

    return drop_links(fit_lines(load_data(0), 0).rules)


def make_demo_rules(_data: Path) -> Any:
    """The demo's partition rules."""
    from relurules.cli.demo_run import load_data
    from relurules.training.classifier import fit_classifier

    data = load_data(0)
    trained = fit_classifier(data.X_train, data.y_train, seed=0)
    domain = rr.Domain.box(np.zeros(len(data.names)), 2 * data.X_train.max(axis=0), data.names)
    return drop_links(rr.extract(trained.model, domain=domain, data=data.X_train, y=data.y_train))


def fit_table(file: str, target: str, dropped: list[str], data: Path) -> Any:
    """16 lines of a table."""
    import pandas as pd

    frame = pd.read_csv(data / file, na_values="?", skipinitialspace=True)
    fitted = rr.fit(frame, target, drop=dropped, form="additive", max_rules=16, seed=0)
    return drop_links(fitted.rules)


def drop_links(rules: Any) -> Any:
    """The same scores as outputs."""
    names = tuple(f"score {i}" for i in range(rules.score_count))
    return replace(rules, heads=(), outputs=names, traced=None, labels=None)


#: Models of tables: name -> how they are made.
TABLES: dict[str, dict[str, Callable[[Path], Any]]] = {
    "demo": {"demo, lines": make_demo_lines, "demo, rules": make_demo_rules},
    "taiwan": {
        "Taiwan credit, 16 lines": partial(
            fit_table, "TaiwanCredit_UCI.csv", "default.payment.next.month", ["ID"]
        )
    },
    "adult": {
        "census, 16 lines": partial(
            fit_table, "adult.csv.gz", "income", ["fnlwgt", "split", "education"]
        )
    },
}


if __name__ == "__main__":
    main()
