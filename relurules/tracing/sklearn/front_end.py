"""Fitted scikit-learn model, alone, in a Pipeline or in other wrappers -> Graph in the table's own
columns.

What it holds is read by `wrappers`, its last estimator by `estimators`, and preprocessing by
`columns`: what is affine goes into the network's first layer, categories become indicators, imputed
values become what a missing one counts as.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import networkx
import numpy as np
from numpy.typing import NDArray

from relurules.domain.columns import (
    Column,
    check_texts,
    list_derived_columns,
    list_table_columns,
    make_number_columns,
    name_coordinates,
)
from relurules.domain.encoding import decode_rows
from relurules.errors import DataError, ModelError
from relurules.ir import Graph
from relurules.ir.network import validate_rows
from relurules.tables.table import DataColumn, read_column_names, read_table
from relurules.tracing.missing_marks import check_marks, is_object_column
from relurules.tracing.sklearn.forms import RawColumn, find_marks
from relurules.tracing.sklearn.hinges import lay_out_features, prepend_preprocessing
from relurules.tracing.sklearn.last_estimator import LastEstimator
from relurules.tracing.sklearn.product import read_product
from relurules.tracing.sklearn.table_names import read_table_names
from relurules.tracing.sklearn.wrappers import read_model

Array = NDArray[np.float64]


def trace(model: Any, input_shape: Sequence[int] | None) -> tuple[Graph, Callable[[Any], Array]]:
    """Graph of the estimator in the columns of its table, and its own predictions of a table or of
    coordinates.

    A classifier's outputs are its `predict_proba`, called p_<class>, or its `decision_function`,
    called score_<class>, where it has no probabilities; a regressor's its `predict`.
    """
    del input_shape  # the fitted estimator tells
    if isinstance(model, tuple):
        reading, (names, positional) = read_product(model)
        raw: list[RawColumn] = []
    else:
        names, positional = read_table_names(model)
        raw = [RawColumn(j) for j in range(len(names))]
        reading = read_model(model, raw)
    ending, columns = reading.ending, make_number_columns(names)
    network, marks = ending.network, dict[str, str]()
    check_texts(columns)

    if reading.signals != raw or reading.steps:
        columns, before = lay_out_features(reading.signals, names)
        network = prepend_preprocessing(before, network)
        marks = find_marks(reading.signals, names)
    _check_names(columns, positional)

    graph = Graph(
        name_coordinates(columns),
        ending.outputs,
        network,
        _build_layers(reading.steps, ending.layers),
        ending.identities,
        ending.heads,
        columns,
        labels=ending.labels,
        marks=marks,
        fitted=ending.fitted,
    )

    return graph, _make_predictor(model, ending, graph, names, positional)


def _check_names(columns: Sequence[Column], positional: bool) -> None:
    """ModelError for derived columns of a model that was fitted to an array: nothing would tell
    rows of its columns from rows of what is derived of them.
    """
    derived = list_derived_columns(columns)
    if derived and positional:
        raise ModelError(
            f"the pipeline derives columns ({derived[0].name!r}) of an array; supported: pipelines "
            "that were fitted to a frame, whose columns have names"
        )


def _make_predictor(
    model: Any,
    ending: LastEstimator,
    graph: Graph,
    names: Sequence[str],
    positional: bool,
) -> Callable[[Any], Array]:
    """The model's own predictions of a table with its columns, or of rows in coordinates (N, d)."""

    def predict(table: Any) -> Array:
        check_marks(graph, table)
        rows = _rebuild_raw_rows(table, graph, names, positional)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if ending.run is not None:
                return ending.run(rows)
            given = (
                model.predict_proba(rows)
                if hasattr(model, "predict_proba")
                else model.predict(rows)
            )

        return np.asarray(given, dtype=np.float64).reshape(len(rows), -1)

    return predict


def _rebuild_raw_rows(table: Any, graph: Graph, names: Sequence[str], positional: bool) -> Any:
    import pandas

    columns = graph.columns
    given = read_column_names(table)
    if given is None:
        if derived := list_derived_columns(columns):
            raise DataError(
                f"rows in coordinates don't tell what {derived[0].name!r} is made of; pass a frame "
                "with the pipeline's columns"
            )
        raw = decode_rows(validate_rows(table, sum(len(c.coordinates) for c in columns)), columns)
        found: Mapping[str, Any] = {
            # a list would become a column of texts, in which None is NaN
            name: _make_objects(values) if graph.marks.get(name) == "None" else values
            for name, values in raw.items()
        }
    else:
        read = set(list_table_columns(columns))
        wanted = [name for name in names if name in given or name in read]
        parts = read_table(table).select(wanted)
        found = {
            part.name: _as_pandas_column(part, graph.marks.get(part.name, "")) for part in parts
        }

    nothing = np.full(len(table), np.nan, dtype=object)  # in columns that count for nothing
    frame = pandas.DataFrame({name: found.get(name, nothing) for name in names})
    for name, column in list_table_columns(columns).items():
        if not column.categories:
            frame[name] = frame[name].astype(float)

    return frame.to_numpy() if positional else frame


def _make_objects(values: Sequence[Any]) -> Any:
    """A column of objects, in which None stays None."""
    import pandas

    return pandas.Series(values, dtype=object)


def _as_pandas_column(column: DataColumn, mark: str) -> Any:
    """A column for a pandas frame: of pandas as it is, of any other library its values. mark: what
    a missing value must be where its library knows but one.
    """
    if mark == "None" and not is_object_column(column.source):
        return _make_objects(column.entries)
    return column.source if hasattr(column.source, "iloc") else column.values


def _build_layers(
    steps: Sequence[tuple[str, str]], after: Sequence[tuple[str, int]]
) -> "networkx.DiGraph[str]":
    layers: networkx.DiGraph[str] = networkx.DiGraph()
    rows = [
        ("input", "input", 0),
        *((f"{name}: {kind}", kind, 0) for name, kind in steps),
        *((f"layer {i}", kind, size) for i, (kind, size) in enumerate(after)),
    ]

    for name, kind, size in rows:
        layers.add_node(
            name, operator=kind, module=name.partition(":")[0] if ":" in name else "", size=size
        )

    layers.add_edges_from(pairwise(name for name, _, _ in rows))
    return layers
