"""Our rules and lines beside what others would use: `make bench-rivals`.

`python benchmarks/rivals.py [TABLE ...] [--peer PYTHON] [--seeds 0 1] [--only NAME ...]`

Tables: taiwan, bike and adult of `--data` (default ../shared/data), breast-cancer and diabetes of
scikit-learn; 80/20 splits seeded 0 to 4. Everybody gets the same rows of numbers, in which text
columns are indicators: those that the training rows tell; EBM, boosting and the scorecard get them
as categories. The others are fitted in an environment
of their own (rivals_peer.py), ours here, all on one thread, in one run; seconds are processor time
from these rows to the predictions. Test rows are only scored: AUC of two classes, R2 of numbers.
Lengths are means: what a document would have to list. `--only` takes names by their beginning.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import linearise_tables as tables
import numpy as np
import pandas as pd
from results import add_write_option, record_output
from rich.console import Console
from rich.table import Table
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.model_selection import train_test_split

from relurules.ir.network import Array
from relurules.training.lines.fit_lines import LineSettings, fit_lines
from relurules.training.lines.front_walk import LineBudget
from relurules.training.lines.line_columns import describe_columns
from relurules.training.targets import weigh_rows
from relurules.training.task import TASKS, Rows
from relurules.training.trees.fit_tree import TreeSettings, fit_tree

TABLES = ("taiwan", "bike", "adult", "breast-cancer", "diabetes")
_NUMBERS = ("bike", "diabetes")
_SIZES = (8, 16, 32)
_TERMS = 6


class MeasuredModel(NamedTuple):
    """One model on one split."""

    name: str
    score: float
    length: Mapping[str, float]
    seconds: float


class Split(NamedTuple):
    """Rows to fit to and rows to test on, as numbers; groups: {text column: its coordinates}."""

    training: Rows
    test: Rows
    groups: Mapping[str, Sequence[int]]


def split_table(name: str, folder: Path, seed: int) -> Split:
    """The 80/20 split of a seed."""
    if name in ("taiwan", "bike"):
        return Split(*tables.split_of(name, folder, seed), {})
    if name != "adult":
        load = load_breast_cancer if name == "breast-cancer" else load_diabetes
        X, y = load(return_X_y=True)
        return Split(*_split_rows(X, y, seed), {})

    frame = pd.read_csv(folder / "adult.csv.gz", na_values="?", skipinitialspace=True)
    y = frame.pop("income").astype(str).str.startswith(">50K").to_numpy(float)
    frame = frame.drop(columns=["split", "fnlwgt"])
    own, other, target, goal = train_test_split(frame, y, test_size=0.2, random_state=seed)
    X, groups = _encode_frame(own, own)
    return Split(
        weigh_rows(X, target[:, None], None),
        weigh_rows(_encode_frame(own, other)[0], goal[:, None], None),
        groups,
    )


def _split_rows(X: Array, y: Array, seed: int) -> tuple[Rows, Rows]:
    own, other, target, goal = train_test_split(X, y, test_size=0.2, random_state=seed)
    return (
        weigh_rows(own, target[:, None].astype(float), None),
        weigh_rows(other, goal[:, None].astype(float), None),
    )


def _encode_frame(known: pd.DataFrame, frame: pd.DataFrame) -> tuple[Array, dict[str, list[int]]]:
    """Numbers as they are, texts as indicators of what the known rows hold; missing is a text."""
    parts, groups, at = list[Array](), dict[str, list[int]](), 0
    for name in frame.columns:
        if pd.api.types.is_numeric_dtype(known[name]):
            part = frame[name].fillna(known[name].median()).to_numpy(float)[:, None]
        else:
            texts, own = (each[name].fillna("missing").astype(str) for each in (frame, known))
            part = (texts.to_numpy()[:, None] == np.unique(own)[None, :]).astype(float)
            groups[name] = list(range(at, at + part.shape[1]))
        at += part.shape[1]
        parts.append(part)
    return np.hstack(parts), groups


def fit_own_lines(split: Split, task: str, lines: int, seed: int) -> tuple[Array, dict[str, float]]:
    """Scores of the test rows by additive rules, and their length."""
    names = [f"x{j}" for j in range(split.training.X.shape[1])]
    columns = describe_columns(split.training.X, names, groups=split.groups)
    settings = LineSettings(budget=LineBudget(lines=lines), seed=seed)
    network = fit_lines(split.training, columns, task, settings).network
    terms = int((network.C != 0).sum())
    return network.evaluate(split.test.X), {"lines": len(network), "terms": terms}


def fit_own_rules(split: Split, task: str, rules: int, seed: int) -> tuple[Array, dict[str, float]]:
    """Scores of the test rows by partition rules, and their length."""
    settings = TreeSettings(leaves=rules, terms=_TERMS, seed=seed)
    tree = fit_tree(split.training, task, settings).tree
    count = len(tree.maps.constants)
    conditions = [len(path) for path in tree.tree.paths(count)] if count > 1 else [0]
    return tree.evaluate(split.test.X), {
        "rules": count,
        "terms": float((tree.maps.weights != 0).sum() / count),
        "conditions": float(np.mean(conditions)),
    }


_Fit = Callable[[Split, str, int, int], tuple[Array, dict[str, float]]]
OWN: Mapping[str, tuple[_Fit, int]] = {
    **{f"our {lines} lines": (fit_own_lines, lines) for lines in (8, 16, 24)},
    **{f"our {rules} rules": (fit_own_rules, rules) for rules in _SIZES},
}


def measure_own(split: Split, name: str, task: str, seed: int) -> MeasuredModel:
    """One of our models."""
    fit, size = OWN[name]
    begun = time.process_time()
    scores, length = fit(split, task, size, seed)
    seconds = time.process_time() - begun
    test = split.test
    return MeasuredModel(name, TASKS[task].score(scores, test.Y, test.weights), length, seconds)


def run_peers(
    split: Split, python: str, names: Sequence[str], *, classes: bool
) -> Iterator[MeasuredModel]:
    """All the others, in their own environment."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "split.npz"
        np.savez(
            path,
            X=split.training.X,
            y=split.training.Y[:, 0],
            test=split.test.X,
            target=split.test.Y[:, 0],
            classes=classes,
            groups=json.dumps([list(group) for group in split.groups.values()]),
        )
        script = Path(__file__).with_name("rivals_peer.py")
        one = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
        ran = subprocess.Popen(
            [python, script, path, *names],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **one},
        )
        for line in ran.stdout or ():
            found = json.loads(line)
            yield MeasuredModel(found["name"], found["score"], found["length"], found["seconds"])
        if ran.wait():
            raise SystemExit(f"{script.name} failed with {ran.returncode}")


def measure_table(name: str, given: argparse.Namespace) -> Iterator[tuple[str, ...]]:
    """A row for each model, with means over the seeds."""
    task = "regression" if name in _NUMBERS else "binary"
    found: dict[str, list[MeasuredModel]] = {}
    for seed in given.seeds:
        split = split_table(name, given.data, seed)
        for one in _measure_split(split, task, seed, given):
            found.setdefault(one.name, []).append(one)
            print(name, seed, *one, file=sys.stderr, flush=True)

    for model, runs in found.items():
        scores = np.array([one.score for one in runs])
        yield (
            model,
            f"{scores.mean():.4f}",
            f"{scores.std():.4f}",
            _phrase_length(runs),
            f"{np.mean([one.seconds for one in runs]):.1f}",
        )


def _measure_split(
    split: Split, task: str, seed: int, given: argparse.Namespace
) -> Iterator[MeasuredModel]:
    for own in OWN:
        if _is_wanted(own, given.only):
            yield measure_own(split, own, task, seed)
    if given.peer:
        yield from run_peers(split, given.peer, given.only, classes=task == "binary")


def _is_wanted(name: str, only: Sequence[str]) -> bool:
    return not only or any(map(name.startswith, only))


def _phrase_length(runs: Sequence[MeasuredModel]) -> str:
    said = []
    for what in runs[0].length:
        mean = float(np.mean([one.length[what] for one in runs]))
        each = " each" if what != "rules" and "rules" in runs[0].length else ""
        said.append(f"{mean:.1f} {what}{each}" if mean % 1 else f"{mean:.0f} {what}{each}")
    return ", ".join(said)


def main() -> None:
    """Print a table of models for each table of data."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tables", nargs="*", choices=[[], *TABLES])
    parser.add_argument("--seeds", nargs="+", type=int, default=[*range(5)])
    parser.add_argument("--only", nargs="+", default=[], help="models, by how their names begin")
    parser.add_argument("--peer", default="", help="Python of an environment with the others")
    parser.add_argument(
        "--data", type=Path, default=Path(__file__).parent.parent.parent / "shared" / "data"
    )
    add_write_option(parser)
    given = parser.parse_args()

    with record_output("Beside rivals", write=given.write):
        console = Console(width=140)
        for name in given.tables or TABLES:
            measure = "R2" if name in _NUMBERS else "AUC"
            title = f"{name}: test {measure}, {len(given.seeds)} splits"
            heads = ["", "mean", "spread", "length", "seconds"]
            table = Table(*heads, title=title, title_justify="left")
            for row in measure_table(name, given):
                table.add_row(*row)
            console.print(table)


if __name__ == "__main__":
    main()
