"""What an estimator of the additive form is asked for -> lines."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.errors import DataError, UnsupportedError
from relurules.ir.limits import Deadline
from relurules.ir.network import Array
from relurules.tables.names import make_default_names
from relurules.training.constraints import choose_signs, list_pairs_apart, read_effect_bounds
from relurules.training.lines.effect_limits import EffectLimits
from relurules.training.lines.fit_lines import LineSettings, LinesFit, fit_lines
from relurules.training.lines.front_walk import LineBudget
from relurules.training.lines.line_columns import LineColumn, describe_columns
from relurules.training.lines.walk import WalkOptions
from relurules.training.one_score import ONE_SCORE, refuse_several_scores
from relurules.training.targets import one_hot, weigh_rows

#: Lines of the additive form where no number is asked for.
DEFAULT_LINES = 16
#: Parameters that the additive form has and the partition form has not, and the other way round,
#: with what they are by default.
_OF_ADDITIVE = dict.fromkeys((
    "monotonic_cst", "teacher", "max_columns", "interactions", "no_interactions", "signs",
    "effect_bounds",
))  # fmt: skip
_OF_PARTITION = {
    "max_neurons": None,
    "max_terms": None,
    "max_condition_terms": None,
    "max_formula_terms": None,
}


def check_line_parameters(estimator: Any) -> None:
    """DataError for budgets that can't be kept, UnsupportedError for parameters that the
    estimator's form has not.
    """
    additive = estimator.form == "additive"
    taught = additive or estimator.linearization == "tree"
    if not taught and estimator.max_formula_terms is not None:
        raise UnsupportedError(
            "max_formula_terms is of linearization='tree'; use max_terms, which all rules together "
            "keep"
        )
    for name, default in (_OF_PARTITION if additive else _OF_ADDITIVE).items():
        if getattr(estimator, name) is not default and not (name == "teacher" and taught):
            other = "max_columns" if additive else "form='additive'"
            raise UnsupportedError(f"{name} with form={estimator.form!r}; use {other}")

    if not additive:
        return

    least = {"max_rules": 0, "max_condition_columns": 1, "max_columns": 1}

    for name, bound in least.items():
        value = getattr(estimator, name)
        if value is None and name != "max_condition_columns":
            continue
        if not isinstance(value, int | np.integer) or value < bound:
            raise DataError(f"{name} is {value!r}; expected a whole number of at least {bound}")

    if estimator.max_condition_columns > 3:
        raise UnsupportedError(
            f"max_condition_columns is {estimator.max_condition_columns}; supported: 1, 2 and 3"
        )
    if estimator.interactions and estimator.max_condition_columns == 1:
        raise DataError(
            f"interactions names {len(estimator.interactions)} pairs, and max_condition_columns is "
            "1, which allows none; drop one of the two"
        )


def list_one_score_parameters(estimator: Any) -> list[str]:
    """The parameters given that lines of several scores have not."""
    return [
        name for name in ONE_SCORE.values()
        if (given := getattr(estimator, name)) is not None
        and np.any(list(given.values()) if isinstance(given, Mapping) else 1)
    ]  # fmt: skip


def train_lines(
    estimator: Any,
    given: tuple[Array, NDArray[Any], Any],
    deadline: Deadline,
    say: Callable[[str], None] | None,
) -> LinesFit:
    """The lines that fit rows X, (N, d), y, (N,) of numbers or of the numbers of classes, and
    weights, (N,) or None.
    """
    from relurules.training.teacher import ask_teacher

    (X, y, weights), task, seed = given, estimator._task, estimator._seed
    targets = _make_targets(estimator, y)
    if targets.shape[1] > 1:
        refuse_several_scores(
            list_one_score_parameters(estimator),
            classes=task != "regression",
            count=targets.shape[1],
        )
    names = getattr(estimator, "feature_names_in_", None)
    names = make_default_names(X.shape[1]) if names is None else tuple(map(str, names))
    columns, trends = _describe_columns(estimator, given, names)
    known = [column.name for column in columns]
    bounds = read_effect_bounds(estimator.effect_bounds, known)
    apart = list_pairs_apart(columns, estimator.interactions, estimator.no_interactions, bounds)
    estimator.trends_ = trends
    told = ask_teacher(estimator, given, say)
    soft = told[:, None] if told is not None and told.ndim == 1 else told

    def tell(lines: int) -> None:
        if say is not None:
            say(f"{lines} lines")

    limit = DEFAULT_LINES if estimator.max_rules is None else int(estimator.max_rules)
    settings = LineSettings(
        budget=LineBudget(
            lines=limit,
            condition_columns=int(estimator.max_condition_columns),
            columns=estimator.max_columns,
            seed=seed,
        ),
        validation_fraction=estimator.validation_fraction,
        seed=seed,
        soft=soft,
        options=WalkOptions(told=tell, deadline=deadline, apart=apart),
        chosen_by=getattr(estimator, "_chosen_by", None),
        limits=_make_limits(estimator, X, bounds) if bounds else None,
    )

    return fit_lines(weigh_rows(X, targets, weights), columns, task, settings)


def _make_targets(estimator: Any, y: NDArray[Any]) -> Array:
    """(N, m): numbers, the second of two classes, or each of more."""
    if estimator._task == "regression":
        return y.reshape(len(y), -1).astype(float)
    classes = one_hot(y, len(estimator.classes_))
    return classes[:, 1:] if classes.shape[1] == 2 else classes


def _describe_columns(
    estimator: Any, given: tuple[Array, NDArray[Any], Any], names: tuple[str, ...]
) -> tuple[tuple[LineColumn, ...], dict[str, int]]:
    """The columns with their trends, and these; those that are asked for go before those that the
    data tell.
    """
    X, y, weights = given
    groups, asked = estimator.column_groups, read_trends(estimator.monotonic_cst, names)
    columns = describe_columns(X, names, groups, asked)
    told = choose_signs(estimator.signs, X, y.astype(float), weights, columns)
    if estimator.monotonic_cst is not None and isinstance(estimator.monotonic_cst, Mapping):
        told = {name: sign for name, sign in told.items() if name not in estimator.monotonic_cst}
    trends = {**told, **asked}

    return describe_columns(X, names, groups, trends), trends


def _make_limits(
    estimator: Any, X: Array, bounds: Mapping[str, tuple[float, float]]
) -> EffectLimits:
    """Limits over the range of the rows and against their mean, unless a caller knows others."""
    low, high, reference = getattr(
        estimator, "_effect_frame", (X.min(axis=0), X.max(axis=0), X.mean(axis=0))
    )
    return EffectLimits(limits=bounds, low=low, high=high, reference=reference)


def read_trends(given: Any, names: tuple[str, ...]) -> dict[str, int]:
    """Trends by column, of a mapping or of (d,) numbers; those of 0 are left out. Raises DataError
    for another number of them.
    """
    if given is None:
        return {}
    if isinstance(given, Mapping):
        return {str(name): trend for name, trend in given.items() if trend != 0}

    values = np.asarray(given)
    if values.shape != (len(names),):
        raise DataError(
            f"monotonic_cst has the shape {values.shape}; expected {len(names)} numbers, one for "
            "each column, or {column: sign}"
        )

    return {name: trend for name, trend in zip(names, values.tolist(), strict=True) if trend != 0}
