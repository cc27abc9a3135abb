"""Emitted C, Python, numpy and JavaScript beside other tools: time per row, error, size, time to
compile.

python benchmarks/scoring_code.py [--only c] [--peer PYTHON]: networks of 10 features, 8x8 and
40x40, from scikit-learn with a StandardScaler. PYTHON is of an environment with emlearn and
emx-onnx-cgen (`make bench-scoring-code`); what these compute is timed beside, compiled in the same
way and called row by row, as they do. All timings are the fastest of one run, in turn. emlearn
computes in float, and is given rows that are scaled already. "exact" is the network alone, as in
the other tools; "checked" also tells rows outside the domain, "ruled" gives the number of the rule
too. Additive rules are those of benchmarks/tables.py.
"""

import argparse
import ctypes
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from figure_rows import Bar, Figure, write_figures
from numpy.typing import NDArray
from results import add_write_option, record_output
from rich.console import Console
from rich.table import Table
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tables import LINES, draw_rows, make_rules

import relurules as rr
from relurules.errors import UnsupportedError
from relurules.ir import AdditiveRules, RuleSet

Array = NDArray[np.float64]
FLAGS = ("-O2", "-march=native", "-shared", "-fPIC")
ROWS, ROUNDS = 10_000, 101
#: Every function as void run(size_t n, const T *x, T *y).
OURS = (
    '#include "score.c"\nvoid run(size_t n, const {0} *x, {0} *y) {{ score_batch(n, x, y, '
    "NULL); }}\n"
)
OURS_BY_ROW = """#include "score.c"
void run(size_t n, const {0} *x, {0} *y) {{
    for (size_t i = 0; i < n; i++) score_row(x + i * SCORE_FEATURES, y + i * SCORE_OUTPUTS);
}}
"""
EMX = """#include <stddef.h>
#include "emx.c"
void run(size_t n, const double *x, double *y) {
    for (size_t i = 0; i < n; i++)
        emx((const double (*)[10])(x + 10 * i), (double (*)[1])(y + i));
}
"""
EML = """#include <stddef.h>
#include "eml.h"
void run(size_t n, const float *x, float *y) {
    for (size_t i = 0; i < n; i++) y[i] = eml_regress1(x + 10 * i, 10);
}
"""


def fitted(width: int) -> tuple[Any, Array]:
    """A pipeline with two hidden layers, and rows to score."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(ROWS, 10)) * rng.uniform(0.5, 50, 10) + rng.normal(size=10) * 20
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    y = np.sin(Z[:, 0]) + Z[:, 1] * Z[:, 2] / 4 + np.abs(Z[:, 3])
    model = MLPRegressor(hidden_layer_sizes=(width, width), max_iter=40, random_state=0)
    return make_pipeline(StandardScaler(), model).fit(X, y), X


def compiled(
    folder: Path, name: str, source: str, include: str = ""
) -> tuple[Callable[[Array], Array], float, int]:
    """A function of rows, the seconds that the compiler took, and the bytes of the library's code
    and tables.
    """
    (folder / f"{name}.c").write_text(source)
    library = folder / f"{name}.so"
    start = time.perf_counter()
    options = [*FLAGS, *([f"-I{include}"] if include else [])]
    subprocess.run(["gcc", *options, "-o", library, folder / f"{name}.c", "-lm"], check=True)
    seconds = time.perf_counter() - start
    run = ctypes.CDLL(str(library)).run
    run.argtypes, run.restype = [ctypes.c_size_t, ctypes.c_void_p, ctypes.c_void_p], None

    def call(X: Array) -> Array:
        y = np.empty(len(X), dtype=X.dtype)
        run(len(X), X.ctypes.data, y.ctypes.data)
        return y

    return call, seconds, library.stat().st_size


def in_turn(calls: dict[str, Callable[[], Any]], rounds: int = ROUNDS) -> dict[str, float]:
    """Seconds of every call, its fastest: other work on the machine only adds to them."""
    found: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            found[name].append(time.perf_counter() - start)
    return {name: min(times) for name, times in found.items()}


#: Code that looks whether a row lies in the domain, as it doesn't by default.
_CHECKED: dict[str, Any] = {"form": "network", "outside": "null"}


def onnx_of(pipeline: Any, path: Path) -> None:
    """The pipeline in float64, one row at a time."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    scaler, model = pipeline[0], pipeline[-1]
    constants = {"mean": scaler.mean_, "scale": scaler.scale_}
    nodes = [
        helper.make_node("Sub", ["x", "mean"], ["c"]),
        helper.make_node("Div", ["c", "scale"], ["h0"]),
    ]
    last = len(model.coefs_) - 1

    for i, (w, b) in enumerate(zip(model.coefs_, model.intercepts_, strict=True)):
        constants |= {f"w{i}": w, f"b{i}": b}
        nodes.append(
            helper.make_node("Gemm", [f"h{i}", f"w{i}", f"b{i}"], ["y" if i == last else f"z{i}"])
        )
        if i < last:
            nodes.append(helper.make_node("Relu", [f"z{i}"], [f"h{i + 1}"]))

    inputs = [helper.make_tensor_value_info("x", TensorProto.DOUBLE, [1, 10])]
    outputs = [helper.make_tensor_value_info("y", TensorProto.DOUBLE, [1, 1])]
    initializers = [
        numpy_helper.from_array(np.asarray(v, dtype=np.float64), name)
        for name, v in constants.items()
    ]
    graph = helper.make_graph(nodes, "net", inputs, outputs, initializers)
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path
    )


def peers(folder: Path, pipeline: Any, python: str) -> dict[str, Callable[[Array], Array]]:
    """What other tools make of the network: functions of scaled rows in float, and of rows."""
    onnx_of(pipeline, folder / "net.onnx")
    model = pipeline[-1]
    layers = {f"w{i}": w for i, w in enumerate(model.coefs_)} | {
        f"b{i}": b for i, b in enumerate(model.intercepts_)
    }
    np.savez(folder / "net.npz", layers=len(model.coefs_), **layers)
    script = Path(__file__).parent / "scoring_code_peer.py"
    command = [Path(python).absolute(), script.absolute(), folder]
    # Emlearn leaves files there.
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    include = ran.stdout.split()[-1]

    return {
        "emx-onnx-cgen": compiled(folder, "run_emx", EMX)[0],
        "emlearn (float)": compiled(folder, "run_eml", EML, include)[0],
    }


def emitted(
    folder: Path, name: str, rules: RuleSet | AdditiveRules, source: str, **options: Any
) -> Callable[[Array], Array]:
    """Our C, compiled."""
    place = folder / name
    rr.emit(rules, "c", **options).write(place)
    return compiled(place, "run", source.format(options.get("number", "double")))[0]


def compare_c(
    console: Console, width: int, pipeline: Any, X: Array, kinds: dict[str, RuleSet], python: str
) -> list[Figure]:
    """ns/row of C, ours and of others, and the largest error in the terms' own measure."""
    network = kinds["exact"].network
    exact, terms = network.evaluate(X)[:, 0], network.magnitude(X)[:, 0]
    plain: dict[str, Any] = {"form": "network", "outside": "exact", "columns": ["outputs"]}

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        functions = {
            "batch, exact": emitted(folder, "a", kinds["exact"], OURS, **plain),
            "row, exact": emitted(folder, "b", kinds["exact"], OURS_BY_ROW, **plain),
            "batch, exact, float": emitted(
                folder, "c", kinds["exact"], OURS, number="float", **plain
            ),
        }
        if "full" in kinds:
            rules = kinds["full"]
            functions["batch, checked"] = emitted(
                folder, "d", rules, OURS, **_CHECKED, columns=["outputs"]
            )
            functions["batch, ruled"] = emitted(folder, "e", rules, OURS, **_CHECKED)
        functions |= peers(folder, pipeline, python) if python else {}
        scaled = np.ascontiguousarray(pipeline[0].transform(X), dtype=np.float32)
        rows: dict[str, Any] = {
            name: np.ascontiguousarray(X, dtype=np.float32 if "float" in name else np.float64)
            for name in functions
        }
        rows |= {"emlearn (float)": scaled}
        times = in_turn({name: partial(f, rows[name]) for name, f in functions.items()})
        table = Table(
            "10 features, C",
            "ns/row",
            "error / terms",
            title=f"{width}x{width}, gcc {' '.join(FLAGS[:2])}",
        )
        for name, f in functions.items():
            error = float((np.abs(f(rows[name]) - exact) / terms).max())
            table.add_row(name, f"{times[name] / len(X) * 1e9:.1f}", f"{error:.1e}")

    console.print(table)
    return list_c_figures(width, {name: times[name] / len(X) for name in times})


def list_c_figures(width: int, seconds: Mapping[str, float]) -> list[Figure]:
    """Rows and batches of the network alone beside the fastest other C in double."""
    rival = "emx-onnx-cgen"
    return [
        Figure(
            what=f"C, {width}x{width}, {name}",
            ours=seconds[name] * 1e9,
            unit="ns/row",
            rival=rival if rival in seconds else "",
            theirs=seconds[rival] * 1e9 if rival in seconds else None,
            bar=Bar(limit=1.0, sense="at most", of="ratio"),
        )
        for name in ("row, exact", "batch, exact")
    ]


def compare_lines(console: Console) -> list[Figure]:
    """Ns per row and line of additive rules as C, beside the matrix product of rows and lines in
    numpy.
    """
    rules, X = make_rules("additive"), draw_rows(ROWS, 0)
    with tempfile.TemporaryDirectory() as place:
        options: dict[str, Any] = {"columns": ["outputs"]}
        by_row = emitted(Path(place), "a", rules, OURS_BY_ROW, **options)
        in_batch = emitted(Path(place), "b", rules, OURS, **options)
        calls: dict[str, Callable[[], Any]] = {
            "row": partial(by_row, X),
            "batch": partial(in_batch, X),
            "product": lambda: X @ rules.normals.T,
        }
        times = {name: t / ROWS / LINES * 1e9 for name, t in in_turn(calls).items()}
        error = float(np.abs(by_row(X) - rules.predict(X)[:, 0]).max())

    table = Table("additive rules, C", "ns/row and line", "error", title=f"{LINES} lines")
    for name in ("row", "batch"):
        table.add_row(name, f"{times[name]:.2f}", f"{error:.1e}")
    console.print(table)
    return [
        Figure(
            what=f"C, {LINES} lines, {name}",
            ours=times[name],
            unit="ns/row and line",
            rival="product in numpy",
            theirs=times["product"],
        )
        for name in ("row", "batch")
    ]


def compare_python(
    console: Console, width: int, pipeline: Any, X: Array, kinds: dict[str, RuleSet]
) -> None:
    """Single rows in Python, tables in numpy, beside scikit-learn."""
    exact, plain = kinds["exact"], {"form": "network", "outside": "exact", "columns": ["outputs"]}
    full = kinds.get("full")
    row: Any = dict(zip(exact.features, map(float, X[0]), strict=True))
    count = 200

    def by_row(rules: RuleSet, **options: Any) -> tuple[Callable[[], Any], int]:
        score = loaded(rules, "python", **options)["score"]
        return lambda: [score(row) for _ in range(count)], count

    def by_table(rules: RuleSet, **options: Any) -> tuple[Callable[[], Any], int]:
        return partial(loaded(rules, "numpy", **options)["score_batch"], X), len(X)

    calls = {"Python row, exact": by_row(exact, **plain), "numpy, exact": by_table(exact, **plain)}
    if full is not None:
        calls["Python row, ruled"] = by_row(full, **_CHECKED)
        calls["numpy, checked"] = by_table(full, **_CHECKED, columns=["outputs"])

    calls["scikit-learn"] = partial(pipeline.predict, X), len(X)
    times = in_turn({name: call for name, (call, _) in calls.items()})
    table = Table("10 features, Python", "µs/row", "of scikit-learn", title=f"{width}x{width}")

    for name, (_, rows) in calls.items():
        each = times[name] / rows
        ratio = each / (times["scikit-learn"] / len(X))
        table.add_row(name, f"{each * 1e6:.3f}", f"{ratio:.2f}" if rows == len(X) else "")

    console.print(table)


def loaded(rules: RuleSet, target: str, **options: Any) -> dict[str, Any]:
    """An emitted module's names."""
    module: dict[str, Any] = {"__name__": "emitted"}
    exec(compile(str(rr.emit(rules, target, **options)), "emitted", "exec"), module)  # noqa: S102  # what is measured
    return module


def many_rules(console: Console, rules: RuleSet, X: Array) -> None:
    """Size, time to emit and to compile, and whether it is right, for every form and language."""
    table = Table(
        "target", "form", "emit s", "MB", "verify s", "right", title=f"{len(rules)} rules"
    )

    for target, forms in (
        ("c", _FORMS),
        ("python", _FORMS),
        ("javascript", _FORMS),
        ("numpy", ("network", "tree")),
    ):
        for form in forms:
            start = time.perf_counter()
            try:
                artifact = rr.emit(rules, target, form=form)
            except UnsupportedError as error:
                table.add_row(target, form, "", "", "", f"refused: {error}")
                continue
            emit, start = time.perf_counter() - start, time.perf_counter()
            right = bool(rr.verify(artifact, rules, X))
            size = sum(len(text.encode()) for text in artifact.texts.values()) / 1e6
            table.add_row(
                target,
                form,
                f"{emit:.2f}",
                f"{size:.2f}",
                f"{time.perf_counter() - start:.2f}",
                str(right),
            )

    console.print(table)


_FORMS = ("rules", "tree", "network")


def main(arguments: Sequence[str] | None = None) -> None:
    """All tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--peer", default="", help="Python of an environment with emlearn and emx-onnx-cgen"
    )
    parser.add_argument("--only", choices=["c"], help="C alone")
    add_write_option(parser)
    asked = parser.parse_args(arguments)
    with record_output("C, Python and numpy", write=asked.write):
        write_figures(asked.figures, show_tables(asked.peer, only_c=asked.only == "c"))


def show_tables(peer: str, *, only_c: bool) -> list[Figure]:
    """Print times of C and Python, then sizes of many rules."""
    console = Console(width=140)
    figures = compare_lines(console)

    for width in (8, 40):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pipeline, X = fitted(width)
        domain = rr.Domain.from_data(X)
        kinds = {"exact": rr.extract(pipeline, domain=domain, max_regions=1)}
        if width == 8:
            kinds["full"] = rr.extract(pipeline, domain=domain)
        figures += compare_c(console, width, pipeline, X, kinds, peer)
        if not only_c:
            compare_python(console, width, pipeline, X, kinds)

    if only_c:
        return figures

    rules = rr.extract(pipeline, domain=rr.Domain.from_data(X[:12]), max_regions=5000)
    many_rules(console, rules, np.vstack([X[:50], [rule.point for rule in list(rules)[::20]]]))
    return figures


if __name__ == "__main__":
    main()
