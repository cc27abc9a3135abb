"""Estimators that end a model: `ESTIMATORS` has one row for each class."""

from collections.abc import Callable, Mapping
from typing import Any

from relurules.errors import ModelError
from relurules.tracing.sklearn.columns import SUPPORTED as STEPS
from relurules.tracing.sklearn.last_estimator import LastEstimator, get_class_name
from relurules.tracing.sklearn.linear_models import (
    read_gradient_classifier,
    read_linear_regressor,
    read_logistic_classifier,
    read_power_regressor,
    read_score_classifier,
    read_tweedie_regressor,
)
from relurules.tracing.sklearn.networks import read_perceptron, read_rule_estimator


def read_last_estimator(estimator: Any) -> LastEstimator:
    """A fitted estimator as a network of its features; ModelError where it is none that can be
    read.
    """
    if hasattr(estimator, "module_"):
        from relurules.tracing.sklearn.skorch import read_skorch_net

        return read_skorch_net(estimator)

    if any(base.__name__ in RELURULES for base in type(estimator).__mro__):
        return read_rule_estimator(estimator)
    kind = get_class_name(estimator)
    if kind not in ESTIMATORS:
        raise ModelError(f"scikit-learn estimator {kind} can't be traced; supported: {SUPPORTED}")
    return ESTIMATORS[kind](estimator)


#: Estimators of this package, which are known by name: `relurules.training` stands above the
#: tracer.
RELURULES = ("ReLURulesClassifier", "ReLURulesRegressor")

#: Class of an estimator -> how it is read.
ESTIMATORS: Mapping[str, Callable[[Any], LastEstimator]] = {
    "MLPClassifier": read_perceptron,
    "MLPRegressor": read_perceptron,
    "LogisticRegression": read_logistic_classifier,
    "LogisticRegressionCV": read_logistic_classifier,
    "LinearDiscriminantAnalysis": read_logistic_classifier,
    "SGDClassifier": read_gradient_classifier,
    "LinearSVC": read_score_classifier,
    "RidgeClassifier": read_score_classifier,
    "RidgeClassifierCV": read_score_classifier,
    "Perceptron": read_score_classifier,
    "LinearRegression": read_linear_regressor,
    "Ridge": read_linear_regressor,
    "RidgeCV": read_linear_regressor,
    "Lasso": read_linear_regressor,
    "LassoCV": read_linear_regressor,
    "ElasticNet": read_linear_regressor,
    "ElasticNetCV": read_linear_regressor,
    "BayesianRidge": read_linear_regressor,
    "HuberRegressor": read_linear_regressor,
    "QuantileRegressor": read_linear_regressor,
    "SGDRegressor": read_linear_regressor,
    "LinearSVR": read_linear_regressor,
    "PoissonRegressor": read_power_regressor,
    "GammaRegressor": read_power_regressor,
    "TweedieRegressor": read_tweedie_regressor,
}

SUPPORTED = (
    f"{', '.join(ESTIMATORS)}, networks with activation relu or identity, skorch nets, "
    f"{' and '.join(RELURULES)}, alone, at the end of a Pipeline of {STEPS}, or in a wrapper such "
    "as GridSearchCV, CalibratedClassifierCV and TransformedTargetRegressor"
)
