"""`relurules demo`: the whole walk on real data, and every artefact run beside the network."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from relurules import api
from relurules.cli.display import tabulate_reports
from relurules.domain import Domain
from relurules.errors import UnsupportedError
from relurules.files.writing import replace_atomically, write_text
from relurules.ir import Artifact, Report, RuleSet

if TYPE_CHECKING:
    from relurules.training.classifier import TrainedClassifier

Array = NDArray[np.float64]

#: target, dialect, where in the folder it is written, whether an engine runs it
ARTEFACTS: tuple[tuple[str, str | None, str, bool], ...] = (
    ("text", None, ".", False),
    ("markdown", None, ".", False),
    ("html", None, ".", False),
    ("sql", "sqlite", ".", True),
    ("sql", "duckdb", "duckdb", True),
    ("python", None, ".", True),
    ("c", None, ".", True),
)


@dataclass(frozen=True, kw_only=True)
class _DemoData:
    """The demo's table: the columns' names, and rows to train on and to test with."""

    #: (d,) of the columns.
    names: tuple[str, ...]
    #: (N, d).
    X_train: Array
    #: (M, d).
    X_test: Array
    #: (N,) 1 where malignant.
    y_train: NDArray[np.int64]
    #: (M,) the same.
    y_test: NDArray[np.int64]


def run_demo(out: Path, seed: int, console: Console) -> bool:
    """Train on 80 % of the rows, extract, emit into `out`, run everything on the other 20 %; True
    when all agree.
    """
    data = _load_data(seed)
    bar = (TextColumn("{task.description:<40}"), BarColumn(), TimeElapsedColumn())
    with Progress(*bar, console=console) as progress:
        trained = _train_network(data, seed, progress)
        rules = _extract_rules(trained, data, progress)
        task = progress.add_task("writing and running the artefacts", total=1)
        reports = _emit_and_verify(rules, trained, data, out)
        progress.update(task, completed=1)

    _print_results(rules, trained, data, reports, out, console)
    return all(reports)


def _load_data(seed: int) -> _DemoData:
    try:
        from sklearn.datasets import load_breast_cancer
        from sklearn.model_selection import train_test_split
    except ModuleNotFoundError as error:
        raise UnsupportedError(
            "the demo needs scikit-learn and duckdb: pip install 'relurules[demo]'"
        ) from error

    bunch = load_breast_cancer()
    malignant = (bunch.target == 0).astype(np.int64)
    X_train, X_test, y_train, y_test = train_test_split(
        bunch.data, malignant, test_size=0.2, random_state=seed, stratify=malignant
    )

    return _DemoData(
        names=tuple(map(str, bunch.feature_names)),
        X_train=X_train,
        X_test=X_test,
        y_train=y_train,
        y_test=y_test,
    )


def _train_network(data: _DemoData, seed: int, progress: Progress) -> "TrainedClassifier":
    from relurules.training.classifier import fit_classifier

    task = progress.add_task("training", total=1.0)
    return fit_classifier(
        data.X_train,
        data.y_train,
        seed=seed,
        progress=lambda share, message: progress.update(task, completed=share, description=message),
    )


def _extract_rules(trained: "TrainedClassifier", data: _DemoData, progress: Progress) -> RuleSet:
    """Every measurement is a size or a share: the domain is from 0 to twice the largest value seen
    in training.
    """
    task = progress.add_task("extracting the rules", total=1)
    domain = Domain.box(np.zeros(len(data.names)), 2 * data.X_train.max(axis=0), data.names)
    graph = replace(api.trace(trained.model), outputs=("malignant_logit",))
    rules: RuleSet = api.extract(graph, domain=domain, data=data.X_train, y=data.y_train)
    progress.update(task, completed=1)
    return rules


def _emit_and_verify(
    rules: RuleSet, trained: "TrainedClassifier", data: _DemoData, out: Path
) -> list[Report]:
    rules.save(out / "rules.json")
    _save_inputs(trained, data, out)
    read_back = api.verify(RuleSet.load(out / "rules.json"), trained.model, data.X_test)
    reports = [replace(read_back, artefact="rules.json")]

    for target, dialect, folder, runs in ARTEFACTS:
        main = api.emit(rules, target, dialect=dialect).write(out / folder)[-1]
        if runs:
            reports.append(api.verify(Artifact.read(main), trained.model, data.X_test))

    return reports


def _save_inputs(trained: "TrainedClassifier", data: _DemoData, out: Path) -> None:
    """model.pt2 and the held-back rows, for trying the other commands."""
    import pandas
    import torch

    example = torch.zeros((2, len(data.names)))
    sizes = ((torch.export.Dim.DYNAMIC, torch.export.Dim.STATIC),)
    archive = io.BytesIO()
    torch.export.save(torch.export.export(trained.model, (example,), dynamic_shapes=sizes), archive)

    with replace_atomically(out / "model.pt2") as path:
        path.write_bytes(archive.getvalue())

    write_text(
        out / "rows.csv",
        pandas.DataFrame(data.X_test, columns=list(data.names)).to_csv(index=False),
    )


def _print_results(
    rules: RuleSet,
    trained: "TrainedClassifier",
    data: _DemoData,
    reports: Sequence[Report],
    out: Path,
    console: Console,
) -> None:
    from sklearn.metrics import accuracy_score, roc_auc_score

    console.print(str(api.emit(rules, "text")), markup=False, soft_wrap=True)
    scores = Table("", "test accuracy", "test AUC", title=f"on {len(data.y_test)} rows held back")
    network = api.trace(trained.model).evaluate(data.X_test)[:, 0]

    for name, logit in (("network", network), ("rules", rules.predict(data.X_test)[:, 0])):
        accuracy, auc = accuracy_score(data.y_test, logit > 0), roc_auc_score(data.y_test, logit)
        scores.add_row(name, f"{accuracy:.4f}", f"{auc:.4f}")

    console.print(scores, tabulate_reports(reports))
    left = rules.reduction
    console.print(
        f"neurons before: {left.neurons_traced}, after: {left.neurons_left}; inputs read: "
        f"{trained.features} of {len(data.names)}; linear regions: {left.regions}; rules: "
        f"{len(rules)}; written to {out}/",
        markup=False, soft_wrap=True,
    )  # fmt: skip
