"""Frequency times severity: two models that end in exp, whose product is exp of the sum of their
scores.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.errors import ModelError
from relurules.links.heads import Head
from relurules.tracing.sklearn.forms import RawColumn
from relurules.tracing.sklearn.last_estimator import get_class_name
from relurules.tracing.sklearn.reading import ModelReading, stack_readings
from relurules.tracing.sklearn.score_maps import mix_scores
from relurules.tracing.sklearn.table_names import TableNames, read_table_names
from relurules.tracing.sklearn.wrappers import read_model

Array = NDArray[np.float64]

_POWER = (Head("exp", (0,)),)


def read_product(models: Sequence[Any]) -> tuple[ModelReading, TableNames]:
    """The product of two models in the columns of both, and these columns."""
    kinds = ", ".join(map(get_class_name, models))
    if len(models) != 2 or not all(hasattr(model, "get_params") for model in models):
        raise ModelError(
            f"a tuple of {kinds or 'nothing'} can't be traced; supported: two fitted scikit-learn "
            "models, whose predictions are multiplied, such as a frequency and a severity"
        )

    first, second = (read_table_names(model) for model in models)
    if first.positional != second.positional or (first.positional and first != second):
        raise ModelError(
            f"the columns of {kinds} can't be matched, as a model knows them by their place alone; "
            "supported: both fitted to frames, or to arrays of as many columns"
        )

    names = tuple(dict.fromkeys((*first.names, *second.names)))
    readings = [
        read_model(model, [RawColumn(names.index(name)) for name in table.names])
        for model, table in zip(models, (first, second), strict=True)
    ]
    for model, reading in zip(models, readings, strict=True):
        if reading.ending.heads != _POWER:
            raise ModelError(
                f"{get_class_name(model)} ends in {reading.ending.heads[0].link}, so that the "
                "product is no link of a score; supported: two models of one output each that end "
                "in exp, such as PoissonRegressor and GammaRegressor"
            )

    factors = [
        _make_factor(model, reading, table)
        for model, reading, table in zip(models, readings, (first, second), strict=True)
    ]
    return _multiply(readings, factors), TableNames(names, first.positional)


def _multiply(
    readings: Sequence[ModelReading], factors: Sequence[Callable[[Any], Array]]
) -> ModelReading:
    """The exponential of the sum of both scores; factors: what each gives of a table."""
    stacked = stack_readings(readings, "product")
    return stacked.with_ending(
        network=mix_scores(stacked.ending.network, np.ones((1, 2)), np.zeros(1)),
        heads=_POWER,
        outputs=("y",),
        run=lambda X: factors[0](X) * factors[1](X),
    )


def _make_factor(model: Any, reading: ModelReading, table: TableNames) -> Callable[[Any], Array]:
    """(N, 1): what one of the models gives of a table with the columns of both."""
    run = reading.ending.run or model.predict

    def predict(X: Any) -> Array:
        given = X if table.positional else X[list(table.names)]
        return np.asarray(run(given), dtype=np.float64).reshape(-1, 1)

    return predict
