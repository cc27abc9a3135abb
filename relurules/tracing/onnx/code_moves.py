"""What ONNX's operators do to whole numbers and texts that depend on the input: moves, casts, sums
of whole numbers; everything else looks them up (`codes.py`), or is refused.
"""

from collections.abc import Callable, Sequence

import numpy as np
from onnx import helper

from relurules.errors import ModelError
from relurules.tracing.affine import AffineTensor
from relurules.tracing.input_columns import InputColumns
from relurules.tracing.onnx.call import (
    CodeTensor,
    Continuous,
    OperatorCall,
    Value,
    call_error,
    get_input,
)
from relurules.tracing.onnx.codes import CODE_RULES, describe_cut
from relurules.tracing.onnx.nodes import Constant, make_constant, run_constant
from relurules.tracing.onnx.operators import AFFINE, SHAPE_ONLY, rearrange_entries
from relurules.tracing.switches import Switch

#: Traces a call on values that are affine or constant.
TraceCall = Callable[[OperatorCall], Sequence[Value | None]]

#: Operators that give whole numbers for whole numbers.
_SUMS = frozenset({"Add", "Sub", "Mul", "Neg", "Sum"})
#: Operators that take whole numbers and compute with them as numbers of a float type.
_TAKE_BOTH = frozenset(
    {
        "ai.onnx.ml.FeatureVectorizer",
        "ai.onnx.ml.LinearClassifier",
        "ai.onnx.ml.LinearRegressor",
        "ai.onnx.ml.Scaler",
    }
)
_FLOATS = frozenset({"FLOAT", "DOUBLE", "FLOAT16", "BFLOAT16"})
_WHOLE = frozenset({"INT64", "INT32"})


def reads_codes(call: OperatorCall, columns: InputColumns) -> bool:
    """Whether an operator is one of this file's: it meets whole numbers or texts, or makes some of
    columns.
    """
    if any(isinstance(value, CodeTensor) for value in call.values):
        return True
    x = get_input(call, 0)
    if not isinstance(x, AffineTensor):
        return False
    if call.op.name == "Cast":
        return _read_target(call) in _WHOLE and columns.holds_codes(x)
    return call.op.name in CODE_RULES and call.op.name != "Gather"


def trace_codes(
    call: OperatorCall, columns: InputColumns, trace: TraceCall
) -> Sequence[Value | None]:
    """An operator on whole numbers or texts."""
    name = call.op.name
    if name == "Cast":
        return [_trace_cast(call, columns)]
    if name in SHAPE_ONLY:
        return list(run_constant(call.op, [_to_constant(value) for value in call.values]))
    if name in CODE_RULES and not (name == "Gather" and isinstance(call.values[0], CodeTensor)):
        return CODE_RULES[name](call, columns)

    text = any(isinstance(value, CodeTensor) and value.is_text for value in call.values)
    plain = call._replace(values=[_unwrap(value) for value in call.values])
    if name in _TAKE_BOTH and not text:
        return trace(plain)
    if name == "Identity" or (name in AFFINE and AFFINE[name].rule is rearrange_entries):
        return _trace_move(call, plain, trace)
    if name in _SUMS and not text:
        _check_whole(call)
        floats = plain._replace(values=[_as_floats(value) for value in plain.values])
        return [_wrap(value, CodeTensor) for value in trace(floats)]

    what = "texts" if text else "whole numbers"
    raise call_error(
        call,
        f"it computes with {what} that depend on the input; supported for these: Cast, "
        f"{', '.join(sorted(CODE_RULES))}, and what only moves entries",
    )


def unwrap_output(value: Value, name: str, where: str) -> Continuous | Switch:
    """An output of whole numbers as numbers. ModelError for texts."""
    if not isinstance(value, CodeTensor):
        return value
    if value.is_text:
        raise ModelError(
            f"{where}: output {name!r} is a text that depends on the input; supported: numbers"
        )
    return value.tensor


def _trace_cast(call: OperatorCall, columns: InputColumns) -> Value:
    value, to = get_input(call, 0), _read_target(call)
    if isinstance(value, AffineTensor):
        return CodeTensor(columns.cut_numbers(value, describe_cut(call, to)))
    if isinstance(value, CodeTensor) and (to == "STRING" if value.is_text else to in _WHOLE):
        return value
    if isinstance(value, CodeTensor) and not value.is_text and to in _FLOATS:
        return value.tensor
    raise call_error(call, f"it casts whole numbers or texts that depend on the input to {to}")


def _trace_move(
    call: OperatorCall, plain: OperatorCall, trace: TraceCall
) -> Sequence[Value | None]:
    """An operator that only moves entries, of values of one kind."""
    given = [value for value in call.values if isinstance(value, CodeTensor)]
    first = given[0]

    data = AFFINE[call.op.name].data
    beside = [
        value
        for i, value in enumerate(call.values)
        if value is not None and not isinstance(value, CodeTensor) and (data is None or i in data)
    ]
    if any(value.texts != first.texts or value.is_text != first.is_text for value in given) or (
        first.is_text and beside
    ):
        raise call_error(
            call, "it joins texts that come from different encoders; supported: encode each first"
        )

    if not first.is_text:
        _check_whole(call)
    if call.op.name == "Identity":
        return [first]
    return [_wrap(value, first.replace_tensor) for value in trace(plain)]


def _check_whole(call: OperatorCall) -> None:
    """Refuse numbers of a float type beside whole ones."""
    data = AFFINE[call.op.name].data
    for i, value in enumerate(call.values):
        if data is not None and i not in data:
            continue
        floats = isinstance(value, Constant) and value.native.dtype.kind not in "iub"
        if floats or isinstance(value, AffineTensor):
            raise call_error(call, f"its input {i} isn't of whole numbers, as others are")


def _wrap(value: Value | None, make: Callable[[AffineTensor], CodeTensor]) -> Value | None:
    return make(value) if isinstance(value, AffineTensor) else value


def _as_floats(value: Value | None) -> Value | None:
    """A constant of whole numbers in float64, as what depends on the input is."""
    return make_constant(value.wide.astype(np.float64)) if isinstance(value, Constant) else value


def _unwrap(value: Value | None) -> Value | None:
    return value.tensor if isinstance(value, CodeTensor) else value


def _to_constant(value: Value | None) -> Constant | None:
    """Zeros of a value's shape."""
    if isinstance(value, CodeTensor):
        return make_constant(value.tensor.constant)
    return value if isinstance(value, Constant) else None


def _read_target(call: OperatorCall) -> str:
    """The name of the type that a Cast casts to."""
    name: str = helper.tensor_dtype_to_string(call.op.attributes["to"])
    return name.removeprefix("TensorProto.")
