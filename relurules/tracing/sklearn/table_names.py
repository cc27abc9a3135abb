"""The columns of a model's table, as the first estimator that sees them knows them."""

from typing import Any, NamedTuple

from relurules.tables.names import make_default_names
from relurules.tracing.sklearn.estimators import read_last_estimator
from relurules.tracing.sklearn.wrappers import check_wrapper, iterate_models


class TableNames(NamedTuple):
    """Names of columns; positional: whether the model knows them by their place alone."""

    names: tuple[str, ...]
    positional: bool


def read_table_names(model: Any) -> TableNames:
    """The columns of the table that a fitted model takes."""
    for source in iterate_models(model):
        check_wrapper(source)
        if hasattr(source, "n_features_in_"):
            named = getattr(source, "feature_names_in_", None)
            if named is not None:
                return TableNames(tuple(map(str, named)), False)
            return TableNames(make_default_names(int(source.n_features_in_)), True)

    *_, last = iterate_models(model)
    return TableNames(make_default_names(read_last_estimator(last).network.A.shape[1]), True)
