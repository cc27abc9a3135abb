"""Lines and bytes of emitted code: of four rules on four of twenty columns, of 24 additive lines on
ten columns in every dialect of SQL, and of given rules.

    python benchmarks/emitted_size.py [RULES.json] [--out FOLDER]

RULES.json  more rules to measure, such as those that `relurules demo` leaves in out/
--out       writes every artefact into this folder, to be read
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import networkx
import numpy as np
from results import add_write_option, record_output

import relurules as rr
from relurules.emitting.sql.dialects import DIALECTS
from relurules.errors import UnsupportedError
from relurules.ir import AdditiveRules, Graph, Head, Network, Neuron, RuleSet

#: Of additive rules, as tables of credit have them.
LINE_COLUMNS = (
    "age", "income", "debt", "late", "limit", "paid", "rate", "term", "used", "years",
)  # fmt: skip

#: (called, target, options) of everything that is measured.
CASES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    *(
        (f"sql {form} {dialect}", "sql", {"form": form, "dialect": dialect, "key": ["id"]})
        for dialect in ("sqlite", "duckdb", "postgres", "mysql")
        for form in ("rules", "tree", "network")
    ),
    ("sql reasons", "sql", {"form": "rules", "columns": ["outputs", "reasons", "rule"]}),
    ("sql missing=error", "sql", {"form": "rules", "missing": "error"}),
    ("sql expression", "sql", {"shape": "expression", "OUTPUT": True}),
    *(
        (f"{target} {form}", target, {"form": form})
        for target in ("c", "python", "javascript")
        for form in ("rules", "tree", "network")
    ),
    ("numpy network", "numpy", {"form": "network"}),
)


def make_rules(columns: int, heads: tuple[Head, ...] = (), guard_unread: bool = False) -> RuleSet:
    """Four rules of two neurons that read the first four columns; the others are checked or not."""
    A = np.zeros((2, columns))
    A[:, :4] = [[0.5, 1.25, -0.75, 0.3], [1.0, -2.0, 0.6, 0.15]]
    scores = 1 if not heads else 1 + max(i for head in heads for i in head.scores)
    names = [f"column {j}" for j in range(columns)]
    network = Network(
        A=A,
        L=np.zeros((2, 2)),
        b=np.array([-0.4, 0.2]),
        C=np.zeros((scores, columns)),
        U=np.array([[1.5, -0.7], [-0.2, 0.9], [0.4, 0.8]])[:scores],
        c=np.array([0.1, -0.3, 0.2])[:scores],
        slope=np.zeros(2),
        neurons=(Neuron("hidden", 0), Neuron("hidden", 1)),
    )
    outputs = tuple(f"y{i}" for i in range(max(1, len(heads))))
    graph = Graph(tuple(names), outputs, network, networkx.DiGraph(), heads=heads)

    domain = rr.Domain.box([-1.0] * columns, [1.0] * columns, names)
    return rr.extract(graph, domain=domain, guard_unread=guard_unread)


def make_lines(digits: int = 4) -> AdditiveRules:
    """24 lines of at most two of ten columns behind a sigmoid, with numbers of so many digits as
    `fit` writes them.
    """
    rng = np.random.default_rng(0)
    A, names = np.zeros((24, len(LINE_COLUMNS))), list(LINE_COLUMNS)
    for k in range(24):
        first, *others = rng.choice(len(names), 1 + k % 2, replace=False)
        A[k, first] = 1.0
        A[k, others] = rng.normal(size=len(others))

    def shorten(values: Any) -> Any:
        return np.vectorize(lambda value: float(f"{value:.{digits}g}"))(values)

    network = Network(
        A=shorten(A),
        L=np.zeros((24, 24)),
        b=shorten(0.5 * rng.normal(size=24)),
        C=shorten(rng.normal(size=(1, len(names)))),
        U=shorten(rng.normal(size=(1, 24))),
        c=shorten(rng.normal(size=1)),
        slope=np.zeros(24),
        neurons=tuple(Neuron("hidden", k) for k in range(24)),
    )
    head = (Head("sigmoid", (0,)),)
    graph = Graph(tuple(names), ("p",), network, networkx.DiGraph(), heads=head)
    domain = rr.Domain.box([-3.25] * len(names), [3.125] * len(names), names)
    return rr.extract(graph, domain=domain, form="additive")


def count_lines(text: str) -> int:
    """Lines of emitted text; the one that `verify` reads isn't counted."""
    return sum("relurules artefact" not in line for line in text.splitlines())


def show_lines(rules: AdditiveRules) -> None:
    """A line for every dialect."""
    print(f"{len(rules)} additive lines, {len(rules.features)} columns")
    for dialect in DIALECTS:
        text = str(rr.emit(rules, "sql", dialect=dialect, key=["id"]))
        print(f"  {f'sql lines {dialect}':24}{count_lines(text):7}{len(text.encode()):9}")


def list_models(paths: list[Path]) -> Iterator[tuple[str, RuleSet]]:
    """Every set of rules with a name."""
    yield "4 rules, 4 of 20 columns", make_rules(20, guard_unread=True)
    yield "4 rules, 4 of 20 columns, the others not checked", make_rules(20)
    yield (
        "softmax of 3, 4 columns",
        make_rules(4, tuple(Head("softmax", (0, 1, 2), i) for i in range(3))),
    )
    for path in paths:
        yield str(path), RuleSet.load(path)


def main() -> None:
    """Print a table for every set of rules."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rules", nargs="*", type=Path)
    parser.add_argument("--out", type=Path)
    add_write_option(parser)
    given = parser.parse_args()
    with record_output("Size of emitted code", write=given.write):
        for number, (name, rules) in enumerate(list_models(given.rules)):
            print(f"{name}: {len(rules)} rules, {len(rules.features)} columns")
            print(f"  {'':24}{'lines':>7}{'bytes':>9}{'longest line':>14}")
            show_sizes(rules, given.out and given.out / str(number))
        show_lines(make_lines())


def show_sizes(rules: RuleSet, folder: Path | None) -> None:
    """A line for every case; the line that `verify` reads isn't counted as one."""
    for called, target, options in CASES:
        asked = {key: value for key, value in options.items() if key != "OUTPUT"}
        if "OUTPUT" in options:
            asked["output"] = rules.outputs[0]
        try:
            artifact = rr.emit(rules, target, **asked)
        except UnsupportedError as error:
            print(f"  {called:24}  {error}")
            continue

        text = "".join(artifact.texts.values())
        lines = [line for line in text.splitlines() if "relurules artefact" not in line]
        print(f"  {called:24}{len(lines):7}{len(text.encode()):9}{max(map(len, lines)):14}")
        if folder:
            artifact.write(folder / called.replace(" ", "-"))


if __name__ == "__main__":
    main()
