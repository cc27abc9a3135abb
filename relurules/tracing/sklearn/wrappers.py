"""Models in models: `WRAPPERS` has one row for each class, and `read_model` reads what they hold,
however deep.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from relurules.errors import ModelError
from relurules.tracing.sklearn.class_wrappers import (
    read_calibration,
    read_cut_off,
    read_one_versus_rest,
    read_several_targets,
)
from relurules.tracing.sklearn.columns import apply_step
from relurules.tracing.sklearn.estimators import read_last_estimator
from relurules.tracing.sklearn.forms import Signal, keep_unselected
from relurules.tracing.sklearn.last_estimator import check_fitted, get_class_name, name_numbers
from relurules.tracing.sklearn.reading import (
    ModelReading,
    ReadModel,
    WrapperRule,
    average_readings,
    stack_readings,
)
from relurules.tracing.sklearn.target_transform import read_transformed_target


@dataclass(frozen=True, kw_only=True)
class Wrapper:
    """What is known of a class of models that hold others."""

    #: What it has once it is fitted.
    fitted: str
    #: How it is read.
    rule: WrapperRule


def read_model(model: Any, signals: Sequence[Signal]) -> ModelReading:
    """A fitted model in columns that steps before it may have changed already."""
    kind = get_class_name(model)
    if kind == "Pipeline":
        return _read_pipeline(model, signals)
    if kind not in WRAPPERS:
        return ModelReading(ending=read_last_estimator(model), signals=signals)

    check_wrapper(model)
    return WRAPPERS[kind].rule(model, signals, read_model)


def check_wrapper(model: Any) -> None:
    """ModelError where a wrapper lacks what it is read by; any other model passes."""
    kind = get_class_name(model)
    if kind not in WRAPPERS:
        return
    fitted = WRAPPERS[kind].fitted
    if fitted == "best_estimator_" and hasattr(model, "cv_results_") and not model.refit:
        raise ModelError(
            f"the {kind} has no best estimator, as refit=False; supported: refit=True, or extract "
            "the rules of the estimator that you choose"
        )
    check_fitted(model, fitted)


def iterate_models(model: Any) -> Iterator[Any]:
    """The model, then what it begins with, and so on: of which the first that knows its columns
    tells them.
    """
    yield model
    if get_class_name(model) == "Pipeline":
        steps = [step for _, step in model.steps if step not in (None, "passthrough")]
        yield from iterate_models(steps[0])
        if len(steps) > 1:
            yield from iterate_models(steps[-1])
        return

    for name in ("best_estimator_", "regressor_", "estimator_", "estimators_", "estimator"):
        inner = getattr(model, name, None)
        inner = inner[0] if isinstance(inner, list) and inner else inner
        if hasattr(inner, "get_params"):
            yield from iterate_models(inner)
            return


def _read_pipeline(model: Any, signals: Sequence[Signal]) -> ModelReading:
    *steps, (_, last) = model.steps
    used = [(name, step) for name, step in steps if step not in (None, "passthrough")]
    for name, step in used:
        signals = apply_step(name, step, signals)

    inner = read_model(last, signals)
    run, before = inner.ending.run, tuple((name, get_class_name(step)) for name, step in used)
    if run is not None and steps:
        inner = inner.with_ending(run=lambda X: run(model[:-1].transform(X)))
    return ModelReading(ending=inner.ending, signals=inner.signals, steps=(*before, *inner.steps))


def _read_inner(name: str, model: Any, signals: Sequence[Signal], read: ReadModel) -> ModelReading:
    """The one model that it holds."""
    return read(getattr(model, name), signals)


def _read_vote(model: Any, signals: Sequence[Signal], read: ReadModel) -> ModelReading:
    readings = [read(member, signals) for member in model.estimators_]
    given = () if model.weights is None else model.weights
    weights = [
        weight
        for weight, (_, member) in zip(given, model.estimators, strict=False)
        if member != "drop"
    ]
    return average_readings(model, readings, weights or None)


def _read_bag(model: Any, signals: Sequence[Signal], read: ReadModel) -> ModelReading:
    readings = [
        read(member, keep_unselected(signals, columns))
        for member, columns in zip(model.estimators_, model.estimators_features_, strict=True)
    ]
    return average_readings(model, readings, None)


def _read_several_regressors(
    model: Any, signals: Sequence[Signal], read: ReadModel
) -> ModelReading:
    readings = [read(member, signals) for member in model.estimators_]
    stacked = stack_readings(readings, "one for each target")
    return stacked.with_ending(outputs=name_numbers(len(stacked.ending.outputs)))


def _refuse_mean(model: Any, _: Sequence[Signal], __: ReadModel) -> ModelReading:
    kind = get_class_name(model)
    what = "counts votes" if getattr(model, "voting", "") == "hard" else "is a mean"
    raise ModelError(
        f"{kind} {what} of {len(model.estimators_)} classifiers, and no link gives a mean of "
        "probabilities or votes; supported: one classifier, and VotingRegressor and "
        "BaggingRegressor. Extract the rules of each classifier by itself"
    )


def _inner(name: str) -> Callable[..., ModelReading]:
    return partial(_read_inner, name)


_SEARCH = Wrapper(fitted="best_estimator_", rule=_inner("best_estimator_"))

#: Class of a model that holds others -> how it is read.
WRAPPERS: Mapping[str, Wrapper] = {
    "GridSearchCV": _SEARCH,
    "RandomizedSearchCV": _SEARCH,
    "HalvingGridSearchCV": _SEARCH,
    "HalvingRandomSearchCV": _SEARCH,
    "FrozenEstimator": Wrapper(fitted="estimator", rule=_inner("estimator")),
    "TransformedTargetRegressor": Wrapper(fitted="regressor_", rule=read_transformed_target),
    "CalibratedClassifierCV": Wrapper(fitted="calibrated_classifiers_", rule=read_calibration),
    "FixedThresholdClassifier": Wrapper(fitted="classes_", rule=read_cut_off),
    "TunedThresholdClassifierCV": Wrapper(fitted="best_threshold_", rule=read_cut_off),
    "OneVsRestClassifier": Wrapper(fitted="estimators_", rule=read_one_versus_rest),
    "MultiOutputRegressor": Wrapper(fitted="estimators_", rule=_read_several_regressors),
    "MultiOutputClassifier": Wrapper(fitted="estimators_", rule=read_several_targets),
    "VotingRegressor": Wrapper(fitted="estimators_", rule=_read_vote),
    "BaggingRegressor": Wrapper(fitted="estimators_", rule=_read_bag),
    "VotingClassifier": Wrapper(fitted="estimators_", rule=_refuse_mean),
    "BaggingClassifier": Wrapper(fitted="estimators_", rule=_refuse_mean),
}
