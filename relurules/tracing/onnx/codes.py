"""ONNX's whole numbers and texts, and the operators that look them up: an encoder is a table of
answers, one for each value of a column.

Neither may be computed with, since a division of whole numbers rounds: they move about, are cast to
a float type, or are looked up.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from onnx import numpy_helper

from relurules.tables.values import Value as CellValue
from relurules.tracing.affine import AffineTensor, Array
from relurules.tracing.input_columns import AnswerTable, InputColumns
from relurules.tracing.onnx.call import (
    CodeTensor,
    OperatorCall,
    Value,
    call_error,
    get_input,
)
from relurules.tracing.onnx.nodes import Constant
from relurules.tracing.relu_blocks import as_float64


class KeyedAnswers(NamedTuple):
    """Keys of an encoder, texts or numbers, and the answer for each; other: see `AnswerTable`."""

    keys: Sequence[CellValue]
    answers: Sequence[Array]
    other: Array | None


#: From a call and its columns.
CodeRule = Callable[[OperatorCall, InputColumns], list[Value | None]]


def answer_codes(
    call: OperatorCall, columns: InputColumns, found: KeyedAnswers, i: int = 0
) -> AffineTensor:
    """What an encoder gives for input i."""
    value = get_input(call, i)
    code = value if isinstance(value, CodeTensor) else None
    tensor = value.tensor if isinstance(value, CodeTensor) else value
    if not isinstance(tensor, AffineTensor):
        raise call_error(call, f"its input {i} isn't what the model takes; supported: a column")

    kind = str if code is not None and code.is_text else float
    if not all(isinstance(key, kind) for key in found.keys):
        raise call_error(
            call, f"its keys are of another type than its input {i}, so that it knows no value"
        )

    answers: dict[CellValue, Array] = dict(zip(found.keys, found.answers, strict=True))
    if code is not None and code.texts:
        table = AnswerTable(answers, found.other)
        given = {float(n): table.get_answer(text) for n, text in enumerate(code.texts)}
        answers = {n: answer for n, answer in given.items() if answer is not None}
        found = found._replace(other=None)
    return columns.look_up(
        tensor, AnswerTable(answers, found.other), lambda why: call_error(call, why)
    )


def cut_to_codes(call: OperatorCall, columns: InputColumns, i: int = 0) -> OperatorCall:
    """The call with whole numbers in place of a column's numbers, which the operator cuts."""
    value = get_input(call, i)
    if not isinstance(value, AffineTensor):
        return call
    values: list[Value | None] = list(call.values)
    values[i] = CodeTensor(columns.cut_numbers(value, describe_cut(call, "whole numbers")))
    return call._replace(values=values)


def describe_cut(call: OperatorCall, to: str) -> str:
    """What is wrong with a cast of numbers that are no codes."""
    return str(
        call_error(
            call, f"it casts values that depend on the input to {to}, which isn't continuous"
        )
    )


def _decode(texts: Sequence[Any]) -> list[str]:
    return [text.decode() if isinstance(text, bytes) else str(text) for text in texts]


def _trace_one_hot_encoder(call: OperatorCall, columns: InputColumns) -> list[Value | None]:
    """One indicator for each category; zeros alone for any other value, where it takes one."""
    attributes = call.op.attributes
    texts = _decode(attributes["cats_strings"] or ())
    keys: list[CellValue] = [*texts] or [float(n) for n in attributes["cats_int64s"] or ()]
    call = call if texts else cut_to_codes(call, columns)
    _check_keys(call, keys)

    other = np.zeros(len(keys)) if attributes["zeros"] else None
    answers = list(np.eye(len(keys)))
    return [answer_codes(call, columns, KeyedAnswers(keys, answers, other))]


def _trace_label_encoder(call: OperatorCall, columns: InputColumns) -> list[Value | None]:
    """The value of each key, and the default for any other."""
    keys, values, default = _read_label_table(call)
    _check_keys(call, keys)
    if isinstance(default, str):
        texts = (*map(str, values), default)
        numbers = [as_float64(float(n)) for n in range(len(texts))]
        found = answer_codes(call, columns, KeyedAnswers(keys, numbers[:-1], numbers[-1]))
        return [CodeTensor(found, True, texts)]

    answers = [as_float64(value) for value in values]
    found = answer_codes(call, columns, KeyedAnswers(keys, answers, as_float64(default)))
    whole = isinstance(default, int)
    return [CodeTensor(found) if whole else found]


def _read_label_table(call: OperatorCall) -> tuple[list[CellValue], list[Any], Any]:
    """Keys, values and default of a LabelEncoder; the default is an int where the values are whole
    numbers.
    """
    given = call.op.attributes
    if call.op.version < 2:
        raise call_error(call, "it is of ai.onnx.ml 1; export the model for a newer one")

    keys, values = _read_listed(call, "keys"), _read_listed(call, "values")
    if len(keys) != len(values) or not keys:
        raise call_error(call, f"it has {len(keys)} keys and {len(values)} values")
    kind = _VALUE_KINDS[type(values[0])]
    default = given[f"default_{kind}"]

    tensor = given.get("default_tensor")
    if tensor is not None and tensor.dims:
        (default,) = numpy_helper.to_array(tensor).reshape(-1).tolist()
    default = _decode([default])[0] if kind == "string" else default
    return [k if isinstance(k, str) else float(k) for k in keys], values, default


_VALUE_KINDS: Mapping[type, str] = {str: "string", int: "int64", float: "float"}


def _read_listed(call: OperatorCall, name: str) -> list[Any]:
    """Keys or values, which are an attribute of one of several types."""
    given = call.op.attributes
    if (tensor := given.get(f"{name}_tensor")) is not None and tensor.dims:
        found: list[Any] = numpy_helper.to_array(tensor).reshape(-1).tolist()
        return _decode(found) if found and isinstance(found[0], bytes | str) else found
    if given.get(f"{name}_strings"):
        return list(_decode(given[f"{name}_strings"]))
    return list(given.get(f"{name}_int64s") or given.get(f"{name}_floats") or ())


def _check_keys(call: OperatorCall, keys: Sequence[CellValue]) -> None:
    if len(set(keys)) < len(keys) or any(
        isinstance(key, float) and math.isnan(key) for key in keys
    ):
        raise call_error(
            call, "one of its keys is there twice, or isn't a number; supported: distinct keys"
        )


def _trace_gather(call: OperatorCall, columns: InputColumns) -> list[Value | None]:
    """Rows of a constant, by codes from 0: an embedding."""
    data = get_input(call, 0)
    if not isinstance(data, Constant) or data.wide.dtype.kind not in "fiub":
        raise call_error(call, "it looks up values that aren't constant numbers by a column")
    axis = call.op.attributes["axis"] % max(data.wide.ndim, 1)

    rows = np.moveaxis(data.wide, axis, 0).astype(np.float64)
    if not np.isfinite(rows).all():
        raise call_error(call, f"{call.op.inputs[0]!r} has entries that aren't finite")
    codes = get_input(call, 1)
    if not isinstance(codes, CodeTensor):
        raise call_error(call, "its indices aren't whole numbers")

    keys = [float(n) for n in range(len(rows))]
    found = answer_codes(call, columns, KeyedAnswers(keys, list(rows), None), 1)
    rank = len(codes.shape)
    order = [*range(rank, rank + axis), *range(rank), *range(rank + axis, rank + rows.ndim - 1)]
    moved = replace(
        found,
        constant=found.constant.transpose(order),
        columns=found.columns.transpose(0, *(d + 1 for d in order)),
    )
    return [CodeTensor(moved) if data.native.dtype.kind in "iu" else moved]


def _trace_one_hot(call: OperatorCall, columns: InputColumns) -> list[Value | None]:
    """Off values, and one on value at the place that a code tells, counted from the end below 0."""
    depth, values = get_input(call, 1), get_input(call, 2)
    if not isinstance(depth, Constant) or not isinstance(values, Constant):
        raise call_error(call, "its depth or its values depend on the input")

    size = int(depth.native.reshape(-1)[0])
    off, on = (float(v) for v in values.wide.reshape(-1))
    other = np.full(size, off)
    rows = list(other + (on - off) * np.eye(size))
    keys = [float(n) for n in range(-size, size)]
    found = answer_codes(
        cut_to_codes(call, columns), columns, KeyedAnswers(keys, rows + rows, other)
    )
    rank = found.constant.ndim
    axis = call.op.attributes["axis"] % rank
    moved = replace(
        found,
        constant=np.moveaxis(found.constant, -1, axis),
        columns=np.moveaxis(found.columns, -1, axis + 1),
    )
    return [CodeTensor(moved) if values.native.dtype.kind in "iu" else moved]


def _trace_imputer(call: OperatorCall, columns: InputColumns) -> list[Value | None]:
    """A column's number, in which a missing one counts as another."""
    x, mark = get_input(call, 0), call.op.attributes["replaced_value_float"]
    fills = call.op.attributes["imputed_value_floats"] or ()
    if not isinstance(x, AffineTensor) or not np.isnan(mark):
        raise call_error(
            call,
            "it replaces a value that isn't missing; supported: NaN in a tensor of floats",
        )

    last = x.shape[-1] if x.constant.ndim else 1
    if len(fills) not in (1, last) or not np.isfinite(fills).all():
        raise call_error(call, f"it has {len(fills)} values for {last} features")
    whole = np.broadcast_to(fills, tuple(x.shape)).reshape(-1)
    return [columns.fill_numbers(x, whole.tolist(), lambda why: call_error(call, why))]


#: Operators that look a column's value up, or fill it in -> the rule of each.
CODE_RULES: Mapping[str, CodeRule] = {
    "Gather": _trace_gather,
    "OneHot": _trace_one_hot,
    "ai.onnx.ml.Imputer": _trace_imputer,
    "ai.onnx.ml.LabelEncoder": _trace_label_encoder,
    "ai.onnx.ml.OneHotEncoder": _trace_one_hot_encoder,
}
