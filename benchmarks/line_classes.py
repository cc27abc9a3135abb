"""Lines of more than two classes beside multinomial models and partition rules: the part
`classes` of benchmarks/lines.py.

Three tables that scikit-learn ships, and bike sharing with its count in three classes of as many
rows. 80/20 splits with the same share of each class; test rows are only scored. The multinomial
model's ridge is chosen by cross-validation; partition rules are what `rr.fit` gives, of a network
that is trained first. Seconds are processor time.
"""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import linearise_tables as tables
import numpy as np
from numpy.typing import NDArray
from sklearn import datasets
from sklearn.linear_model import LogisticRegressionCV
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from relurules.training.estimators import ReLURulesClassifier

Array = NDArray[np.float64]

#: Table -> the most lines, and the most rules.
BUDGETS = {"iris": (8, 8), "wine": (8, 8), "digits": (16, 8), "bike-classes": (16, 16)}
#: The first pixels of the digits that aren't empty.
_PIXELS = 10
KINDS = ("lines", "multinomial", "partition")


class ClassTable(NamedTuple):
    """X: (N, d); y: (N,) numbers of classes."""

    X: Array
    y: NDArray[np.intp]


def read_classes(name: str, folder: Path) -> ClassTable:
    """One of the tables; the digits twice: all pixels, or few."""
    if name == "bike-classes":
        frame, counts = tables.table_of("bike", folder)
        cuts = np.quantile(counts, [1 / 3, 2 / 3])
        return ClassTable(frame.to_numpy(float), np.digitize(counts, cuts))
    X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    kept = np.flatnonzero(X.std(axis=0) > 0)
    return ClassTable(X[:, kept[:_PIXELS] if name == "digits" else kept], y)


def fit_lines_of(name: str, rows: ClassTable, seed: int) -> Callable[[Array], Array]:
    """Lines; probabilities of rows."""
    lines, _ = BUDGETS[name]
    model = ReLURulesClassifier(form="additive", max_rules=lines, random_state=seed)
    return model.fit(rows.X, rows.y).predict_proba


def fit_multinomial(name: str, rows: ClassTable, seed: int) -> Callable[[Array], Array]:
    """A multinomial model of standardised columns."""
    del name, seed
    model = LogisticRegressionCV(Cs=[0.01, 0.1, 1, 10, 100], scoring="neg_log_loss", max_iter=3000)
    return make_pipeline(StandardScaler(), model).fit(rows.X, rows.y).predict_proba


def fit_partition(name: str, rows: ClassTable, seed: int) -> Callable[[Array], Array]:
    """Partition rules."""
    _, rules = BUDGETS[name]
    model = ReLURulesClassifier(max_rules=rules, max_terms=5, random_state=seed)
    return model.fit(rows.X, rows.y).predict_proba


_FITS = dict(zip(KINDS, (fit_lines_of, fit_multinomial, fit_partition), strict=True))


def measure_classes(
    names: Sequence[str], kinds: Sequence[str], folder: Path, seeds: Sequence[int]
) -> Iterator[tuple[str, ...]]:
    """A row for each table and kind: means over the seeds."""
    for name in names:
        table = read_classes(name, folder)
        for kind in kinds:
            found = []
            for seed in seeds:
                parts = train_test_split(
                    table.X, table.y, test_size=0.2, random_state=seed, stratify=table.y
                )
                begun = time.process_time()
                tell = _FITS[kind](name, ClassTable(parts[0], parts[2]), seed)
                seconds = time.process_time() - begun
                shares = np.clip(tell(parts[1]), 1e-15, 1.0)
                shares /= shares.sum(axis=1, keepdims=True)
                told = accuracy_score(parts[3], shares.argmax(axis=1))
                found.append((log_loss(parts[3], shares), told, seconds))
                print(name, kind, seed, *map("{:.4f}".format, found[-1]), file=sys.stderr)
            loss, accuracy, spent = np.mean(found, axis=0)
            yield name, kind, f"{loss:.4f}", f"{accuracy:.4f}", f"{spent:.1f}"
