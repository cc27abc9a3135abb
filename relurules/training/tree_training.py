"""What an estimator of the partition form is asked for -> a tree of linear models."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.errors import DataError, UnsupportedError
from relurules.ir.limits import Deadline
from relurules.ir.network import Array
from relurules.training.targets import one_hot, weigh_rows
from relurules.training.teacher import ask_teacher
from relurules.training.trees.fit_tree import TreeFit, TreeSettings, fit_tree

#: Rules where no number is asked for.
_RULES = 8


def check_tree_parameters(estimator: Any, classes: int) -> None:
    """UnsupportedError for what a tree of linear models has not, DataError for a budget that can't
    be kept. classes: 0 for numbers.
    """
    if classes > 2:
        raise UnsupportedError(
            f"linearization='tree' of {classes} classes; supported: numbers and two classes; other "
            "linearizations take any number of classes"
        )
    if estimator.max_neurons is not None:
        raise UnsupportedError(
            "max_neurons with linearization='tree', which has none; use max_rules"
        )
    for name in ("max_rules", "max_terms", "max_condition_terms", "max_formula_terms"):
        value = getattr(estimator, name)
        if value is not None and (not isinstance(value, int | np.integer) or value < 1):
            raise DataError(f"{name} is {value!r}; expected a whole number of at least 1")


def train_tree(
    estimator: Any,
    given: tuple[Array, NDArray[Any], Any],
    deadline: Deadline,
    say: Callable[[str], None] | None,
) -> TreeFit:
    """The tree that fits rows X, (N, d), y, (N,) of numbers or of the numbers of classes, and
    weights, (N,) or None.
    """
    X, y, weights = given
    task, seed = estimator._task, estimator._seed
    check_tree_parameters(estimator, 0 if task == "regression" else len(estimator.classes_))

    def tell(leaves: int) -> None:
        if say is not None:
            say(f"{leaves} rules")

    settings = TreeSettings(
        leaves=_RULES if estimator.max_rules is None else int(estimator.max_rules),
        terms=_read_count(estimator.max_formula_terms),
        columns=_read_count(estimator.max_terms),
        validation_fraction=estimator.validation_fraction,
        seed=seed,
        chosen_by=getattr(estimator, "_chosen_by", None),
        soft=ask_teacher(estimator, given, say),
        deadline=deadline,
        told=tell,
    )
    Y = y[:, None].astype(float) if task == "regression" else one_hot(y, 2)[:, 1:]
    return fit_tree(weigh_rows(X, Y, weights), task, settings)


def _read_count(value: Any) -> int | None:
    return None if value is None else int(value)
