"""Emitted SQL in its engines: whether it is right on many rows, what sizes it reaches, and beside
another tool.

    python benchmarks/scoring.py [--only agreement|columns|limits|peer|lines] [--rows N]
                                 [--peer PYTHON] [--engines a,b]

agreement  every executed dialect, form and treatment of rows outside, on random and hostile rows:
           the largest difference as a share of the sum of the absolute terms (at most 1e-12), and
           how often the class is the same
columns    the same for score, probability, class, contributions, reasons and the number of the rule
limits     256 and 5663 rules in every form
peer       orbital's SQL for the same scikit-learn networks, rows/s in the same engine (`make
           bench-scoring` sets it up)
lines      additive rules beside form network and orbital's SQL, for networks of one layer
"""

import argparse
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import networkx
import numpy as np
from figure_rows import Bar, Figure, write_figures
from numpy.typing import NDArray
from results import add_write_option, record_output
from scoring_columns import agree

import relurules as rr
from relurules.errors import RelurulesError
from relurules.ir import AdditiveRules, Artifact, Graph, Head, Network, Neuron, RuleSet
from relurules.verifying.databases import OPEN, Database

Array = NDArray[np.float64]
ENGINES = ("sqlite", "duckdb", "postgres", "mariadb", "clickhouse", "spark")
FORMS = ("rules", "tree", "network")
PEERS = ("postgres", "sqlite", "duckdb")
#: How many times as fast as orbital one probability alone is to be.
_BARS = {"sqlite": 15.0, "duckdb": 1.2}
NAN, INF = float("nan"), float("inf")
HOSTILE = [
    NAN,
    INF,
    -INF,
    1e308,
    -1e308,
    1e-320,
    -0.0,
    0.0,
    1.0,
    -1.0,
    np.nextafter(1, 2),
    1e-160,
    3.7,
]


def random_rules(
    d: int, K: int, heads: Sequence[Head] = (), outputs: Sequence[str] = ("y",), scores: int = 1
) -> RuleSet:
    """Rules of one layer of K neurons over the box [-1, 1]^d."""
    rng = np.random.default_rng(0)
    net = Network(
        A=rng.normal(size=(K, d)),
        L=np.zeros((K, K)),
        b=0.3 * rng.normal(size=K),
        C=np.zeros((scores, d)),
        U=rng.normal(size=(scores, K)),
        c=np.zeros(scores),
        slope=np.zeros(K),
        neurons=tuple(Neuron("hidden", k) for k in range(K)),
    )
    names = tuple(f"x{j}" for j in range(d))
    graph = Graph(names, tuple(outputs), net, networkx.DiGraph(), heads=tuple(heads))

    return rr.extract(graph, domain=rr.Domain.box([-1] * d, [1] * d, names))


def rows_for(d: int, count: int) -> Array:
    """Random rows, some outside, and every hostile number in every column."""
    rng = np.random.default_rng(1)
    X = rng.uniform(-1.02, 1.02, (count, d))
    hostile = rng.uniform(-1, 1, (len(HOSTILE) * d, d))
    for i, value in enumerate(HOSTILE):
        for j in range(d):
            hostile[i * d + j, j] = value
    return np.vstack([X, hostile, np.zeros((1, d)), -np.ones((1, d)), np.ones((1, d))])


def agreement(engines: Sequence[str], count: int) -> None:
    """Every dialect, form and treatment of rows outside, and outputs of every kind."""
    heads = [
        Head("softmax", (0, 1), 0),
        Head("softmax", (0, 1), 1),
        Head("argmax", (0, 1)),
        Head("identity", (0,)),
    ]
    rules = random_rules(10, 6, heads, ["p0", "p1", "class", "y"], 2)
    print(
        f"{len(rules)} rules, 10 columns, {count} rows and the hostile ones; Spark a tenth of them"
    )
    print(f"{'engine':11}{'form':9}{'outside':9}{'relative':>10}{'class':>9}{'rows/s':>12}")

    for engine in engines:
        X = rows_for(10, count // 10 if engine == "spark" else count)
        for form, outside in [(f, o) for f in FORMS for o in ("null", "clamp", "exact")]:
            if engine == "spark" and form == "rules" and outside != "null":
                continue  # a minute each to compile
            artifact = rr.emit(rules, "sql", dialect=engine, form=form, outside=outside, key=["id"])
            report = rr.verify(artifact, rules, X)
            right = report and report.relative <= 1e-12
            print(
                f"{engine:11}{form:9}{outside:9}{report.relative:10.1e}"
                f"{100 * report.agreement:8.4g}%"
                f"{report.rows / report.seconds:12.0f}{'' if right else '   FAILED'}",
                flush=True,
            )


def columns(engines: Sequence[str], count: int) -> None:
    """Every dialect and form, and all that may be asked for beside the outputs."""
    rules = random_rules(5, 5, [Head("sigmoid", (0,))])
    print(
        f"\n{len(rules)} rules, 5 columns, {count} rows and the hostile ones; Spark a tenth of them"
    )
    print(f"{'engine':11}{'form':9}{'off':>10}{'rule':>9}{'class, reasons':>16}{'rows/s':>12}")

    for engine, form in [(e, f) for e in engines for f in FORMS]:
        found = agree(rules, rows_for(5, count // 10 if engine == "spark" else count), engine, form)
        right = found.off <= 1e-12 and found.ruled > 0.9999 and found.decided > 0.9999
        print(
            f"{engine:11}{form:9}{found.off:10.1e}{100 * found.ruled:8.4g}%"
            f"{100 * found.decided:15.4g}%"
            f"{found.speed:12.0f}{'' if right else '   FAILED'}",
            flush=True,
        )


def limits(engines: Sequence[str]) -> None:
    """Hundreds and thousands of rules."""
    print(f"\n{'rules':>6} {'engine':11}{'form':9}{'kB':>7}{'rows/s':>9}")
    for d, K, forms in ((10, 8, FORMS), (8, 13, ("tree", "network"))):
        rules = random_rules(d, K)
        X = np.random.default_rng(0).uniform(-1, 1, (500, d))
        for engine, form in [(e, f) for e in engines for f in forms]:
            try:
                artifact = rr.emit(rules, "sql", dialect=engine, form=form, key=["id"])
            except RelurulesError as error:
                print(f"{len(rules):6} {engine:11}{form:9} refused: {error}", flush=True)
                continue
            report = rr.verify(artifact, rules, X)
            size, speed = len(str(artifact)) / 1000, report.rows / report.seconds
            print(
                (
                    f"{len(rules):6} "
                    f"{engine:11}{form:9}{size:7.0f}{speed:9.0f}{'' if report else '   FAILED'}"
                ),
                flush=True,
            )


def pipelines(hidden: Sequence[tuple[int, ...]]) -> Iterator[tuple[str, Any, Any, Any]]:
    """Networks of scikit-learn behind a scaler, on 10 columns: name, pipeline, frame, target."""
    import pandas as pd
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(3000, 10)), columns=[f"x{j}" for j in range(10)])
    y = np.asarray(np.sin(X["x0"]) + X["x1"] * X["x2"] > 0, dtype=np.int64)

    for sizes in hidden:
        model = make_pipeline(
            StandardScaler(), MLPClassifier(hidden_layer_sizes=sizes, max_iter=60, random_state=0)
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it needn't converge
            yield "x".join(map(str, sizes)), model.fit(X, y), X, y


def peer(python: Path, count: int, engines: Sequence[str]) -> list[Figure]:
    """Rows/s of orbital's SQL and of ours, size and time to make it, in the same engines.

    Both return the probability of either class and the class; all three are computed for every row,
    or p_1 alone. Where orbital's are slow, they score a tenth or a hundredth of the rows; planning
    them counts.
    """
    print(
        f"\n{'network':9}{'engine':10}{'made in':>18}{'size':>18}{'rows/s':>20}{'ratio':>7}"
        f"{'p_1 alone':>20}{'ratio':>7}  differences of the sums"
    )
    figures = list[Figure]()

    for name, model, X, y in pipelines([(8, 8), (40, 40)]):
        rr.extract(model, data=X, max_regions=1)  # compiled once
        theirs, seconds = _orbital(python, model, engines)
        for engine in engines:
            start = time.perf_counter()
            ours = str(_network(rr.extract(model, data=X, max_regions=1), engine))
            made = time.perf_counter() - start
            rows = np.random.default_rng(2).normal(size=(count, 10))
            few = rows if engine == "duckdb" else rows[: count // (10 if name == "8x8" else 100)]
            pairs = _speeds(OPEN[engine], (theirs[engine], few, _THEIRS), (ours, rows, _OURS))
            off = [
                np.abs(_sums(model, x) - found).max()
                for x, (_, found) in zip((few, rows), pairs, strict=True)
            ]
            figures += _list_sql_figures(name, engine, [speeds for speeds, _ in pairs])
            print(
                f"{name:9}{engine:10}{seconds[engine]:8.2f} ->{made:5.2f} "
                f"s{len(theirs[engine]) / 1000:7.1f} ->"
                f"{len(ours) / 1000:5.1f} kB" + "".join(
                    f"{slow:10.0f} ->{fast:7.0f}{fast / slow:7.1f}"
                    for slow, fast in zip(*(speeds for speeds, _ in pairs), strict=True)
                ) + f"  {off[0]:.1e}, {off[1]:.1e}",
                flush=True,
            )  # fmt: skip
        if name == "40x40":
            small = rr.linearize(model, X, y, max_neurons=8).model
            rules = rr.extract(small, data=X, max_regions=1)
            for engine in engines:
                (((fast, _), _),) = _speeds(
                    OPEN[engine], (str(_network(rules, engine, ["outputs"])), rows, rules.outputs)
                )
                print(
                    (
                        f"{'':9}{engine:10}linearised to {len(rules.traced or ())} neurons: "
                        f"{fast:.0f} rows/s"
                    ),
                    flush=True,
                )

    return figures


def _list_sql_figures(
    network: str, engine: str, speeds: Sequence[tuple[float, float]]
) -> list[Figure]:
    """Rows a second of orbital and of ours, of all columns and of one probability."""
    figures = list[Figure]()
    for i, what in enumerate(("all columns", "one probability")):
        limit = _BARS.get(engine) if i else None
        figures.append(
            Figure(
                what=f"SQL, {engine}, {network}, {what}",
                ours=speeds[1][i],
                unit="rows/s",
                rival="orbital",
                theirs=speeds[0][i],
                bar=None if limit is None else Bar(limit=limit, sense="at least", of="ratio"),
            )
        )
    return figures


def lines(python: Path, count: int) -> None:
    """Networks of one layer: rows/s of orbital's SQL, of additive rules and of form network, for
    both probabilities and the class, and for p_1 alone.

    Rows outside the domain have no score in form lines; `everywhere` scores them as the network
    does, which is all that the others do.
    """
    print(
        f"\n{'network':9}{'engine':10}{'':12}{'rows/s':>10}{'ratio':>7}{'p_1 alone':>11}"
        f"{'ratio':>7}{'kB':>7}{'lines':>7}"
    )
    for name, model, X, _y in pipelines([(8,), (24,)]):
        theirs, _seconds = _orbital(python, model, PEERS)
        added = rr.extract(model, data=X, form="additive")
        rules = rr.extract(model, data=X, max_regions=1)
        rows = np.random.default_rng(2).normal(size=(count, 10))
        for engine in PEERS:
            texts = {
                "orbital": theirs[engine],
                "lines": str(_lines(added, engine, ("outputs", "class"))),
                "lines, p_1": str(_lines(added, engine, ("outputs",))),
                "everywhere": str(_lines(added, engine, ("outputs",), outside="exact")),
                "network": str(_network(rules, engine)),
            }
            taken = {"orbital": _THEIRS, "lines": _OURS, "network": _OURS}
            scored = [(text, rows, taken.get(what, ("p_1",))) for what, text in texts.items()]
            found = _speeds(OPEN[engine], *scored)
            (most, alone), _ = found[0]
            for (what, text), (speeds, _) in zip(texts.items(), found, strict=True):
                whole = f"{speeds[0]:10.0f}{speeds[0] / most:7.1f}" if what in taken else " " * 17
                print(
                    f"{name:9}{engine:10}{what:12}{whole}{speeds[1]:11.0f}{speeds[1] / alone:7.1f}"
                    f"{len(text) / 1000:7.1f}{len(text.splitlines()):7}",
                    flush=True,
                )


def _lines(
    rules: AdditiveRules, engine: str, columns: Sequence[str], outside: str = "null"
) -> Artifact:
    return rr.emit(rules, "sql", dialect=engine, columns=columns, outside=outside)


def _network(
    rules: RuleSet, engine: str, columns: Sequence[str] = ("outputs", "class")
) -> Artifact:
    return rr.emit(rules, "sql", dialect=engine, form="network", columns=columns)


def _sums(model: Any, rows: Array) -> Array:
    """Of both probabilities and of the class."""
    shares = model.predict_proba(_frame(rows))
    return np.array([shares[:, 0].sum(), (shares[:, 1] > shares[:, 0]).sum(), shares[:, 1].sum()])


def _frame(rows: Array) -> Any:
    import pandas as pd

    return pd.DataFrame(rows, columns=[f"x{j}" for j in range(10)])


def _orbital(
    python: Path, model: Any, engines: Sequence[str]
) -> tuple[dict[str, str], dict[str, float]]:
    """SQL of orbital for each of these engines, and the seconds that it took."""
    import joblib  # type: ignore[import-untyped]

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pipeline.joblib"
        joblib.dump(model, path)
        script = Path(__file__).with_name("orbital_sql.py")
        ran = subprocess.run(
            [python, script, path, folder, *engines], capture_output=True, text=True, check=True
        )
        said = [line.split() for line in ran.stdout.splitlines()]
        seconds = {
            words[0]: float(words[1]) for words in said if len(words) == 2 and words[0] in engines
        }
        return {name: (Path(folder) / f"{name}.sql").read_text() for name in engines}, seconds


#: What a statement returns; the last is asked for alone too.
_THEIRS = ("output_probability.0", "output_label", "output_probability.1")
_OURS = ("p_0", "class", "p_1")


def _speeds(
    open_: Callable[[], AbstractContextManager[Database]], *scored: tuple[str, Array, Sequence[str]]
) -> list[tuple[tuple[float, float], Array]]:
    """For statements, their rows and columns: rows/s of all columns and of the last alone, and the
    sums of all.

    Medians of three runs, in turns, so that all see the same machine.
    """
    with open_() as database:
        columns, queries = [(database.quoted(f"x{j}"), False) for j in range(10)], []
        for i, (sql, rows, outputs) in enumerate(scored):
            table = database.quoted(f"rows{i}")
            database.load(table, columns, rows.tolist())
            text = sql.replace(database.quoted("input_data"), table)
            for taken in (outputs, outputs[-1:]):
                sums = ", ".join(f"sum({database.quoted(name)})" for name in taken)
                queries.append(f"SELECT {sums} FROM (\n{text}\n) AS scored")  # noqa: S608
        runs, found = np.empty((3, len(queries))), list[Any](queries)
        for run in runs:
            for i, query in enumerate(queries):
                start = time.perf_counter()
                (found[i],) = database.execute(query)
                run[i] = time.perf_counter() - start

    times = np.median(runs, axis=0)
    return [
        (
            (len(rows) / times[2 * i], len(rows) / times[2 * i + 1]),
            np.array(found[2 * i], dtype=np.float64),
        )
        for i, (_, rows, _) in enumerate(scored)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=["agreement", "columns", "limits", "peer", "lines"])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--peer", type=Path)
    parser.add_argument("--engines", default=",".join(ENGINES))
    add_write_option(parser)
    asked = parser.parse_args()
    with record_output("SQL", write=asked.write):
        show_parts(asked)


def show_parts(asked: argparse.Namespace) -> None:
    """Print the parts that are asked for."""
    engines = asked.engines.split(",")
    if asked.only in (None, "agreement"):
        agreement(engines, asked.rows)
    if asked.only in (None, "columns"):
        columns(engines, asked.rows)
    if asked.only in (None, "limits"):
        limits(engines)
    if asked.only in (None, "peer") and asked.peer:
        among = [engine for engine in PEERS if engine in engines]
        write_figures(asked.figures, peer(asked.peer, asked.rows, among))
    if asked.only in (None, "lines") and asked.peer:
        lines(asked.peer, asked.rows)


if __name__ == "__main__":
    main()
