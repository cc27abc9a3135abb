"""How fast local models are summarised: `make bench`, or `python benchmarks/summary.py [--data
FOLDER]`.

A 40-40 ReLU network is trained on 24,000 rows of the Taiwan credit table, 23 standardised columns
(without the table: on made-up rows), with an L1 penalty, as its users do. Then the activation
patterns of these rows are found, and the table of all of them is made: rows, response, AUC of each
on its own rows and on all 24,000. CPU seconds, medians of several runs: of finding the patterns, of
the summary without and with typical rows; and of these metrics one by one by scikit-learn, from
some of the local models. Run it with one thread (OPENBLAS_NUM_THREADS=1), as `make bench` does.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import networkx
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from results import add_write_option, record_output
from rich.console import Console
from rich.table import Table
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

import relurules as rr
from relurules.ir import Graph, Head, Reached
from relurules.tables.names import make_default_names
from relurules.training.descent import Schedule, random_network, train_by_adam
from relurules.training.relu_parameters import to_network
from relurules.training.targets import prepare_rows, weigh_rows
from relurules.training.task import TASKS

Array = NDArray[np.float64]

#: Local models that scikit-learn judges.
SOME = 50


def rows_of(folder: Path) -> tuple[Array, Array, str]:
    """24,000 standardised rows, the response, and where they are from."""
    path = folder / "TaiwanCredit_UCI.csv"
    if path.exists():
        frame = pd.read_csv(path).drop(columns="ID")
        target = frame.pop("default.payment.next.month").to_numpy(float)
        X, _, y, _ = train_test_split(frame.to_numpy(float), target, test_size=0.2, random_state=0)
        return StandardScaler().fit_transform(X), y, "Taiwan credit"

    random = np.random.default_rng(0)
    X = random.normal(size=(24_000, 23))
    return (
        X,
        (np.abs(X[:, 0]) + X[:, 1] + random.logistic(size=len(X)) > 1.5).astype(float),
        "made-up rows",
    )


def trained(X: Array, y: Array, penalty: float) -> Graph:
    """A 40-40 network of one score, the log odds."""
    data, _ = prepare_rows(weigh_rows(X, y[:, None], None), 0.2, 0, "binary")
    random = np.random.default_rng(0)
    start = random_network(X.shape[1], (40, 40), 1, random)
    network = train_by_adam(
        start, data, TASKS["binary"], Schedule(30, patience=15), l1=penalty, random=random
    )
    heads = (Head("sigmoid", (0,)),)

    return Graph(
        make_default_names(X.shape[1]), ("p",), to_network(network), networkx.DiGraph(), heads=heads
    )


def seconds(work: Callable[[], object], runs: int) -> float:
    """CPU time, the median of several runs."""
    found = []
    for _ in range(runs):
        begun = time.process_time()
        work()
        found.append(time.process_time() - begun)
    return median(found)


def by_sklearn(reached: Reached, X: Array, y: Array) -> Callable[[], object]:
    """AUC of some local models on all rows, one after the other."""
    weights, constants = reached.local_models.weights[:, 0], reached.local_models.constants[:, 0]
    return lambda: [
        roc_auc_score(y, X @ weights[i] + constants[i]) for i in range(min(SOME, len(weights)))
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--penalty", type=float, default=6.3e-4)
    parser.add_argument("--runs", type=int, default=5)
    add_write_option(parser)
    given = parser.parse_args()
    with record_output("Regions and local models", write=given.write):
        show_summary(given)


def show_summary(given: argparse.Namespace) -> None:
    """Print the times, and the largest difference of an AUC."""
    X, y, source = rows_of(given.data)
    graph = trained(X, y, given.penalty)
    reached = rr.reached(graph, X)
    find = seconds(lambda: rr.reached(graph, X), given.runs)
    plain = seconds(lambda: rr.reached(graph, X).summary(X, y, typical=False), given.runs)
    full = seconds(lambda: rr.reached(graph, X).summary(X, y), given.runs)
    one = seconds(by_sklearn(reached, X, y), given.runs) / min(SOME, len(reached))
    table = Table(
        "rows",
        "local models",
        "patterns",
        "summary",
        "with typical rows",
        "AUCs by sklearn",
        box=None,
    )
    figures = [f"{value:.2f} s" for value in (find, plain, full)]
    table.add_row(
        f"{len(X)} ({source})", f"{len(reached)}", *figures, f"{one * len(reached):.1f} s"
    )
    Console(width=120).print(table)
    frame = reached.summary(X, y, typical=False)
    worst = max(
        abs(frame["global AUC"][i] - roc_auc_score(y, X @ w[0] + c[0]))
        for i, (w, c) in enumerate(zip(*reached.maps(0, SOME), strict=True))
    )
    Console().print(f"largest difference from scikit-learn's AUC: {worst:.1e}")


if __name__ == "__main__":
    main()
