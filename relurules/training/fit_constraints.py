"""What a fit of a table is asked to keep: as the estimator is told, as provenance says it, and
checked on the rules.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from relurules.ir.class_labels import make_labels
from relurules.ir.class_turn import find_positive, turn_bounds

if TYPE_CHECKING:
    import pandas as pd

    from relurules.training.fit_options import FitOptions

#: What provenance says of a fit, where it isn't as by default: option -> default.
_SAID = {
    "form": "partition", "missing": None, "min_category_rows": 1, "repeats": 1, "monotone": None,
    "signs": None, "interactions": None, "no_interactions": None, "effect_bounds": None,
    "max_columns": None, "max_condition_columns": 2, "seed": 0, "test_size": 0.2,
}  # fmt: skip


def turn_constraints(wanted: "FitOptions", y: Any, task: str) -> dict[str, Any]:
    """Trends and bounds of the score that the estimator is fitted for, the second class's; as asked
    for, they are those of the positive class, where one is named.
    """
    bounds = wanted.effect_bounds
    trends = turn_trends(wanted.monotone, y, wanted.positive, task)
    if isinstance(bounds, Mapping) and _is_turned(y, wanted.positive, task):
        bounds = {name: _turn_pair(pair) for name, pair in bounds.items()}

    return {"monotonic_cst": trends, "effect_bounds": bounds}


def _turn_pair(pair: Any) -> Any:
    try:
        return turn_bounds(pair)
    except (TypeError, ValueError):
        return pair  # which is refused where it is read


def _is_turned(y: Any, positive: Any, task: str) -> bool:
    """Whether scores speak of the first of two classes."""
    if positive is None or task != "binary":
        return False
    return find_positive(make_labels(np.unique(y)), positive) != 1


def turn_trends(
    monotone: Mapping[str, int] | None, y: Any, positive: Any, task: str
) -> Mapping[str, int] | None:
    """Trends of the second class's score; as asked for, they are those of the positive class."""
    if monotone is None or not _is_turned(y, positive, task):
        return monotone
    return {name: -trend for name, trend in monotone.items()}


def turn_fitted_trends(estimator: Any, y: Any, positive: Any, task: str) -> Mapping[str, int]:
    """Trends that a fitted estimator keeps, of the scores that the rules have."""
    return turn_trends(getattr(estimator, "trends_", {}), y, positive, task) or {}


def find_reference(reference: Any, frame: "pd.DataFrame") -> "pd.DataFrame | None":
    """The row that contributions are measured from, as the encoder takes it; None for the mean."""
    if reference is None or isinstance(reference, str):
        return None
    import pandas as pd

    if isinstance(reference, Mapping):
        return pd.DataFrame({name: [reference[name]] for name in frame.columns})
    if hasattr(reference, "iloc"):
        return pd.DataFrame(reference).iloc[:1][list(frame.columns)]
    return pd.DataFrame([list(reference)], columns=frame.columns)


def describe_settings(
    wanted: "FitOptions", split: str
) -> dict[str, str | int | float | bool | None]:
    """What provenance says of the fit."""
    found: dict[str, str | int | float | bool | None] = {}
    for name, default in _SAID.items():
        value = getattr(wanted, name)
        if value not in (None, default):
            found[name] = value if isinstance(value, str | int | float) else str(value)
    if wanted.teacher is not None:
        from relurules.training.teacher import describe_teacher

        found["teacher"] = describe_teacher(wanted.teacher)

    return found | {"split": split}
