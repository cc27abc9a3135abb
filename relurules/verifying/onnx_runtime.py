"""Runs score.onnx in onnxruntime."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from relurules.domain.columns import Column, is_text_column, list_table_columns
from relurules.errors import CheckError, UnsupportedError
from relurules.ir import Artifact
from relurules.ir.network import Array
from relurules.tables.values import Value
from relurules.verifying.run_result import RowArrays, RunResult, number_labels


def run_onnx(artifact: Artifact, table: RowArrays) -> RunResult:
    """Give the model every column as a tensor, and take outputs, class and rule."""
    try:
        import onnxruntime
    except ImportError as error:
        raise UnsupportedError(
            "engine 'onnxruntime' needs the onnxruntime package: pip install "
            "'relurules[onnxruntime]'"
        ) from error

    sent = {
        name: make_tensor(table[name], column)
        for name, column in list_table_columns(artifact.domain.columns).items()
    }
    wanted = [*artifact.outputs]
    wanted += [name for name in ("class", "rule") if _gives(artifact, name)]
    try:
        session = onnxruntime.InferenceSession(
            list(artifact.files.values())[-1], providers=["CPUExecutionProvider"]
        )
        wanted += [one.name for one in session.get_outputs() if one.name not in wanted]
        found = dict(zip(wanted, session.run(wanted, sent), strict=True))
    except Exception as error:  # it has a class of its own for every fault
        raise CheckError(f"score.onnx failed to run: {type(error).__name__}: {error}") from error

    return _read_result(artifact, found)


def _gives(artifact: Artifact, name: str) -> bool:
    return name in artifact.returned and not (name == "class" and artifact.labelled)


def make_tensor(values: Sequence[Value] | Array, column: Column) -> Any:
    """(N, 1): texts, a missing one empty, or numbers, a missing one NaN."""
    if isinstance(values, np.ndarray):
        return values[:, None]
    if is_text_column(column):
        texts = ["" if value is None else str(value) for value in values]
        return np.array(texts, dtype=object)[:, None]
    return np.array([math.nan if v is None else float(v) for v in values])[:, None]


def _read_result(artifact: Artifact, found: dict[str, Any]) -> RunResult:
    columns = [found[name].ravel().tolist() for name in artifact.outputs]
    if artifact.labelled:
        columns = [_number_classes(artifact, columns[0]).tolist()]
    outputs = np.array(columns, dtype=np.float64).T
    ruled = np.array(~np.isnan(outputs).all(axis=1), dtype=np.intp)
    rule = found["rule"].ravel().astype(np.intp) if _gives(artifact, "rule") else ruled
    told = found["class"] if _gives(artifact, "class") else None
    classes = None if told is None else _number_classes(artifact, told.ravel().tolist())
    own = {*artifact.outputs, "class", "rule"}
    extras = {name: _list_values(values) for name, values in found.items() if name not in own}

    return RunResult(outputs, rule, classes=classes, extras=extras)


def _list_values(values: Any) -> list[Any]:
    """(N, 1) numbers, or (N, K) which lines apply, as the text of their numbers."""
    if values.dtype == np.bool_:
        return [",".join(str(k + 1) for k in np.flatnonzero(row)) for row in values]
    return list(values.ravel().tolist())


def _number_classes(artifact: Artifact, given: Sequence[Any]) -> Any:
    """Numbers of the classes with these labels; an empty text and NaN are none."""
    known = artifact.labels
    own = {} if known is None else {float(v): v for v in known.values if not isinstance(v, str)}
    return number_labels(
        artifact, [None if _is_missing(value) else own.get(value, value) for value in given]
    )


def _is_missing(value: str | float) -> bool:
    return value == "" if isinstance(value, str) else math.isnan(value)
