"""How long commands take from a cold start: `make bench-start`, or `python benchmarks/start.py`.

Small models are made first: a network of two neurons as .pt2 and .onnx files, and a scikit-learn
pipeline of two neurons as joblib. Then every command runs in a process of its own, `--rounds`
times, of which the fastest counts, beside Python that does nothing and Python that imports a
framework. The first round, in which Python compiles modules and disks warm up, doesn't count.
Processor seconds are those of the whole process.
"""

import argparse
import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from figure_rows import Bar, Figure, write_figures
from results import add_write_option, record_output
from rich.console import Console
from rich.table import Table

#: Makes the models in the working folder.
MODELS = """
import joblib, torch
from sklearn.datasets import load_breast_cancer
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
frame, y = load_breast_cancer(return_X_y=True, as_frame=True)
network = MLPClassifier((2,), max_iter=3000, random_state=0)
joblib.dump(make_pipeline(StandardScaler(), network).fit(frame, y), "model.joblib")
frame.to_csv("rows.csv", index=False)
torch.manual_seed(0)
module = torch.nn.Sequential(torch.nn.Linear(4, 2), torch.nn.ReLU(), torch.nn.Linear(2, 1))
sizes = ({0: torch.export.Dim.DYNAMIC},)
torch.export.save(
    torch.export.export(module, (torch.zeros(2, 4),), dynamic_shapes=sizes), "model.pt2"
)
import onnx
from onnx import TensorProto, helper, numpy_helper
weights = {name.replace(".", "_"): v.numpy() for name, v in module.state_dict().items()}
graph = helper.make_graph(
    [
        helper.make_node("Gemm", ["x", "0_weight", "0_bias"], ["z"], transB=1),
        helper.make_node("Relu", ["z"], ["a"]),
        helper.make_node("Gemm", ["a", "2_weight", "2_bias"], ["y"], transB=1),
    ],
    "network",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 4])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 1])],
    [numpy_helper.from_array(value, name) for name, value in weights.items()],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
onnx.save(model, "model.onnx")
"""

#: What others take: Python alone, and what each kind of model's own framework costs to import.
BESIDE: Mapping[str, Sequence[str]] = {
    "python -c pass": ("-c", "pass"),
    "import torch": ("-c", "import torch"),
    "import torch.export": ("-c", "import torch.export"),
    "import onnx": ("-c", "import onnx"),
    "import sklearn.neural_network": ("-c", "import sklearn.neural_network"),
}
#: In an order in which each finds what it reads.
COMMANDS = (
    "extract model.pt2 --box -1 1 --out pt2.json",
    "extract model.onnx --box -1 1 --out onnx.json",
    "extract model.joblib --trust-pickle --data rows.csv --out joblib.json",
    "emit joblib.json --to sql",
    "explain joblib.json --data rows.csv --row 17",
    "ask joblib.json range",
    "prove pt2.json --model model.pt2 --out proof",
    "check proof/certificate.json --rules pt2.json --model proof/model.json",
    "document joblib.json --out document",
)


#: Seconds that are allowed by the first word of a command.
_SECONDS = {"extract": 3.0, "emit": 1.0, "explain": 1.0, "ask": 1.0}


class StartTimes(NamedTuple):
    """Seconds of the processor and of the clock."""

    cpu: float
    wall: float


def measure(arguments: Sequence[str], folder: Path) -> StartTimes:
    """One run of Python with these arguments in a folder; CalledProcessError where it fails."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"PYTHONPYCACHEPREFIX": str(folder / "bytecode"), "OPENBLAS_NUM_THREADS": "1"}
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, check=True, capture_output=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return StartTimes(cpu, time.perf_counter() - began)


def measure_all(folder: Path, rounds: int) -> dict[str, StartTimes]:
    """The fastest of so many rounds, of each command."""
    runs = {**BESIDE, **{c: ("-m", "relurules", *c.split()) for c in COMMANDS}}
    found: dict[str, list[StartTimes]] = {name: [] for name in runs}
    for _ in range(rounds + 1):
        for name, arguments in runs.items():
            found[name].append(measure(arguments, folder))

    return {
        name: StartTimes(*(min(column) for column in zip(*times[1:], strict=True)))
        for name, times in found.items()
    }


def list_figures(found: Mapping[str, StartTimes]) -> list[Figure]:
    """A figure for every command, beside importing a framework."""
    torch = found["import torch"].cpu
    figures = list[Figure]()
    for name in COMMANDS:
        limit = _SECONDS.get(name.split()[0])
        figures.append(
            Figure(
                what=f"start: {name}",
                ours=found[name].cpu,
                unit="CPU s",
                rival="import torch",
                theirs=torch,
                bar=None if limit is None else Bar(limit=limit, sense="at most"),
            )
        )
    return figures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    add_write_option(parser)
    given = parser.parse_args()
    with TemporaryDirectory() as place, record_output("Start", write=given.write):
        folder = Path(place)
        measure(["-c", MODELS], folder)
        found = measure_all(folder, given.rounds)
        table = Table("command", "CPU s", "wall s", "CPU / import torch", box=None)
        for name, times in found.items():
            share = times.cpu / found["import torch"].cpu
            table.add_row(name, f"{times.cpu:.2f}", f"{times.wall:.2f}", f"{share:.2f}")
        Console(width=110).print(table)
        write_figures(given.figures, list_figures(found))


if __name__ == "__main__":
    main()
