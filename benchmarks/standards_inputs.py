"""Every input that rules are read from, beside the program that made it (`make bench-standards`, or
`benchmarks/standards_inputs.py [--write]`): linear models and wrappers of scikit-learn, and
pipelines drawn at random with rows at their edges, missing and of unknown categories; torch modules
of several architectures and lookups of codes; ONNX files of texts and whole numbers, run by
onnxruntime in single precision.

"difference" is the largest one, as a share of 1 and the absolute terms of the score; "apart" counts
rows where only one of the two gives an answer.
"""

import argparse
import importlib
import sys
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from results import add_write_option, record_output
from rich.console import Console
from rich.table import Table

import relurules as rr
from relurules import tracing

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "tracing")]

architectures: Any = importlib.import_module("test_architectures")
drawn: Any = importlib.import_module("test_drawn_pipelines")
files: Any = importlib.import_module("test_onnx_codes")
models: Any = importlib.import_module("test_sklearn_wrappers")
codes: Any = importlib.import_module("test_torch_codes")

#: The largest share of the terms that a model may differ by, and one that computes in float32.
_DOUBLE, _SINGLE = 1e-9, 1e-5


class InputRun(NamedTuple):
    """An input and its rules on the same rows, (N, m); NaN: no answer. terms: (N, m), what
    differences are shares of. tolerance: the largest share.
    """

    name: str
    engine: str
    expected: NDArray[np.float64]
    found: NDArray[np.float64]
    terms: NDArray[np.float64]
    tolerance: float = _DOUBLE


def run_estimators() -> Iterator[InputRun]:
    """Linear models and wrappers, behind scalers and encoders of a table."""
    made: dict[str, tuple[Callable[[], Any], Any]] = {
        name: (partial(models.piped, last), y) for name, (last, y) in models.LINEAR.items()
    }
    for name, (make, y) in {**made, **models.WRAPPED}.items():
        model = make().fit(models.X, y)
        expected = np.asarray(models.find_outputs(model), dtype=float)
        found = rr.extract(model, form="additive" if name != "of three classes" else "partition")
        yield InputRun(
            name,
            f"scikit-learn {version('scikit-learn')}",
            expected,
            found.predict(models.ROWS),
            1.0 + np.abs(expected),
        )


def run_drawn() -> Iterator[InputRun]:
    """Pipelines of random steps, on rows that are hard for them."""
    for seed in drawn.SEEDS:
        model, rows = drawn.fit(seed)
        graph = rr.trace(model)
        rules = rr.extract(model, form="additive", guard_unread=True)
        expected = drawn.score_rows(model, rows, len(graph.outputs))
        yield InputRun(
            f"drawn pipeline {seed}",
            f"scikit-learn {version('scikit-learn')}",
            expected,
            rules.predict(rows),
            drawn.bound_rounding(graph, rows, expected) / _DOUBLE,
        )


def run_modules() -> Iterator[InputRun]:
    """Modules of torch, on rows of all magnitudes and on codes."""
    engine = f"torch {version('torch').partition('+')[0]}"
    for name, (make, inputs) in architectures.ARCHITECTURES.items():
        module = architectures.trained(make, inputs)
        graph = rr.trace(module, input_shape=(inputs,))
        X = np.random.default_rng(0).normal(size=(200, inputs))
        X *= 10.0 ** np.linspace(-2, 3, 200)[:, None]
        terms = 1.0 + graph.network.magnitude(X)
        expected = architectures.as_torch(module, X)
        yield InputRun(f"module: {name}", engine, expected, graph.evaluate(X), terms)

    for name, how in codes.READ.items():
        model = codes.OneInput(*how)
        graph = rr.trace(model, input_shape=(4,))
        X = rr.Domain.from_data(codes.TABLE, graph.columns).rows(codes.TABLE)
        terms = 1.0 + graph.network.magnitude(X)
        expected = codes.by_torch(model, codes.TABLE)
        yield InputRun(f"module: {name}", engine, expected, graph.evaluate(X), terms)


def run_files() -> Iterator[InputRun]:
    """ONNX files whose inputs are texts, whole numbers, and numbers with gaps."""
    engine = f"onnxruntime {version('onnxruntime')}"
    for name in files.CASES:
        model, rows, table = files.make_case(name)
        graph, _ = tracing.trace(model)
        names = [column.name for column in graph.columns]
        frame = pd.DataFrame(table, columns=names).infer_objects()
        X = rr.Domain.over(graph.columns).rows(frame)
        terms = 1.0 + graph.network.magnitude(X)
        expected = np.asarray(files.run_by_runtime(model, rows), dtype=float)
        yield InputRun(f"file: {name}", engine, expected, graph.evaluate(X), terms, _SINGLE)


def describe_run(run: InputRun) -> tuple[str, ...]:
    """A row of the table."""
    given = ~np.isnan(run.expected)
    apart = int((given != ~np.isnan(run.found)).any(axis=1).sum())
    both = given & ~np.isnan(run.found)
    with np.errstate(invalid="ignore"):
        off = np.where(run.found == run.expected, 0.0, np.abs(run.found - run.expected) / run.terms)
    worst = float(off[both].max(initial=0.0))
    passed = apart == 0 and worst <= run.tolerance
    missing = int((~given).all(axis=1).sum())
    return (
        run.name,
        run.engine,
        f"{len(given):,}",
        f"{missing:,}",
        str(apart),
        f"{worst:.1e}",
        "pass" if passed else "FAIL",
    )


def main() -> None:
    """Print the table; 1 as the exit code where an input fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_write_option(parser)
    asked = parser.parse_args()
    warnings.simplefilter("ignore")

    table = Table("input", "made by", "rows", "no answer", "apart", "difference", "", box=None)
    failed = False
    for run in (*run_estimators(), *run_drawn(), *run_modules(), *run_files()):
        row = describe_run(run)
        failed = failed or row[-1] == "FAIL"
        table.add_row(*row)
    with record_output("Standards read", write=asked.write):
        Console(width=120).print(table)
    sys.exit(int(failed))


if __name__ == "__main__":
    main()
