"""Linear models: networks without neurons, with the link that each puts after its score."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.errors import ModelError
from relurules.ir.class_labels import make_labels
from relurules.links.heads import Head, make_identity_heads
from relurules.tracing.sklearn.last_estimator import (
    LastEstimator,
    check_fitted,
    get_class_name,
    make_class_heads,
    name_class_outputs,
    name_numbers,
)
from relurules.tracing.sklearn.score_maps import make_linear_network

Array = NDArray[np.float64]


def read_linear_regressor(model: Any) -> LastEstimator:
    """A regressor whose prediction is its score."""
    weights, constants = _read_scores(model)
    return _build_regressor("identity", weights, constants)


def read_power_regressor(model: Any) -> LastEstimator:
    """A generalised linear model of the log link."""
    weights, constants = _read_scores(model)
    return _build_regressor("exp", weights, constants)


def read_tweedie_regressor(model: Any) -> LastEstimator:
    """TweedieRegressor, whose link depends on its power where it is chosen by itself."""
    log = model.link == "log" or (model.link == "auto" and model.power > 0)
    return read_power_regressor(model) if log else read_linear_regressor(model)


def read_logistic_classifier(model: Any) -> LastEstimator:
    """A classifier that ends in the sigmoid of one score, or in the softmax of one per class."""
    weights, constants = _read_scores(model)
    _check_classes(model, weights)
    count = len(model.classes_)
    if count > 2 and _is_one_versus_rest(model):
        raise ModelError(
            f"{get_class_name(model)} of {count} classes divides a sigmoid for each class by their "
            "sum, which is no link; supported: two classes, or one softmax of all classes, as "
            "LogisticRegression has it"
        )

    return LastEstimator(
        network=make_linear_network(weights, constants),
        heads=make_class_heads("sigmoid" if count == 2 else "softmax", len(weights), count),
        outputs=name_class_outputs(model.classes_),
        layers=[("linear", len(weights))],
        labels=make_labels(model.classes_),
        decision=tuple(range(len(weights))),
    )


def read_score_classifier(model: Any) -> LastEstimator:
    """A classifier without probabilities: its outputs are scores, of which the largest tells.

    Of two classes they are the score and its negative, so that a score of 0 tells the first one, as
    the model does.
    """
    weights, constants = _read_scores(model)
    _check_classes(model, weights)
    binary = len(model.classes_) == 2
    if binary:
        weights, constants = np.vstack([-weights, weights]), np.concatenate([-constants, constants])

    return LastEstimator(
        network=make_linear_network(weights, constants),
        heads=make_identity_heads(len(weights)),
        outputs=name_class_outputs(model.classes_, "score"),
        layers=[("linear", len(weights))],
        run=lambda X: compute_decisions(model, X),
        labels=make_labels(model.classes_),
        decision=(1,) if binary else tuple(range(len(weights))),
    )


def read_gradient_classifier(model: Any) -> LastEstimator:
    """SGDClassifier, whose loss says whether it has probabilities."""
    if model.loss == "modified_huber":
        raise ModelError(
            f"{get_class_name(model)} with loss='modified_huber' clips its score to a probability; "
            "supported: loss='log_loss', and losses without probabilities. Train it with one of "
            "them"
        )
    if model.loss == "log_loss":
        return read_logistic_classifier(model)
    return read_score_classifier(model)


def compute_decisions(model: Any, X: Any) -> Array:
    """(N, classes): the model's decision_function, of two classes its negative and itself."""
    found = np.asarray(model.decision_function(X), dtype=np.float64)
    return np.column_stack([-found, found]) if found.ndim == 1 else found


def _build_regressor(link: str, weights: Array, constants: Array) -> LastEstimator:
    m = len(weights)
    return LastEstimator(
        network=make_linear_network(weights, constants),
        heads=tuple(Head(link, (i,)) for i in range(m)),
        outputs=name_numbers(m),
        layers=[("linear", m)],
    )


def _read_scores(model: Any) -> tuple[Array, Array]:
    """Weights (m, d) and constants (m,) of a fitted linear model."""
    check_fitted(model, "coef_")
    if hasattr(model.coef_, "toarray"):  # sparsify()
        weights = np.asarray(model.coef_.toarray(), dtype=np.float64)
    else:
        weights = np.atleast_2d(np.asarray(model.coef_, dtype=np.float64))
    constants = np.asarray(model.intercept_, dtype=np.float64).reshape(-1)
    return weights, np.broadcast_to(constants, (len(weights),)).copy()


def _check_classes(model: Any, weights: Array) -> None:
    """ModelError where the scores aren't one per class, or one of two."""
    count = len(model.classes_)
    binarizer = getattr(model, "_label_binarizer", None)
    several = str(getattr(binarizer, "y_type_", "")).startswith("multilabel")
    if several or len(weights) != (1 if count == 2 else count):
        raise ModelError(
            f"the {get_class_name(model)} has {len(weights)} scores for {count} labels that may "
            "hold together; supported: one class per row. Fit a OneVsRestClassifier of "
            "LogisticRegression for several labels"
        )


def _is_one_versus_rest(model: Any) -> bool:
    """Whether each class has a model of its own, whose probabilities are made to add up to 1."""
    if get_class_name(model) == "LinearDiscriminantAnalysis":
        return False
    if get_class_name(model) == "SGDClassifier":
        return True
    return getattr(model, "multi_class", "") == "ovr" or model.solver == "liblinear"
