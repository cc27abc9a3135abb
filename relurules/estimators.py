"""scikit-learn estimators that are trained to a number of rules."""


class ReLURulesClassifier:
    """Classifies by few rules."""


class ReLURulesRegressor:
    """Predicts numbers by few rules."""
