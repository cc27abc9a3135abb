"""Which ONNX operators are traced: all node cases of onnx (`benchmarks/onnx_operators.py [--all]
[--write]`).

Of each case one float input at a time is the model's input, its other inputs are frozen as
initialisers. A case is right when a traced one gives the outputs that the case holds, refused when
none can be traced, wrong when one gives anything else. --all prints every case that isn't right.
"""

import argparse
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import onnx
from onnx import ModelProto, helper, numpy_helper
from results import add_write_option, record_output
from rich.console import Console
from rich.table import Table

import relurules as rr
from relurules.domain.encoding import encode_table
from relurules.errors import RelurulesError
from relurules.tracing.onnx.file import OPSETS

#: Operators that jump, curve or multiply their inputs aren't piecewise linear; those below are, in
#: part, and refused.
REASONS = {
    "ArgMax": "jumps: supported as the model's last operator only",
    "ArgMin": "jumps",
    "Attention": "multiplies its inputs, and has a softmax inside",
    "STFT": "linear, but its zeros are rounding noise, so that it can't be compared; isn't offered",
    "DFT": "linear, but its zeros are rounding noise, so that it can't be compared; isn't offered",
    "GridSample": "mode nearest: rounding decides which entry is taken",
    "LpPool": "p other than 1 isn't piecewise linear",
    "MaxPool": "its second output, the indices, jumps",
    "OneHot": "its indices are integers",
    "Resize": "runtimes don't agree on corners of outputs without a whole number of entries",
    "RNN": "its default activation is tanh",
    "ScatterElements": "reductions mul, max and min aren't offered",
    "ScatterND": "reductions mul, max and min aren't offered",
    "Shrink": "jumps unless lambd = bias",
    "ThresholdedRelu": "jumps unless alpha = 0",
    "TopK": "its values are piecewise linear, of very many pieces; isn't offered",
}  # fmt: skip

#: Types of an input that a column of numbers can be.
_FLOATS = ("float16", "float32", "float64", "bfloat16")
#: How many entries of an input vary at most.
_LARGE = 100


class Outcome(NamedTuple):
    """What came of one case: right, refused, wrong or skipped (it has no float input, or is newer),
    and why.
    """

    case: str
    operator: str
    kind: str
    message: str = ""


def outcomes() -> Iterator[Outcome]:
    """Every node case of onnx that is one operator."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from onnx.backend.test.loader import load_model_tests

        cases = load_model_tests(kind="node")
    for case in sorted(cases, key=lambda case: str(case.name)):
        if case.model is not None and len(case.model.graph.node) == 1 and case.data_sets:
            yield outcome(str(case.name), case.model, case.data_sets[0])


def outcome(name: str, model: ModelProto, data: tuple[Sequence[Any], Sequence[Any]]) -> Outcome:
    """Trace the case with each of its float inputs as the one that varies."""
    operator = model.graph.node[0].op_type
    inputs, outputs = ([_array(item) for item in part] for part in data)
    tensors = [value.type.HasField("tensor_type") for value in model.graph.input]
    floats = [
        i for i, item in enumerate(inputs) if tensors[i] and item is not None and _is_float(item)
    ]

    if not floats or any(item is None for item in (*inputs, *outputs)):
        return Outcome(
            name,
            operator,
            "skipped",
            "has no float tensor as input, or takes or gives something else",
        )

    if any(item.size == 0 for item in outputs):
        return Outcome(name, operator, "skipped", "gives no numbers")

    lowered = _in_range(model)
    if lowered is None:
        return Outcome(name, operator, "skipped", "is of an operator set beyond the supported ones")

    found = [_attempt(name, operator, lowered, i, inputs, outputs) for i in floats]
    return min(found, key=lambda item: ("wrong", "right", "refused").index(item.kind))


def _attempt(
    name: str, operator: str, model: ModelProto, varies: int, inputs: Any, outputs: Any
) -> Outcome:
    try:
        graph = rr.trace(_frozen(model, varies, inputs))
    except RelurulesError as error:
        return Outcome(name, operator, "refused", str(error))

    X = inputs[varies].astype(np.float64).reshape(1, -1)[:, : len(graph.columns)]
    found = graph.evaluate(encode_table(np.where(np.isfinite(X), X, 0.0), graph.columns))[0]
    wanted = np.concatenate([item.astype(np.float64).reshape(-1) for item in outputs])
    eps = max(_eps(item.dtype) for item in (*inputs, *outputs))
    if found.shape == wanted.shape:
        found, wanted = found[np.isfinite(wanted)], wanted[np.isfinite(wanted)]

    # Typed in with four digits.
    rounded = 1e-4 if np.allclose(wanted, wanted.round(4), rtol=eps, atol=0.0) else 0.0
    close = found.shape == wanted.shape and np.allclose(
        found, wanted, rtol=20 * eps, atol=20 * eps + rounded
    )

    return Outcome(
        name, operator, "right" if close else "wrong", "" if close else f"input {varies} varies"
    )


def _is_float(item: Any) -> bool:
    return item.dtype.name in _FLOATS and item.size > 0


def _eps(dtype: np.dtype[Any]) -> float:
    """Precision of a float type; integers are exact."""
    if dtype.name == "bfloat16":
        return 2.0**-7
    return float(np.finfo(dtype).eps) if dtype.kind == "f" else 0.0


def _array(item: Any) -> Any:
    """An array of numbers or text, None for lists and optional values."""
    if isinstance(item, onnx.TensorProto):
        item = numpy_helper.to_array(item)
    return np.asarray(item) if isinstance(item, np.ndarray | np.generic) else None


def _frozen(model: ModelProto, varies: int, inputs: Sequence[Any]) -> ModelProto:
    """The model with all inputs but one as initialisers; of a large one the first entries vary,
    joined to the rest.
    """
    frozen = ModelProto()
    frozen.CopyFrom(model)
    given = list(frozen.graph.input)
    constants = {
        value.name: array
        for i, (value, array) in enumerate(zip(given, inputs, strict=False))
        if i != varies
    }
    del frozen.graph.input[:]
    frozen.graph.input.append(given[varies])

    if inputs[varies].size > _LARGE:
        name, flat = given[varies].name, inputs[varies].reshape(-1)
        kind = given[varies].type.tensor_type.elem_type
        frozen.graph.input[0].CopyFrom(helper.make_tensor_value_info("_first", kind, [_LARGE]))
        constants |= {"_rest": flat[_LARGE:], "_shape": np.array(inputs[varies].shape)}
        frozen.graph.node.insert(
            0, helper.make_node("Concat", ["_first", "_rest"], ["_flat"], axis=0)
        )
        frozen.graph.node.insert(1, helper.make_node("Reshape", ["_flat", "_shape"], [name]))

    frozen.graph.initializer.extend(
        numpy_helper.from_array(array, name) for name, array in constants.items()
    )
    return frozen


def _in_range(model: ModelProto) -> ModelProto | None:
    """The model under an opset that is supported, if its operator is there: newer ones mostly add
    integer types.
    """
    found = {entry.domain: entry.version for entry in model.opset_import}
    node = model.graph.node[0]
    if node.domain not in OPSETS:
        return None

    version = min(max(found[node.domain], OPSETS[node.domain][0]), OPSETS[node.domain][-1])
    if not onnx.defs.has(node.op_type, version, node.domain):
        return None

    known = onnx.defs.get_schema(node.op_type, version, node.domain).attributes
    if any(attribute.name not in known for attribute in node.attribute):
        return None

    lowered = ModelProto()
    lowered.CopyFrom(model)
    del lowered.opset_import[:]
    lowered.opset_import.append(helper.make_opsetid(node.domain, version))
    return lowered


def main() -> None:
    """Trace all cases, and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="print every case that isn't right")
    add_write_option(parser)
    given = parser.parse_args()
    with record_output("ONNX operators", write=given.write):
        show_outcomes(list(outcomes()), show_all=given.all)


def show_outcomes(found: Sequence[Outcome], *, show_all: bool) -> None:
    """One row per operator, the totals, reasons, and cases that aren't right."""
    table = Table("operator", "right", "refused", "wrong", "skipped")
    kinds = ("right", "refused", "wrong", "skipped")
    counts = Counter((item.operator, item.kind) for item in found)

    for operator in sorted({item.operator for item in found}):
        table.add_row(operator, *(str(counts[operator, kind] or "") for kind in kinds))

    totals = Counter(item.kind for item in found)
    table.add_row(f"{len(found)} cases", *(str(totals[kind]) for kind in kinds))
    console = Console(highlight=False)
    console.print(table)

    for operator in sorted(REASONS):
        if counts[operator, "refused"] or counts[operator, "skipped"]:
            console.print(f"{operator}: {REASONS[operator]}", markup=False)

    for item in found:
        if item.kind == "wrong" or (show_all and item.kind != "right"):
            console.print(f"{item.kind} {item.case}: {item.message}", markup=False, soft_wrap=True)


if __name__ == "__main__":
    main()
