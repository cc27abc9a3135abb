"""Targets softened by a teacher: what another model says of rows that it wasn't fitted to, mixed
with the targets themselves.

After G. Hinton, O. Vinyals and J. Dean, "Distilling the knowledge in a neural network", 2015. A
teacher's own fitted values would teach its memory of the rows, so each row is told by a model that
was fitted without it.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.errors import UnsupportedError
from relurules.ir.network import Array

#: Parts of the rows, each told by a model of the others; the teacher's share of a softened target.
_FOLDS, _SHARE = 5, 0.5
#: The name of a teacher that needs no object.
BOOSTING = "boosting"


def soften_targets(
    teacher: Any, X: Array, y: NDArray[Any], weights: Array | None, *, classes: bool, seed: int
) -> Array:
    """(N,) numbers, or shares of the second of two classes, or (N, m) shares of each of more: half
    the target, half the teacher's.

    teacher: "boosting", or any estimator of scikit-learn, fitted or not, which is cloned and left
    as it is. X: (N, d); y: (N,) numbers, or those of the classes from 0. Raises UnsupportedError
    for anything else, and for a classifier without predict_proba.
    """
    from sklearn.base import clone
    from sklearn.model_selection import KFold, StratifiedKFold
    from sklearn.utils.validation import has_fit_parameter
    from threadpoolctl import threadpool_limits

    made = make_teacher(teacher, classes=classes, seed=seed)
    weighted = weights is not None and has_fit_parameter(made, "sample_weight")
    rare = classes and len(counts := np.bincount(y)) > 2 and counts.min() < _FOLDS
    kind = StratifiedKFold if classes and not rare else KFold
    split = kind(_FOLDS, shuffle=True, random_state=seed)
    targets = _share_classes(y) if classes else np.asarray(y, dtype=float)
    told = np.empty(targets.shape)

    for training, others in split.split(X, y):
        fitted = clone(made)
        given = {"sample_weight": weights[training]} if weighted and weights is not None else {}
        with threadpool_limits(1):  # so that its sums don't depend on the number of cores
            fitted.fit(X[training], y[training], **given)
            told[others] = (
                _read_shares(fitted, X[others], targets[others]) if classes
                else fitted.predict(X[others])
            )  # fmt: skip

    return np.asarray((1 - _SHARE) * targets + _SHARE * told)


def _share_classes(y: NDArray[Any]) -> Array:
    """(N,) of the second of two classes, or (N, m) of each of more."""
    m = int(y.max()) + 1
    return y.astype(float) if m <= 2 else np.eye(m)[y.astype(np.intp)]


def _read_shares(fitted: Any, X: Array, targets: Array) -> Array:
    """What a classifier says of rows, in the shape of their targets; of a class that none of its
    rows had it says 0.
    """
    found = np.zeros((len(X), max(2, *targets.shape[1:], 0)))
    found[:, np.asarray(fitted.classes_).astype(np.intp)] = fitted.predict_proba(X)
    return found if targets.ndim == 2 else found[:, 1]


def make_teacher(teacher: Any, *, classes: bool, seed: int) -> Any:
    """The estimator that a name stands for, or the one given; UnsupportedError for neither."""
    if isinstance(teacher, str) and teacher == BOOSTING:
        from sklearn.ensemble import (
            HistGradientBoostingClassifier,
            HistGradientBoostingRegressor,
        )

        kind = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
        return kind(learning_rate=0.05, random_state=seed)

    needed = ("fit", "predict_proba" if classes else "predict", "get_params")
    missing = [name for name in needed if not hasattr(teacher, name)]
    if missing:
        raise UnsupportedError(
            f"teacher {teacher!r} has no {' and no '.join(missing)}; supported: "
            f"{BOOSTING!r}, or an estimator of scikit-learn with {', '.join(needed)}"
        )

    return teacher


def describe_teacher(teacher: Any) -> str:
    """Its name, for people."""
    return teacher if isinstance(teacher, str) else type(teacher).__name__


def ask_teacher(
    estimator: Any,
    given: tuple[Array, NDArray[Any], Any],
    say: Callable[[str], None] | None,
) -> Array | None:
    """Targets mixed with what a teacher says, where there is one."""
    if estimator.teacher is None:
        return None
    if say is not None:
        say("asking the teacher about rows that it wasn't fitted to")
    X, y, weights = given
    classes = estimator._task != "regression"
    return soften_targets(estimator.teacher, X, y, weights, classes=classes, seed=estimator._seed)
