"""`relurules demo`: the whole walk on real data, to rules of either kind, and every artefact run
beside the model.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from relurules import api
from relurules.cli.display import tabulate_reports
from relurules.codec.any_rules import load_any_rules
from relurules.domain import Domain
from relurules.errors import UnsupportedError
from relurules.files.writing import replace_atomically, write_text
from relurules.ir import AdditiveRules, Artifact, Report, RuleSet

if TYPE_CHECKING:
    import pandas

    from relurules.training.classifier import TrainedClassifier
    from relurules.training.table_fit import Fitted

Array = NDArray[np.float64]

#: The folder of the lines, and the column that they tell.
LINES, TARGET = "lines", "malignant"
#: How many lines and columns: what a person reads at a glance.
MOST_LINES, MOST_COLUMNS = 4, 4

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
class DemoData:
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

    @property
    def test_frame(self) -> "pandas.DataFrame":
        """The rows to test with, under their names."""
        return make_frame(self.X_test, self.names)


@dataclass(frozen=True, kw_only=True)
class _DemoResults:
    """What came of it."""

    #: Of the network.
    rules: RuleSet
    #: Lines, and what they were fitted as.
    fitted: "Fitted"
    #: The network.
    trained: "TrainedClassifier"
    #: One an artefact.
    reports: Sequence[Report]
    #: Where everything was written.
    out: Path


def run_demo(out: Path, seed: int, console: Console) -> bool:
    """Train on 80 % of the rows, extract, emit into `out`, run everything on the other 20 %; True
    when all agree.
    """
    data = load_data(seed)
    bar = (TextColumn("{task.description:<40}"), BarColumn(), TimeElapsedColumn())
    with Progress(*bar, console=console) as progress:
        trained = _train_network(data, seed, progress)
        rules = _extract_rules(trained, data, progress)
        fitted = _fit_with_progress(data, seed, progress)
        task = progress.add_task("writing and running the artefacts", total=2)
        _save_inputs(trained, data, out)
        reports = _emit_and_verify(rules, trained.model, data.X_test, out)
        progress.update(task, advance=1)
        reports += _emit_and_verify(fitted.rules, fitted.pipeline, data.test_frame, out / LINES)
        progress.update(task, advance=1)

    results = _DemoResults(rules=rules, fitted=fitted, trained=trained, reports=reports, out=out)
    _print_results(results, data, console)
    return all(reports)


def load_data(seed: int) -> DemoData:
    """The breast cancer data of scikit-learn, of which a fifth is held back."""
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

    return DemoData(
        names=tuple(map(str, bunch.feature_names)),
        X_train=X_train,
        X_test=X_test,
        y_train=y_train,
        y_test=y_test,
    )


def _train_network(data: DemoData, seed: int, progress: Progress) -> "TrainedClassifier":
    from relurules.training.classifier import fit_classifier

    task = progress.add_task("training", total=1.0)
    return fit_classifier(
        data.X_train,
        data.y_train,
        seed=seed,
        progress=lambda share, message: progress.update(task, completed=share, description=message),
    )


def _extract_rules(trained: "TrainedClassifier", data: DemoData, progress: Progress) -> RuleSet:
    """Every measurement is a size or a share: the domain is from 0 to twice the largest value seen
    in training.
    """
    task = progress.add_task("extracting the rules", total=1)
    domain = Domain.box(np.zeros(len(data.names)), 2 * data.X_train.max(axis=0), data.names)
    graph = replace(api.trace(trained.model), outputs=("malignant_logit",))
    rules: RuleSet = api.extract(graph, domain=domain, data=data.X_train, y=data.y_train)
    progress.update(task, completed=1)
    return rules


def _fit_with_progress(data: DemoData, seed: int, progress: Progress) -> "Fitted":
    task = progress.add_task("fitting lines", total=1)
    fitted = fit_lines(data, seed)
    progress.update(task, completed=1)
    return fitted


def fit_lines(data: DemoData, seed: int) -> "Fitted":
    """A few lines on single columns, straight from the table, without any network before."""
    from relurules.training.fit_function import fit

    table = make_frame(data.X_train, data.names)
    table[TARGET] = data.y_train
    return fit(
        table, TARGET, form="additive", max_rules=MOST_LINES, max_columns=MOST_COLUMNS,
        max_condition_columns=1, seed=seed,
    )  # fmt: skip


def make_frame(X: Array, names: Sequence[str]) -> "pandas.DataFrame":
    """(N, d) as a frame with these columns."""
    import pandas

    return pandas.DataFrame(X, columns=list(names))


def _emit_and_verify(
    rules: RuleSet | AdditiveRules, model: Any, rows: Any, out: Path
) -> list[Report]:
    """Write everything into the folder, and run what can be run beside the model."""
    rules.save(out / "rules.json")
    loaded = load_any_rules(out / "rules.json")
    prefix = f"{LINES}/" if out.name == LINES else ""
    reports = [replace(api.verify(loaded, model, rows), artefact=f"{prefix}rules.json")]

    for target, dialect, folder, runs in ARTEFACTS:
        main = api.emit(rules, target, dialect=dialect).write(out / folder)[-1]
        if runs:
            report = api.verify(Artifact.read(main), model, rows)
            reports.append(replace(report, artefact=f"{prefix}{report.artefact}"))

    return reports


def _save_inputs(trained: "TrainedClassifier", data: DemoData, out: Path) -> None:
    """model.pt2 and the held-back rows, for trying the other commands."""
    import torch

    example = torch.zeros((2, len(data.names)))
    sizes = ((torch.export.Dim.DYNAMIC, torch.export.Dim.STATIC),)
    archive = io.BytesIO()
    torch.export.save(torch.export.export(trained.model, (example,), dynamic_shapes=sizes), archive)

    with replace_atomically(out / "model.pt2") as path:
        path.write_bytes(archive.getvalue())

    write_text(
        out / "rows.csv",
        data.test_frame.to_csv(index=False),
    )


def _print_results(results: _DemoResults, data: DemoData, console: Console) -> None:
    from sklearn.metrics import accuracy_score, roc_auc_score

    rules, lines = results.rules, results.fitted.rules
    console.print(str(api.emit(lines, "text")), markup=False, soft_wrap=True)
    console.print(str(api.emit(rules, "text")), markup=False, soft_wrap=True)

    scores = Table("", "test accuracy", "test AUC", title=f"on {len(data.y_test)} rows held back")
    network = api.trace(results.trained.model).evaluate(data.X_test)[:, 0]
    for name, logit in (
        ("network", network),
        (f"its {len(rules)} rules", rules.predict(data.X_test)[:, 0]),
        (f"{len(lines)} lines", lines.predict_scores(data.test_frame)[:, 0]),
    ):
        accuracy, auc = accuracy_score(data.y_test, logit > 0), roc_auc_score(data.y_test, logit)
        scores.add_row(name, f"{accuracy:.4f}", f"{auc:.4f}")

    console.print(scores, tabulate_reports(results.reports))
    left = rules.reduction
    console.print(
        f"neurons before: {left.neurons_traced}, after: {left.neurons_left}; inputs read: "
        f"{results.trained.features} of {len(data.names)}; linear regions: {left.regions}; rules: "
        f"{len(rules)}; written to {results.out}/, the lines to {results.out}/{LINES}/",
        markup=False, soft_wrap=True,
    )  # fmt: skip
